import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { editFields } from '../http.ts'
import { secureHeaders } from './secure-headers.ts'
import { fieldLines, operationWith, siteWith, toolsWith } from './testing.ts'

function finished(headers: string[], config = secureHeaders.defaultFor('public')!): string[] {
  const plan = secureHeaders.compile(config, siteWith(operationWith()))!
  assert.equal(secureHeaders.phase, 'finish')
  const edit = secureHeaders.link(plan, toolsWith())
  assert.ok(typeof edit === 'object')
  return editFields(headers, edit)
}

test('a public reply gets what it lacks', () => {
  assert.deepEqual(fieldLines(finished(['Content-Type', 'application/json'])), [
    'Content-Type: application/json',
    'X-Content-Type-Options: nosniff',
    'X-Frame-Options: DENY',
    "Content-Security-Policy: frame-ancestors 'none'",
    'Referrer-Policy: no-referrer',
  ])
})

test('what the service set stays as it is', () => {
  const headers = finished([
    'x-frame-options',
    'SAMEORIGIN',
    'Set-Cookie',
    'a=1',
    'Set-Cookie',
    'b=2',
  ])
  assert.deepEqual(fieldLines(headers.slice(0, 6)), [
    'x-frame-options: SAMEORIGIN',
    'Set-Cookie: a=1',
    'Set-Cookie: b=2',
  ])
  assert.equal(headers.includes('X-Frame-Options'), false)
})

test('what tells too much goes, however often and in whatever case', () => {
  const config = { fields: {}, hide: ['Server', 'X-Powered-By'] }
  const headers = ['server', 'a', 'Date', 'd', 'SERVER', 'b', 'x-powered-by', 'PHP']
  assert.deepEqual(finished(headers, config), ['Date', 'd'])
})

test('with nothing to add and nothing to hide there is no step', () => {
  const site = siteWith(operationWith())
  assert.equal(secureHeaders.compile({ fields: {}, hide: [] }, site), undefined)
})

const refused: readonly [says: string, config: unknown][] = [
  ['a name that is no token', { fields: { 'a b': 'c' }, hide: [] }],
  ['a value with a line break', { fields: { a: 'b\r\nc: d' }, hide: [] }],
  ['a field that frames the message', { fields: { 'Content-Length': '1' }, hide: [] }],
  ['hiding one that frames the message', { fields: {}, hide: ['transfer-encoding'] }],
]

for (const [says, config] of refused) {
  test(`refused: ${says}`, () => {
    assert.equal(secureHeaders.schema(z).safeParse(config).success, false)
  })
}

test('fewer fields, or less hidden, is looser', () => {
  const outer = { fields: { A: '1' }, hide: ['Server'] }
  assert.equal(
    secureHeaders.looser!(outer, { fields: { A: '2', B: '3' }, hide: ['Server'] }),
    undefined,
  )
  assert.match(secureHeaders.looser!(outer, { ...outer, fields: {} })!, /no longer adds A/)
  assert.match(secureHeaders.looser!(outer, { ...outer, hide: [] })!, /no longer hides Server/)
})
