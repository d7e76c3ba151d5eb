// A fixed-size table of token buckets, keyed by client address, over memory that threads share.
//
// A bucket is one number: when it will be full again (GCRA, the "theoretical arrival time"). So an
// absent bucket, a bucket full again and a zeroed slot are the same thing, and a slot may change
// hands exactly when that refills nobody. Where a new address finds no such slot it shares one
// overflow bucket with all others that found none: memory is bounded, and no flood of addresses
// ever gives anyone a fresh bucket.
//
//   slot: tag of the address (16 bits) | microsecond at which the bucket is full (48 bits)
//
// Owner and time are one word and change by one compare-and-swap, so there is nothing to lock and
// nothing that a thread which dies could leave half done. Time in a slot only ever grows, hence no
// value comes back and a swap that succeeds has seen the latest. Two addresses share a bucket where
// both their tags and their neighbourhoods are equal: one in 15,000 does in a table half full, and
// nobody can choose to, for the hash is keyed.
import type { Random } from '../base.ts'
import { drawKey, hashed, hashWords } from './keyed-hash.ts'

/** How fast a bucket fills and how much it holds. */
export interface Rate {
  /** Microseconds that one request costs. */
  readonly costUs: number
  /** What a full bucket holds, in the same measure. */
  readonly depthUs: number
}

// Times fit into 48 bits for nine years from the start of the process.
const depthUsMax = 2 ** 46

/** Rounds to whole microseconds a request, never in favour of the client. */
export function bucketRate(intervalMs: number, burst: number): Rate {
  // 0.07 ms are 70 microseconds, although the product of the two numbers is a bit more.
  const costUs = Math.max(1, Math.ceil(intervalMs * 1000 - 1e-6))
  return { costUs, depthUs: Math.min(costUs * burst, depthUsMax) }
}

const probes = 8
// Tag 0 is that of a slot which was never used.
const tagsMax = 2 ** 16 - 1
// One cache line.
const headerWords = 8

/** Bytes of a table with this many slots, a power of two; the one more is the overflow bucket. */
export const bucketTableBytes = (slots: number): number => (headerWords + slots + 1) * 8

export class BucketTable {
  /** The key of the hash in the first word of the header, then the slots, then the overflow. */
  readonly #words: BigUint64Array
  readonly #mask: number
  readonly #overflow: number
  readonly #keyLow: number
  readonly #keyHigh: number
  /** What `#find` read where it found. */
  #found = 0n

  /** The memory is zeroed or a table already; who comes first draws the key for all. */
  constructor(memory: ArrayBufferLike, random: Random) {
    this.#words = new BigUint64Array(memory)
    this.#overflow = this.#words.length - 1
    this.#mask = this.#overflow - headerWords - 1
    Atomics.compareExchange(this.#words, 0, 0n, drawKey(random))
    const key = Atomics.load(this.#words, 0)
    this.#keyLow = Number(BigInt.asIntN(32, key))
    this.#keyHigh = Number(BigInt.asIntN(32, key >> 32n))
  }

  /** Takes one token. Gives 0, or how many milliseconds are missing until there is one. */
  take(high: number, low: number, { costUs, depthUs }: Rate, nowMs: number): number {
    hashWords(this.#keyLow, this.#keyHigh, high, low)
    const home = hashed.low
    const tag = 1 + ((hashed.high >>> 0) % tagsMax)
    const nowUs = Math.floor(nowMs * 1000)
    // A swap that fails means that another thread's has succeeded: there is always progress.
    for (;;) {
      const at = this.#find(home, tag, nowUs)
      const before = this.#found
      const fullAtUs = Math.max(readSlot(before).fullAtUs, nowUs) + costUs
      const missingUs = fullAtUs - nowUs - depthUs
      if (missingUs > 0) return missingUs / 1000
      const after = slotWord(tag, fullAtUs)
      if (Atomics.compareExchange(this.#words, at, before, after) === before) return 0
    }
  }

  // A new address gets the slot of its neighbourhood that was full first, or none. It must be that
  // one, not just any that is free: else two threads could place one address in two slots. For say
  // that thread 1 chose slot A and thread 2 slot B. Each read the other's choice before it was taken,
  // and its own as it was when it was taken; times only grow; so what they read would be
  // t1(A) < t1(B) <= t2(B) < t2(A) <= t1(A).
  #find(home: number, tag: number, nowUs: number): number {
    let found = this.#overflow
    let foundUs = nowUs + 1
    for (let probe = 0; probe < probes; probe++) {
      const at = headerWords + ((home + probe) & this.#mask)
      const word = Atomics.load(this.#words, at)
      const { fullAtUs, tag: owner } = readSlot(word)
      const isOurs = owner === tag
      if (isOurs || fullAtUs < foundUs) {
        this.#found = word
        found = at
        foundUs = fullAtUs
      }
      if (isOurs) return at
    }
    if (foundUs > nowUs) this.#found = Atomics.load(this.#words, found)
    return found
  }
}

// A word is made and read by halves: with shifts of bigints a miss would take twice the time.
const half = 2 ** 32
const packed = new BigUint64Array(1)
const halves = new Uint32Array(packed.buffer)
const slot = { tag: 0, fullAtUs: 0 }

function slotWord(tag: number, fullAtUs: number): bigint {
  halves[0] = fullAtUs
  halves[1] = (tag << 16) | (fullAtUs / half)
  return packed[0]!
}

/** Gives the same object each time: it is read at once. */
function readSlot(word: bigint): Readonly<typeof slot> {
  packed[0] = word
  slot.tag = halves[1]! >>> 16
  slot.fullAtUs = (halves[1]! & 0xffff) * half + halves[0]!
  return slot
}
