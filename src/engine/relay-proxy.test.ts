// The PROXY protocol on both sides of the gateway, between raw sockets.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { eventually } from '../../test/raw-peer.ts'
import { ask, openRelay, type RelayOptions, reply } from './relay-for-tests.ts'

const warnings: string[] = []

/** Behind a hop on the loopback, which is trusted where nothing else is said. */
const announced = (t: TestContext, options: RelayOptions = {}) =>
  openRelay(t, {
    ...options,
    server: {
      isAnnounced: () => true,
      isTrustedHop: (address) => address === '127.0.0.1',
      warn: (sentence) => warnings.push(sentence),
      ...options.server,
    },
  })

const line = (address: string, port = 4_711) => `PROXY TCP4 ${address} 198.51.100.1 ${port} 80\r\n`
const signature = '\r\n\r\n\0\r\nQUIT\n'

test('whom the header names is the client: in the record, and to the service', async (t) => {
  const { endpoint, record, sent } = await announced(t)
  endpoint.always(reply('ok'))
  const client = await sent(line('192.0.2.7') + ask('GET /a', 'X-Forwarded-For: 203.0.113.1'))
  await client.until('ok')
  assert.equal((await record()).clientAddress, '192.0.2.7')
  const head = await (await endpoint.next()).until('\r\n\r\n')
  assert.match(head, /X-Forwarded-For: 192\.0\.2\.7\r\n/)
  assert.doesNotMatch(head, /203\.0\.113\.1|PROXY/)
})

test('a header and two requests come byte by byte, and nothing is lost between', async (t) => {
  const { endpoint, records, sent } = await announced(t)
  endpoint.always(reply('ok'))
  const binary = `${signature}\x21\x11\0\x0c\xc0\0\x02\x07\xc6\x33\x64\x01\x12\x67\0\x50`
  const bytes = binary + ask('GET /a') + ask('GET /a')
  const client = await sent('')
  for (const byte of bytes) {
    client.send(byte)
    await new Promise((resolve) => setImmediate(resolve))
  }
  await eventually('both are recorded', () => records.length === 2)
  assert.deepEqual(
    records.map(({ clientAddress }) => clientAddress),
    ['192.0.2.7', '192.0.2.7'],
  )
})

test('of a health check the hop itself is the client', async (t) => {
  const { endpoint, record, sent } = await announced(t)
  endpoint.always(reply('ok'))
  const client = await sent(`${signature}\x20\0\0\0${ask('GET /a')}`)
  await client.until('ok')
  assert.equal((await record()).clientAddress, '127.0.0.1')
})

const unbelieved: readonly [says: string, sent: string][] = [
  ['a request', ask('GET /a')],
  ['a line that is none', `PROXY TCP4 nobody${ask('GET /a')}`],
  ['a header that is too long', `${signature}\x21\x11\xff\xff`],
]

for (const [says, text] of unbelieved) {
  test(`in the place of a header ${says} is closed without a reply, counted and told`, async (t) => {
    warnings.length = 0
    const { records, sent, server } = await announced(t)
    const client = await sent(text)
    assert.equal(await client.gone(), '')
    assert.deepEqual([server.refusedConnections, records.length], [1, 0])
    assert.match(warnings.join(), /^closed a connection: its? /)
  })
}

test('of others than trusted hops no header is believed', async (t) => {
  warnings.length = 0
  const { records, sent, server } = await announced(t, { server: { isTrustedHop: () => false } })
  const client = await sent(line('192.0.2.7') + ask('GET /a'))
  assert.equal(await client.gone(), '')
  assert.deepEqual([server.refusedConnections, records.length], [1, 0])
  assert.deepEqual(warnings.length, 1)
})

test('where none is awaited a header is no request', async (t) => {
  const { sent } = await openRelay(t)
  const client = await sent(line('192.0.2.7') + ask('GET /a'))
  assert.match(await client.gone(), /^HTTP\/1\.1 400 /)
})

test('a header has as much time as a head, whether any of it came or not', async (t) => {
  const { pass, sent, server } = await announced(t, { limits: { headTimeoutMs: 5_000 } })
  const silent = await sent('')
  const slow = await sent('PROXY TCP4 192')
  await pass(4_500)
  assert.deepEqual([silent.ended, slow.ended], [false, false])
  await pass(1_000)
  await Promise.all([silent.gone(), slow.gone()])
  assert.equal(server.refusedConnections, 2)
})

