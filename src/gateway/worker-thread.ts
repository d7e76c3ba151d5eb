// One worker as the main thread sees it: started, asked, watched, and ended.
import type { Socket } from 'node:net'
import { type Transferable, Worker, type WorkerOptions } from 'node:worker_threads'
import { type Clock, within } from '../base.ts'
import type { CountsNews, KeptExchange, ShadowNews, ThreadGauges } from '../telemetry.ts'
import { beatMemory, watchBeat } from './heartbeat.ts'
import type { Answer, Asked, ListenShare, Order, Report, WorkerData } from './orders.ts'
import type { Parked, Port } from './port.ts'
import type { SharedMemories } from '../engine.ts'
import type { TlsMaterial } from '../wire.ts'
import { workerHeapMb } from './worker-heap.ts'

/** Why a worker ended that nobody asked to. */
export type EndCause = 'exit' | 'memory' | 'silent'

/** Comes once, last; `asked` where it was we who ended it. */
export type Ended = (cause: EndCause, how: string, asked: boolean) => void

export interface WorkerEvents {
  readonly bug: (error: Error) => void
  readonly warn: (sentence: string) => void
  readonly counts: (news: CountsNews) => void
  readonly shadows: (news: ShadowNews) => void
  /** Listening servers that it gave up when nobody reckoned with it any more. */
  readonly late: (parked: readonly Parked[]) => void
  readonly ended: Ended
}

/** What we use of a thread. */
export type Thread = Pick<Worker, 'on' | 'once' | 'postMessage' | 'terminate'>

export type Spawn = (program: URL, options: WorkerOptions) => Thread

export interface WorkerSetup {
  readonly program: URL
  /** How many share the memory. */
  readonly workers: number
  readonly data: Omit<WorkerData, 'beat'>
  /** Where it shall listen, by the numbers of its listeners. */
  readonly ports: readonly Port[]
  readonly clock: Clock
  readonly events: WorkerEvents
  /** Threads of Node, where nothing else is given. */
  readonly spawn?: Spawn | undefined
}

const spawnWorker: Spawn = (program, options) => new Worker(program, options)

/** To import the program and to link a large bundle; then a worker that says nothing is broken. */
const startTimeoutMs = 30_000

/** For the last lines of its log, once its exchanges have ended or were ended. */
const closeGraceMs = 2_000

/** Then nobody waits for the end of a thread any more. */
const endTimeoutMs = 2_000

/** A scrape waits no longer for one that is busy. */
const gaugesTimeoutMs = 1_000

export class WorkerThread {
  readonly number: number
  readonly ports: readonly Port[]
  readonly #thread: Thread
  readonly #events: WorkerEvents
  readonly #clock: Clock
  readonly #beat: SharedArrayBuffer
  readonly #waiting = new Map<number, PromiseWithResolvers<Answer>>()
  readonly #ready = Promise.withResolvers<string | undefined>()
  #cancelTimers = () => {}
  #orders = 0
  #cause: EndCause = 'exit'
  #how = ''
  #asked = false
  #over = false
  #bundle: Uint8Array
  #prepared: Uint8Array
  readonly #listens = new Set<Port>()
  #servesSinceMs: number | undefined

