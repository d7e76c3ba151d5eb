// What a server says to frames that break the rules of RFC 9113, section by section.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultLimits } from '../../base.ts'
import {
  blockOf,
  endHeaders,
  endStream,
  frame,
  get,
  headers,
  opening,
  Peer,
  post,
  reply,
  uint32,
} from './frames-for-tests.ts'
import { preface, settingsFrame } from './frames.ts'

const openPost = headers(1, post, endHeaders)
const block = blockOf(get)
const zero = '\0'

/** Nobody answers, so streams stay open. */
const silent = (): void => {}

test('an opening is the preface and SETTINGS; ours comes at once', () => {
  const peer = new Peer()
  assert.deepEqual(peer.hears(), ['settings', 'windowUpdate 0 983041'])
  for (const step of [1, 2, 7, 24, 25, 33]) {
    const cut = new Peer()
    cut.hears()
    assert.deepEqual(cut.says(opening, step).hears(), ['settings ack'], `in steps of ${step}`)
  }
})

test('what breaks the connection is answered with GOAWAY, and no exchange', () => {
  const rows: [says: string, bytes: string, code: string][] = [
    ['3.4 no preface', 'GET / HTTP/1.1\r\n\r\n', 'protocolError'],
    ['3.4 half of another', 'PRI * HTTP/2.0\r\n\r\nXX', 'protocolError'],
    ['3.4 a frame before SETTINGS', preface + frame('ping', 0, 0, '12345678'), 'protocolError'],
    ['3.4 DATA before SETTINGS', `${preface}${frame('data', 0, 1, 'x')}`, 'protocolError'],
    ['3.4 an ACK before SETTINGS', preface + frame('settings', 1, 0), 'protocolError'],
    [
      '4.2 a frame of 16,385 bytes',
      opening + frame('ping', 0, 0, 'x'.repeat(16_385)),
      'frameSizeError',
    ],
    [
      '4.2 DATA of 16,385 bytes',
      opening + openPost + frame('data', 0, 1, 'x'.repeat(16_385)),
      'frameSizeError',
    ],
    [
      '4.3 a block that cannot be decoded',
      opening + frame('headers', 5, 1, '\xff\xff\xff\xff\xff'),
      'compressionError',
    ],
    [
      '4.3 the end of a block is missing',
      opening + frame('headers', 5, 1, '\x41'),
      'compressionError',
    ],
    ['5.1 DATA of an idle stream', opening + frame('data', 0, 1, 'x'), 'protocolError'],
    [
      '5.1 RST_STREAM of an idle stream',
      opening + frame('rstStream', 0, 1, uint32(8)),
      'protocolError',
    ],
    [
      '5.1 WINDOW_UPDATE of an idle stream',
      opening + frame('windowUpdate', 0, 1, uint32(8)),
      'protocolError',
    ],
    ['5.1 CONTINUATION of nothing', opening + frame('continuation', 4, 1, block), 'protocolError'],
    ['5.1 HEADERS of a stream that ended', opening + headers(1) + headers(1), 'streamClosed'],
    [
      '5.1 DATA of a stream that ended',
      opening + headers(1) + frame('data', 0, 1, 'x'),
      'streamClosed',
    ],
    ['5.1.1 an even id', opening + headers(2), 'protocolError'],
    ['5.1.1 an id lower than the last', opening + headers(5) + headers(3), 'protocolError'],
    [
      '5.5 an unknown frame within a section',
      opening + frame('headers', 1, 1, block) + String.fromCharCode(0, 0, 0, 99, 0, 0, 0, 0, 1),
      'protocolError',
    ],
    ['6.1 DATA of stream 0', opening + frame('data', 0, 0, 'x'), 'protocolError'],
    [
      '6.1 more padding than bytes',
      opening + openPost + frame('data', 8, 1, '\x05abc'),
      'protocolError',
    ],
    ['6.1 padding without a length', opening + openPost + frame('data', 8, 1), 'frameSizeError'],
    ['6.2 HEADERS of stream 0', opening + frame('headers', 5, 0, block), 'protocolError'],
    [
      '6.2 more padding than bytes',
      opening + frame('headers', 5 | 8, 1, `\xff${block}`),
      'protocolError',
    ],
    [
      '6.2 HEADERS cut within a priority',
      opening + frame('headers', 5 | 0x20, 1, 'abc'),
      'frameSizeError',
    ],
    ['6.3 PRIORITY of stream 0', opening + frame('priority', 0, 0, 'abcde'), 'protocolError'],
    ['6.3 PRIORITY of four bytes', opening + frame('priority', 0, 1, 'abcd'), 'frameSizeError'],
    ['6.4 RST_STREAM of stream 0', opening + frame('rstStream', 0, 0, uint32(8)), 'protocolError'],
    [
      '6.4 RST_STREAM of three bytes',
      opening + openPost + frame('rstStream', 0, 1, 'abc'),
      'frameSizeError',
    ],
    ['6.5 SETTINGS of a stream', opening + frame('settings', 0, 1), 'protocolError'],
    ['6.5 SETTINGS of five bytes', opening + frame('settings', 0, 0, 'abcde'), 'frameSizeError'],
    ['6.5 an ACK with settings', opening + frame('settings', 1, 0, 'abcdef'), 'frameSizeError'],
    ['6.5.2 ENABLE_PUSH 2', opening + settingsFrame([[2, 2]]), 'protocolError'],
    ['6.5.2 a window of 2^31', opening + settingsFrame([[4, 2 ** 31]]), 'flowControlError'],
    ['6.5.2 frames of 16,383 bytes', opening + settingsFrame([[5, 16_383]]), 'protocolError'],
    ['6.5.2 frames of 2^24 bytes', opening + settingsFrame([[5, 2 ** 24]]), 'protocolError'],
    ['6.6 PUSH_PROMISE', opening + frame('pushPromise', 4, 1, uint32(2) + block), 'protocolError'],
    ['6.7 PING of seven bytes', opening + frame('ping', 0, 0, '1234567'), 'frameSizeError'],
    ['6.7 PING of a stream', opening + frame('ping', 0, 1, '12345678'), 'protocolError'],
    [
      '6.8 GOAWAY of a stream',
      opening + frame('goaway', 0, 1, uint32(0) + uint32(0)),
      'protocolError',
    ],
    ['6.8 GOAWAY of seven bytes', opening + frame('goaway', 0, 0, '1234567'), 'frameSizeError'],
    [
      '6.9 WINDOW_UPDATE of three bytes',
      opening + frame('windowUpdate', 0, 0, 'abc'),
      'frameSizeError',
    ],
    [
      '6.9 a window opened by nothing',
      opening + frame('windowUpdate', 0, 0, uint32(0)),
      'protocolError',
    ],
    [
      '6.9.1 a window beyond 2^31-1',
      opening + frame('windowUpdate', 0, 0, uint32(0x7fff_ffff)),
      'flowControlError',
    ],
    [
      '6.9.2 windows beyond it by a setting',
      opening +
        openPost +
        frame('windowUpdate', 0, 1, uint32(0x7fff_0000)) +
        settingsFrame([[4, 0x7fff_ffff]]),
      'flowControlError',
    ],
    [
      '6.10 HEADERS within a section',
      opening + frame('headers', 1, 1, block) + headers(3),
      'protocolError',
    ],
    [
      '6.10 DATA within a section',
      opening + frame('headers', 0, 1, block) + frame('data', 0, 1, 'x'),
      'protocolError',
    ],
    [
      '6.10 CONTINUATION of another stream',
      opening + frame('headers', 1, 1, block) + frame('continuation', 4, 3),
      'protocolError',
    ],
    ['8441.3 ENABLE_CONNECT_PROTOCOL 2', opening + settingsFrame([[8, 2]]), 'protocolError'],
    [
      '8441.3 ENABLE_CONNECT_PROTOCOL taken back',
      opening + settingsFrame([[8, 1]]) + settingsFrame([[8, 0]]),
      'protocolError',
    ],
  ]
  for (const [says, bytes, code] of rows) {
    for (const step of [Infinity, 1]) {
      const peer = new Peer(({ stream }) => {
        if (stream.head.method === 'GET') reply(stream)
      })
      peer.says(bytes, step)
      assert.match(peer.hears().at(-1)!, new RegExp(`^goaway \\d+ ${code}$`), says)
      assert.deepEqual(peer.calls, ['finish'], says)
      assert.deepEqual(peer.bugs, [], says)
      for (const { gone } of peer.heard)
        if (gone !== undefined) assert.match(gone, /^CLIENT_CLOSED: the client broke HTTP\/2/)
      // Whatever follows is read no more, and buys no time.
      assert.deepEqual(peer.says(headers(9)).hears(), [])
      peer.clock.advance(2_200)
      assert.deepEqual(peer.calls, ['finish', 'destroy', 'left'])
    }
  }
})

