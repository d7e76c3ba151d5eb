// When a tunnel is asked, closed or given up for the time that has passed: one timer for what is due
// first, and no look at a clock but where bytes come.
import type { Clock } from '../base.ts'
import type { TunnelTerms } from '../policy.ts'
import type { Side } from './tunnel-side.ts'

export interface TimesOwner {
  /** No message went for long. */
  idle(): void
  /** A side answered no ping. */
  silent(side: Side): void
  /** It was to leave by now. */
  leaveNow(): void
  /** It was to be over by now. */
  late(): void
  bug(error: unknown): void
}

export class TunnelTimes {
  readonly #clock: Clock
  readonly #terms: TunnelTerms
  readonly #sides: readonly Side[]
  readonly #owner: TimesOwner
  /** When a message last went, either way. */
  movedMs: number
  #leaveAtMs = Infinity
  #lateAtMs = Infinity
  #isOver = false
  #cancel = (): void => undefined

  constructor(clock: Clock, terms: TunnelTerms, sides: readonly Side[], owner: TimesOwner) {
    this.#clock = clock
    this.#terms = terms
    this.#sides = sides
    this.#owner = owner
    this.movedMs = clock.nowMs()
    this.#arm()
  }

  leaveWithin(ms: number): void {
    this.#leaveAtMs = Math.min(this.#leaveAtMs, this.#clock.nowMs() + ms)
    this.#arm()
  }

  /** Nothing else counts from now on. */
  endWithin(ms: number): void {
    this.#lateAtMs = Math.min(this.#lateAtMs, this.#clock.nowMs() + ms)
    this.#arm()
  }

  stop(): void {
    this.#isOver = true
    this.#cancel()
  }

  #arm(): void {
    this.#cancel()
    const dueMs = this.#dueMs()
    if (this.#isOver || dueMs === Infinity) return
    const waitMs = Math.max(1, dueMs - this.#clock.nowMs())
    this.#cancel = this.#clock.after(waitMs, () => this.#tick())
  }

  #dueMs(): number {
    if (this.#lateAtMs < Infinity) return this.#lateAtMs
    const { pingMs, idleTimeoutMs } = this.#terms
    const idleAtMs = idleTimeoutMs === 0 ? Infinity : this.movedMs + idleTimeoutMs
    const askAtMs = this.#sides.map(({ askedMs, heardMs }) =>
      pingMs === 0 ? Infinity : (askedMs || heardMs) + pingMs,
    )
    return Math.min(idleAtMs, ...askAtMs, this.#leaveAtMs)
  }

  #tick(): void {
    try {
      this.#look(this.#clock.nowMs())
    } catch (error) {
      this.#owner.bug(error)
    }
    this.#arm()
  }

  #look(nowMs: number): void {
    if (this.#lateAtMs < Infinity) {
      if (nowMs >= this.#lateAtMs) this.#owner.late()
      return
    }
    if (nowMs >= this.#leaveAtMs) return this.#owner.leaveNow()
    if (this.#isIdle(nowMs)) return this.#owner.idle()
    for (const side of this.#sides) if (!this.#isOver) this.#lookAt(side, nowMs)
  }

  /** A message may go for longer than the time. */
  #isIdle(nowMs: number): boolean {
    for (const { flow, heardMs } of this.#sides) {
      if (!flow.isBetween) this.movedMs = Math.max(this.movedMs, heardMs)
    }
    const { idleTimeoutMs } = this.#terms
    return idleTimeoutMs > 0 && nowMs - this.movedMs >= idleTimeoutMs
  }

  #lookAt(side: Side, nowMs: number): void {
    const { pingMs } = this.#terms
    if (pingMs === 0) return
    if (!side.isAskable) side.excuse(nowMs)
    else if (side.askedMs > 0 && nowMs - side.askedMs >= pingMs) this.#owner.silent(side)
    else if (side.askedMs === 0 && nowMs - side.heardMs >= pingMs) side.ask()
  }
}
