// WebSockets over HTTP/2 (RFC 8441), on either side of the gateway and on both.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import {
  type ClientHttp2Stream,
  connect,
  constants,
  createServer,
  type Http2Server,
  type ServerHttp2Stream,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { WebSocket, WebSocketServer } from 'ws'
import { startGateway } from '../src/gateway.ts'
import { closeFrame, frameOf, opcodes } from '../src/http.ts'
import { bundleOf } from './gateway.ts'
import { eventually } from './raw-peer.ts'

const contract = `openapi: 3.1.0
info: { title: Chat, version: '1' }
paths:
  /socket:
    get:
      operationId: openSocket
      parameters: [{ name: since, in: query, schema: { type: integer } }]
      responses: { '101': { description: open } }
  /plain: { get: { operationId: plain, responses: { '200': { description: a page } } } }
`

async function gatewayTo(t: TestContext, to: string) {
  const gateway = await startGateway({
    bundle: bundleOf({ contract, to: [to] }),
    listen: [{ host: '127.0.0.1', port: 0 }],
    workers: 0,
    log: { access: 'off', redact: [] },
  })
  if ('problem' in gateway) throw new Error(gateway.problem)
  t.after(() => gateway.close(0))
  return gateway
}

/** A service of HTTP/1.1 that sends back what it gets. */
async function service1(t: TestContext, opened: WebSocket[] = []): Promise<string> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  t.after(() => {
    for (const client of server.clients) client.terminate()
    server.close()
  })
  server.on('connection', (socket) => {
    opened.push(socket)
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** One of HTTP/2 that takes the mask off each frame and sends it back. */
async function service2(t: TestContext, heads: object[] = []): Promise<string> {
  const server: Http2Server = createServer({ settings: { enableConnectProtocol: true } })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    heads.push(headers)
    stream.on('error', () => undefined)
    stream.respond({ ':status': 200, 'sec-websocket-protocol': 'chat' })
    stream.on('data', (frame: Buffer) => {
      const plain = Buffer.from(frame.subarray(6).map((byte, i) => byte ^ frame[2 + (i & 3)]!))
      stream.write(Buffer.concat([Buffer.of(frame[0]!, plain.length), plain]))
      if ((frame[0]! & 15) === opcodes.close) stream.end()
    })
  })
  return `h2c://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const mask = Uint8Array.of(9, 8, 7, 6)

async function sessionOf(t: TestContext, port: number) {
  const session = connect(`http://127.0.0.1:${port}`)
  t.after(() => session.destroy())
  await once(session, 'remoteSettings')
  assert.equal(session.remoteSettings.enableConnectProtocol, true)
  return session
}

function asking(
  session: Awaited<ReturnType<typeof sessionOf>>,
  more: Record<string, string> = {},
): ClientHttp2Stream {
  const stream = session.request({
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':scheme': 'http',
    ':path': '/socket',
    'sec-websocket-version': '13',
    'sec-websocket-protocol': 'chat',
    ...more,
  })
  stream.on('error', () => undefined)
  return stream
}

/** What a stream has brought so far. */
function gathered(stream: ClientHttp2Stream): () => Buffer {
  const pieces: Buffer[] = []
  stream.on('data', (piece: Buffer) => pieces.push(piece))
  return () => Buffer.concat(pieces)
}

test('a client of HTTP/2 talks to a service of either version', async (t) => {
  for (const service of [service1, service2]) {
    const gateway = await gatewayTo(t, await service(t))
    const session = await sessionOf(t, gateway.port)
    const stream = asking(session)
    const [head] = (await once(stream, 'response')) as [Record<string, string | number>]
    assert.equal(head[':status'], 200)
    assert.equal(head['sec-websocket-protocol'], 'chat')
    for (const absent of ['sec-websocket-accept', 'upgrade', 'connection']) {
      assert.equal(head[absent], undefined, absent)
    }
    const got = gathered(stream)
    const ended = once(stream, 'end')
    stream.write(frameOf(opcodes.text, Buffer.from('hello'), mask))
    const echo = Buffer.from(frameOf(opcodes.text, Buffer.from('hello')))
    await eventually('it comes back', () => got().equals(echo))
    stream.write(closeFrame(1000, '', mask))
    const close = Buffer.from(closeFrame(1000, ''))
    await eventually('the Close comes back', () => got().equals(Buffer.concat([echo, close])))
    await ended
    stream.end()
  }
})

