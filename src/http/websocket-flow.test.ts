// Messages of one direction: what is asked of them, what goes on, what is held meanwhile.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { joined } from './joined.ts'
import { type FlowTerms, MessageFlow, type MessageRules } from './websocket-flow.ts'
import { closeFrame, frameOf, opcodes } from './websocket-frames.ts'
import type { Breach } from './websocket-reader.ts'

const bytesOfText = (said: string): Uint8Array => new TextEncoder().encode(said)
const text = (said: string | Uint8Array, first = 0x81): Uint8Array => {
  const frame = frameOf(opcodes.text, typeof said === 'string' ? bytesOfText(said) : said)
  frame[0] = first
  return frame
}
const binary = (said: string): Uint8Array => frameOf(opcodes.binary, bytesOfText(said))

interface Options extends Partial<Omit<FlowTerms, 'messages'>> {
  readonly room?: number
}

function flowOf(messages: MessageRules, { room = Infinity, ...terms }: Options = {}) {
  const sent: Uint8Array[] = []
  const noted: Breach[] = []
  const world = { nowMs: 1_000, heldBytes: 0, mostHeld: 0 }
  const flow = new MessageFlow(
    {
      isMasked: false,
      mayBeDeflated: false,
      fragmentsMax: 1_000,
      controlFramesPerSecondMax: 10,
      isShadow: false,
      messages,
      ...terms,
    },
    {
      send: (bytes) => void sent.push(Uint8Array.from(bytes)),
      control: () => true,
      moved: () => undefined,
      noted: (breach) => void noted.push(breach),
      newMask: () => undefined,
      hold(bytes) {
        world.heldBytes += bytes
        world.mostHeld = Math.max(world.mostHeld, world.heldBytes)
        return world.heldBytes <= room
      },
      nowMs: () => world.nowMs,
    },
  )
  return { flow, noted, world, sent: () => joined(...sent), count: () => sent.length }
}

const noBad = (payload: Uint8Array): Breach | undefined =>
  Buffer.from(payload).includes('bad') ? { kind: 'content', reason: 'bad' } : undefined

const judging = { bytesMax: 100, judge: noBad }

test('a piece of any frames goes on as the one piece that it came in', () => {
  const { flow, sent, count } = flowOf({})
  const piece = joined(text('one'), binary('two'), frameOf(opcodes.ping, bytesOfText('p')))
  assert.equal(flow.push(piece), undefined)
  assert.deepEqual([sent(), count()], [piece, 1])
})

test('a message is measured with all its fragments, before its payload comes', () => {
  const cases: [says: string, pieces: Uint8Array[], kind: Breach['kind'] | undefined][] = [
    ['at the bound', [text('12345')], undefined],
    ['over it', [text('123456')], 'size'],
    ['over it by its head alone', [text('123456').subarray(0, 2)], 'size'],
    ['in fragments at the bound', [text('123', 0x01), text('45', 0x80)], undefined],
    ['in fragments over it', [text('123', 0x01), text('456', 0x80)], 'size'],
    ['the next counts anew', [text('12345'), text('12345')], undefined],
  ]
  for (const [says, pieces, kind] of cases) {
    const { flow } = flowOf({ bytesMax: 5 })
    let breach: Breach | undefined
    for (const piece of pieces) breach ??= flow.push(piece)
    assert.equal(breach?.kind, kind, says)
  }
})

test('so many messages pass at once, and then as many in a second', () => {
  const { flow, world } = flowOf({ perSecondMax: 3 })
  assert.equal(flow.push(joined(text('1'), text('2'), text('3'))), undefined)
  world.nowMs += 334
  assert.equal(flow.push(joined(text('4', 0x01), text('4', 0x00), text('4', 0x80))), undefined)
  assert.equal(flow.push(text('5'))?.kind, 'rate')
})

test('pings and pongs are bounded whatever the messages may', () => {
  const { flow, world } = flowOf({})
  const pings = joined(
    ...Array.from({ length: 10 }, () => frameOf(opcodes.ping, new Uint8Array(0))),
  )
  assert.equal(flow.push(pings), undefined)
  world.nowMs += 1_000
  assert.equal(flow.push(pings), undefined)
  assert.equal(flow.push(pings)?.kind, 'rate')
})

