import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acceptMatcher, bestRange, bodyTypeMatcher, parseMediaType } from './media-type.ts'

test('a media type is read as RFC 9110 has it, or not at all', () => {
  const rows: [text: string, want: string | undefined][] = [
    ['application/json', 'application/json'],
    ['Application/JSON', 'application/json'],
    ['text/plain;charset=utf-8', 'text/plain charset=utf-8'],
    ['text/plain ; Charset="UTF-8" ;; a=b;', 'text/plain charset=UTF-8 a=b'],
    ['multipart/form-data; boundary="a \\"b\\\\; c"', 'multipart/form-data boundary=a "b\\; c'],
    ['application/vnd.app.v2+json', 'application/vnd.app.v2+json'],
    ['a/b;__proto__=x', 'a/b __proto__=x'],
    ['a/b;c=""', 'a/b c='],
    ['', undefined],
    ['json', undefined],
    ['a/', undefined],
    ['/b', undefined],
    ['a/b/c', undefined],
    ['a /b', undefined],
    [' a/b', undefined],
    ['a/b,c/d', undefined],
    ['a/b; c', undefined],
    ['a/b; c=', undefined],
    ['a/b; c =d', undefined],
    ['a/b; c="d', undefined],
    ['a/b; c="d"e', undefined],
    ['a/b; c=d c=e', undefined],
    ['a/b;charset=utf-8;charset=utf-7', undefined],
    ['a/b;c="\u0001"', undefined],
    [`a/b;c=${'d'.repeat(2000)}`, undefined],
  ]
  for (const [text, want] of rows) {
    const parsed = parseMediaType(text)
    const pairs = [...(parsed?.parameters ?? [])].map(([name, value]) => `${name}=${value}`)
    assert.equal(parsed && [parsed.type, ...pairs].join(' '), want, text)
  }
})

test('the range that fits best is chosen', () => {
  const ranges = ['*/*', 'application/*', 'application/json', 'text/plain']
  assert.equal(bestRange(ranges, 'application/json'), 2)
  assert.equal(bestRange(ranges, 'application/xml'), 1)
  assert.equal(bestRange(ranges, 'image/png'), 0)
  assert.equal(bestRange(['application/*'], 'applications/x'), -1)
})

test('a body is taken in a declared type and in UTF-8', () => {
  const match = bodyTypeMatcher(['application/json', 'text/*', 'image/png; q=1'])
  const rows: [contentType: string | undefined, want: 'ok' | 'unsupported'][] = [
    ['application/json', 'ok'],
    ['APPLICATION/json; charset=utf-8', 'ok'],
    ['application/json;charset="UTF-8"', 'ok'],
    ['application/json; charset=utf8', 'ok'],
    ['text/markdown', 'ok'],
    ['image/png', 'ok'],
    [undefined, 'unsupported'],
    ['', 'unsupported'],
    ['application/xml', 'unsupported'],
    ['application/json; charset=iso-8859-1', 'unsupported'],
    ['application/json; charset=us-ascii', 'unsupported'],
    ['application/json; charset=utf-16', 'unsupported'],
    ['application/json, text/plain', 'unsupported'],
    ['application/json;', 'ok'],
    ['application/json+x', 'unsupported'],
  ]
  for (const [contentType, want] of [...rows, ...rows]) {
    assert.equal(match(contentType), want, contentType ?? 'missing')
  }
  assert.equal(bodyTypeMatcher([])(undefined), 'ok')
})

test('a reply is acceptable where the most specific range that fits it wants it', () => {
  const rows: [types: string[], accept: string | undefined, want: boolean][] = [
    [['application/json'], undefined, true],
    [['application/json'], '', true],
    [['application/json'], '*/*', true],
    [['application/json'], 'application/json', true],
    [['application/json'], 'Application/Json;charset=utf-8', true],
    [['application/json'], 'application/*;q=0.5', true],
    [['application/json'], 'text/html, application/xhtml+xml;q=0.9, */*;q=0.8', true],
    [['application/json'], 'text/html', false],
    [['application/json'], 'text/html, application/xml ; q=0.9', false],
    [['application/json'], 'application/json;q=0', false],
    [['application/json'], 'application/json;q=0.000, */*', false],
    [['application/json'], '*/*;q=0', false],
    [['application/json'], 'application/json, */*;q=0', true],
    [['application/json'], 'application/*;q=0, */*', false],
    [['application/json'], 'application/json;v=1;q=0, application/json', true],
    [['application/json'], 'application/json;v="a,b;q=0"', true],
    [['application/json'], 'application/json;q=0, application/json', true],
    [['application/json', 'text/csv'], 'text/csv', true],
    [['application/*'], 'application/xml', true],
    [['application/*'], 'text/plain', false],
    [['application/*'], 'application/xml;q=0, */*', true],
    [['text/plain; charset=utf-8'], 'text/plain', true],
    [[], 'text/html', true],
    // Sent by Java's HttpURLConnection: malformed, and in wide use.
    [['application/json'], 'text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2', true],
    [['application/json'], 'text/html;q=2', true],
    [['application/json'], 'text/html; a="', true],
    [['application/json'], 'text/html text/plain', true],
  ]
  for (const [types, accept, want] of rows) {
    const match = acceptMatcher(types)
    assert.equal(match(accept), want, `${types.join()} for ${accept}`)
    assert.equal(match(accept), want, `${types.join()} for ${accept}, again`)
  }
})

test('very many different values are each answered rightly', () => {
  const match = acceptMatcher(['application/json'])
  for (let at = 0; at < 1000; at++) {
    assert.equal(match(`text/x${at}`), false)
    assert.equal(match(`text/x${at}, application/json;v=${at}`), true)
  }
})
