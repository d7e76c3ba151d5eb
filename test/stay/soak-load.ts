// The load of the soak, in a process of its own: requests fall due at a fixed rate whatever the
// gateway does, on connections that come and go, some of which are broken off. It shares the machine
// with what is measured, so it sends what was made beforehand and reads no more of a reply than its
// head. `node soak-load.ts OPTIONS` (JSON); tells its parent what it counted, once in each report.
import { connect, type Socket } from 'node:net'
import { type Random, seededRandom } from '../../src/base.ts'
import { Latencies } from './latencies.ts'
import { pickRequest, soakRequests, type SoakRequest } from './soak-requests.ts'

export interface SoakLoadOptions {
  readonly port: number
  readonly connections: number
  /** 0: as fast as answers come, one request at a time on each connection. */
  readonly perSecond: number
  readonly reportMs: number
  readonly seed: number
}

export interface SoakReport {
  readonly answered: number
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  /** How late the load itself sent, at its 99th percentile: what it adds to every latency. */
  readonly sentLateMs: number
  readonly opened: number
  readonly aborted: number
  /** Whatever was not as it must be, each by what it was. */
  readonly wrong: Readonly<Record<string, number>>
}

const tickMs = 1
const pipelinedMax = 16
const requestsPerConnection = { min: 50, max: 2_000 }
const abortsPerSecond = 5
/** From several addresses, as clients are. */
const addresses = 16

interface Waiting {
  readonly dueMs: number
  readonly status: number
}

class Load {
  readonly #options: SoakLoadOptions
  readonly #random: Random
  readonly #idle: Connection[] = []
  readonly #all = new Set<Connection>()
  readonly #latencies = new Latencies()
  readonly #lateness = new Latencies()
  #wrong: Record<string, number> = {}
  #answered = 0
  #opened = 0
  #aborted = 0
  #nextDueMs = performance.now()
  #sinceMs = performance.now()

  constructor(options: SoakLoadOptions) {
    this.#options = options
    this.#random = seededRandom(options.seed)
  }

