// How often workers ended, and how soon the next one may begin: at once after one that had served
// for a while, later and later where they end as soon as they begin.
import type { EndCause } from './worker-thread.ts'

const steadyMs = 5_000
const firstDelayMs = 100
/** With the time that silence takes to be noticed, a hung worker is replaced within three seconds. */
const delayMsMax = 1_000
/** Starts that failed in a row; then, with no worker left, nothing is hoped for. */
const failedStartsMax = 6

export class Restarts {
  readonly counts: Readonly<Record<EndCause, number>>
  readonly #counts: Record<EndCause, number> = { exit: 0, memory: 0, silent: 0 }
  #failures = 0
  /** Of those failures the ones that did not even begin, in a row. */
  #failedStarts = 0

  constructor() {
    this.counts = this.#counts
  }

  ended(cause: EndCause, servedMs: number): void {
    this.#counts[cause]++
    this.#failures = servedMs >= steadyMs ? 0 : this.#failures + 1
  }

  /** One did not even begin. */
  failed(): void {
    this.#failures++
    this.#failedStarts++
  }

  /** One serves. */
  began(): void {
    this.#failedStarts = 0
  }

  get delayMs(): number {
    // The first that ends early is replaced at once: its end may have been an accident.
    return this.#failures <= 1 ? 0 : Math.min(delayMsMax, firstDelayMs * 2 ** (this.#failures - 2))
  }

  get isHopeful(): boolean {
    return this.#failedStarts < failedStartsMax
  }
}
