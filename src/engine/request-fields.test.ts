import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertEditable, compileRequestEdit, isPathText, withOwnFields } from './request-fields.ts'

const lines = 'Accept: a/b\r\nX-DEBUG: 1\r\nCookie:  a=b\r\nx-debug:2\r\n'
const headers = ['Host', 'a', 'Accept', 'a/b', 'X-DEBUG', '1', 'Cookie', 'a=b', 'x-debug', '2']

test('lines of other fields go on as they came', () => {
  const edit = compileRequestEdit({ drop: ['x-debug'], set: ['X-Env', 'prod'] })
  assert.equal(edit?.(lines, headers), 'Accept: a/b\r\nCookie:  a=b\r\nX-Env: prod\r\n')
})

test('what is set stands in place of what came', () => {
  const edit = compileRequestEdit({ drop: [], set: ['accept', 'c/d'] })
  assert.equal(edit?.('Accept: a/b\r\n', ['Accept', 'a/b']), 'accept: c/d\r\n')
})

test('where none of the fields came, nothing is cut', () => {
  const edit = compileRequestEdit({ drop: ['x-other'], set: [] })
  assert.equal(edit?.(lines, headers), lines)
  assert.equal(compileRequestEdit({ drop: [], set: [] }), undefined)
})

test('what steps set and take out', () => {
  const own = new Map([
    ['x-debug', { name: 'X-Debug', value: undefined }],
    ['x-user', { name: 'X-User', value: 'u1' }],
  ])
  assert.equal(withOwnFields(lines, own), 'Accept: a/b\r\nCookie:  a=b\r\nX-User: u1\r\n')
})

test('a step cannot set what would change the message', () => {
  for (const [name, value] of [
    ['Content-Length', '1'],
    ['Host', 'a'],
    ['X-A', 'b\r\nX-B: c'],
    ['X-A', ' b'],
    ['X A', 'b'],
  ] as const) {
    assert.throws(() => assertEditable(name, value), name)
  }
  assertEditable('X-A', 'b c')
  assertEditable('X-A', undefined)
})

test('a path in a request line holds no query, fragment, space or control character', () => {
  for (const path of ['/', '/a/b;c=d', "/a'b", '/a%20b']) assert.equal(isPathText(path), true)
  for (const path of ['', 'a', '/a?b', '/a#b', '/a b', '/a\r\n', '/ä']) {
    assert.equal(isPathText(path), false)
  }
})