test('what breaks a stream resets it, and leaves the others alone', () => {
  const long = frame('data', 0, 1, 'x'.repeat(16_384))
  const rows: [says: string, bytes: string, code: string][] = [
    ['5.1 DATA behind END_STREAM', headers(1) + frame('data', 0, 1, 'x'), 'streamClosed'],
    ['5.1 HEADERS behind END_STREAM', headers(1) + headers(1), 'streamClosed'],
    [
      '6.9 WINDOW_UPDATE by nothing',
      openPost + frame('windowUpdate', 0, 1, uint32(0)),
      'protocolError',
    ],
    [
      '6.9.1 a window beyond 2^31-1',
      openPost + frame('windowUpdate', 0, 1, uint32(0x7fff_ffff)),
      'flowControlError',
    ],
    ['6.9.1 more DATA than the window', openPost + long.repeat(4), 'flowControlError'],
    [
      '8.1 HEADERS within the body',
      openPost + headers(1, [['x', 'y']], endHeaders),
      'protocolError',
    ],
    ['8.1 a pseudo-field in trailers', openPost + headers(1, [[':path', '/']]), 'protocolError'],
    [
      '8.1.1 a body longer than its length',
      headers(1, [...post, ['content-length', '3']], endHeaders) + frame('data', 0, 1, 'abcd'),
      'protocolError',
    ],
    [
      '8.1.1 a body shorter than its length',
      headers(1, [...post, ['content-length', '3']], endHeaders) + frame('data', 1, 1, 'ab'),
      'protocolError',
    ],
    [
      '8.1.1 trailers before the length is there',
      headers(1, [...post, ['content-length', '3']], endHeaders) +
        frame('data', 0, 1, 'ab') +
        headers(1, [['x', 'y']]),
      'protocolError',
    ],
    ['8.2.1 a bad name in trailers', openPost + headers(1, [['X', 'y']]), 'protocolError'],
    [
      '8.2.2 a field of the connection in trailers',
      openPost + headers(1, [['connection', 'y']]),
      'protocolError',
    ],
    [
      '9110.6.5.1 a length in trailers',
      openPost + headers(1, [['content-length', '3']]),
      'protocolError',
    ],
  ]
  for (const [says, bytes, code] of rows) {
    for (const step of [Infinity, 1]) {
      const peer = new Peer(silent).begins()
      assert.deepEqual(peer.says(bytes, step).hears(), [`rstStream 1 ${code}`], says)
      assert.match(peer.heard[0]!.gone!, /^MALFORMED_REQUEST: /, says)
      peer.says(headers(3))
      assert.equal(peer.heard.length, 2)
      assert.deepEqual(peer.calls, [])
      assert.deepEqual(peer.bugs, [])
    }
  }
})

