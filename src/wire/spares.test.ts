// Memory goes round, and never to two at once.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { giveBack, spareCopy, spareFor } from './spares.ts'

const large = 40_000

test('a spare has the length that was asked for, whatever that is', () => {
  for (const length of [0, 1, 5_000, 16_384, 65_536, 65_545, 300_000]) {
    assert.equal(spareFor(length).length, length)
  }
})

test('memory that was given back is given out again', () => {
  const one = spareFor(large)
  giveBack(one)
  assert.equal(spareFor(large + 1).buffer, one.buffer)
})

test('memory that is given back twice goes to one alone', () => {
  const one = spareFor(large)
  giveBack(one)
  giveBack(one)
  assert.notEqual(spareFor(large).buffer, spareFor(large).buffer)
})

test('memory of others is never given out', () => {
  const foreign = Buffer.from(new ArrayBuffer(spareFor(large).buffer.byteLength))
  giveBack(foreign)
  assert.notEqual(spareFor(large).buffer, foreign.buffer)
})

test('a copy has the bytes of its piece, and keeps them', () => {
  const piece = Buffer.alloc(large, 'a')
  const copy = spareCopy(piece)
  piece.fill('b')
  assert.equal(copy.equals(Buffer.alloc(large, 'a')), true)
})
