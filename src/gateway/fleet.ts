// The data plane in worker threads: started, given bundles, replaced where they end, and drained.
//
//   start ──▶ ready ──▶ serving ──▶ leaving ──▶ ended     (a worker; at any time: ended, replaced)
//
// A bundle is put in force in two steps, so that either every worker has it or none: all link it,
// then all switch. What a worker starts with (its log, their number, the port, the code of custom
// policies) renews the workers: the new ones take over the listening servers of the old ones, with
// the connections that wait in them, and the old ones end when their exchanges have.
import type { Clock } from '../base.ts'
import type { Readiness } from './admin-routes.ts'
import {
  type Applied,
  bringsSameCode,
  closeTimeoutMs,
  type Gateway,
  type GatewaySettings,
  type GatewayOptions,
  type Started,
  startsAlike,
} from './gateway-types.ts'
import { Dealing } from './dealing.ts'
import { GatewayMetrics } from './gateway-metrics.ts'
import { type Parked, takePort } from './port.ts'
import { Ports, shareOf } from './ports.ts'
import { Restarts } from './restarts.ts'
import { openSnapshot, snapshotNeeds } from '../snapshot.ts'
import {
  type KeptExchange,
  type ShadowReport,
  ShadowSums,
  type ThreadGauges,
} from '../telemetry.ts'
import { bundleRelease, type SharedMemories, SharedStates } from '../engine.ts'
import { materialProblem, type TlsMaterial } from '../wire.ts'
import type { EndCause, Spawn, WorkerThread } from './worker-thread.ts'
import { type Beginning, WorkerStarts } from './worker-starts.ts'

/** What a fleet is made of; tests hand in their own. */
export interface FleetTools {
  readonly clock: Clock
  readonly bug: (error: unknown) => void
  /** Takes a sentence for the operator. */
  readonly warn: (sentence: string) => void
  /** A worker as `worker.ts` is one. */
  readonly program: URL
  /** The main thread accepts, even where workers could listen. */
  readonly dealt?: boolean
  /** Threads and ports of the system, where nothing else is given. */
  readonly spawn?: Spawn
  readonly takePort?: typeof takePort
}

/** How long exchanges may go on in a worker that a renewal has replaced. */
const renewalTimeoutMs = 600_000

/** And how long its connections at rest have, to learn with a reply that they end. */
const renewalNoticeMs = 10_000

type State = 'running' | 'draining' | 'closing' | 'dead'

/** Workers that began with the same settings; a renewal makes another. */
interface Generation {
  /** On their way to be members. */
  starting: number
}

export async function startFleet(
  options: GatewaySettings & Pick<GatewayOptions, 'material'>,
  tools: FleetTools,
): Promise<Started> {
  const { material, ...settings } = options
  const ports = await takePorts(settings, tools)
  if ('problem' in ports) return ports
  const fleet = new Fleet(settings, tools, ports, material)
  const problem = await fleet.open()
  return problem === undefined ? fleet : { problem: `the gateway did not start: ${problem}` }
}

const takePorts = ({ listen }: GatewaySettings, tools: FleetTools, before?: Ports) =>
  Ports.take(listen, (at) => (tools.takePort ?? takePort)(at, tools.dealt), before)

class Fleet implements Gateway {
  readonly #tools: FleetTools
  readonly #restarts = new Restarts()
  readonly #metrics = new GatewayMetrics()
  readonly #shadows: ShadowSums
  readonly #died = Promise.withResolvers<string>()
  readonly #starts: WorkerStarts
  readonly #dealing: Dealing
  /** Those that have the bundle in force, get every new one, and are replaced where they end. */
  readonly #members = new Set<WorkerThread>()
  #generation: Generation = { starting: 0 }
  #settings: GatewaySettings
  #ports: Ports
  #material: TlsMaterial | undefined
  readonly #states = new SharedStates()
  #memories: SharedMemories
  readonly #letGo: (bytes: number) => void
  #state: State = 'running'
  #cancelFill: (() => void) | undefined
  #applying: Promise<unknown> = Promise.resolve()
  #closing: Promise<void> | undefined

