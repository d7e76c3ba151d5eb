// https as an operator meets it: listeners, certificates that change while clients ask, files that
// are wrong, and a machine of one's own.
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createServer, get as getPlain, type IncomingMessage } from 'node:http'
import { Agent, get } from 'node:https'
import { type AddressInfo, connect as connectPlain } from 'node:net'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { commandLine } from '../src/cli/main.ts'
import { createGateway } from '../src/concordat.ts'
import { countDescriptors } from '../src/wire.ts'
import { makeAuthority, makeCertificate } from './certificates.ts'
import { command, testWorld } from './command.ts'
import { folderWith } from './folder.ts'
import { eventually } from './raw-peer.ts'

/** What is never heard must not hold the run. */
const bounded = { timeout: 60_000 }

const authority = makeAuthority()
const certificate = (...names: string[]) => makeCertificate({ names, issuer: authority })
const first = certificate('api.test', 'localhost')
const second = certificate('other.test', '*.wild.test')

const contract = `openapi: 3.1.0
info: { title: Notes, version: '1' }
paths: { /notes: { get: { operationId: read, responses: { '200': { description: ok } } } } }
`

const configuration = `contract: notes.yaml
log: { access: off }
audience: internal
listen:
  - port: 0
    tls:
      certificates:
        - { cert: a.pem, key: a.key }
        - { cert: b.pem, key: b.key }
  - { port: 0, redirect: https }
admin: { port: 0 }
`

const files = {
  'notes.yaml': contract,
  'concordat.yaml': configuration,
  'a.pem': first.cert,
  'a.key': first.key,
  'b.pem': second.cert,
  'b.key': second.key,
}

