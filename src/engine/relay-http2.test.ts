// Endpoints of HTTP/2 through the gateway: what they see of requests, and clients of their replies.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import {
  createSecureServer,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from 'node:http2'
import type { RequestListener } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { test, type TestContext } from 'node:test'
import { makeAuthority, makeCertificate } from '../../test/certificates.ts'
import { eventually } from '../../test/raw-peer.ts'
import type { UpstreamPlan } from '../upstream.ts'
import { ask, openRelay, type RelayOptions } from './relay-for-tests.ts'

const authority = makeAuthority()
const certificate = makeCertificate({ names: ['127.0.0.1'], issuer: authority })
const tls = { tls: { id: 'a', ca: 0 } }

type Http2Listener = Parameters<typeof createSecureServer>[1]
type Answer = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void

async function listening(t: TestContext, server: Http2Server, answer: Answer) {
  const sessions: ServerHttp2Session[] = []
  server.on('session', (session) => sessions.push(session.on('error', () => {})))
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {})
    answer(stream as ServerHttp2Stream, headers)
  })
  server.on('sessionError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    for (const session of sessions) session.destroy()
  })
  return { port: (server.address() as { port: number }).port, sessions }
}

async function relayTo(
  t: TestContext,
  answer: Answer,
  settings: ServerOptions = {},
  options: RelayOptions = {},
) {
  const service = await listening(t, createServer(settings), answer)
  const endpoint = { host: '127.0.0.1', port: service.port, basePath: '', http: 2 } as const
  const relay = await openRelay(t, { ...options, upstream: { endpoints: [endpoint] } })
  return { ...relay, ...service }
}

const ok: Answer = (stream) => {
  stream.respond({ ':status': 200, 'content-length': 2 })
  stream.end('ok')
}

test('a request of HTTP/1.1 is one of HTTP/2 at the endpoint, and its reply one of HTTP/1.1', async (t) => {
  const seen: IncomingHttpHeaders[] = []
  const { port, record, sent, sessions } = await relayTo(t, (stream, headers) => {
    seen.push(headers)
    stream.respond({ ':status': 200, 'content-length': 2, 'x-own': 'a' })
    stream.end('ok')
  })
  const fields = ['X-Some: Thing', 'Cookie: a=b', 'Connection: X-Hop', 'X-Hop: 1', 'TE: trailers']
  const client = await sent(ask('GET /a?b=c', ...fields))
  const text = await client.until('ok')
  assert.match(
    text,
    /^HTTP\/1\.1 200 OK\r\n[^]*content-length: 2\r\n[^]*x-own: a\r\n[^]*\r\n\r\nok$/,
  )
  client.send(ask('GET /a'))
  await client.until(/ok[^]+ok$/)
  const [first] = seen
  assert.equal(first![':method'], 'GET')
  assert.equal(first![':scheme'], 'http')
  assert.equal(first![':authority'], `127.0.0.1:${port}`)
  assert.equal(first![':path'], '/a?b=c')
  assert.equal(first!['x-some'], 'Thing')
  assert.equal(first!['cookie'], 'a=b')
  assert.equal(first!['te'], 'trailers')
  for (const name of ['host', 'connection', 'x-hop', 'keep-alive', 'transfer-encoding']) {
    assert.equal(first![name], undefined, name)
  }
  assert.equal(sessions.length, 1, 'both over one connection')
  assert.equal((await record()).endpoint, `127.0.0.1:${port}`)
})

