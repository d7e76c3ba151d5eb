// The hash of tables: every bit of input and key matters to half of the output.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../base.ts'
import { drawKey, hashed, hashWords } from './keyed-hash.ts'

type Input = [keyLow: number, keyHigh: number, first: number, second: number]

function hashOf(input: Input): bigint {
  hashWords(...input)
  return (BigInt(hashed.high >>> 0) << 32n) | BigInt(hashed.low >>> 0)
}

function bitsIn(word: bigint): number {
  return word.toString(2).replaceAll('0', '').length
}

test('a bit more or less in a word or in the key changes half of the bits, all of them alike', () => {
  const random = seededRandom(1)
  const tries = 200
  const changes = Array.from({ length: 64 }, () => 0)
  let inputs = 0
  for (let i = 0; i < tries; i++) {
    const input = Array.from({ length: 4 }, () => (random() * 2 ** 32) | 0) as Input
    const before = hashOf(input)
    for (let bit = 0; bit < 128; bit++) {
      const other = input.with(bit >> 5, input[bit >> 5]! ^ (1 << (bit & 31))) as Input
      const changed = before ^ hashOf(other)
      assert.ok(bitsIn(changed) > 8, `bit ${bit} of ${input.join(' ')}`)
      for (let at = 0; at < 64; at++) changes[at]! += Number((changed >> BigInt(at)) & 1n)
      inputs++
    }
  }
  for (const [at, times] of changes.entries()) {
    assert.ok(Math.abs(times / inputs - 0.5) < 0.02, `bit ${at} changed ${times} times`)
  }
})

test('keys differ, and none is zero', () => {
  assert.equal(
    drawKey(() => 0),
    1n,
  )
  const random = seededRandom(2)
  assert.equal(new Set(Array.from({ length: 100 }, () => drawKey(random))).size, 100)
  assert.ok(drawKey(() => 0.999_999_999_9) < 2n ** 64n)
})
