// How a client's HTTP/2 connection ends: by notice, by bounds, by floods.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultLimits } from '../../base.ts'
import {
  blockOf,
  endHeaders,
  frame,
  get,
  headers,
  opening,
  Peer,
  post,
  reply,
  uint32,
} from './frames-for-tests.ts'
import { frameHead, settingsFrame } from './frames.ts'

const silent = (): void => {}

test('who drains says so first, serves what crossed that, and then what is the last', () => {
  const peer = new Peer(silent).begins()
  peer.says(headers(1))
  peer.connection.drain()
  peer.connection.drain()
  assert.deepEqual(peer.hears(), ['goaway 2147483647 noError'])
  peer.says(headers(3))
  peer.clock.advance(1_200)
  assert.deepEqual(peer.hears(), ['goaway 3 noError'])
  peer.says(headers(5) + frame('data', 0, 5, 'x'))
  assert.deepEqual(
    [peer.heard.length, peer.hears()],
    [2, []],
    'asked too late: to be asked elsewhere',
  )
  reply(peer.heard[0]!.stream)
  assert.deepEqual(peer.calls, [])
  reply(peer.heard[1]!.stream)
  assert.deepEqual(peer.calls, ['finish'])
  peer.clock.advance(2_200)
  assert.deepEqual(peer.calls, ['finish', 'destroy', 'left'])
})

test('a connection at rest ends at once when asked to, and when its time is up', () => {
  const asked = new Peer().begins()
  asked.connection.closeSoon()
  assert.deepEqual([asked.hears(), asked.calls], [['goaway 0 noError'], ['finish']])
  const idle = new Peer().begins()
  idle.says(headers(1)).hears()
  idle.clock.advance(defaultLimits.idleTimeoutMs - 500)
  idle.says(frame('ping', 0, 0, '12345678'))
  assert.deepEqual(idle.hears(), ['ping ack'])
  idle.clock.advance(1_000)
  assert.deepEqual([idle.hears(), idle.calls], [['goaway 1 noError'], ['finish']])
})

test('the last of the requests that a connection may bring is said to be', () => {
  const peer = new Peer(silent, { ...defaultLimits, requestsPerConnectionMax: 2 }).begins()
  peer.says(headers(1) + headers(3) + headers(5))
  assert.deepEqual([peer.hears(), peer.heard.length], [['goaway 3 noError'], 2])
})

test('what does not become whole in time ends the connection', () => {
  const rows: [says: string, bytes: string][] = [
    ['the preface', opening.slice(0, 5)],
    ['the head of a frame', opening + headers(1).slice(0, 4)],
    ['a frame', opening + headers(1).slice(0, 12)],
    ['a section', opening + frame('headers', 1, 1, '\x82')],
  ]
  for (const [says, bytes] of rows) {
    const peer = new Peer()
    peer.says(bytes).hears()
    peer.clock.advance(defaultLimits.headTimeoutMs / 2)
    // That more of it comes buys no time.
    if (says === 'a section') peer.says(frame('continuation', 0, 1, '\x86'))
    peer.clock.advance(defaultLimits.headTimeoutMs / 2 + 500)
    assert.deepEqual([peer.hears(), peer.calls], [['goaway 0 enhanceYourCalm'], ['finish']], says)
  }
})

test('that reads end within frames is no fault of who sends whole ones all the time', () => {
  const peer = new Peer(({ stream }) => stream.readBody()).begins()
  const one = frame('data', 0, 1, 'abc')
  peer.says(headers(1, post, endHeaders) + one.slice(0, 5))
  for (let seconds = 0; seconds < 30; seconds++) {
    peer.says(one.slice(5) + one.repeat(50) + one.slice(0, 5))
    peer.clock.advance(1_000)
  }
  assert.deepEqual([peer.calls, peer.heard[0]!.broken], [[], undefined])
})

test('a socket that takes nothing of what waits in it is reset', () => {
  const peer = new Peer(silent).begins()
  peer.says(headers(1))
  peer.socket.queuedBytes = 100
  peer.clock.advance(6_000)
  assert.deepEqual(peer.calls, ['reset', 'left'])
  assert.equal(peer.heard[0]!.gone, 'CLIENT_CLOSED: the client took its replies too slowly')
})

/** 17 kB by reference. */
const largeBlock = `${blockOf(get)}\x40\x01a\x7f\xa1\x1e${'x'.repeat(4_000)}${'\xbe'.repeat(4)}`

