// A certificate made here, with a fresh key of P-256: self-signed, or signed by an authority that
// was made here as well.
import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto'
import {
  bitString,
  boolean,
  integer,
  objectId,
  octets,
  pemOf,
  sequence,
  tagged,
  time,
} from './der.ts'
import { alternativeNames, type Extension, extensionOf, nameOf, oids } from './fields.ts'

export interface CertificateTerms {
  readonly name: string
  /** DNS names and addresses that it is for. */
  readonly names?: readonly string[]
  /** Who signs; undefined: itself. */
  readonly issuer?: Authority | undefined
  readonly isAuthority?: boolean
  readonly validFrom: Date
  readonly validTo: Date
  /** Beside those that the rest calls for. */
  readonly extensions?: readonly Extension[]
}

/** Who can sign certificates. */
export interface Authority {
  /** Its common name. */
  readonly name: string
  readonly privateKey: KeyObject
}

export interface MadeCertificate extends Authority {
  /** PEM. */
  readonly cert: string
  readonly key: string
}

const signatureAlgorithm = sequence(objectId(oids.ecdsaWithSha256))

export function makeCertificate(terms: CertificateTerms): MadeCertificate {
  const { name, issuer } = terms
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const extensions = extensionsOf(terms, spki)
  const body = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    // 16 bytes, and not negative (RFC 5280 §4.1.2.2).
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    signatureAlgorithm,
    nameOf(issuer?.name ?? name),
    sequence(time(terms.validFrom), time(terms.validTo)),
    nameOf(name),
    spki,
    tagged(0xa3, sequence(...extensions.map(extensionOf))),
  )
  const signature = sign('sha256', body, issuer?.privateKey ?? privateKey)
  const der = sequence(body, signatureAlgorithm, bitString(signature))
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  return { name, cert: pemOf('CERTIFICATE', der), key, privateKey }
}

/** Strict readers want identifiers of keys and what a key is for (RFC 5280 §4.2.1). */
function extensionsOf(terms: CertificateTerms, spki: Buffer): Extension[] {
  const { names = [], issuer, isAuthority = false, extensions = [] } = terms
  const issuerId = issuer === undefined ? keyId(spki) : keyId(publicKeyOf(issuer.privateKey))
  return [
    {
      id: oids.basicConstraints,
      critical: true,
      value: sequence(...(isAuthority ? [boolean(true)] : [])),
    },
    { id: oids.keyUsage, critical: true, value: usage(isAuthority) },
    ...(names.length === 0 ? [] : [serverUse]),
    { id: oids.subjectKeyIdentifier, value: octets(keyId(spki)) },
    { id: oids.authorityKeyIdentifier, value: sequence(tagged(0x80, issuerId)) },
    ...(names.length === 0 ? [] : [alternativeNames(names)]),
    ...extensions,
  ]
}

/** keyCertSign and cRLSign, or digitalSignature. */
const usage = (isAuthority: boolean): Buffer =>
  isAuthority ? bitString(Buffer.from([0x06]), 1) : bitString(Buffer.from([0x80]), 7)

const serverUse: Extension = {
  id: oids.extendedKeyUsage,
  value: sequence(objectId(oids.serverAuth)),
}

const publicKeyOf = (key: KeyObject): Buffer =>
  createPublicKey(key).export({ type: 'spki', format: 'der' })

/** Anything that tells keys apart (RFC 7093 §2). */
const keyId = (spki: Buffer): Buffer => createHash('sha256').update(spki).digest().subarray(0, 20)
