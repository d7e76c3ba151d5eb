// One call on a connection of HTTP/2 to an endpoint: one stream.
//
//   taken ──▶ open ──▶ over        (open: request out, reply in, in any order)
//
// A call that pauses holds what its window lets come, and no other call waits for it.
import { hash } from 'node:crypto'
import { assert } from '../../base.ts'
import type { Piece } from '../../http.ts'
import type {
  Call,
  CallBody,
  CallEvents,
  CallFailure,
  CallReplyHead,
  CallTerms,
  StreamTimes,
} from '../call.ts'
import { Pace } from '../pace.ts'
import { parseTrailers } from '../trailers.ts'
import type { FieldLines } from './field-lines.ts'
import { FlowStream, type StreamEnd } from './flow-stream.ts'
import { errorCode, firstWindowBytes } from './frames.ts'
import { readReplyHead } from './reply-block.ts'

/** What a call asks of its connection. */
export interface CallConnection {
  readonly nowMs: number
  readonly interimRepliesMax: number
  readonly replyHeadFieldsMax: number
  /** Whether tunnels may be asked for (RFC 8441 §3). */
  readonly takesTunnels: boolean
  /** Bytes that the endpoint has taken, and that wait for it to, of all calls. */
  readonly sentBytes: number
  readonly queuedBytes: number
  /** Opens the stream of a call with the head of its request. */
  open(call: Http2Call, head: CallRequest): void
  /** False asks to wait. */
  send(call: Http2Call, piece: Piece): boolean
  sendEnd(call: Http2Call, trailers: readonly string[]): void
  flow(call: Http2Call): void
  reset(call: Http2Call, code: number): void
  breakStream(call: Http2Call, code: number, reason: string): void
  /** It never had a stream, and never will. */
  released(): void
  /** Nothing came for it in time: the connection itself may be dead. */
  doubt(): void
}

export interface CallRequest {
  readonly method: string
  readonly head: string
  /** The protocol that is asked for, where one is. */
  readonly tunnel: string | undefined
  /** Whether nothing follows. */
  readonly ends: boolean
}

const upgradeForm = /\r\nUpgrade: ([^\r]+)/
const keyForm = /\r\nSec-WebSocket-Key: ([^\r]+)/i

/** A reply that nobody wants may come as far as its window goes, so that no reset is sent. */
const discardBytesMax = firstWindowBytes

export class Http2Call extends FlowStream implements Call {
  readonly waited: boolean
  readonly #connection: CallConnection
  #state: 'taken' | 'open' | 'over' = 'taken'
  #events: CallEvents | undefined
  #terms!: CallTerms
  #method = ''
  #isTunnel = false
  #tunnelLines = ''
  /** Since when the endpoint has all of the request; undefined while it has not. */
  #askedMs: number | undefined
  #reply: CallReplyHead | undefined
  #interims = 0
  #trailers: readonly string[] = noFields
  #paused = false
  #movedMs = 0
  #sendPace: Pace | undefined

  constructor(connection: CallConnection, waited: boolean) {
    super(0, 0, firstWindowBytes)
    this.#connection = connection
    this.waited = waited
  }

