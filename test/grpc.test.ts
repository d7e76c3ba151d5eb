// gRPC and gRPC-Web through the gateway, asked by the clients of Connect: all patterns, metadata,
// errors with details, deadlines, cancellations, large messages.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Code, ConnectError, createClient, type Transport } from '@connectrpc/connect'
import { createGrpcTransport, createGrpcWebTransport } from '@connectrpc/connect-node'
import { chatService, gatewayBefore, serveChat, text } from './grpc-service.ts'
import { exchanged, gatewayOf } from './gateway.ts'
import { eventually } from './raw-peer.ts'

type Kind = 'gRPC' | 'gRPC-Web over HTTP/1.1' | 'gRPC-Web over HTTP/2'

function transportOf(kind: Kind, port: number, json = false): Transport {
  const baseUrl = `http://127.0.0.1:${port}`
  const useBinaryFormat = !json
  if (kind === 'gRPC') return createGrpcTransport({ baseUrl, useBinaryFormat })
  const httpVersion = kind === 'gRPC-Web over HTTP/2' ? '2' : '1.1'
  return createGrpcWebTransport({ baseUrl, httpVersion, useBinaryFormat })
}

async function open(t: TestContext, kind: Kind, overlay?: string) {
  const service = await serveChat(t)
  const port = await gatewayBefore(t, `h2c://127.0.0.1:${service.port}`, overlay)
  return { service, port, client: createClient(chatService, transportOf(kind, port)) }
}

