// Deadlines without timers: each connection keeps the time of its last progress, and one timer a
// thread looks them all over ten times a second. A request sets no timer and clears none.
import type { Clock } from '../base.ts'

/** How late a deadline may be noticed. */
export const sweepPeriodMs = 100

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
    // From the end, so that a member that leaves while it is looked at skips nobody.
    for (let i = this.#members.length - 1; i >= 0; i--) {
      const member = this.#members[i]
      if (member === undefined || member.restUntilMs > nowMs) continue
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
