// Requests to a program of this process: what it sees of them, and what comes back.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { test, type TestContext } from 'node:test'
import { eventually, Peer, settled } from '../../test/raw-peer.ts'
import { asked, post, served, textOf } from './embedded-for-tests.ts'

const MB = 1024 * 1024

/** STREAM_MB=1024 makes it a gigabyte each way. */
const streamBytes = Number(process.env['STREAM_MB'] ?? 64) * MB

type Call = { got: IncomingMessage; response: ServerResponse }

/** A program whose requests the test answers itself. */
async function program(t: TestContext) {
  const calls: Call[] = []
  let taken = 0
  const { url, port, gateway } = await served(t, {
    to: (got, response) => void calls.push({ got, response }),
  })
  const next = async (): Promise<Call> => {
    await eventually('the program is asked', () => calls.length > taken)
    return calls[taken++]!
  }
  return { url, port, gateway, calls, next }
}

async function raw(port: number, text: string): Promise<Peer> {
  const peer = new Peer(connect({ port, host: '127.0.0.1', allowHalfOpen: true }))
  await once(peer.socket, 'connect')
  peer.send(text)
  return peer
}

test('what breaks the contract never reaches the program; what keeps it does', async (t) => {
  const { url, calls, next } = await program(t)
  const refused = await post(url, { text: 1 })
  assert.equal(refused.statusCode, 400)
  assert.match(await textOf(refused), /"code":"INVALID_INPUT"/)
  assert.equal(calls.length, 0)
  const reply = post(url, { text: 'milk' })
  const { got, response } = await next()
  assert.equal(await textOf(got), '{"text":"milk"}')
  response.writeHead(201, { Location: '/notes/1' }).end('{}')
  const { statusCode, headers } = await reply
  assert.equal(statusCode, 201)
  assert.equal(headers.location, '/notes/1')
  assert.equal(headers['x-content-type-options'], 'nosniff')
})

test('the program is asked under the name that the client used, and told who asks', async (t) => {
  const { url, next } = await program(t)
  const headers = {
    Host: 'notes.test',
    'X-Forwarded-For': '203.0.113.9',
    Forwarded: 'for=203.0.113.9',
  }
  const reply = asked(`${url}/notes`, { headers })
  const { got, response } = await next()
  assert.equal(got.headers.host, 'notes.test')
  assert.equal(got.headers['x-forwarded-for'], '127.0.0.1', 'a forged one is gone')
  assert.equal(got.headers.forwarded, 'for=127.0.0.1;proto=http;host=notes.test')
  assert.equal(got.socket.remoteAddress, '127.0.0.1')
  response.end()
  await textOf(await reply)
})

test('a connection serves one request after the other, until the program closes it', async (t) => {
  const { url, next } = await program(t)
  const sockets: Socket[] = []
  for (const close of [false, true, false]) {
    const reply = asked(`${url}/notes`)
    const { got, response } = await next()
    sockets.push(got.socket)
    if (close) response.setHeader('Connection', 'close')
    response.end('ok')
    assert.equal(await textOf(await reply), 'ok')
  }
  assert.equal(sockets[0], sockets[1])
  assert.notEqual(sockets[1], sockets[2])
})

test('a reply streams: each piece arrives before the next one is written', async (t) => {
  const { url, next } = await program(t)
  const asking = asked(`${url}/notes`)
  const { response } = await next()
  response.flushHeaders()
  const reply = await asking
  for (const piece of ['a', 'b', 'c']) {
    response.write(piece)
    assert.equal(String((await once(reply, 'data'))[0]), piece)
  }
  response.end()
  await textOf(reply)
  assert.ok(reply.complete)
})

test('a request streams, and trailers go both ways', async (t) => {
  const { url, next } = await program(t)
  const sending = request(`${url}/blob`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/octet-stream', Trailer: 'x-sum', TE: 'trailers' },
    agent: false,
  })
  sending.write('one')
  const { got, response } = await next()
  assert.equal(String((await once(got, 'data'))[0]), 'one')
  sending.addTrailers({ 'X-Sum': '3' })
  sending.end('two')
  assert.equal(await textOf(got), 'two')
  assert.equal(got.trailers['x-sum'], '3')
  response.writeHead(200, { Trailer: 'x-check' })
  response.addTrailers({ 'X-Check': 'ok' })
  response.end('done')
  const [reply] = (await once(sending, 'response')) as [IncomingMessage]
  assert.equal(await textOf(reply), 'done')
  assert.equal(reply.trailers['x-check'], 'ok')
})

test('a client that leaves is told to the program, before its reply and in the midst of it', async (t) => {
  const { port, next } = await program(t)
  for (const begins of [false, true]) {
    const client = await raw(port, 'GET /notes HTTP/1.1\r\nHost: a.test\r\n\r\n')
    const { response } = await next()
    if (begins) {
      response.write('some')
      await client.until(/some/)
    }
    const closed = once(response, 'close')
    client.cut()
    await closed
    assert.equal(response.writableFinished, false)
  }
})

