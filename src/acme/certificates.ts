// What is made here on the way to a certificate: the request for it, what a challenge is answered
// with, and what a name is served by until there is one.
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto'
import {
  alternativeNames,
  bitString,
  extensionOf,
  integer,
  makeCertificate,
  objectId,
  octets,
  oids,
  sequence,
  set,
  tagged,
} from '../x509.ts'

export interface Identity {
  /** PEM. */
  readonly cert: string
  readonly key: string
}

const extensionRequest = '1.2.840.113549.1.9.14'
const acmeIdentifier = '1.3.6.1.5.5.7.1.31'

/** For one DNS name and the key of P-256 in a PEM text (RFC 2986). */
export function certificateRequest(domain: string, key: string): Buffer {
  const privateKey = createPrivateKey(key)
  const extensions = sequence(extensionOf(alternativeNames([domain])))
  const body = sequence(
    integer(Buffer.from([0])),
    // Names stand among the alternative ones alone: a common name holds 64 characters.
    sequence(),
    createPublicKey(privateKey).export({ type: 'spki', format: 'der' }),
    tagged(0xa0, sequence(objectId(extensionRequest), set(extensions))),
  )
  const algorithm = sequence(objectId(oids.ecdsaWithSha256))
  return sequence(body, algorithm, bitString(sign('sha256', body, privateKey)))
}

const dayMs = 86_400_000

/** What `acme-tls/1` is answered with (RFC 8737 §3). */
export function challengeCertificate(
  domain: string,
  keyAuthorization: string,
  epochMs: number,
): Identity {
  const proof = createHash('sha256').update(keyAuthorization).digest()
  const { cert, key } = makeCertificate({
    name: 'ACME challenge',
    names: [domain],
    validFrom: new Date(epochMs - dayMs),
    validTo: new Date(epochMs + dayMs),
    extensions: [{ id: acmeIdentifier, critical: true, value: octets(proof) }],
  })
  return { cert, key }
}

/**
 * So that a listener can start, and answer challenges: nobody believes it. It ends soon, for those
 * who watch when certificates do.
 */
export function placeholder(domain: string, epochMs: number): Identity {
  const { cert, key } = makeCertificate({
    name: 'not certified yet',
    names: [domain],
    validFrom: new Date(epochMs - dayMs),
    validTo: new Date(epochMs + dayMs),
  })
  return { cert, key }
}
