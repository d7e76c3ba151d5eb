// One request over HTTP/3 and its reply (RFC 9114 §4).
//
//   reading   head ──▶ body ──▶ ended             (body: DATA, then perhaps one more section)
//             any  ──▶ ended                      (broken, replied to, or gone)
//
// A transport brings whatever comes, stream by stream it cannot be told to wait. What nobody wants
// yet is kept here, and the connection is told how much that is: it slows the client down as a whole.
import { assert, type FaultCode, type Refusal } from '../../base.ts'
import type { BodyLength, Piece, Stream, StreamEvents, StreamPeer } from '../../http.ts'
import { type Http2RequestHead, unreadableSection } from '../http2/request-head.ts'
import { linesOf } from '../lines.ts'
import { frameType } from './codes.ts'
import { encodeSection } from './qpack.ts'
import { varint } from './varints.ts'

/** What a stream asks of its connection. */
export interface Http3Owner {
  readonly peer: StreamPeer
  /** False asks to wait: `roomAgain` follows. */
  send(stream: Http3Stream, bytes: Buffer, isLast: boolean): boolean
  /** So many bytes of bodies more are kept, or fewer. */
  kept(bytes: number): void
  malformed(reason: string): Refusal
  /** Ends both sides so that the client sees that the reply is not whole. */
  cut(stream: Http3Stream): void
  /** The reply is out of our hands. */
  replied(stream: Http3Stream): void
}

/** Read by the same rules as the head of HTTP/2. */
export type Http3RequestHead = Omit<Http2RequestHead, 'version'> & { readonly version: '3' }

/** Stands for the head of a section that is none. */
export const unreadable: Http3RequestHead = { ...unreadableSection, version: '3' }

/** Of replies that take an upgrade of HTTP/1.1; HTTP/3 has another way to say so (RFC 9220). */
const upgradeAnswer = /^sec-websocket-accept:.*\r\n/im

export class Http3Stream implements Stream {
  readonly id: number
  readonly head: Http3RequestHead
  events: StreamEvents | undefined
  bodyBytes = 0
  /** When its reply was whole and its body not. */
  repliedMs = 0
  readonly #owner: Http3Owner
  #reading: 'body' | 'ended'
  #isFlowing = false
  #isUnhurried = false
  #kept: Buffer[] = []
  #trailers: readonly string[] = []
  /** Whether the client has sent all; or what ends the body in place of its end. */
  #received: 'all' | Refusal | undefined
  #awaitsContinue: boolean
  #sending: 'nothing' | 'head' | 'body' | 'done' = 'nothing'
  /** The frame of the head, which goes out with what follows it at once. */
  #headFrame = ''
  #isStalled = false

  constructor(owner: Http3Owner, id: number, head: Http3RequestHead) {
    this.#owner = owner
    this.id = id
    this.head = head
    this.#awaitsContinue = head.expectContinue
    const isEmpty = head.bodyLength === 'none' || head.bodyLength === 0
    this.#reading = isEmpty && head.upgrade === undefined ? 'ended' : 'body'
  }

  get forwardable(): string {
    return this.head.forwardable
  }

  get takesTrailers(): boolean {
    return this.head.takesTrailers
  }

  get peer(): StreamPeer {
    return this.#owner.peer
  }

  attach(events: StreamEvents): void {
    this.events = events
  }

