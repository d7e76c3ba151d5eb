import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom, soleOccupancy } from '../base.ts'
import { HeldBody } from './held-body.ts'

const newOccupancy = () => soleOccupancy(() => 0)

function holding(heldBytesMax = 1e9, bytesMax = 1e6, occupancy = newOccupancy()) {
  const held = new HeldBody({ occupancy, heldBytesMax, bytesMax })
  return { held, occupancy, count: () => occupancy.total('heldBytes') }
}

test('a held body is its pieces in order, text or bytes, whatever becomes of their memory', () => {
  const random = seededRandom(1)
  const { held } = holding()
  const want: Buffer[] = []
  for (let i = 0; i < 500; i++) {
    const piece = Buffer.from(
      Array.from({ length: Math.floor(random() * 40) }, () => random() * 256),
    )
    want.push(Buffer.from(piece))
    assert.ok(held.add(i % 3 === 0 ? piece.toString('latin1') : piece))
    piece.fill(0)
  }
  assert.deepEqual(held.bytes, Buffer.concat(want))
})

test('a body of no pieces is empty', () => assert.equal(holding().held.bytes.length, 0))

test('a body counts the memory that it takes until it is released, and takes no more than it may', () => {
  const { held, count } = holding(1e9, 1_000)
  const counts: number[] = []
  for (let i = 0; i < 10; i++) {
    held.add('x'.repeat(100))
    counts.push(count())
  }
  assert.deepEqual(counts, [100, 200, 400, 400, 800, 800, 800, 800, 1_000, 1_000])
  held.release()
  assert.equal(count(), 0)
  held.release()
  assert.equal(count(), 0)
})

test('what does not fit beside all others is not taken', () => {
  const { held, occupancy, count } = holding(1_000)
  const other = holding(1_000, 1e6, occupancy).held
  assert.ok(held.add('x'.repeat(400)))
  assert.deepEqual([other.hasRoom(600), other.hasRoom(601)], [true, false])
  assert.ok(other.add('x'.repeat(600)))
  assert.equal(held.add('x'), false)
  assert.equal(held.bytes.length, 400)
  other.release()
  assert.ok(held.add('x'))
  assert.equal(count(), 800)
})
