// The data plane in worker threads: started, given bundles, replaced where they end, and drained.
//
//   start ──▶ ready ──▶ serving ──▶ leaving ──▶ ended     (a worker; at any time: ended, replaced)
//
// A bundle is put in force in two steps, so that either every worker has it or none: all link it,
// then all switch. Settings that a worker starts with (its log, their number, the port) renew the
// workers: the new ones take over the listening servers of the old ones, with the connections that
// wait in them, and the old ones end when their exchanges have.
import type { Socket } from 'node:net'
import type { MessagePort } from 'node:worker_threads'
import type { Clock } from '../base.ts'
import type { Readiness } from './admin-routes.ts'
import {
  type Applied,
  closeTimeoutMs,
  type Gateway,
  type GatewaySettings,
  type Started,
} from './gateway-types.ts'
import { GatewayMetrics } from './gateway-metrics.ts'
import { bundleRelease } from './let-go.ts'
import { type Port, takePort } from './port.ts'
import { Restarts } from './restarts.ts'
import { openSnapshot, snapshotNeeds } from '../snapshot.ts'
import type { ThreadGauges } from '../telemetry.ts'
import { SharedOccupancy } from './shared-occupancy.ts'
import { type SharedMemories, SharedStates } from './shared-states.ts'
import { type EndCause, WorkerThread } from './worker-thread.ts'

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
}

/** How long exchanges may go on in a worker that a renewal has replaced. */
const renewalTimeoutMs = 600_000

/** Connections that wait in the main thread for a worker to be there. */
const waitingSocketsMax = 1_024

type State = 'running' | 'draining' | 'closing' | 'dead'

export async function startFleet(settings: GatewaySettings, tools: FleetTools): Promise<Started> {
  const port = await takePort(settings.listen, tools.dealt)
  if ('problem' in port) return port
  const fleet = new Fleet(settings, tools, port)
  const problem = await fleet.open()
  return problem === undefined ? fleet : { problem: `the gateway did not start: ${problem}` }
}

class Fleet implements Gateway {
  readonly #tools: FleetTools
  readonly #restarts = new Restarts()
  readonly #metrics = new GatewayMetrics()
  readonly #died = Promise.withResolvers<string>()
  /** Every worker that has not ended. */
  readonly #all = new Set<WorkerThread>()
  /** Those that take connections. */
  readonly #serving = new Set<WorkerThread>()
  #settings: GatewaySettings
  #port: Port
  readonly #states = new SharedStates()
  readonly #occupancy: SharedOccupancy
  #memories: SharedMemories
  readonly #letGo: (bytes: number) => void
  #state: State = 'running'
  #starting = 0
  #turn = 0
  #applying: Promise<unknown> = Promise.resolve()
  readonly #waiting: Socket[] = []

  constructor(settings: GatewaySettings, tools: FleetTools, port: Port) {
    this.#settings = settings
    this.#tools = tools
    this.#letGo = bundleRelease(tools.clock)
    this.#port = port
    this.#occupancy = new SharedOccupancy(settings.workers, Math.random)
    this.#memories = this.#states.for(snapshotNeeds(settings.bundle))
    this.#states.took(this.#memories)
    port.deal((socket) => this.#deal(socket))
  }

  get port(): number {
    return this.#port.port
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
      workers: { running: this.#serving.size, restarts: this.#restarts.counts },
      here: undefined,
      others: await this.#gauges(),
    })
  }

  async active(): Promise<number> {
    const gauges = await this.#gauges()
    return gauges.reduce((sum, { serving }) => sum + (serving?.activeExchanges ?? 0), 0)
  }

