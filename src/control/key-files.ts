// Certificates and keys that settings name as files: read, parsed and held against each other before
// anything runs, so that a handshake fails for what the other side does alone. What goes on is
// certificates without what stood around them, and the key; of a key nothing is ever said.
import { createPrivateKey, type KeyObject, type X509Certificate } from 'node:crypto'
import { dirname, resolve } from 'node:path'
import type { Place, Problem } from '../base.ts'
import type { NamedFiles } from '../load.ts'
import { certificatesIn } from '../x509.ts'
import { errorAt } from './problem-list.ts'

export interface KeySources {
  readonly files: Pick<NamedFiles, 'read'>
  /** Place of a pointer into the settings that name the files. */
  readonly locate: (pointer: string) => Place
  readonly report: (problem: Problem) => void
  readonly epochMs: number
}

/** A file that was read. */
export interface Read {
  readonly path: string
  readonly text: string
  readonly place: Place
}

export interface KeyPair {
  /** Of the certificate. */
  readonly place: Place
  readonly chain: readonly X509Certificate[]
  /** PEM texts. */
  readonly cert: string
  readonly key: string
}

/** A certificate with its chain, and the key that belongs to it. */
export function readKeyPair(
  { cert, key }: { readonly cert: string; readonly key: string },
  sources: KeySources,
): KeyPair | undefined {
  const certFile = readNamed(cert, '/cert', sources)
  const keyFile = readNamed(key, '/key', sources)
  const chain = certFile && readCertificates(certFile, sources)
  const privateKey = keyFile && readKey(keyFile, sources)
  if (chain === undefined || privateKey === undefined) return undefined
  warnOfDates(certFile!, chain[0]!, sources)
  if (!chain[0]!.checkPrivateKey(privateKey)) {
    const message = `${keyFile!.path} does not belong to the first certificate in ${certFile!.path}`
    sources.report(errorAt(keyFile!.place, message))
    return undefined
  }
  const keyText = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  return { place: certFile!.place, chain, cert: chain.map(String).join(''), key: keyText }
}

export function readNamed(name: string, pointer: string, sources: KeySources): Read | undefined {
  const place = sources.locate(pointer)
  const path = resolve(dirname(place.file), name)
  const read = sources.files.read(path, 'configuration')
  if ('text' in read) return { path, text: read.text, place }
  sources.report(errorAt(place, read.problem))
  return undefined
}

function warnOfDates(
  file: Read,
  { validFromDate, validToDate }: X509Certificate,
  sources: KeySources,
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

export function warn({ path, place }: Read, what: string, { report }: KeySources): void {
  report({ severity: 'warning', message: `${path} ${what}`, place })
}

const beginning = '-----BEGIN CERTIFICATE-----'

export function readCertificates(
  { path, text, place }: Read,
  { report }: KeySources,
): X509Certificate[] | undefined {
  const found = certificatesIn(text)
  if (typeof found === 'object' && found.length > 0) return found
  const what =
    typeof found === 'object'
      ? `${path} holds no certificate in PEM form`
      : `certificate ${found} of ${text.split(beginning).length - 1} in ${path} cannot be read`
  report(errorAt(place, what))
  return undefined
}

function readKey({ path, text, place }: Read, { report }: KeySources): KeyObject | undefined {
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
