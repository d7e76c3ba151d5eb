// Fields that certificates and requests for them share (RFC 5280): names, extensions.
import { isIP, isIPv6 } from 'node:net'
import { boolean, objectId, octets, sequence, set, tagged, utf8 } from './der.ts'

export const oids = {
  commonName: '2.5.4.3',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
} as const

export interface Extension {
  /** In its dotted form. */
  readonly id: string
  readonly critical?: boolean
  /** DER. */
  readonly value: Uint8Array
}

export function extensionOf({ id, critical = false, value }: Extension): Buffer {
  return sequence(objectId(id), ...(critical ? [boolean(true)] : []), octets(value))
}

/** A distinguished name that is a common name alone. */
export const nameOf = (commonName: string): Buffer =>
  sequence(set(sequence(objectId(oids.commonName), utf8(commonName))))

/** DNS names and addresses (RFC 5280 §4.2.1.6). */
export const alternativeNames = (names: readonly string[]): Extension => ({
  id: oids.subjectAltName,
  value: sequence(...names.map(alternativeName)),
})

function alternativeName(name: string): Buffer {
  if (isIP(name) === 0) return tagged(0x82, Buffer.from(name, 'ascii'))
  return tagged(0x87, Buffer.from(isIPv6(name) ? ipv6Bytes(name) : name.split('.').map(Number)))
}

function ipv6Bytes(text: string): number[] {
  const [head = '', tail] = text.split('::')
  const [left, right] = [groupsOf(head), groupsOf(tail ?? '')]
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0')
  return [...left, ...zeros, ...right].flatMap((group) => {
    const value = Number.parseInt(group, 16)
    return [value >> 8, value & 0xff]
  })
}

const groupsOf = (part: string): string[] => (part === '' ? [] : part.split(':'))