  /** It will not begin; false where it has, or is of another connection. */
  release(connection: CallConnection): boolean {
    if (this.#state !== 'taken' || connection !== this.#connection) return false
    this.#state = 'over'
    return true
  }

  begin(events: CallEvents, method: string, head: string, body: CallBody, terms: CallTerms): void {
    assert(this.#state === 'taken', 'a call begins once')
    this.#state = 'open'
    this.#events = events
    this.#terms = terms
    this.#method = method
    this.#movedMs = this.#connection.nowMs
    this.isFlowing = true
    if (body === 'tunnel') return this.#beginTunnel(head)
    this.#connection.open(this, { method, head, tunnel: undefined, ends: body === 'done' })
  }

  #beginTunnel(head: string): void {
    this.#isTunnel = true
    this.#askedMs = this.#movedMs
    this.#tunnelLines = acceptLine(keyForm.exec(head)?.[1])
    const tunnel = upgradeForm.exec(head)?.[1]
    if (tunnel !== undefined && this.#connection.takesTunnels) {
      return this.#connection.open(this, { method: this.#method, head, tunnel, ends: false })
    }
    const reason = 'the endpoint takes no upgrade over HTTP/2 (RFC 8441)'
    // Later: whoever begins a call is not told of its end before it has begun.
    queueMicrotask(() => {
      if (this.#state !== 'open') return
      this.#connection.released()
      this.#fail({ kind: 'protocol', reason })
    })
  }

  // The request.

  sendPiece(piece: Piece): boolean {
    return this.#state !== 'open' || this.#connection.send(this, piece)
  }

  sendKept(bytes: Buffer): void {
    if (this.#state !== 'open') return
    // The last frame of a length that is known ends the stream.
    this.leftBytes = bytes.length
    if (bytes.length === 0) this.#connection.sendEnd(this, noFields)
    else this.#connection.send(this, bytes)
  }

  sendEnd(trailers: readonly string[]): void {
    if (this.#state === 'open') this.#connection.sendEnd(this, trailers)
  }

  writable(): void {
    this.#events?.upstreamWritable()
  }

  // The reply.

  /** Whether any of a reply has come. */
  get hasReplied(): boolean {
    return this.#reply !== undefined || this.#interims > 0
  }

  /** A section of fields has come: a head, or trailers. */
  takeSection(lines: FieldLines, isLast: boolean): void {
    this.#movedMs = this.#connection.nowMs
    if (this.#reply !== undefined) return this.#takeTrailers(lines, isLast)
    const { replyHeadFieldsMax } = this.#connection
    const asked = {
      method: this.#method,
      isTunnel: this.#isTunnel,
      tunnelLines: this.#tunnelLines,
    }
    const head = readReplyHead(lines, asked, this.#terms, replyHeadFieldsMax, isLast)
    if ('broken' in head) return this.#break(head.broken)
    if (head.status < 200 && head.bodyLength !== 'tunnel') return this.#takeInterim(head)
    const { bodyLength } = head
    this.#reply = head
    if (bodyLength === 'none') this.expectedBytes = 0
    else if (typeof bodyLength === 'number') this.expectedBytes = bodyLength
    if (isLast && (this.expectedBytes ?? 0) > 0) {
      return this.#break('the reply is shorter than its length')
    }
    this.#events?.replyHead(head)
  }

  #takeInterim(head: CallReplyHead): void {
    if (++this.#interims > this.#connection.interimRepliesMax) {
      return this.#break('too many interim replies')
    }
    if (this.#askedMs !== undefined) this.#askedMs = this.#movedMs
    this.#events?.replyInterim(head)
  }

  #takeTrailers(lines: FieldLines, isLast: boolean): void {
    if (!isLast) return this.#break('fields stand within the reply')
    if (lines.hasPseudo) return this.#break('a pseudo-field stands in trailers')
    if (lines.broken !== undefined) return this.#break(lines.broken)
    if (lines.isTooLarge) return this.#break('the trailers are too large')
    const trailers = parseTrailers(lines.text)
    if ('broken' in trailers) return this.#break(trailers.broken)
    this.#trailers = trailers
  }

  takePiece(piece: Buffer): void {
    this.#movedMs = this.#connection.nowMs
    if (this.#reply === undefined) return this.#break('the reply has no head')
    if (this.#events !== undefined) this.#events.replyPiece(piece)
    else if (this.receivedBytes > discardBytesMax) this.abandon()
  }

  /** The reply is whole. */
  takeEnd(): void {
    if (this.#reply === undefined) return this.#break('the reply has no head')
    const events = this.#over()
    if (!this.isSent) this.#leaveRequest()
    events?.replyEnded(this.#trailers)
  }

  /** What the request still has nobody wants: held, it would wait for windows with no time to do so. */
  #leaveRequest(): void {
    const endsBoth = this.#reply?.bodyLength === 'tunnel' && this.heldBytes === 0
    if (endsBoth) this.#connection.sendEnd(this, noFields)
    else this.#connection.reset(this, errorCode.cancel)
  }

  pause(): void {
    if (this.#state !== 'open') return
    this.#paused = true
    this.isFlowing = false
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#movedMs = this.#connection.nowMs
    this.#connection.flow(this)
  }

  retime({ replyIdleTimeoutMs, deadlineMs }: StreamTimes): void {
    this.#terms = { ...this.#terms, replyIdleTimeoutMs, deadlineMs }
  }

  discard(): void {
    if (this.#state !== 'open') return
    if (!this.isSent) return this.abandon()
    this.#events = undefined
    this.resume()
  }

  abandon(): void {
    if (this.#state !== 'open') return
    this.#over()
    this.#connection.reset(this, errorCode.cancel)
  }

  // Ends.

  #over(): CallEvents | undefined {
    const events = this.#events
    this.#state = 'over'
    this.#events = undefined
    return events
  }

  /** What came breaks a rule that is of this stream alone. */
  #break(reason: string): void {
    this.#connection.breakStream(this, errorCode.protocolError, reason)
  }

  broken({ by, code, reason }: StreamEnd): void {
    if (by === 'connection' && code === errorCode.inadequateSecurity) {
      this.#fail({ kind: 'insecure', reason })
    } else if (by === 'fault' || (by === 'connection' && code !== errorCode.noError)) {
      this.#fail({ kind: 'protocol', reason })
    } else {
      const unprocessed = code === errorCode.refusedStream
      this.#fail({ kind: 'closed', reason, replied: this.hasReplied, unprocessed })
    }
  }

  #fail(failure: CallFailure): void {
    this.#over()?.callFailed(failure)
  }

  sweep(nowMs: number): void {
    if (this.#state !== 'open') return
    if (this.isSent) this.#askedMs ??= nowMs
    const reason = this.#lateness(nowMs, this.#terms)
    if (reason === undefined) return
    const events = this.#over()
    this.#connection.reset(this, errorCode.cancel)
    this.#connection.doubt()
    events?.callFailed({ kind: 'timeout', reason })
  }

  #lateness(nowMs: number, terms: CallTerms): string | undefined {
    if (this.#reply?.bodyLength === 'tunnel') {
      const stuck = this.#isStuck(nowMs, terms.replyIdleTimeoutMs)
      return stuck ? 'the upstream took no more of the tunnel' : undefined
    }
    if (nowMs > terms.deadlineMs) return 'the whole exchange took too long'
    if (this.#paused) return undefined
    if (this.#askedMs === undefined) {
      const stuck = this.#isStuck(nowMs, terms.replyIdleTimeoutMs)
      return stuck ? 'the upstream took no more of the request' : undefined
    }
    if (this.#reply === undefined) {
      // Measured from the request: a head that drips in byte by byte is no head either.
      const late = nowMs - this.#askedMs > terms.firstByteTimeoutMs
      return late ? 'no reply began in time' : undefined
    }
    const still = nowMs - this.#movedMs > terms.replyIdleTimeoutMs
    return still ? 'the reply stood still' : undefined
  }

  /** Whether the upstream has taken nothing for long of what waits for it. */
  #isStuck(nowMs: number, idleMs: number): boolean {
    const { queuedBytes, sentBytes } = this.#connection
    const waits = this.heldBytes > 0
    if (!waits && queuedBytes === 0) {
      this.#sendPace = undefined
      return false
    }
    const moved = waits ? this.sentBytes : sentBytes
    this.#sendPace ??= new Pace(nowMs, moved, idleMs, 0)
    return this.#sendPace.isLate(nowMs, moved)
  }
}

const noFields: readonly string[] = Object.freeze([])

const webSocketId = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** What a client of HTTP/1.1 awaits of who takes its WebSocket (RFC 6455 §4.2.2). */
function acceptLine(key: string | undefined): string {
  if (key === undefined) return ''
  return `sec-websocket-accept: ${hash('sha1', key + webSocketId, 'base64')}\r\n`
}