/** Each means nothing on its own, and costs us a little. */
const floods: [says: string, each: (i: number) => string][] = [
  ['PING', () => frame('ping', 0, 0, '12345678')],
  ['answers to PING', () => frame('ping', 1, 0, '12345678')],
  ['SETTINGS', () => settingsFrame([[4, 1_000]])],
  ['empty SETTINGS', () => settingsFrame([])],
  ['answers to SETTINGS', () => frame('settings', 1, 0)],
  ['WINDOW_UPDATE', () => frame('windowUpdate', 0, 0, uint32(1))],
  ['WINDOW_UPDATE of a stream', () => frame('windowUpdate', 0, 1, uint32(1))],
  ['empty DATA', () => frame('data', 0, 1)],
  ['DATA that is all padding', () => frame('data', 8, 1, '\x02\0\0')],
  ['PRIORITY', () => frame('priority', 0, 1, 'abcde')],
  ['unknown frames', () => String.fromCharCode(0, 0, 0, 77, 0, 0, 0, 0, 0)],
  ['GOAWAY', () => frame('goaway', 0, 0, uint32(0) + uint32(0))],
  ['RST_STREAM of what has ended', () => frame('rstStream', 0, 1, uint32(8))],
  ['rapid resets', (i) => headers(2 * i + 3) + frame('rstStream', 0, 2 * i + 3, uint32(8))],
  [
    'resets that we are made to send',
    (i) => headers(2 * i + 3, get, endHeaders) + frame('windowUpdate', 0, 2 * i + 3, uint32(0)),
  ],
  ['requests that are none', (i) => headers(2 * i + 3, get.slice(1))],
  ['heads that are too large', (i) => frame('headers', 5, 2 * i + 3, largeBlock)],
  [
    'lengths that are not kept',
    (i) =>
      headers(2 * i + 3, [...post, ['content-length', '1']], endHeaders) +
      frame('data', 1, 2 * i + 3),
  ],
  ['streams beyond their number', (i) => headers(2 * i + 3, get, endHeaders)],
]

test('a large frame that means nothing counts as many', () => {
  const peer = new Peer().begins()
  const large = frameHead(16_384, 99, 0, 0) + 'x'.repeat(16_384)
  assert.deepEqual(peer.says(large.repeat(55)).hears(), [])
  assert.deepEqual(peer.says(large.repeat(10)).hears(), ['goaway 0 enhanceYourCalm'])
})

test('a flood of what means nothing ends the connection', () => {
  const limits = {
    ...defaultLimits,
    http2ControlFramesPerSecondMax: 100,
    http2ResetsPerSecondMax: 50,
    http2StreamsMax: 20,
  }
  for (const [says, each] of floods) {
    const peer = new Peer(silent, limits)
    const isPast = says === 'RST_STREAM of what has ended'
    peer.says(
      opening + headers(1, post, endHeaders) + (isPast ? frame('rstStream', 0, 1, uint32(8)) : ''),
    )
    for (let i = 0; i < 2_000; i++) peer.says(each(i))
    const said = peer.hears()
    assert.match(said.at(-1)!, /^goaway \d+ enhanceYourCalm$/, says)
    assert.ok(said.length < 400, `${says}: ${said.length} frames in answer`)
    assert.ok(peer.heard.length < 200, says)
    assert.deepEqual([peer.calls[0], peer.bugs], ['finish', []], says)
    assert.ok(
      peer.heard.every(({ gone, stream }) => gone !== undefined || stream.head.method === ''),
      says,
    )
  }
})

test('as many a second as are allowed do no harm, however long it goes on', () => {
  const peer = new Peer(silent, { ...defaultLimits, http2ControlFramesPerSecondMax: 100 }).begins()
  for (let seconds = 0; seconds < 20; seconds++) {
    for (let i = 0; i < 90; i++) peer.says(frame('ping', 0, 0, '12345678'))
    peer.clock.advance(1_000)
  }
  assert.deepEqual(peer.calls, [])
})

test('whoever moves bytes may say as often that there is room', () => {
  const peer = new Peer(
    ({ stream }) => {
      stream.sendHead('200 OK', '', 'streamed')
      stream.sendPiece(Buffer.alloc(10_000_000))
    },
    { ...defaultLimits, http2ControlFramesPerSecondMax: 10 },
  ).begins()
  peer.says(headers(1))
  const more =
    frame('windowUpdate', 0, 1, uint32(4_096)) + frame('windowUpdate', 0, 0, uint32(4_096))
  for (let i = 0; i < 1_000; i++) peer.says(more)
  assert.deepEqual(peer.calls, [])
  assert.ok(peer.hears().length > 1_000)
})

test('many small frames of a body that nobody takes cost no more than their bytes', () => {
  const peer = new Peer(silent).begins()
  peer.says(headers(1, post, endHeaders))
  const before = process.memoryUsage().arrayBuffers
  const one = frame('data', 0, 1, 'x').repeat(1_000)
  for (let i = 0; i < 60; i++) peer.says(one)
  assert.deepEqual(peer.calls, [])
  assert.ok(process.memoryUsage().arrayBuffers - before < 4 * 1024 * 1024)
})