test('what means nothing is passed over', () => {
  const rows: [says: string, bytes: string][] = [
    ['5.1 RST_STREAM of a stream that ended', headers(1) + frame('rstStream', 0, 1, uint32(8))],
    [
      '5.1 WINDOW_UPDATE of a stream that ended',
      headers(1) + frame('windowUpdate', 0, 1, uint32(8)),
    ],
    ['5.5 a frame of an unknown type', String.fromCharCode(0, 0, 3, 99, 255, 0, 0, 0, 1, 1, 2, 3)],
    ['6.3 PRIORITY of any stream', frame('priority', 0, 7, 'abcde')],
    ['6.5.2 unknown settings', settingsFrame([[99, 1]])],
    ['6.8 GOAWAY of the client', frame('goaway', 0, 0, `${uint32(0)}${uint32(0)}bye`)],
    ['4.1 the reserved bit', frame('windowUpdate', 0, 0, uint32(0x8000_0001))],
    [
      '6.2 priority and padding of HEADERS',
      frame('headers', 5 | 8 | 0x20, 1, `\x03abcde${block}${zero.repeat(3)}`),
    ],
  ]
  for (const [says, bytes] of rows) {
    const peer = new Peer().begins()
    peer.says(bytes).hears()
    assert.deepEqual(peer.says(headers(9)).hears(), ['headers 9 200 end'], says)
    assert.deepEqual(peer.calls, [], says)
  }
})

