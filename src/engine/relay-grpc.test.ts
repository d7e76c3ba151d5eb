// gRPC through the data plane, byte by byte: over HTTP/1.1 with trailers, which shows the same as
// HTTP/2 does and can be written down.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { grpcMessage, type GrpcPattern } from '../http.ts'
import { eventually, type Peer, settled } from '../../test/raw-peer.ts'
import { ask, openRelay, type RelayOptions } from './relay-for-tests.ts'

const chunked = 'Transfer-Encoding: chunked'
const type = 'Content-Type: application/grpc'

const message = (text: string): string =>
  Buffer.from(grpcMessage(Buffer.from(text))).toString('latin1')

const chunk = (bytes: string): string => `${bytes.length.toString(16)}\r\n${bytes}\r\n`

const body = (text: string): string => `${chunk(message(text))}0\r\n\r\n`

const askGrpc = (...lines: string[]): string =>
  ask('POST /a', chunked, type, 'TE: trailers', ...lines)

const replyHead = (...lines: string[]): string =>
  `HTTP/1.1 200 OK\r\n${[chunked, type, ...lines, '', ''].join('\r\n')}`

const ended = (...trailers: string[]): string => `0\r\n${[...trailers, '', ''].join('\r\n')}`

function open(t: TestContext, options: RelayOptions = {}, pattern: GrpcPattern = 'unary') {
  const operation = { grpc: { pattern }, ...options.operation }
  return openRelay(t, { ...options, operation })
}

/** Of all that a client received: status and message, wherever they stand. */
async function statusOf(client: Peer): Promise<string> {
  const text = await client.until(/grpc-status: \d+\r\n(?:[^]*\r\n)?\r\n/)
  const [, status, said = ''] = /grpc-status: (\d+)(?:\r\ngrpc-message: ([^\r]*))?/.exec(text)!
  return `${status} ${said}`.trim()
}

test('messages go both ways at once, and metadata before and behind them', async (t) => {
  const relay = await open(t)
  const client = await relay.sent(askGrpc('X-Trace-Bin: AAEC') + chunk(message('one')))
  const upstream = await relay.endpoint.next()
  assert.match(await upstream.until(message('one') + '\r\n'), /X-Trace-Bin: AAEC\r\n/)
  upstream.send(replyHead('X-Head: 1') + chunk(message('echo one')))
  await client.until(message('echo one') + '\r\n')
  client.send(chunk(message('two')))
  await upstream.until(message('two') + '\r\n')
  upstream.send(chunk(message('echo two')))
  await client.until(message('echo two') + '\r\n')
  client.send('0\r\n\r\n')
  upstream.send(ended('grpc-status: 0', 'X-Tail: 2'))
  assert.match(await client.until('X-Tail: 2\r\n\r\n'), /X-Head: 1\r\n[^]*grpc-status: 0\r\n/)
  const { fault, grpcStatus } = await relay.record()
  assert.deepEqual([fault, grpcStatus], [undefined, 0])
})

test('a reply that is a head alone passes as it is', async (t) => {
  const relay = await open(t)
  const client = await relay.sent(askGrpc() + body('a'))
  const upstream = await relay.endpoint.next()
  await upstream.until('0\r\n\r\n')
  upstream.send(`HTTP/1.1 200 OK\r\n${type}\r\nContent-Length: 0\r\ngrpc-status: 5\r\n\r\n`)
  assert.equal(await statusOf(client), '5')
  assert.equal((await relay.record()).grpcStatus, 5)
})

const timeouts: readonly [says: string, lines: readonly string[], want: RegExp | string][] = [
  ['is passed on, less what was spent', ['grpc-timeout: 2S'], /grpc-timeout: 2000000u\r\n/],
  ['twice is refused', ['grpc-timeout: 2S', 'grpc-timeout: 3S'], '3'],
  ['that is none is refused', ['grpc-timeout: 2 S'], '3'],
  ['of nine digits is refused', ['grpc-timeout: 123456789m'], '3'],
]

for (const [says, lines, want] of timeouts) {
  test(`a grpc-timeout ${says}`, async (t) => {
    const relay = await open(t)
    const client = await relay.sent(askGrpc(...lines) + body('a'))
    if (typeof want === 'string') return assert.match(await statusOf(client), /^3 grpc-timeout/)
    assert.match(await (await relay.endpoint.next()).until('0\r\n\r\n'), want)
  })
}

