// Exchanges over HTTP/2: bodies, trailers, interim replies, windows and turns.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultLimits } from '../../base.ts'
import {
  endHeaders,
  endStream,
  type Fields,
  frame,
  get,
  headers,
  type Heard,
  opening,
  Peer,
  post,
  reply,
  uint32,
} from './frames-for-tests.ts'
import { settingsFrame } from './frames.ts'

const silent = (): void => {}
const openPost = headers(1, post, endHeaders)
const data = (id: number, text: string, flags = 0): string => frame('data', flags, id, text)
const read = ({ stream }: Heard): void => stream.readBody()

/** A connection whose client lets streams send so much each. */
function peerWithWindow(bytes: number, serve: (heard: Heard) => void): Peer {
  const peer = new Peer(serve)
  peer.says(opening + settingsFrame([[4, bytes]])).hears()
  return peer
}

test('a body comes as it is taken, with what is behind it', () => {
  const peer = new Peer(read).begins()
  peer.says(
    openPost +
      data(1, 'abc') +
      frame('data', 8, 1, '\x02de\0\0') +
      headers(1, [
        ['x-a', 'b'],
        ['host', 'c'],
      ]),
  )
  const [heard] = peer.heard
  assert.deepEqual([heard!.body, heard!.trailers], ['abcde', ['x-a', 'b']])
})

test('what nobody takes waits, and is not acknowledged', () => {
  const peer = new Peer(silent).begins()
  peer.says(openPost + data(1, 'x'.repeat(16_000)).repeat(4))
  const heard = peer.heard[0]!
  assert.deepEqual([heard.body, peer.hears()], ['', []])
  heard.stream.readBody()
  assert.equal(heard.body.length, 64_000)
  assert.deepEqual(peer.hears(), ['windowUpdate 1 64000'])
  heard.stream.pauseBody()
  peer.says(data(1, 'y', endStream))
  assert.deepEqual([heard.body.length, heard.trailers], [64_000, undefined])
  heard.stream.readBody()
  assert.deepEqual([heard.body.length, heard.trailers], [64_001, []])
})

test('the window of a long body that is taken at once grows up to its bound', () => {
  const peer = new Peer(read, { ...defaultLimits, http2StreamBytesMax: 256 * 1024 }).begins()
  peer.says(openPost)
  let windowBytes = 65_535
  let largest = 0
  for (let sent = 0; sent < 4_000_000;) {
    const bytes = Math.min(16_384, windowBytes)
    sent += bytes
    windowBytes -= bytes
    for (const said of peer.says(data(1, 'x'.repeat(bytes))).hears()) {
      const [, id, increment] = said.split(' ')
      if (id === '1') windowBytes += Number(increment)
    }
    largest = Math.max(largest, windowBytes)
  }
  assert.ok(largest > 192 * 1024 && largest <= 256 * 1024, `${largest}`)
})

test('bodies that wait are bounded for all of a connection', () => {
  const peer = new Peer(silent).begins()
  for (let id = 1; id < 100; id += 2) peer.says(headers(id, post, endHeaders))
  const full = 'x'.repeat(16_000)
  for (let id = 1; id < 33; id += 2) peer.says(data(id, full).repeat(4))
  assert.deepEqual(peer.hears(), [], 'a million bytes wait, and nobody is told to go on')
  assert.deepEqual(peer.says(data(35, full).repeat(2)).hears(), ['goaway 99 flowControlError'])
})

test('a client that waits for it is told to continue when its body is wanted', () => {
  const peer = new Peer(silent).begins()
  peer.says(headers(1, [...post, ['expect', '100-continue']], endHeaders))
  assert.deepEqual(peer.hears(), [])
  peer.heard[0]!.stream.readBody()
  assert.deepEqual(peer.hears(), ['headers 1 100'])
})

