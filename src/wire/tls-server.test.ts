// Handshakes of clients of every kind: what is agreed upon, what is refused, what is resumed, and
// that nothing stays open behind those that never end.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectPlain } from 'node:net'
import { test, type TestContext } from 'node:test'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { makeAuthority, makeCertificate } from '../../test/certificates.ts'
import { eventually, Peer, settled } from '../../test/raw-peer.ts'
import { defaultLimits, type Limits, type ManualClock, manualClock } from '../base.ts'
import type { Stream, StreamEvents } from '../http.ts'
import { listen, type ServerOptions, type WireServer } from './server.ts'
import { Sweeper } from './sweeper.ts'
import { TlsIdentities } from './tls-identities.ts'
import { noTlsMaterial, type TlsMaterial } from './tls-material.ts'

const authority = makeAuthority()
const leaf = (...names: string[]) => ({ names, ...makeCertificate({ names, issuer: authority }) })
const [one, two] = [leaf('one.test'), leaf('two.test')]
const material: TlsMaterial = { ...noTlsMaterial, certificates: [one, two] }

interface Served {
  readonly wire: WireServer
  readonly clock: ManualClock
  readonly bugs: unknown[]
  /** Whether the last request came encrypted. */
  wasSecure: boolean | undefined
  client: string | undefined
  prove(material: TlsMaterial): void
}

async function serving(
  t: TestContext,
  more: Partial<ServerOptions> & { bounds?: Partial<Limits>; material?: TlsMaterial } = {},
): Promise<Served> {
  const clock = manualClock()
  const bugs: unknown[] = []
  const bug = (error: unknown) => void bugs.push(error)
  let identities = new TlsIdentities(more.material ?? material)
  const limits = { ...defaultLimits, ...more.bounds }
  const wire = await listen({
    at: { host: '127.0.0.1', port: 0 },
    clock,
    sweeper: new Sweeper(clock, bug),
    limits: () => limits,
    isTrustedHop: () => false,
    overloaded: () => 'HTTP/1.1 503 Full\r\n\r\n',
    identities: () => identities,
    exchange: echo,
    malformed: (stream) => stream.cut(),
    bug,
    ...more,
  })
  t.after(async () => {
    wire.destroy()
    assert.deepEqual(bugs, [])
  })
  const served: Served = {
    wire,
    clock,
    bugs,
    wasSecure: undefined,
    client: undefined,
    prove: (next) => (identities = new TlsIdentities(next)),
  }
  function echo(stream: Stream): void {
    served.wasSecure = stream.peer.isSecure
    served.client = stream.peer.address
    const isEmpty = stream.head.bodyLength === 'none'
    const length = isEmpty ? 5 : stream.head.bodyLength
    const lines = `Content-Length: ${String(length)}\r\n`
    const events: Partial<StreamEvents> = {
      requestPiece: (piece) => {
        if (!stream.sendPiece(piece)) stream.pauseBody()
      },
      requestEnded: () => stream.sendEnd([]),
      clientWritable: () => stream.readBody(),
      clientGone() {},
    }
    stream.attach(events as StreamEvents)
    stream.sendHead('200 OK', lines, length)
    if (isEmpty) {
      stream.sendPiece('hello')
      stream.sendEnd([])
    } else stream.readBody()
  }
  return served
}

const request = 'GET / HTTP/1.1\r\nHost: one.test\r\n\r\n'
const replyEnd = /\r\n\r\nhello$/

function opened(t: TestContext, { wire }: Served, options: ConnectionOptions = {}): TLSSocket {
  const socket = connect({
    host: '127.0.0.1',
    port: wire.port,
    ca: authority.cert,
    servername: 'one.test',
    ...options,
  })
  t.after(() => socket.destroy())
  return socket
}

async function asked(
  t: TestContext,
  served: Served,
  options: ConnectionOptions = {},
): Promise<{ socket: TLSSocket; peer: Peer }> {
  const socket = opened(t, served, options)
  const peer = new Peer(socket)
  peer.send(request)
  await peer.until(replyEnd)
  return { socket, peer }
}

/** Undefined where the handshake comes to its end. */
async function failureOf(socket: TLSSocket): Promise<string | undefined> {
  const failed = once(socket, 'secureConnect').then(
    () => undefined,
    (error: NodeJS.ErrnoException) => error.code ?? error.message,
  )
  return failed
}

async function nothingLeft({ wire }: Served): Promise<void> {
  await eventually('every connection is gone', () => wire.connections === 0)
}

test('a request over TLS is served as secure, one after the other', async (t) => {
  const served = await serving(t)
  const { peer, socket } = await asked(t, served)
  peer.received = ''
  peer.send(request + request)
  await peer.until(/hello.*\r\n\r\nhello$/s)
  assert.equal(served.wasSecure, true)
  socket.end()
  await nothingLeft(served)
})

