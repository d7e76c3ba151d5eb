// What happens at the bounds of connections and descriptors: who is refused is told so, who cannot
// even be refused waits.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually, type Peer, settled } from '../../test/raw-peer.ts'
import { Occupancy, occupancyMemory, soleOccupancy } from '../base.ts'
import { probeTransfer } from '../wire.ts'
import { ask, openRelay, type Relay, reply } from './relay-for-tests.ts'

const skip = probeTransfer().server ? false : 'this Node cannot pause accepting'

/** As many refusals as linger at once. */
const lingeringMax = 64

const clients = (relay: Relay, count: number): Promise<Peer[]> =>
  Promise.all(Array.from({ length: count }, () => relay.client()))

test('who is refused reads why, though nobody has read what was sent', async (t) => {
  const relay = await openRelay(t, { limits: { connectionsMax: 1 } })
  const { client: open, sent, server } = relay
  await open()
  await eventually('it is in', () => server.connections === 1)
  const refused = await sent(ask('POST /a', 'Content-Length: 20000') + 'x'.repeat(20_000))
  const text = await refused.gone()
  assert.match(text, /^HTTP\/1\.1 503 [\s\S]*Retry-After: 1\r\n[\s\S]*"OVERLOADED"[\s\S]*}$/)
  refused.send('x'.repeat(20_000))
  await settled()
  refused.finish()
  await eventually('it is closed', () => refused.closed)
  assert.deepEqual([refused.reset, server.refusedConnections], [false, 1])
})

test('a refused client that does not close is let go after two seconds', async (t) => {
  const { client: open, pass } = await openRelay(t, { limits: { connectionsPerAddressMax: 1 } })
  await open()
  const refused = await open()
  await refused.gone()
  refused.socket.write('x')
  await pass(1_500)
  refused.socket.write('x')
  await settled()
  assert.equal(refused.closed, false)
  await pass(1_000)
  // The first meets nobody, the second hears of it.
  for (let i = 0; i < 2; i++) {
    refused.socket.write('x')
    await settled()
  }
  await eventually('it is reset', () => refused.reset)
})

test('where the gateway is full and many linger, who comes waits', { skip }, async (t) => {
  const relay = await openRelay(t, { limits: { connectionsMax: 2 } })
  const { endpoint, pass, server } = relay
  endpoint.always(reply('x'))
  const inside = await clients(relay, 2)
  await eventually('they are in', () => server.connections === 2)
  const refused = await clients(relay, lingeringMax)
  for (const one of refused) await one.gone()
  assert.deepEqual([server.isPaused, server.pauses], [true, 1])
  const [waiting] = await clients(relay, 1)
  waiting!.send(ask('GET /a'))
  await pass(500)
  assert.deepEqual([waiting!.received, server.refusedConnections], ['', lingeringMax])
  inside[0]!.socket.destroy()
  await eventually('one has left', () => server.connections === 1)
  await pass(200)
  await waiting!.until('x')
  assert.equal(server.isPaused, false)
})

test('a pause lasts no longer than refusals linger', { skip }, async (t) => {
  const relay = await openRelay(t, { limits: { connectionsMax: 1 } })
  const { pass, server } = relay
  await clients(relay, 1)
  await eventually('it is in', () => server.connections === 1)
  await clients(relay, lingeringMax)
  await eventually('it pauses', () => server.isPaused)
  const [waiting] = await clients(relay, 1)
  await pass(3_000)
  assert.match(await waiting!.gone(), /^HTTP\/1\.1 503 /)
})

test('one address beyond its bound keeps nobody else waiting', async (t) => {
  const relay = await openRelay(t, {
    limits: { connectionsPerAddressMax: 1 },
  })
  const { server } = relay
  const refused = await clients(relay, lingeringMax + 20)
  await eventually('all are judged', () => server.refusedConnections === refused.length - 1)
  assert.equal(server.pauses, 0)
})

test('the bounds are of the gateway, whichever thread takes a connection', async (t) => {
  const memory = occupancyMemory(2, () => 0.5)
  const other = new Occupancy({ memory, thread: 1, threads: 2 })
  const limits = { connectionsMax: 5, connectionsPerAddressMax: 3 }
  const occupancy = new Occupancy({ memory, thread: 0, threads: 2 })
  const { client: open, server } = await openRelay(t, { limits, server: { occupancy } })
  const rows: [says: string, connections: number, ofAddress: number, refused: number][] = [
    ['others hold few', 4, 2, 0],
    ['others hold all but none', 5, 2, 1],
    ['others hold all of the address', 4, 3, 2],
  ]
  for (const [says, connections, ofAddress, refused] of rows) {
    other.note('connections', connections)
    other.noteAddress('127.0.0.1', ofAddress)
    const client = await open()
    const judged = () => server.connections + server.refusedConnections
    await eventually('it is judged', () => judged() === refused + (refused === 0 ? 1 : 0))
    assert.equal(server.refusedConnections, refused, says)
    client.finish()
    await eventually('it has left', () => server.connections === 0)
    other.note('connections', -connections)
    other.noteAddress('127.0.0.1', -ofAddress)
  }
  assert.deepEqual([occupancy.total('connections'), occupancy.ofAddress('127.0.0.1')], [0, 0])
})

