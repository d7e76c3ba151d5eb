// A certificate for the key in a request, as an authority makes it.
import { createPublicKey, sign, verify, X509Certificate } from 'node:crypto'
import {
  alternativeNames,
  type Authority,
  bitString,
  extensionOf,
  integer,
  nameOf,
  objectId,
  oids,
  pemOf,
  sequence,
  tagged,
} from '../x509.ts'
import { randomBytes } from 'node:crypto'

export interface Issue {
  readonly domain: string
  readonly issuer: Authority & { readonly cert: string }
  readonly validFrom: Date
  readonly validTo: Date
}

/** Content begins behind the tag and the length, which says how long it is. */
function partAt(der: Buffer, at: number): { whole: Buffer; contentAt: number; end: number } {
  const first = der[at + 1]!
  const digits = first < 0x80 ? 0 : first & 0x7f
  const length = digits === 0 ? first : der.readUIntBE(at + 2, digits)
  const contentAt = at + 2 + digits
  const end = contentAt + length
  return { whole: der.subarray(at, end), contentAt, end }
}

/** The parts of a sequence. */
function partsOf(der: Buffer): Buffer[] {
  const parts: Buffer[] = []
  const { contentAt, end } = partAt(der, 0)
  for (let at = contentAt; at < end;) {
    const part = partAt(der, at)
    parts.push(part.whole)
    at = part.end
  }
  return parts
}

/** Checks who signed the request, and gives a chain. */
export function signedFor(csr: Buffer, { domain, issuer, validFrom, validTo }: Issue): string {
  const [body, , signature] = partsOf(csr) as [Buffer, Buffer, Buffer]
  const [, , spki] = partsOf(body) as [Buffer, Buffer, Buffer]
  const { contentAt } = partAt(signature, 0)
  const key = createPublicKey({ key: spki, format: 'der', type: 'spki' })
  const isSigned = verify('sha256', body, key, signature.subarray(contentAt + 1))
  const names = alternativeNames([domain])
  if (!isSigned || !body.includes(extensionOf(names))) throw new Error('a request that is none')
  const algorithm = sequence(objectId(oids.ecdsaWithSha256))
  const { validFromDate } = new X509Certificate(issuer.cert)
  if (validFrom < validFromDate) throw new Error('the authority is younger than what it issues')
  const certificate = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    algorithm,
    nameOf(issuer.name),
    sequence(timeOf(validFrom), timeOf(validTo)),
    sequence(),
    spki,
    tagged(0xa3, sequence(extensionOf(names))),
  )
  const seal = bitString(sign('sha256', certificate, issuer.privateKey))
  return pemOf('CERTIFICATE', sequence(certificate, algorithm, seal)) + issuer.cert
}

const timeOf = (date: Date): Buffer =>
  tagged(0x18, Buffer.from(`${date.toISOString().replaceAll(/[-:T]|\.\d+Z/g, '')}Z`))