test('bodies go both ways, of a length and without, with their trailers', async (t) => {
  const { sent } = await relayTo(t, (stream) => {
    const trailers: IncomingHttpHeaders[] = []
    const pieces: Buffer[] = []
    stream.on('data', (data: Buffer) => pieces.push(data))
    stream.on('trailers', (fields) => trailers.push(fields))
    stream.on('end', () => {
      stream.respond({ ':status': 201, trailer: 'x-sum' }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': `${trailers[0]?.['x-of']}` }))
      stream.end(Buffer.concat(pieces))
    })
  })
  const body = 'x'.repeat(200_000)
  const withLength = await sent(`${ask('POST /a', `Content-Length: ${body.length}`)}${body}`)
  const whole = await withLength.until(/0\r\n[^]*\r\n\r\n$/)
  assert.match(whole, /^HTTP\/1\.1 201 Created|^HTTP\/1\.1 201 \r\n/)
  assert.equal(whole.split('x').length - 1 >= body.length, true)
  const chunks = `5\r\nhello\r\n0\r\nX-Of: all\r\n\r\n`
  const chunked = await sent(
    `${ask('POST /a', 'TE: trailers', 'Transfer-Encoding: chunked')}${chunks}`,
  )
  assert.match(await chunked.until(/0\r\n[^]*\r\n\r\n$/), /hello\r\n0\r\nx-sum: all\r\n\r\n$/)
})

test('over TLS an endpoint that takes HTTP/2 gets it, and one that does not gets HTTP/1.1', async (t) => {
  for (const version of ['2.0', '1.1']) {
    const versions: string[] = []
    const answered: RequestListener = (request, response) => {
      versions.push(request.httpVersion)
      response.writeHead(200, { 'content-length': 2 })
      response.end('ok')
    }
    const server =
      version === '1.1'
        ? createHttpsServer(certificate, answered)
        : createSecureServer(certificate, answered as unknown as Http2Listener)
    const { port } = await listening(t, server as unknown as Http2Server, () => {})
    const endpoint = { host: '127.0.0.1', port, basePath: '', http: 2, isSecure: true } as const
    const upstream: Partial<UpstreamPlan> = { endpoints: [endpoint], ...tls }
    const relay = await openRelay(t, { blobs: [Buffer.from(authority.cert)], upstream })
    const clients = await Promise.all([1, 2, 3].map(() => relay.sent(ask('GET /a'))))
    for (const client of clients) await client.until('ok')
    assert.deepEqual(versions, [version, version, version])
    assert.equal(relay.upstreams.states()[0]!.waiting, 0)
    await relay.close()
  }
})

test('as many calls as an endpoint takes share a connection, and the next ones get another', async (t) => {
  const streams: ServerHttp2Stream[] = []
  const { sent, sessions, upstreams } = await relayTo(t, (stream) => streams.push(stream), {
    settings: { maxConcurrentStreams: 2 },
  })
  const clients = []
  for (let i = 0; i < 5; i++) {
    clients.push(await sent(ask('GET /a')))
    await eventually('it is asked', () => streams.length === i + 1)
  }
  assert.equal(sessions.length, 3)
  assert.equal(upstreams.states()[0]!.activeConnections, 5)
  for (const stream of streams) ok(stream, {})
  for (const client of clients) await client.until('ok')
  await eventually('all are idle', () => upstreams.states()[0]!.idleConnections === 3)
})

test('a client that goes away cancels its call alone', async (t) => {
  const streams: ServerHttp2Stream[] = []
  const { sent, sessions } = await relayTo(t, (stream) => streams.push(stream))
  const leaving = await sent(ask('GET /a'))
  const staying = await sent(ask('GET /a'))
  await eventually('both are asked', () => streams.length === 2)
  leaving.socket.resetAndDestroy()
  await eventually('one is cancelled', () => streams.some(({ rstCode }) => rstCode === 8))
  const left = streams.find(({ rstCode }) => rstCode !== 8)!
  ok(left, {})
  await staying.until('ok')
  assert.equal(sessions.length, 1)
})

test('a client that takes nothing holds up no other, and gets all when it does', async (t) => {
  const length = 3_000_000
  const { client, sent } = await relayTo(t, (stream, headers) => {
    if (headers[':path'] !== '/a?long') return ok(stream, headers)
    stream.respond({ ':status': 200, 'content-length': length })
    stream.end(Buffer.alloc(length, 'y'))
  })
  const slow = await client()
  slow.socket.pause()
  slow.send(ask('GET /a?long'))
  for (let i = 0; i < 20; i++) {
    const other = await sent(ask('GET /a'))
    await other.until('ok')
    other.socket.destroy()
  }
  slow.socket.resume()
  await eventually('all of it came', () => slow.receivedBytes > length)
})
