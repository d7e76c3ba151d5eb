// gRPC through the gateway frame by frame, between `node:http2` on both sides: what clients in other
// languages are particular about.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type ClientSessionRequestOptions,
  connect,
  createServer,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { grpcMessage } from '../src/http.ts'
import { gatewayBefore } from './grpc-service.ts'
import { eventually, settled } from './raw-peer.ts'

type Serve = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void

async function open(t: TestContext, serve: Serve) {
  const sessions = new Set<{ destroy(): void }>()
  const service = createServer()
  service.on('session', (session) => sessions.add(session))
  service.on('stream', (stream: ServerHttp2Stream, headers) => {
    stream.on('error', () => {})
    serve(stream, headers)
  })
  // Before the gateway ends, which would wait for what is under way.
  t.after(() => {
    for (const session of sessions) session.destroy()
    service.close()
  })
  service.listen(0, '127.0.0.1')
  await once(service, 'listening')
  const { port: servicePort } = service.address() as AddressInfo
  const port = await gatewayBefore(t, `h2c://127.0.0.1:${servicePort}`)
  const client = connect(`http://127.0.0.1:${port}`)
  sessions.add(client)
  return client
}

function ask(
  client: ClientHttp2Session,
  method: string,
  more: OutgoingHttpHeaders = {},
  options?: ClientSessionRequestOptions,
) {
  const head = {
    ':method': 'POST',
    ':path': `/chat.v1.Chat/${method}`,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...more,
  }
  const stream = client.request(head, options)
  stream.on('error', () => {})
  return stream
}

type Head = IncomingHttpHeaders & IncomingHttpStatusHeader

interface Answer {
  readonly head: Head
  /** Whether nothing followed the head. */
  readonly isAlone: boolean
  readonly body: Buffer
  readonly trailers: IncomingHttpHeaders
}

async function answerOf(stream: ClientHttp2Stream): Promise<Answer> {
  const [head, flags] = (await once(stream, 'response')) as [Head, number]
  let trailers: IncomingHttpHeaders = {}
  stream.on('trailers', (fields) => (trailers = fields))
  const pieces: Buffer[] = []
  stream.on('data', (piece: Buffer) => pieces.push(piece))
  await once(stream, 'close')
  // END_STREAM
  return { head, isAlone: (flags & 1) !== 0, body: Buffer.concat(pieces), trailers }
}

const one = Buffer.from(grpcMessage(Buffer.from('one')))

function reply(stream: ServerHttp2Stream, trailers: OutgoingHttpHeaders, body = one): void {
  stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers(trailers))
  stream.end(body)
}

test('the service is told what gRPC asks for, and nothing that only connections know', async (t) => {
  const heads: IncomingHttpHeaders[] = []
  const client = await open(t, (stream, headers) => {
    heads.push(headers)
    reply(stream, { 'grpc-status': '0' })
  })
  const stream = ask(client, 'Send', { 'grpc-timeout': '5S', 'x-own-bin': ['AAA', 'AQ=='] })
  stream.end(one)
  const { head, body, trailers, isAlone } = await answerOf(stream)
  assert.equal(head[':status'], 200)
  assert.deepEqual([isAlone, trailers['grpc-status']], [false, '0'])
  assert.deepEqual(body, one)
  const [asked] = heads
  assert.equal(asked!['te'], 'trailers')
  assert.equal(asked!['content-type'], 'application/grpc')
  assert.equal(asked!['x-own-bin'], 'AAA, AQ==')
  assert.match(asked!['grpc-timeout'] as string, /^[0-9]{7}u$/)
  assert.equal(asked!['connection'], undefined)
})

test('a refusal is one frame of HEADERS that ends the stream', async (t) => {
  const client = await open(t, () => assert.fail('nothing is sent'))
  const stream = ask(client, 'Send', { 'grpc-timeout': 'soon' })
  stream.end(one)
  const { head, isAlone } = await answerOf(stream)
  assert.deepEqual([head[':status'], isAlone], [200, true])
  assert.equal(head['grpc-status'], '3')
  assert.equal(head['content-type'], 'application/grpc')
})

test('a head alone of the service is one of the gateway', async (t) => {
  const client = await open(t, (stream) => {
    const fields = { 'content-type': 'application/grpc', 'grpc-status': '9', 'x-why': 'so' }
    stream.respond(fields, { endStream: true })
  })
  const stream = ask(client, 'Send')
  stream.end(one)
  const { head, isAlone } = await answerOf(stream)
  assert.deepEqual([head['grpc-status'], head['x-why'], isAlone], ['9', 'so', true])
})

test('a reply that says its length has its trailers all the same', async (t) => {
  const client = await open(t, (stream) => {
    const fields = { 'content-type': 'application/grpc', 'content-length': one.length }
    stream.respond(fields, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '7' }))
    stream.end(one)
  })
  const stream = ask(client, 'Send')
  stream.end(one)
  const { body, trailers } = await answerOf(stream)
  assert.deepEqual([body, trailers['grpc-status']], [one, '7'])
})