test(
  'with few descriptors left who comes waits, and it is said now and then',
  { skip },
  async (t) => {
    let left = 100
    const warnings: string[] = []
    const descriptors = { max: 1_000, open: () => 1_000 - left }
    const relay = await openRelay(t, {
      server: { descriptors, warn: (sentence) => warnings.push(sentence) },
    })
    const { endpoint, pass, sent, server } = relay
    endpoint.always(reply('x'))
    const inside = await sent(ask('GET /a'))
    await inside.until('x')
    left = 10
    await pass(5_000)
    assert.equal(server.isPaused, true)
    const waiting = await sent(ask('GET /a'))
    inside.send(ask('GET /a'))
    await inside.until(/x[^]+x$/)
    assert.deepEqual(warnings, [
      'accepting no connection for a while: 1000 descriptors are nearly used up',
    ])
    assert.equal(waiting.received, '')
    left = 100
    await pass(1_500)
    await waiting.until('x')
    left = 10
    await pass(10_000)
    assert.equal(warnings.length, 2)
  },
)

test('connections to endpoints take room, too', async (t) => {
  const occupancy = soleOccupancy(() => 0.5)
  const descriptors = { max: 16, open: () => 0 }
  const { client: open, server } = await openRelay(t, { server: { descriptors, occupancy } })
  occupancy.note('endpointConnections', 8)
  await open()
  await eventually('it is refused', () => server.refusedConnections === 1)
  occupancy.note('endpointConnections', -8)
})

test('bodies that are held have a bound together: beyond it they are refused unread', async (t) => {
  const relay = await openRelay(t, { limits: { heldBytesMax: 1024 * 1024 } })
  const { endpoint, record, sent } = relay
  const json = ['Content-Type: application/json', 'Content-Length: 700000']
  const first = await sent(ask('PUT /held', ...json) + '"' + 'x'.repeat(699_998))
  await eventually('most is held', () => relay.runtime.occupancy.total('heldBytes') > 600_000)
  const second = await sent(ask('PUT /held', ...json, 'Expect: 100-continue'))
  assert.match(await second.until(/}$/), /^HTTP\/1\.1 503 [\s\S]*Retry-After: 1\r\n/)
  const { fault, reason } = await record()
  assert.deepEqual([fault, reason], ['OVERLOADED', 'there was no room to hold the body'])
  const chunks = `${(400_000).toString(16)}\r\n${'x'.repeat(400_000)}`
  const third = await sent(ask('PUT /held', json[0]!, 'Transfer-Encoding: chunked') + chunks)
  assert.match(await third.until(/}$/), /^HTTP\/1\.1 503 /)
  endpoint.always(reply('x'))
  first.send('"')
  await first.until('x')
  const fourth = await sent(ask('PUT /held', ...json) + '"' + 'x'.repeat(699_998) + '"')
  await fourth.until('x')
})

test('many who take large replies slowly cost a bounded piece of memory each', async (t) => {
  const readers = 100
  const replyBytes = 20e6
  const relay = await openRelay(t)
  const before = process.memoryUsage().rss
  const peers = await clients(relay, readers)
  for (const { socket } of peers) {
    socket.pause()
    socket.write(ask('GET /a'))
  }
  const piece = Buffer.alloc(64 * 1024)
  let wanting = 0
  for (let i = 0; i < readers; i++) {
    const { socket } = await relay.endpoint.next()
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${replyBytes}\r\n\r\n`)
    let left = replyBytes
    const pump = (): void => {
      while (left > piece.length && socket.write(piece)) left -= piece.length
      wanting++
    }
    socket.on('drain', () => {
      wanting--
      pump()
    })
    pump()
  }
  await relay.pass(2_000)
  assert.equal(wanting, readers, 'every endpoint waits for its reader')
  const eachBytes = (process.memoryUsage().rss - before) / readers
  t.diagnostic(`${Math.round(eachBytes / 1024)} kB for each, both ends included`)
  assert.ok(eachBytes < replyBytes / 10)
})
