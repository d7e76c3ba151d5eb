// One client's HTTP/2 connection (RFC 9113): requests as streams, side by side. How they share it,
// and what a client may make us do, the core knows; here is who serves them, and how it all ends.
//
//   open ──▶ leaving ──▶ lingering ──▶ closed     (leaving: GOAWAY is said, streams end)
//     └──── a fault of the client ─▲
import { type FaultCode, refuse } from '../../base.ts'
import type { Piece, StreamPeer } from '../../http.ts'
import type { ByteSink, ByteStream } from '../bytes.ts'
import { refusalOf } from '../head-refusals.ts'
import { Pace } from '../pace.ts'
import type { ConnectionTools, Served } from '../served.ts'
import type { Sweepable } from '../sweeper.ts'
import { parseTrailers } from '../trailers.ts'
import { type CoreOwner, Http2Core } from './core.ts'
import type { FieldLines } from './field-lines.ts'
import { errorCode, lastStreamId, setting } from './frames.ts'
import { readRequestHead, unreadableSection } from './request-head.ts'
import { type Ending, Http2Stream, type StreamCarrier } from './server-stream.ts'

/** Requests that crossed our first GOAWAY are still served (RFC 9113 §6.8). */
const noticeMs = 1_000
/** How much, and how long, is read after the last byte of ours, lest a reset overtakes it. */
const lingerBytesMax = 1024 * 1024
const lingerMs = 2_000

/** Whether a text that ends with an empty line begins HTTP/2. */
export const beginsHttp2 = (text: string): boolean => text.startsWith(prefaceLine)

const prefaceLine = 'PRI * HTTP/2.0\r\n\r\n'

/** Serves a socket on which HTTP/2 is spoken from its first byte on. */
export function openHttp2(
  socket: ByteStream,
  peer: StreamPeer,
  tools: ConnectionTools,
): Http2ServerConnection {
  const connection = new Http2ServerConnection(tools)
  connection.open(socket, peer)
  return connection
}

