// Starts the workers of a fleet, and knows every one until it has ended: its number, its row in
// the memory of what is held, its part of the counts.
import type { Clock } from '../base.ts'
import type { GatewayMetrics } from './gateway-metrics.ts'
import type { GatewaySettings } from './gateway-types.ts'
import type { Parked, Port } from './port.ts'
import { SharedOccupancy } from './shared-occupancy.ts'
import type { SharedMemories } from '../engine.ts'
import type { ShadowSums } from '../telemetry.ts'
import type { TlsMaterial } from '../wire.ts'
import { type EndCause, type Spawn, WorkerThread } from './worker-thread.ts'

export interface WorkerStartsSetup {
  /** At the start; a renewal may bring others. */
  readonly workers: number
  readonly clock: Clock
  readonly program: URL
  readonly spawn?: Spawn | undefined
  readonly bug: (error: unknown) => void
  readonly warn: (sentence: string) => void
  readonly metrics: GatewayMetrics
  readonly shadows: ShadowSums
  /** `asked`: it was we who ended it. */
  readonly ended: (worker: WorkerThread, cause: EndCause, how: string, asked: boolean) => void
  /** Listening servers of a worker that was given up before they came. */
  readonly late: (parked: readonly Parked[]) => void
}

/** What a worker begins with. */
export interface Beginning {
  readonly settings: GatewaySettings
  readonly states: SharedMemories
  readonly ports: readonly Port[]
  readonly material: TlsMaterial | undefined
}

export class WorkerStarts {
  /** Every worker that has not ended. */
  readonly all = new Set<WorkerThread>()
  readonly #setup: WorkerStartsSetup
  readonly #occupancy: SharedOccupancy

  constructor(setup: WorkerStartsSetup) {
    this.#setup = setup
    this.#occupancy = new SharedOccupancy(setup.workers, Math.random)
  }

  /** A worker that has linked the settings' bundle, or a sentence on why there is none. */
  async start(beginning: Beginning): Promise<WorkerThread | string> {
    try {
      const worker = this.#spawn(beginning)
      const problem = await worker.ready()
      if (problem === undefined) return worker
      await worker.terminate()
      return problem
    } catch (error) {
      // The system gives no more threads.
      return (error as Error).message
    }
  }

  #spawn({ settings, states, ports, material }: Beginning): WorkerThread {
    const { clock, bug, warn, program, spawn, metrics, shadows, late } = this.#setup
    const thread = this.#freeNumber()
    const { bundle, log, workers } = settings
    const occupancy = this.#occupancy.share(thread, workers)
    const worker = new WorkerThread({
      program,
      workers,
      data: { bundle, log, states, occupancy, thread, material },
      ports,
      clock,
      spawn,
      events: {
        bug,
        warn,
        counts: (news) => metrics.take(thread, news),
        shadows: (news) => shadows.take(news, clock.epochMs()),
        late,
        ended: (cause, how, asked) => this.#ended(worker, cause, how, asked),
      },
    })
    this.all.add(worker)
    return worker
  }

  #freeNumber(): number {
    const taken = new Set([...this.all].map(({ number }) => number))
    let number = 1
    while (taken.has(number)) number++
    return number
  }

  #ended(worker: WorkerThread, cause: EndCause, how: string, asked: boolean): void {
    this.all.delete(worker)
    this.#occupancy.ended(worker.number)
    this.#setup.metrics.ended(worker.number)
    this.#setup.ended(worker, cause, how, asked)
  }
}
