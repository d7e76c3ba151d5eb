// How often a peer may do something that costs us and earns it nothing: so many a second, and what
// its transfers call for besides.

/** One frame of control for each so many bytes that are moved. */
const bytesForOne = 1_024

export class Allowance {
  readonly #perSecond: number
  #left: number
  #atMs: number
  #workBytes = 0

  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond
    this.#left = perSecond
    this.#atMs = nowMs
  }

  /** Bytes were moved that the peer has to acknowledge, or a request that takes as much. */
  earn(bytes: number): void {
    this.#workBytes += bytes
  }

  /** False where there were too many. */
  spend(nowMs: number, count = 1): boolean {
    if (this.#left < count) this.#refill(nowMs)
    this.#left -= count
    return this.#left >= 0
  }

  #refill(nowMs: number): void {
    const ofTime = ((nowMs - this.#atMs) * this.#perSecond) / 1000
    const ofWork = this.#workBytes / bytesForOne
    this.#left = Math.min(this.#perSecond, this.#left + ofTime + ofWork)
    this.#atMs = nowMs
    this.#workBytes = 0
  }
}