test('a text that is not UTF-8 is cut before its bad bytes, a binary is no text', () => {
  const rules = { areTextsChecked: true }
  const bad = Uint8Array.of(0x61, 0xff)
  assert.equal(flowOf(rules).flow.push(text(bad))?.kind, 'encoding')
  assert.equal(flowOf(rules).flow.push(frameOf(opcodes.binary, bad)), undefined)
  assert.equal(flowOf(rules).flow.push(text(Uint8Array.of(0xe2, 0x82)))?.kind, 'encoding')
  const across = flowOf(rules).flow
  assert.equal(across.push(text(Uint8Array.of(0xe2, 0x82), 0x01)), undefined)
  assert.equal(across.push(text(Uint8Array.of(0xac), 0x80)), undefined)
  assert.equal(across.push(text(Uint8Array.of(0xe2), 0x01)), undefined)
  assert.equal(across.push(text('', 0x80))?.kind, 'encoding')
})

test('a judged message goes on as one frame, once it is whole', () => {
  const { flow, sent, world } = flowOf(judging)
  assert.equal(flow.push(text('{"a":', 0x01)), undefined)
  assert.deepEqual(sent(), new Uint8Array(0))
  assert.ok(world.heldBytes > 0)
  const ping = frameOf(opcodes.ping, bytesOfText('p'))
  assert.equal(flow.push(joined(ping, text('1}', 0x80), binary('next'))), undefined)
  assert.deepEqual(sent(), joined(ping, text('{"a":1}'), binary('next')))
  assert.equal(world.heldBytes, 0)
})

test('a message that is refused goes on in no part, and those before it do', () => {
  const { flow, sent } = flowOf(judging)
  assert.equal(flow.push(joined(text('good'), text('b', 0x01), text('ad', 0x80)))?.kind, 'content')
  assert.deepEqual(sent(), text('good'))
  assert.ok(flow.isBetween)
})

test('where all that is held leaves no room the message is refused', () => {
  const { flow } = flowOf(judging, { room: 10 })
  assert.equal(flow.push(text('12345', 0x01))?.kind, 'room')
})

test('in shadow everything passes as it came, and the first breach is noted', () => {
  const { flow, noted, sent, world } = flowOf(judging, { isShadow: true })
  const pieces = [text('a bad', 0x01), text(' one', 0x80), text('bad'), text('x'.repeat(200))]
  for (const piece of pieces) assert.equal(flow.push(piece), undefined)
  assert.deepEqual(sent(), joined(...pieces))
  assert.deepEqual(
    noted.map(({ kind }) => kind),
    ['content'],
  )
  assert.equal(world.heldBytes, 0)
  assert.equal(flow.push(text('a', 0x83))?.kind, 'framing')
})

test('who finishes passes the frame under way and nothing behind it, but sees a Close', () => {
  const { flow, sent } = flowOf({})
  const long = text('x'.repeat(100))
  flow.push(long.subarray(0, 50))
  assert.equal(flow.isBetween, false)
  flow.finish()
  flow.push(joined(long.subarray(50), text('more'), frameOf(opcodes.ping, new Uint8Array(0))))
  assert.deepEqual([sent(), flow.isBetween, flow.isClosed], [long, true, false])
  flow.push(closeFrame(1000, ''))
  assert.deepEqual([sent(), flow.isClosed], [long, true])
})

const messages = fc.array(
  fc.record({
    isText: fc.boolean(),
    parts: fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 4 }),
  }),
  { maxLength: 5 },
)

test('what is judged is what goes on, however it was fragmented and split', () => {
  fc.assert(
    fc.property(messages, fc.nat(20), (given, step) => {
      const bytes = joined(...given.flatMap(fragmentsOf))
      const judged: string[] = []
      const judge = (payload: Uint8Array, isText: boolean): undefined => {
        judged.push(`${isText} ${Buffer.from(payload).toString('hex')}`)
      }
      const { flow, sent, world } = flowOf({ bytesMax: 1_000, judge })
      for (let at = 0; at < bytes.length; at += step + 1) {
        const lent = Buffer.from(bytes.subarray(at, at + step + 1))
        assert.equal(flow.push(lent), undefined)
        lent.fill(0xaa)
      }
      const wholes = given.map(({ isText, parts }) => ({ isText, payload: joined(...parts) }))
      assert.deepEqual(
        judged,
        wholes.map(({ isText, payload }) => `${isText} ${Buffer.from(payload).toString('hex')}`),
      )
      const frames = wholes.map(({ isText, payload }) => frameOf(isText ? 1 : 2, payload))
      assert.deepEqual(sent(), joined(...frames))
      assert.equal(world.heldBytes, 0)
    }),
    { numRuns: 200 },
  )
})

function fragmentsOf({ isText, parts }: { isText: boolean; parts: Uint8Array[] }): Uint8Array[] {
  return parts.map((part, i) => {
    const isLast = i === parts.length - 1
    return text(part, (isLast ? 0x80 : 0) | (i > 0 ? 0 : isText ? 1 : 2))
  })
}