const shown: readonly [servername: string, want: string][] = [
  ['one.test', 'one.test'],
  ['two.test', 'two.test'],
  ['unknown.test', 'one.test'],
  ['__proto__', 'one.test'],
  ['', 'one.test'],
]

for (const [servername, want] of shown) {
  test(`who asks for '${servername}' is shown the certificate of ${want}`, async (t) => {
    const served = await serving(t)
    const options = { servername, checkServerIdentity: () => undefined }
    const { socket } = await asked(t, served, options)
    assert.equal(socket.getPeerCertificate().subjectaltname, `DNS:${want}`)
  })
}

const terms: readonly [says: string, options: ConnectionOptions, want: string | undefined][] = [
  ['TLS 1.3', { minVersion: 'TLSv1.3' }, undefined],
  ['TLS 1.2', { maxVersion: 'TLSv1.2' }, undefined],
  [
    'TLS 1.1',
    { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' },
    'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
  ],
  ['AES-256-GCM', { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' }, undefined],
  ['ChaCha20', { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-CHACHA20-POLY1305' }, undefined],
  [
    'CBC',
    { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256' },
    'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE',
  ],
  [
    'keys of RSA',
    { maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' },
    'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE',
  ],
  ['X25519', { ecdhCurve: 'X25519' }, undefined],
  ['P-256', { ecdhCurve: 'P-256' }, undefined],
  ['P-521', { ecdhCurve: 'P-521' }, 'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE'],
  ['HTTP/2', { ALPNProtocols: ['http/1.1', 'h2'] }, undefined],
  ['HTTP/1.1', { ALPNProtocols: ['http/1.1'] }, undefined],
  [
    'no protocol of ours',
    { ALPNProtocols: ['spdy/3'] },
    'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
  ],
]

for (const [says, options, want] of terms) {
  test(`a client of ${says} is ${want === undefined ? 'served' : 'refused'}`, async (t) => {
    const served = await serving(t)
    const socket = opened(t, served, options)
    const failure = await failureOf(socket)
    assert.equal(failure?.replace('SSLV3_ALERT', 'SSL/TLS_ALERT'), want)
    const spoken = (options.ALPNProtocols as readonly string[] | undefined)?.at(-1)
    if (want === undefined) assert.equal(socket.alpnProtocol, spoken ?? false)
    socket.destroy()
    await nothingLeft(served)
  })
}

test('what a thread began another resumes, and after certificates have changed', async (t) => {
  const ticketKeys = Buffer.alloc(48, 7)
  const served = await serving(t, { material: { ...material, ticketKeys } })
  const other = await serving(t, { material: { ...material, ticketKeys } })
  const stranger = await serving(t, { material: { ...material, ticketKeys: Buffer.alloc(48, 8) } })
  for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const) {
    let session: Buffer | undefined
    const first = opened(t, served, { maxVersion })
    first.on('session', (latest: Buffer) => (session = latest))
    const peer = new Peer(first)
    peer.send(request)
    await peer.until(replyEnd)
    await eventually('a session comes', () => session !== undefined)
    const reused = async (by: Served) => {
      const { socket } = await asked(t, by, { maxVersion, session: session! })
      return socket.isSessionReused()
    }
    assert.ok(await reused(other), `${maxVersion}: by another thread`)
    other.prove({ ...material, ticketKeys, certificates: [leaf('one.test')] })
    assert.ok(await reused(other), `${maxVersion}: with another certificate`)
    assert.ok(!(await reused(stranger)), `${maxVersion}: not under another key`)
  }
})

test('another certificate is shown from the next handshake on, and who is there stays', async (t) => {
  const served = await serving(t)
  const { peer } = await asked(t, served)
  served.prove({ ...material, certificates: [two] })
  const options = { checkServerIdentity: () => undefined }
  const { socket } = await asked(t, served, options)
  assert.equal(socket.getPeerCertificate().subjectaltname, 'DNS:two.test')
  peer.received = ''
  peer.send(request)
  await peer.until(replyEnd)
})

test('a challenge is answered with its own certificate, and the connection ends', async (t) => {
  const challenge = { ...makeCertificate({ names: ['new.test'] }), name: 'new.test' }
  const wants = { servername: 'new.test', ALPNProtocols: ['acme-tls/1'], rejectUnauthorized: false }
  const served = await serving(t)
  const before = await failureOf(opened(t, served, wants))
  assert.equal(before, 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL')
  served.prove({ ...material, challenges: [challenge] })
  for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const) {
    const socket = opened(t, served, { ...wants, maxVersion })
    await once(socket, 'secureConnect')
    assert.equal(socket.alpnProtocol, 'acme-tls/1')
    assert.equal(socket.getPeerCertificate().subjectaltname, 'DNS:new.test')
    await new Peer(socket).gone()
    const stranger = opened(t, served, { ...wants, maxVersion, servername: 'one.test' })
    assert.notEqual(await failureOf(stranger), undefined, 'for no other name')
    await asked(t, served)
  }
})

test('whoever speaks HTTP in clear is told so', async (t) => {
  const served = await serving(t)
  const peer = new Peer(connectPlain(served.wire.port, '127.0.0.1'))
  peer.send(request)
  assert.match(await peer.gone(), /^HTTP\/1\.1 400 Bad Request\r\n.*speaks TLS.*\n$/s)
  peer.finish()
  await nothingLeft(served)
})

test('one too many is told so by an alert', async (t) => {
  const served = await serving(t, { bounds: { connectionsPerAddressMax: 1 } })
  await asked(t, served)
  const failure = await failureOf(opened(t, served))
  assert.equal(failure, 'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR')
})

/** A hello that is whole, to be cut and spoilt. */
async function helloBytes(): Promise<Buffer> {
  const { createServer } = await import('node:net')
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const client = connect({ port, host: '127.0.0.1', servername: 'one.test' }).on('error', () => {})
  const [accepted] = await once(server, 'connection')
  const [hello] = (await once(accepted, 'data')) as [Buffer]
  client.destroy()
  accepted.destroy()
  server.close()
  return hello
}

const hello = await helloBytes()
const record = (...bytes: number[]) => Buffer.from([0x16, 3, 1, 0, bytes.length, ...bytes])

const broken: readonly [says: string, bytes: Buffer][] = [
  ['no TLS at all', Buffer.from([0, 1, 2, 3])],
  ['SSL 2', Buffer.from([0x80, 0x2e, 1, 0, 2, 0, 0x15])],
  ['an alert', Buffer.from([0x15, 3, 1, 0, 2, 1, 0])],
  ['a record that is too long', Buffer.concat([record(1).fill(0xff, 3, 5), Buffer.alloc(20_000)])],
  ['a handshake of another kind', record(2, 0, 0, 0)],
  ['a hello that lies of its length', record(1, 0xff, 0xff, 0xff, 3, 3)],
  ['a hello and rubbish', Buffer.concat([hello, Buffer.alloc(100, 0x7f)])],
  [
    'a spoilt hello',
    Buffer.from(hello.map((byte, at) => (at > 60 && at < 90 ? byte ^ 0x55 : byte))),
  ],
  ['ten thousand empty records', Buffer.concat([hello, ...Array(10_000).fill(record())])],
]

for (const [says, bytes] of broken) {
  test(`${says} ends that connection, and nothing else`, async (t) => {
    const served = await serving(t)
    const peer = new Peer(connectPlain(served.wire.port, '127.0.0.1'))
    peer.socket.write(bytes)
    await peer.gone()
    peer.socket.destroy()
    await nothingLeft(served)
    await asked(t, served)
  })
}

const leaving: readonly [says: string, leave: (peer: Peer) => void][] = [
  ['ends', (peer) => peer.finish()],
  ['is reset', (peer) => peer.cut()],
]

for (const [how, leave] of leaving) {
  for (const part of [0, 1, 5, 40, hello.length]) {
    test(`a handshake that ${how} after ${part} bytes leaves nothing behind`, async (t) => {
      const served = await serving(t)
      const peer = new Peer(connectPlain(served.wire.port, '127.0.0.1'))
      await once(peer.socket, 'connect')
      await eventually('it is taken', () => served.wire.connections === 1)
      if (part > 0) peer.socket.write(hello.subarray(0, part))
      if (part === hello.length) await eventually('it is answered', () => peer.receivedBytes > 0)
      leave(peer)
      await nothingLeft(served)
      peer.socket.destroy()
    })
  }
}

const still: readonly [after: string, bytes: Buffer][] = [
  ['nothing', Buffer.alloc(0)],
  ['a part of the head of a record', hello.subarray(0, 4)],
  ['a part of its hello', hello.subarray(0, 40)],
  ['a record without content', record()],
  ['a record that holds a part of a hello', record(1, 0, 0, 5, 3)],
  ['its hello', hello],
]

for (const [after, bytes] of still) {
  test(`a handshake that stands still after ${after} ends with its time`, async (t) => {
    const served = await serving(t)
    const peer = new Peer(connectPlain(served.wire.port, '127.0.0.1'))
    if (bytes.length > 0) peer.socket.write(bytes)
    await eventually('it is taken', () => served.wire.connections === 1)
    if (bytes === hello) await eventually('it is answered', () => peer.receivedBytes > 0)
    await settled()
    served.clock.advance(defaultLimits.tlsHandshakeTimeoutMs)
    assert.equal(served.wire.connections, 1)
    served.clock.advance(200)
    await nothingLeft(served)
    await peer.gone()
    peer.socket.destroy()
  })
}

test('a hello that comes byte by byte is a hello', async (t) => {
  const served = await serving(t)
  const peer = new Peer(connectPlain(served.wire.port, '127.0.0.1'))
  peer.socket.setNoDelay(true)
  for (const byte of hello) {
    peer.socket.write(Buffer.from([byte]))
    await new Promise((resolve) => setImmediate(resolve))
  }
  await eventually('it is answered', () => peer.receivedBytes > 1_000)
  peer.cut()
  await nothingLeft(served)
})

test('with too many under way others wait, and who stands still makes room', async (t) => {
  const served = await serving(t, { bounds: { tlsHandshakesMax: 2 } })
  const slow = [0, 1].map(() => new Peer(connectPlain(served.wire.port, '127.0.0.1')))
  for (const peer of slow) {
    peer.socket.write(hello)
    await eventually('it is answered', () => peer.receivedBytes > 0)
  }
  const waiting = asked(t, served)
  await eventually('it has come', () => served.wire.connections === 3)
  await settled()
  assert.deepEqual(
    slow.map(({ closed }) => closed),
    [false, false],
  )
  served.clock.advance(4_000)
  await waiting
  assert.equal(served.wire.connections, 2)
  for (const { socket } of slow) socket.destroy()
})

test('large bodies go through both ways, to the byte, however slowly they are taken', async (t) => {
  const served = await serving(t)
  const socket = opened(t, served)
  const sent = Buffer.alloc(8 * 1024 * 1024, 'The quick brown fox. ')
  const pieces: Buffer[] = []
  let received = 0
  const head = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${sent.length}\r\n\r\n`
  socket.write(head)
  socket.write(sent)
  await once(socket, 'readable')
  await settled()
  socket.on('data', (piece: Buffer) => {
    pieces.push(piece)
    received += piece.length
    socket.pause()
    setImmediate(() => socket.resume())
  })
  await eventually('all came back', () => received >= sent.length)
  const all = Buffer.concat(pieces)
  assert.ok(all.subarray(all.indexOf('\r\n\r\n') + 4).equals(sent))
  socket.end()
  await nothingLeft(served)
})

test('a client that has sent all it has still gets its reply', async (t) => {
  const served = await serving(t)
  const socket = opened(t, served, { allowHalfOpen: true } as ConnectionOptions)
  const peer = new Peer(socket)
  peer.send(request)
  peer.finish()
  assert.match(await peer.gone(), replyEnd)
  await nothingLeft(served)
})

test('the end waits for handshakes no longer than for connections at rest', async (t) => {
  const served = await serving(t)
  await asked(t, served)
  const half = new Peer(connectPlain(served.wire.port, '127.0.0.1'))
  half.socket.write(hello)
  await eventually('it is answered', () => half.receivedBytes > 0)
  const closed = served.wire.close()
  served.clock.advance(3_000)
  await closed
  await half.gone()
  half.socket.destroy()
})

for (const isTogether of [true, false]) {
  const how = isTogether ? 'in one packet with the handshake' : 'before the handshake'
  test(`a hop's header comes ${how}, and tells the client`, async (t) => {
    const served = await serving(t, { isAnnounced: () => true, isTrustedHop: () => true })
    const carrier = connectPlain(served.wire.port, '127.0.0.1')
    t.after(() => carrier.destroy())
    carrier.cork()
    carrier.write('PROXY TCP4 192.0.2.7 192.0.2.1 5000 443\r\n')
    if (!isTogether) carrier.uncork()
    const options = { socket: carrier, ca: authority.cert, servername: 'one.test' }
    const peer = new Peer(connect(options))
    if (isTogether) setImmediate(() => carrier.uncork())
    peer.send(request)
    await peer.until(replyEnd)
    assert.equal(served.client, '192.0.2.7')
    assert.equal(served.wasSecure, true)
    peer.finish()
    await nothingLeft(served)
  })
}

test('TLS that comes to a port without is said to be that', async (t) => {
  let reason: string | undefined
  const served = await serving(t, {
    identities: () => undefined,
    malformed: (stream, refusal) => {
      reason = refusal.reason
      stream.cut()
    },
  })
  const socket = opened(t, served)
  assert.notEqual(await failureOf(socket), undefined)
  assert.match(reason!, /TLS came to a port that has none/)
})
