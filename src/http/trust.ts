// Which addresses are trusted hops: CIDR ranges, compiled.
import { type Address, addressText, parseAddress } from './address.ts'

/** Addresses that begin alike: IPv4 as `::ffff:a.b.c.d`, so its prefixes have 96 bits more. */
export interface CidrRange {
  readonly first: Address
  readonly bits: number
}

/** What is wrong with a CIDR range or bare address, for `check`; undefined where nothing is. */
export function cidrProblem(text: string): string | undefined {
  const range = readCidr(text)
  return 'problem' in range ? `'${text}' ${range.problem}` : undefined
}

/** A CIDR range or bare address, or what is wrong with it in words that do not repeat it. */
export function readCidr(text: string): CidrRange | { readonly problem: string } {
  const [addressPart, bitsPart, ...rest] = text.split('/')
  const address = parseAddress(addressPart!)
  const bits = bitsOf(bitsPart, addressPart!)
  if (address === undefined || bits === undefined || rest.length > 0) return { problem: noRange }
  const first = address.map((part, at) => part & groupMask(bits, at))
  if (first.every((group, at) => group === address[at])) return { first, bits }
  return { problem: `has bits set beyond its prefix; did you mean ${rangeText(first, bits)}?` }
}

function rangeText(first: Address, bits: number): string {
  const text = addressText(first)
  return `${text}/${text.includes(':') ? bits : bits - 96}`
}

const noRange = 'is no address range such as 10.0.0.0/8 or fd00::/8'

function bitsOf(text: string | undefined, address: string): number | undefined {
  if (text === undefined) return 128
  if (!/^(?:0|[1-9][0-9]{0,2})$/.test(text)) return undefined
  const bits = Number(text) + (address.includes(':') ? 0 : 96)
  return bits <= 128 ? bits : undefined
}

/**
 * Compiles ranges to a test of an address in any form; an IPv4 range takes mapped IPv6 too, and
 * the other way round. What `cidrProblem` finds fault with is left out. No ranges: nobody.
 */
export function compileTrust(cidrs: readonly string[]): (address: string) => boolean {
  const ranges = cidrs.map(readCidr).filter((range) => 'bits' in range)
  if (ranges.length === 0) return () => false
  return (text) => {
    const address = parseAddress(text)
    return address !== undefined && ranges.some((range) => holds(range, address))
  }
}

const groupMask = (bits: number, group: number): number => {
  const inGroup = Math.max(0, Math.min(16, bits - 16 * group))
  return (0xffff << (16 - inGroup)) & 0xffff
}

function holds({ first, bits }: CidrRange, other: Address): boolean {
  const groups = Math.ceil(bits / 16)
  for (let at = 0; at < groups; at++) {
    if (((first[at]! ^ other[at]!) & groupMask(bits, at)) !== 0) return false
  }
  return true
}
