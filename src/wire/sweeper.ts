// Deadlines without timers: each connection keeps the time of its last progress, and one timer a
// thread looks them all over ten times a second. A request sets no timer and clears none.
import type { Clock } from '../base.ts'

/** How late a deadline may be noticed. */
export const sweepPeriodMs = 100

/** A tunnel lives long and mostly says nothing: what waits on it is noticed soon enough. */
export const tunnelRestMs = 1_000

/** At a microsecond each. */
const looksInARow = 256

export interface Sweepable {
  /** Owned by the sweeper; -1 while not in it. */
  sweepIndex: number
  /**
   * Nothing can be late before: it is not looked at until then. Of 10,000 connections at rest
   * looking at each ten times a second took a hundredth of a core.
   */
  readonly restUntilMs: number
  sweep(nowMs: number): void
  /** Told what its sweep threw, to report it and to end: it is looked at no more. */
  threw(error: unknown): void
}

export class Sweeper {
  /** Monotonic time of the last sweep: good enough to say when something last moved. */
  nowMs: number
  readonly #members: Sweepable[] = []
  /** Where the pass under way goes on, towards the first; -1 between two passes. */
  #at = -1
  readonly #stop: () => void
  readonly #bug: (error: unknown) => void

  /** `bug` takes what a member throws that is told of what it threw. */
  constructor(clock: Clock, bug: (error: unknown) => void) {
    this.#bug = bug
    this.nowMs = clock.nowMs()
    this.#stop = clock.every(sweepPeriodMs, () => this.#sweep(clock.nowMs()))
  }

  add(member: Sweepable): void {
    member.sweepIndex = this.#members.length
    this.#members.push(member)
  }

  /** Constant time: the last member takes the place. */
  remove(member: Sweepable): void {
    if (member.sweepIndex < 0) return
    const last = this.#members.pop()!
    if (last !== member) {
      this.#members[member.sweepIndex] = last
      last.sweepIndex = member.sweepIndex
    }
    member.sweepIndex = -1
  }

  stop(): void {
    this.#stop()
  }

  #sweep(nowMs: number): void {
    this.nowMs = nowMs
    if (this.#at >= 0) return
    this.#at = this.#members.length - 1
    this.#lookAtSome()
  }

  /** A pass of some thousands takes milliseconds: the traffic gets its turn in between. */
  #lookAtSome(): void {
    const { nowMs } = this
    let looks = 0
    // From the end, so that a member that leaves while it is looked at skips nobody.
    for (; this.#at >= 0; this.#at--) {
      const member = this.#members[this.#at]
      if (member === undefined || member.restUntilMs > nowMs) continue
      if (looks++ === looksInARow) return void setImmediate(() => this.#lookAtSome())
      try {
        member.sweep(nowMs)
      } catch (error) {
        this.#drop(member, error)
      }
    }
  }

  /** A bug would come back ten times a second, for as long as the member stays. */
  #drop(member: Sweepable, error: unknown): void {
    this.remove(member)
    try {
      member.threw(error)
    } catch (another) {
      this.#bug(another)
    }
  }
}
