// A fixed-size table of token buckets, keyed by client address, over one buffer.
//
// A bucket is one number: when it will be full again (GCRA, the "theoretical arrival time"). So an
// absent bucket, a bucket full again and a zeroed slot are the same thing, and a slot may change
// hands exactly when that refills nobody. Where a new address finds no such slot it shares one
// overflow bucket with all others that found none: memory is bounded, and no flood of addresses
// ever gives anyone a fresh bucket.
import type { Random } from '../base.ts'

/** How fast a bucket fills and how much it holds. */
export interface Rate {
  /** Milliseconds that one request costs. */
  readonly intervalMs: number
  /** Requests that a full bucket pays for at once. */
  readonly burst: number
}

const probes = 8

/** Bytes of a table with this many slots, a power of two; the one more is the overflow bucket. */
export const bucketTableBytes = (slots: number): number => (slots + 1) * 16

export class BucketTable {
  readonly #slots: number
  readonly #seed: number
  /** Times in milliseconds, one a slot; the last is the overflow bucket. */
  readonly #fullAtMs: Float64Array
  /** Two words of address a slot. */
  readonly #keys: Int32Array

  /** The buffer is zeroed, or was a table before; the seed keeps clients from choosing slots. */
  constructor(buffer: ArrayBufferLike, random: Random) {
    this.#slots = buffer.byteLength / 16 - 1
    this.#seed = (random() * 0x1_0000_0000) | 0
    this.#fullAtMs = new Float64Array(buffer, 0, this.#slots + 1)
    this.#keys = new Int32Array(buffer, (this.#slots + 1) * 8, this.#slots * 2)
  }

  /** Takes one token. Gives 0, or how many milliseconds are missing until there is one. */
  take(high: number, low: number, rate: Rate, nowMs: number): number {
    const slot = this.#find(high, low, nowMs)
    const fullAtMs = Math.max(this.#fullAtMs[slot]!, nowMs)
    const nextMs = fullAtMs + rate.intervalMs
    const missingMs = nextMs - nowMs - rate.burst * rate.intervalMs
    // Half a microsecond of grace: sums of fractions such as 100 / 3 must not cost the last token.
    if (missingMs > 0.0005) return missingMs
    this.#fullAtMs[slot] = nextMs
    return 0
  }

  #find(high: number, low: number, nowMs: number): number {
    const mask = this.#slots - 1
    const home = mix(high, low, this.#seed) & mask
    let free = this.#slots
    for (let probe = 0; probe < probes; probe++) {
      const slot = (home + probe) & mask
      if (this.#keys[slot * 2] === high && this.#keys[slot * 2 + 1] === low) return slot
      if (free === this.#slots && this.#fullAtMs[slot]! <= nowMs) free = slot
    }
    if (free === this.#slots) return free
    this.#keys[free * 2] = high
    this.#keys[free * 2 + 1] = low
    return free
  }
}

/** MurmurHash3's rounds over two words. */
function mix(high: number, low: number, seed: number): number {
  let hash = round(round(seed, high), low)
  hash ^= hash >>> 16
  hash = Math.imul(hash, 0x85ebca6b)
  hash ^= hash >>> 13
  hash = Math.imul(hash, 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

function round(hash: number, word: number): number {
  const scrambled = Math.imul(word, 0xcc9e2d51)
  const turned = hash ^ Math.imul((scrambled << 15) | (scrambled >>> 17), 0x1b873593)
  return (Math.imul((turned << 13) | (turned >>> 19), 5) + 0xe6546b64) | 0
}