  /** Whether it is the client's turn to send, and it may not take its time. */
  get waitsForBody(): boolean {
    if (this.#isUnhurried || this.head.upgrade !== undefined) return false
    return this.#reading === 'body' && this.#isFlowing && this.#received === undefined
  }

  /** Whether the client has ended its side. */
  get isReceived(): boolean {
    return this.#received === 'all'
  }

  get isReplied(): boolean {
    return this.#sending === 'done'
  }

  // What the client sends.

  takePiece(piece: Buffer): void {
    if (this.#received !== undefined || piece.length === 0) return
    this.bodyBytes += piece.length
    const { bodyLength } = this.head
    if (typeof bodyLength === 'number' && this.bodyBytes > bodyLength) {
      return this.breakBody(this.#owner.malformed('the body is longer than Content-Length'))
    }
    if (this.#reading === 'ended') return
    if (this.#isFlowing && this.#kept.length === 0) return this.events?.requestPiece(piece)
    this.#kept.push(piece)
    this.#owner.kept(piece.length)
  }

  takeTrailers(trailers: readonly string[]): void {
    this.#trailers = trailers
  }

  takeEnd(): void {
    if (this.#received !== undefined) return
    const { bodyLength } = this.head
    const isShort = typeof bodyLength === 'number' && this.bodyBytes < bodyLength
    this.#received = isShort
      ? this.#owner.malformed('the body is shorter than Content-Length')
      : 'all'
    this.#pass()
  }

  /** The body ends here, and not as it should. */
  breakBody(refusal: Refusal): void {
    this.#received ??= refusal
    this.#pass()
  }

  readBody(): void {
    if (this.#awaitsContinue) {
      this.#awaitsContinue = false
      this.sendInterim('100 Continue', '')
    }
    this.#isFlowing = true
    this.#pass()
  }

  pauseBody(): void {
    this.#isFlowing = false
  }

  unhurried(): void {
    this.#isUnhurried = true
  }

  #pass(): void {
    while (this.#isFlowing && this.#kept.length > 0) {
      const piece = this.#kept.shift()!
      this.#owner.kept(-piece.length)
      this.events?.requestPiece(piece)
    }
    if (!this.#isFlowing || this.#reading === 'ended' || this.#received === undefined) return
    this.#reading = 'ended'
    if (this.#received === 'all') this.events?.requestEnded(this.#trailers)
    else this.events?.requestBroken(this.#received)
  }

  #dropBody(): void {
    this.#reading = 'ended'
    for (const piece of this.#kept.splice(0)) this.#owner.kept(-piece.length)
  }

  // What we send.

  sendInterim(statusText: string, lines: string): void {
    if (this.#sending !== 'nothing') return
    this.#send(sectionFrame(statusText.slice(0, 3), lines), false)
  }

  sendHead(statusText: string, lines: string, length: BodyLength): void {
    assert(this.#sending === 'nothing', 'a reply has one head')
    this.#sending = 'head'
    this.#headFrame =
      length === 'tunnel'
        ? sectionFrame('200', lines.replace(upgradeAnswer, ''))
        : sectionFrame(statusText.slice(0, 3), lines)
    queueMicrotask(() => this.#flushHead())
  }

  #flushHead(): void {
    if (this.#sending !== 'head') return
    this.#sending = 'body'
    this.#send('', false)
  }

  sendPiece(piece: Piece): boolean {
    if (piece.length === 0 || this.#sending === 'done') return !this.#isStalled
    this.#sending = 'body'
    this.#send(dataHead(piece.length), false, piece)
    return !this.#isStalled
  }

  sendEnd(trailers: readonly string[]): void {
    if (this.#sending === 'done') return
    const last = trailers.length === 0 ? '' : sectionFrame(undefined, linesOf(trailers))
    this.#sending = 'done'
    this.#dropBody()
    this.#send(last, true)
    this.#owner.replied(this)
  }

  #send(text: string, isLast: boolean, piece: Piece = ''): void {
    const frames = this.#headFrame + text
    this.#headFrame = ''
    const bytes = Buffer.allocUnsafe(frames.length + piece.length)
    bytes.write(frames, 'latin1')
    if (typeof piece === 'string') bytes.write(piece, frames.length, 'latin1')
    else piece.copy(bytes, frames.length)
    if (!this.#owner.send(this, bytes, isLast)) this.#isStalled = true
  }

  /** Bytes can be sent again. */
  roomAgain(): void {
    if (!this.#isStalled) return
    this.#isStalled = false
    if (this.#sending === 'body') this.events?.clientWritable()
  }

  cut(): void {
    this.#over()
    this.#owner.cut(this)
  }

  /** Nothing goes either way any more. */
  gone(fault: FaultCode, reason: string): void {
    const wasReplied = this.#sending === 'done'
    this.#over()
    if (!wasReplied) this.events?.clientGone(fault, reason)
  }

  #over(): void {
    this.#sending = 'done'
    this.#received ??= 'all'
    this.#headFrame = ''
    this.#dropBody()
  }
}

function sectionFrame(status: string | undefined, lines: string): string {
  const block = encodeSection(status, lines)
  return varint(frameType.headers) + varint(block.length) + block
}

const dataHead = (length: number): string => varint(frameType.data) + varint(length)
