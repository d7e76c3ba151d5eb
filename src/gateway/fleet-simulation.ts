// A machine for a fleet to run on, without threads and sockets: workers that take their time, end,
// hang and refuse by dice, and ports of which every listening server is known.
import { EventEmitter } from 'node:events'
import type { MessagePort } from 'node:worker_threads'
import { beatEveryMs } from './heartbeat.ts'
import type {
  Answer,
  Asked,
  ListenShare,
  Order,
  ParkedListener,
  Report,
  WorkerData,
} from './orders.ts'
import type { ListenAddress, Port, takePort } from './port.ts'
import type { Spawn, Thread } from './worker-thread.ts'
import { manualClock, type ManualClock, type Random, seededRandom } from '../base.ts'

/** A bound or listening server, and who has it. */
export interface Server {
  readonly port: SimulatedPort
  at: 'bound' | 'listening' | 'parked' | 'closed'
}

/** What stands for a moved bound socket, or for a parked server. */
interface Moved {
  readonly server: Server
}

type Told = Report | { readonly exit: number } | { readonly error: Error }

export class SimulatedThread extends EventEmitter {
  readonly data: WorkerData
  readonly servers = new Set<Server>()
  readonly #listeners = new Map<Server, number>()
  /** In force; undefined until it is ready. */
  bundle: Uint8Array | undefined
  at: 'starting' | 'ready' | 'hung' | 'ending' | 'gone' = 'starting'
  isLeaving = false
  isTerminated = false
  readonly inbox: Asked[] = []
  readonly outbox: Told[] = []
  #prepared: Uint8Array | undefined
  readonly #machine: Machine
  readonly #gone = Promise.withResolvers<number>()

  constructor(machine: Machine, data: WorkerData) {
    super()
    this.#machine = machine
    this.data = data
  }

  serversOf(listener: number): Server[] {
    return [...this.servers].filter((server) => this.#listeners.get(server) === listener)
  }

  postMessage(asked: Asked): void {
    if (this.at === 'ending' || this.at === 'gone') this.#machine.lose(asked)
    else this.inbox.push(asked)
  }

  terminate(): Promise<number> {
    this.isTerminated = true
    this.end(1)
    return this.#gone.promise
  }

  /** Everything that it had is closed; what it has told arrives before its end. */
  end(code: number, error?: Error): void {
    if (this.at === 'ending' || this.at === 'gone') return
    this.at = 'ending'
    for (const server of this.servers) server.at = 'closed'
    this.servers.clear()
    for (const asked of this.inbox.splice(0)) this.#machine.lose(asked)
    if (error !== undefined) this.outbox.push({ error })
    this.outbox.push({ exit: code })
  }

  beat(): void {
    if (this.at === 'ready') Atomics.add(new Int32Array(this.data.beat), 0, 1)
  }

  get canMove(): boolean {
    if (this.outbox.length > 0) return true
    return this.at === 'starting' || (this.at === 'ready' && this.inbox.length > 0)
  }

  /** One thing happens: it tells, or it does something. */
  move(): void {
    const { random } = this.#machine
    const canDo = this.at === 'starting' || (this.at === 'ready' && this.inbox.length > 0)
    if (this.outbox.length > 0 && (!canDo || random() < 0.6)) return this.#tell()
    if (this.at === 'starting') return this.#start()
    this.#obey(this.inbox.shift()!)
  }

  #tell(): void {
    const told = this.outbox.shift()!
    if ('exit' in told) {
      this.at = 'gone'
      this.emit('exit', told.exit)
      this.#gone.resolve(told.exit)
    } else if ('error' in told) this.emit('error', told.error)
    else this.emit('message', told)
  }

  #start(): void {
    if (this.#machine.happens(this.#machine.failedStarts)) {
      this.outbox.push({ report: 'failed', problem: 'the log cannot be opened' })
      return this.end(0)
    }
    this.at = 'ready'
    this.bundle = this.data.bundle
    if (this.#machine.bad.has(this.data.bundle)) return this.end(1, new Error('a bad bundle'))
    this.outbox.push({ report: 'ready' })
  }

