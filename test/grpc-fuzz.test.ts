// Readers of gRPC against whatever bytes: what they take is what was written, at any cut, and nothing
// makes them throw.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { grpcMessage, GrpcMessages, grpcTimeoutMs, grpcTimeoutText } from '../src/http.ts'
import { serviceAsked } from '../src/engine/grpc-health-message.ts'
import { TextDecoder64 } from '../src/engine/grpc-web-text.ts'
import { parseDescriptorSet } from '../src/load/descriptor-set.ts'
import { chatFile, setBytes } from '../src/load/descriptor-set-for-tests.ts'

const bytes = fc.uint8Array({ maxLength: 40 })
const cuts = fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 20 })

/** The pieces of something, as long as these say in turn. */
function piecesOf<T extends Buffer | string>(whole: T, sizes: readonly number[]): T[] {
  const pieces: T[] = []
  for (let at = 0, turn = 0; at < whole.length; turn++) {
    const size = 1 + sizes[turn % sizes.length]!
    pieces.push(
      (typeof whole === 'string' ? whole.slice(at, at + size) : whole.subarray(at, at + size)) as T,
    )
    at += size
  }
  return pieces
}

test('messages of any bytes are whole where they end, at any cut', () => {
  const body = fc.array(bytes, { maxLength: 6 })
  fc.assert(
    fc.property(body, cuts, fc.nat({ max: 60 }), (all, sizes, missing) => {
      const whole = Buffer.concat(all.map((one) => grpcMessage(one)))
      const messages = new GrpcMessages(40)
      const sent = whole.subarray(0, Math.max(0, whole.length - missing))
      for (const piece of piecesOf(sent, sizes)) assert.equal(messages.piece(piece), undefined)
      const ends = new Set([0])
      let end = 0
      for (const one of all) ends.add((end += 5 + one.length))
      assert.equal(messages.isWhole, ends.has(sent.length))
    }),
  )
})

test('text of any bytes comes to them, padded anywhere, at any cut', () => {
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 6 }), cuts, (parts, sizes) => {
      const text = parts.map((part) => Buffer.from(part).toString('base64')).join('')
      const decoder = new TextDecoder64()
      const read = piecesOf(text, sizes).map((piece) => decoder.piece(piece))
      assert.ok(read.every((piece) => piece !== undefined))
      assert.equal(decoder.isWhole, true)
      assert.deepEqual(Buffer.concat(read), Buffer.concat(parts))
    }),
  )
})

test('text that is taken says what it is taken for, in one way alone', () => {
  const letters = fc.constantFrom(...'AB/+=Q9 \n-_')
  fc.assert(
    fc.property(fc.array(letters, { maxLength: 24 }), (all) => {
      const text = all.join('')
      const decoder = new TextDecoder64()
      const read = decoder.piece(text)
      if (read === undefined || !decoder.isWhole) return
      const groups = text.match(/[^=]*={0,2}/g)!.filter((group) => group !== '')
      const again = groups.map((group) => Buffer.from(group, 'base64').toString('base64')).join('')
      assert.equal(again, text)
    }),
    { numRuns: 2_000 },
  )
})

test('a grpc-timeout is never passed on longer than it is, and hardly shorter', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 3.6e14, noNaN: true }), (leftMs) => {
      const passedMs = grpcTimeoutMs(grpcTimeoutText(leftMs))!
      assert.ok(passedMs <= leftMs, `${passedMs} is more than ${leftMs}`)
      assert.ok(passedMs >= leftMs * 0.999 - 0.001, `${passedMs} is much less than ${leftMs}`)
    }),
  )
})

test('no bytes make the reader of health requests throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (any) => {
      serviceAsked(Buffer.from(any))
      const framed = serviceAsked(Buffer.from(grpcMessage(any)))
      assert.ok(framed === undefined || Buffer.byteLength(framed) <= 3 * any.length)
    }),
  )
})

test('a descriptor set with any bytes changed is read or refused, never thrown over', () => {
  const set = setBytes([chatFile])
  const change = fc.record({ at: fc.nat({ max: set.length - 1 }), to: fc.nat({ max: 255 }) })
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const changed = Uint8Array.from(set)
      for (const { at, to } of changes) changed[at] = to
      const { value, problems, locate } = parseDescriptorSet(changed, 'chat.binpb')
      assert.equal(value === undefined, problems.length > 0)
      const { paths = {} } = (value ?? {}) as { paths?: object }
      for (const path of Object.keys(paths)) {
        assert.match(path, /^\/[\w.]+\/\w+$/)
        locate(`/paths/${path.replaceAll('/', '~1')}/post`)
      }
    }),
    { numRuns: 500 },
  )
})
