// Server-Sent Events through the gateway: unbuffered, kept alive, counted, ended between two events.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually, settled } from '../../test/raw-peer.ts'
import { ask, openRelay } from './relay-for-tests.ts'

const head = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n'
const chunked = `${head}Transfer-Encoding: chunked\r\n\r\n`
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`
const steps = { eventStream: { heartbeatMs: 15_000, lifetimeMs: 3_600_000 } }
const limits = { exchangeTimeoutMs: 20_000, replyIdleTimeoutMs: 10_000 }

async function openStream(
  t: Parameters<typeof openRelay>[0],
  options: Parameters<typeof openRelay>[1] = {},
  reply = chunked,
) {
  const relay = await openRelay(t, { steps, limits, ...options })
  const client = await relay.sent(ask('GET /a'))
  const upstream = await relay.endpoint.next()
  await upstream.until('\r\n\r\n')
  upstream.send(reply)
  await client.until('\r\n\r\n')
  client.received = ''
  return { ...relay, client, upstream }
}

test('each event goes on as it comes', async (t) => {
  const { client, upstream } = await openStream(t)
  upstream.send(chunk('data: 1\n\n'))
  await client.until(chunk('data: 1\n\n'))
  upstream.send(chunk('data: 2\n\n'))
  await client.until(chunk('data: 2\n\n'))
})

test('a stream outlives the times of ordinary replies', async (t) => {
  const { client, pass, upstream } = await openStream(t)
  await pass(60_000)
  upstream.send(chunk('data: late\n\n'))
  await client.until(chunk('data: late\n\n'))
})

test('silence is broken by a comment, in front of the first event and between lines', async (t) => {
  const rows: [says: string, before: string, beats: boolean][] = [
    ['nothing was sent', '', true],
    ['an event is whole', 'data: 1\n\n', true],
    ['a line is whole', 'data: 1\n', true],
    ['a line is whole, in its other form', 'data: 1\r\n', true],
    ['a line is under way', 'data: 1', false],
    ['a line may end here or with the next byte', 'data: 1\r', false],
  ]
  for (const [says, before, beats] of rows) {
    const { client, pass, upstream } = await openStream(t)
    if (before !== '') {
      upstream.send(chunk(before))
      await client.until(chunk(before))
    }
    client.received = ''
    // What came within a period is no silence.
    await pass(15_000)
    await pass(15_000)
    await settled()
    assert.equal(client.received.startsWith(chunk(':\n')), beats, says)
    client.cut()
  }
})

test('what is coded as a whole, or of another type, gets no comment', async (t) => {
  const rows: [says: string, reply: string][] = [
    ['gzip', `${head}Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n`],
    [
      'json',
      'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
    ],
  ]
  for (const [says, reply] of rows) {
    const { client, pass } = await openStream(t, { limits: {} }, reply)
    await pass(20_000)
    await settled()
    assert.equal(client.received, '', says)
    client.cut()
  }
})

test('at the end of its life a stream ends behind the event under way', async (t) => {
  const { client, pass, record, upstream } = await openStream(t, {
    steps: { eventStream: { heartbeatMs: 0, lifetimeMs: 30_000 } },
  })
  upstream.send(chunk('data: one\ndata'))
  await client.until(chunk('data: one\ndata'))
  await pass(31_000)
  await settled()
  upstream.send(chunk(': two\r\n\r\ndata: three\n\n'))
  assert.match(await client.until('0\r\n\r\n'), /: two\r\n\r\n\r\n0\r\n\r\n$/)
  await eventually(
    'the upstream is left',
    () => upstream.closed || upstream.reset || upstream.ended,
  )
  const { fault, status } = await record()
  assert.deepEqual({ fault, status }, { fault: undefined, status: 200 })
})

test('between two events a stream ends at once', async (t) => {
  for (const sent of ['', 'data: 1\n\n', 'data: 1\r\n\r\n', 'data: 1\r\r']) {
    const { client, pass, upstream } = await openStream(t, {
      steps: { eventStream: { heartbeatMs: 0, lifetimeMs: 30_000 } },
    })
    if (sent !== '') {
      upstream.send(chunk(sent))
      await client.until(chunk(sent))
    }
    await pass(31_000)
    await client.until('0\r\n\r\n')
  }
})

test('so many streams are open at once of one client; one that ends makes room', async (t) => {
  const { endpoint, sent } = await openRelay(t, {
    steps,
    limits: { ...limits, liveStreamsPerAddressMax: 2 },
  })
  endpoint.always(chunked)
  const first = await sent(ask('GET /a'))
  await first.until('\r\n\r\n')
  const second = await sent(ask('GET /a'))
  await second.until('\r\n\r\n')
  const third = await sent(ask('GET /a'))
  assert.match(await third.until('}}'), /^HTTP\/1\.1 429 [^]*Retry-After: 5\r\n[^]*LIMIT_EXCEEDED/)
  first.cut()
  third.received = ''
  await eventually('there is room', () => {
    if (third.received.endsWith('}}')) third.received = ''
    if (third.received === '') third.send(ask('GET /a'))
    return third.received.startsWith('HTTP/1.1 200')
  })
})

test('a client that ends its side of the connection has left its stream', async (t) => {
  const { client, upstream, record, runtime } = await openStream(t)
  client.finish()
  await eventually('the upstream is left', () => upstream.closed || upstream.ended)
  assert.equal((await record()).fault, 'CLIENT_CLOSED')
  assert.equal(runtime.lasting.size, 0)
})

test('a stream that begins while its thread leaves ends before its first event', async (t) => {
  const relay = await openRelay(t, { steps, limits })
  const client = await relay.sent(ask('GET /a'))
  const upstream = await relay.endpoint.next()
  await upstream.until('\r\n\r\n')
  relay.runtime.leaves = 'renews'
  upstream.send(chunked + chunk('data: 1\n\n'))
  assert.match(await client.until('0\r\n\r\n'), /\r\n\r\n0\r\n\r\n$/)
  await eventually('the upstream is left', () => upstream.closed || upstream.ended)
  const { fault, status } = await relay.record()
  assert.deepEqual({ fault, status }, { fault: undefined, status: 200 })
  assert.equal(relay.runtime.lasting.size, 0)
})

test('where another thread takes over, streams end one after the other', async (t) => {
  const { client, pass, runtime } = await openStream(t)
  for (const one of runtime.lasting) one.leave('renews')
  await settled()
  assert.equal(client.received, '')
  await pass(5_000)
  await client.until('0\r\n\r\n')
})