export class Http2ServerConnection
  implements ByteSink, Sweepable, Served, StreamCarrier, CoreOwner<Http2Stream>
{
  sweepIndex = -1
  restUntilMs = 0
  readonly takesStreams = true
  readonly bounds: { readonly bytesMax: number; readonly fieldsMax: number }
  ending: Ending = { fault: 'CLIENT_CLOSED', reason: 'the client closed the connection' }
  readonly #tools: ConnectionTools
  readonly #core: Http2Core<Http2Stream>
  #socket!: ByteStream
  #peer!: StreamPeer
  #state: 'open' | 'leaving' | 'lingering' | 'closed' = 'open'
  /** When the notice is over that no more streams are taken; undefined where none was given. */
  #leaveAtMs: number | undefined
  #inputEnded = false
  #requests = 0
  /** Since when no stream is open; of one that lingers, since when it does. */
  #idleSinceMs: number
  #discardedBytes = 0
  /** Of what waits in the socket; from the first sweep on. */
  #sendPace: Pace | undefined

  constructor(tools: ConnectionTools) {
    const { limits, sweeper } = tools
    this.#tools = tools
    this.bounds = { bytesMax: limits.headBytesMax, fieldsMax: limits.headFieldsMax + pseudoFields }
    this.#core = new Http2Core<Http2Stream>(this, limits, () => sweeper.nowMs)
    this.#idleSinceMs = sweeper.nowMs
    sweeper.add(this)
  }

  /** Must follow the constructor at once. */
  open(socket: ByteStream, peer: StreamPeer): void {
    this.#socket = socket
    this.#peer = peer
    const { headBytesMax, http2StreamsMax } = this.#tools.limits
    this.#core.open(socket, [
      [setting.maxConcurrentStreams, http2StreamsMax],
      [setting.maxHeaderListSize, headBytesMax],
      [setting.enableConnectProtocol, 1],
      [setting.noRfc7540Priorities, 1],
    ])
  }

  get peer(): StreamPeer {
    return this.#peer
  }

  get limits(): ConnectionTools['limits'] {
    return this.#tools.limits
  }

  get firstWindow(): number {
    return this.#core.peer.initialWindow
  }

  // How it ends.

  /** Says that it will end, and takes what was asked before the client knew. */
  drain(): void {
    if (this.#state !== 'open' || this.#leaveAtMs !== undefined) return
    this.restUntilMs = 0
    this.#leaveAtMs = this.#tools.sweeper.nowMs + noticeMs
    this.#core.goaway(lastStreamId, errorCode.noError)
  }

  /** Closes once the exchanges under way have ended; what is asked now may be asked elsewhere. */
  closeSoon(): void {
    if (this.#state !== 'open') return
    this.restUntilMs = 0
    this.#state = 'leaving'
    this.#core.goaway(this.#core.servedId, errorCode.noError)
    this.#leaveIfDone()
  }

  stop(): void {
    this.#break('OVERLOADED', 'the gateway stopped')
    if (!this.#core.isOver) this.#core.goaway(this.#core.servedId, errorCode.noError)
    this.#core.end(byConnection)
    this.#socket.flush()
    this.#socket.destroy()
  }

  #break(fault: FaultCode, reason: string): void {
    this.ending = { fault, reason }
  }

  #leaveIfDone(): void {
    if (this.#core.streams.size > 0 || this.#core.isOver) return
    if (this.#state === 'leaving' || this.#inputEnded) this.#linger()
  }

  #linger(): void {
    this.restUntilMs = 0
    this.#state = 'lingering'
    this.#idleSinceMs = this.#tools.sweeper.nowMs
    this.#core.end(byConnection)
    this.#socket.finish()
  }

  // What the socket says.

  bytes(view: Buffer, length: number): void {
    this.restUntilMs = 0
    if (this.#state !== 'lingering') return this.#core.bytes(view, length)
    this.#discardedBytes += length
    if (this.#discardedBytes > lingerBytesMax) this.#socket.destroy()
  }

  /** Half-closed: what was asked whole is still answered, but for what would last. */
  ended(): void {
    this.#inputEnded = true
    for (const stream of this.#core.streams.values()) {
      if (stream.isReceived && !stream.lasts) continue
      this.#core.reset(stream, errorCode.cancel)
      stream.broken(byConnection)
    }
    this.#leaveIfDone()
  }

  drained(): void {
    this.#core.drained()
  }

  closed(error: NodeJS.ErrnoException | undefined): void {
    this.#state = 'closed'
    this.#tools.sweeper.remove(this)
    if (error !== undefined && this.ending.fault === 'CLIENT_CLOSED') {
      const reason = `the connection to the client broke (${error.code ?? error.message})`
      this.#break('CLIENT_CLOSED', reason)
    }
    this.#core.end(byConnection)
    this.#tools.owner.left(this)
  }

  threw(error: unknown): void {
    this.#break('INTERNAL_ERROR', 'a bug of the gateway')
    this.#tools.owner.bug(error)
    this.#socket.reset()
  }

  // What the core says.

  section(id: number, stream: Http2Stream | undefined, lines: FieldLines, isLast: boolean): void {
    if (stream !== undefined) return this.#takeTrailers(stream, lines, isLast)
    if (this.#state !== 'open') return this.#core.ignore(id)
    const { limits, owner } = this.#tools
    if (this.#core.streams.size >= limits.http2StreamsMax) {
      return this.#core.refuse(id, errorCode.refusedStream)
    }
    const head = readRequestHead(lines, isLast, limits)
    const isBroken = 'broken' in head
    const opened = new Http2Stream(id, isBroken ? unreadableSection : head, this)
    opened.isReceived = isLast
    this.#core.openStream(opened)
    if (isBroken) {
      if (head.kind === 'malformed') opened.endCode = errorCode.protocolError
      owner.malformed(opened, refusalOf(head))
      this.#core.spendReset()
    } else {
      owner.exchange(opened)
    }
    if (++this.#requests >= limits.requestsPerConnectionMax) this.closeSoon()
  }

  #takeTrailers(stream: Http2Stream, lines: FieldLines, isLast: boolean): void {
    const { trailerBytesMax } = this.#tools.limits
    const problem = trailersProblem(lines, isLast)
    if (problem !== undefined) {
      return this.#core.breakStream(stream, errorCode.protocolError, problem)
    }
    if (lines.isTooLarge || lines.end - lines.start > trailerBytesMax) {
      return stream.breakBody(refuse('HEADERS_TOO_LARGE'))
    }
    const trailers = parseTrailers(lines.text)
    if ('broken' in trailers) {
      return this.#core.breakStream(stream, errorCode.protocolError, trailers.broken)
    }
    stream.takeTrailers(trailers)
  }

  settled(): void {
    // Each stream asks for what it needs.
  }

  /** Of the client: it opens no more, and ends the connection itself. */
  leaving(): void {
    // Streams that are open go on.
  }

  streamOver(): void {
    if (this.#core.streams.size > 0) return
    this.#idleSinceMs = this.#tools.sweeper.nowMs
    this.#leaveIfDone()
  }

  failed(_code: number, reason: string): void {
    this.#break('CLIENT_CLOSED', `the client broke HTTP/2: ${reason}`)
    this.#linger()
  }

  // What its streams ask for.

  flow(stream: Http2Stream): void {
    this.#core.flow(stream)
  }

  sendSection(stream: Http2Stream, block: string, isLast: boolean): void {
    this.#core.sendSection(stream, block, isLast)
  }

  send(stream: Http2Stream, piece: Piece): boolean {
    return this.#core.send(stream, piece)
  }

  sendEnd(stream: Http2Stream, block: string): void {
    this.#core.sendEnd(stream, block)
  }

  reset(stream: Http2Stream, code: number): void {
    this.#core.reset(stream, code)
  }

  // Time.

  sweep(nowMs: number): void {
    if (this.#isStuck(nowMs)) {
      this.#break('CLIENT_CLOSED', 'the client took its replies too slowly')
      return this.#socket.reset()
    }
    if (this.#state === 'lingering') {
      if (this.#socket.queuedBytes > 0) this.#idleSinceMs = nowMs
      else if (nowMs - this.#idleSinceMs > lingerMs) this.#socket.destroy()
      return
    }
    const { headTimeoutMs } = this.#tools.limits
    const { partialSinceMs } = this.#core
    if (partialSinceMs > 0 && nowMs - partialSinceMs > headTimeoutMs) {
      return this.#core.fail(errorCode.enhanceYourCalm, 'a frame or section did not end in time')
    }
    if (this.#leaveAtMs !== undefined && nowMs >= this.#leaveAtMs) this.closeSoon()
    for (const stream of this.#core.streams.values()) stream.sweep(nowMs)
    this.#sweepIdle(nowMs)
  }

  /** Whether the client takes nothing, or too little, of what waits for it in the socket. */
  #isStuck(nowMs: number): boolean {
    if (this.#socket.queuedBytes === 0) {
      this.#sendPace = undefined
      return false
    }
    const { bodyIdleTimeoutMs, bodyBytesPerSecondMin } = this.#tools.limits
    const { sentBytes } = this.#socket
    this.#sendPace ??= new Pace(nowMs, sentBytes, bodyIdleTimeoutMs, bodyBytesPerSecondMin)
    return this.#sendPace.isLate(nowMs, sentBytes)
  }

  #sweepIdle(nowMs: number): void {
    if (this.#core.streams.size > 0) return
    const { idleTimeoutMs } = this.#tools.limits
    if (nowMs - this.#idleSinceMs > idleTimeoutMs) return this.closeSoon()
    const isAtRest = this.#core.partialSinceMs === 0 && this.#socket.queuedBytes === 0
    if (isAtRest && this.#leaveAtMs === undefined) {
      this.restUntilMs = this.#idleSinceMs + idleTimeoutMs
    }
  }
}

/** The method, scheme, authority, path and protocol count among the fields. */
const pseudoFields = 5

const byConnection = { by: 'connection', code: errorCode.noError, reason: '' } as const

function trailersProblem(lines: FieldLines, isLast: boolean): string | undefined {
  if (!isLast) return 'fields stand within the body'
  if (lines.hasPseudo) return 'a pseudo-field stands in trailers'
  return lines.broken
}
