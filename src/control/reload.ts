// What runs follows what is written. A build that is refused, or does not come about, leaves what
// runs as it is; what comes meanwhile is one more round.
//
//              changed, asked            whole, different
//   ┌────────┐ ─────────────▶ ┌──────────┐ ───────────▶ ┌──────────┐
//   │  idle  │                │ building │              │ applying │
//   └────────┘ ◀───────────── └──────────┘ ◀─────────── └──────────┘
//       ▲      refused, failed,              again          │
//       │      unchanged                                    │
//       └─────────────────── applied, failed ───────────────┘
import { isDeepStrictEqual } from 'node:util'
import type { Clock, Problem, SourceFile } from '../base.ts'
import { openSnapshot } from '../snapshot.ts'
import type { TlsCertificate } from '../wire.ts'
import { type Built, type Deployment, isWhole, type WholeBuild } from './build-types.ts'

/** How one round ended. */
export type Outcome =
  | {
      readonly outcome: 'applied'
      readonly before: WholeBuild
      readonly now: WholeBuild
      readonly tookMs: number
    }
  | { readonly outcome: 'unchanged'; readonly now: WholeBuild }
  | { readonly outcome: 'refused'; readonly problems: readonly Problem[] }
  /** Neither good nor bad: it could not be tried. */
  | { readonly outcome: 'failed'; readonly reason: string }

/** How what runs stands to what is written. */
export type Standing =
  | { readonly state: 'current' }
  | { readonly state: 'restart'; readonly settings: readonly string[] }
  | { readonly state: 'refused'; readonly problems: readonly Problem[] }
  | { readonly state: 'failed'; readonly reason: string }

export interface ReloadSetup {
  readonly running: WholeBuild
  /** Rejects where the build does not come about; the signal ends it. */
  readonly build: (signal: AbortSignal) => Promise<Built>
  /** Whether these files hold now what the build has read: they may just be being written. */
  readonly holdStill: (files: readonly SourceFile[]) => Promise<boolean>
  /** A sentence where it cannot: then nothing has changed. */
  readonly apply: (next: WholeBuild) => Promise<{ readonly problem: string } | undefined>
  /** Told of the certificates of a build that is refused: they are in order. */
  readonly prove?: (certificates: readonly TlsCertificate[]) => Promise<unknown>
  /** Told of what each build has read, whatever became of it. */
  readonly follow: (files: readonly SourceFile[]) => void
  /** `asked`: somebody waits for it, and is told by his promise. */
  readonly told: (outcome: Outcome, asked: boolean) => void
  readonly clock: Clock
}

/** No contract that we have met takes a tenth of it. */
const buildTimeoutMs = 60_000

/** Who writes without an end is built as he is at last. */
const buildsMax = 5