test('a client that has sent all it has still gets its reply', async (t) => {
  const { port, next } = await program(t)
  const client = await raw(port, 'GET /notes HTTP/1.1\r\nHost: a.test\r\n\r\n')
  client.finish()
  const { response } = await next()
  await settled()
  response.end('late')
  assert.match(await client.gone(), /\r\n\r\nlate$/)
})

test('a program that leaves before its reply is a 502, in the midst of it a cut', async (t) => {
  const { url, port, next } = await program(t)
  const reply = asked(`${url}/notes`, { method: 'GET' })
  ;(await next()).got.socket.destroy()
  const { statusCode } = await reply
  assert.equal(statusCode, 502)
  const client = await raw(port, 'GET /notes HTTP/1.1\r\nHost: a.test\r\n\r\n')
  const { got, response } = await next()
  response.writeHead(200, { 'Content-Length': 100 })
  response.write('some')
  await client.until(/some/)
  got.socket.destroy()
  await eventually('the client sees it', () => client.closed)
  assert.ok(client.reset)
})

test('a program that does not read its request stops the client, and nothing piles up', async (t) => {
  const { port, next } = await program(t)
  const length = 200 * MB
  const head = `PUT /blob HTTP/1.1\r\nHost: a.test\r\nContent-Type: application/octet-stream\r\nContent-Length: ${length}\r\n\r\n`
  const client = await raw(port, head)
  const { got } = await next()
  const block = Buffer.alloc(64 * 1024)
  Readable.from(Array.from({ length: length / block.length }, () => block)).pipe(client.socket)
  const taken = await standstill(() => client.socket.bytesWritten - client.socket.writableLength)
  assert.ok(taken < 40 * MB, `${taken} bytes were taken`)
  let bytes = 0
  got.on('data', (piece: Buffer) => {
    bytes += piece.length
  })
  await eventually('it flows again', () => bytes > taken + MB)
  client.cut()
})

test('a client that does not read its reply stops the program', async (t) => {
  const { port, next } = await program(t)
  const client = await raw(port, 'GET /notes HTTP/1.1\r\nHost: a.test\r\n\r\n')
  client.socket.pause()
  const { response } = await next()
  let written = 0
  const more = () => {
    while (response.write(Buffer.alloc(64 * 1024))) written += 64 * 1024
  }
  response.on('drain', more)
  more()
  assert.ok((await standstill(() => written)) < 40 * MB)
  client.cut()
  await once(response, 'close')
})

test('a large body goes through both ways, to the byte, in flat memory', async (t) => {
  const { url } = await served(t, { to: (got, response) => void got.pipe(response) })
  const sending = request(`${url}/blob`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/octet-stream', 'Content-Length': streamBytes },
    agent: false,
  })
  const block = Buffer.alloc(MB, 'x')
  let sentBytes = 0
  const before = process.memoryUsage().rss
  let most = before
  const source = function* () {
    for (; sentBytes < streamBytes; sentBytes += block.length) yield block
  }
  Readable.from(source()).pipe(sending)
  const [reply] = (await once(sending, 'response')) as [IncomingMessage]
  let bytes = 0
  for await (const piece of reply) {
    bytes += piece.length
    most = Math.max(most, process.memoryUsage.rss())
  }
  assert.equal(bytes, streamBytes)
  const grownMB = Math.round((most - before) / MB)
  t.diagnostic(`${streamBytes / MB} MB each way, grown by ${grownMB} MB`)
  assert.ok(grownMB < 120, `memory grew by ${grownMB} MB`)
})

test('a server that does not listen is asked as a listener is, its own settings in force', async (t) => {
  const server = createServer({ maxHeaderSize: 2_000 }, (_, response) => response.end('ok'))
  const { url } = await served(t, { to: server })
  assert.equal(await textOf(await asked(`${url}/notes`)), 'ok')
  const large = await asked(`${url}/notes`, { headers: { 'X-Large': 'x'.repeat(2_000) } })
  assert.equal(large.statusCode, 431)
  assert.equal(server.listening, false)
})

test('a client of HTTP/1.0 that names no host is answered', async (t) => {
  const { url, port, next } = await program(t)
  const client = await raw(port, 'GET /notes HTTP/1.0\r\n\r\n')
  const { got, response } = await next()
  assert.equal(got.headers.host, '')
  response.end('ok')
  assert.match(await client.gone(), /^HTTP\/1\.1 200 OK\r\n[^]*ok$/, url)
})

test('what a program throws is the process’s, as without a gateway, and the gateway serves on', async (t) => {
  let throws = true
  const { url } = await served(t, {
    to: (_, response) => {
      if (throws) throw new Error('its own')
      response.end('ok')
    },
  })
  const thrown = new Promise<unknown>((resolve) => {
    process.setUncaughtExceptionCaptureCallback(resolve)
  })
  t.after(() => process.setUncaughtExceptionCaptureCallback(null))
  const lost = asked(`${url}/notes`)
  lost.catch(() => {})
  assert.match(String(await thrown), /its own/)
  throws = false
  assert.equal(await textOf(await asked(`${url}/notes`)), 'ok')
})

/** Waits until a number no longer grows. */
async function standstill(read: () => number): Promise<number> {
  for (let before = -1; ;) {
    const now = read()
    if (now === before) return now
    before = now
    for (let i = 0; i < 5; i++) await settled()
  }
}
