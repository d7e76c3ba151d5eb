// From addresses and CIDR ranges as people write them to a table: read, sorted, merged where they
// overlap or touch. An IPv4 range is of IPv4 alone, mapped or not, and an IPv6 range of IPv6 alone:
// `::/8`, which lists of unassigned IPv6 space contain, must not deny every IPv4 client.
import type { Problem } from '../base.ts'
import { type CidrRange, readCidr } from '../http.ts'
import { type AddressTable, type Ranges, tableBytes } from './address-table.ts'
import type { NamedFile } from './policy.ts'

/** Addresses and ranges in one file. */
const entriesMax = 1_000_000

/** Lines that are complained of; what has more is no list, and is not read on. */
const complaintsMax = 20

/**
 * A file of one address or range a line; `#` begins a comment. What is wrong with it is reported,
 * but not the text of a line: the file may be one that was never meant to be shown.
 */
export function readList(
  { path, text }: NamedFile,
  report: (problem: Problem) => void,
): AddressList {
  const list = new AddressList()
  let complaints = 0
  for (const { entry, line, column } of entriesOf(text)) {
    const isFull = list.size === entriesMax
    const problem = isFull ? beyond : list.add(entry)
    if (problem === undefined) continue
    const place = { file: path, line, column }
    report({ severity: 'error', message: `this ${problem}`, place })
    if (isFull || ++complaints === complaintsMax) break
  }
  return list
}

const beyond = `is beyond the ${entriesMax} that a file may have`

interface Entry {
  readonly entry: string
  /** Both from 1. */
  readonly line: number
  readonly column: number
}

function* entriesOf(text: string): Generator<Entry> {
  let line = 0
  for (let at = 0; at < text.length;) {
    const newline = text.indexOf('\n', at)
    const end = newline < 0 ? text.length : newline
    const written = text.slice(at, end)
    line++
    at = end + 1
    const said = written.split('#', 1)[0]!.trimEnd()
    const entry = said.trimStart()
    if (entry !== '') yield { entry, line, column: said.length - entry.length + 1 }
  }
}

export class AddressList {
  /** Of each entry the first address and the last, a word each; of IPv6 four words each. */
  readonly #ipv4: number[] = []
  readonly #ipv6: number[] = []

  get size(): number {
    return this.#ipv4.length / 2 + this.#ipv6.length / 8
  }

  /** What is wrong with an entry, in words that do not repeat it; undefined where it was added. */
  add(text: string): string | undefined {
    const range = readCidr(text)
    if ('problem' in range) return range.problem
    const isIpv4 = range.bits >= 96 && mappedPrefix.every((part, at) => part === range.first[at])
    const bounds = boundsOf(range)
    if (isIpv4) this.#ipv4.push(bounds[3]!, bounds[7]!)
    else this.#ipv6.push(...bounds)
    return undefined
  }

  table(): AddressTable {
    return [merged(this.#ipv4, 1), merged(this.#ipv6, 4)]
  }

  bytes(): Uint8Array {
    return tableBytes(this.table())
  }
}

const mappedPrefix = [0, 0, 0, 0, 0, 0xffff]

/** The first address and the last, four words each. */
function boundsOf({ first, bits }: CidrRange): number[] {
  const bounds = [0, 0, 0, 0, 0, 0, 0, 0]
  for (let i = 0; i < 4; i++) {
    const word = first[i * 2]! * 0x1_0000 + first[i * 2 + 1]!
    const free = Math.max(0, Math.min(32, 32 * (i + 1) - bits))
    bounds[i] = word
    bounds[i + 4] = word + 2 ** free - 1
  }
  return bounds
}

function merged(entries: readonly number[], width: 1 | 4): Ranges {
  const count = entries.length / (2 * width)
  const firsts = new Uint32Array(count * width)
  const lasts = new Uint32Array(count * width)
  let end = 0
  for (const index of byFirst(entries, width)) {
    const at = index * 2 * width
    if (end === 0 || !isNear(entries, at, lasts, end - width, width)) {
      copy(entries, at, firsts, end, width)
      copy(entries, at + width, lasts, end, width)
      end += width
    } else if (compare(entries, at + width, lasts, end - width, width) > 0) {
      copy(entries, at + width, lasts, end - width, width)
    }
  }
  return { width, firsts: firsts.slice(0, end), lasts: lasts.slice(0, end) }
}

/** Numbers of the entries in the order of their first addresses. */
function byFirst(entries: readonly number[], width: number): Uint32Array {
  const indexes = Uint32Array.from({ length: entries.length / (2 * width) }, (_, index) => index)
  const stride = 2 * width
  return indexes.sort((a, b) => compare(entries, a * stride, entries, b * stride, width))
}

type Words = ArrayLike<number>

function compare(a: Words, aAt: number, b: Words, bAt: number, width: number): number {
  for (let i = 0; i < width; i++) {
    const difference = a[aAt + i]! - b[bAt + i]!
    if (difference !== 0) return difference
  }
  return 0
}

/** Whether `a` lies at most one address beyond `b`. */
function isNear(a: Words, aAt: number, b: Words, bAt: number, width: number): boolean {
  let distance = 0
  for (let i = 0; i < width; i++) {
    distance = distance * 0x1_0000_0000 + a[aAt + i]! - b[bAt + i]!
    // What is left can bring it to zero or below from 1, and from nothing else.
    if (distance < 0) return true
    if (distance > 1) return false
  }
  return true
}

function copy(from: Words, fromAt: number, to: Uint32Array, toAt: number, width: number): void {
  for (let i = 0; i < width; i++) to[toAt + i] = from[fromAt + i]!
}
