// Certificates and keys that an upstream names: read, parsed and held against each other before
// anything runs, so that a handshake fails for what the endpoint does alone. What goes on is
// certificates without what stood around them, and the key; of a key nothing is ever said.
import { createPrivateKey, hash, type KeyObject, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { dirname, resolve } from 'node:path'
import type { Place, Problem } from '../base.ts'
import type { NamedFiles } from '../load.ts'
import type { Blob } from '../policy.ts'
import type { UpstreamPlan } from '../upstream.ts'
import type { Config } from './config.ts'
import { errorAt } from './problem-list.ts'

type TlsPlan = NonNullable<UpstreamPlan['tls']>
export type WrittenTls = NonNullable<Config['upstreams'][string]['tls']>

export interface TlsSources {
  readonly files: Pick<NamedFiles, 'read'>
  /** Keeps bytes in the snapshot. */
  readonly blob: (key: string, make: () => Uint8Array) => Blob
  /** Place of a pointer into the upstream's `tls`. */
  readonly locate: (pointer: string) => Place
  readonly report: (problem: Problem) => void
  readonly epochMs: number
}

/** A file that was read. */
interface Read {
  readonly path: string
  readonly text: string
  readonly place: Place
}

export function compileTls(written: WrittenTls, sources: TlsSources): TlsPlan | undefined {
  const { locate, report } = sources
  const { serverName } = written
  if (serverName !== undefined && !isServerName(serverName)) {
    report(errorAt(locate('/serverName'), 'a server name is the name of a host, no address'))
  }
  if ((written.cert === undefined) !== (written.key === undefined)) {
    const [has, lacks] = written.cert === undefined ? ['key', 'cert'] : ['cert', 'key']
    report(errorAt(locate(`/${has}`), `'${has}' needs '${lacks}' beside it`))
    return undefined
  }
  const ca = readAuthorities(written.ca, sources)
  const own = readOwn(written, sources)
  const texts = { ca, cert: own?.cert, key: own?.key }
  const id = hash('sha256', JSON.stringify({ ...texts, serverName }))
  return {
    id,
    ...(serverName === undefined ? {} : { serverName }),
    ...numbersOf(texts, sources),
  }
}

function isServerName(text: string): boolean {
  if (text.length > 253 || isIP(text) !== 0) return false
  return text.split('.').every((label) => /^[a-z0-9_](?:[\w-]{0,61}[a-z0-9_])?$/i.test(label))
}

/** The texts lie in the snapshot by the hash of each: equal ones lie there once. */
function numbersOf(
  texts: Readonly<Record<'ca' | 'cert' | 'key', string | undefined>>,
  { blob }: TlsSources,
): Pick<TlsPlan, 'ca' | 'cert' | 'key'> {
  const numbers: Partial<Record<'ca' | 'cert' | 'key', number>> = {}
  for (const name of ['ca', 'cert', 'key'] as const) {
    const text = texts[name]
    if (text === undefined) continue
    numbers[name] = blob(`tls ${hash('sha256', text)}`, () => new TextEncoder().encode(text)).number
  }
  return numbers
}

function readNamed(name: string, pointer: string, sources: TlsSources): Read | undefined {
  const place = sources.locate(pointer)
  const path = resolve(dirname(place.file), name)
  const read = sources.files.read(path, 'configuration')
  if ('text' in read) return { path, text: read.text, place }
  sources.report(errorAt(place, read.problem))
  return undefined
}

function readAuthorities(ca: WrittenTls['ca'], sources: TlsSources): string | undefined {
  if (ca === undefined) return undefined
  const names = typeof ca === 'string' ? [ca] : ca
  const texts = names.map((name, i) => {
    const read = readNamed(name, typeof ca === 'string' ? '/ca' : `/ca/${i}`, sources)
    const found = read && readCertificates(read, sources)
    if (found === undefined) return ''
    if (found.every(({ validToDate }) => Number(validToDate) < sources.epochMs)) {
      warn(read!, 'has no certificate that has not expired', sources)
    }
    return found.map(String).join('')
  })
  return texts.join('')
}

/** The client's certificate with its chain, and the key that belongs to it. */
function readOwn(
  { cert, key }: WrittenTls,
  sources: TlsSources,
): { cert: string; key: string } | undefined {
  if (cert === undefined || key === undefined) return undefined
  const certFile = readNamed(cert, '/cert', sources)
  const keyFile = readNamed(key, '/key', sources)
  const chain = certFile && readCertificates(certFile, sources)
  const privateKey = keyFile && readKey(keyFile, sources)
  if (chain === undefined || privateKey === undefined) return undefined
  warnOfDates(certFile!, chain[0]!, sources)
  if (!chain[0]!.checkPrivateKey(privateKey)) {
    const message = `${keyFile!.path} does not belong to the first certificate in ${certFile!.path}`
    sources.report(errorAt(keyFile!.place, message))
  }
  const keyText = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  return { cert: chain.map(String).join(''), key: keyText }
}

function warnOfDates(
  file: Read,
  { validFromDate, validToDate }: X509Certificate,
  sources: TlsSources,
) {
  const { epochMs } = sources
  if (Number(validToDate) < epochMs) {
    warn(file, `holds a certificate that expired at ${validToDate.toISOString()}`, sources)
  } else if (Number(validFromDate) > epochMs) {
    warn(
      file,
      `holds a certificate that is not valid before ${validFromDate.toISOString()}`,
      sources,
    )
  }
}

function warn({ path, place }: Read, what: string, { report }: TlsSources): void {
  report({ severity: 'warning', message: `${path} ${what}`, place })
}

const certificateForm = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g

function readCertificates({ path, text, place }: Read, { report }: TlsSources) {
  const found = text.match(certificateForm) ?? []
  if (found.length === 0) report(errorAt(place, `${path} holds no certificate in PEM form`))
  const certificates: X509Certificate[] = []
  for (const [i, pem] of found.entries()) {
    try {
      certificates.push(new X509Certificate(pem))
    } catch {
      report(errorAt(place, `certificate ${i + 1} of ${found.length} in ${path} cannot be read`))
      return undefined
    }
  }
  return certificates.length === 0 ? undefined : certificates
}

function readKey({ path, text, place }: Read, { report }: TlsSources): KeyObject | undefined {
  try {
    return createPrivateKey(text)
  } catch {
    // What OpenSSL says could hold a part of it.
    const isLocked = /-----BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED/.test(text)
    const what = isLocked
      ? 'is locked by a passphrase: name a key without one, readable by this user alone'
      : 'holds no private key in PEM form'
    report(errorAt(place, `${path} ${what}`))
    return undefined
  }
}
