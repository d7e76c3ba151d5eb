// One client's connection over QUIC: its streams, what is kept of their bodies, what waits to be
// sent, and when it ends. The native part tells nobody how much of a reply it still holds: the front
// sees what leaves, and so this counts.
import type { Refusal, StreamListenerSetup, StreamPeer } from 'concordat'
import { fieldBytes, receivedFields } from './fields.ts'
import type { NativeEvent, NativeServer } from './native.ts'
import { h3, Http3Stream, type StreamConnection } from './stream.ts'

type Pace = ReturnType<StreamListenerSetup['pace']>

/** What a connection asks of what carries its packets. */
export interface Carrier {
  /** Whether the client is to be slowed down. */
  hold(isHeld: boolean): void
  /** The connection is over. */
  left(connection: Connection): void
}

/** Bodies that nobody takes: beyond the first the client is slowed down, until the second. */
const keptBytesHigh = 256 * 1024
const keptBytesLow = 64 * 1024
/** The same of replies that the client does not take. */
const queuedBytesHigh = 256 * 1024
const queuedBytesLow = 64 * 1024
/** What of a packet is no body: headers, and the tag behind them. */
const packetOverheadBytes = 40
/** A body that nobody read goes on so long after its reply; then its stream is ended. */
const lingerMs = 2_000
/** Streams that a client gave up: so many at once, and so many more each second. */
const resetsMax = 200
const resetsPerSecond = 50

export class Connection implements StreamConnection {
  readonly peer: StreamPeer
  readonly handle: number
  readonly server: NativeServer
  readonly #setup: StreamListenerSetup
  readonly #carrier: Carrier
  readonly #streams = new Map<number, Http3Stream>()
  #keptBytes = 0
  #isHeld = false
  #queuedBytes = 0
  #isFull = false
  #sentBytes = 0
  #requests = 0
  #state: 'handshake' | 'open' | 'closing' | 'closed' = 'handshake'
  #draining = false
  #movedMs: number
  #bodyPaces = new WeakMap<Http3Stream, Pace>()
  #sendPace: Pace | undefined
  #resets = 0
  #resetsMs: number

  constructor(
    setup: StreamListenerSetup,
    carrier: Carrier,
    server: NativeServer,
    handle: number,
    peer: StreamPeer,
  ) {
    this.#setup = setup
    this.#carrier = carrier
    this.server = server
    this.handle = handle
    this.peer = peer
    this.#movedMs = setup.clock.nowMs()
    this.#resetsMs = this.#movedMs
  }

  get hasRoom(): boolean {
    return !this.#isFull
  }

  get isFlushed(): boolean {
    return this.#queuedBytes === 0
  }

  malformedReason(reason: string): Refusal {
    return this.#setup.refuse('MALFORMED_REQUEST', reason)
  }

  // What the native part says.

  handshaken(): void {
    if (this.#state === 'handshake') this.#state = 'open'
    this.#movedMs = this.#setup.clock.nowMs()
  }

  headers(event: NativeEvent): void {
    const stream = this.#streams.get(event.streamId)
    if (stream !== undefined) return this.#trailers(stream, event)
    if (this.#state === 'closing' || this.#state === 'closed') {
      this.server.streamClose(this.handle, event.streamId, h3.requestRejected)
      return
    }
    const read = this.#readHead(event)
    const isBroken = 'code' in read
    const opened = new Http3Stream(this, event.streamId, isBroken ? unreadable : read)
    this.#streams.set(event.streamId, opened)
    this.#requests++
    if (isBroken) this.#setup.malformed(opened, read)
    else this.#setup.exchange(opened)
    if (event.data !== undefined) opened.received(event.data)
    if (event.fin === true) opened.receivedEnd()
    if (this.#requests >= this.#setup.limits().requestsPerConnectionMax) this.drain()
  }

  #readHead(event: NativeEvent): ReturnType<StreamListenerSetup['readHead']> {
    const fields = event.headers ?? []
    // Longer ones are read too: what is refused then is what the bound says.
    if (fieldBytes(fields) > 4 * this.#setup.limits().headBytesMax) {
      return this.#setup.readHead(tooLarge(this.#setup.limits().headBytesMax), true)
    }
    const list = receivedFields(fields)
    if (list === undefined) return this.malformedReason('a field holds bytes that are no UTF-8')
    return this.#setup.readHead(list, event.fin === true)
  }

  #trailers(stream: Http3Stream, event: NativeEvent): void {
    const list = receivedFields(event.headers ?? [])
    const trailers =
      list === undefined
        ? this.malformedReason('a field behind the body holds bytes that are no UTF-8')
        : this.#setup.readTrailers(list)
    if ('code' in trailers) stream.break(trailers)
    else stream.receivedTrailers(trailers)
    if (event.fin === true) stream.receivedEnd()
  }

  data(event: NativeEvent): void {
    this.#movedMs = this.#setup.clock.nowMs()
    const stream = this.#streams.get(event.streamId)
    if (event.data !== undefined) stream?.received(event.data)
    if (event.fin === true) stream?.receivedEnd()
  }

  finished(event: NativeEvent): void {
    this.#streams.get(event.streamId)?.receivedEnd()
  }

  reset(event: NativeEvent): void {
    this.#countReset()
    this.#endStream(event.streamId, 'the client gave its request up')
  }

  /** Of a stream, or of the connection as a whole. */
  failed(event: NativeEvent): void {
    if (event.streamId < 0) return
    this.#countReset()
    const why = event.meta?.errorReason ?? 'no reason given'
    this.#endStream(event.streamId, `the client took no more of its reply (${why})`)
  }

