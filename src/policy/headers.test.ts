import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { headers, type HeadersConfig } from './headers.ts'
import { operationWith, siteWith, toolsWith } from './testing.ts'

function linked(config: HeadersConfig) {
  const plan = headers.compile(config, siteWith(operationWith()) as never)
  assert.ok(plan !== undefined)
  assert.ok(headers.phase === 'several')
  return headers.link(plan, toolsWith())
}

test('what is said of requests and of replies becomes edits as data', () => {
  const steps = linked({
    request: { set: { 'X-Env': 'prod' }, remove: ['X-Debug'] },
    reply: { set: { 'Cache-Control': 'no-store' }, remove: ['X-Cost'] },
  })
  assert.deepEqual(steps, {
    request: { drop: ['x-debug'], set: ['X-Env', 'prod'] },
    edit: { drop: ['x-cost', 'cache-control'], add: ['Cache-Control', 'no-store'] },
  })
})

test('what is said of one side costs the other nothing', () => {
  assert.deepEqual(Object.keys(linked({ request: { remove: ['A'] } })), ['request'])
  assert.deepEqual(Object.keys(linked({ reply: { remove: ['A'] } })), ['edit'])
})

test('with nothing to do there is no plan', () => {
  const site = siteWith(operationWith()) as never
  assert.equal(headers.compile({}, site), undefined)
  assert.equal(headers.compile({ request: { set: {}, remove: [] } }, site), undefined)
})

const refused: readonly [says: string, config: unknown, message: RegExp][] = [
  ['a request field that frames', { request: { set: { 'Content-Length': '1' } } }, /frames/],
  ['taking out what frames', { request: { remove: ['transfer-encoding'] } }, /frames/],
  ['the host, which is not a field like others', { request: { set: { Host: 'a' } } }, /rewrite/],
  ['what the gateway says', { request: { set: { 'X-Forwarded-For': '1.2.3.4' } } }, /gateway/],
  ['the id of the request', { request: { set: { 'X-Request-Id': 'a' } } }, /gateway/],
  ['a reply field that frames', { reply: { set: { 'Content-Type': 'a/b' } } }, /message itself/],
  ['a name that is none', { reply: { set: { 'a b': 'c' } } }, /name of a header field/],
  ['a line break', { request: { set: { a: 'b\r\nc: d' } } }, /visible ASCII/],
  ['set and removed', { reply: { set: { A: 'b' }, remove: ['a'] } }, /both set and removed/],
  ['one name in two cases', { request: { set: { A: 'b', a: 'c' } } }, /another case/],
  ['a key that is unknown', { request: { add: {} } }, /add/],
]
for (const [says, config, message] of refused) {
  test(`refused: ${says}`, () => {
    const parsed = headers.schema(z).safeParse(config)
    assert.equal(parsed.success, false)
    assert.match(JSON.stringify(parsed.error.issues), message)
  })
}