export class Reloader {
  readonly #setup: ReloadSetup
  readonly #counts: Record<Outcome['outcome'], number> = {
    applied: 0,
    unchanged: 0,
    refused: 0,
    failed: 0,
  }
  /** The admin port stays as it was opened. */
  readonly #admin: Deployment['admin']
  #building: AbortController | undefined
  #at: 'idle' | 'building' | 'applying' | 'closed' = 'idle'
  #again = false
  /** Who waits for a round that has not begun. */
  #askers: ((outcome: Outcome) => void)[] = []
  /** A change during a build: who watches tells it anew once he knows what the build has read. */
  #missed = false
  #running: WholeBuild
  #loadedEpochMs: number
  #standing: Standing = { state: 'current' }
  #sinceEpochMs: number

  constructor(setup: ReloadSetup) {
    this.#setup = setup
    this.#running = setup.running
    this.#admin = setup.running.deployment.admin
    this.#loadedEpochMs = setup.clock.epochMs()
    this.#sinceEpochMs = this.#loadedEpochMs
  }

  /** The files hold something else than the last build read. */
  changed(): void {
    if (this.#at === 'building') this.#missed = true
    else this.#begin()
  }

  /** Somebody wants a build, whether anything changed or not. */
  asked(): Promise<Outcome> {
    if (this.#isClosed()) return Promise.resolve(failed(stopping))
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    this.#askers.push(resolve)
    this.#begin()
    return promise
  }

  #begin(): void {
    if (this.#at === 'idle') void this.#run()
    else this.#again = true
  }

  get running(): WholeBuild {
    return this.#running
  }

  /** When what runs was put in force. */
  get loadedEpochMs(): number {
    return this.#loadedEpochMs
  }

  get standing(): Standing {
    return this.#standing
  }

  get sinceEpochMs(): number {
    return this.#sinceEpochMs
  }

  get counts(): Readonly<Record<Outcome['outcome'], number>> {
    return this.#counts
  }

  close(): void {
    this.#at = 'closed'
    this.#building?.abort(new Error(stopping))
    for (const tell of this.#askers.splice(0)) tell(failed(stopping))
  }

  async #run(): Promise<void> {
    do {
      this.#again = false
      const askers = this.#askers.splice(0)
      const outcome = await this.#round().catch((error: unknown) => failed(textOf(error)))
      if (!this.#isClosed()) this.#ended(outcome, askers.length > 0)
      for (const tell of askers) tell(outcome)
      if (this.#isClosed()) return
    } while (this.#again)
    this.#at = 'idle'
  }

  #ended(outcome: Outcome, asked: boolean): void {
    this.#counts[outcome.outcome]++
    this.#settle(outcome)
    this.#setup.told(outcome, asked)
  }

  async #round(): Promise<Outcome> {
    const { clock, follow } = this.#setup
    const startedMs = clock.nowMs()
    this.#missed = false
    this.#at = 'building'
    const built = await this.#stillBuild()
    if (this.#isClosed()) return failed(stopping)
    if ('reason' in built) {
      this.#again ||= this.#missed
      return built
    }
    follow(built.files)
    if (!isWhole(built)) {
      if (built.certificates !== undefined) await this.#setup.prove?.(built.certificates)
      return { outcome: 'refused', problems: built.problems }
    }
    const before = this.#running
    if (isSame(before, built)) return { outcome: 'unchanged', now: built }
    this.#at = 'applying'
    const problem = await this.#apply(built)
    if (problem !== undefined) return failed(problem)
    return { outcome: 'applied', before, now: built, tookMs: clock.nowMs() - startedMs }
  }

  /** A build of files that were not written meanwhile: half a file may make sense. */
  async #stillBuild(): Promise<Built | Failed> {
    for (let builds = 1; ; builds++) {
      const built = await this.#build()
      if (builds === buildsMax || 'reason' in built || this.#isClosed()) return built
      if (await this.#setup.holdStill(built.files)) return built
    }
  }

  async #build(): Promise<Built | Failed> {
    const building = new AbortController()
    const { signal } = building
    this.#building = building
    const cancel = this.#setup.clock.after(buildTimeoutMs, () =>
      building.abort(new Error(`the build took more than ${buildTimeoutMs / 1000} s`)),
    )
    try {
      // Also where a build does not listen to its signal.
      return await Promise.race([this.#setup.build(signal), aborted(signal)])
    } catch (error) {
      return failed(textOf(error))
    } finally {
      cancel()
    }
  }

  async #apply(built: WholeBuild): Promise<string | undefined> {
    try {
      return (await this.#setup.apply(built))?.problem
    } catch (error) {
      return textOf(error)
    }
  }

  #settle(outcome: Outcome): void {
    const { clock } = this.#setup
    if (outcome.outcome === 'applied') this.#loadedEpochMs = clock.epochMs()
    if ('now' in outcome) this.#running = outcome.now
    const standing = standingAfter(outcome, this.#admin)
    // What lasts is told by its beginning.
    if (standing.state !== this.#standing.state) this.#sinceEpochMs = clock.epochMs()
    this.#standing = standing
  }

  #isClosed(): boolean {
    return this.#at === 'closed'
  }
}

type Failed = Extract<Outcome, { readonly outcome: 'failed' }>

const failed = (reason: string): Failed => ({ outcome: 'failed', reason })

const stopping = 'the gateway stops'

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const isSame = (one: WholeBuild, other: WholeBuild): boolean =>
  servesAlike(one, other) &&
  isDeepStrictEqual(one.certificates, other.certificates) &&
  isDeepStrictEqual(one.acme, other.acme)

/** Whether nothing but certificates differs. */
export const servesAlike = (one: WholeBuild, other: WholeBuild): boolean =>
  openSnapshot(one.snapshot).revision === openSnapshot(other.snapshot).revision &&
  isDeepStrictEqual(one.deployment, other.deployment)

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

function standingAfter(outcome: Outcome, admin: Deployment['admin']): Standing {
  switch (outcome.outcome) {
    case 'refused':
      return { state: 'refused', problems: outcome.problems }
    case 'failed':
      return { state: 'failed', reason: outcome.reason }
    default: {
      const settings = restartNeeds(admin, outcome.now.deployment.admin)
      return settings.length === 0 ? { state: 'current' } : { state: 'restart', settings }
    }
  }
}

/** Settings that wait for a restart, each with what holds and what is written. */
function restartNeeds(holds: Deployment['admin'], written: Deployment['admin']): string[] {
  return (['host', 'port', 'allowedHosts'] as const)
    .filter((key) => !isDeepStrictEqual(holds[key], written[key]))
    .map((key) => `admin.${key}: ${shown(holds[key])} → ${shown(written[key])}`)
}

const shown = (value: string | number | readonly string[]): string =>
  typeof value === 'object' ? `[${value.join(', ')}]` : String(value)