test('replies end with their head, their length or their trailers', () => {
  const rows: [says: string, fields: Fields, send: (heard: Heard) => void, want: string[]][] = [
    [
      'no body',
      get,
      ({ stream }) => {
        stream.sendHead('204 No Content', '', 'none')
        stream.sendEnd([])
      },
      ['headers 1 204 end'],
    ],
    ['a length of 0', get, ({ stream }) => reply(stream), ['headers 1 200 end']],
    [
      'HEAD',
      [[':method', 'HEAD'], ...get.slice(1)],
      ({ stream }) => {
        stream.sendHead('200 OK', 'Content-Length: 9\r\n', 9)
        stream.sendEnd([])
      },
      ['headers 1 200 end'],
    ],
    [
      'a length',
      get,
      ({ stream }) => reply(stream, '201', 'abc'),
      ['headers 1 201', 'data 1 3 end'],
    ],
    [
      'streamed',
      get,
      ({ stream }) => {
        stream.sendHead('200 OK', '', 'streamed')
        stream.sendPiece('abc')
        stream.sendEnd([])
      },
      ['headers 1 200', 'data 1 3', 'data 1 0 end'],
    ],
    [
      'trailers',
      get,
      ({ stream }) => {
        stream.sendHead('200 OK', '', 'streamed')
        stream.sendPiece('abc')
        stream.sendEnd(['X-A', 'b'])
      },
      ['headers 1 200', 'data 1 3', 'headers 1 x-a: b end'],
    ],
    [
      'trailers alone',
      get,
      ({ stream }) => {
        stream.sendHead('200 OK', '', 'streamed')
        stream.sendEnd(['X-A', 'b'])
      },
      ['headers 1 200', 'headers 1 x-a: b end'],
    ],
    [
      'an interim reply',
      get,
      ({ stream }) => {
        stream.sendInterim('103 Early Hints', 'Link: x\r\n')
        stream.sendInterim('101 Switching Protocols', '')
        reply(stream)
      },
      ['headers 1 103', 'headers 1 200 end'],
    ],
    [
      'a cut',
      get,
      ({ stream }) => {
        stream.sendHead('200 OK', '', 'streamed')
        stream.cut()
      },
      ['headers 1 200', 'rstStream 1 internalError'],
    ],
  ]
  for (const [says, fields, send, want] of rows) {
    const peer = new Peer(send).begins()
    assert.deepEqual(peer.says(headers(1, fields)).hears(), want, says)
    assert.equal(peer.heard[0]!.gone, undefined, says)
  }
})

test('an early reply ends the stream without an error, and what still comes is dropped', () => {
  const peer = new Peer(({ stream }) => reply(stream)).begins()
  assert.deepEqual(peer.says(openPost).hears(), ['headers 1 200 end', 'rstStream 1 noError'])
  peer.says(data(1, 'abc') + data(1, 'd', endStream) + headers(3))
  assert.deepEqual(peer.hears(), ['headers 3 200 end'])
  assert.equal(peer.heard[0]!.body, '')
})

test('a reply goes as far as the windows open, in frames of the usual size', () => {
  const peer = peerWithWindow(10, ({ stream }) => {
    stream.sendHead('200 OK', '', 'streamed')
    assert.equal(stream.sendPiece(Buffer.from('x'.repeat(100))), false)
    stream.sendEnd(['x', 'y'])
  })
  assert.deepEqual(peer.says(headers(1)).hears(), ['headers 1 200', 'data 1 10'])
  peer.says(frame('windowUpdate', 0, 1, uint32(1)))
  assert.deepEqual(peer.hears(), ['data 1 1'])
  peer.says(settingsFrame([[4, 0]]) + frame('windowUpdate', 0, 1, uint32(10)))
  assert.deepEqual(peer.hears(), ['settings ack'], 'the window is at 0 again')
  peer.says(frame('windowUpdate', 0, 1, uint32(1_000)))
  assert.deepEqual(peer.hears(), ['data 1 89', 'headers 1 x: y end'])
  assert.equal(peer.teller.bodies.get(1), 'x'.repeat(100))
})

test('a client takes larger frames where it says so', () => {
  const rows: [frameBytesMax: number, want: string[]][] = [
    [16_384, ['data 1 16384', 'data 1 16384', 'data 1 7232']],
    [1_000_000, ['data 1 40000']],
  ]
  for (const [frameBytesMax, want] of rows) {
    const peer = new Peer(({ stream }) => {
      stream.sendHead('200 OK', '', 'streamed')
      stream.sendPiece(Buffer.alloc(40_000, 'x'))
    })
    peer.says(opening + settingsFrame([[5, frameBytesMax]])).hears()
    assert.deepEqual(peer.says(headers(1)).hears().slice(1), want)
  }
})

test('who was told to wait is told when to go on, once', () => {
  const peer = peerWithWindow(10, ({ stream }) => {
    stream.sendHead('200 OK', '', 'streamed')
    assert.equal(stream.sendPiece('x'.repeat(20)), false)
  })
  peer.says(headers(1))
  const heard = peer.heard[0]!
  peer.says(frame('windowUpdate', 0, 1, uint32(5)))
  assert.equal(heard.writables, 0)
  peer.says(frame('windowUpdate', 0, 1, uint32(50)))
  assert.equal(heard.writables, 1)
  assert.equal(heard.stream.sendPiece('y'), true)
})

test('a full socket holds a piece back, and gives it up when it has drained', () => {
  const peer = new Peer(({ stream }) => {
    stream.sendHead('200 OK', '', 'streamed')
    stream.sendPiece('abc')
  }).begins()
  peer.socket.full = true
  assert.deepEqual(peer.says(headers(1)).hears(), ['headers 1 200'])
  peer.socket.full = false
  peer.connection.drained()
  assert.deepEqual(peer.hears(), ['data 1 3'])
  assert.equal(peer.heard[0]!.writables, 1)
})

