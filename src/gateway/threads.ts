// Starts the gateway: the data plane in this thread, or in workers beside it.
import { systemClock } from '../base.ts'
import { snapshotNeeds } from '../snapshot.ts'
import type { CountsNews } from '../telemetry.ts'
import { startFleet } from './fleet.ts'
import {
  type Applied,
  closeTimeoutMs,
  type Gateway,
  type GatewayOptions,
  type GatewaySettings,
  type Started,
  startsAlike,
} from './gateway-types.ts'
import { GatewayMetrics } from './gateway-metrics.ts'
import { listenProblem } from './listen-problem.ts'
import { type Engine, SharedStates, startEngine } from '../engine.ts'

export function startGateway(options: GatewayOptions): Promise<Started> {
  const bug = options.bug ?? ((error: unknown) => console.error(error))
  const warn = options.warn ?? bug
  return options.workers === 0
    ? startHere(options, { bug, warn })
    : startFleet(options, { clock: systemClock, bug, warn, program: workerFile })
}

/** Beside this file, as it is called in a source checkout or in a build. */
const workerFile = new URL(
  import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js',
  import.meta.url,
)

async function startHere(
  settings: GatewaySettings,
  told: Required<Pick<GatewayOptions, 'bug' | 'warn'>>,
): Promise<Started> {
  const shared = new SharedStates()
  const states = shared.for(snapshotNeeds(settings.bundle))
  shared.took(states)
  const metrics = new GatewayMetrics()
  const announce = (news: CountsNews) => metrics.take(0, news)
  const engine = await startEngine({ ...settings, states }, { announce, ...told })
  if ('problem' in engine) {
    metrics.close()
    return engine
  }
  try {
    await engine.listen(settings.listen)
    return new GatewayHere(engine, metrics, shared, settings)
  } catch (error) {
    await engine.close(0)
    metrics.close()
    const why = error as NodeJS.ErrnoException
    return { problem: listenProblem('the gateway', settings.listen, why) }
  }
}

class GatewayHere implements Gateway {
  /** Never: with this thread the process ends. */
  readonly died = new Promise<never>(() => {})
  readonly #engine: Engine
  readonly #metrics: GatewayMetrics
  readonly #shared: SharedStates
  readonly #settings: GatewaySettings
  #state: 'running' | 'draining' | 'closing' = 'running'

  constructor(
    engine: Engine,
    metrics: GatewayMetrics,
    shared: SharedStates,
    settings: GatewaySettings,
  ) {
    this.#engine = engine
    this.#metrics = metrics
    this.#shared = shared
    this.#settings = settings
  }

  get port(): number {
    return this.#engine.port
  }

  metrics(): Iterable<string> {
    return this.#metrics.pieces({
      revision: this.#engine.revision,
      workers: { running: 0, restarts: { exit: 0, silent: 0, memory: 0 } },
      here: this.#engine.gauges(),
      others: [],
    })
  }

  async active(): Promise<number> {
    return this.#engine.gauges().activeExchanges
  }

  ready(): { ready: boolean; details: object } {
    const workers = { serving: 0, wanted: 0 }
    return { ready: this.#state === 'running', details: { state: this.#state, workers } }
  }

  async apply(next: GatewaySettings): Promise<Applied> {
    if (!startsAlike(this.#settings, next)) {
      return { problem: 'with workers: 0 a change of listen, log or workers needs a restart' }
    }
    try {
      const states = this.#shared.for(snapshotNeeds(next.bundle))
      this.#engine.prepare(next.bundle, states)()
      this.#shared.took(states)
      return undefined
    } catch (error) {
      return { problem: (error as Error).message }
    }
  }

  drain(): void {
    this.#state = 'draining'
    this.#engine.drain()
  }

  async close(timeoutMs: number = closeTimeoutMs): Promise<void> {
    this.#state = 'closing'
    await this.#engine.close(timeoutMs)
    this.#metrics.close()
  }
}
