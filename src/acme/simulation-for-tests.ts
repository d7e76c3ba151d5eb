// Processes that keep certificates on one disk, and an authority, in a time that a test owns: months
// pass in milliseconds, and a process dies where a test wants it to.
import { setImmediate as turn, setTimeout as rest } from 'node:timers/promises'
import { type Clock, type Random, seededRandom } from '../base.ts'
import { directoryUrl, FakeAuthority } from './authority-for-tests.ts'
import type { Ask } from './asking.ts'
import { MemoryDisk } from './disk-for-tests.ts'
import { AcmeKeeper, type KeeperSetup, type Shown } from './keeper.ts'
import type { AcmeEvent } from './name.ts'

export const secondMs = 1_000
export const minuteMs = 60 * secondMs
export const hourMs = 60 * minuteMs
export const dayMs = 24 * hourMs

/** Turns of the event loop; signatures are made in other threads, which may have to wait for theirs. */
const quickTurns = 1_000
const turnsMax = 20_000

export interface Process {
  readonly keeper: AcmeKeeper
  readonly events: AcmeEvent[]
  shown: Shown
  /** Ends it as a lost power supply does: nothing more of it reaches disk or authority. */
  die(): void
  isDead: boolean
  readonly clock: ProcessClock
}

export type ProcessTerms = Partial<Pick<KeeperSetup, 'externalAccount'>> & {
  readonly domains?: readonly string[]
  readonly plan?: Partial<KeeperSetup['plan']>
  /** Called at each step of the disk: what it throws is what the disk says. */
  readonly step?: (what: string, die: () => void) => void
}

const startEpochMs = 1_700_000_000_000

/** One for all. */
interface Time {
  nowMs: number
}

export class Simulation {
  readonly #time: Time = { nowMs: 0 }
  readonly clock: Clock = new ProcessClock(this.#time)
  readonly disk = new MemoryDisk()
  readonly authority: FakeAuthority
  readonly processes: Process[] = []
  readonly random: Random

  constructor(seed = 1) {
    this.random = seededRandom(seed)
    this.authority = new FakeAuthority(this.clock)
    this.authority.listeners = () => this.#alive.map(({ shown }) => shown)
  }

  get #alive(): Process[] {
    return this.processes.filter(({ isDead }) => !isDead)
  }

  async start(terms: ProcessTerms = {}): Promise<Process> {
    const { domains = ['api.test'], plan, externalAccount, step } = terms
    const clock = new ProcessClock(this.#time)
    const events: AcmeEvent[] = []
    const die = () => {
      made.isDead = true
      clock.stop()
    }
    const disk = this.disk.view((what) => {
      if (!made.isDead) step?.(what, die)
      if (made.isDead) throw new Error('the process is dead')
    })
    const ask: Ask = (request, signal) =>
      made.isDead ? new Promise(() => {}) : this.authority.answers(request, signal)
    const keeper = new AcmeKeeper({
      plan: { directory: directoryUrl, domains, ...plan },
      externalAccount,
      ask,
      disk,
      clock,
      random: this.random,
      holder: `process ${this.processes.length}`,
      isGone: () => false,
      changed: async () => {
        made.shown = keeper.shown
      },
      told: (event) => events.push(event),
    })
    const made = { keeper, events, clock, die, isDead: false, shown: noShown }
    this.processes.push(made)
    await keeper.open()
    made.shown = keeper.shown
    keeper.begin()
    await this.#settled()
    return made
  }

  /** Lets time pass: what repeats is left out while nobody has anything under way. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.#time.nowMs + ms
    while (this.#time.nowMs < untilMs) {
      const isBusy = this.#ordering > 0
      const nextMs = this.#alive.map(({ clock }) => clock.nextMs(isBusy))
      this.#time.nowMs = Math.max(this.#time.nowMs, Math.min(untilMs, ...nextMs))
      for (const { clock } of this.#alive) clock.runDue()
      await this.#settled()
    }
  }

  get #ordering(): number {
    const standings = this.#alive.flatMap(({ keeper }) => keeper.standings)
    return standings.filter(({ isOrdering }) => isOrdering).length
  }

  /** Until everybody waits for time alone: each keeper for its next look, each order in a pause. */
  async #settled(): Promise<void> {
    for (let turns = 0; turns < turnsMax; turns++) {
      await (turns < quickTurns ? turn() : rest(1))
      const waits = this.#alive.reduce((all, { clock }) => all + clock.waiting, 0)
      if (waits === this.#alive.length + this.#ordering) return
    }
    throw new Error('somebody waits for something else than time')
  }
}

const noShown: Shown = { certificates: [], challenges: [], answers: [] }

interface Timer {
  atMs: number
  readonly periodMs: number | undefined
  readonly run: () => void
}

/** The time of one process: with it its timers end. */
export class ProcessClock implements Clock {
  readonly #time: Time
  #timers: Timer[] = []
  #isStopped = false

  constructor(time: Time) {
    this.#time = time
  }

  nowMs = (): number => this.#time.nowMs
  epochMs = (): number => startEpochMs + this.#time.nowMs

  after = (delayMs: number, run: () => void): (() => void) => this.#add(delayMs, undefined, run)

  every = (periodMs: number, run: () => void): (() => void) => this.#add(periodMs, periodMs, run)

  #add(delayMs: number, periodMs: number | undefined, run: () => void): () => void {
    const timer = { atMs: this.nowMs() + delayMs, periodMs, run }
    if (!this.#isStopped) this.#timers.push(timer)
    return () => this.#drop(timer)
  }

  #drop(timer: Timer): void {
    this.#timers = this.#timers.filter((one) => one !== timer)
  }

  /** How many wait for a time of theirs. */
  get waiting(): number {
    return this.#timers.filter(({ periodMs }) => periodMs === undefined).length
  }

  /** When the next timer is due; of those that repeat only where they matter. */
  nextMs(all: boolean): number {
    const timers = this.#timers.filter(({ periodMs }) => all || periodMs === undefined)
    return Math.min(Infinity, ...timers.map(({ atMs }) => atMs))
  }

  runDue(): void {
    for (const timer of this.#timers.filter(({ atMs }) => atMs <= this.nowMs())) {
      if (!this.#timers.includes(timer)) continue
      if (timer.periodMs === undefined) this.#drop(timer)
      else timer.atMs = this.nowMs() + timer.periodMs
      timer.run()
    }
  }

  stop(): void {
    this.#isStopped = true
    this.#timers = []
  }
}
