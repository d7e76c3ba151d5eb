// Frames of a WebSocket: which are valid, what passes, and that no split of the bytes matters.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { closeFrame, frameOf, opcodes, unmask } from './websocket-frames.ts'
import { type Breach, closeCodeOf, FrameReader, type FrameTaker } from './websocket-reader.ts'

const mask = Uint8Array.of(0x37, 0xfa, 0x21, 0x3d)
const text = (said: string): Uint8Array => new TextEncoder().encode(said)
const hex = (digits: string): Uint8Array =>
  Uint8Array.from(Buffer.from(digits.replaceAll(' ', ''), 'hex'))
const all = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts))

/** A frame as a client sends it, with any first byte. */
function masked(first: number, payload: Uint8Array): Uint8Array {
  const frame = frameOf(0, payload, mask)
  frame[0] = first
  return frame
}

function unmasked(first: number, payload: Uint8Array): Uint8Array {
  const frame = frameOf(0, payload)
  frame[0] = first
  return frame
}

interface Options {
  readonly isMasked?: boolean
  readonly mayBeDeflated?: boolean
  readonly fragmentsMax?: number
  readonly how?: 'passes' | 'looks' | 'holds'
}

/** What a taker is told, with payloads joined; and what passed. */
function read(pieces: readonly Uint8Array[], options: Options = {}) {
  const { isMasked = true, mayBeDeflated = false, fragmentsMax = 100, how = 'looks' } = options
  const passed: Uint8Array[] = []
  const told: string[] = []
  let payload = ''
  const taker: FrameTaker = {
    looks: how !== 'passes',
    holds: how === 'holds',
    pass: (bytes) => void passed.push(Uint8Array.from(bytes)),
    message: (isText) => void told.push(isText ? 'text' : 'binary'),
    fragment: (payloadBytes) => void told.push(`frame ${payloadBytes}`),
    payload(bytes, isLast) {
      payload += Buffer.from(bytes).toString('latin1')
      if (payload.includes('bad')) return { kind: 'content', reason: 'bad' }
      if (isLast) {
        told.push(`whole ${payload}`)
        payload = ''
      }
      return undefined
    },
    control({ opcode, payload: said }) {
      told.push(`control ${opcode} ${Buffer.from(said).toString('latin1')}`)
      return said.length === 0 || said[0] !== 0x21
    },
  }
  const reader = new FrameReader({ isMasked, mayBeDeflated, fragmentsMax }, taker)
  let breach: Breach | undefined
  for (const piece of pieces) {
    // As it comes from a socket: in memory that is read into again.
    const lent = Buffer.from(piece)
    breach ??= reader.push(lent)
    lent.fill(0xaa)
  }
  return { told, breach, passed: all(...passed), reader }
}

const kind = (pieces: readonly Uint8Array[], options?: Options) =>
  read(pieces, options).breach?.kind

test('the examples of RFC 6455 §5.7 are read as it says', () => {
  const cases: [says: string, bytes: string, told: string[], isMasked: boolean][] = [
    ['a text', '810548656c6c6f', ['text', 'frame 5', 'whole Hello'], false],
    ['a masked text', '818537fa213d7f9f4d5158', ['text', 'frame 5', 'whole Hello'], true],
    ['fragments', '010348656c 80026c6f', ['text', 'frame 3', 'frame 2', 'whole Hello'], false],
    ['a ping', '890548656c6c6f', ['control 9 Hello'], false],
    ['a masked pong', '8a8537fa213d7f9f4d5158', ['control 10 Hello'], true],
  ]
  for (const [says, bytes, told, isMasked] of cases) {
    const found = read([hex(bytes)], { isMasked })
    assert.deepEqual([found.told, found.breach], [told, undefined], says)
    assert.deepEqual(found.passed, hex(bytes), says)
  }
})

