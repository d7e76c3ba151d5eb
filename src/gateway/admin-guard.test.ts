// The admin server answers to expected names alone, and lets only the token write.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hostCheck, tokenCheck } from './admin-guard.ts'

const local = '10.1.2.3'

for (const [host, want] of [
  ['localhost', true],
  ['LOCALHOST:9090', true],
  ['127.0.0.1:9090', true],
  ['127.0.0.1:1', true],
  ['[::1]', true],
  ['[::1]:9090', true],
  ['gateway.internal:9090', true],
  ['ops.example.com', true],
  ['10.1.2.3:9090', true],
  ['10.1.2.4:9090', false],
  ['evil.example', false],
  ['localhost.evil.example:9090', false],
  ['evil.example:localhost', false],
  ['localhost.', false],
  ['', false],
  [':9090', false],
  [undefined, false],
] as const) {
  test(`Host ${host} is ${want ? 'expected' : 'refused'}`, () => {
    assert.equal(hostCheck('gateway.internal', ['ops.example.com'])(host, local), want)
  })
}

for (const [listens, host, localAddress] of [
  ['::', '[fe80::1]:9090', 'fe80::1'],
  ['::', '192.168.0.5:9090', '::ffff:192.168.0.5'],
  ['fd00::7', '[fd00::7]:9090', undefined],
] as const) {
  test(`listening on ${listens}, Host ${host} is the address that was reached`, () => {
    assert.ok(hostCheck(listens, [])(host, localAddress))
  })
}

for (const [says, token, authorization, want] of [
  ['the token', 's3cret', 'Bearer s3cret', true],
  ['the scheme in any case', 's3cret', 'bearer s3cret', true],
  ['another', 's3cret', 'Bearer s3cret2', false],
  ['another scheme', 's3cret', 'Basic s3cret', false],
  ['nothing', 's3cret', undefined, false],
  ['an empty one', 's3cret', 'Bearer ', false],
  ['any, where none is set,', undefined, 'Bearer undefined', false],
] as const) {
  test(`${says} ${want ? 'passes' : 'does not pass'}`, () => {
    assert.equal(tokenCheck(token)(authorization), want)
  })
}
