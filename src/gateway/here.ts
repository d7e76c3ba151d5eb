// The data plane in the thread that calls: behind `workers: 0`, and inside a host program, which may
// accept connections itself.
import type { Socket } from 'node:net'
import { snapshotNeeds } from '../snapshot.ts'
import { systemClock } from '../base.ts'
import {
  type CountsNews,
  type KeptExchange,
  type ShadowNews,
  type ShadowReport,
  ShadowSums,
} from '../telemetry.ts'
import {
  type Engine,
  type EngineTold,
  type HostParts,
  registryFor,
  SharedStates,
  startEngine,
} from '../engine.ts'
import {
  type Applied,
  closeTimeoutMs,
  type Gateway,
  type GatewayOptions,
  type GatewaySettings,
  startsAlike,
} from './gateway-types.ts'
import { GatewayMetrics } from './gateway-metrics.ts'
import { listenProblem } from './listen-problem.ts'
import { dropParked, type TlsMaterial } from '../wire.ts'

export type HereTold = Pick<EngineTold, 'bug' | 'warn'>

/** Its log open, its bundle in force; it listens when it is told to. */
export async function openHere(
  settings: GatewaySettings & Pick<GatewayOptions, 'material'>,
  told: HereTold,
  host: HostParts = {},
): Promise<GatewayHere | { readonly problem: string }> {
  const shared = new SharedStates()
  const states = shared.for(snapshotNeeds(settings.bundle))
  shared.took(states)
  const metrics = new GatewayMetrics()
  const announce = (news: CountsNews) => metrics.take(0, news)
  const shadows = new ShadowSums({ sinceEpochMs: systemClock.epochMs() })
  const shadowed = (news: ShadowNews) => shadows.take(news, systemClock.epochMs())
  const engine = await startEngine({ ...settings, states }, { announce, shadowed, ...told }, host)
  if ('problem' in engine) {
    metrics.close()
    return engine
  }
  return new GatewayHere(engine, metrics, shadows, shared, settings)
}

export class GatewayHere implements Gateway {
  /** Never: with this thread the process ends. */
  readonly died = new Promise<never>(() => {})
  readonly #engine: Engine
  readonly #metrics: GatewayMetrics
  readonly #shadows: ShadowSums
  readonly #shared: SharedStates
  readonly #settings: GatewaySettings
  #state: 'running' | 'draining' | 'closing' = 'running'

  constructor(
    engine: Engine,
    metrics: GatewayMetrics,
    shadows: ShadowSums,
    shared: SharedStates,
    settings: GatewaySettings,
  ) {
    this.#engine = engine
    this.#metrics = metrics
    this.#shadows = shadows
    this.#shared = shared
    this.#settings = settings
  }

  /** On all or none. Gives a sentence where it cannot; it may be tried again then. */
  async listen(): Promise<{ readonly problem: string; readonly code?: string } | undefined> {
    for (const [listener, at] of this.#settings.listen.entries()) {
      try {
        await this.#engine.listen(at, listener)
      } catch (error) {
        for (const { parked } of this.#engine.release()) dropParked(parked)
        const why = error as NodeJS.ErrnoException
        const problem = listenProblem('the gateway', at, why)
        return why.code === undefined ? { problem } : { problem, code: why.code }
      }
    }
    return undefined
  }

  /** Ready for connections that somebody else accepts. */
  takeGiven(): Promise<void> {
    return this.#engine.listen('given', 0)
  }

  /** A connection of which nothing was taken yet. */
  adopt(socket: Socket): void {
    this.#engine.adopt(socket, 0)
  }

  get port(): number {
    return this.#engine.portOf(0)
  }

  get ports(): readonly number[] {
    return this.#settings.listen.map((_, listener) => this.#engine.portOf(listener))
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

  async shadows(): Promise<ShadowReport> {
    this.#engine.gauges()
    return this.#shadows.report()
  }

  async recall(id: string): Promise<KeptExchange | undefined> {
    return this.#engine.recall(id)
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
      this.#engine.prepare(next.bundle, states, await registryFor(next.bundle))()
      this.#shared.took(states)
      return undefined
    } catch (error) {
      return { problem: (error as Error).message }
    }
  }

  async prove(material: TlsMaterial): Promise<Applied> {
    try {
      this.#engine.prove(material)
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
