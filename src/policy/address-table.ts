// A set of addresses as bytes: sorted, disjoint ranges, IPv4 apart from IPv6, searched by halving.
// It lies beside the plans of a snapshot and is read where it lies, in any thread. The words are
// in the order of the machine: all that Node runs on are little-endian.
//
//   counts        of IPv4 ranges, of IPv6 ranges
//   IPv4          the first address of every range, then the last of every range: a word each
//   IPv6          the same: four words each
import { addressWords, readWords } from './address.ts'

/** Ranges of one family: first and last addresses, `width` words each, sorted and disjoint. */
export interface Ranges {
  readonly width: 1 | 4
  readonly firsts: Uint32Array
  readonly lasts: Uint32Array
}

export type AddressTable = readonly [ipv4: Ranges, ipv6: Ranges]

const countWords = 2

export function tableBytes([ipv4, ipv6]: AddressTable): Uint8Array {
  const words = new Uint32Array(countWords + 2 * (ipv4.firsts.length + ipv6.firsts.length))
  words[0] = ipv4.firsts.length
  words[1] = ipv6.firsts.length / 4
  let at = countWords
  for (const { firsts, lasts } of [ipv4, ipv6]) {
    words.set(firsts, at)
    words.set(lasts, at + firsts.length)
    at += 2 * firsts.length
  }
  return new Uint8Array(words.buffer)
}

/** The table in these bytes, without a copy where they begin at a whole word. */
export function readTable(bytes: Uint8Array): AddressTable {
  const whole = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice()
  const words = new Uint32Array(whole.buffer, whole.byteOffset, whole.byteLength / 4)
  const ipv4Words = words[0]!
  const ipv6At = countWords + 2 * ipv4Words
  return [rangesAt(words, countWords, 1, ipv4Words), rangesAt(words, ipv6At, 4, words[1]! * 4)]
}

function rangesAt(words: Uint32Array, at: number, width: 1 | 4, length: number): Ranges {
  const middle = at + length
  return {
    width,
    firsts: words.subarray(at, middle),
    lasts: words.subarray(middle, middle + length),
  }
}

export const isEmptyTable = ([ipv4, ipv6]: AddressTable): boolean =>
  ipv4.firsts.length + ipv6.firsts.length === 0

/** Whether one of the tables holds an address as the wire gives it. No address is in none. */
export function isInTables(tables: readonly AddressTable[], address: string): boolean {
  const width = readWords(address)
  if (width === 0) return false
  for (let i = 0; i < tables.length; i++) {
    if (width === 1 ? holdsIpv4(tables[i]![0]) : holdsIpv6(tables[i]![1])) return true
  }
  return false
}

// Of the ranges only the last one that begins at the address or before it may hold it. Two loops:
// one over any width took 1.2 times as long for IPv4 and 1.6 times for IPv6.

function holdsIpv4({ firsts, lasts }: Ranges): boolean {
  const word = addressWords[0]!
  let low = 0
  let high = firsts.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (firsts[middle]! <= word) low = middle + 1
    else high = middle
  }
  return low > 0 && word <= lasts[low - 1]!
}

function holdsIpv6({ firsts, lasts }: Ranges): boolean {
  let low = 0
  let high = firsts.length >>> 2
  while (low < high) {
    const middle = (low + high) >>> 1
    if (order(firsts, middle * 4) <= 0) low = middle + 1
    else high = middle
  }
  return low > 0 && order(lasts, low * 4 - 4) >= 0
}

/** Whether a bound lies before the address (below zero), at it or after it. */
function order(bounds: Uint32Array, at: number): number {
  if (bounds[at] !== addressWords[0]) return bounds[at]! - addressWords[0]!
  if (bounds[at + 1] !== addressWords[1]) return bounds[at + 1]! - addressWords[1]!
  if (bounds[at + 2] !== addressWords[2]) return bounds[at + 2]! - addressWords[2]!
  return bounds[at + 3]! - addressWords[3]!
}