  /** Of the workers that answer in time. */
  async #gauges(): Promise<ThreadGauges[]> {
    const answers = await Promise.all([...this.#all].map((worker) => worker.gauges()))
    return answers.filter((one) => one !== undefined)
  }

  ready(): Readiness {
    const serving = this.#serving.size
    return {
      ready: this.#state === 'running' && serving > 0,
      details: { state: this.#state, workers: { serving, wanted: this.#settings.workers } },
    }
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

  drain(): void {
    if (this.#state !== 'running') return
    this.#state = 'draining'
    for (const worker of this.#serving) worker.drain().catch(this.#tools.bug)
  }

  async close(timeoutMs: number = closeTimeoutMs): Promise<void> {
    if (this.#state === 'closing' || this.#state === 'dead') return
    this.#state = 'closing'
    this.#port.close()
    for (const socket of this.#waiting.splice(0)) socket.destroy()
    await Promise.all(
      [...this.#all].map((worker) =>
        this.#serving.has(worker) || worker.leaving ? worker.close(timeoutMs) : worker.terminate(),
      ),
    )
    this.#metrics.close()
  }

  async #applyNow(next: GatewaySettings): Promise<Applied> {
    if (next.workers === 0) {
      return { problem: 'to serve in the main thread (workers: 0) the gateway must be restarted' }
    }
    return startsAlike(this.#settings, next) ? this.#swap(next) : this.#renew(next)
  }

  async #swap(next: GatewaySettings): Promise<Applied> {
    const workers = [...this.#serving]
    const memories = this.#states.for(snapshotNeeds(next.bundle))
    const refusals = await Promise.all(
      workers.map((worker) => refusalOf(worker, next.bundle, memories)),
    )
    const refusal = refusals.find((one) => one !== undefined)
    if (refusal !== undefined) {
      for (const worker of workers) worker.discard().catch(() => {})
      return { problem: refusal }
    }
    this.#take(next, memories)
    // One that ends meanwhile is replaced by one that starts with these settings.
    await Promise.all(workers.map((worker) => worker.commit().catch(() => {})))
    // One that began to serve meanwhile has the bundle before.
    await Promise.all([...this.#serving].map((worker) => this.#catchUp(worker)))
    return undefined
  }

  #take(settings: GatewaySettings, memories: SharedMemories): void {
    this.#letGo(this.#settings.bundle.length)
    this.#settings = settings
    this.#memories = memories
    this.#states.took(memories)
  }

  async #renew(next: GatewaySettings): Promise<Applied> {
    const port = isSameAddress(this.#settings, next)
      ? this.#port
      : await takePort(next.listen, this.#tools.dealt)
    if ('problem' in port) return port
    const memories = this.#states.for(snapshotNeeds(next.bundle))
    const starts = Array.from({ length: next.workers }, () => this.#started(next, memories))
    const fresh = await Promise.all(starts)
    const problem = fresh.find((one) => typeof one === 'string')
    if (problem !== undefined) {
      for (const one of fresh) if (typeof one !== 'string') void one.terminate()
      if (port !== this.#port) port.close()
      return { problem }
    }
    const old = [...this.#serving]
    this.#serving.clear()
    this.#take(next, memories)
    await this.#handOver(old, fresh as WorkerThread[], port)
    return undefined
  }

  async #handOver(
    old: readonly WorkerThread[],
    fresh: readonly WorkerThread[],
    port: Port,
  ): Promise<void> {
    const before = this.#port
    const parked = port === before ? await releasedBy(old) : []
    if (port !== before) {
      before.close()
      port.deal((socket) => this.#deal(socket))
      this.#port = port
    }
    await Promise.all(
      fresh.map((worker, i) => this.#serve(worker, shareOf(parked, i, fresh.length))),
    )
    for (const worker of old) worker.close(renewalTimeoutMs).catch(this.#tools.bug)
  }

  /** A worker that has linked the settings' bundle, or a sentence on why there is none. */
  async #started(
    settings: GatewaySettings,
    states: SharedMemories,
  ): Promise<WorkerThread | string> {
    const { clock, bug, warn, program } = this.#tools
    const thread = this.#freeNumber()
    const worker = new WorkerThread({
      program,
      data: {
        bundle: settings.bundle,
        log: settings.log,
        states,
        occupancy: this.#occupancy.share(thread, settings.workers),
        thread,
      },
      clock,
      events: {
        bug,
        warn,
        counts: (news) => this.#metrics.take(thread, news),
        ended: (cause, how, asked) => this.#ended(worker, cause, how, asked),
      },
    })
    this.#all.add(worker)
    const problem = await worker.ready()
    if (problem === undefined) return worker
    await worker.terminate()
    return problem
  }

  #freeNumber(): number {
    const taken = new Set([...this.#all].map(({ number }) => number))
    let number = 1
    while (taken.has(number)) number++
    return number
  }

  async #serve(worker: WorkerThread, parked: readonly MessagePort[] = []): Promise<void> {
    await this.#catchUp(worker)
    const shares = parked.length > 0 ? parked.map((one) => ({ parked: one })) : [this.#port.share()]
    for (const share of shares) await worker.listen(share)
    if (worker.over) return
    this.#serving.add(worker)
    await this.#catchUp(worker)
    if (this.#state === 'draining') await worker.drain()
    for (const socket of this.#waiting.splice(0)) this.#deal(socket)
  }

  /** While a worker started, another bundle may have come into force. */
  async #catchUp(worker: WorkerThread): Promise<void> {
    while (!worker.over && worker.bundle !== this.#settings.bundle) {
      await worker.prepare(this.#settings.bundle, this.#memories)
      await worker.commit()
    }
  }

  /** Gives a sentence where it came to nothing. */
  async #addWorker(): Promise<string | undefined> {
    this.#starting++
    try {
      const settings = this.#settings
      const worker = await this.#started(settings, this.#memories)
      if (typeof worker === 'string') return worker
      // A renewal, or the end, has made it needless.
      if (!startsAlike(settings, this.#settings) || !this.#isUp) return void worker.terminate()
      await this.#serve(worker)
      return undefined
    } catch (error) {
      return (error as Error).message
    } finally {
      this.#starting--
    }
  }

  get #isUp(): boolean {
    return this.#state === 'running' || this.#state === 'draining'
  }

  #ended(worker: WorkerThread, cause: EndCause, how: string, asked: boolean): void {
    this.#all.delete(worker)
    this.#occupancy.ended(worker.number)
    this.#metrics.ended(worker.number)
    const wasServing = this.#serving.delete(worker)
    if (asked || !wasServing || !this.#isUp) return
    this.#restarts.ended(cause, worker.servedMs)
    this.#tools.warn(`${how}; another takes its place`)
    this.#replaceSoon()
  }

  #replaceSoon(): void {
    this.#tools.clock.after(this.#restarts.delayMs, () => void this.#replace())
  }

  async #replace(): Promise<void> {
    if (!this.#isUp || this.#serving.size + this.#starting >= this.#settings.workers) return
    this.#added(await this.#addWorker())
  }

  /** What came of adding a worker; where nothing did it is tried again. */
  #added(problem: string | undefined): void {
    if (problem === undefined || !this.#isUp) return
    this.#restarts.failed()
    this.#tools.warn(`a worker did not start: ${problem}`)
    if (this.#serving.size > 0 || this.#restarts.isHopeful) return this.#replaceSoon()
    this.#state = 'dead'
    this.#died.resolve(`no worker can be started: ${problem}`)
  }

  /** A connection that this thread accepted: to the workers in turn. */
  #deal(socket: Socket): void {
    const workers = [...this.#serving]
    if (workers.length > 0) workers[this.#turn++ % workers.length]!.give(socket)
    else if (this.#waiting.length < waitingSocketsMax) this.#waiting.push(socket)
    else socket.destroy()
  }
}

/** Whether a worker that runs with one may go on with the other. */
const startsAlike = (a: GatewaySettings, b: GatewaySettings): boolean =>
  a.workers === b.workers && isSameAddress(a, b) && JSON.stringify(a.log) === JSON.stringify(b.log)

const isSameAddress = ({ listen: a }: GatewaySettings, { listen: b }: GatewaySettings): boolean =>
  a.host === b.host && a.port === b.port

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
async function releasedBy(workers: readonly WorkerThread[]): Promise<MessagePort[]> {
  const parked = await Promise.all(workers.map((worker) => worker.release().catch(() => [])))
  return parked.flat()
}

/** What worker `i` of `count` takes over, so that each is taken over. */
const shareOf = (parked: readonly MessagePort[], i: number, count: number): MessagePort[] =>
  parked.filter((_, at) => at % count === i)

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
