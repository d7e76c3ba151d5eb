// The data plane of one thread: a listener, the snapshot in force, and what counts and logs.
// It runs in a worker, or in any thread of a host program.
import { randomBytes } from 'node:crypto'
import { type Clock, defaultLimits, type Random } from '../base.ts'
import { dateSource } from '../http.ts'
import { openSnapshot } from '../snapshot.ts'
import {
  createAccessLog,
  createIds,
  createMetrics,
  type LineWriter,
  type Observe,
  type ProcessWatch,
} from '../telemetry.ts'
import { Upstreams } from '../upstream.ts'
import { listen, Sweeper, type WireServer } from '../wire.ts'
import { GatewayExchange } from './exchange.ts'
import { overloadedReply } from './overloaded.ts'
import type { Runtime } from './runtime.ts'
import { linkSnapshot, type Snapshot } from './snapshot.ts'
import type { SharedMemories } from './shared-states.ts'
import { States } from './states.ts'

export interface EngineSetup {
  readonly clock: Clock
  readonly random: Random
  readonly version: string
  /** Takes the lines of the access log; undefined: none is written. */
  readonly lines: LineWriter | undefined
  readonly redact: readonly string[]
  readonly watch: ProcessWatch
  readonly bug: (error: unknown) => void
}

/** How long exchanges under way may take to end when the engine closes. */
const closeMs = 10_000

export class Engine {
  readonly #setup: EngineSetup
  readonly #sweeper: Sweeper
  readonly #upstreams = new Upstreams()
  readonly #runtime: Runtime
  readonly #metrics: ReturnType<typeof createMetrics>
  readonly #accessLog: ReturnType<typeof createAccessLog> | undefined
  #snapshot: Snapshot | undefined
  #server: WireServer | undefined

  constructor(setup: EngineSetup) {
    const { clock, lines, redact, version, bug } = setup
    this.#setup = setup
    this.#sweeper = new Sweeper(clock, bug)
    this.#metrics = createMetrics({ version, gauges: () => this.#gauges() })
    this.#accessLog = lines === undefined ? undefined : createAccessLog({ lines, redact })
    this.#runtime = {
      clock,
      newId: createIds(randomBytes),
      pseudonym: `concordat-${randomBytes(6).toString('hex')}`,
      httpDate: dateSource(clock),
      active: 0,
      bug,
    }
  }

  get port(): number {
    return this.#server?.port ?? 0
  }

  get revision(): string {
    return this.#snapshot?.plan.revision ?? ''
  }

  /** Puts a bundle in force; exchanges under way end with the one that they began with. */
  swap(bundle: Uint8Array, memories: SharedMemories): void {
    const plan = openSnapshot(bundle)
    const { clock, random, bug } = this.#setup
    const pools = { clock, sweeper: this.#sweeper, limits: plan.limits, bug }
    const linked = this.#upstreams.link(plan.upstreams, pools)
    const observers: Observe[] = []
    const tools = {
      random,
      states: new States(memories),
      upstreams: linked.upstreams,
      bug,
      observers,
    }
    const snapshot = linkSnapshot(plan, tools)
    // All that can fail is done: what fails leaves everything as it was.
    observers.push(this.#metrics.bind(plan.names))
    if (this.#accessLog !== undefined) observers.push(this.#accessLog.bind(plan.names))
    linked.take()
    this.#snapshot = snapshot
  }

  /** Rejects with the system's error where it cannot listen. A snapshot must be in force. */
  async listen(host: string, port: number): Promise<void> {
    const { clock, bug } = this.#setup
    this.#server = await listen({
      at: { host, port },
      clock,
      sweeper: this.#sweeper,
      limits: () => this.#snapshot?.plan.limits ?? defaultLimits,
      isTrustedHop: (address) => this.#snapshot!.isTrustedHop(address),
      overloaded: () => overloadedReply(this.#runtime, this.#snapshot!),
      exchange: (stream) => new GatewayExchange(this.#runtime, this.#snapshot!, stream).run(),
      malformed: (stream, refusal) =>
        new GatewayExchange(this.#runtime, this.#snapshot!, stream).runMalformed(refusal),
      bug,
    })
  }

  metrics(): Generator<string, void, undefined> {
    return this.#metrics.pieces()
  }

  /** Takes no more connections and waits for exchanges under way, up to a bound. */
  async close(): Promise<void> {
    const server = this.#server
    if (server !== undefined) {
      const cancel = this.#setup.clock.after(closeMs, () => server.destroy())
      await server.close()
      cancel()
    }
    this.#upstreams.destroy()
    this.#sweeper.stop()
    await this.#setup.lines?.close()
  }

  #gauges() {
    return {
      activeExchanges: this.#runtime.active,
      connections: this.#server?.connections ?? 0,
      refusedConnections: this.#server?.refusedConnections ?? 0,
      logLinesDropped: this.#setup.lines?.dropped() ?? 0,
      revision: this.revision,
      endpoints: this.#upstreams.states(),
      process: this.#setup.watch.read(),
    }
  }
}