test('what breaks the framing is a breach, and all before it passes', () => {
  const good = masked(0x81, text('good'))
  const long = (first: number, lengthAndMask: string) =>
    all(hex(first.toString(16)), hex(lengthAndMask))
  const cases: [says: string, bytes: Uint8Array, kind: Breach['kind']][] = [
    ['no mask', unmasked(0x81, text('a')), 'framing'],
    ['opcode 3', masked(0x83, text('a')), 'framing'],
    ['opcode 7', masked(0x87, text('')), 'framing'],
    ['opcode 11', masked(0x8b, text('a')), 'framing'],
    ['opcode 15', masked(0x8f, text('')), 'framing'],
    ['RSV1 that nobody negotiated', masked(0xc1, text('a')), 'framing'],
    ['RSV2', masked(0xa1, text('a')), 'framing'],
    ['RSV3', masked(0x91, text('a')), 'framing'],
    ['RSV on a ping', masked(0xc9, text('')), 'framing'],
    ['a fragmented ping', masked(0x09, text('a')), 'framing'],
    ['a fragmented close', masked(0x08, text('')), 'framing'],
    ['a ping of 126 bytes', masked(0x89, new Uint8Array(126)), 'framing'],
    ['a close of 126 bytes', masked(0x88, new Uint8Array(126)), 'framing'],
    ['a ping of 2^16 bytes', masked(0x89, new Uint8Array(65_536)), 'framing'],
    ['a continuation of nothing', masked(0x80, text('a')), 'framing'],
    ['a first fragment that is a continuation', masked(0x00, text('a')), 'framing'],
    ['a text within a text', all(masked(0x01, text('a')), masked(0x81, text('b'))), 'framing'],
    ['a binary within a text', all(masked(0x01, text('a')), masked(0x02, text('b'))), 'framing'],
    ['two bytes for a length of 125', long(0x81, 'fe007d 00000000'), 'framing'],
    ['two bytes for a length of 0', long(0x81, 'fe0000 00000000'), 'framing'],
    ['eight bytes for a length of 65535', long(0x81, 'ff000000000000ffff 00000000'), 'framing'],
    ['a length with the top bit', long(0x82, 'ff8000000000000000 00000000'), 'size'],
    ['a length of 2^63-1', long(0x82, 'ff7fffffffffffffff 00000000'), 'size'],
    ['a length of 2^53', long(0x82, 'ff0020000000000000 00000000'), 'size'],
    ['a close of one byte', masked(0x88, hex('03')), 'framing'],
    ['a close with text that is not UTF-8', masked(0x88, hex('03e8 ff')), 'encoding'],
    ['a close with half a character', masked(0x88, hex('03e8 e282')), 'encoding'],
  ]
  for (const [says, bytes, wanted] of cases) {
    const { breach, passed, reader } = read([all(good, bytes)])
    assert.equal(breach?.kind, wanted, says)
    assert.ok(reader.isBetween, says)
    const begun = says.endsWith('within a text') ? masked(0x01, text('a')) : text('')
    assert.deepEqual(passed, all(good, begun), says)
  }
})

test('a server masks nothing', () => {
  assert.equal(kind([masked(0x81, text('a'))], { isMasked: false }), 'framing')
  assert.equal(kind([unmasked(0x81, text('a'))], { isMasked: false }), undefined)
})

test('what a Close says is one of the codes that may stand there', () => {
  const valid = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4999]
  const invalid = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535]
  for (const code of valid) assert.equal(kind([closeFrame(code, 'ok', mask)]), undefined, `${code}`)
  for (const code of invalid) assert.equal(kind([closeFrame(code, '', mask)]), 'framing', `${code}`)
  assert.equal(kind([masked(0x88, text(''))]), undefined)
})

test('behind a Close nothing counts and nothing passes', () => {
  const close = closeFrame(1000, '', mask)
  const { passed, reader, breach } = read([all(close, hex('ff')), hex('ffff')])
  assert.deepEqual([passed, reader.isClosed, breach], [close, true, undefined])
})

test('RSV1 stands on the first frame of a message where permessage-deflate was negotiated', () => {
  const deflated = { mayBeDeflated: true }
  assert.equal(kind([masked(0xc1, text('a'))], deflated), undefined)
  assert.equal(kind([masked(0xc2, text('a'))], deflated), undefined)
  assert.equal(kind([masked(0x41, text('a')), masked(0x80, text('b'))], deflated), undefined)
  assert.equal(kind([masked(0x01, text('a')), masked(0xc0, text('b'))], deflated), 'framing')
  assert.equal(kind([masked(0xc9, text('a'))], deflated), 'framing')
  assert.equal(kind([masked(0xe1, text('a'))], deflated), 'framing')
})

test('control frames stand between the fragments of a message', () => {
  const bytes = [masked(0x01, text('a')), masked(0x89, text('p')), masked(0x80, text('b'))]
  assert.deepEqual(read(bytes).told, ['text', 'frame 1', 'control 9 p', 'frame 1', 'whole ab'])
})

test('the fragments of one message are bounded, and counted anew for the next', () => {
  const message = [masked(0x01, text('')), masked(0x00, text('')), masked(0x80, text(''))]
  assert.equal(kind([...message, ...message], { fragmentsMax: 3 }), undefined)
  assert.equal(kind(message, { fragmentsMax: 2 }), 'size')
})

