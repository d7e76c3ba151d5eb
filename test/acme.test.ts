// The program and an authority for tests, as an operator has them: a name is certified while it is
// served, by either challenge, renewed in time, and served from the disk after a restart.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { suite, test, type TestContext } from 'node:test'
import { connect, type PeerCertificate } from 'node:tls'
import { folderWith } from './folder.ts'
import { freePorts } from './free-ports.ts'
import { type Pebble, pebbleAbsent, type PebbleTerms, startPebble } from './pebble.ts'

const bin = join(import.meta.dirname, '..', 'bin', 'concordat')
const bounded = { skip: pebbleAbsent, timeout: 120_000 }
const domain = 'api.example.test'

const contract = `openapi: 3.1.0
info: { title: Notes, version: '1' }
paths:
  /notes: { get: { operationId: listNotes, responses: { '200': { description: All. } } } }
`

async function serviceUrl(t: TestContext): Promise<string> {
  const service = createServer((_, reply) => reply.end('{}')).listen(0, '127.0.0.1')
  await once(service, 'listening')
  t.after(() => service.close().closeAllConnections())
  return `http://127.0.0.1:${(service.address() as AddressInfo).port}`
}

interface Setting {
  readonly pebble: Pebble
  readonly folder: string
  readonly httpPort: number
  readonly tlsPort: number
  readonly to: string
}

async function setting(
  t: TestContext,
  acme: string,
  terms: Partial<PebbleTerms> = {},
): Promise<Setting> {
  const [httpPort = 0, tlsPort = 0] = await freePorts(2)
  const pebble = await startPebble(t, { httpPort, tlsPort, ...terms })
  const config = configOf({ pebble, httpPort, tlsPort }, acme)
  const folder = folderWith(t, { 'openapi.yaml': contract, 'concordat.yaml': config })
  return { pebble, folder, httpPort, tlsPort, to: await serviceUrl(t) }
}

type Ports = Pick<Setting, 'pebble' | 'httpPort' | 'tlsPort'>

const configOf = (
  { pebble, httpPort, tlsPort }: Ports,
  acme: string,
  more = '',
): string => `contract: openapi.yaml
log: { access: off }
listen:
  - { host: 127.0.0.1, port: ${httpPort}, redirect: https }
  - host: 127.0.0.1
    port: ${tlsPort}
    tls:
      acme:
        domains: [${domain}${more}]
        agreeToTerms: true
        directory: ${pebble.directory}
        directoryCa: ${pebble.directoryCa}
        storage: certificates
        ${acme}
`

interface Running {
  readonly child: ChildProcess
  readonly adminUrl: string
  /** Waits until it has said this on stderr. */
  says(what: RegExp): Promise<RegExpExecArray>
  end(signal?: NodeJS.Signals): Promise<void>
}

async function run(t: TestContext, { folder, to }: Setting, workers = '1'): Promise<Running> {
  const args = [bin, 'run', '--to', to, '--workers', workers, '--admin-port', '0']
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: { PATH: process.env['PATH'], CONCORDAT_CACHE: 'off', ACME_MAC: macKey },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  let said = ''
  let heard = 0
  child.stderr.setEncoding('utf8').on('data', (piece: string) => (said += piece))
  const says = async (what: RegExp) => {
    for (;;) {
      const found = what.exec(said.slice(heard))
      if (found !== null) {
        heard += found.index + found[0].length
        return found
      }
      if (child.exitCode !== null) throw new Error(`it ended: ${said}`)
      await Promise.race([once(child.stderr, 'data'), once(child, 'exit')])
    }
  }
  const [, adminUrl] = await says(/^admin +(\S+)/m)
  const end = async (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal)
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
  return { child, adminUrl: adminUrl!, says, end }
}

const macKey = 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W'

/** What a client is shown, and whether it believes it. */
async function shown(
  { pebble, tlsPort }: Setting,
  host = 'api',
): Promise<{ authorized: boolean; certificate: PeerCertificate }> {
  const socket = connect({
    port: tlsPort,
    host: '127.0.0.1',
    servername: `${host}.example.test`,
    ca: await pebble.root(),
    rejectUnauthorized: false,
  })
  await once(socket, 'secureConnect')
  const { authorized } = socket
  const certificate = socket.getPeerCertificate()
  socket.destroy()
  return { authorized, certificate }
}