test('the deadline of the client ends an exchange before that of the gateway', async (t) => {
  const relay = await open(t)
  const client = await relay.sent(askGrpc('grpc-timeout: 2S') + body('a'))
  const upstream = await relay.endpoint.next()
  await upstream.until('0\r\n\r\n')
  await relay.pass(3_000)
  assert.match(await statusOf(client), /^4 /)
  assert.equal((await relay.record()).fault, 'UPSTREAM_TIMEOUT')
})

test('a deadline that ends a reply under way is told behind its messages', async (t) => {
  const relay = await open(t)
  const client = await relay.sent(askGrpc('grpc-timeout: 2S') + body('a'))
  const upstream = await relay.endpoint.next()
  await upstream.until('0\r\n\r\n')
  upstream.send(replyHead() + chunk(message('one')))
  await client.until(message('one') + '\r\n')
  await relay.pass(3_000)
  assert.match(await statusOf(client), /^4 /)
  assert.match(client.received, /\r\n0\r\ngrpc-status: 4\r\n/)
})

test('an endpoint that cannot be reached is UNAVAILABLE, in a head alone', async (t) => {
  const relay = await open(t)
  relay.endpoint.close()
  const client = await relay.sent(askGrpc() + body('a'))
  assert.match(await statusOf(client), /^14 /)
  assert.match(client.received, /^HTTP\/1.1 200 OK\r\nContent-Type: application\/grpc\r\n/)
})

test('an endpoint that breaks off behind messages is UNAVAILABLE', async (t) => {
  const relay = await open(t)
  const client = await relay.sent(askGrpc() + body('a'))
  const upstream = await relay.endpoint.next()
  await upstream.until('0\r\n\r\n')
  upstream.send(replyHead() + chunk(message('one')))
  await client.until(message('one') + '\r\n')
  upstream.cut()
  assert.match(await statusOf(client), /^14 /)
})

test('a path of nobody is UNIMPLEMENTED for gRPC, and 404 for others', async (t) => {
  const relay = await open(t)
  const lines = [chunked, 'TE: trailers']
  const client = await relay.sent(ask('POST /b', type, ...lines) + body('a'))
  assert.match(await statusOf(client), /^12 /)
  const other = await relay.sent(ask('POST /b', 'Content-Type: application/json', ...lines))
  await other.until(/^HTTP\/1.1 404 /)
})

test('without trailers gRPC is refused in HTTP', async (t) => {
  const relay = await open(t)
  const client = await relay.sent(ask('POST /a', chunked, type) + body('a'))
  assert.match(await statusOf(client), /^12 gRPC needs HTTP\/2/)
})

const requests: readonly [says: string, bytes: string, status: string][] = [
  ['a message beyond the bound', chunk(`\0\0\x10\0\x01${'x'.repeat(9)}`), '8'],
  ['a length of four gigabytes', chunk('\0\xff\xff\xff\xff'), '8'],
  ['an unknown flag', chunk('\x02\0\0\0\0'), '13'],
  ['a message cut short', `${chunk('\0\0\0\0\x09x')}0\r\n\r\n`, '13'],
]

for (const [says, bytes, status] of requests) {
  test(`${says} is never complete for the upstream`, async (t) => {
    const relay = await open(t, { limits: { messageBytesMax: 1 << 20 } })
    const client = await relay.sent(askGrpc() + bytes)
    const upstream = await relay.endpoint.next()
    assert.match(await statusOf(client), new RegExp(`^${status} `))
    await eventually('the upstream is left', () => upstream.closed)
    assert.doesNotMatch(upstream.received, /\r\n0\r\n\r\n$/)
  })
}

const ok = ended('grpc-status: 0')
const replies: readonly [says: string, bytes: string, status: RegExp, fault: string][] = [
  [
    'another status of HTTP',
    'HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno',
    /^16 /,
    'UPSTREAM_NOT_GRPC',
  ],
  [
    'a page of HTML',
    'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi',
    /^2 /,
    'UPSTREAM_NOT_GRPC',
  ],
  [
    'no status behind messages',
    replyHead() + chunk(message('a')) + ended(),
    /^2 /,
    'UPSTREAM_NOT_GRPC',
  ],
  [
    'a head alone without a status',
    `HTTP/1.1 200 OK\r\n${type}\r\nContent-Length: 0\r\n\r\n`,
    /^2 /,
    'UPSTREAM_NOT_GRPC',
  ],
  [
    'two statuses behind messages',
    replyHead() + ended('grpc-status: 0', 'grpc-status: 7'),
    /^13 /,
    'UPSTREAM_PROTOCOL',
  ],
  [
    'two statuses in a head alone',
    `HTTP/1.1 200 OK\r\n${type}\r\nContent-Length: 0\r\ngrpc-status: 0\r\nGrpc-Status: 7\r\n\r\n`,
    /^13 /,
    'UPSTREAM_PROTOCOL',
  ],
  [
    'a status that is no number',
    replyHead() + ended('grpc-status: OK'),
    /^13 /,
    'UPSTREAM_PROTOCOL',
  ],
  [
    'a message beyond the bound',
    `${replyHead()}${chunk('\0\x7f\0\0\0')}${ok}`,
    /^8 /,
    'UPSTREAM_INVALID_REPLY',
  ],
  ['an unknown flag', `${replyHead()}${chunk('\x80\0\0\0\0')}${ok}`, /^13 /, 'UPSTREAM_PROTOCOL'],
  [
    'a message cut short, and all well',
    `${replyHead()}${chunk('\0\0\0\0\x09x')}${ok}`,
    /^13 /,
    'UPSTREAM_PROTOCOL',
  ],
]

