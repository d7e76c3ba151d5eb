// Handshakes with endpoints of every kind: what is believed, what is said of the rest, and that
// nothing stays open behind one that never ends.
import assert from 'node:assert/strict'
import dns from 'node:dns'
import { once } from 'node:events'
import { createServer as createPlainServer, type Server, type Socket } from 'node:net'
import { test, type TestContext } from 'node:test'
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls'
import { makeAuthority, makeCertificate } from '../../test/certificates.ts'
import { eventually, Peer } from '../../test/raw-peer.ts'
import type { ByteSink, ByteStream } from './bytes.ts'
import type { Connect } from './connect.ts'
import { TlsFailure } from './tls-failure.ts'
import { tlsConnect, tlsContext, type TlsMaterial } from './tls.ts'

const authority = makeAuthority()
const leaf = (names: readonly string[], more = {}) =>
  makeCertificate({ names, issuer: authority, ...more })
const good = leaf(['localhost', 'service.test', '127.0.0.1'])
const client = makeCertificate({ name: 'gateway', issuer: authority })
const trusting: TlsMaterial = { ca: authority.cert }

class Ears implements ByteSink {
  socket!: ByteStream
  opened = false
  heard = ''
  end: Error | 'none' | undefined
  bytes(buffer: Buffer, length: number): void {
    this.heard += buffer.toString('latin1', 0, length)
  }
  ended(): void {}
  drained(): void {}
  closed(error: Error | undefined): void {
    this.end = error ?? 'none'
  }
  threw(error: unknown): void {
    throw error
  }
}

const portOf = (server: Server): number => (server.address() as { port: number }).port

async function listening(t: TestContext, server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => {})))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return portOf(server)
}

async function serving(t: TestContext, options: TlsOptions = {}) {
  const secured: TLSSocket[] = []
  const server = createServer({ ...good, ...options }, (socket) => {
    secured.push(socket.on('error', () => {}))
    socket.write('hello')
  })
  server.on('tlsClientError', () => {})
  return { port: await listening(t, server), secured }
}

const connecting = (material: TlsMaterial = trusting, serverName?: string): Connect =>
  tlsConnect({ context: tlsContext(material), serverName })

function open(t: TestContext, connect: Connect, port: number, host = '127.0.0.1'): Ears {
  const ears = new Ears()
  ears.socket = connect({ host, port }, ears, () => {
    ears.opened = true
  })
  t.after(() => ears.socket.destroy())
  return ears
}

/** The other end, once a byte of it has come: by then a session has, too. */
async function greeted(t: TestContext, connect: Connect, port: number, host?: string) {
  const ears = open(t, connect, port, host)
  await eventually('it is greeted', () => ears.heard === 'hello' || ears.end !== undefined)
  assert.ok(ears.opened, String(ears.end))
  return ears
}

const dayMs = 86_400_000
const past = { validFrom: new Date(Date.now() - 2 * dayMs), validTo: new Date(Date.now() - dayMs) }
const future = {
  validFrom: new Date(Date.now() + dayMs),
  validTo: new Date(Date.now() + 2 * dayMs),
}
const http = createPlainServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
const closing = createPlainServer((socket) => socket.once('data', () => socket.destroy()))

