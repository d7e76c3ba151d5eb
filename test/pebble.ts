// Debian's `pebble`, a certificate authority for tests that speaks ACME: it validates for real, on
// the ports that it is told, and finds every name at 127.0.0.1 by a name server of ours.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { makeAuthority, makeCertificate } from './certificates.ts'
import { folderWith } from './folder.ts'
import { freePorts } from './free-ports.ts'

export const pebbleAbsent: string | false =
  spawnSync('pebble', ['-h'], { stdio: 'ignore' }).error === undefined
    ? false
    : 'pebble is not installed'

export interface PebbleTerms {
  /** Where it looks for what challenges are answered with. */
  readonly httpPort: number
  readonly tlsPort: number
  readonly lifeSeconds?: number
  /** Of a hundred nonces that are good, so many are refused. */
  readonly badNonces?: number
  readonly externalAccount?: { readonly keyId: string; readonly macKey: string }
}

export interface Pebble {
  readonly directory: string
  /** PEM file of the authority that certifies its own server. */
  readonly directoryCa: string
  /** PEM of the root that its certificates lead to. */
  root(): Promise<string>
  /** How many certificates it has issued. */
  issued(): number
}

export async function startPebble(t: TestContext, terms: PebbleTerms): Promise<Pebble> {
  const [listen = 0, manage = 0] = await freePorts(2)
  const authority = makeAuthority('pebble')
  const { cert, key } = makeCertificate({ names: ['127.0.0.1'], issuer: authority })
  const folder = folderWith(t, { 'ca.pem': authority.cert, 'cert.pem': cert, 'key.pem': key })
  const { externalAccount, lifeSeconds } = terms
  const pebble = {
    listenAddress: `127.0.0.1:${listen}`,
    managementListenAddress: `127.0.0.1:${manage}`,
    certificate: join(folder, 'cert.pem'),
    privateKey: join(folder, 'key.pem'),
    httpPort: terms.httpPort,
    tlsPort: terms.tlsPort,
    externalAccountBindingRequired: externalAccount !== undefined,
    ...(externalAccount === undefined
      ? {}
      : { externalAccountMACKeys: { [externalAccount.keyId]: externalAccount.macKey } }),
    ...(lifeSeconds === undefined ? {} : { certificateValidityPeriod: lifeSeconds }),
  }
  writeFileSync(join(folder, 'pebble.json'), JSON.stringify({ pebble }))
  const names = await startNameServer(t)
  const args = ['-config', join(folder, 'pebble.json'), '-dnsserver', `127.0.0.1:${names}`]
  const child = spawn('pebble', args, {
    env: {
      PATH: process.env['PATH'],
      PEBBLE_VA_NOSLEEP: '1',
      PEBBLE_WFE_NONCEREJECT: String(terms.badNonces ?? 0),
      PEBBLE_AUTHZREUSE: '0',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  const said = await listening(child)
  return {
    directory: `https://127.0.0.1:${listen}/dir`,
    directoryCa: join(folder, 'ca.pem'),
    root: () => got(`https://127.0.0.1:${manage}/roots/0`, authority.cert),
    issued: () => said().split('Issued certificate serial').length - 1,
  }
}

/** When it listens; gives all that it has said so far. */
async function listening(child: ChildProcess): Promise<() => string> {
  const up = Promise.withResolvers<void>()
  let said = ''
  const hear = (piece: Buffer) => {
    said += piece.toString()
    if (said.includes('ACME directory available')) up.resolve()
  }
  child.stdout?.on('data', hear)
  child.stderr?.on('data', hear)
  child.once('exit', () => up.reject(new Error(`pebble ended: ${said}`)))
  child.once('error', up.reject)
  await up.promise
  return () => said
}

async function startNameServer(t: TestContext): Promise<number> {
  const socket = createSocket('udp4')
  socket.on('message', (question, { port, address }) => {
    socket.send(nameAnswer(question), port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  t.after(() => closed(socket))
  return socket.address().port
}

const closed = (socket: Socket): Promise<void> =>
  new Promise((done) => {
    socket.close(() => done())
  })

/** 127.0.0.1 to whoever asks for an address of IPv4, and nothing to others (RFC 1035 §4.1). */
function nameAnswer(question: Buffer): Buffer {
  const nameEnd = question.indexOf(0, 12)
  const asked = question.subarray(12, nameEnd + 5)
  const wantsAddress = question.readUInt16BE(nameEnd + 1) === 1
  const head = Buffer.from(question.subarray(0, 12))
  head.writeUInt16BE(0x81_80, 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt16BE(wantsAddress ? 1 : 0, 6)
  head.writeUInt32BE(0, 8)
  if (!wantsAddress) return Buffer.concat([head, asked])
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 127, 0, 0, 1])
  return Buffer.concat([head, asked, record])
}

async function got(url: string, ca: string): Promise<string> {
  const asked = request(url, { ca }).end()
  const [reply] = await once(asked, 'response')
  let text = ''
  for await (const piece of reply) text += piece
  return text
}