test('a control frame that is taken out leaves the others as they are', () => {
  const [before, after] = [masked(0x81, text('before')), masked(0x82, text('after'))]
  const { passed } = read([all(before, masked(0x8a, text('!mine')), after)])
  assert.deepEqual(passed, all(before, after))
})

test('what is refused within a frame passes in no part, where its head has not gone on', () => {
  const before = masked(0x81, text('before'))
  const bad = masked(0x81, text('a bad text'))
  const whole = read([all(before, bad)])
  assert.deepEqual([whole.passed, whole.reader.isBetween], [before, true])
  const parted = read([all(before, bad.subarray(0, 8)), bad.subarray(8)])
  assert.deepEqual(parted.passed, all(before, bad.subarray(0, 8)))
  assert.equal(parted.reader.isBetween, false)
})

test('of held messages nothing passes, and between their bytes another frame may be put', () => {
  const bytes = all(masked(0x01, text('a')), masked(0x89, text('p')), masked(0x80, text('bcd')))
  const { passed, told, reader } = read([bytes.subarray(0, bytes.length - 2)], { how: 'holds' })
  assert.deepEqual(passed, masked(0x89, text('p')))
  assert.deepEqual(told, ['text', 'frame 1', 'control 9 p', 'frame 3'])
  assert.ok(reader.isBetween)
})

test('a frame of 2^53-1 bytes begins, for nothing of it is kept', () => {
  const { breach, told } = read([hex('82ff001fffffffffffff00000000'), new Uint8Array(9)])
  assert.deepEqual([breach, told], [undefined, ['binary', 'frame 9007199254740991']])
})

const lengths = fc.oneof(fc.nat(8), fc.constantFrom(125, 126, 127, 65_535, 65_536))
const payloads = lengths.map((length) => Uint8Array.from({ length }, (_, i) => i * 7))

/** Frames in a valid order, and now and then an invalid one. */
const frames = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.tuple(fc.constantFrom(0x81, 0x82), payloads) },
    {
      weight: 3,
      arbitrary: fc.tuple(fc.constantFrom(0x89, 0x8a), fc.uint8Array({ maxLength: 125 })),
    },
    { weight: 1, arbitrary: fc.tuple(fc.constantFrom(0x01, 0x00, 0x80, 0x88), payloads) },
  ),
  { maxLength: 8 },
)

test('however its bytes are split, a stream of frames says the same and passes the same', () => {
  const how = fc.constantFrom('passes' as const, 'looks' as const, 'holds' as const)
  fc.assert(
    fc.property(
      frames,
      fc.array(fc.nat(400), { maxLength: 30 }),
      how,
      fc.boolean(),
      (given, cuts, way, isMasked) => {
        const bytes = all(
          ...given.map(([first, payload]) => (isMasked ? masked : unmasked)(first, payload)),
        )
        const options = { isMasked, how: way }
        const whole = read([bytes], options)
        const split = read(piecesOf(bytes, cuts), options)
        assert.deepEqual(split.told, whole.told)
        assert.deepEqual(split.breach, whole.breach)
        // Within a frame that is refused more may have gone on where its head had.
        if (whole.breach === undefined) assert.deepEqual(split.passed, whole.passed)
        else
          assert.ok(Buffer.from(split.passed).subarray(0, whole.passed.length).equals(whole.passed))
      },
    ),
    { numRuns: 300 },
  )
})

function piecesOf(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = []
  let at = 0
  for (const cut of cuts) {
    pieces.push(bytes.subarray(at, at + cut))
    at += cut
  }
  return [...pieces, bytes.subarray(at)]
}

test('whatever the bytes are, nothing is thrown, and nothing passes that did not come', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, isMasked) => {
      const { passed, breach, reader } = read([bytes], { isMasked })
      if (breach === undefined && !reader.isClosed) assert.ok(passed.length <= bytes.length)
      assert.ok(Buffer.from(bytes).includes(Buffer.from(passed)) || passed.length < bytes.length)
    }),
    { numRuns: 300 },
  )
})

test('a mask put on twice is off', () => {
  const bytes = text('a payload whose length is no multiple of four')
  const twice = new Uint8Array(bytes.length)
  unmask(bytes, mask, 3, twice, 0)
  unmask(twice.slice(), mask, 3, twice, 0)
  assert.deepEqual(twice, bytes)
})

test('a Close is cut to what a control frame holds, between two characters', () => {
  const frame = closeFrame(1008, '€'.repeat(60))
  assert.equal(frame.length, 2 + 2 + 123)
  assert.equal(closeCodeOf(frame.subarray(2)), 1008)
  assert.equal(frame[0], 0x80 | opcodes.close)
  assert.equal(kind([frame], { isMasked: false }), undefined)
})