/** They wait for one another and for time: side by side they take a third. */
suite('with an authority for tests', { concurrency: 3 }, () => {
  for (const challenge of ['tls-alpn-01', 'http-01']) {
    test(
      `a name is certified by ${challenge}, and served after a restart without an order`,
      bounded,
      async (t) => {
        const all = await setting(t, `challenge: ${challenge}`, { badNonces: 20 })
        const first = await run(t, all)
        await first.says(/api\.example\.test is certified by \S+ until/)
        const before = await shown(all)
        assert.ok(before.authorized)
        assert.equal(before.certificate.subjectaltname, `DNS:${domain}`)
        const { data } = (await (await fetch(`${first.adminUrl}/certificates`)).json()) as {
          data: { domain: string; state: string }[]
        }
        assert.deepEqual(
          data.map(({ state, ...one }) => [one.domain, state]),
          [[domain, 'served']],
        )
        const metrics = await (await fetch(`${first.adminUrl}/metrics`)).text()
        assert.match(
          metrics,
          /^concordat_acme_orders_total\{domain="api.example.test",outcome="obtained"\} 1$/m,
        )
        const path = '/.well-known/acme-challenge/none'
        const plain = await fetch(`http://127.0.0.1:${all.httpPort}${path}`, { redirect: 'manual' })
        assert.equal(plain.status, 308)
        await first.end()

        const second = await run(t, all, '0')
        const after = await shown(all)
        assert.equal(after.certificate.serialNumber, before.certificate.serialNumber)
        assert.equal(all.pebble.issued(), 1)
        await second.end()
      },
    )
  }

  test(
    'a certificate is renewed while it is served, and no handshake fails meanwhile',
    bounded,
    async (t) => {
      const all = await setting(t, 'email: ops@example.test', { lifeSeconds: 12 })
      const one = await run(t, all)
      const serials = new Set<string>()
      for (let times = 0; times < 2; times++) {
        await one.says(/api\.example\.test is certified/)
        const { authorized, certificate } = await shown(all)
        assert.ok(authorized)
        serials.add(certificate.serialNumber)
      }
      assert.equal(serials.size, 2)
      await one.end()
    },
  )

  test(
    'a process that is killed while it orders is followed by one that obtains',
    bounded,
    async (t) => {
      const all = await setting(t, '')
      const first = await run(t, all)
      assert.ok(!(await shown(all)).authorized)
      await first.end('SIGKILL')
      const second = await run(t, all)
      await second.says(/api\.example\.test is certified/)
      assert.ok((await shown(all)).authorized)
      assert.equal(all.pebble.issued(), 1)
      await second.end()
    },
  )

  test('an authority that takes its customers alone is shown an account', bounded, async (t) => {
    const externalAccount = { keyId: 'kid-1', macKey }
    const acme = 'externalAccount: { keyId: kid-1, macKeyEnv: ACME_MAC }'
    const all = await setting(t, acme, { externalAccount })
    const one = await run(t, all)
    await one.says(/api\.example\.test is certified/)
    await one.end()
  })

  test('an operator is told what is wrong, and when it is tried again', bounded, async (t) => {
    const [elsewhere = 0] = await freePorts(1)
    const all = await setting(t, 'challenge: http-01', { httpPort: elsewhere, tlsPort: elsewhere })
    const one = await run(t, all)
    const [text] = await one.says(/warning: .*not certified.*next try.*/)
    assert.match(text, /did not find api\.example\.test here by http-01/)
    const ready = await fetch(`${one.adminUrl}/readyz`)
    assert.equal(ready.status, 200)
    assert.match(await ready.text(), /"problem":"it did not find/)
    await one.end()
  })

  test(
    'of two that share a folder one orders, the other answers, and both serve',
    bounded,
    async (t) => {
      const seen = await setting(t, '')
      const [httpPort = 0, tlsPort = 0] = await freePorts(2)
      const unseen = { ...seen, httpPort, tlsPort }
      const storage = join(seen.folder, 'certificates')
      const config = (more?: string) =>
        configOf(unseen, '', more).replace('storage: certificates', `storage: ${storage}`)
      const folder = folderWith(t, { 'openapi.yaml': contract, 'concordat.yaml': config() })

      const answers = await run(t, seen, '0')
      await answers.says(/api\.example\.test is certified/)
      const orders = await run(t, { ...unseen, folder }, '0')
      assert.ok((await shown(unseen)).authorized)
      assert.equal(seen.pebble.issued(), 1)

      // The authority comes to the one who has not ordered.
      writeFileSync(join(folder, 'concordat.yaml'), config(', www.example.test'))
      await orders.says(/www\.example\.test is certified/)
      writeFileSync(join(seen.folder, 'concordat.yaml'), configOf(seen, '', ', www.example.test'))
      await answers.says(/^reloaded|^unchanged/m)
      const [one, other] = [await shown(seen, 'www'), await shown(unseen, 'www')]
      assert.ok(one.authorized && other.authorized)
      assert.equal(one.certificate.serialNumber, other.certificate.serialNumber)
      assert.equal(seen.pebble.issued(), 2)
      await Promise.all([orders.end(), answers.end()])
    },
  )
})