  start(): void {
    const options = this.#options
    for (let at = 0; at < options.connections; at++) this.#open()
    if (options.perSecond > 0) setInterval(() => this.#sendDue(), tickMs)
    setInterval(() => this.#abortOne(), 1000 / abortsPerSecond)
    setInterval(() => this.#report(), options.reportMs)
  }

  /** `connection` has nothing under way. */
  readonly rested = (connection: Connection): void => {
    if (this.#options.perSecond > 0) this.#idle.push(connection)
    else connection.send(pickRequest(this.#random), performance.now())
  }

  readonly answered = ({ dueMs, status }: Waiting, given: number): void => {
    this.#answered += 1
    this.#latencies.add(performance.now() - dueMs)
    if (given !== status) this.failed(`${given} for ${status}`)
  }

  readonly failed = (what: string): void => {
    this.#wrong[what] = (this.#wrong[what] ?? 0) + 1
  }

  /** Another takes the place of one that has ended. */
  readonly left = (connection: Connection): void => {
    this.#all.delete(connection)
    const at = this.#idle.indexOf(connection)
    if (at !== -1) this.#idle.splice(at, 1)
    // One that cannot get in must not spin.
    if (connection.wasIn) this.#open()
    else setTimeout(() => this.#open(), 100)
  }

  #open(): void {
    const { min, max } = requestsPerConnection
    const left = min + Math.floor(this.#random() * (max - min))
    this.#opened += 1
    this.#all.add(new Connection(this.#dial(), left, this))
  }

  #dial(): Socket {
    const localAddress = `127.0.0.${2 + Math.floor(this.#random() * addresses)}`
    return connect({ port: this.#options.port, host: '127.0.0.1', localAddress, noDelay: true })
  }

  #sendDue(): void {
    const nowMs = performance.now()
    const gapMs = 1000 / this.#options.perSecond
    while (this.#nextDueMs <= nowMs) {
      const connection = this.#idle.pop() ?? this.#leastBusy()
      // Nobody is free: what is due stays due, and its latency counts from now on.
      if (connection === undefined) return
      this.#lateness.add(nowMs - this.#nextDueMs)
      connection.send(pickRequest(this.#random), this.#nextDueMs)
      this.#nextDueMs += gapMs
    }
  }

  #leastBusy(): Connection | undefined {
    let best: Connection | undefined
    for (const one of this.#all) {
      if (one.room > 0 && one.room > (best?.room ?? 0)) best = one
    }
    return best
  }

  /** Sends a part of a request, or a whole one, and resets the connection before the reply ends. */
  #abortOne(): void {
    const socket = this.#dial()
    socket.on('error', () => {})
    const { kept } = soakRequests[Math.floor(this.#random() * soakRequests.length)]!
    const share = this.#random() < 0.3 ? 1 : this.#random()
    socket.write(kept.subarray(0, Math.ceil(kept.length * share)))
    setTimeout(() => socket.resetAndDestroy(), this.#random() * 50)
    this.#aborted += 1
  }

  #report(): void {
    const nowMs = performance.now()
    const report: SoakReport = {
      answered: this.#answered,
      perSecond: (this.#answered / (nowMs - this.#sinceMs)) * 1000,
      p50Ms: this.#latencies.quantile(0.5),
      p99Ms: this.#latencies.quantile(0.99),
      maxMs: this.#latencies.quantile(1),
      sentLateMs: this.#lateness.quantile(0.99),
      opened: this.#opened,
      aborted: this.#aborted,
      wrong: this.#wrong,
    }
    process.send!(report)
    this.#latencies.clear()
    this.#lateness.clear()
    this.#wrong = {}
    this.#answered = this.#opened = this.#aborted = 0
    this.#sinceMs = nowMs
  }
}

/** One client connection: requests in order, replies told apart by their Content-Length. */
class Connection {
  wasIn = false
  readonly #socket: Socket
  readonly #load: Load
  readonly #waiting: Waiting[] = []
  #left: number
  #partial: Buffer | undefined
  #status = 0
  #skipBytes = 0

  constructor(socket: Socket, left: number, load: Load) {
    this.#socket = socket
    this.#left = left
    this.#load = load
    socket.on('connect', () => {
      this.wasIn = true
      load.rested(this)
    })
    socket.on('data', (data: Buffer) => this.#receive(data))
    socket.on('error', (error) => load.failed(`${this.#left} left: ${error.message}`.slice(0, 60)))
    socket.on('close', () => this.#closed())
  }

  /** How many more requests may wait on it. */
  get room(): number {
    return this.wasIn && this.#left > 0 ? pipelinedMax - this.#waiting.length : 0
  }

  send({ kept, closing, status }: SoakRequest, dueMs: number): void {
    this.#left -= 1
    this.#waiting.push({ dueMs, status })
    this.#socket.write(this.#left === 0 ? closing : kept)
  }

  #receive(data: Buffer): void {
    let bytes = this.#partial === undefined ? data : Buffer.concat([this.#partial, data])
    this.#partial = undefined
    while (bytes.length > 0) {
      if (this.#skipBytes > 0) {
        const taken = Math.min(this.#skipBytes, bytes.length)
        this.#skipBytes -= taken
        bytes = bytes.subarray(taken)
        if (this.#skipBytes > 0) return
      } else {
        const headEnd = bytes.indexOf('\r\n\r\n')
        if (headEnd === -1) {
          this.#partial = bytes
          return
        }
        this.#status = Number(bytes.toString('latin1', 9, 12))
        this.#skipBytes = bodyBytes(bytes.toString('latin1', 0, headEnd))
        bytes = bytes.subarray(headEnd + 4)
      }
      if (this.#skipBytes === 0) this.#whole()
    }
  }

  #whole(): void {
    const waiting = this.#waiting.shift()
    if (waiting === undefined) return this.#load.failed('a reply that nobody asked for')
    this.#load.answered(waiting, this.#status)
    if (this.#waiting.length === 0 && this.#left > 0) this.#load.rested(this)
  }

  #closed(): void {
    // Only the last request of a connection lets the other side close it.
    if (this.#left > 0 && this.wasIn) this.#load.failed('closed while it was to be kept')
    for (const _ of this.#waiting) this.#load.failed('no reply')
    this.#load.left(this)
  }
}

function bodyBytes(head: string): number {
  const at = head.search(/\ncontent-length:/i)
  return at === -1 ? 0 : Number.parseInt(head.slice(at + 16), 10)
}

process.on('disconnect', () => process.exit(0))
new Load(JSON.parse(process.argv[2]!) as SoakLoadOptions).start()
