// Latencies in buckets that grow by two per cent, so that millions of them cost no memory and a
// quantile no sorting.
const growth = 1.02
const leastMs = 0.01
const buckets = 1_000

export class Latencies {
  readonly #counts = new Uint32Array(buckets)
  #count = 0

  add(ms: number): void {
    const at = ms <= leastMs ? 0 : Math.ceil(Math.log(ms / leastMs) / Math.log(growth))
    this.#counts[Math.min(at, buckets - 1)]! += 1
    this.#count += 1
  }

  get count(): number {
    return this.#count
  }

  /** The upper bound of the bucket below which a share `q` lies; 0 where there is none. */
  quantile(q: number): number {
    const wanted = Math.ceil(q * this.#count)
    if (wanted === 0) return 0
    let seen = 0
    const at = this.#counts.findIndex((count) => (seen += count) >= wanted)
    return leastMs * growth ** at
  }

  clear(): void {
    this.#counts.fill(0)
    this.#count = 0
  }
}
