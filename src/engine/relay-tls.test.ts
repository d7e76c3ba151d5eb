// Endpoints over TLS and on Unix sockets, through the gateway: what clients are told, what records.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { renameSync, rmSync } from 'node:fs'
import { createServer as createPlainServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls'
import { makeAuthority, makeCertificate } from '../../test/certificates.ts'
import { eventually, Peer } from '../../test/raw-peer.ts'
import type { UpstreamPlan } from '../upstream.ts'
import { ask, openRelay, type RelayOptions, reply } from './relay-for-tests.ts'

const authority = makeAuthority()
const service = makeCertificate({ names: ['127.0.0.1'], issuer: authority })
const blobs = [Buffer.from(authority.cert)]
const tls = { id: 'a', ca: 0 }

async function listening(t: TestContext, server: Server, at: number | string = 0): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => {})))
  if (typeof at === 'string') server.listen(at)
  else server.listen(at, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const address = server.address()
  return typeof address === 'object' ? address!.port : 0
}

/** A service over TLS that answers every request with `ok`, and what it saw. */
async function secureService(t: TestContext, options: TlsOptions = {}) {
  const peers: Peer[] = []
  const sockets: TLSSocket[] = []
  const server = createServer({ ...service, ...options }, (socket) => {
    sockets.push(socket)
    peers.push(new Peer(socket))
    socket.on('data', (data: Buffer) => {
      if (data.includes('\r\n\r\n')) socket.write(reply('ok'))
    })
  })
  server.on('tlsClientError', () => {})
  return { peers, port: await listening(t, server), sockets }
}

const relayTo = (
  t: TestContext,
  endpoint: UpstreamPlan['endpoints'][number],
  upstream: Partial<UpstreamPlan> = {},
  options: RelayOptions = {},
) => openRelay(t, { blobs, ...options, upstream: { endpoints: [endpoint], ...upstream } })

const secureAt = (port: number) =>
  ({ host: '127.0.0.1', port, basePath: '', isSecure: true }) as const

test('a request goes over TLS, and the next one over the same connection', async (t) => {
  const { peers, port } = await secureService(t)
  const { record, sent } = await relayTo(t, secureAt(port), { tls })
  const client = await sent(ask('GET /a'))
  await client.until('ok')
  client.send(ask('GET /a'))
  await client.until(/ok[^]+ok$/)
  assert.match(
    peers[0]!.received,
    new RegExp(`^GET /a HTTP/1\\.1\r\nHost: 127\\.0\\.0\\.1:${port}\r\n`),
  )
  assert.equal(peers.length, 1)
  assert.equal((await record()).endpoint, `127.0.0.1:${port}`)
})

test('of a service that does not prove who it is nothing is said to the client, all to the record', async (t) => {
  const { peers, port } = await secureService(
    t,
    makeCertificate({ names: ['secret.test'], issuer: authority }),
  )
  const { record, sent } = await relayTo(t, secureAt(port), { tls })
  const client = await sent(ask('POST /a', 'Content-Length: 0'))
  const text = await client.until('}}')
  assert.match(text, /^HTTP\/1\.1 502 [^]*"UPSTREAM_TLS"/)
  assert.doesNotMatch(text, /secret|certificate/)
  const { fault, reason } = await record()
  assert.equal(fault, 'UPSTREAM_TLS')
  assert.match(
    reason!,
    /^the connection failed in TLS: its certificate is for other names \(DNS:secret\.test\)$/,
  )
  assert.deepEqual(
    peers.filter(({ received }) => received !== ''),
    [],
  )
})

