// X.509 certificates made when a test wants them, so that none ever expires and none is skipped:
// just enough DER (X.690) for RFC 5280, signed by node:crypto.
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isIP } from 'node:net'

export interface Certificate {
  /** PEM. */
  readonly cert: string
  readonly key: string
}

export interface CertificateOptions {
  readonly name?: string
  /** DNS names and addresses that it is for. */
  readonly names?: readonly string[]
  /** Who signs; undefined: itself. */
  readonly issuer?: Authority
  readonly isAuthority?: boolean
  readonly validFrom?: Date
  readonly validTo?: Date
}

export interface Authority extends Certificate {
  readonly name: string
  readonly privateKey: KeyObject
}

const dayMs = 86_400_000

export function makeCertificate(options: CertificateOptions = {}): Authority {
  const { name = 'test', issuer, isAuthority = false, names = [] } = options
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const body = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    ecdsaWithSha256,
    nameOf(issuer?.name ?? name),
    sequence(
      timeOf(options.validFrom ?? new Date(Date.now() - dayMs)),
      timeOf(options.validTo ?? new Date(Date.now() + dayMs)),
    ),
    nameOf(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(...extensionsOf(names, isAuthority))),
  )
  const signature = sign('sha256', body, issuer?.privateKey ?? privateKey)
  const der = sequence(body, ecdsaWithSha256, tagged(0x03, Buffer.from([0]), signature))
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  return { name, cert: pem(der), key, privateKey }
}

export const makeAuthority = (name = 'test authority'): Authority =>
  makeCertificate({ name, isAuthority: true })

function pem(der: Buffer): string {
  const lines = der.toString('base64').replace(/.{64}/g, '$&\n').trimEnd()
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`
}

function tagged(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([tag, ...lengthOf(content.length)]), content])
}

function lengthOf(bytes: number): number[] {
  if (bytes < 128) return [bytes]
  return bytes < 256 ? [0x81, bytes] : [0x82, bytes >> 8, bytes & 255]
}

const sequence = (...parts: readonly Uint8Array[]): Buffer => tagged(0x30, ...parts)
const integer = (bytes: Uint8Array): Buffer => tagged(0x02, bytes)
const octets = (bytes: Uint8Array): Buffer => tagged(0x04, bytes)
const objectId = (...bytes: readonly number[]): Buffer => tagged(0x06, Buffer.from(bytes))

const ecdsaWithSha256 = sequence(objectId(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02))

function nameOf(text: string): Buffer {
  const attribute = sequence(objectId(0x55, 0x04, 0x03), tagged(0x0c, Buffer.from(text)))
  return sequence(tagged(0x31, attribute))
}

/** UTCTime holds years to 2049, as RFC 5280 §4.1.2.5 wants it; GeneralizedTime those after. */
function timeOf(date: Date): Buffer {
  const digits = `${date.toISOString().replaceAll(/[-:T]|\.\d+Z/g, '')}Z`
  const isShort = date.getUTCFullYear() < 2050
  return tagged(isShort ? 0x17 : 0x18, Buffer.from(isShort ? digits.slice(2) : digits))
}

function extensionsOf(names: readonly string[], isAuthority: boolean): Buffer[] {
  const yes = tagged(0x01, Buffer.from([0xff]))
  const constraints = sequence(objectId(0x55, 0x1d, 0x13), yes, octets(sequence(yes)))
  if (isAuthority) return [constraints]
  if (names.length === 0) return [sequence(objectId(0x55, 0x1d, 0x13), octets(sequence()))]
  return [sequence(objectId(0x55, 0x1d, 0x11), octets(sequence(...names.map(alternativeName))))]
}

function alternativeName(name: string): Buffer {
  if (isIP(name) === 0) return tagged(0x82, Buffer.from(name))
  const parts = isIP(name) === 4 ? name.split('.').map(Number) : ipv6Bytes(name)
  return tagged(0x87, Buffer.from(parts))
}

/** Of `::1` and the like: no more is needed. */
function ipv6Bytes(name: string): number[] {
  const last = Number.parseInt(name.replace(/^::/, ''), 16)
  return [...Array.from({ length: 14 }, () => 0), last >> 8, last & 255]
}