  #obey(asked: Asked): void {
    if ('given' in asked) return
    const { id, ask } = asked
    if (ask.order === 'close') return this.#close(id, ask.timeoutMs)
    try {
      this.outbox.push({ report: 'done', id, answer: this.#do(ask) })
    } catch (error) {
      this.outbox.push({ report: 'refused', id, text: String(error) })
    }
  }

  #do(ask: Order): Answer {
    switch (ask.order) {
      case 'prepare':
        if (this.#machine.bad.has(ask.bundle)) throw new Error('a bad bundle')
        if (this.#machine.happens(0.03)) throw new Error('no memory')
        this.#prepared = ask.bundle
        return {}
      case 'commit':
        if (this.#machine.happens(0.02)) throw new Error('no memory')
        this.bundle = this.#prepared ?? this.bundle
        this.#prepared = undefined
        return {}
      case 'discard':
        this.#prepared = undefined
        return {}
      case 'listen':
        this.#listen(ask.listener, ask.at)
        return {}
      case 'release':
        return { parked: this.#release() }
      default:
        return {}
    }
  }

  /** Its exchanges take their time, and now and then something in it never ends. */
  #close(id: number, timeoutMs: number): void {
    const { clock, random } = this.#machine
    this.isLeaving = true
    for (const server of this.servers) server.at = 'closed'
    this.servers.clear()
    if (this.#machine.happens(0.1)) return
    clock.after(random() * timeoutMs, () => {
      if (this.at === 'ready') this.outbox.push({ report: 'done', id, answer: {} })
    })
  }

  #listen(listener: number, at: ListenShare): void {
    if (at === 'given') return
    const { server } = movedIn(at)
    this.#listeners.set(server, listener)
    if (this.#machine.happens(this.#machine.failedStarts / 2)) {
      server.at = 'closed'
      throw new Error('it cannot listen')
    }
    server.at = 'listening'
    this.servers.add(server)
  }

  #release(): ParkedListener[] {
    const servers = [...this.servers]
    this.servers.clear()
    this.isLeaving = true
    return servers.map((server) => {
      server.at = 'parked'
      const parked = { server } as unknown as MessagePort
      return { listener: this.#listeners.get(server)!, parked }
    })
  }
}

export class SimulatedPort implements Port {
  readonly port: number
  readonly servers: Server[] = []
  isOpen = true

  constructor(port: number) {
    this.port = port
  }

  share() {
    const server: Server = { port: this, at: 'bound' }
    this.servers.push(server)
    return { bound: { server, close: () => (server.at = 'closed') } as never }
  }

  deal(): void {}

  drop(parked: MessagePort): void {
    ;(parked as unknown as Moved).server.at = 'closed'
  }

  close(): void {
    this.isOpen = false
  }
}

const movedIn = (at: Exclude<ListenShare, 'given'>): Moved =>
  ('bound' in at ? at.bound : at.parked) as unknown as Moved

export class Machine {
  readonly random: Random
  readonly clock: ManualClock = manualClock()
  readonly threads: SimulatedThread[] = []
  readonly ports: SimulatedPort[] = []
  /** Bundles that no worker can link. */
  readonly bad = new Set<Uint8Array>()
  /** The share of starts that fail. */
  readonly failedStarts: number
  /** Whether harm may come to anybody. */
  isRough = true
  readonly #lookups: (() => void)[] = []

  constructor(seed: number) {
    this.random = seededRandom(seed)
    this.failedStarts = this.pick([0, 0.1, 0.1, 0.7])
  }

  happens(share: number): boolean {
    return this.isRough && this.random() < share
  }

  pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.random() * from.length)]!
  }

  readonly spawn: Spawn = (_program, options) => {
    if (this.happens(0.02)) throw new Error('no thread can be made')
    const thread = new SimulatedThread(this, options.workerData as WorkerData)
    this.threads.push(thread)
    return thread as unknown as Thread
  }

  readonly takePort: typeof takePort = async ({ host, port }: ListenAddress) => {
    if (this.ports.length > 0) await new Promise<void>((found) => this.#lookups.push(found))
    const isTaken = this.ports.some((one) => one.isOpen && one.port === port)
    if (isTaken || this.happens(0.2)) return { problem: `${host}:${port} is in use` }
    const taken = new SimulatedPort(port)
    this.ports.push(taken)
    return taken
  }

  /** What was on its way to a thread that is no more is closed. */
  lose(asked: Asked): void {
    if (!('ask' in asked) || asked.ask.order !== 'listen' || asked.ask.at === 'given') return
    movedIn(asked.ask.at).server.at = 'closed'
  }

  get living(): SimulatedThread[] {
    return this.threads.filter(({ at }) => at !== 'gone')
  }

  /** One thing happens somewhere; false where nothing can. */
  step(): boolean {
    const able = this.threads.filter((thread) => thread.canMove)
    const moves = [...able.map((thread) => () => thread.move()), ...this.#lookups]
    if (moves.length === 0) return false
    const move = this.pick(moves)
    const lookup = this.#lookups.indexOf(move)
    if (lookup >= 0) this.#lookups.splice(lookup, 1)
    move()
    return true
  }

  harm(): void {
    const thread = this.pick(this.living)
    if (thread === undefined) return
    const kind = this.random()
    if (kind < 0.5) thread.end(3)
    else if (kind < 0.65) thread.end(1, outOfMemory())
    else if (thread.at === 'ready' || thread.at === 'starting') thread.at = 'hung'
  }

  /** So that who lives is seen to live. */
  advance(byMs: number): void {
    for (let left = byMs; left > 0; left -= beatEveryMs) {
      for (const thread of this.threads) thread.beat()
      this.clock.advance(Math.min(left, beatEveryMs))
    }
  }
}

const outOfMemory = (): Error =>
  Object.assign(new Error('out of memory'), { code: 'ERR_WORKER_OUT_OF_MEMORY' })
