// What all threads of the data plane hold at this moment: connections and bytes. Each thread has a
// row of its own in shared memory, writes there alone, and reads the rows of all. No cell has two
// writers, so nothing is compared and swapped, and what a dead thread held is given back by
// clearing its row. Between a look and a note two threads may both find room for a last one: bounds
// are exceeded by one a thread at most.
//
//   memory   seed │ row of thread 0 │ row of thread 1 │ …
//   row      totals, on a cache line of their own │ connections by address, two hashes of each
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
const totalsBytes = 64
/**
 * Cells of each of the two hashes. Both must collide with crowds before an address is taken for a
 * crowd: with 20,000 addresses one in ten million is over-counted by four. Untouched pages of them
 * are not resident.
 */
const cells = 65_536
const rowBytes = totalsBytes + 2 * cells * 4

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
  const { totals: sums, addresses } = rowAt(memory, thread)
  sums.fill(0)
  // Written only where needed: a page that was merely read takes no memory.
  for (let i = 0; i < addresses.length; i++) if (addresses[i] !== 0) addresses[i] = 0
}

export class Occupancy {
  /** How many serve at once. */
  readonly threads: number
  readonly #rows: readonly Row[]
  readonly #own: Row
  readonly #seed: number

  /** Clears the row: what the last thread of this number held is gone with it. */
  constructor(share: OccupancyShare) {
    const { memory, thread } = share
    const rows = Math.floor((memory.byteLength - headBytes) / rowBytes)
    assert(thread < rows, 'every thread has a row of its own')
    this.threads = share.threads
    this.#rows = Array.from({ length: rows }, (_, at) => rowAt(memory, at))
    this.#own = this.#rows[thread]!
    this.#seed = new Int32Array(memory, 0, 1)[0]!
    clearOccupancy(share)
  }

  /** Notes what this thread takes on, or lets go of. */
  note(held: Held, change: number): void {
    this.#own.totals[totals.indexOf(held)]! += change
  }

  /** Of this thread. */
  own(held: Held): number {
    return this.#own.totals[totals.indexOf(held)]!
  }

  /** Of all threads. */
  total(held: Held): number {
    const at = totals.indexOf(held)
    let sum = 0
    for (const row of this.#rows) sum += row.totals[at]!
    return sum
  }

  noteAddress(address: string, change: number): void {
    const { addresses } = this.#own
    addresses[cellOf(address, this.#seed)]! += change
    addresses[cells + cellOf(address, ~this.#seed)]! += change
  }

  /** Connections of an address in all threads; never too few. */
  ofAddress(address: string): number {
    const one = cellOf(address, this.#seed)
    const other = cells + cellOf(address, ~this.#seed)
    let [sum, otherSum] = [0, 0]
    for (const { addresses } of this.#rows) {
      sum += addresses[one]!
      otherSum += addresses[other]!
    }
    return Math.min(sum, otherSum)
  }
}

interface Row {
  /** Doubles: bytes may be many, and whole words are never read half written. */
  readonly totals: Float64Array
  readonly addresses: Int32Array
}

function rowAt(memory: SharedArrayBuffer, at: number): Row {
  const start = headBytes + at * rowBytes
  return {
    totals: new Float64Array(memory, start, totals.length),
    addresses: new Int32Array(memory, start + totalsBytes, 2 * cells),
  }
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