const path = (to: string): Fields =>
  get.map(([name, value]) => [name, name === ':path' ? to : value])

test('streams that wait have turns: a large reply does not go first', () => {
  const large = Buffer.alloc(300_000, 'x')
  const peer = new Peer(({ stream }) => {
    stream.sendHead('200 OK', '', 'streamed')
    stream.sendPiece(stream.head.path === '/large' ? large : 'small')
    stream.sendEnd([])
  }).begins()
  // The window of the connection is used up.
  peer
    .says(settingsFrame([[4, 1_000_000]]) + headers(1, path('/large')) + headers(3) + headers(5))
    .hears()
  const order = peer.says(frame('windowUpdate', 0, 0, uint32(500_000))).hears()
  const ends = order.filter((said) => said.endsWith(' end'))
  assert.deepEqual(ends, ['data 3 0 end', 'data 5 0 end', 'data 1 0 end'])
  assert.equal(peer.teller.bodies.get(1)!.length, 300_000)
})

test('a client that leaves a stream, or the connection, is gone for its exchange', () => {
  const rows: [says: string, leave: (peer: Peer) => void, want: string][] = [
    [
      'RST_STREAM',
      (peer) => peer.says(frame('rstStream', 0, 1, uint32(8))),
      'CLIENT_CLOSED: the client left: the stream was reset (cancel)',
    ],
    [
      'a half-close within a body',
      (peer) => peer.connection.ended(),
      'CLIENT_CLOSED: the client closed the connection',
    ],
    [
      'the connection closes',
      (peer) => peer.connection.closed(undefined),
      'CLIENT_CLOSED: the client closed the connection',
    ],
    [
      'it breaks',
      (peer) => peer.connection.closed(Object.assign(new Error(), { code: 'ECONNRESET' })),
      'CLIENT_CLOSED: the connection to the client broke (ECONNRESET)',
    ],
    ['we stop', (peer) => peer.connection.stop(), 'OVERLOADED: the gateway stopped'],
  ]
  for (const [says, leave, want] of rows) {
    const peer = new Peer(read).begins()
    peer.says(openPost)
    leave(peer)
    assert.equal(peer.heard[0]!.gone, want, says)
  }
})

test('who has sent its request whole may close, and still gets its reply', () => {
  const peer = new Peer(silent).begins()
  peer.says(headers(1))
  peer.connection.ended()
  assert.deepEqual(peer.calls, [])
  reply(peer.heard[0]!.stream)
  assert.deepEqual([peer.hears(), peer.calls], [['headers 1 200 end'], ['finish']])
})

test('a tunnel carries bytes both ways, each until its own end', () => {
  const asked: Fields = [[':method', 'CONNECT'], [':protocol', 'websocket'], ...get.slice(1)]
  const peer = new Peer(({ stream }) => {
    stream.sendHead('101 Switching Protocols', 'Sec-WebSocket-Accept: x\r\nA: b\r\n', 'tunnel')
    stream.readBody()
  }).begins()
  assert.deepEqual(peer.says(headers(1, asked, endHeaders)).hears(), ['headers 1 200'])
  const heard = peer.heard[0]!
  peer.says(data(1, 'in'))
  heard.stream.sendPiece('out')
  heard.stream.sendEnd([])
  assert.deepEqual(
    [heard.body, heard.trailers, peer.hears()],
    ['in', undefined, ['data 1 3', 'data 1 0 end']],
  )
  peer.says(data(1, 'more', endStream))
  assert.deepEqual([heard.body, heard.trailers, heard.gone], ['inmore', [], undefined])
})

test('a body that does not come in time is answered, and a reply that is not taken is cut', () => {
  const peer = peerWithWindow(5, ({ stream }) => {
    if (stream.head.method === 'POST') return stream.readBody()
    stream.sendHead('200 OK', '', 'streamed')
    stream.sendPiece('x'.repeat(10))
    return undefined
  })
  peer.says(openPost + headers(3)).hears()
  peer.clock.advance(6_000)
  assert.equal(peer.heard[0]!.broken?.code, 'REQUEST_TIMEOUT')
  assert.equal(peer.heard[1]!.gone, 'CLIENT_CLOSED: the client took its reply too slowly')
  assert.deepEqual(peer.hears(), ['rstStream 3 cancel'])
})

test('trailers beyond their bound break the body, and the client is answered', () => {
  const peer = new Peer(read).begins()
  peer.says(openPost + headers(1, [['a', 'x'.repeat(5_000)]]))
  const heard = peer.heard[0]!
  assert.deepEqual([heard.broken?.code, heard.trailers], ['HEADERS_TOO_LARGE', undefined])
})

test('a bug is contained to its connection', () => {
  const peer = new Peer(() => {
    throw new Error('oops')
  }).begins()
  peer.says(headers(1))
  assert.deepEqual([peer.bugs.length, peer.calls], [1, ['reset', 'left']])
})
