// Upgrades over HTTP/1.1: when a tunnel opens, what goes through it, and how either side ends it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../../test/raw-peer.ts'
import { ask, openRelay } from './relay-for-tests.ts'

const upgrade = ask(
  'GET /a',
  'Connection: keep-alive, Upgrade',
  'Upgrade: WebSocket',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
)
const taken =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
const steps = { tunnel: { protocol: 'websocket' } }

test('an operation without a tunnel takes an upgrade for an ordinary request', async (t) => {
  const { endpoint, sent } = await openRelay(t)
  const client = await sent(upgrade)
  const upstream = await endpoint.next()
  assert.doesNotMatch(await upstream.until('\r\n\r\n'), /upgrade/i)
  upstream.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  assert.match(await client.until('ok'), /^HTTP\/1\.1 200/)
})

test('what both sides send behind an upgrade goes through, from its very first byte', async (t) => {
  const { endpoint, record, sent } = await openRelay(t, { steps })
  const client = await sent(`${upgrade}early`)
  const upstream = await endpoint.next()
  const asked = await upstream.until('\r\n\r\n')
  assert.match(asked, /\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n/)
  upstream.send(`${taken}first`)
  const head = await client.until('first')
  assert.match(
    head,
    /^HTTP\/1\.1 101 Switching Protocols\r\n[^]*Connection: Upgrade\r\nUpgrade: websocket\r\n/,
  )
  await upstream.until('early')
  client.send('\x81\x00\xff')
  await upstream.until('\x81\x00\xff')
  upstream.send('\r\n\r\nGET / HTTP/1.1\r\n\r\n')
  await client.until('GET / HTTP/1.1\r\n\r\n')
  upstream.socket.end()
  await eventually('the client sees the end', () => client.ended)
  const { fault, status, requestBytes, replyBytes } = await record()
  assert.deepEqual(
    { fault, status, requestBytes, replyBytes },
    { fault: undefined, status: 101, requestBytes: 8, replyBytes: 27 },
  )
})

test('another answer than the upgrade is an ordinary reply, and its connection is used again', async (t) => {
  const { endpoint, sent } = await openRelay(t, { steps })
  const client = await sent(upgrade)
  const upstream = await endpoint.next()
  await upstream.until('\r\n\r\n')
  upstream.send('HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno')
  await client.until('no')
  client.send(ask('GET /a'))
  await upstream.until(/GET \/a[^]*GET \/a[^]*\r\n\r\n/)
})

test('an upgrade to what nobody asked for is a fault of the upstream', async (t) => {
  const answers: [says: string, answer: string][] = [
    ['another protocol', taken.replace('websocket', 'h2c')],
    ['no Connection', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n'],
    ['no Upgrade', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\r\n'],
  ]
  for (const [says, answer] of answers) {
    const { endpoint, sent } = await openRelay(t, { steps })
    const client = await sent(upgrade)
    const upstream = await endpoint.next()
    await upstream.until('\r\n\r\n')
    upstream.send(answer)
    assert.match(await client.until('}}'), /^HTTP\/1\.1 502 [^]*UPSTREAM_PROTOCOL/, says)
  }
})

test('a tunnel whose client goes away is closed towards the endpoint, and the other way round', async (t) => {
  for (const goes of ['client', 'upstream'] as const) {
    const { endpoint, record, sent } = await openRelay(t, { steps })
    const client = await sent(upgrade)
    const upstream = await endpoint.next()
    await upstream.until('\r\n\r\n')
    upstream.send(taken)
    await client.until('\r\n\r\n')
    const [gone, left] = goes === 'client' ? [client, upstream] : [upstream, client]
    gone.socket.resetAndDestroy()
    await eventually('the other side sees it', () => left.closed || left.ended || left.reset)
    const { fault } = await record()
    assert.equal(fault, goes === 'client' ? 'CLIENT_CLOSED' : 'UPSTREAM_CLOSED')
  }
})

test('a half-closed client gets what the endpoint still has to say', async (t) => {
  const { endpoint, sent } = await openRelay(t, { steps })
  const client = await sent(upgrade)
  const upstream = await endpoint.next()
  await upstream.until('\r\n\r\n')
  upstream.send(taken)
  await client.until('\r\n\r\n')
  client.socket.end('bye')
  await upstream.until('bye')
  await eventually('the end goes on', () => upstream.ended)
  upstream.socket.end('farewell')
  await client.until('farewell')
})