test('several sockets share a connection with ordinary requests', async (t) => {
  const gateway = await gatewayTo(t, await service1(t))
  const session = await sessionOf(t, gateway.port)
  const streams = Array.from({ length: 10 }, () => asking(session))
  await Promise.all(streams.map((stream) => once(stream, 'response')))
  const plain = session.request({ ':path': '/plain' })
  const [head] = (await once(plain, 'response')) as [Record<string, number>]
  assert.equal(head[':status'], 426)
  for (const [i, stream] of streams.entries()) {
    const got = gathered(stream)
    stream.write(frameOf(opcodes.binary, Buffer.of(i), mask))
    const echo = Buffer.from(frameOf(opcodes.binary, Buffer.of(i)))
    await eventually('it comes back', () => got().equals(echo))
  }
})

test('a client of HTTP/1.1 talks to a service of HTTP/2', async (t) => {
  const heads: Record<string, string>[] = []
  const gateway = await gatewayTo(t, await service2(t, heads))
  const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}/socket?since=1`, 'chat')
  t.after(() => socket.terminate())
  await once(socket, 'open')
  assert.equal(socket.protocol, 'chat')
  const [head] = heads
  assert.equal(head![':protocol'], 'websocket')
  assert.equal(head![':path'], '/socket?since=1')
  assert.equal(head!['sec-websocket-version'], '13')
  assert.equal(head!['sec-websocket-key'], undefined)
  socket.send('hello')
  assert.equal(String(((await once(socket, 'message')) as [Buffer])[0]), 'hello')
  socket.close(1000)
  assert.equal(((await once(socket, 'close')) as [number])[0], 1000)
})

test('a handshake over HTTP/2 is refused as over HTTP/1.1', async (t) => {
  const gateway = await gatewayTo(t, await service1(t))
  const session = await sessionOf(t, gateway.port)
  const cases: [says: string, more: Record<string, string>, status: number][] = [
    ['a foreign origin', { origin: 'https://evil.example' }, 403],
    ['another version', { 'sec-websocket-version': '8' }, 426],
    ['an operation without sockets', { ':path': '/plain' }, 400],
    ['no operation', { ':path': '/none' }, 404],
  ]
  for (const [says, more, status] of cases) {
    const stream = asking(session, more)
    const [head] = (await once(stream, 'response')) as [Record<string, number>]
    assert.equal(head[':status'], status, says)
    stream.resume()
    stream.end()
  }
})

test('a stream that is reset leaves its service, and the others of its connection stay', async (t) => {
  const opened: WebSocket[] = []
  const gateway = await gatewayTo(t, await service1(t, opened))
  const session = await sessionOf(t, gateway.port)
  const [one, other] = [asking(session), asking(session)]
  await Promise.all([once(one, 'response'), once(other, 'response')])
  const closed = once(one, 'close')
  one.close(constants.NGHTTP2_CANCEL)
  await closed
  await eventually('its service sees it', () => {
    return opened.filter(({ readyState }) => readyState === WebSocket.CLOSED).length === 1
  })
  const got = gathered(other)
  other.write(frameOf(opcodes.text, Buffer.from('still here'), mask))
  await eventually('it comes back', () => got().length === 12)
})

test('a gateway that stops closes its sockets over HTTP/2 with 1001', async (t) => {
  const gateway = await gatewayTo(t, await service1(t))
  const session = await sessionOf(t, gateway.port)
  const stream = asking(session)
  await once(stream, 'response')
  const got = gathered(stream)
  const closing = gateway.close()
  const close = Buffer.from(closeFrame(1001, 'the gateway stops'))
  await eventually('the Close comes', () => got().equals(close))
  stream.end(closeFrame(1001, '', mask))
  await closing
})