for (const [says, bytes, status, fault] of replies) {
  test(`a reply with ${says} is told as one status`, async (t) => {
    const relay = await open(t)
    const client = await relay.sent(askGrpc() + body('a'))
    const upstream = await relay.endpoint.next()
    await upstream.until('0\r\n\r\n')
    upstream.send(bytes)
    assert.match(await statusOf(client), status)
    assert.equal(client.received.match(/grpc-status:/gi)?.length, 1)
    const record = await relay.record()
    assert.equal(record.fault, fault)
    assert.match(`${record.grpcStatus} `, status)
  })
}

test('a status before the messages is none: the one behind them counts', async (t) => {
  const relay = await open(t)
  const client = await relay.sent(askGrpc() + body('a'))
  const upstream = await relay.endpoint.next()
  await upstream.until('0\r\n\r\n')
  upstream.send(replyHead('grpc-status: 0') + chunk(message('a')) + ended('grpc-status: 7'))
  assert.equal(await statusOf(client), '7')
  assert.equal(client.received.match(/grpc-status:/gi)?.length, 1)
})

test('a client of a stream may pause; of one message it must send all of it', async (t) => {
  for (const pattern of ['bidirectional-streaming', 'unary'] as const) {
    const limits = { exchangeTimeoutMs: 3_600_000 }
    const relay = await open(t, { operation: { limits } }, pattern)
    const client = await relay.sent(askGrpc() + chunk(message('one')))
    const upstream = await relay.endpoint.next()
    await upstream.until(message('one') + '\r\n')
    await relay.pass(120_000)
    if (pattern === 'unary') {
      assert.match(await statusOf(client), /^4 /)
      assert.equal((await relay.record()).fault, 'REQUEST_TIMEOUT')
    } else {
      client.send(chunk(message('two')))
      await upstream.until(message('two') + '\r\n')
    }
    await relay.close()
  }
})

test('a client that ends its side of a stream is gone', async (t) => {
  const relay = await open(t, {}, 'server-streaming')
  const client = await relay.sent(askGrpc() + body('a'))
  const upstream = await relay.endpoint.next()
  await upstream.until('0\r\n\r\n')
  upstream.send(replyHead() + chunk(message('one')))
  await client.until(message('one') + '\r\n')
  client.finish()
  await upstream.gone()
  assert.equal((await relay.record()).fault, 'CLIENT_CLOSED')
})

test('a client that takes nothing holds the service back', async (t) => {
  const relay = await open(t, {}, 'server-streaming')
  const client = await relay.sent(askGrpc() + body('a'))
  client.socket.pause()
  const upstream = await relay.endpoint.next()
  await upstream.until('0\r\n\r\n')
  upstream.send(replyHead())
  const large = chunk(message('x'.repeat(1 << 20)))
  let sentBytes = 0
  for (
    ;
    sentBytes < 64 << 20 && upstream.socket.writableLength < 4 << 20;
    sentBytes += large.length
  ) {
    upstream.send(large)
    await settled()
  }
  assert.ok(sentBytes < 64 << 20, `${sentBytes} bytes went through to nobody`)
  client.socket.resume()
  upstream.send(ended('grpc-status: 0'))
  await eventually('all has come', () => client.receivedBytes > sentBytes)
})

test('trailers of a reply are bounded', async (t) => {
  const relay = await open(t)
  const client = await relay.sent(askGrpc() + body('a'))
  const upstream = await relay.endpoint.next()
  await upstream.until('0\r\n\r\n')
  upstream.send(replyHead() + ended('grpc-status: 0', `x: ${'x'.repeat(1 << 17)}`))
  assert.match(await statusOf(client), /^13 /)
})