test('frames for a stream that we have reset were on their way, and count for the connection alone', () => {
  const peer = new Peer(({ stream }) => stream.cut()).begins()
  const ids = Array.from({ length: 9 }, (_, i) => 2 * i + 1)
  for (const id of ids) {
    assert.deepEqual(peer.says(headers(id, post, endHeaders)).hears(), [
      `rstStream ${id} internalError`,
    ])
  }
  const window = [16_384, 16_384, 16_384, 16_383]
  const late = ids.flatMap((id) => window.map((bytes) => frame('data', 0, id, 'x'.repeat(bytes))))
  peer.says(late.join(''))
  // The table follows the trailers, too: what they put into it serves the next stream.
  const indexed = '\x40\x01a\x01b'
  peer.says(frame('headers', 5, 1, indexed) + frame('headers', 5, 19, `${block}\xbe`))
  assert.equal(peer.heard[9]!.stream.forwardable, 'a: b\r\n')
  assert.deepEqual(
    peer.hears().filter((said) => said.startsWith('windowUpdate')),
    ['windowUpdate 0 540664'],
  )
  assert.deepEqual(
    peer
      .says(frame('data', 0, 1, 'x'))
      .hears()
      .slice(-1),
    ['goaway 19 flowControlError'],
  )
})

test('a section may come in parts, and byte by byte', () => {
  const parts = [
    frame('headers', endStream, 1, block.slice(0, 2)),
    ...Array.from(block.slice(2), (one) => frame('continuation', 0, 1, one)),
    frame('continuation', endHeaders, 1),
  ]
  for (const step of [Infinity, 1, 3]) {
    const peer = new Peer().begins()
    assert.deepEqual(peer.says(parts.join(''), step).hears(), ['headers 1 200 end'])
  }
})

/** A field of 4 kB, for the table. */
const largeEntry = `\x40\x01a\x7f\xa1\x1e${'x'.repeat(4_000)}`

test('a section in too many frames, or far too large, ends the connection', () => {
  const rows: [says: string, bytes: string][] = [
    ['33 frames', frame('headers', 1, 1, 'x') + frame('continuation', 0, 1).repeat(33)],
    [
      '32 kB and more',
      frame('headers', 1, 1, zero.repeat(16_384)) +
        frame('continuation', 0, 1, zero.repeat(16_384)) +
        frame('continuation', 0, 1, 'x'),
    ],
    ['a bomb of bytes', frame('headers', 5, 1, `${block}${largeEntry}${'\xbe'.repeat(32)}`)],
    ['a bomb of fields', frame('headers', 5, 1, `${block}${'\x90'.repeat(840)}`)],
  ]
  for (const [says, bytes] of rows) {
    const peer = new Peer().begins()
    assert.deepEqual(peer.says(bytes).hears(), ['goaway 0 enhanceYourCalm'], says)
  }
})

test('a section beyond the bounds of a head is answered 431, and the connection goes on', () => {
  const rows: [says: string, section: string][] = [
    ['bytes', frame('headers', 5, 1, `${block}${largeEntry}${'\xbe'.repeat(4)}`)],
    ['fields', headers(1, [...get, ...Array.from({ length: 120 }, () => ['a', ''] as const)])],
  ]
  for (const [says, section] of rows) {
    const peer = new Peer().begins()
    const [said] = peer.says(section).hears()
    assert.equal(said, 'headers 1 431 end', says)
    assert.deepEqual(peer.says(headers(3)).hears(), ['headers 3 200 end'], says)
  }
})

test('who has not had our settings may begin too many streams', () => {
  const limits = { ...defaultLimits, http2StreamsMax: 1, http2ResetsPerSecondMax: 5 }
  const many = Array.from({ length: 50 }, (_, i) => headers(2 * i + 1)).join('')
  const early = new Peer(silent, limits).begins()
  assert.deepEqual(early.says(many).calls, [])
  const late = new Peer(silent, limits).begins().says(frame('settings', 1, 0))
  assert.deepEqual(late.says(many).calls, ['finish'])
})

test('more streams at once than allowed are refused, to be asked again', () => {
  const peer = new Peer(silent, { ...defaultLimits, http2StreamsMax: 2 }).begins()
  assert.deepEqual(peer.says(headers(1) + headers(3) + headers(5)).hears(), [
    'rstStream 5 refusedStream',
  ])
  reply(peer.heard[0]!.stream)
  peer.says(headers(7))
  assert.equal(peer.heard.length, 3)
})
