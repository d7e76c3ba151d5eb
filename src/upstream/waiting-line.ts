// Exchanges that wait for a connection to an endpoint: first come, first served, each so long at
// most.
import type { Sweepable } from '../wire.ts'
import type { PoolTools, Taker, Unconnected } from './pool.ts'

/** Whose connections they wait for. */
export interface LineOwner {
  readonly tools: PoolTools
  /** What is said to one whose time is up. */
  late(): readonly [why: Unconnected, reason: string]
  /** Nobody waits any more. */
  settled(): void
}

interface Waiting {
  readonly taker: Taker
  /** Whether it takes no connection that stood before. */
  readonly fresh: boolean
  readonly untilMs: number
}

export class WaitingLine implements Sweepable {
  sweepIndex = -1
  readonly restUntilMs = 0
  readonly #owner: LineOwner
  #waiting: Waiting[] = []

  constructor(owner: LineOwner) {
    this.#owner = owner
  }

  get length(): number {
    return this.#waiting.length
  }

  join(taker: Taker, fresh: boolean): void {
    const { clock, limits, sweeper } = this.#owner.tools
    if (this.sweepIndex < 0) sweeper.add(this)
    this.#waiting.push({ taker, fresh, untilMs: clock.nowMs() + limits.connectTimeoutMs })
  }

  /** The first one, out of the line. */
  next(): Taker | undefined {
    return this.#waiting.shift()?.taker
  }

  /** The first one that takes a connection which has served before. */
  nextOfAny(): Taker | undefined {
    const at = this.#waiting.findIndex(({ fresh }) => !fresh)
    if (at <= 0) return at < 0 ? undefined : this.next()
    return this.#waiting.splice(at, 1)[0]!.taker
  }

  /** The first so many, out of the line. */
  nextOnes(count: number): Taker[] {
    return this.#waiting.splice(0, count).map(({ taker }) => taker)
  }

  leave(taker: Taker): void {
    this.#waiting = this.#waiting.filter((one) => one.taker !== taker)
    this.settle()
  }

  /** Where nobody waits nobody's time is measured. */
  settle(): void {
    if (this.#waiting.length > 0) return
    this.#owner.tools.sweeper.remove(this)
    this.#owner.settled()
  }

  threw(error: unknown): void {
    const { bug, sweeper } = this.#owner.tools
    bug(error)
    // Others may wait here. A sweep lets go of whom it tells: what throws does not come back.
    if (this.#waiting.length > 0) sweeper.add(this)
  }

  sweep(nowMs: number): void {
    while (this.#waiting.length > 0) {
      if (this.#waiting[0]!.untilMs > nowMs) return
      const taker = this.next()!
      taker.unconnected(...this.#owner.late())
    }
    this.settle()
  }
}
