// One client's connection that speaks HTTP/3 (RFC 9114): its requests, what goes on beside them, and
// the bounds on what a client may make us do. Bytes come and go by a transport of QUIC.
//
//   handshake ──▶ open ──▶ leaving ──▶ over      (leaving: GOAWAY is sent; over with the last reply)
import { type FaultCode, type Limits, type Refusal, refuse } from '../../base.ts'
import type { Stream, StreamPeer } from '../../http.ts'
import { broken } from '../fields.ts'
import { refusalOf } from '../head-refusals.ts'
import { Allowance } from '../http2/allowance.ts'
import { FieldLines } from '../http2/field-lines.ts'
import { readRequestHead } from '../http2/request-head.ts'
import { Pace } from '../pace.ts'
import type { QuicConnection, QuicSink } from '../quic.ts'
import type { Sweepable, Sweeper } from '../sweeper.ts'
import { parseTrailers } from '../trailers.ts'
import { errorCode, frameType, setting, streamType } from './codes.ts'
import { type Http3Owner, Http3Stream, unreadable } from './http3-stream.ts'
import { PeerStreams, type PeerStreamsOwner } from './peer-streams.ts'
import { decodeSection } from './qpack.ts'
import { RequestFrames, type RequestOwner } from './request-frames.ts'
import { varint } from './varints.ts'

export interface Http3Tools {
  readonly sweeper: Sweeper
  readonly limits: () => Limits
  readonly exchange: (stream: Stream) => void
  readonly malformed: (stream: Stream, refusal: Refusal) => void
  readonly bug: (error: unknown) => void
}

/** The first stream of a server that goes one way. */
const controlStream = 3
/** Bodies that nobody takes: beyond the first the client is slowed down, until the second. */
const keptBytesHigh = 256 * 1024
const keptBytesLow = 64 * 1024
/** A body that nobody read may go on so long behind its reply. */
const lingerMs = 2_000
const trailerFieldsMax = 64
const overMax = 256

/** Of all connections of a thread: a section is read before the next one is decoded. */
const lines = new FieldLines()

interface Request {
  readonly frames: RequestFrames
  /** Undefined until its head is there. */
  stream: Http3Stream | undefined
  /** When it began; until its head is there that must not take long. */
  readonly sinceMs: number
  bodyPace: Pace | undefined
}

