// The gateway as the main thread holds it: the same few orders, whether the data plane runs in
// this thread or in a worker.
import { Worker } from 'node:worker_threads'
import { snapshotNeeds } from '../snapshot.ts'
import type { Readiness } from './admin-routes.ts'
import { type SharedMemories, SharedStates } from './shared-states.ts'
import { type EngineOptions, startEngine } from './start-engine.ts'
import type { Order, Report } from './worker.ts'

export interface GatewayOptions extends Omit<EngineOptions, 'states'> {
  /** Threads of the data plane beside this one; 0: this thread does it. */
  readonly workers: number
  /** Takes what our own code threw. */
  readonly bug?: (error: unknown) => void
}

export interface Gateway {
  readonly port: number
  metrics(): Iterable<string> | AsyncIterable<string>
  ready(): Readiness
  /** Puts a bundle in force; no request and no connection notices. */
  swap(bundle: Uint8Array): Promise<void>
  /** Takes nothing more and lets what is under way end, up to a bound. */
  close(): Promise<void>
  /** Says in a sentence that the data plane has ended, where nobody asked it to. */
  readonly died: Promise<string>
}

export type Started = Gateway | { readonly problem: string }

export function startGateway(options: GatewayOptions): Promise<Started> {
  const bug = options.bug ?? ((error: unknown) => console.error(error))
  const shared = new SharedStates()
  const statesFor = (bundle: Uint8Array): SharedMemories => {
    const states = shared.for(snapshotNeeds(bundle))
    shared.took(states)
    return states
  }
  return options.workers === 0
    ? startHere(options, statesFor, bug)
    : startWorker(workerFile, options, statesFor, bug)
}

type StatesFor = (bundle: Uint8Array) => SharedMemories

async function startHere(
  options: GatewayOptions,
  statesFor: StatesFor,
  bug: (error: unknown) => void,
): Promise<Started> {
  const engine = await startEngine({ ...options, states: statesFor(options.bundle) }, bug)
  if ('problem' in engine) return engine
  let closing = false
  return {
    port: engine.port,
    metrics: () => engine.metrics(),
    ready: () => ({ ready: !closing, details: { revision: engine.revision, workers: 0 } }),
    swap: async (bundle) => engine.swap(bundle, statesFor(bundle)),
    close() {
      closing = true
      return engine.close()
    },
    // With this thread the process ends.
    died: new Promise(() => {}),
  }
}

/** `program` is a worker as `worker.ts` is one. */
export function startWorker(
  program: URL,
  options: Omit<GatewayOptions, 'workers'>,
  statesFor: StatesFor,
  bug: (error: unknown) => void,
): Promise<Started> {
  const { bundle, listen, log } = options
  const workerData: EngineOptions = { bundle, listen, log, states: statesFor(bundle) }
  const thread = new Worker(program, { workerData })
  return new Promise((resolve) => {
    const gateway = new WorkerGateway(thread, statesFor, bug)
    thread.on('message', (report: Report) => {
      if (report.report === 'listening') resolve(gateway.listening(report.port))
      else if (report.report === 'failed') resolve({ problem: report.problem })
      else gateway.take(report)
    })
    let cause = ''
    thread.once('error', (error) => {
      cause = `: ${String(error)}`
    })
    // Comes after any `error`, and also where the thread ended without one.
    thread.once('exit', (code) => {
      const how = cause || ` with exit code ${code}`
      gateway.ended(`the thread of the data plane ended${how}`)
      resolve({ problem: `the gateway did not start: its thread ended${how}` })
    })
  })
}

/** Beside this file, as it is called in a source checkout or in a build. */
const workerFile = new URL(
  import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js',
  import.meta.url,
)

interface Waiting {
  readonly resolve: (text: string) => void
  readonly reject: (error: Error) => void
}

class WorkerGateway implements Gateway {
  port = 0
  readonly #thread: Worker
  readonly #statesFor: StatesFor
  readonly #bug: (error: unknown) => void
  readonly #waiting = new Map<number, Waiting>()
  readonly #died = Promise.withResolvers<string>()
  #orders = 0
  #state: 'running' | 'closing' | 'dead' = 'running'

  constructor(thread: Worker, statesFor: StatesFor, bug: (error: unknown) => void) {
    this.#thread = thread
    this.#statesFor = statesFor
    this.#bug = bug
  }

  listening(port: number): Gateway {
    this.port = port
    return this
  }

  take(report: Report): void {
    if (report.report === 'bug') this.#bug(new Error(report.text))
    if (report.report !== 'done' && report.report !== 'refused') return
    const waiting = this.#waiting.get(report.id)
    this.#waiting.delete(report.id)
    if (report.report === 'done') waiting?.resolve(report.text)
    else waiting?.reject(new Error(report.text))
  }

  ended(how: string): void {
    const wasAsked = this.#state === 'closing'
    this.#state = 'dead'
    for (const { reject } of this.#waiting.values()) reject(new Error(how))
    this.#waiting.clear()
    if (!wasAsked) this.#died.resolve(how)
  }

  get died(): Promise<string> {
    return this.#died.promise
  }

  async *metrics(): AsyncGenerator<string> {
    yield await this.#ask({ order: 'metrics' })
  }

  ready(): Readiness {
    return { ready: this.#state === 'running', details: { state: this.#state, workers: 1 } }
  }

  async swap(bundle: Uint8Array): Promise<void> {
    await this.#ask({ order: 'swap', bundle, states: this.#statesFor(bundle) })
  }

  async close(): Promise<void> {
    if (this.#state === 'dead') return
    this.#state = 'closing'
    // One that ends before it answers is closed too.
    await this.#ask({ order: 'close' }).catch(this.#bug)
    await this.#thread.terminate()
  }

  #ask(order: DistributiveOmit<Order, 'id'>): Promise<string> {
    const id = this.#orders++
    return new Promise((resolve, reject) => {
      if (this.#state === 'dead') return reject(new Error('the thread of the data plane has ended'))
      this.#waiting.set(id, { resolve, reject })
      this.#thread.postMessage({ ...order, id })
    })
  }
}

type DistributiveOmit<Union, Key extends keyof never> = Union extends unknown
  ? Omit<Union, Key>
  : never
