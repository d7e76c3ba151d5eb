// Messages are told apart however their bytes are cut, and lies about them are seen at once.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { grpcMessage, GrpcMessages, type MessageFlaw } from './grpc-messages.ts'

const bytes = (...parts: readonly (Uint8Array | readonly number[])[]): Buffer =>
  Buffer.concat(parts.map((part) => Uint8Array.from(part)))

const three = grpcMessage(Uint8Array.of(1, 2, 3))

const bodies: readonly [
  says: string,
  body: Buffer,
  flaw: MessageFlaw | undefined,
  whole: boolean,
][] = [
  ['no message', bytes(), undefined, true],
  ['an empty message', bytes(grpcMessage(new Uint8Array())), undefined, true],
  ['two messages', bytes(three, three), undefined, true],
  ['a compressed message', bytes(grpcMessage(Uint8Array.of(9), 1)), undefined, true],
  ['a message cut short', bytes(three).subarray(0, -1), undefined, false],
  ['a prefix cut short', bytes(three, [0, 0]), undefined, false],
  ['a message at the bound', bytes(grpcMessage(new Uint8Array(8))), undefined, true],
  ['a message beyond the bound', bytes(grpcMessage(new Uint8Array(9))), 'length', false],
  ['a length of four gigabytes', bytes([0, 255, 255, 255, 255]), 'length', false],
  ['a flag of 2', bytes([2, 0, 0, 0, 0]), 'flag', false],
  ['a trailer frame of gRPC-Web', bytes(three, [0x80, 0, 0, 0, 0]), 'flag', false],
]

for (const [says, body, flaw, whole] of bodies) {
  test(`${says} reads the same at every cut, as bytes and as text`, () => {
    for (let size = 1; size <= Math.max(1, body.length); size++) {
      for (const asText of [false, true]) {
        const messages = new GrpcMessages(8)
        let found: MessageFlaw | undefined
        for (let at = 0; at < body.length && found === undefined; at += size) {
          const piece = body.subarray(at, at + size)
          found = messages.piece(asText ? piece.toString('latin1') : piece)
        }
        assert.equal(found, flaw)
        if (flaw === undefined) assert.equal(messages.isWhole, whole)
      }
    }
  })
}