async function serviceUrl(t: TestContext): Promise<string> {
  const server = createServer((request, response) => {
    response.end(JSON.stringify(request.headers))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close().closeAllConnections())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function serving(t: TestContext, workers: string, more: string[] = [], env = {}) {
  const folder = folderWith(t, files)
  const one = testWorld(folder, env)
  const args = ['run', '--json', '--to', await serviceUrl(t), '--workers', workers, ...more]
  const ended = commandLine(args, one.world)
  t.after(() => {
    one.stop()
    return ended
  })
  const line = JSON.parse((await one.hears('out', /^\{.*\}\n/m))[0])
  return { ...one, folder, line, port: Number(new URL(line.url).port) }
}

/** Put in its place whole, as whoever renews a certificate does. */
function write(folder: string, name: string, text: string): void {
  writeFileSync(join(folder, `${name}.new`), text)
  renameSync(join(folder, `${name}.new`), join(folder, name))
}

interface Reply {
  readonly status: number | undefined
  readonly body: string
  readonly shown: string | undefined
}

function asked(port: number, servername: string, agent: Agent, ca = authority.cert) {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>()
  const options = { port, host: '127.0.0.1', path: '/notes', servername, agent, ca }
  get({ ...options, checkServerIdentity: () => undefined }, async (response) => {
    const socket = response.socket as TLSSocket
    const shown = socket.getPeerCertificate().subjectaltname
    const body = (await response.toArray()).join('')
    resolve({ status: response.statusCode, body, shown })
  }).on('error', reject)
  return promise
}

const clientOf = (port: number, session?: Buffer) =>
  connect({ port, host: '127.0.0.1', servername: 'api.test', ca: authority.cert, session })

async function sessionOf(port: number): Promise<Buffer> {
  const socket = clientOf(port)
  const [session] = (await once(socket, 'session')) as [Buffer]
  socket.destroy()
  return session
}

async function isResumed(port: number, session: Buffer): Promise<boolean> {
  const socket = clientOf(port, session)
  await once(socket, 'secureConnect')
  const isReused = socket.isSessionReused()
  socket.destroy()
  return isReused
}

const each = () => new Agent({ keepAlive: false, maxCachedSessions: 0 })

for (const workers of ['0', '2']) {
  test(
    `with ${workers} workers: https by name, and http that is sent on to it`,
    bounded,
    async (t) => {
      const { port, line } = await serving(t, workers)
      assert.match(line.url, /^https:/)
      const shown = async (name: string) => (await asked(port, name, each())).shown
      assert.equal(await shown('api.test'), 'DNS:api.test, DNS:localhost')
      assert.equal(await shown('x.wild.test'), 'DNS:other.test, DNS:*.wild.test')
      assert.equal(await shown('unknown.test'), 'DNS:api.test, DNS:localhost')
      const { status, body } = await asked(port, 'api.test', each())
      assert.equal(status, 200)
      assert.match(body, /"x-forwarded-proto":"https"/)
      const plain = line.urls.find((url: string) => url.startsWith('http:'))
      const path = '/notes?a=b'
      const going = getPlain(`${plain}${path}`, { headers: { Host: 'api.test:80' } })
      const [sent] = (await once(going, 'response')) as [IncomingMessage]
      sent.resume()
      assert.equal(sent.statusCode, 308)
      assert.equal(sent.headers.location, `https://api.test:${port}${path}`)
    },
  )
}

test(
  'certificates change under load: nobody fails, who is there stays, sessions go on',
  bounded,
  async (t) => {
    const { folder, port, hears } = await serving(t, '2')
    const keeping = new Agent({ keepAlive: true, maxSockets: 2 })
    const session = await sessionOf(port)
    t.after(() => keeping.destroy())
    const over = new AbortController()
    t.after(() => over.abort())
    const seen = new Set<string | undefined>()
    const failures: unknown[] = []
    const load = [keeping, each()].map(async (agent) => {
      while (!over.signal.aborted) {
        const reply = await asked(port, 'api.test', agent).catch((error: unknown) => error as Error)
        if (reply instanceof Error || reply.status !== 200) failures.push(reply)
        else if (agent !== keeping) seen.add(reply.shown)
      }
    })
    for (const name of ['two.test', 'three.test']) {
      const { cert, key } = certificate('api.test', name)
      write(folder, 'a.key', key)
      write(folder, 'a.pem', cert)
      await hears('out', /"reload":"applied"/)
    }
    await eventually('the last one is shown', () => seen.has('DNS:api.test, DNS:three.test'))
    const resumed = await Promise.all(Array.from({ length: 8 }, () => isResumed(port, session)))
    over.abort()
    await Promise.all(load)
    assert.deepEqual(failures, [])
    assert.deepEqual(new Set(resumed), new Set([true]), 'by both workers')
  },
)

test(
  'a broken certificate leaves the old one, and says so; a renewed one needs no sound contract',
  bounded,
  async (t) => {
    const { folder, port, line, hears } = await serving(t, '1')
    write(folder, 'a.pem', 'nothing')
    await hears('out', /"reload":"refused".*holds no certificate in PEM form/)
    assert.equal((await asked(port, 'api.test', each())).status, 200)
    const metrics = await (await fetch(`${line.adminUrl}/metrics`)).text()
    assert.match(metrics, /^concordat_configuration_current 0$/m)
    assert.match(
      metrics,
      /^concordat_tls_certificate_expires_timestamp_seconds\{name="api.test"\} 1/m,
    )
    write(folder, 'notes.yaml', 'nothing')
    const { cert, key } = certificate('api.test', 'renewed.test')
    write(folder, 'a.key', key)
    write(folder, 'a.pem', cert)
    let shown: string | undefined
    while (shown !== 'DNS:api.test, DNS:renewed.test') {
      shown = (await asked(port, 'api.test', each())).shown
    }
  },
)

const locked = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
}).privateKey
const expired = makeCertificate({ names: ['old.test'], validTo: new Date(Date.now() - 1_000) })

const wrong: readonly [says: string, changed: Record<string, string>, want: RegExp][] = [
  [
    'a certificate that is not there',
    { 'a.pem': '' },
    /:8:\d+ error .*a\.pem holds no certificate/,
  ],
  ['a key that is none', { 'a.key': 'none' }, /:8:\d+ error .*a\.key holds no private key in PEM/],
  ['a key that is locked', { 'b.key': locked }, /:9:\d+ error .*b\.key is locked by a passphrase/],
  [
    'the key of another',
    { 'a.key': second.key },
    /:8:\d+ error .*a\.key does not belong to the first certificate in .*a\.pem/,
  ],
  [
    'a certificate that has expired',
    { 'b.pem': expired.cert, 'b.key': expired.key },
    /:9:\d+ warning .*b\.pem holds a certificate that expired at /,
  ],
  [
    'a second one that names nobody',
    (({ cert, key }) => ({ 'b.pem': cert, 'b.key': key }))(makeCertificate()),
    /:9:\d+ error b\.pem names no host, so nobody would ever be shown it/,
  ],
  [
    'a listener that sends to nowhere',
    { 'concordat.yaml': 'contract: notes.yaml\nlisten: { redirect: https }\n' },
    /:2:\d+ error there is no listener with 'tls' to send anybody to/,
  ],
  [
    'one port twice',
    { 'concordat.yaml': 'contract: notes.yaml\nlisten: [{ port: 81 }, { port: 81 }]\n' },
    /:2:\d+ error port 81 is listened on already/,
  ],
]