type Failing = [says: string, server: TlsOptions | Server, want: RegExp, material?: TlsMaterial]
const failing: readonly Failing[] = [
  [
    'shows a certificate that has expired',
    leaf(['127.0.0.1'], past),
    /has expired \(CERT_HAS_EXPIRED\)/,
  ],
  ['shows a certificate that is not valid yet', leaf(['127.0.0.1'], future), /not valid yet/],
  [
    'shows a certificate for other names',
    leaf(['other.test']),
    /is for other names \(DNS:other\.test\)/,
  ],
  ['shows a certificate for no name at all', leaf([]), /is for other names \(none at all\)/],
  [
    'shows a certificate of a CA that is unknown',
    good,
    /issuer .* is unknown/,
    { ca: makeAuthority('another').cert },
  ],
  ['shows a certificate of a CA that the system does not know', good, /issuer .* is unknown/, {}],
  [
    'shows a certificate that nobody else signed',
    makeCertificate({ names: ['127.0.0.1'] }),
    /is self-signed/,
  ],
  ['speaks no TLS at all', http, /speaks no TLS/],
  ['closes within the handshake', closing, /it closed in the midst of the handshake/],
  ['speaks HTTP/2 alone', { ALPNProtocols: ['h2'] }, /takes none of the versions of HTTP/],
  [
    'speaks an old version alone',
    { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' },
    /neither TLS 1\.2 nor TLS 1\.3/,
  ],
  [
    'demands a certificate in TLS 1.2',
    { requestCert: true, ca: authority.cert, maxVersion: 'TLSv1.2' },
    /failed in TLS: /,
  ],
  [
    'demands a certificate in TLS 1.3, and says so late',
    { requestCert: true, ca: authority.cert },
    /it demands a client's certificate/,
  ],
]

for (const [says, given, want, material] of failing) {
  test(`an endpoint that ${says} is refused, and the reason told`, async (t) => {
    const port = 'listen' in given ? await listening(t, given) : (await serving(t, given)).port
    const ears = open(t, connecting(material), port)
    await eventually('it is closed', () => ears.end !== undefined)
    assert.ok(ears.end instanceof TlsFailure, String(ears.end))
    assert.match(ears.end.message, want)
    assert.equal(ears.heard, '')
  })
}

test('that nobody listens is no failure of TLS', async (t) => {
  const gone = createPlainServer().listen(0, '127.0.0.1')
  await once(gone, 'listening')
  const free = portOf(gone)
  await new Promise((resolve) => gone.close(resolve))
  const ears = open(t, connecting(), free)
  await eventually('it is closed', () => ears.end !== undefined)
  assert.equal((ears.end as NodeJS.ErrnoException).code, 'ECONNREFUSED', String(ears.end))
})

test('the environment cannot switch verification off', async (t) => {
  const { port } = await serving(t)
  const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED']
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
  try {
    const ears = open(t, connecting({ ca: makeAuthority().cert }), port)
    await eventually('it is closed', () => ears.end !== undefined)
    assert.ok(ears.end instanceof TlsFailure)
  } finally {
    if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
    else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before
  }
})

test('a name is asked for, an address is not, and the name that is set goes before both', async (t) => {
  const { port, secured } = await serving(t)
  await greeted(t, connecting(), port)
  await greeted(t, connecting(), port, 'localhost')
  await greeted(t, connecting(trusting, 'service.test'), port)
  const names = secured.map((socket) => (socket as TLSSocket & { servername: unknown }).servername)
  assert.deepEqual(names, [false, 'localhost', 'service.test'])
})

test('the name that is set must be proved, whatever the host', async (t) => {
  const { port } = await serving(t)
  const ears = open(t, connecting(trusting, 'elsewhere.test'), port)
  await eventually('it is closed', () => ears.end !== undefined)
  assert.match(String(ears.end), /is for other names/)
})

test('of a name whose first address refuses the next one is tried', async (t) => {
  const { port } = await serving(t)
  const found = [
    { address: '::1', family: 6 },
    { address: '127.0.0.1', family: 4 },
  ]
  const lookup = (_: string, _options: object, done: (error: null, all: typeof found) => void) =>
    done(null, found)
  t.mock.method(dns, 'lookup', lookup as never)
  await greeted(t, connecting(), port, 'localhost')
})

test('HTTP/1.1 is what is offered', async (t) => {
  const { port, secured } = await serving(t, { ALPNProtocols: ['h2', 'http/1.1'] })
  await greeted(t, connecting(), port)
  assert.equal(secured[0]!.alpnProtocol, 'http/1.1')
})

test("a client's certificate is shown to who demands one", async (t) => {
  const { port, secured } = await serving(t, { requestCert: true, ca: authority.cert })
  await greeted(t, connecting({ ...trusting, ...client }), port)
  assert.equal(secured[0]!.getPeerCertificate().subject.CN, 'gateway')
})

for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`${maxVersion}: the next connection resumes the session of the one before`, async (t) => {
    const { port, secured } = await serving(t, { maxVersion })
    const connect = connecting()
    await greeted(t, connect, port)
    await greeted(t, connect, port)
    await greeted(t, connecting(), port)
    const resumed = secured.map((socket) => socket.isSessionReused())
    assert.deepEqual(resumed, [false, true, false])
  })
}

test('of an endpoint that failed no session is kept', async (t) => {
  const elsewhere = leaf(['other.test'])
  const { port, secured } = await serving(t, { ...elsewhere, maxVersion: 'TLSv1.2' })
  const connect = connecting()
  for (let attempt = 0; attempt < 2; attempt++) {
    const ears = open(t, connect, port)
    await eventually('it is closed', () => ears.end !== undefined)
    assert.match(String(ears.end), /is for other names/)
  }
  assert.ok(secured.every((socket) => !socket.isSessionReused()))
})

test('a preface goes before the handshake, in clear', async (t) => {
  const server = createPlainServer()
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const ears = new Ears()
  const port = await listening(t, server)
  const preface = Buffer.from('PROXY UNKNOWN\r\n')
  ears.socket = connecting()({ host: '127.0.0.1', port }, ears, () => {}, preface)
  const [far] = await accepted
  const peer = new Peer(far)
  // 0x16: a record of a handshake.
  await eventually('both came', () => peer.received.startsWith('PROXY UNKNOWN\r\n\x16'))
  ears.socket.destroy()
})

test('a handshake that never ends leaves nothing open once it is given up', async (t) => {
  const server = createPlainServer()
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const port = await listening(t, server)
  const ears = open(t, connecting(), port)
  const peer = new Peer((await accepted)[0])
  await eventually('a handshake begins', () => peer.received !== '')
  ears.socket.destroy()
  await peer.gone()
  await eventually('it is closed', () => ears.end === 'none')
  assert.equal(ears.opened, false)
})