test('who comes and goes without a word is nobody that was refused', async (t) => {
  const { sent, server } = await announced(t)
  const client = await sent('')
  await eventually('it is taken', () => server.connections === 1)
  client.finish()
  await client.gone()
  await eventually('it is gone', () => server.connections === 0)
  assert.equal(server.refusedConnections, 0)
})

test('the bound on connections counts for whom the header names, and others are served', async (t) => {
  const limits = { connectionsPerAddressMax: 1 }
  const { endpoint, sent, server } = await announced(t, { limits })
  endpoint.always(reply('ok'))
  await (await sent(line('192.0.2.7') + ask('GET /a'))).until('ok')
  const second = await sent(line('192.0.2.7') + ask('GET /a'))
  assert.match(await second.gone(), /^HTTP\/1\.1 503 /)
  second.finish()
  await (await sent(line('192.0.2.8') + ask('GET /a'))).until('ok')
  assert.equal(server.refusedConnections, 1)
})

test('a gateway that closes waits for no header', async (t) => {
  const { sent, server } = await announced(t)
  const waiting = await sent('PROXY ')
  await eventually('it is taken', () => server.connections === 1)
  await server.close()
  await waiting.gone()
})

const bytesOf = (...ports: number[]): string =>
  ports.map((port) => String.fromCharCode(port >> 8, port & 255)).join('')

const headers = {
  v1: (from: number, to: number) => `PROXY TCP4 127.0.0.1 127.0.0.1 ${from} ${to}\r\n`,
  v2: (from: number, to: number) =>
    `${signature}\x21\x11\0\x0c\x7f\0\0\x01\x7f\0\0\x01${bytesOf(from, to)}`,
}

for (const version of ['v1', 'v2'] as const) {
  test(`${version}: each request has a connection of its own, which begins with its client`, async (t) => {
    const {
      client: connect,
      endpoint,
      server,
      upstreams,
    } = await openRelay(t, {
      upstream: { proxyProtocol: version },
    })
    endpoint.always(reply('ok'))
    const client = await connect()
    const start = `${headers[version](client.socket.localPort!, server.port)}GET /a `
    for (let request = 1; request <= 2; request++) {
      client.send(ask('GET /a'))
      await client.until('ok')
      const upstream = await endpoint.next()
      assert.equal(upstream.received.slice(0, start.length), start)
      await upstream.gone()
      client.received = ''
    }
    await eventually('none is kept', () => upstreams.states()[0]!.activeConnections === 0)
  })
}

test('who is announced is announced, to the port', async (t) => {
  const { endpoint, sent } = await announced(t, { upstream: { proxyProtocol: 'v1' } })
  endpoint.always(reply('ok'))
  await (await sent(line('192.0.2.7') + ask('GET /a'))).until('ok')
  const upstream = await endpoint.next()
  assert.match(upstream.received, /^PROXY TCP4 192\.0\.2\.7 198\.51\.100\.1 4711 80\r\nGET /)
})

test('a full endpoint that is told of clients lets the next wait, as any other', async (t) => {
  const { endpoint, sent, upstreams } = await openRelay(t, {
    limits: { endpointConnectionsMax: 1 },
    upstream: { proxyProtocol: 'v1' },
  })
  const first = await sent(ask('GET /a'))
  const one = await endpoint.next()
  await one.until('\r\n\r\n')
  const second = await sent(ask('GET /a'))
  await eventually('it waits', () => upstreams.states()[0]!.waiting === 1)
  one.send(reply('ok'))
  await first.until('ok')
  const other = await endpoint.next()
  await other.until('\r\n\r\n')
  other.send(reply('ok'))
  await second.until('ok')
})

test('who leaves while a connection is opened for it leaves none behind', async (t) => {
  const { endpoint, pass, sent, upstreams } = await openRelay(t, {
    limits: { endpointConnectionsMax: 1 },
    upstream: { proxyProtocol: 'v2' },
  })
  const first = await sent(ask('GET /a'))
  await (await endpoint.next()).until(/GET/)
  const second = await sent(ask('GET /a'))
  await eventually('it waits', () => upstreams.states()[0]!.waiting === 1)
  second.cut()
  await eventually('it left', () => upstreams.states()[0]!.waiting === 0)
  first.cut()
  await pass(500)
  await eventually('none is left', () => upstreams.states()[0]!.activeConnections === 0)
})
