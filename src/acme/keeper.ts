// Keeps certificates for names: serves what is kept at once, orders what is missing, renews what is
// due, and says how each stands. Names of one authority are ordered few at a time; of processes that
// share a folder one orders and all serve.
//
//            kept and fresh                 due                      obtained
//   start ──────────────────▶ waiting ─────────────▶ ordering ───────────────────▶ waiting
//                                ▲  another orders: looks again soon ◀──┤
//                                └── failed: later each time ◀──────────┘
import type { Clock, Random } from '../base.ts'
import { Answers } from './answers.ts'
import type { Ask } from './asking.ts'
import { Authority } from './authority.ts'
import type { ExternalAccount } from './account-key.ts'
import type { Disk } from './disk.ts'
import { type AcmeEvent, Name, type NameStanding } from './name.ts'
import type { AcmePlan } from './settings.ts'

/** What is served. */
export interface Shown {
  readonly certificates: readonly { names: readonly string[]; cert: string; key: string }[]
  readonly challenges: readonly { name: string; cert: string; key: string }[]
  readonly answers: readonly { token: string; keyAuthorization: string }[]
}

export interface KeeperSetup {
  readonly plan: AcmePlan
  readonly externalAccount: ExternalAccount | undefined
  readonly ask: Ask
  readonly disk: Disk
  readonly clock: Clock
  readonly random: Random
  /** Of this process alone, among those that share the folder. */
  readonly holder: string
  readonly isGone: (holder: string) => boolean
  /** `shown` is another; comes back when every thread serves it. */
  readonly changed: () => Promise<void>
  /** Takes a sentence for the operator. */
  readonly told: (event: AcmeEvent) => void
}

/** The clock may be set, and the machine may sleep: nothing is waited for longer in one go. */
const lookMsMax = 3_600_000
const lookMsMin = 100
/** Challenges of other processes are looked for so often. */
const sharedPeriodMs = 1_000
const ordersMax = 4

export class AcmeKeeper {
  readonly #setup: KeeperSetup
  readonly #stopping = new AbortController()
  readonly #authority: Authority
  readonly #answers: Answers
  readonly #names: readonly Name[]
  #cancelLook: (() => void) | undefined
  #stopShared: (() => void) | undefined

  constructor(setup: KeeperSetup) {
    const { clock, plan, random } = setup
    this.#setup = setup
    this.#authority = new Authority({ ...setup, signal: this.#stopping.signal, warn: this.#warn })
    const { store } = this.#authority
    this.#answers = new Answers({ clock, store, changed: setup.changed })
    this.#names = plan.domains.map(
      (domain) =>
        new Name({
          domain,
          authority: this.#authority,
          answers: this.#answers,
          clock,
          random,
          changed: setup.changed,
          told: setup.told,
        }),
    )
  }

  /** Takes what is kept: from then on `shown` has a certificate for each name. */
  async open(): Promise<void> {
    for (const name of this.#names) await name.open()
  }

  /** Orders what is missing or due from now on. */
  begin(): void {
    if (this.#isStopped || this.#stopShared !== undefined) return
    this.#stopShared = this.#setup.clock.every(sharedPeriodMs, () => void this.#answers.look())
    this.#look()
  }

  get shown(): Shown {
    return { certificates: this.#names.map(({ served }) => served), ...this.#answers.shown }
  }

  /** How each name stands. */
  get standings(): NameStanding[] {
    return this.#names.map(({ standing }) => standing)
  }

  /** Orders under way are left where they are; who starts again goes on with them. */
  async close(): Promise<void> {
    this.#stopping.abort()
    this.#cancelLook?.()
    this.#stopShared?.()
    await Promise.all(this.#names.map((name) => name.settled))
  }

  get #isStopped(): boolean {
    return this.#stopping.signal.aborted
  }

  #look(): void {
    this.#cancelLook?.()
    if (this.#isStopped) return
    const { clock } = this.#setup
    const nowMs = clock.epochMs()
    const isDue = (name: Name) => name.lookEpochMs <= nowMs
    const resting = this.#names.filter(({ isBusy }) => !isBusy)
    const room = ordersMax - (this.#names.length - resting.length)
    // Those that there is no room for are looked at when one that is busy has ended.
    for (const name of resting.filter(isDue).slice(0, Math.max(room, 0))) {
      void name.tend().then(() => this.#look())
    }
    const waits = resting
      .filter((name) => !isDue(name))
      .map(({ lookEpochMs }) => lookEpochMs - nowMs)
    const waitMs = Math.max(Math.min(...waits, lookMsMax), lookMsMin)
    this.#cancelLook = clock.after(waitMs, () => this.#look())
  }

  #warn = (text: string): void => this.#setup.told({ event: 'warning', text })
}
