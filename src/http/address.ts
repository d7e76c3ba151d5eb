// IP addresses as eight 16-bit groups, IPv4 as `::ffff:a.b.c.d`: one form to compare, and one text
// (RFC 5952) to print, whatever a peer wrote.

export type Address = readonly number[]

const octet = '(0|[1-9][0-9]{0,2})'
const dottedForm = new RegExp(`^${octet}\\.${octet}\\.${octet}\\.${octet}$`)
const group = /^[0-9a-f]{1,4}$/i
const mapped: Address = [0, 0, 0, 0, 0, 0xffff]

/** Reads an address without brackets, port or zone; undefined where it is none. */
export function parseAddress(text: string): Address | undefined {
  if (text.length > 45) return undefined
  if (!text.includes(':')) {
    const groups = parseDotted(text)
    return groups && [...mapped, ...groups]
  }
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const head = parseGroups(halves[0]!, halves.length === 1)
  const tail = halves.length === 1 ? [] : parseGroups(halves[1]!, true)
  if (head === undefined || tail === undefined) return undefined
  const missing = 8 - head.length - tail.length
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined
  return [...head, ...Array.from({ length: missing }, () => 0), ...tail]
}

/** Strict: four decimal octets without leading zeros, which some read as octal. */
function parseDotted(text: string): number[] | undefined {
  const parts = dottedForm.exec(text)
  if (parts === null) return undefined
  const [a, b, c, d] = [Number(parts[1]), Number(parts[2]), Number(parts[3]), Number(parts[4])]
  if (Math.max(a, b, c, d) > 255) return undefined
  return [a * 256 + b, c * 256 + d]
}

/** Groups between colons; the last may be dotted where it ends the address. */
function parseGroups(text: string, isEnd: boolean): number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [at, part] of parts.entries()) {
    const dotted = isEnd && at === parts.length - 1 ? parseDotted(part) : undefined
    if (dotted !== undefined) groups.push(...dotted)
    else if (group.test(part)) groups.push(Number.parseInt(part, 16))
    else return undefined
  }
  return groups
}

/** The text of an address: IPv4 dotted even where it was mapped, IPv6 as RFC 5952 has it. */
export function addressText(address: Address): string {
  if (mapped.every((part, at) => part === address[at])) return dottedText(address)
  const { start, length } = longestZeros(address)
  if (length < 2) return hexText(address)
  return `${hexText(address.slice(0, start))}::${hexText(address.slice(start + length))}`
}

const hexText = (groups: Address): string => groups.map((part) => part.toString(16)).join(':')

function dottedText(address: Address): string {
  const [high, low] = [address[6]!, address[7]!]
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`
}

function longestZeros(address: Address): { start: number; length: number } {
  let best = { start: 0, length: 0 }
  for (let start = 0; start < address.length; start++) {
    let length = 0
    while (address[start + length] === 0) length++
    if (length > best.length) best = { start, length }
    start += length
  }
  return best
}
