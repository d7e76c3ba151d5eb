import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../base.ts'
import { HeldBody } from './held-body.ts'

test('a held body is its pieces in order, text or bytes, whatever becomes of their memory', () => {
  const random = seededRandom(1)
  const held = new HeldBody()
  const want: Buffer[] = []
  for (let i = 0; i < 500; i++) {
    const piece = Buffer.from(
      Array.from({ length: Math.floor(random() * 40) }, () => random() * 256),
    )
    want.push(Buffer.from(piece))
    held.add(i % 3 === 0 ? piece.toString('latin1') : piece)
    piece.fill(0)
  }
  assert.deepEqual(held.bytes, Buffer.concat(want))
})

test('a body of no pieces is empty', () => assert.equal(new HeldBody().bytes.length, 0))
