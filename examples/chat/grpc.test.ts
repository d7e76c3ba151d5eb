// The gRPC service as a client of another make calls it, in all four patterns; and that what is
// said there is heard everywhere.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, createServer, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test, type TestContext } from 'node:test'
import {
  createFileRegistry,
  type DescMessage,
  type DescMethod,
  fromBinary,
  fromJson,
  type JsonObject,
  type JsonValue,
  toBinary,
  toJson,
} from '@bufbuild/protobuf'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { Code, ConnectError, type Transport } from '@connectrpc/connect'
import { createGrpcTransport } from '@connectrpc/connect-node'
import { createGateway, type Gateway } from 'concordat'
import { demo } from './demo.ts'
import { type Chat, createChat } from './server.ts'

const setFile = join(import.meta.dirname, 'chat.binpb')
const descriptors = fromBinary(FileDescriptorSetSchema, readFileSync(setFile))
const { methods } = createFileRegistry(descriptors).getService('chat.v1.Chat')!

const ada = { authorization: `Bearer ${demo.ada.token}` }
const cleo = { authorization: `Bearer ${demo.cleo.token}` }
const { channelId } = demo

let chat: Chat
let transport: Transport
let gateway: Gateway | undefined
let baseUrl = ''
let gatewayUrl = ''
const server = createServer()
server.on('stream', (stream: ServerHttp2Stream, headers) => chat.call(stream, headers))

before(async () => {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  baseUrl = `http://127.0.0.1:${port}`
  gateway = await createGateway({ contract: setFile, to: `h2c://127.0.0.1:${port}`, port: 0 })
  gatewayUrl = (await gateway.listen()).url
})
beforeEach(() => {
  chat?.close()
  chat = createChat({ database: ':memory:' })
})
after(async () => {
  await gateway?.close({ timeoutMs: 0 })
  chat.close()
  server.close()
})