  constructor(setup: WorkerSetup) {
    const { program, workers, data, clock, events, spawn = spawnWorker } = setup
    this.number = data.thread
    this.ports = setup.ports
    this.#events = events
    this.#clock = clock
    this.#beat = beatMemory()
    this.#bundle = data.bundle
    this.#prepared = data.bundle
    const workerData: WorkerData = { ...data, beat: this.#beat }
    const maxOldGenerationSizeMb = workerHeapMb(workers)
    this.#thread = spawn(program, {
      workerData,
      name: `worker ${data.thread}`,
      resourceLimits: { maxOldGenerationSizeMb },
    })
    this.#thread.on('message', (report: Report) => this.#take(report))
    this.#thread.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') this.#cause = 'memory'
      this.#how ||= `: ${String(error)}`
    })
    // Comes after any `error`, and also where the thread ended without one.
    this.#thread.once('exit', (code) => this.#end(this.#how || ` with exit code ${code}`))
    this.#cancelTimers = clock.after(startTimeoutMs, () => {
      this.#fail('silent', `: it was not ready after ${startTimeoutMs} ms`)
    })
  }

  /** A sentence where it did not become ready. */
  ready(): Promise<string | undefined> {
    return this.#ready.promise
  }

  /** Links a bundle; rejects where it cannot be, and where the worker ends. */
  async prepare(bundle: Uint8Array, states: SharedMemories): Promise<void> {
    await this.#ask({ order: 'prepare', bundle, states })
    this.#prepared = bundle
  }

  /** Puts in force what was prepared last. */
  async commit(): Promise<void> {
    await this.#ask({ order: 'commit' })
    this.#bundle = this.#prepared
  }

  async discard(): Promise<void> {
    await this.#ask({ order: 'discard' })
  }

  /** On a port of its own. It serves once it listens on each of them. */
  async listen(port: Port, at: ListenShare): Promise<void> {
    const moved = at === 'given' ? [] : 'bound' in at ? [at.bound] : [at.parked]
    await this.#ask({ order: 'listen', listener: this.ports.indexOf(port), at }, moved)
    this.#listens.add(port)
    if (this.#listens.size === this.ports.length) this.#servesSinceMs ??= this.#clock.nowMs()
  }

  /** What its listeners prove themselves by; it may be told before it is ready. */
  async prove(material: TlsMaterial): Promise<void> {
    await this.#ask({ order: 'prove', material })
  }

  /** Gives up its listening servers, for another worker. */
  async release(): Promise<readonly Parked[]> {
    return this.#parkedIn(await this.#ask({ order: 'release' }))
  }

  #parkedIn({ parked = [] }: Answer): Parked[] {
    return parked.map(({ listener, parked: by }) => ({ port: this.ports[listener]!, parked: by }))
  }

  /** Undefined where it does not answer in time. */
  async gauges(): Promise<ThreadGauges | undefined> {
    const asked = this.#ask({ order: 'gauges' }).catch((): Answer => ({}))
    return (await within(this.#clock, gaugesTimeoutMs, asked))?.gauges
  }

  /** Undefined also where it does not answer in time. */
  async recall(id: string): Promise<KeptExchange | undefined> {
    const asked = this.#ask({ order: 'recall', id }).catch((): Answer => ({}))
    return (await within(this.#clock, gaugesTimeoutMs, asked))?.kept
  }

  async drain(): Promise<void> {
    await this.#ask({ order: 'drain' })
  }

  /**
   * Lets its exchanges end within the time, then ends the thread. Connections at rest have notice:
   * they may ask once more.
   */
  async close(timeoutMs: number, noticeMs = 0): Promise<void> {
    this.#asked = true
    const cancel = this.#clock.after(timeoutMs + closeGraceMs, () => void this.#thread.terminate())
    // One that ends before it answers is closed too.
    await this.#ask({ order: 'close', timeoutMs, noticeMs }).catch(() => {})
    cancel()
    await this.#terminated()
  }

  /** Ends it as one that is of no use, so that another takes its place. */
  fail(how: string): void {
    if (!this.#asked) this.#fail('exit', how)
  }

  /** Ends it now. */
  async terminate(): Promise<void> {
    this.#asked = true
    await this.#terminated()
  }

  /** A thread ends no earlier than its writes to disks, which may hang. */
  async #terminated(): Promise<void> {
    await within(this.#clock, endTimeoutMs, this.#thread.terminate())
  }

  /** Hands over a connection that was accepted in the main thread. */
  give(socket: Socket, port: Port): void {
    this.#post({ given: socket, listener: this.ports.indexOf(port) }, [socket])
  }

  get over(): boolean {
    return this.#over
  }

  /** Whether we have asked it to end. */
  get leaving(): boolean {
    return this.#asked
  }

  /** What it serves. */
  get bundle(): Uint8Array {
    return this.#bundle
  }

  /** Whether it takes connections, or has. */
  get serves(): boolean {
    return this.#servesSinceMs !== undefined
  }

  /** How long it has taken connections. */
  get servedMs(): number {
    return this.#servesSinceMs === undefined ? 0 : this.#clock.nowMs() - this.#servesSinceMs
  }

  #take(report: Report): void {
    // Another may have its number by now.
    if (this.#over) return this.#takeLate(report)
    switch (report.report) {
      case 'ready':
        return this.#becomeReady()
      case 'failed':
        return this.#ready.resolve(report.problem)
      case 'bug':
        return this.#events.bug(Object.assign(new Error(), { stack: report.text }))
      case 'warning':
        return this.#events.warn(report.text)
      case 'counts':
        return report.news.forEach((one) => this.#events.counts(one))
      case 'shadows':
        return this.#events.shadows(report.news)
      case 'done':
        return this.#answered(report.id)?.resolve(report.answer)
      case 'refused':
        return this.#answered(report.id)?.reject(new Error(report.text))
    }
  }

  #takeLate(report: Report): void {
    if (report.report === 'done') this.#events.late(this.#parkedIn(report.answer))
  }

  #becomeReady(): void {
    this.#cancelTimers()
    this.#cancelTimers = watchBeat(this.#beat, this.#clock, () => {
      this.#fail('silent', ': its event loop stood still')
    })
    this.#ready.resolve(undefined)
  }

  #answered(id: number): PromiseWithResolvers<Answer> | undefined {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    return waiting
  }

  /** It counts as ended at once: code that never rests may take its time to be stopped. */
  #fail(cause: EndCause, how: string): void {
    this.#cause = cause
    void this.#thread.terminate()
    this.#end(how)
  }

  #end(how: string): void {
    if (this.#over) return
    this.#over = true
    this.#cancelTimers()
    const text = `a worker ended${how}`
    for (const { reject } of this.#waiting.values()) reject(new Error(text))
    this.#waiting.clear()
    this.#ready.resolve(text)
    this.#events.ended(this.#cause, text, this.#asked)
  }

  #ask(ask: Order, moved: readonly object[] = []): Promise<Answer> {
    if (this.#over) return Promise.reject(new Error('the worker has ended'))
    const id = this.#orders++
    const waiting = Promise.withResolvers<Answer>()
    this.#waiting.set(id, waiting)
    this.#post({ id, ask }, moved)
    return waiting.promise
  }

  #post(asked: Asked, moved: readonly object[]): void {
    // Sockets and servers can be moved between threads, which the types do not know yet.
    this.#thread.postMessage(asked, moved as readonly Transferable[])
  }
}
