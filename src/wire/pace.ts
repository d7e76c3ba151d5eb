// Whether a peer keeps pace: each byte buys it time, up to a bound, so that neither silence nor a
// drip lasts, and a fast start buys no slow end. Looked at when connections are swept.

/** A transfer may start slowly before its rate counts. */
const graceMs = 5_000

export class Pace {
  readonly #idleMs: number
  readonly #bytesPerSecondMin: number
  #bytes: number
  #untilMs: number

  /** `bytes` have moved so far; a rate of 0 bounds silence alone. */
  constructor(nowMs: number, bytes: number, idleMs: number, bytesPerSecondMin: number) {
    this.#idleMs = idleMs
    this.#bytesPerSecondMin = bytesPerSecondMin
    this.#bytes = bytes
    this.#untilMs = nowMs + (bytesPerSecondMin === 0 ? idleMs : Math.min(graceMs, idleMs))
  }

  isLate(nowMs: number, bytes: number): boolean {
    if (nowMs > this.#untilMs) return true
    const moved = bytes - this.#bytes
    if (moved === 0) return false
    this.#bytes = bytes
    const rate = this.#bytesPerSecondMin
    const bought = rate === 0 ? this.#idleMs : (moved * 1000) / rate
    this.#untilMs = Math.min(nowMs + this.#idleMs, this.#untilMs + bought)
    return false
  }
}
