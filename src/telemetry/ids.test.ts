// Request ids are well formed and distinct; foreign ones are taken only when harmless.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { acceptableId, createIds } from './ids.ts'

test('ids are 32 hex digits, and no two are alike across batches', () => {
  const next = createIds(randomBytes)
  const ids = Array.from({ length: 1_000 }, next)
  for (const id of ids) assert.match(id, /^[0-9a-f]{32}$/)
  assert.equal(new Set(ids).size, ids.length)
})

test('every id holds all the bytes that the source gave for it', () => {
  let byte = 0
  const next = createIds((size) => Uint8Array.from({ length: size }, () => byte++ % 256))
  assert.equal(next(), '000102030405060708090a0b0c0d0e0f')
  assert.equal(next(), '101112131415161718191a1b1c1d1e1f')
})

for (const [says, given, want] of [
  ['our own form', '5b1f0e5c7a9d4c3e8f2a6b7c8d9e0f1a', true],
  ['a UUID', '0190a5f0-1111-7abc-8def-0123456789ab', true],
  ['dots and underscores', 'a.b_c-D', true],
  ['128 characters', 'x'.repeat(128), true],
  ['129 characters', 'x'.repeat(129), false],
  ['nothing', '', false],
  ['a space', 'a b', false],
  ['a line end', 'a\n', false],
  ['a quote', 'a"b', false],
  ['a letter beyond ASCII', 'ä', false],
] as const) {
  test(`${says} is ${want ? 'taken' : 'refused'} as an id`, () => {
    assert.equal(acceptableId(given), want)
  })
}
