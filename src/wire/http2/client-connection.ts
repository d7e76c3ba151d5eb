// One connection of HTTP/2 to an endpoint: the side that opens streams (RFC 9113).
//
//   greeting ──▶ open ──▶ leaving ──▶ closed      (leaving: calls under way end, none begin)
//
// Nothing is sent on it before the endpoint has said its settings: they tell that it speaks HTTP/2
// at all, how many calls it takes at once, and whether it takes tunnels. It costs the first call of a
// connection a round trip.
import type { Limits } from '../../base.ts'
import type { Piece } from '../../http.ts'
import type { ByteSink, ByteStream } from '../bytes.ts'
import type { Call } from '../call.ts'
import type { Carrier, CarrierTools } from '../carrier.ts'
import { linesOf } from '../lines.ts'
import type { Sweepable } from '../sweeper.ts'
import { TlsFailure } from '../tls-failure.ts'
import { failureText } from '../unopened.ts'
import { type CallConnection, type CallRequest, Http2Call } from './client-call.ts'
import { type CoreOwner, Http2Core, type PeerSettings } from './core.ts'
import { errorCode, firstWindowBytes, lastStreamId, pingFrame, setting } from './frames.ts'
import { encodeLines } from './hpack-encoder.ts'
import { requestBlock } from './request-block.ts'

/** Of those that an endpoint takes: no connection needs more. */
const callsMax = 1_000

/** Idle for longer, a connection is asked for a sign of life together with the next call. */
const restMs = 1_000
/** As long may the sign take; any byte is one. */
const lifeSignMs = 5_000
/** A queue that does not move for as long is that of a dead endpoint. */
const stuckMs = 30_000

const ping = pingFrame('concorda')

/** Told of the beginning. */
export interface Greeted {
  greeted(): void
  ungreeted(reason: string): void
}

export class Http2ClientConnection implements Carrier, ByteSink, Sweepable, CallConnection {
  sweepIndex = -1
  restUntilMs = 0
  readonly sink = this
  readonly #tools: CarrierTools
  readonly #socket: ByteStream
  readonly #greeted: Greeted
  readonly #scheme: string
  readonly #core: Http2Core<Http2Call>
  #state: 'greeting' | 'open' | 'leaving' | 'closed' = 'greeting'
  #callsMax = 1
  /** Calls that are taken and not begun. */
  #taken = 0
  #nextId = 1
  #isOpened = false
  /** Within the call that tells of its opening. */
  #isFresh = true
  #idleSinceMs: number
  /** By when a sign of life must have come; undefined: none is awaited. */
  #lifeByMs: number | undefined
  /** Whether a call has waited in vain: until there is a sign of life no other begins. */
  #isSuspect = false
  #sentBytes = 0
  #sentSinceMs = 0
  #endReason = 'closed'

