// One exchange on a client's HTTP/2 connection: its request as it comes in, its reply as text of
// HTTP/1.1 in the code of HPACK.
import { assert, type FaultCode, type Limits, type Refusal, refuse } from '../../base.ts'
import type { BodyLength, Piece, Stream, StreamEvents, StreamPeer } from '../../http.ts'
import { linesOf } from '../lines.ts'
import { Pace } from '../pace.ts'
import { FlowStream, type StreamEnd } from './flow-stream.ts'
import { errorCode, firstWindowBytes } from './frames.ts'
import { encodeLines, encodeStatus } from './hpack-encoder.ts'
import type { Http2RequestHead } from './request-head.ts'

/** Why a stream, or its connection, ends. */
export interface Ending {
  readonly fault: FaultCode
  readonly reason: string
}

/** What a stream asks of its connection. */
export interface StreamCarrier {
  readonly peer: StreamPeer
  readonly limits: Limits
  /** What the client lets us send on a new stream. */
  readonly firstWindow: number
  /** Why the connection ends, where it does. */
  readonly ending: Ending
  flow(stream: Http2Stream): void
  sendSection(stream: Http2Stream, block: string, isLast: boolean): void
  send(stream: Http2Stream, piece: Piece): boolean
  sendEnd(stream: Http2Stream, block: string): void
  reset(stream: Http2Stream, code: number): void
}

/** Of replies that take an upgrade of HTTP/1.1; HTTP/2 has another way to say so (RFC 8441 §5). */
const upgradeAnswer = /^sec-websocket-accept:.*\r\n/im

export class Http2Stream extends FlowStream implements Stream {
  readonly head: Http2RequestHead
  readonly #carrier: StreamCarrier
  #events: StreamEvents | undefined
  #sending: 'nothing' | 'body' | 'tunnel' | 'done' = 'nothing'
  #awaitsContinue: boolean
  /** As long as the client likes. */
  lasts = false
  #trailers: readonly string[] = noFields
  /** Of the body, and of the reply that waits to be taken; from the first sweep on. */
  #bodyPace: Pace | undefined
  #sendPace: Pace | undefined

  constructor(id: number, head: Http2RequestHead, carrier: StreamCarrier) {
    super(id, carrier.firstWindow, firstWindowBytes)
    this.head = head
    this.wantsRest = false
    this.#carrier = carrier
    this.#awaitsContinue = head.expectContinue
    if (typeof head.bodyLength === 'number') this.expectedBytes = head.bodyLength
  }

  get forwardable(): string {
    return this.head.forwardable
  }

  get takesTrailers(): boolean {
    return this.head.takesTrailers
  }

  get peer(): StreamPeer {
    return this.#carrier.peer
  }

  attach(events: StreamEvents): void {
    this.#events = events
  }

  // The request.

  readBody(): void {
    if (this.isFlowing || this.isClosed || !this.#hasMore) return
    if (this.#awaitsContinue && this.#sending === 'nothing') {
      this.#awaitsContinue = false
      this.#carrier.sendSection(this, encodeStatus(100), false)
    }
    // The time for which we held it up is not the client's.
    this.#bodyPace = undefined
    this.#carrier.flow(this)
  }

  /** Whether the client was to say something behind its head. */
  get #hasMore(): boolean {
    const { bodyLength } = this.head
    return this.#sending === 'tunnel' || !(bodyLength === 'none' || bodyLength === 0)
  }

  pauseBody(): void {
    this.isFlowing = false
  }

  last(): void {
    this.lasts = true
  }

  takeTrailers(trailers: readonly string[]): void {
    this.#trailers = trailers
  }

  takePiece(piece: Buffer): void {
    this.#events?.requestPiece(piece)
  }

  takeEnd(): void {
    this.#events?.requestEnded(this.#trailers)
  }

  /** No more of the body is taken; the client is answered. */
  breakBody(refusal: Refusal): void {
    this.isFlowing = false
    this.#events?.requestBroken(refusal)
  }

  // The reply.

