// How a listener comes to its end: what is idle is told so at once, what is
// under way ends first.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually, settled } from '../../test/raw-peer.ts'
import { ask, openRelay, reply } from './relay-for-tests.ts'

test('a listener that closes lets exchanges end, and nothing begins', async (t) => {
  const { client: open, endpoint, records, sent, server } = await openRelay(t)
  const idle = await open()
  const partial = await sent('GET /a HTTP/1.1\r\n')
  const busy = await sent(ask('GET /a?busy') + ask('GET /a?pipelined'))
  const upstream = await endpoint.next()
  await upstream.until(/\?busy /)
  await eventually('all are in', () => server.connections === 3)
  let closed = 0
  const closing = [server.close(), server.close()].map((one) => one.then(() => closed++))
  assert.equal(await idle.gone(), '')
  assert.equal(await partial.gone(), '')
  // A request that crosses our end on its way is not answered by a reset: it may be repeated.
  idle.send(ask('GET /a'))
  await settled()
  idle.finish()
  partial.finish()
  await settled()
  assert.deepEqual([closed, busy.ended], [0, false])
  upstream.send(reply('last'))
  assert.match(await busy.gone(), /Connection: close\r\n\r\nlast$/)
  busy.finish()
  await Promise.all(closing)
  assert.deepEqual([idle.reset, idle.received], [false, ''])
  assert.deepEqual(
    records.map(({ status }) => status),
    [200],
  )
  await assert.rejects(open(), /ECONNREFUSED/)
})

test('connections at rest have notice of the end of a listener: one more reply that tells it, or its time', async (t) => {
  const { client: open, endpoint, pass, sent, server } = await openRelay(t)
  endpoint.always(reply('x'))
  const asks = await sent(ask('GET /a'))
  await asks.until('x')
  const rests = await open()
  await eventually('both are in', () => server.connections === 2)
  const closing = server.close(1_000)
  asks.send(ask('GET /a'))
  assert.match(await asks.gone(), /Connection: close\r\n\r\nx$/)
  asks.finish()
  await eventually('it has left, the other has not', () => server.connections === 1)
  await pass(1_000)
  assert.equal(await rests.gone(), '')
  rests.finish()
  await closing
})

test('a listener that is destroyed ends every exchange, and records it', async (t) => {
  const { endpoint, record, sent, server } = await openRelay(t)
  const client = await sent(ask('GET /a'))
  const upstream = await endpoint.next()
  await upstream.until('\r\n\r\n')
  server.destroy()
  await client.gone()
  const { fault, reason } = await record()
  assert.deepEqual([fault, reason], ['OVERLOADED', 'the gateway stopped'])
  await eventually('the endpoint is left', () => upstream.ended || upstream.closed)
})

test('half of a reply that ends with its connection does not look whole when a listener is destroyed', async (t) => {
  const { endpoint, sent, server } = await openRelay(t)
  const client = await sent('GET /a HTTP/1.0\r\nHost: a\r\n\r\n')
  const upstream = await endpoint.next()
  await upstream.until('\r\n\r\n')
  upstream.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n')
  await client.until('half')
  server.destroy()
  await eventually('the client is cut off', () => client.reset)
})

test('a listener that drains says of each reply that it is the last, and goes on accepting', async (t) => {
  const { client: open, endpoint, sent, server } = await openRelay(t)
  endpoint.always(reply('x'))
  const before = await sent(ask('GET /a'))
  assert.doesNotMatch(await before.until('x'), /Connection: close/)
  server.drain()
  before.send(ask('GET /a'))
  const later = await sent(ask('GET /a'))
  for (const client of [before, later]) {
    assert.match(await client.gone(), /Connection: close\r\n\r\nx$/)
    client.finish()
  }
  await (await open()).socket.destroy()
})
