// A certificate for this machine alone, by an authority of this user: for `run --tls`, where nobody
// certifies anything. The authority is made once and kept, so that it need be trusted once; it can
// vouch for no other name, whoever may steal its key. Certificates renew themselves.
//
//   <state folder>/tls/authority.pem, authority.key, localhost.pem, localhost.key
import { createPrivateKey, randomUUID, X509Certificate } from 'node:crypto'
import { lstatSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Authority,
  type Extension,
  makeCertificate,
  type MadeCertificate,
  sequence,
  tagged,
} from '../x509.ts'

export interface LocalAuthoritySetup {
  /** It is made where it is not there. */
  readonly folder: string
  /** Of this machine. */
  readonly hostname: string
  readonly epochMs: () => number
}

export interface LocalFiles {
  readonly authority: string
  readonly cert: string
  readonly key: string
  readonly names: readonly string[]
}

const dayMs = 86_400_000
const authorityDays = 3_650
const certificateDays = 90
const renewDays = 30

/** Makes what is missing, or about to expire. Throws a sentence where it cannot. */
export function localFiles(setup: LocalAuthoritySetup): LocalFiles {
  const names = ['localhost', '127.0.0.1', '::1', ...hostNames(setup.hostname)]
  const at = (file: string) => join(setup.folder, file)
  mkdirSync(setup.folder, { recursive: true, mode: 0o700 })
  demandOurs(setup.folder)
  const authority = keptAuthority(setup, at) ?? newAuthority(setup, at, names)
  const files = { cert: at('localhost.pem'), key: at('localhost.key') }
  if (!isGood(files, authority.cert, names, setup.epochMs())) {
    const { cert, key } = makeCertificate({
      name: 'localhost',
      names,
      issuer: authority,
      ...validity(setup, certificateDays),
    })
    writePair(files, cert, key)
  }
  return { authority: at('authority.pem'), ...files, names }
}

const hostNames = (hostname: string): string[] =>
  /^(?!localhost$)[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$/i.test(hostname)
    ? [hostname.toLowerCase()]
    : []

/** A folder that others write to could hand us an authority of theirs. */
function demandOurs(path: string): void {
  if (process.getuid === undefined) return
  const { uid, mode } = lstatSync(path)
  if (uid === process.getuid() && (mode & 0o077) === 0) return
  throw new Error(`${path} must belong to this user alone (chmod go= ${path})`)
}

function keptAuthority(
  { epochMs, hostname }: LocalAuthoritySetup,
  at: (file: string) => string,
): (Authority & { readonly cert: string }) | undefined {
  try {
    const cert = readFileSync(at('authority.pem'), 'utf8')
    const name = commonName(cert)
    const privateKey = createPrivateKey(readFileSync(at('authority.key'), 'utf8'))
    const parsed = new X509Certificate(cert)
    const isLasting = Number(parsed.validToDate) - epochMs() > certificateDays * dayMs
    if (!isLasting || !parsed.checkPrivateKey(privateKey)) return undefined
    demandOurs(at('authority.key'))
    return name === nameFor(hostname) ? { name, privateKey, cert } : undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** It vouches for the names of one machine: of another one it is another. */
const nameFor = (hostname: string): string => `Concordat on ${hostname.slice(0, 50)}`

const commonName = (cert: string): string =>
  /^CN=(.*)$/m.exec(new X509Certificate(cert).subject)?.[1] ?? ''

function newAuthority(
  setup: LocalAuthoritySetup,
  at: (file: string) => string,
  names: readonly string[],
): MadeCertificate {
  const made = makeCertificate({
    name: nameFor(setup.hostname),
    isAuthority: true,
    ...validity(setup, authorityDays),
    extensions: [onlyFor(names)],
  })
  writePair({ cert: at('authority.pem'), key: at('authority.key') }, made.cert, made.key)
  return made
}

/** Clocks of clients may be a little behind. */
function validity({ epochMs }: LocalAuthoritySetup, days: number) {
  const nowMs = epochMs()
  return { validFrom: new Date(nowMs - 3_600_000), validTo: new Date(nowMs + days * dayMs) }
}

/** Name constraints (RFC 5280 §4.2.1.10): these names, and addresses of this machine. */
function onlyFor(names: readonly string[]): Extension {
  const hosts = names.filter((name) => /[a-z]/.test(name)).map((name) => Buffer.from(name))
  const loopback4 = Buffer.from([127, 0, 0, 0, 255, 0, 0, 0])
  const loopback6 = Buffer.concat([Buffer.alloc(15), Buffer.from([1]), Buffer.alloc(16, 0xff)])
  const permitted = [
    ...hosts.map((host) => sequence(tagged(0x82, host))),
    ...[loopback4, loopback6].map((range) => sequence(tagged(0x87, range))),
  ]
  return { id: '2.5.29.30', critical: true, value: sequence(tagged(0xa0, ...permitted)) }
}

function isGood(
  files: { readonly cert: string; readonly key: string },
  authority: string,
  names: readonly string[],
  epochMs: number,
): boolean {
  try {
    const cert = new X509Certificate(readFileSync(files.cert, 'utf8'))
    const key = createPrivateKey(readFileSync(files.key, 'utf8'))
    return (
      cert.checkPrivateKey(key) &&
      cert.verify(new X509Certificate(authority).publicKey) &&
      Number(cert.validToDate) - epochMs > renewDays * dayMs &&
      names.every((name) => (cert.checkHost(name) ?? cert.checkIP(name)) !== undefined)
    )
  } catch {
    // Whatever is wrong with it: another one takes its place.
    return false
  }
}

/** The key first: a certificate never stands there without its own. */
function writePair(
  files: { readonly cert: string; readonly key: string },
  cert: string,
  key: string,
): void {
  writeWhole(files.key, key)
  writeWhole(files.cert, cert)
}

function writeWhole(path: string, text: string): void {
  const fresh = `${path}.${randomUUID()}`
  writeFileSync(fresh, text, { mode: 0o600, flag: 'wx' })
  renameSync(fresh, path)
}
