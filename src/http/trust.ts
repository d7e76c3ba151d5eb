// Which addresses are trusted hops: CIDR ranges, compiled.
import { type Address, addressText, parseAddress } from './address.ts'

interface Range {
  readonly address: Address
  readonly bits: number
}

/** What is wrong with a CIDR range or bare address, for `check`; undefined where nothing is. */
export function cidrProblem(text: string): string | undefined {
  const range = parseCidr(text)
  if (range === undefined) return `'${text}' is no address range such as 10.0.0.0/8 or fd00::/8`
  const first = firstOf(range)
  if (first.every((group, at) => group === range.address[at])) return undefined
  const [, bits] = text.split('/')
  return `'${text}' has bits set beyond its prefix; did you mean ${addressText(first)}/${bits}?`
}

/**
 * Compiles ranges to a test of an address in any form; an IPv4 range takes mapped IPv6 too, and
 * the other way round. What `cidrProblem` finds fault with is left out. No ranges: nobody.
 */
export function compileTrust(cidrs: readonly string[]): (address: string) => boolean {
  const ranges = cidrs
    .filter((text) => cidrProblem(text) === undefined)
    .map((text) => parseCidr(text)!)
  if (ranges.length === 0) return () => false
  return (text) => {
    const address = parseAddress(text)
    return address !== undefined && ranges.some((range) => holds(range, address))
  }
}

function parseCidr(text: string): Range | undefined {
  const [addressPart, bitsPart, ...rest] = text.split('/')
  const address = parseAddress(addressPart!)
  if (address === undefined || rest.length > 0) return undefined
  if (bitsPart === undefined) return { address, bits: 128 }
  if (!/^(?:0|[1-9][0-9]{0,2})$/.test(bitsPart)) return undefined
  const bits = Number(bitsPart) + (addressPart!.includes(':') ? 0 : 96)
  return bits <= 128 ? { address, bits } : undefined
}

const groupMask = (bits: number, group: number): number => {
  const inGroup = Math.max(0, Math.min(16, bits - 16 * group))
  return (0xffff << (16 - inGroup)) & 0xffff
}

const firstOf = ({ address, bits }: Range): Address =>
  address.map((part, at) => part & groupMask(bits, at))

function holds({ address, bits }: Range, other: Address): boolean {
  const groups = Math.ceil(bits / 16)
  for (let at = 0; at < groups; at++) {
    if (((address[at]! ^ other[at]!) & groupMask(bits, at)) !== 0) return false
  }
  return true
}