for (const [says, changed, want] of wrong) {
  test(`check names the place: ${says}`, bounded, async (t) => {
    const folder = folderWith(t, { ...files, ...changed })
    const { out, err } = await command(['check', '--config', 'concordat.yaml'], folder)
    assert.match(out + err, want)
    assert.doesNotMatch(out + err, /PRIVATE KEY/)
  })
}

test('handshakes that come to nothing leave no descriptor behind', bounded, async (t) => {
  const { port } = await serving(t, '0')
  await asked(port, 'api.test', each())
  const before = countDescriptors()
  const bad: ConnectionOptions[] = [
    { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' },
    { ALPNProtocols: ['nothing'] },
    { ca: second.cert },
    { maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA' },
  ]
  const ends = Array.from({ length: 40 }, async (_, at) => {
    const options = bad[at % bad.length]!
    const socket = connect({ port, host: '127.0.0.1', servername: 'api.test', ...options })
    await once(
      socket.on('error', () => {}),
      'close',
    ).catch(() => {})
  })
  const cuts = Array.from({ length: 40 }, async (_, at) => {
    const socket = connectPlain(port, '127.0.0.1').on('error', () => {})
    await once(socket, 'connect')
    socket.write(Buffer.from([0x16, 3, 1, 0, 200, 1, 0, 0, 196].slice(0, at % 10)))
    if (at % 2 === 0) socket.resetAndDestroy()
    else socket.destroy()
  })
  await Promise.all([...ends, ...cuts])
  await eventually('all are gone', () => countDescriptors()! <= before!)
  assert.equal((await asked(port, 'api.test', each())).status, 200)
})

test('run --tls serves this machine, by an authority that is kept', bounded, async (t) => {
  const state = folderWith(t, {})
  const env = { XDG_STATE_HOME: state }
  const { port, line } = await serving(
    t,
    '0',
    ['notes.yaml', '--tls', '--port', '0', '--admin-port', '0'],
    env,
  )
  assert.match(line.url, /^https:/)
  const ca = readFileSync(line.authority, 'utf8')
  const { status, shown } = await asked(port, 'localhost', each(), ca)
  assert.equal(status, 200)
  assert.match(shown!, /^DNS:localhost, IP Address:127\.0\.0\.1, /)
})

test(
  'a gateway inside a program is https where it listens, and follows its files',
  bounded,
  async (t) => {
    const folder = folderWith(t, files)
    const gateway = await createGateway({
      config: join(folder, 'concordat.yaml'),
      to: await serviceUrl(t),
    })
    t.after(() => gateway.close())
    const { url, port } = await gateway.listen()
    assert.equal(url, `https://127.0.0.1:${port}`)
    assert.equal((await asked(port, 'api.test', each())).status, 200)
    const { cert, key } = certificate('api.test', 'renewed.test')
    write(folder, 'a.key', key)
    write(folder, 'a.pem', cert)
    assert.equal(await gateway.reload(), 'applied')
    const { shown } = await asked(port, 'api.test', each())
    assert.equal(shown, 'DNS:api.test, DNS:renewed.test')
    assert.match(gateway.metrics(), /concordat_tls_certificate_expires_timestamp_seconds/)
  },
)

test('a listener more takes nothing from those that stay', bounded, async (t) => {
  const { folder, port, hears } = await serving(t, '2')
  const keeping = new Agent({ keepAlive: true, maxSockets: 1 })
  t.after(() => keeping.destroy())
  assert.equal((await asked(port, 'api.test', keeping)).status, 200)
  const more = configuration.replace('redirect: https }', 'redirect: https }\n  - { port: 0 }')
  write(folder, 'concordat.yaml', more)
  const [line] = await hears('out', /\{"reload":"applied".*\n/)
  assert.equal(new URL(JSON.parse(line).url).port, String(port))
  for (const agent of [keeping, each(), each()]) {
    assert.equal((await asked(port, 'api.test', agent)).status, 200)
  }
})