test('a service that demands a certificate, and says so after the handshake, is told apart', async (t) => {
  const { port } = await secureService(t, { requestCert: true, ca: authority.cert })
  const { record, sent } = await relayTo(t, secureAt(port), { tls })
  const client = await sent(ask('GET /a'))
  assert.match(await client.until('}}'), /"UPSTREAM_TLS"/)
  assert.match((await record()).reason!, /it demands a client's certificate/)
})

test('a handshake that never ends is given up in time, and leaves no socket', async (t) => {
  const peers: Peer[] = []
  const silent = createPlainServer((socket) => peers.push(new Peer(socket)))
  const port = await listening(t, silent)
  const limits = { connectTimeoutMs: 1_000 }
  const { pass, record, sent, upstreams } = await relayTo(t, secureAt(port), { tls }, { limits })
  const client = await sent(ask('GET /a'))
  await eventually(
    'a handshake begins',
    () => peers[0]?.received !== undefined && peers[0].received !== '',
  )
  await pass(1_500)
  assert.match(await client.until('}}'), /^HTTP\/1\.1 504 [^]*"UPSTREAM_TIMEOUT"/)
  await peers[0]!.gone()
  assert.equal((await record()).reason, 'no connection opened in time')
  await eventually('none is left', () => upstreams.states()[0]!.activeConnections === 0)
})

test('a large body goes up and down over TLS, unharmed, held up by who takes it slowly', async (t) => {
  const bytes = 3_000_000
  const server = createServer(service, (socket) => {
    let seen = 0
    socket.on('data', (data: Buffer) => {
      seen += data.length
      if (!data.subarray(-3).equals(Buffer.from('END'))) return
      socket.write(reply(`${'y'.repeat(bytes)}${seen > bytes}`))
    })
  })
  const port = await listening(t, server)
  const { sent } = await relayTo(t, secureAt(port), { tls })
  const client = await sent(ask('POST /a', `Content-Length: ${bytes + 3}`))
  client.keepBytesMax = 2 * bytes
  client.send(`${'x'.repeat(bytes)}END`)
  const text = await client.until(/true$/)
  assert.ok(text.includes('y'.repeat(bytes)))
})

test('with TLS the PROXY header goes before the handshake', async (t) => {
  const starts: string[] = []
  const inner = createServer(service, (socket) => {
    socket.once('data', () => socket.write(reply('ok')))
  })
  const outer = createPlainServer((socket) => {
    socket.once('readable', () => {
      // The header alone: the handshake stays for the server behind.
      const header = (socket.read() as Buffer).toString('latin1')
      const end = header.indexOf('\r\n') + 2
      starts.push(header.slice(0, end))
      socket.unshift(Buffer.from(header.slice(end), 'latin1'))
      inner.emit('connection', socket)
    })
  })
  const port = await listening(t, outer)
  const { sent } = await relayTo(t, secureAt(port), { tls, proxyProtocol: 'v1' })
  const client = await sent(ask('GET /a'))
  await client.until('ok')
  assert.match(starts[0]!, /^PROXY TCP4 127\.0\.0\.1 127\.0\.0\.1 \d+ \d+\r\n$/)
})

const socketPath = (t: TestContext): string => {
  const path = join(tmpdir(), `concordat-${process.pid}-${performance.now()}.sock`)
  t.after(() => rmSync(path, { force: true }))
  return path
}

test('a Unix socket is asked as localhost, and named by its path', async (t) => {
  const path = socketPath(t)
  const heads: string[] = []
  const server = createPlainServer((socket) =>
    socket.on('data', (data: Buffer) => {
      heads.push(data.toString('latin1'))
      socket.write(reply('ok'))
    }),
  )
  await listening(t, server, path)
  const { record, sent, upstreams } = await relayTo(t, { socketPath: path, basePath: '/v1' })
  const client = await sent(ask('GET /a'))
  await client.until('ok')
  client.send(ask('GET /a'))
  await client.until(/ok[^]+ok$/)
  assert.match(heads[1]!, /^GET \/v1\/a HTTP\/1\.1\r\nHost: localhost\r\n/)
  assert.equal((await record()).endpoint, `unix:${path}`)
  const { host, port, idleConnections } = upstreams.states()[0]!
  assert.deepEqual([host, port, idleConnections], [path, undefined, 1])
})

test('a Unix socket that is missing is told from one that nobody serves', async (t) => {
  const path = socketPath(t)
  const missing = await relayTo(t, { socketPath: path, basePath: '' })
  assert.match(await (await missing.sent(ask('GET /a'))).until('}}'), /UPSTREAM_UNREACHABLE/)
  assert.equal((await missing.record()).reason, 'the connection found no such socket (ENOENT)')

  // Node removes a socket by the name that it had.
  const server = createPlainServer().listen(path)
  await once(server, 'listening')
  const left = socketPath(t)
  renameSync(path, left)
  await new Promise((resolve) => server.close(resolve))
  const deserted = await relayTo(t, { socketPath: left, basePath: '' })
  assert.match(await (await deserted.sent(ask('GET /a'))).until('}}'), /UPSTREAM_UNREACHABLE/)
  assert.equal((await deserted.record()).reason, 'the connection ECONNREFUSED')
})
