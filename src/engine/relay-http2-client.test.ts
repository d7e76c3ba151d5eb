// Clients of HTTP/2 in front of endpoints of HTTP/1.1: what these see, and that it is nothing else.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type ClientHttp2Stream, connect, type OutgoingHttpHeaders } from 'node:http2'
import { test, type TestContext } from 'node:test'
import { eventually } from '../../test/raw-peer.ts'
import { openRelay, type Relay, type RelayOptions, reply } from './relay-for-tests.ts'

async function relayTo(t: TestContext, options: RelayOptions = {}) {
  const relay = await openRelay(t, options)
  const session = connect(`http://127.0.0.1:${relay.server.port}`)
  session.on('error', () => {})
  t.after(() => session.destroy())
  const asks = (headers: OutgoingHttpHeaders, body?: string, trailers?: OutgoingHttpHeaders) => {
    const stream = session.request(headers, {
      endStream: body === undefined,
      waitForTrailers: trailers !== undefined,
    })
    stream.on('error', () => {})
    stream.on('wantTrailers', () => stream.sendTrailers(trailers!))
    if (body !== undefined && body !== '…') stream.end(body)
    return stream
  }
  return { ...relay, session, asks }
}

const headOf = async (stream: ClientHttp2Stream) =>
  ((await once(stream, 'response')) as [Record<string, string | number>])[0]

const textOf = async (stream: ClientHttp2Stream): Promise<string> =>
  Buffer.concat((await stream.toArray()) as Buffer[]).toString()

const next = ({ endpoint }: Relay) => endpoint.next()

test('a request is one of HTTP/1.1 for its endpoint, and the reply one of HTTP/2', async (t) => {
  const relay = await relayTo(t)
  const stream = relay.asks({
    ':path': '/a?b=c',
    'x-a': 'b',
    cookie: ['c=1', 'd=2'],
    te: 'trailers',
  })
  const upstream = await next(relay)
  const lines = (await upstream.until('\r\n\r\n')).split('\r\n')
  assert.equal(lines[0], 'GET /a?b=c HTTP/1.1')
  assert.deepEqual(
    lines.filter((line) => /^(?:host|x-a|cookie|te|connection|:)/i.test(line)).toSorted(),
    [
      'Connection: TE',
      `Host: 127.0.0.1:${relay.endpoint.port}`,
      'TE: trailers',
      'cookie: c=1; d=2',
      'x-a: b',
    ],
  )
  upstream.send(
    reply('hello', 'X-B:  c ', 'Connection: X-Gone', 'X-Gone: d', 'Keep-Alive: timeout=5'),
  )
  const head = await headOf(stream)
  assert.deepEqual([head[':status'], head['x-b'], head['content-length']], [200, 'c', '5'])
  for (const name of ['connection', 'keep-alive', 'x-gone']) assert.ok(!(name in head), name)
  assert.equal(await textOf(stream), 'hello')
  assert.equal((await relay.record()).status, 200)
})

test('bodies go on by their length, or in chunks, with what is behind them', async (t) => {
  const relay = await relayTo(t)
  const rows: [headers: OutgoingHttpHeaders, want: RegExp][] = [
    [{ 'content-length': 3 }, /\r\ncontent-length: 3\r\n[^]*\r\n\r\nabc$/],
    [{}, /\r\nTransfer-Encoding: chunked\r\n[^]*\r\n\r\n3\r\nabc\r\n0\r\nx-sum: 6\r\n\r\n$/],
  ]
  for (const [headers, want] of rows) {
    const isChunked = headers['content-length'] === undefined
    const trailers = isChunked ? { 'x-sum': '6', host: 'forged' } : undefined
    const stream = relay.asks({ ':path': '/a', ':method': 'POST', ...headers }, 'abc', trailers)
    const upstream = await next(relay)
    assert.match(await upstream.until(isChunked ? '6\r\n\r\n' : 'abc'), want)
    upstream.send(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-T: u\r\n\r\n',
    )
    const told = once(stream, 'trailers')
    assert.equal(await textOf(stream), 'ok')
    const [fields] = (await told) as [Record<string, string>]
    assert.equal(fields['x-t'], 'u')
    upstream.socket.destroy()
  }
})

test('what HTTP/1.1 has no words for never gets to an endpoint', async (t) => {
  const relay = await relayTo(t)
  const rows: [says: string, headers: OutgoingHttpHeaders, status: number][] = [
    ['no such path', { ':path': '/b' }, 404],
    ['no such method', { ':path': '/a', ':method': 'TRACE' }, 405],
    ['a space in the path', { ':path': '/a b' }, 400],
    ['another host', { ':path': '/a', ':authority': 'a', host: 'b' }, 400],
    ['no host', { ':path': '/a', ':authority': 'a,b' }, 400],
    ['an underscore for a hyphen', { ':path': '/a', content_length: '3' }, 400],
  ]
  for (const [says, headers, status] of rows) {
    const head = await headOf(relay.asks(headers))
    assert.equal(head[':status'], status, says)
  }
  const connectHead = await headOf(relay.asks({ ':method': 'CONNECT', ':authority': 'a:443' }, '…'))
  assert.equal(connectHead[':status'], 405)
  assert.ok(relay.records.every(({ endpoint }) => endpoint === undefined))
})

test('a client that leaves its stream leaves the endpoint, and no other stream', async (t) => {
  const relay = await relayTo(t)
  const left = relay.asks({ ':path': '/a', ':method': 'POST' }, '…')
  const first = await next(relay)
  await first.until('\r\n\r\n')
  const stays = relay.asks({ ':path': '/a' })
  const second = await next(relay)
  await second.until('\r\n\r\n')
  left.close(8)
  await eventually('the endpoint is left', () => first.closed || first.ended)
  second.send(reply('ok'))
  assert.equal(await textOf(stays), 'ok')
  assert.equal((await relay.record()).fault, 'CLIENT_CLOSED')
})

test('an endpoint that breaks off cuts the stream, and no other', async (t) => {
  const relay = await relayTo(t)
  const stream = relay.asks({ ':path': '/a' })
  const upstream = await next(relay)
  await upstream.until('\r\n\r\n')
  upstream.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc')
  await headOf(stream)
  upstream.socket.resetAndDestroy()
  await eventually('the stream is cut', () => stream.closed)
  assert.equal(stream.rstCode, 2)
  const again = relay.asks({ ':path': '/a' })
  const other = await next(relay)
  await other.until('\r\n\r\n')
  other.send(reply('ok'))
  assert.equal(await textOf(again), 'ok')
})

test('an early reply reaches the client, whose body goes nowhere', async (t) => {
  const relay = await relayTo(t)
  const stream = relay.asks({ ':path': '/none', ':method': 'POST' }, '…')
  assert.equal((await headOf(stream))[':status'], 404)
  await textOf(stream)
  await eventually('the stream is closed', () => stream.closed)
  assert.equal(stream.rstCode, 0)
})