  constructor(socket: ByteStream, isSecure: boolean, tools: CarrierTools, greeted: Greeted) {
    const { limits, sweeper } = tools
    this.#socket = socket
    this.#tools = tools
    this.#greeted = greeted
    this.#scheme = isSecure ? 'https' : 'http'
    this.#idleSinceMs = sweeper.nowMs
    this.#core = new Http2Core(this.#owner(limits), limits, () => sweeper.nowMs)
    this.#core.open(socket, [
      [setting.enablePush, 0],
      [setting.initialWindowSize, firstWindowBytes],
      [setting.maxHeaderListSize, limits.replyHeadBytesMax],
    ])
  }

  // For the pool.

  get room(): number {
    if (this.#state !== 'open' || this.#isSuspect) return 0
    const { calls } = this
    const isStale = calls === 0 && this.#idleMs >= this.#limits.endpointIdleTimeoutMs
    return isStale ? 0 : Math.max(0, this.#callsMax - calls)
  }

  get calls(): number {
    return this.#core.streams.size + this.#taken
  }

  get callsMax(): number {
    return this.#callsMax
  }

  get #limits(): Limits {
    return this.#tools.limits
  }

  get #idleMs(): number {
    return this.nowMs - this.#idleSinceMs
  }

  takeCall(): Call {
    this.#taken++
    return new Http2Call(this, !this.#isFresh)
  }

  release(call: Call): boolean {
    if (!(call instanceof Http2Call) || !call.release(this)) return false
    this.released()
    return true
  }

  close(): void {
    if (this.#state === 'open') this.#core.goaway(0, errorCode.noError)
    this.#end()
  }

  // For its calls.

  get nowMs(): number {
    return this.#tools.sweeper.nowMs
  }

  get interimRepliesMax(): number {
    return this.#limits.interimRepliesMax
  }

  get replyHeadFieldsMax(): number {
    return this.#limits.replyHeadFieldsMax
  }

  get takesTunnels(): boolean {
    return this.#core.peer.takesConnectProtocol
  }

  get sentBytes(): number {
    return this.#socket.sentBytes
  }

  get queuedBytes(): number {
    return this.#socket.queuedBytes
  }

  open(call: Http2Call, { method, head, tunnel, ends }: CallRequest): void {
    this.restUntilMs = 0
    this.#taken--
    call.id = this.#nextId
    call.sendWindow = this.#core.peer.initialWindow
    this.#nextId += 2
    // Ids are used up after a thousand million calls.
    if (this.#nextId > lastStreamId - 2) this.#state = 'leaving'
    if (this.calls === 0 && this.#idleMs > restMs) this.#askForLife()
    this.#core.openStream(call)
    const block = requestBlock(method, head, this.#scheme, tunnel)
    this.#core.sendSection(call, block, ends)
  }

  send(call: Http2Call, piece: Piece): boolean {
    return this.#core.send(call, piece)
  }

  sendEnd(call: Http2Call, trailers: readonly string[]): void {
    this.#core.sendEnd(call, trailers.length === 0 ? '' : encodeLines(linesOf(trailers)))
  }

  flow(call: Http2Call): void {
    this.#core.flow(call)
  }

  reset(call: Http2Call, code: number): void {
    this.#core.reset(call, code)
  }

  breakStream(call: Http2Call, code: number, reason: string): void {
    this.#core.breakStream(call, code, reason)
  }

  released(): void {
    this.#taken--
    this.#streamClosed()
  }

  doubt(): void {
    this.#isSuspect = true
    this.#askForLife()
  }

  #askForLife(): void {
    if (this.#lifeByMs !== undefined || this.#state === 'closed') return
    this.#lifeByMs = this.nowMs + lifeSignMs
    this.#core.write(ping)
  }

  // What frames mean.

  #owner(limits: Limits): CoreOwner<Http2Call> {
    return {
      takesStreams: false,
      // The status is a field, too.
      bounds: { bytesMax: limits.replyHeadBytesMax, fieldsMax: limits.replyHeadFieldsMax + 1 },
      section: (_id, call, lines, isLast) => call?.takeSection(lines, isLast),
      settled: (peer) => this.#settled(peer),
      leaving: (lastId) => this.#leaving(lastId),
      streamOver: () => this.#streamClosed(),
      failed: (_code, reason) => this.#failed(reason),
    }
  }

  #settled({ streamsMax }: PeerSettings): void {
    this.#callsMax = Math.min(streamsMax, callsMax)
    if (this.#state !== 'greeting') return this.#freed()
    this.#state = 'open'
    this.#isOpened = true
    this.#idleSinceMs = this.nowMs
    this.#tools.sweeper.add(this)
    this.#greeted.greeted()
    this.#isFresh = false
  }

  /** Calls that it never looked at may be made again elsewhere (RFC 9113 §6.8). */
  #leaving(lastId: number): void {
    if (this.#state === 'open') this.#state = 'leaving'
    const reason = 'the connection was left by the endpoint'
    for (const call of this.#core.streams.values()) {
      if (call.id <= lastId) continue
      this.#core.reset(call, errorCode.cancel)
      call.broken({ by: 'reset', code: errorCode.refusedStream, reason })
    }
    this.#leaveIfDone()
  }

  #streamClosed(): void {
    if (!this.#leaveIfDone()) this.#freed()
  }

  #freed(): void {
    if (this.calls === 0) this.#idleSinceMs = this.nowMs
    this.#tools.keeper.freed(this)
  }

  #leaveIfDone(): boolean {
    const isDone = this.#state === 'leaving' && this.calls === 0
    if (isDone) this.#socket.destroy()
    return isDone
  }

  #failed(reason: string): void {
    if (this.#state === 'greeting') this.#greeted.ungreeted(reason)
    this.#end()
  }

  /** Ends it; what is written already may still arrive. */
  #end(): void {
    if (this.#state !== 'closed') this.#state = 'leaving'
    this.#socket.flush()
    this.#socket.destroy()
  }

  // What the socket says.

  bytes(buffer: Buffer, length: number): void {
    const wasSuspect = this.#isSuspect
    this.#lifeByMs = undefined
    this.#isSuspect = false
    this.#core.bytes(buffer, length)
    if (wasSuspect) this.#tools.keeper.freed(this)
  }

  /** Whatever is not answered by now never will be. */
  ended(): void {
    this.#end()
  }

  drained(): void {
    this.#core.drained()
  }

  closed(error: NodeJS.ErrnoException | undefined): void {
    this.#state = 'closed'
    this.#tools.sweeper.remove(this)
    if (this.#isOpened) this.#tools.keeper.closed(this)
    const isOfTls = error instanceof TlsFailure
    const text = error === undefined ? this.#endReason : failureText(error)
    const code = isOfTls ? errorCode.inadequateSecurity : errorCode.noError
    this.#core.end({ by: 'connection', code, reason: `connection ${text}` })
  }

  threw(error: unknown): void {
    this.#tools.bug(error)
    this.#socket.reset()
  }

  sweep(nowMs: number): void {
    for (const call of this.#core.streams.values()) call.sweep(nowMs)
    const dead = this.#deadReason(nowMs)
    if (dead !== undefined) {
      this.#endReason = dead
      this.#socket.reset()
    } else if (this.calls === 0) {
      this.#sweepIdle(nowMs)
    }
  }

  #sweepIdle(nowMs: number): void {
    const untilMs = this.#idleSinceMs + this.#limits.endpointIdleTimeoutMs
    if (nowMs >= untilMs) this.close()
    else if (this.#lifeByMs === undefined) this.restUntilMs = untilMs
  }

  /** What shows that nothing will come of any call on it. */
  #deadReason(nowMs: number): string | undefined {
    if (this.#lifeByMs !== undefined && nowMs > this.#lifeByMs) return 'gave no sign of life'
    const { partialSinceMs } = this.#core
    if (partialSinceMs > 0 && nowMs - partialSinceMs > stuckMs) return 'stopped within a frame'
    const { queuedBytes, sentBytes } = this.#socket
    if (queuedBytes === 0 || sentBytes !== this.#sentBytes) {
      this.#sentBytes = sentBytes
      this.#sentSinceMs = nowMs
    }
    return nowMs - this.#sentSinceMs > stuckMs ? 'took nothing that was sent' : undefined
  }
}