test('a service that resets its stream behind a message is UNAVAILABLE in trailers', async (t) => {
  const client = await open(t, (stream) => {
    stream.respond({ 'content-type': 'application/grpc' })
    stream.write(one, () => stream.destroy(new Error('no more')))
  })
  const stream = ask(client, 'Follow')
  stream.end(one)
  const { body, trailers } = await answerOf(stream)
  assert.deepEqual([body, trailers['grpc-status']], [one, '14'])
})

test('a client that cancels resets the stream of the service', async (t) => {
  const codes: number[] = []
  const client = await open(t, (stream) => {
    stream.respond({ 'content-type': 'application/grpc' })
    stream.write(one)
    stream.on('close', () => codes.push(stream.rstCode))
  })
  const stream = ask(client, 'Talk')
  stream.write(one)
  await once(stream, 'data')
  stream.close(8)
  await eventually('the service is told', () => codes.length === 1)
  assert.deepEqual(codes, [8])
})

test('a client that takes nothing holds back its own stream, and no other', async (t) => {
  const large = Buffer.from(grpcMessage(Buffer.alloc(1 << 20)))
  let takenBytes = 0
  const client = await open(t, (stream, headers) => {
    if (headers[':path'] === '/chat.v1.Chat/Send') return reply(stream, { 'grpc-status': '0' })
    stream.respond({ 'content-type': 'application/grpc' })
    const pump = () => {
      while (takenBytes < 1 << 28) {
        takenBytes += large.length
        if (!stream.write(large)) return void stream.once('drain', pump)
      }
    }
    pump()
  })
  const slow = ask(client, 'Follow')
  slow.end(one)
  await once(slow, 'response')
  slow.pause()
  await settled()
  const other = ask(client, 'Send')
  other.end(one)
  assert.equal((await answerOf(other)).trailers['grpc-status'], '0')
  const heldBytes = takenBytes
  await settled()
  assert.equal(takenBytes, heldBytes, 'nothing more is taken')
  assert.ok(heldBytes < 1 << 24, `${heldBytes} bytes are on their way to nobody`)
})

test('a hundred streams talk at once on one connection', async (t) => {
  const client = await open(t, (stream) => {
    stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
    stream.pipe(stream)
  })
  const streams = Array.from({ length: 100 }, () => ask(client, 'Talk'))
  const answers = streams.map((stream) => answerOf(stream))
  for (let round = 0; round < 20; round++) for (const stream of streams) stream.write(one)
  for (const stream of streams) stream.end()
  for (const { body, trailers } of await Promise.all(answers)) {
    assert.deepEqual([body.length, trailers['grpc-status']], [20 * one.length, '0'])
  }
})

test('a client without messages ends its stream at once where it streams, and is refused elsewhere', async (t) => {
  const client = await open(t, (stream) => reply(stream, { 'grpc-status': '0' }))
  const statuses = ['Collect', 'Send'].map(async (method) => {
    const stream = ask(client, method, {}, { endStream: true })
    const { head, trailers } = await answerOf(stream)
    return trailers['grpc-status'] ?? head['grpc-status']
  })
  assert.deepEqual(await Promise.all(statuses), ['0', '3'])
})

test('the gateway says whether it serves a service of its contract', async (t) => {
  const client = await open(t, () => assert.fail('the service is not asked'))
  const stream = client.request({
    ':method': 'POST',
    ':path': '/grpc.health.v1.Health/Check',
    'content-type': 'application/grpc',
    te: 'trailers',
  })
  const name = Buffer.from('chat.v1.Chat')
  stream.end(grpcMessage(Buffer.concat([Buffer.from([0x0a, name.length]), name])))
  const { body, trailers } = await answerOf(stream)
  assert.deepEqual([...body], [0, 0, 0, 0, 2, 8, 1])
  assert.equal(trailers['grpc-status'], '0')
})

test('metadata beyond the bounds ends its own stream alone, either way', async (t) => {
  const large = 'x'.repeat(100_000)
  const client = await open(t, (stream, headers) => {
    if (headers['x-want'] === undefined) return reply(stream, { 'grpc-status': '0' })
    reply(stream, { 'grpc-status': '0', 'x-large': large })
  })
  const sent = ask(client, 'Send', { 'x-large': 'y'.repeat(20_000) })
  sent.end(one)
  // A head that could not be read says nothing of gRPC.
  assert.equal((await answerOf(sent)).head[':status'], 431)
  const wanting = ask(client, 'Send', { 'x-want': 'large' })
  wanting.end(one)
  assert.match((await answerOf(wanting)).trailers['grpc-status'] as string, /^1[34]$/)
  const after = ask(client, 'Send')
  after.end(one)
  assert.equal((await answerOf(after)).trailers['grpc-status'], '0')
})