  constructor(
    settings: GatewaySettings,
    tools: FleetTools,
    ports: Ports,
    material: TlsMaterial | undefined,
  ) {
    this.#settings = settings
    this.#tools = tools
    this.#letGo = bundleRelease(tools.clock)
    this.#shadows = new ShadowSums({ sinceEpochMs: tools.clock.epochMs() })
    this.#ports = ports
    this.#material = material
    this.#starts = new WorkerStarts({
      ...tools,
      workers: settings.workers,
      metrics: this.#metrics,
      shadows: this.#shadows,
      ended: (...how) => this.#ended(...how),
      late: (parked) => this.#late(parked),
    })
    this.#dealing = new Dealing({ serving: () => this.#serving() })
    this.#memories = this.#states.for(snapshotNeeds(settings.bundle))
    this.#states.took(this.#memories)
    ports.deal((socket, port) => this.#dealing.deal(socket, port))
  }

  get port(): number {
    return this.ports[0] ?? 0
  }

  get ports(): readonly number[] {
    return this.#ports.list.map(({ port }) => port)
  }

  get died(): Promise<string> {
    return this.#died.promise
  }

  /** Done when the first worker serves, or none can: then a sentence. */
  async open(): Promise<string | undefined> {
    const starts = Array.from({ length: this.#settings.workers }, () => this.#addWorker())
    const problem = await firstSuccess(starts)
    if (problem !== undefined) {
      await this.close(0)
      return problem
    }
    for (const start of starts) void start.then((failure) => this.#added(failure))
    return undefined
  }

  async *metrics(): AsyncGenerator<string> {
    yield* this.#metrics.pieces({
      revision: openSnapshot(this.#settings.bundle).revision,
      workers: { running: this.#serving().length, restarts: this.#restarts.counts },
      here: undefined,
      others: await this.#gauges(),
    })
  }

  async active(): Promise<number> {
    const gauges = await this.#gauges()
    return gauges.reduce((sum, { serving }) => sum + (serving?.activeExchanges ?? 0), 0)
  }

  async shadows(): Promise<ShadowReport> {
    // Before they answer they tell what is not told yet.
    await this.#gauges()
    return this.#shadows.report()
  }

  async recall(id: string): Promise<KeptExchange | undefined> {
    const all = await Promise.all([...this.#starts.all].map((worker) => worker.recall(id)))
    return latest(all)
  }

  /** Of the workers that answer in time. */
  async #gauges(): Promise<ThreadGauges[]> {
    const answers = await Promise.all([...this.#starts.all].map((worker) => worker.gauges()))
    return answers.filter((one) => one !== undefined)
  }

  ready(): Readiness {
    const serving = this.#serving().length
    return {
      ready: this.#state === 'running' && serving > 0,
      details: { state: this.#state, workers: { serving, wanted: this.#settings.workers } },
    }
  }

  /** Those that take connections. */
  #serving(): WorkerThread[] {
    return [...this.#members].filter(({ serves }) => serves)
  }

  apply(next: GatewaySettings): Promise<Applied> {
    const before = this.#applying
    const applied = (async () => {
      await before
      return this.#applyNow(next)
    })()
    this.#applying = applied.catch(() => {})
    return applied
  }

  async prove(material: TlsMaterial): Promise<Applied> {
    const problem = materialProblem(material)
    if (problem !== undefined) return { problem }
    this.#material = material
    // Those that start have it among their first orders, and those after them to begin with.
    const told = [...this.#starts.all].map((worker) =>
      worker.prove(material).catch((error: unknown) => {
        if (!worker.over) this.#tools.bug(error)
      }),
    )
    await Promise.all(told)
    return undefined
  }

  drain(): void {
    if (this.#state !== 'running') return
    this.#state = 'draining'
    for (const worker of this.#serving()) this.#drainOne(worker)
  }

  #drainOne(worker: WorkerThread): void {
    worker.drain().catch((error: unknown) => {
      if (!worker.over) this.#tools.bug(error)
    })
  }

  close(timeoutMs: number = closeTimeoutMs): Promise<void> {
    this.#closing ??= this.#closeNow(timeoutMs)
    return this.#closing
  }

  async #closeNow(timeoutMs: number): Promise<void> {
    this.#state = 'closing'
    this.#cancelFill?.()
    this.#ports.close()
    this.#dealing.end()
    await Promise.all(
      [...this.#starts.all].map((worker) =>
        worker.serves ? worker.close(timeoutMs) : worker.terminate(),
      ),
    )
    this.#metrics.close()
  }

  // Settings.

  async #applyNow(next: GatewaySettings): Promise<Applied> {
    if (!this.#isUp) return stops
    if (next.workers === 0) {
      return { problem: 'to serve in the main thread (workers: 0) the gateway must be restarted' }
    }
    const goesOn = startsAlike(this.#settings, next) && bringsSameCode(this.#settings, next)
    return goesOn ? this.#swap(next) : this.#renew(next)
  }

  async #swap(next: GatewaySettings): Promise<Applied> {
    const workers = [...this.#members]
    const memories = this.#states.for(snapshotNeeds(next.bundle))
    const refusals = await Promise.all(
      workers.map((worker) => refusalOf(worker, next.bundle, memories)),
    )
    if (!this.#isUp) return stops
    const refusal = refusals.find((one) => one !== undefined)
    if (refusal !== undefined) {
      for (const worker of workers) worker.discard().catch(() => {})
      return { problem: refusal }
    }
    // What nobody has linked nobody knows to be good: new workers shall begin with it.
    if (workers.every(({ over }) => over)) return this.#renew(next)
    this.#take(next, memories)
    // One that ends meanwhile is replaced by one that starts with these settings.
    await Promise.all(workers.map((worker) => worker.commit().catch(() => {})))
    // One that became a member meanwhile has the bundle before.
    await Promise.all([...this.#members].map((worker) => this.#keepUp(worker)))
    return undefined
  }

  /** A worker that cannot follow must not serve what is no longer in force. */
  async #keepUp(worker: WorkerThread): Promise<void> {
    const problem = await this.#catchUp(worker)
    if (problem !== undefined) worker.fail(`: it could not follow: ${problem}`)
  }

  #take(settings: GatewaySettings, memories: SharedMemories): void {
    this.#letGo(this.#settings.bundle.length)
    this.#settings = settings
    this.#memories = memories
    this.#states.took(memories)
  }

  async #renew(next: GatewaySettings): Promise<Applied> {
    const before = this.#ports
    const ports = await takePorts(next, this.#tools, before)
    if ('problem' in ports) return ports
    const fresh = await this.#startFresh(next, ports)
    if ('problem' in fresh) {
      ports.closeBut(before)
      return fresh
    }
    const old = [...this.#members]
    this.#members.clear()
    for (const worker of fresh.workers) this.#members.add(worker)
    this.#generation = { starting: 0 }
    this.#take(next, fresh.memories)
    this.#ports = ports
    await this.#handOver(old, fresh.workers, before)
    return undefined
  }

  /** All of them, or none is left. */
  async #startFresh(
    next: GatewaySettings,
    ports: Ports,
  ): Promise<{ workers: WorkerThread[]; memories: SharedMemories } | { problem: string }> {
    if (!this.#isUp) return stops
    const memories = this.#states.for(snapshotNeeds(next.bundle))
    const starts = Array.from({ length: next.workers }, () =>
      this.#starts.start(this.#beginning(next, memories, ports)),
    )
    const fresh = await Promise.all(starts)
    const workers = fresh.filter((one) => typeof one !== 'string')
    const failure = fresh.find((one) => typeof one === 'string')
    // The first may have ended while the last began.
    const ended = workers.some(({ over }) => over) ? 'a worker ended' : undefined
    const problem = this.#isUp ? (failure ?? ended) : stops.problem
    if (problem === undefined) return { workers, memories }
    for (const worker of workers) void worker.terminate()
    return { problem }
  }

  #beginning(settings: GatewaySettings, states: SharedMemories, { list }: Ports): Beginning {
    return { settings, states, ports: list, material: this.#material }
  }

  async #handOver(
    old: readonly WorkerThread[],
    fresh: readonly WorkerThread[],
    before: Ports,
  ): Promise<void> {
    const ports = this.#ports
    ports.deal((socket, port) => this.#dealing.deal(socket, port))
    const left = [...this.#dealing.parked(), ...(await releasedBy(old))]
    await this.#serveAll(
      fresh,
      left.filter(({ port }) => ports.has(port)),
    )
    // On a port that is no more whoever still waits has come in vain.
    this.#dealing.drop(left.filter(({ port }) => !ports.has(port)))
    for (const port of before.closeBut(ports)) this.#dealing.forget(port)
    // The end may have come meanwhile, and knew of the ports before.
    if (!this.#isUp) ports.close()
    this.#retire(old)
  }

  async #serveAll(workers: readonly WorkerThread[], parked: readonly Parked[]): Promise<void> {
    const problems = await Promise.all(
      workers.map((worker, i) => this.#serve(worker, shareOf(parked, i, workers.length))),
    )
    for (const problem of problems) this.#added(problem)
  }

  /** Those that an earlier renewal has replaced have had their time: they hold memory. */
  #retire(workers: readonly WorkerThread[]): void {
    const earlier = [...this.#starts.all].filter(({ leaving, serves }) => leaving && serves)
    for (const worker of earlier) void worker.close(closeTimeoutMs)
    for (const worker of workers) void worker.close(renewalTimeoutMs, renewalNoticeMs)
  }

  // Workers.

  /** Gives a sentence where it came to nothing. */
  async #addWorker(): Promise<string | undefined> {
    const generation = this.#generation
    generation.starting++
    const beginning = this.#beginning(this.#settings, this.#memories, this.#ports)
    const worker = await this.#starts.start(beginning)
    const problem = typeof worker === 'string' ? worker : await this.#join(worker, generation)
    generation.starting--
    // A renewal has made it needless: whether it began is no matter.
    if (generation !== this.#generation) return undefined
    return problem ?? this.#serve(worker as WorkerThread)
  }

  /** Makes it a member, with the bundle that is in force by now. */
  async #join(worker: WorkerThread, generation: Generation): Promise<string | undefined> {
    const problem = await this.#catchUp(worker)
    const isWanted = this.#isUp && generation === this.#generation
    if (problem === undefined && isWanted) this.#members.add(worker)
    else await worker.terminate()
    return isWanted ? problem : stops.problem
  }

  /** While a worker started another bundle may have come into force. */
  async #catchUp(worker: WorkerThread): Promise<string | undefined> {
    try {
      while (worker.bundle !== this.#settings.bundle) {
        await worker.prepare(this.#settings.bundle, this.#memories)
        await worker.commit()
      }
      return undefined
    } catch (error) {
      return (error as Error).message
    }
  }

  /** A member begins to take connections; a sentence where it comes to nothing. */
  async #serve(worker: WorkerThread, parked: readonly Parked[] = []): Promise<string | undefined> {
    const left = [...parked]
    const wants = worker.ports.filter((port) => left.every((one) => one.port !== port))
    try {
      while (left.length + wants.length > 0) {
        if (worker.over) throw new Error('a worker ended')
        const next = left.shift()
        const port = next?.port ?? wants.shift()!
        await worker.listen(port, next === undefined ? port.share() : { parked: next.parked })
      }
      this.#restarts.began()
      if (this.#state === 'draining') this.#drainOne(worker)
      return undefined
    } catch (error) {
      this.#dealing.keep(left)
      // What serves is replaced by its end alone.
      if (worker.serves) return undefined
      this.#members.delete(worker)
      void worker.terminate()
      return (error as Error).message
    } finally {
      this.#dealing.handOut()
    }
  }

  #late(parked: readonly Parked[]): void {
    this.#dealing.keep(parked.filter(({ port }) => this.#ports.has(port)))
    this.#dealing.drop(parked.filter(({ port }) => !this.#ports.has(port)))
  }

  // Replacing.

  get #isUp(): boolean {
    return this.#state === 'running' || this.#state === 'draining'
  }

  #ended(worker: WorkerThread, cause: EndCause, how: string, asked: boolean): void {
    const wasMember = this.#members.delete(worker)
    // Who starts it hears by himself that it ended.
    if (asked || !wasMember || !worker.serves || !this.#isUp) return
    this.#restarts.ended(cause, worker.servedMs)
    this.#tools.warn(`${how}; another takes its place`)
    this.#fillSoon()
  }

  #fillSoon(): void {
    this.#cancelFill?.()
    this.#cancelFill = this.#tools.clock.after(this.#restarts.delayMs, () => {
      this.#cancelFill = undefined
      this.#fill()
    })
  }

  /** Starts as many workers as are missing. */
  #fill(): void {
    const missing = this.#settings.workers - this.#members.size - this.#generation.starting
    for (let i = 0; i < missing; i++) {
      void this.#addWorker().then((problem) => this.#added(problem))
    }
  }

  /** What came of adding a worker; where nothing did it is tried again. */
  #added(problem: string | undefined): void {
    if (problem === undefined || !this.#isUp) return
    this.#tools.warn(`a worker did not start: ${problem}`)
    // Several that fail at once are one failure.
    if (this.#cancelFill !== undefined) return
    this.#restarts.failed()
    const isAlone = this.#members.size === 0 && this.#generation.starting === 0
    if (!isAlone || this.#restarts.isHopeful) return this.#fillSoon()
    this.#state = 'dead'
    this.#died.resolve(`no worker can be started: ${problem}`)
  }
}

/** A hop that is trusted may have sent an id twice. */
const latest = (all: readonly (KeptExchange | undefined)[]): KeptExchange | undefined =>
  all
    .filter((one) => one !== undefined)
    .toSorted((a, b) => b.finishedEpochMs - a.finishedEpochMs)[0]

const stops = { problem: 'the gateway stops' }

async function refusalOf(
  worker: WorkerThread,
  bundle: Uint8Array,
  memories: SharedMemories,
): Promise<string | undefined> {
  try {
    await worker.prepare(bundle, memories)
    return undefined
  } catch (error) {
    // One that has ended refuses nothing: it is replaced.
    return worker.over ? undefined : (error as Error).message
  }
}

/** The listening servers of workers that shall leave; one that ended has none to give. */
async function releasedBy(workers: readonly WorkerThread[]): Promise<Parked[]> {
  const parked = await Promise.all(workers.map((worker) => worker.release().catch(() => [])))
  return parked.flat()
}

/** Undefined as soon as one comes to that; else the first sentence. */
async function firstSuccess(
  starts: readonly Promise<string | undefined>[],
): Promise<string | undefined> {
  const successes = starts.map(async (start) => {
    const problem = await start
    if (problem !== undefined) throw new Error(problem)
  })
  try {
    await Promise.any(successes)
    return undefined
  } catch (error) {
    return ((error as AggregateError).errors[0] as Error).message
  }
}