async function failureOf(call: Promise<unknown>): Promise<ConnectError> {
  const error = await call.then(
    () => assert.fail('it failed'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof ConnectError, String(error))
  return error
}

async function allOf(messages: AsyncIterable<{ text: string }>): Promise<string[]> {
  const all: string[] = []
  for await (const message of messages) all.push(message.text)
  return all
}

const kinds: readonly Kind[] = ['gRPC', 'gRPC-Web over HTTP/1.1', 'gRPC-Web over HTTP/2']

for (const kind of kinds) {
  test(`${kind}: one message each way, with metadata before and behind`, async (t) => {
    const { client } = await open(t, kind)
    let head: Headers | undefined
    let tail: Headers | undefined
    const reply = await client.send(text('hello'), {
      headers: { 'x-given': 'in', 'x-given-bin': 'AAECAw' },
      onHeader: (headers) => (head = headers),
      onTrailer: (trailers) => (tail = trailers),
    })
    assert.equal(reply.text, 'hello')
    assert.equal(head?.get('x-head'), 'in')
    assert.equal(tail?.get('x-tail-bin'), 'AAECAw')
  })

  test(`${kind}: many messages back, in order`, async (t) => {
    const { client } = await open(t, kind)
    const all = await allOf(client.follow(text('1000')))
    assert.deepEqual(
      all,
      Array.from({ length: 1000 }, (_, i) => String(i)),
    )
  })

  test(`${kind}: an error comes with its message, details and metadata`, async (t) => {
    const { client } = await open(t, kind)
    const error = await failureOf(client.send(text('fail')))
    assert.equal(error.code, Code.FailedPrecondition)
    assert.equal(error.rawMessage, 'größer als 100 %')
    assert.equal(error.metadata.get('x-why'), 'so')
    assert.equal(error.details.length, 1)
  })

  test(`${kind}: a deadline ends both sides`, async (t) => {
    const { client, service } = await open(t, kind)
    const error = await failureOf(client.send(text('wait'), { timeoutMs: 300 }))
    assert.equal(error.code, Code.DeadlineExceeded)
    await eventually('the service is told', () => service.calls[0]?.signal.aborted === true)
    const left = service.calls[0]!.timeoutMs()
    assert.ok(left !== undefined && left <= 300, `${left}`)
  })

  test(`${kind}: a client that goes is gone for the service`, async (t) => {
    const { client, service } = await open(t, kind)
    const abort = new AbortController()
    const messages = client.follow(text('first'), { signal: abort.signal })
    const error = await failureOf(
      (async () => {
        for await (const message of messages) {
          assert.equal(message.text, 'first')
          abort.abort()
        }
      })(),
    )
    assert.equal(error.code, Code.Canceled)
    await eventually('the service is told', () => service.calls[0]?.signal.aborted === true)
  })

  test(`${kind}: a message of 4 MB passes, a longer one is refused either way`, async (t) => {
    const { client } = await open(t, kind)
    const large = 'x'.repeat(4 * 1024 * 1024 - 5)
    assert.equal((await client.send(text(large))).text.length, large.length)
    const error = await failureOf(client.send(text(`${large}${large}`)))
    assert.equal(error.code, Code.ResourceExhausted)
  })

  test(`${kind}: JSON in the messages passes`, async (t) => {
    const { port } = await open(t, kind)
    const client = createClient(chatService, transportOf(kind, port, true))
    assert.equal((await client.send(text('in JSON'))).text, 'in JSON')
  })

  test(`${kind}: a refusal of the gateway is an error with its code`, async (t) => {
    const overlay = `overlay: 1.0.0
info: { title: o, version: '1' }
actions:
  - target: $.paths['/chat.v1.Chat/Send'].post
    update:
      x-concordat:
        policies: { limit: { requestsMax: 1, windowMs: 60000, burstMax: 1, addressesMax: 1000 } }
`
    const { client } = await open(t, kind, overlay)
    await client.send(text('one'))
    const error = await failureOf(client.send(text('two')))
    assert.equal(error.code, Code.ResourceExhausted)
    assert.match(error.metadata.get('grpc-retry-pushback-ms') ?? '', /^\d+$/)
    const [info] = error.details as { type: string; value: Uint8Array }[]
    assert.equal(info!.type, 'google.rpc.ErrorInfo')
    assert.match(Buffer.from(info!.value).toString('latin1'), /LIMIT_EXCEEDED.*concordat/s)
  })
}

test('gRPC: many messages there, one back', async (t) => {
  const { client } = await open(t, 'gRPC')
  const words = ['a', 'b', 'c']
  const reply = await client.collect(
    (async function* () {
      for (const word of words) yield text(word)
    })(),
  )
  assert.equal(reply.text, 'abc')
})

test('gRPC: both talk at once', async (t) => {
  const { client } = await open(t, 'gRPC')
  const heard: string[] = []
  let answer = Promise.withResolvers<void>()
  const replies = client.talk(
    (async function* () {
      for (const word of ['one', 'two', 'three']) {
        yield text(word)
        await answer.promise
        answer = Promise.withResolvers()
      }
    })(),
  )
  for await (const reply of replies) {
    heard.push(reply.text)
    answer.resolve()
  }
  assert.deepEqual(heard, ['echo one', 'echo two', 'echo three'])
})

test('gRPC: a service that fails early leaves nobody waiting', async (t) => {
  const { client } = await open(t, 'gRPC')
  const never = Promise.withResolvers<void>()
  const error = await failureOf(
    client.collect(
      (async function* () {
        yield text('fail')
        await never.promise
      })(),
    ),
  )
  assert.equal(error.code, Code.FailedPrecondition)
})

test('gRPC: a method that nobody declares is unimplemented', async (t) => {
  const service = await serveChat(t)
  const port = await gatewayBefore(
    t,
    `h2c://127.0.0.1:${service.port}`,
    `overlay: 1.0.0
info: { title: o, version: '1' }
actions: [{ target: "$.paths['/chat.v1.Chat/Send']", remove: true }]
`,
  )
  const client = createClient(chatService, transportOf('gRPC', port))
  assert.equal((await failureOf(client.send(text('a')))).code, Code.Unimplemented)
})

test('gRPC: a service that is not there is unavailable', async (t) => {
  const port = await gatewayBefore(t, 'h2c://127.0.0.1:1')
  const client = createClient(chatService, transportOf('gRPC', port))
  assert.equal((await failureOf(client.send(text('a')))).code, Code.Unavailable)
})

test('a proxy that asks about gRPC and gRPC-Web is told in HTTP', async (t) => {
  const contract = `openapi: 3.1.0
info: { title: Chat, version: '1' }
paths:
  /chat.v1.Chat/Send:
    post:
      operationId: send
      requestBody: { content: { application/grpc: {} } }
      responses: { '200': { description: ok } }
`
  const config = 'audience: internal\ntrustedHops: [127.0.0.1]\nforwardAuth: true\n'
  const port = await gatewayOf(t, { contract, config, to: ['h2c://127.0.0.1:9'] })
  const asked = (path: string, type: string) =>
    exchanged(port, [
      'GET /.concordat/auth',
      'X-Forwarded-Method: POST',
      `X-Forwarded-Uri: ${path}`,
      `Content-Type: ${type}`,
    ])
  for (const type of ['application/grpc', 'application/grpc-web', 'application/grpc-web-text']) {
    assert.match(await asked('/chat.v1.Chat/Send', type), /^HTTP\/1.1 204 /, type)
    assert.match(await asked('/chat.v1.Chat/Other', type), /^HTTP\/1.1 404 [^]*NOT_FOUND/, type)
  }
})

test('credentials and checks of replies are those of any operation', async (t) => {
  const overlay = `overlay: 1.0.0
info: { title: o, version: '1' }
actions:
  - target: $
    update:
      x-concordat: { policies: { reply-validation: {} } }
      security: [{ bearer: [] }]
      components: { securitySchemes: { bearer: { type: http, scheme: bearer } } }
`
  const { client } = await open(t, 'gRPC', overlay)
  assert.equal((await failureOf(client.send(text('a')))).code, Code.Unauthenticated)
  const headers = { authorization: 'Bearer token' }
  assert.equal((await client.send(text('a'), { headers })).text, 'a')
  const error = await failureOf(client.send(text('fail'), { headers }))
  assert.equal(error.code, Code.FailedPrecondition)
  assert.deepEqual(await allOf(client.follow(text('3'), { headers })), ['0', '1', '2'])
})