  sendInterim(statusText: string, lines: string): void {
    const status = statusOf(statusText)
    // HTTP/2 has no upgrades (RFC 9113 §8.6).
    if (this.#sending !== 'nothing' || status === 101) return
    this.#carrier.sendSection(this, encodeStatus(status) + encodeLines(lines), false)
  }

  sendHead(statusText: string, lines: string, length: BodyLength): void {
    assert(this.#sending === 'nothing', 'a reply has one head')
    if (length === 'tunnel') return this.#sendUpgrade(lines)
    this.#sending = 'body'
    if (typeof length === 'number') this.leftBytes = length
    const isLast = length === 'none' || length === 0 || this.head.method === 'HEAD'
    const block = encodeStatus(statusOf(statusText)) + encodeLines(lines)
    this.#carrier.sendSection(this, block, isLast)
  }

  #sendUpgrade(lines: string): void {
    this.#sending = 'tunnel'
    this.wantsRest = true
    this.expectedBytes = undefined
    const block = encodeStatus(200) + encodeLines(lines.replace(upgradeAnswer, ''))
    this.#carrier.sendSection(this, block, false)
  }

  sendPiece(piece: Piece): boolean {
    return this.#carrier.send(this, piece)
  }

  sendEnd(trailers: readonly string[]): void {
    assert(this.#sending !== 'nothing' && this.#sending !== 'done', 'a reply ends once')
    this.#sending = 'done'
    this.#carrier.sendEnd(this, trailers.length === 0 ? '' : encodeLines(linesOf(trailers)))
  }

  writable(): void {
    if (this.#sending !== 'done') this.#events?.clientWritable()
  }

  cut(): void {
    this.#sending = 'done'
    this.#carrier.reset(this, errorCode.internalError)
  }

  broken({ by, code, reason }: StreamEnd): void {
    if (by === 'connection' && code !== errorCode.noError) {
      this.#gone('CLIENT_CLOSED', `the client broke HTTP/2: ${reason}`)
    } else if (by === 'reset') this.#gone('CLIENT_CLOSED', `the client left: ${reason}`)
    else if (by === 'fault') this.#gone('MALFORMED_REQUEST', reason)
    else this.#gone(this.#carrier.ending.fault, this.#carrier.ending.reason)
  }

  #gone(fault: FaultCode, reason: string): void {
    if (this.#sending === 'done') return
    this.#sending = 'done'
    this.#events?.clientGone(fault, reason)
  }

  /** Neither side of an exchange may be kept waiting by the client. */
  sweep(nowMs: number): void {
    const hasTime = this.lasts || this.#sending === 'tunnel'
    const waitsForBody = this.isFlowing && !this.isReceived && !hasTime
    if (!waitsForBody) this.#bodyPace = undefined
    else {
      this.#bodyPace ??= this.#newPace(nowMs, this.receivedBytes)
      if (this.#bodyPace.isLate(nowMs, this.receivedBytes)) {
        return this.breakBody(refuse('REQUEST_TIMEOUT', 'The body did not come in time.'))
      }
    }
    if (this.heldBytes === 0) this.#sendPace = undefined
    else {
      this.#sendPace ??= this.#newPace(nowMs, this.sentBytes)
      if (this.#sendPace.isLate(nowMs, this.sentBytes)) this.#leave()
    }
  }

  #newPace(nowMs: number, bytes: number): Pace {
    const { bodyIdleTimeoutMs, bodyBytesPerSecondMin } = this.#carrier.limits
    return new Pace(nowMs, bytes, bodyIdleTimeoutMs, bodyBytesPerSecondMin)
  }

  /** A reply that the client does not take, or takes too slowly, holds our memory. */
  #leave(): void {
    this.#carrier.reset(this, errorCode.cancel)
    this.#gone('CLIENT_CLOSED', 'the client took its reply too slowly')
  }
}

const noFields: readonly string[] = Object.freeze([])

const statusOf = (statusText: string): number => Number(statusText.slice(0, 3))
