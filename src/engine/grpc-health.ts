// The health service of gRPC, answered by the gateway itself for the services of its contract: an
// upstream that is no address, so that limits, records and deadlines hold for it as for any other.
// A service is served while the gateway takes requests for it.
import type { Clock } from '../base.ts'
import { grpcCodes, grpcMessage, type Piece } from '../http.ts'
import { type Endpoint, type EndpointConnections, Upstream } from '../upstream.ts'
import type { Call, CallEvents, CallTerms } from '../wire.ts'
import { serviceAsked } from './grpc-health-message.ts'
import type { Lasting, Runtime } from './runtime.ts'

/** As in `grpc.health.v1.HealthCheckResponse.ServingStatus`. */
const statuses = { SERVING: 1, NOT_SERVING: 2, SERVICE_UNKNOWN: 3 } as const

/** Whoever watches costs a stream and nothing else, but for ever. */
const watchersMax = 1_000
const requestBytesMax = 1_024

export type HealthRuntime = Pick<Runtime, 'clock' | 'lasting'>

/** What one thread says of itself; outlives snapshots. */
export class Health {
  #isServing = true
  readonly #watchers = new Set<() => void>()

  get isServing(): boolean {
    return this.#isServing
  }

  get isFull(): boolean {
    return this.#watchers.size >= watchersMax
  }

  /** From now on it serves nobody new. */
  stop(): void {
    if (!this.#isServing) return
    this.#isServing = false
    for (const tell of this.#watchers) tell()
  }

  watch(tell: () => void): () => void {
    this.#watchers.add(tell)
    return () => this.#watchers.delete(tell)
  }
}

export function healthUpstream(
  services: readonly string[],
  health: Health,
  runtime: HealthRuntime,
): Upstream {
  const known = new Set(['', ...services])
  const answering = { known, health, ...runtime }
  const endpoint: Endpoint = {
    pool: new OwnAnswers(() => new HealthCall(answering)),
    basePath: '',
    authority: undefined,
    name: 'gateway',
    place: { host: 'gateway', port: undefined },
  }
  return new Upstream('gateway', [endpoint])
}

/** Calls for everybody, at once: there is nothing to connect to. */
class OwnAnswers implements EndpointConnections {
  readonly idleConnections = 0
  readonly activeConnections = 0
  readonly waiting = 0
  readonly #newCall: () => Call

  constructor(newCall: () => Call) {
    this.#newCall = newCall
  }

  takeIdle(): Call {
    return this.#newCall()
  }

  take(taker: { connected(call: Call): void }): void {
    taker.connected(this.#newCall())
  }

  giveBack(): void {}
  cancel(): void {}
  retire(over: () => void): void {
    over()
  }
  use(): void {}
  destroy(): void {}
}

interface Answering {
  readonly known: ReadonlySet<string>
  readonly health: Health
  readonly clock: Clock
  readonly lasting: Set<Lasting>
}

class HealthCall implements Call, Lasting {
  readonly waited = false
  readonly #answering: Answering
  #events: CallEvents | undefined
  #isWatch = false
  #request = Buffer.alloc(0)
  #said: number | undefined
  #stop = () => {}

  constructor(answering: Answering) {
    this.#answering = answering
  }

  begin(events: CallEvents, _method: string, head: string, body: string, terms: CallTerms): void {
    this.#events = events
    this.#isWatch = head.slice(0, head.indexOf(' HTTP/')).endsWith('/Watch')
    const { clock } = this.#answering
    const leftMs = Math.max(0, terms.deadlineMs - clock.nowMs())
    if (leftMs !== Infinity) this.#stop = clock.after(leftMs, () => this.#late())
    // Whoever begins a call is not yet ready to hear of its end.
    if (body === 'done') queueMicrotask(() => this.#answer())
  }

  sendPiece(piece: Piece): boolean {
    const bytes = typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece
    if (this.#request.length < requestBytesMax)
      this.#request = Buffer.concat([this.#request, bytes])
    return true
  }

  sendKept(bytes: Buffer): void {
    this.sendPiece(bytes)
    queueMicrotask(() => this.#answer())
  }

  sendEnd(): void {
    this.#answer()
  }

  #answer(): void {
    const service = serviceAsked(this.#request)
    if (service === undefined) return this.#end(grpcCodes.INTERNAL, 'no HealthCheckRequest')
    if (this.#isWatch) return this.#watch(service)
    if (!this.#answering.known.has(service)) {
      return this.#end(grpcCodes.NOT_FOUND, 'unknown service')
    }
    this.#head()
    this.#say(this.#statusOf(service))
    this.#end(grpcCodes.OK, '')
  }

  #watch(service: string): void {
    const { health, lasting } = this.#answering
    if (health.isFull) return this.#end(grpcCodes.RESOURCE_EXHAUSTED, 'too many watch already')
    const tell = () => this.#say(this.#statusOf(service))
    const [unwatch, stopTime] = [health.watch(tell), this.#stop]
    lasting.add(this)
    this.#stop = () => {
      stopTime()
      unwatch()
      lasting.delete(this)
    }
    this.#head()
    tell()
  }

  #statusOf(service: string): number {
    const { health, known } = this.#answering
    if (!known.has(service)) return statuses.SERVICE_UNKNOWN
    return health.isServing ? statuses.SERVING : statuses.NOT_SERVING
  }

  #head(): void {
    this.#events?.replyHead({
      status: 200,
      statusText: '200 OK',
      headers: ['content-type', 'application/grpc'],
      forwardable: 'content-type: application/grpc\r\n',
      noted: 0,
      isDated: false,
      bodyLength: 'streamed',
    })
    this.#said = 0
  }

  #say(status: number): void {
    if (status === this.#said) return
    this.#said = status
    // Field 1 of HealthCheckResponse, a varint.
    this.#events?.replyPiece(Buffer.from(grpcMessage(Uint8Array.of(0x08, status))))
  }

  #end(code: number, message: string): void {
    if (this.#said === undefined) this.#head()
    const events = this.#leaveAll()
    const said = message === '' ? [] : ['grpc-message', message]
    events?.replyEnded(['grpc-status', String(code), ...said])
  }

  /** The thread ends: another one knows better. */
  leave(): void {
    this.#end(grpcCodes.UNAVAILABLE, 'the gateway ends')
  }

  #late(): void {
    this.#leaveAll()?.callFailed({ kind: 'timeout', reason: 'the exchange took too long' })
  }

  #leaveAll(): CallEvents | undefined {
    const events = this.#events
    this.#events = undefined
    this.#stop()
    return events
  }

  // A reply this small waits for nobody.
  pause(): void {}
  resume(): void {}
  retime(): void {}

  discard(): void {
    this.#leaveAll()
  }

  abandon(): void {
    this.#leaveAll()
  }
}