export class Http3Connection
  implements QuicSink, Http3Owner, RequestOwner, PeerStreamsOwner, Sweepable
{
  sweepIndex = -1
  readonly restUntilMs = 0
  readonly #tools: Http3Tools
  readonly #quic: QuicConnection
  readonly #requests = new Map<number, Request>()
  /** The last requests that are over: something may come late for them. */
  readonly #over = new Set<number>()
  readonly #peerStreams = new PeerStreams(this)
  readonly #control: Allowance
  readonly #resets: Allowance
  #state: 'handshake' | 'open' | 'leaving' | 'over' = 'handshake'
  #isEnding = false
  /** Below the next id that a request may have. */
  #nextId = 0
  #count = 0
  #keptBytes = 0
  #isHeld = false
  #movedMs: number
  #sendPace: Pace | undefined
  /** Of the event under way: whether the client's side of the stream ends with it. */
  #isLast = false

  constructor(tools: Http3Tools, quic: QuicConnection) {
    this.#tools = tools
    this.#quic = quic
    const { nowMs } = tools.sweeper
    const { http2ControlFramesPerSecondMax, http2ResetsPerSecondMax } = tools.limits()
    this.#control = new Allowance(http2ControlFramesPerSecondMax, nowMs)
    this.#resets = new Allowance(http2ResetsPerSecondMax, nowMs)
    this.#movedMs = nowMs
    tools.sweeper.add(this)
  }

  get peer(): StreamPeer {
    return this.#quic.peer
  }

  get sectionBytesMax(): number {
    // As it is encoded a section is hardly longer than its lines.
    return 2 * this.#tools.limits().headBytesMax
  }

  // What the transport says.

  opened(): void {
    if (this.#state !== 'handshake') return
    this.#state = 'open'
    this.#movedMs = this.#tools.sweeper.nowMs
    const { headBytesMax } = this.#tools.limits()
    const settings =
      varint(setting.fieldSectionBytesMax) +
      varint(headBytesMax) +
      varint(setting.enableConnectProtocol) +
      varint(1)
    this.#sendControl(
      varint(streamType.control) + varint(frameType.settings) + varint(settings.length) + settings,
    )
    if (this.#isEnding) this.drain()
  }

  #sendControl(text: string): void {
    this.#quic.send(controlStream, Buffer.from(text, 'latin1'), false)
  }

  bytes(id: number, bytes: Buffer, isLast: boolean): void {
    if (this.#state === 'over') return
    this.#movedMs = this.#tools.sweeper.nowMs
    // Its second bit tells who opened a stream that goes one way; ours are written to alone.
    if ((id & 2) !== 0) return this.#peerStreams.bytes(id, bytes, isLast)
    const request = this.#requests.get(id) ?? this.#begin(id)
    if (request === undefined) return
    this.#isLast = isLast
    request.frames.take(bytes)
    if (isLast && this.#requests.has(id)) this.#ended(id, request)
  }

  #begin(id: number): Request | undefined {
    if (this.#over.has(id)) return undefined
    if (this.#isEnding || this.#count >= this.#tools.limits().requestsPerConnectionMax) {
      this.#quic.reset(id, errorCode.requestRejected)
      return undefined
    }
    // Requests come in any order.
    this.#nextId = Math.max(this.#nextId, id + 4)
    this.#count++
    this.#control.earn(8 * 1024)
    const frames = new RequestFrames(this, id)
    const sinceMs = this.#tools.sweeper.nowMs
    const request: Request = { frames, stream: undefined, sinceMs, bodyPace: undefined }
    this.#requests.set(id, request)
    return request
  }

  #ended(id: number, { frames, stream }: Request): void {
    if (frames.isWithinFrame) return this.fail(errorCode.frameError, 'a frame is cut off')
    if (stream === undefined) {
      this.#quic.reset(id, errorCode.requestIncomplete)
      return this.#forget(id)
    }
    stream.takeEnd()
    if (stream.isReplied) this.#forget(id)
  }

  broken(id: number, reason: string): void {
    if (this.#state === 'over') return
    if ((id & 2) !== 0) return this.#peerStreams.ended(id)
    if (!this.#resets.spend(this.#tools.sweeper.nowMs)) {
      return this.fail(errorCode.excessiveLoad, 'too many requests were given up')
    }
    const request = this.#requests.get(id)
    if (request === undefined) return
    this.#quic.reset(id, errorCode.noError)
    this.#leave(id, request, 'CLIENT_CLOSED', reason)
  }

  writable(): void {
    for (const { stream } of this.#requests.values()) stream?.roomAgain()
  }

  closed(reason: string): void {
    if (this.#state === 'over') return
    this.#leaveAll('CLIENT_CLOSED', reason)
  }

  threw(error: unknown): void {
    this.#tools.bug(error)
    this.#end('INTERNAL_ERROR', errorCode.internalError, 'a bug of the gateway')
  }

  // What its streams of requests bring.

  head(id: number, block: Buffer, isAll: boolean): void {
    const request = this.#requests.get(id)
    if (request === undefined) return
    const limits = this.#tools.limits()
    lines.begin(limits.headBytesMax, limits.headFieldsMax)
    if (!decodeSection(block, lines)) {
      return this.fail(errorCode.qpackDecompressionFailed, 'a section cannot be decoded')
    }
    const head = readRequestHead(lines, isAll && this.#isLast, limits)
    if ('broken' in head) return this.#refuse(id, request, refusalOf(head))
    const stream = new Http3Stream(this, id, { ...head, version: '3' })
    request.stream = stream
    this.#tools.exchange(stream)
  }

  headTooLarge(id: number): void {
    const request = this.#requests.get(id)
    if (request === undefined) return
    const refusal = refuse('HEADERS_TOO_LARGE')
    if (request.stream === undefined) this.#refuse(id, request, refusal)
    else request.stream.breakBody(refusal)
  }

  #refuse(id: number, request: Request, refusal: Refusal): void {
    request.stream = new Http3Stream(this, id, unreadable)
    this.#tools.malformed(request.stream, refusal)
  }

  piece(id: number, bytes: Buffer): void {
    this.#control.earn(bytes.length)
    this.#requests.get(id)?.stream?.takePiece(bytes)
  }

  trailers(id: number, block: Buffer): void {
    const stream = this.#requests.get(id)?.stream
    if (stream === undefined) return
    lines.begin(this.#tools.limits().trailerBytesMax, trailerFieldsMax)
    if (!decodeSection(block, lines)) {
      return this.fail(errorCode.qpackDecompressionFailed, 'a section cannot be decoded')
    }
    const trailers = readTrailers()
    if ('broken' in trailers) stream.breakBody(refusalOf(trailers))
    else stream.takeTrailers(trailers)
  }

  spend(): void {
    if (this.#control.spend(this.#tools.sweeper.nowMs)) return
    this.fail(errorCode.excessiveLoad, 'too many frames that carry nothing')
  }

  refuse(id: number): void {
    this.#quic.reset(id, errorCode.streamCreationError)
  }

  fail(code: number, reason: string): void {
    this.#end('CLIENT_CLOSED', code, reason)
  }

  // What its streams ask for.

  send(stream: Http3Stream, bytes: Buffer, isLast: boolean): boolean {
    return this.#quic.send(stream.id, bytes, isLast)
  }

  kept(bytes: number): void {
    this.#keptBytes += bytes
    const isAbove = this.#keptBytes > (this.#isHeld ? keptBytesLow : keptBytesHigh)
    if (isAbove === this.#isHeld) return
    this.#isHeld = isAbove
    if (this.#state !== 'over') this.#quic.hold(isAbove)
  }

  malformed(reason: string): Refusal {
    return refusalOf(broken(reason))
  }

  cut(stream: Http3Stream): void {
    this.#quic.reset(stream.id, errorCode.internalError)
    this.#forget(stream.id)
  }

  replied(stream: Http3Stream): void {
    stream.repliedMs = this.#tools.sweeper.nowMs
    if (stream.isReceived) this.#forget(stream.id)
  }

  #leave(id: number, { stream }: Request, fault: FaultCode, reason: string): void {
    stream?.gone(fault, reason)
    this.#forget(id)
  }

  #forget(id: number): void {
    if (!this.#requests.delete(id)) return
    this.#over.add(id)
    if (this.#over.size > overMax) this.#over.delete(this.#over.values().next().value!)
    this.#movedMs = this.#tools.sweeper.nowMs
    if (this.#isEnding && this.#requests.size === 0) this.#endQuietly()
  }

  // Its end.

  drain(): void {
    if (this.#state === 'handshake') this.#isEnding = true
    if (this.#state !== 'open') return
    this.#state = 'leaving'
    // Requests on their way are still served (RFC 9114 §5.2).
    this.#sendGoaway(2 ** 52)
  }

  #sendGoaway(id: number): void {
    const text = varint(id)
    this.#sendControl(varint(frameType.goaway) + varint(text.length) + text)
  }

  closeSoon(): void {
    if (this.#isEnding && this.#state !== 'handshake') return
    this.#isEnding = true
    if (this.#state === 'over') return
    if (this.#requests.size === 0) return this.#endQuietly()
    this.#state = 'leaving'
    this.#sendGoaway(this.#nextId)
  }

  stop(): void {
    this.#end('OVERLOADED', errorCode.internalError, 'the gateway stopped')
  }

  /** There is nothing under way. */
  #endQuietly(): void {
    if (this.#state === 'over') return
    this.#leaveAll('CLIENT_CLOSED', '')
    this.#quic.finish(errorCode.noError)
  }

  #end(fault: FaultCode, code: number, reason: string): void {
    if (this.#state === 'over') return
    this.#leaveAll(fault, reason)
    this.#quic.close(code, reason)
  }

  #leaveAll(fault: FaultCode, reason: string): void {
    this.#state = 'over'
    this.#tools.sweeper.remove(this)
    const requests = [...this.#requests.values()]
    this.#requests.clear()
    for (const { stream } of requests) stream?.gone(fault, reason)
  }

  sweep(nowMs: number): void {
    const limits = this.#tools.limits()
    const stillMs = nowMs - this.#movedMs
    if (this.#state === 'handshake') {
      if (stillMs > limits.headTimeoutMs)
        this.fail(errorCode.noError, 'the handshake took too long')
    } else if (this.#requests.size === 0) {
      if (stillMs > limits.idleTimeoutMs) this.#endQuietly()
    } else {
      for (const [id, request] of this.#requests) this.#sweepRequest(id, request, nowMs, limits)
      this.#sweepSending(nowMs, limits)
    }
  }

  #sweepRequest(id: number, request: Request, nowMs: number, limits: Limits): void {
    const { stream, sinceMs } = request
    if (stream === undefined) {
      if (nowMs - sinceMs <= limits.headTimeoutMs) return
      this.#quic.reset(id, errorCode.requestRejected)
      this.#forget(id)
    } else if (stream.isReplied) {
      if (nowMs - stream.repliedMs <= lingerMs) return
      this.#quic.reset(id, errorCode.noError)
      this.#forget(id)
    } else if (!stream.waitsForBody || this.#isHeld) {
      // The time for which we held it up is not the client's.
      request.bodyPace = undefined
    } else {
      request.bodyPace ??= paceOf(nowMs, stream.bodyBytes, limits)
      if (!request.bodyPace.isLate(nowMs, stream.bodyBytes)) return
      stream.breakBody(refuse('REQUEST_TIMEOUT', 'The body did not come in time.'))
    }
  }

  /** A reply that the client does not take, or takes too slowly, holds our memory. */
  #sweepSending(nowMs: number, limits: Limits): void {
    const { queuedBytes, sentBytes } = this.#quic
    if (queuedBytes === 0) {
      this.#sendPace = undefined
      return
    }
    this.#sendPace ??= paceOf(nowMs, sentBytes, limits)
    if (!this.#sendPace.isLate(nowMs, sentBytes)) return
    this.fail(errorCode.excessiveLoad, 'the client took its reply too slowly')
  }
}

const paceOf = (nowMs: number, bytes: number, limits: Limits): Pace =>
  new Pace(nowMs, bytes, limits.bodyIdleTimeoutMs, limits.bodyBytesPerSecondMin)

function readTrailers(): ReturnType<typeof parseTrailers> {
  if (lines.broken !== undefined) return broken(lines.broken)
  if (lines.isTooLarge) return broken('the trailer fields are too large', 'tooLarge')
  if (lines.hasPseudo) return broken('a pseudo-field stands behind the body')
  return parseTrailers(lines.text)
}
