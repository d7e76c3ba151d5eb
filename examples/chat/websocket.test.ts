// Frames as a client may send them, right and wrong, and a peer that is silent: by a client of another
// make, and by bytes.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { after, before, test, type TestContext } from 'node:test'
import { type RawData, WebSocket } from 'ws'
import { handshake, WebSocketPeer } from './websocket.ts'

const key = 'dGhlIHNhbXBsZSBub25jZQ=='
let port = 0

/** Sends back what it is sent. */
const server = createServer().on('upgrade', (request, socket, head) => {
  const options = { messageBytesMax: 65_536, lagBytesMax: 1_000_000, pingMs: 15_000 }
  socket.unshift(head)
  socket.write(handshake(request)!)
  const peer = new WebSocketPeer(socket, { ...options, onText: (text) => peer.send(text) })
})

before(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
})
after(() => server.close())

async function open(t: TestContext, options = {}): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, options)
  t.after(() => socket.terminate())
  await once(socket, 'open')
  return socket
}

async function next(socket: WebSocket): Promise<string> {
  const [data] = (await once(socket, 'message')) as [RawData]
  return (data as Buffer).toString()
}

test('the handshake is answered by the rule of the RFC', async () => {
  const headers = { upgrade: 'websocket', 'sec-websocket-key': key, 'sec-websocket-version': '13' }
  const head = (given: object) => handshake({ headers: { ...headers, ...given } } as never, 'chat')
  assert.match(head({})!, /\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/)
  assert.match(head({})!, /\r\nSec-WebSocket-Protocol: chat\r\n/)
  for (const wrong of [
    { upgrade: 'h2c' },
    { 'sec-websocket-version': '8' },
    { 'sec-websocket-key': 'short' },
    { 'sec-websocket-key': undefined },
  ]) {
    assert.equal(head(wrong), undefined)
  }
})

for (const chars of [0, 125, 126, 65_535, 65_536]) {
  test(`a text of ${chars} bytes goes both ways`, async (t) => {
    const socket = await open(t)
    const text = 'x'.repeat(chars)
    socket.send(text)
    assert.equal(await next(socket), text)
  })
}

/** A masked frame, as a client sends it. */
function frame(first: number, payload: Buffer | string, lengthByte?: number): Buffer {
  const bytes = Buffer.from(payload)
  return Buffer.concat([
    Buffer.from([first, 0x80 | (lengthByte ?? bytes.length), 0, 0, 0, 0]),
    bytes,
  ])
}

const upgrade = [
  'GET / HTTP/1.1',
  'Host: a',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  `Sec-WebSocket-Key: ${key}`,
]

const closeFrame = frame(0x88, Buffer.from([0x03, 0xe8]))

// [says, frames, the code that it closes with]
const frames: [string, Buffer[], number][] = [
  ['a frame that is not masked', [Buffer.from([0x81, 1, 0x7b])], 1002],
  ['reserved bits', [frame(0xc1, '{}')], 1002],
  ['an opcode that nobody knows', [frame(0x83, '')], 1002],
  ['binary', [frame(0x82, 'x')], 1003],
  ['text that is not UTF-8', [frame(0x81, Buffer.from([0xff]))], 1007],
  ['a control frame in parts', [frame(0x09, '')], 1002],
  ['a continuation of nothing', [frame(0x80, 'x')], 1002],
  ['a text within a text', [frame(0x01, '{'), frame(0x81, '}')], 1002],
  ['a size beyond any message', [frame(0x81, Buffer.alloc(8, 0x7f), 127)], 1009],
  ['empty parts without end', Array.from({ length: 65_537 }, () => frame(0x01, '')), 1002],
  [
    'parts without end',
    [frame(0x01, ''), ...Array.from({ length: 65_537 }, () => frame(0x00, ''))],
    1009,
  ],
  ['a close', [closeFrame], 1000],
]
for (const [says, sent, code] of frames) {
  test(`a socket closes with ${code} after ${says}`, async (t) => {
    const socket = connect(port, '127.0.0.1')
    t.after(() => socket.destroy())
    socket.write(`${upgrade.join('\r\n')}\r\n\r\n`)
    socket.write(Buffer.concat(sent))
    const heard = Buffer.concat(await Array.fromAsync(socket as AsyncIterable<Buffer>))
    const close = heard.subarray(heard.lastIndexOf(0x88))
    assert.equal(close.readUInt16BE(2), code)
  })
}

test('a message in parts, with a ping between them, is one message', async (t) => {
  const socket = await open(t)
  const pong = once(socket, 'pong')
  socket.send('in par', { fin: false })
  socket.ping('between')
  socket.send('ts')
  assert.equal(await next(socket), 'in parts')
  const [data] = (await pong) as [Buffer]
  assert.equal(data.toString(), 'between')
})

test('bytes that come one by one are the same frames', async (t) => {
  const socket = connect(port, '127.0.0.1').setNoDelay(true)
  t.after(() => socket.destroy())
  socket.write(`${upgrade.join('\r\n')}\r\n\r\n`)
  for (const byte of Buffer.concat([frame(0x81, 'slow'), closeFrame])) {
    socket.write(Buffer.from([byte]))
    await new Promise((turned) => setImmediate(turned))
  }
  const heard = Buffer.concat(await Array.fromAsync(socket as AsyncIterable<Buffer>))
  assert.ok(heard.includes(Buffer.from('\x04slow')))
})

test('a peer that answers no ping is gone, one that does stays', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const socket = await open(t)
  const silent = await open(t, { autoPong: false })
  const gone = once(silent, 'close')
  for (let pings = 0; pings < 3; pings++) {
    const pinged = once(socket, 'ping')
    t.mock.timers.tick(15_000)
    await pinged
    // The pong is behind the ping and before this.
    socket.send('heard')
    await next(socket)
  }
  await gone
  assert.equal(socket.readyState, WebSocket.OPEN)
})