interface CallOptions {
  readonly headers?: Record<string, string>
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

const methodOf = (name: string): DescMethod => methods.find((one) => one.name === name)!

async function unary(name: string, request: JsonValue, { headers = ada }: CallOptions = {}) {
  const method = methodOf(name) as DescMethod & { methodKind: 'unary' }
  const input = fromJson(method.input, request)
  const reply = await transport.unary(method, undefined, undefined, headers, input)
  return toJson(method.output, reply.message) as JsonObject
}

/** The replies of a call as JSON; requests come from any source. */
async function* streamed(
  name: string,
  requests: AsyncIterable<JsonValue>,
  { headers = ada, timeoutMs, signal }: CallOptions = {},
): AsyncGenerator<JsonObject> {
  const method = methodOf(name) as DescMethod & { methodKind: 'bidi_streaming' }
  const inputs = (async function* () {
    for await (const request of requests) yield fromJson<DescMessage>(method.input, request)
  })()
  const reply = await transport.stream(method, signal, timeoutMs, headers, inputs)
  for await (const message of reply.message) yield toJson(method.output, message) as JsonObject
}

async function* of(...requests: JsonValue[]): AsyncGenerator<JsonValue> {
  yield* requests
}

/** A call that is cancelled when the test ends. */
function watch(t: TestContext, request: JsonObject, options: CallOptions = {}) {
  const cancel = new AbortController()
  t.after(() => cancel.abort())
  return streamed('WatchMessages', of(request), { ...options, signal: cancel.signal })
}

async function next(replies: AsyncGenerator<JsonObject>): Promise<JsonObject> {
  const { value } = await replies.next()
  return (value as { delivery: JsonObject }).delivery
}

const hello = { content: 'Hello', type: 'MESSAGE_TYPE_MARKDOWN' }

const nobody = { authorization: 'Bearer nobody' }
const noMessage: JsonObject = { channelId }

// [says, code, method, request, headers]
const refused: [string, Code, string, JsonObject, Record<string, string>][] = [
  ['no credential', Code.Unauthenticated, 'GetChannel', { channelId }, {}],
  ['an unknown token', Code.Unauthenticated, 'GetChannel', { channelId }, nobody],
  ['no member', Code.PermissionDenied, 'SendMessage', { channelId, message: hello }, cleo],
  ['no such channel', Code.NotFound, 'GetChannel', { channelId: 'ch_000000' }, ada],
  ['no message', Code.InvalidArgument, 'SendMessage', noMessage, ada],
  ['a cursor made up', Code.InvalidArgument, 'WatchMessages', { channelId, cursor: 'x' }, ada],
  ['watching as no member', Code.PermissionDenied, 'WatchMessages', { channelId }, cleo],
  ['speaking before joining', Code.InvalidArgument, 'Converse', { message: hello }, ada],
]

const ways: Readonly<Record<string, () => string>> = {
  'asked directly': () => baseUrl,
  'through the gateway': () => gatewayUrl,
}

for (const [way, urlOf] of Object.entries(ways)) {
  describe(way, () => {
    before(() => {
      transport = createGrpcTransport({ baseUrl: urlOf() })
    })

    test('unary: a message is sent, a channel is read', async () => {
      const { message } = await unary('SendMessage', { channelId, message: hello })
      const { content, type, senderId } = message as JsonObject
      assert.deepEqual([content, type, senderId], ['Hello', hello.type, demo.ada.userId])
      const { channel } = await unary('GetChannel', { channelId })
      const { name, memberIds, createdAt } = channel as JsonObject
      assert.deepEqual(
        [name, memberIds, createdAt],
        ['general', [demo.ada.userId, demo.ben.userId], '2026-03-12T10:00:00Z'],
      )
    })

    test('server streaming: what was missed since the cursor comes first, then what is new', async (t) => {
      const first = watch(t, { channelId })
      const { cursor } = await next(first)
      await unary('SendMessage', { channelId, message: { content: 'missed' } })
      const second = watch(t, { channelId, cursor: cursor! })
      assert.deepEqual(await next(second), { cursor })
      await unary('SendMessage', { channelId, message: { content: 'new' } })
      const heard = [await next(second), await next(second)]
      assert.deepEqual(
        heard.map(({ message }) => (message as JsonObject)['content']),
        ['missed', 'new'],
      )
    })

    test('client streaming: many messages, one answer; the first bad one ends it', async () => {
      const message = { content: 'imported' }
      const good = { channelId, message }
      const [answer] = await Array.fromAsync(streamed('ImportMessages', of(good, good, good)))
      assert.deepEqual(answer, { importedCount: 3 })
      const bad = Array.fromAsync(streamed('ImportMessages', of(good, { channelId }, good)))
      await assert.rejects(bad, (error: ConnectError) => {
        assert.equal(error.code, Code.InvalidArgument)
        assert.match(error.rawMessage, /\/content: .*1 were imported before it\.$/)
        return true
      })
    })

    test('bidirectional: who joins hears everybody, and hangs up with the last request', async () => {
      const steps = Promise.withResolvers<void>()
      async function* requests(): AsyncGenerator<JsonValue> {
        yield { join: { channelId } }
        yield { message: { content: 'one' } }
        await steps.promise
      }
      const replies = streamed('Converse', requests())
      assert.equal((await next(replies))['message'], undefined)
      assert.equal(((await next(replies))['message'] as JsonObject)['content'], 'one')
      await unary('SendMessage', { channelId, message: { content: 'two' } })
      assert.equal(((await next(replies))['message'] as JsonObject)['content'], 'two')
      assert.equal(chat.readerCount(), 1)
      steps.resolve()
      assert.deepEqual(await replies.next(), { value: undefined, done: true })
      assert.equal(chat.readerCount(), 0)
    })

    for (const [says, code, name, request, headers] of refused) {
      test(`a status says why: ${says}`, async () => {
        const call = Array.fromAsync(streamed(name, of(request), { headers }))
        await assert.rejects(call, (error: ConnectError) => error.code === code)
      })
    }

    test('a deadline ends a call on both sides', async () => {
      const call = streamed('WatchMessages', of({ channelId }), { timeoutMs: 50 })
      await next(call)
      await assert.rejects(
        call.next(),
        (error: ConnectError) => error.code === Code.DeadlineExceeded,
      )
    })

    test('a client that leaves is heard no more of, and one is told when the service closes', async (t) => {
      const cancel = new AbortController()
      const { signal } = cancel
      const leaving = streamed('WatchMessages', of({ channelId }), { signal })
      await next(leaving)
      const staying = watch(t, { channelId })
      await next(staying)
      cancel.abort()
      await assert.rejects(leaving.next(), ConnectError)
      while (chat.readerCount() !== 1) await unary('GetChannel', { channelId })
      chat.endStreams()
      await assert.rejects(staying.next(), (error: ConnectError) => error.code === Code.Unavailable)
    })
  })
}

/** Sends bytes as they are, and gives the status. */
async function rawStatus(path: string, body: Buffer, headers = {}): Promise<unknown> {
  const session = connect(baseUrl)
  const type = { 'content-type': 'application/grpc', te: 'trailers' }
  const stream = session.request({ ':method': 'POST', ':path': path, ...type, ...ada, ...headers })
  const status = new Promise((told) => {
    stream.on('response', (fields) => fields[':status'] !== 200 && told(fields[':status']))
    stream.on('trailers', (fields) => told(String(fields['grpc-status'])))
  })
  stream.on('error', () => undefined)
  stream.resume().end(body)
  const found = await status
  session.destroy()
  return found
}

test('a reader that takes nothing is dropped at a bound, the others are not', async (t) => {
  const session = connect(baseUrl)
  t.after(() => session.destroy())
  const fields = { ':method': 'POST', ':path': '/chat.v1.Chat/WatchMessages', ...ada }
  const deaf = session.request({ ...fields, 'content-type': 'application/grpc', te: 'trailers' })
  deaf.on('error', () => undefined)
  const { input } = methodOf('WatchMessages')
  const request = toBinary(input, fromJson(input, { channelId }))
  deaf.end(Buffer.concat([Buffer.from([0, 0, 0, 0, request.length]), request]))
  transport = createGrpcTransport({ baseUrl })
  const listener = watch(t, { channelId })
  await next(listener)
  while (chat.readerCount() !== 2) await unary('GetChannel', { channelId })
  const message = { content: '😀'.repeat(4000) }
  for (let sent = 0; chat.readerCount() === 2 && sent < 4_000; sent++) {
    await unary('SendMessage', { channelId, message })
    await next(listener)
  }
  assert.equal(chat.readerCount(), 1)
})

const read = '/chat.v1.Chat/GetChannel'

// [says, path, body, status]
const malformed: [string, string, Buffer, string][] = [
  ['no such method', '/chat.v1.Chat/Nothing', Buffer.alloc(0), '12'],
  ['no message at all', read, Buffer.alloc(0), '3'],
  ['two messages', read, Buffer.alloc(10), '3'],
  ['a message cut off', read, Buffer.from([0, 0, 0, 0, 9, 1]), '3'],
  ['a message that is none', read, Buffer.from([0, 0, 0, 0, 2, 0xff, 0xff]), '3'],
  ['compression that nobody agreed on', read, Buffer.from([1, 0, 0, 0, 0]), '12'],
  ['a size beyond any message', read, Buffer.from([0, 0xff, 0xff, 0xff, 0xff]), '8'],
]

for (const [says, path, body, status] of malformed) {
  test(`bytes that are no call end with a status: ${says}`, async () => {
    assert.equal(await rawStatus(path, body), status)
  })
}

test('what is no gRPC is 415', async () => {
  assert.equal(await rawStatus(read, Buffer.alloc(5), { 'content-type': 'application/json' }), 415)
})

/** Without the files that come with protoc, which differ from one to the next. */
function ownFile(bytes: Buffer): JsonValue {
  const { file } = fromBinary(FileDescriptorSetSchema, bytes)
  return toJson(FileDescriptorSetSchema, { ...descriptors, file: [file.at(-1)!] })
}

const hasProtoc = spawnSync('protoc', ['--version']).status === 0
const noProtoc = 'protoc with its well-known types (protobuf-compiler, libprotobuf-dev) is not here'

test('chat.binpb is chat.proto', { skip: hasProtoc ? false : noProtoc }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'chat-proto-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const made = join(folder, 'chat.binpb')
  const args = ['--include_imports', `--descriptor_set_out=${made}`, 'chat.proto']
  const { stderr } = spawnSync('protoc', args, { cwd: import.meta.dirname, encoding: 'utf8' })
  assert.equal(stderr, '')
  assert.deepEqual(ownFile(readFileSync(setFile)), ownFile(readFileSync(made)))
})
