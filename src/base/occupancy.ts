// What all threads of the data plane hold at this moment: connections and bytes. Each thread has a
// row of its own in shared memory, writes there alone, and reads the rows of all. No cell has two
// writers, so nothing is compared and swapped, and what a dead thread held is given back by
// clearing its row. Between a look and a note two threads may both find room for a last one: bounds
// are exceeded by one a thread at most.
//
//   seed │ totals of each thread, on a cache line of its own │ connections by address of each
//
// Totals lie side by side: they are summed for every body that is held.
import { assert } from './assert.ts'
import type { Random } from './random.ts'

/** One thread's part of the memory that they share. */
export interface OccupancyShare {
  readonly memory: SharedArrayBuffer
  readonly thread: number
  /** How many serve at once: there may be more rows, for those that take their place. */
  readonly threads: number
}

const totals = ['connections', 'endpointConnections', 'heldBytes'] as const

export type Held = (typeof totals)[number]

const headBytes = 64
/** Cells of a thread's totals: a cache line of its own. */
const lineCells = 8
/**
 * Cells of each of the two hashes. Both must collide with crowds before an address is taken for a
 * crowd: with 20,000 addresses one in ten million is over-counted by four. Untouched pages of them
 * are not resident.
 */
const cells = 65_536
const addressesBytes = 2 * cells * 4
const rowBytes = lineCells * 8 + addressesBytes

/** Memory for so many threads, those included that live while others take their place. */
export function occupancyMemory(rows: number, random: Random): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(headBytes + rows * rowBytes)
  // Nobody outside can choose addresses that collide.
  new Int32Array(memory, 0, 1)[0] = random() * 2 ** 32
  return memory
}

/** Of a thread that is alone. */
export const soleOccupancy = (random: Random): Occupancy =>
  new Occupancy({ memory: occupancyMemory(1, random), thread: 0, threads: 1 })

/** What the thread of a row held is held no more. */
export function clearOccupancy({ memory, thread }: OccupancyShare): void {
  totalsOf(memory).fill(0, thread * lineCells, (thread + 1) * lineCells)
  const addresses = addressesOf(memory)[thread]!
  // Written only where needed: a page that was merely read takes no memory.
  for (let i = 0; i < addresses.length; i++) if (addresses[i] !== 0) addresses[i] = 0
}

export class Occupancy {
  /** How many serve at once. */
  readonly threads: number
  /** Of all threads; doubles: bytes may be many, and whole words are never read half written. */
  readonly #totals: Float64Array
  readonly #addresses: readonly Int32Array[]
  readonly #own: Int32Array
  /** Where its totals begin. */
  readonly #at: number
  readonly #seed: number

  /** Clears the row: what the last thread of this number held is gone with it. */
  constructor(share: OccupancyShare) {
    const { memory, thread } = share
    assert(thread < rowsOf(memory), 'every thread has a row of its own')
    this.threads = share.threads
    this.#totals = totalsOf(memory)
    this.#addresses = addressesOf(memory)
    this.#own = this.#addresses[thread]!
    this.#at = thread * lineCells
    this.#seed = new Int32Array(memory, 0, 1)[0]!
    clearOccupancy(share)
  }

  /** Notes what this thread takes on, or lets go of. */
  note(held: Held, change: number): void {
    this.#totals[this.#at + totals.indexOf(held)]! += change
  }

  /** Of this thread. */
  own(held: Held): number {
    return this.#totals[this.#at + totals.indexOf(held)]!
  }

  /** Of all threads. */
  total(held: Held): number {
    const all = this.#totals
    let sum = 0
    for (let at = totals.indexOf(held); at < all.length; at += lineCells) sum += all[at]!
    return sum
  }

  noteAddress(address: string, change: number): void {
    this.#own[cellOf(address, this.#seed)]! += change
    this.#own[cells + cellOf(address, ~this.#seed)]! += change
  }

  /** Connections of an address in all threads; never too few. */
  ofAddress(address: string): number {
    const one = cellOf(address, this.#seed)
    const other = cells + cellOf(address, ~this.#seed)
    let [sum, otherSum] = [0, 0]
    for (const addresses of this.#addresses) {
      sum += addresses[one]!
      otherSum += addresses[other]!
    }
    return Math.min(sum, otherSum)
  }
}

const rowsOf = (memory: SharedArrayBuffer): number =>
  Math.floor((memory.byteLength - headBytes) / rowBytes)

const totalsOf = (memory: SharedArrayBuffer): Float64Array =>
  new Float64Array(memory, headBytes, rowsOf(memory) * lineCells)

function addressesOf(memory: SharedArrayBuffer): Int32Array[] {
  const rows = rowsOf(memory)
  const start = headBytes + rows * lineCells * 8
  return Array.from(
    { length: rows },
    (_, row) => new Int32Array(memory, start + row * addressesBytes, 2 * cells),
  )
}

/** After MurmurHash's mixing, a character at a time. */
function cellOf(address: string, seed: number): number {
  let hash = seed
  for (let i = 0; i < address.length; i++) {
    hash = Math.imul(hash ^ address.charCodeAt(i), 0x5bd1e995)
    hash ^= hash >>> 15
  }
  return (hash ^ (hash >>> 16)) & (cells - 1)
}
