// Frames of every kind, read by us and by the `ws` package: what one of them refuses the other does.
import assert from 'node:assert/strict'
import type { Writable } from 'node:stream'
import { test } from 'node:test'
import fc from 'fast-check'
import * as ws from 'ws'
import { frameOf, MessageFlow } from '../src/http.ts'

/** Exported, though the package's types do not say so. */
const { Receiver } = ws as unknown as { readonly Receiver: new (options: object) => Writable }

const mask = Uint8Array.of(0x37, 0xfa, 0x21, 0x3d)

/** A first byte of any bits, and now and then a frame without a mask. */
const frames = fc.array(
  fc.record({
    first: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(0x81, 0x82, 0x01, 0x00, 0x80, 0x89, 0x8a) },
      { weight: 1, arbitrary: fc.nat(255) },
    ),
    payload: fc.oneof(
      fc.uint8Array({ maxLength: 20 }),
      fc.constantFrom(125, 126, 70_000).map((length) => new Uint8Array(length)),
      fc.constantFrom('03e8', '03e9ff', '03ed', '0bb8e282ac', '1388').map(fromHex),
    ),
    isMasked: fc.nat(20).map((chance) => chance > 0),
  }),
  { minLength: 1, maxLength: 6 },
)

function fromHex(digits: string): Uint8Array {
  return Uint8Array.from(Buffer.from(digits, 'hex'))
}

function weRefuse(bytes: Uint8Array): boolean {
  const rules = { isMasked: true, mayBeDeflated: false, fragmentsMax: 1_000 }
  const terms = { ...rules, controlFramesPerSecondMax: 1_000, isShadow: false, messages: {} }
  const flow = new MessageFlow(terms, {
    send: () => undefined,
    control: () => true,
    moved: () => undefined,
    noted: () => undefined,
    newMask: () => undefined,
    hold: () => true,
    nowMs: () => 0,
  })
  return flow.push(bytes) !== undefined
}

async function theyRefuse(bytes: Uint8Array): Promise<boolean> {
  const receiver = new Receiver({ isServer: true, skipUTF8Validation: false })
  const refused = Promise.withResolvers<boolean>()
  receiver.on('error', () => refused.resolve(true))
  receiver.on('conclude', () => refused.resolve(false))
  receiver.write(Buffer.from(bytes), (error) => refused.resolve(error instanceof Error))
  return refused.promise
}

test('what we refuse another reader of frames refuses, and nothing else', async () => {
  await fc.assert(
    fc.asyncProperty(frames, async (given) => {
      const bytes = Buffer.concat(
        given.map(({ first, payload, isMasked }) => {
          // Text that is no UTF-8 is theirs to refuse, and ours only where somebody asks.
          const said = (first & 0x0f) < 2 ? payload.map((byte) => byte & 0x7f) : payload
          const frame = frameOf(0, said, isMasked ? mask : undefined)
          frame[0] = first
          return frame
        }),
      )
      assert.equal(weRefuse(bytes), await theyRefuse(bytes), bytes.toString('hex').slice(0, 400))
    }),
    { numRuns: 500 },
  )
})