  #endStream(id: number, reason: string): void {
    const stream = this.#streams.get(id)
    if (stream === undefined) return
    // The native part keeps the other direction open.
    this.server.streamClose(this.handle, id, h3.noError)
    stream.gone('CLIENT_CLOSED', reason)
    this.left(stream)
  }

  /** Requests made only to be given up cost us more than the client (rapid reset). */
  #countReset(): void {
    const nowMs = this.#setup.clock.nowMs()
    const forgiven = ((nowMs - this.#resetsMs) * resetsPerSecond) / 1000
    this.#resets = Math.max(0, this.#resets - forgiven) + 1
    this.#resetsMs = nowMs
    if (this.#resets > resetsMax) this.#end(h3.excessiveLoad, 'too many streams were given up')
  }

  closed(reason: string): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    for (const stream of this.#streams.values()) stream.gone('CLIENT_CLOSED', reason)
    this.#streams.clear()
    this.#carrier.left(this)
  }

  /** Streams that wait go on: the native part takes bytes again. */
  writable(): void {
    for (const stream of this.#streams.values()) stream.writable()
  }

  // What its streams say.

  keep(bytes: number): void {
    this.#keptBytes += bytes
    if (this.#isHeld ? this.#keptBytes > keptBytesLow : this.#keptBytes <= keptBytesHigh) return
    this.#isHeld = !this.#isHeld
    this.#carrier.hold(this.#isHeld)
  }

  sent(bytes: number): void {
    this.#queuedBytes += bytes
    if (this.#queuedBytes > queuedBytesHigh) this.#isFull = true
  }

  /** A packet of so many bytes has left for the client. */
  packetSent(bytes: number): void {
    if (this.#queuedBytes === 0) return
    const body = Math.max(0, bytes - packetOverheadBytes)
    this.#sentBytes += body
    this.#queuedBytes = Math.max(0, this.#queuedBytes - body)
    const isFlushed = this.#queuedBytes === 0
    if (!isFlushed && !(this.#isFull && this.#queuedBytes <= queuedBytesLow)) return
    this.#isFull = false
    this.writable()
  }

  left(stream: Http3Stream): void {
    if (!this.#streams.delete(stream.id)) return
    this.#movedMs = this.#setup.clock.nowMs()
    if (this.#draining && this.#streams.size === 0) this.#end(h3.noError, '')
  }

  // Its end.

  get isBusy(): boolean {
    return this.#streams.size > 0
  }

  /** Ends with the exchanges under way. */
  drain(): void {
    this.#draining = true
  }

  /** The same, at once where there are none. */
  closeSoon(): void {
    this.#draining = true
    if (this.#streams.size === 0) this.#end(h3.noError, '')
  }

  #end(code: number, reason: string): void {
    if (this.#state === 'closing' || this.#state === 'closed') return
    this.#state = 'closing'
    this.server.closeSession(this.handle, code, reason)
  }

  /** Ends now, whatever is under way. */
  stop(reason: string): void {
    for (const stream of this.#streams.values()) stream.gone('OVERLOADED', reason)
    this.#streams.clear()
    this.#end(h3.internalError, reason)
  }

  sweep(nowMs: number): void {
    const limits = this.#setup.limits()
    if (this.#state === 'handshake') {
      if (nowMs - this.#movedMs > limits.headTimeoutMs) this.#end(h3.noError, 'handshake too slow')
    } else if (this.#streams.size === 0) {
      if (nowMs - this.#movedMs > limits.idleTimeoutMs) this.#end(h3.noError, 'idle')
    } else {
      for (const stream of this.#streams.values()) this.#sweepStream(stream, nowMs)
      this.#sweepSending(nowMs)
    }
  }

  #sweepStream(stream: Http3Stream, nowMs: number): void {
    if (stream.isSent) {
      stream.repliedMs ??= nowMs
      if (nowMs - stream.repliedMs > lingerMs) stream.close(h3.noError)
    } else if (!stream.waitsForBody || this.#isHeld) {
      this.#bodyPaces.delete(stream)
    } else if (this.#paceOf(stream, nowMs).isLate(nowMs, stream.bodyBytes)) {
      stream.break(this.#setup.refuse('REQUEST_TIMEOUT', 'the body did not come in time'))
    }
  }

  #paceOf(stream: Http3Stream, nowMs: number): Pace {
    const pace = this.#bodyPaces.get(stream) ?? this.#setup.pace(nowMs, stream.bodyBytes)
    this.#bodyPaces.set(stream, pace)
    return pace
  }

  /** A reply that the client does not take, or takes too slowly, holds our memory. */
  #sweepSending(nowMs: number): void {
    if (this.#queuedBytes === 0) {
      this.#sendPace = undefined
      return
    }
    this.#sendPace ??= this.#setup.pace(nowMs, this.#sentBytes)
    if (!this.#sendPace.isLate(nowMs, this.#sentBytes)) return
    this.#end(h3.excessiveLoad, 'the replies were taken too slowly')
    this.closed('the client took its reply too slowly')
  }
}

/** Stands for the head of fields that are none. */
const unreadable: ConstructorParameters<typeof Http3Stream>[2] = {
  head: {
    method: '',
    target: '',
    path: '',
    query: undefined,
    host: '',
    version: '3',
    headers: [],
    bodyLength: 'none',
  },
  forwardable: '',
  takesTrailers: false,
}

/** Fields that are beyond a bound, without the memory that the client's would take. */
function tooLarge(bytes: number): string[] {
  const pseudo = [':method', 'GET', ':scheme', 'https', ':authority', 'a', ':path', '/']
  return [...pseudo, 'x', 'x'.repeat(bytes)]
}
