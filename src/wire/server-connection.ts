// One client's HTTP/1.1 connection (RFC 9112). One exchange at a time: what a client pipelines
// waits, unread, until its turn, so replies come in order by construction.
//
//   reading   head ──▶ body ──▶ waiting ──▶ head …        (waiting: for the reply's end)
//                       └────▶ draining ──▶ head …        (replied early, little body left)
//             waiting ──▶ tunnel                          (an upgrade was taken: no HTTP from here)
//             any ──▶ lingering ──▶ closed                (the last reply is out; FIN was sent)
//             head ──▶ passed                             (the preface of HTTP/2 came first)
import { assert, type FaultCode, type Refusal, refuse } from '../base.ts'
import type { Piece, StreamPeer } from '../http.ts'
import type { ByteSink, ByteStream } from './bytes.ts'
import { ChunkedDecoder } from './chunked.ts'
import { Gathered } from './gathered.ts'
import { partialProblem, refusalOf } from './head-refusals.ts'
import { headText } from './head-text.ts'
import { beginsHttp2, type Http2ServerConnection, openHttp2 } from './http2/server-connection.ts'
import { Http1Stream, type StreamConnection, unreadable } from './http1-stream.ts'
import { Pace } from './pace.ts'
import { type Http1RequestHead, parseRequestHead } from './request-head.ts'
import type { ConnectionTools, Served } from './served.ts'
import { type Sweepable, tunnelRestMs } from './sweeper.ts'

/** A body left unread up to here is read and dropped, so that the connection may stay. */
const drainBytesMax = 64 * 1024
/** How much, and how long, is read after the last reply, lest a RST overtakes it (RFC 9112 §9.6). */
const lingerBytesMax = 1024 * 1024
const lingerMs = 2_000

interface End {
  readonly fault: FaultCode
  readonly reason: string
}

type Reading =
  | 'head'
  | 'body'
  | 'waiting'
  | 'draining'
  | 'tunnel'
  | 'lingering'
  | 'closed'
  /** It speaks HTTP/2, and another one reads it. */
  | 'passed'

export class ServerConnection implements ByteSink, Sweepable, Served, StreamConnection {
  sweepIndex = -1
  restUntilMs = 0
  readonly #tools: ConnectionTools
  #socket!: ByteStream
  #peer!: StreamPeer
  #reading: Reading = 'head'
  #stream: Http1Stream | undefined
  /** Bytes that came before anybody wanted them. */
  #pending: Gathered | undefined
  #consuming = false
  #flowing = false
  #paused = false
  #inputEnded = false
  /** No request is taken after the one under way. */
  #closing = false
  /** The next reply that begins says that it is the last. */
  #draining = false
  #requests = 0
  #left = 0
  #decoder: ChunkedDecoder | undefined
  #bodyBytes = 0
  /** When the head under way began to come; 0 before its first byte. */
  #sinceMs = 0
  /** Of the body under way, and of the reply that waits to be taken; from the first sweep on. */
  #bodyPace: Pace | undefined
  #sendPace: Pace | undefined
  #movedMs: number
  #discarded = 0
  /** Why it ends, where it is we who end it. */
  #end: End | undefined
  /** Who serves it, where it speaks HTTP/2. */
  #successor: Http2ServerConnection | undefined

  constructor(tools: ConnectionTools) {
    this.#tools = tools
    this.#movedMs = tools.sweeper.nowMs
    tools.sweeper.add(this)
  }

  /** Gives the connection its socket; must follow the constructor at once. */
  open(socket: ByteStream, peer: StreamPeer): void {
    this.#socket = socket
    this.#peer = peer
  }

  get peer(): StreamPeer {
    return this.#peer
  }

  get busy(): boolean {
    return this.#stream !== undefined
  }

  /** Closes once the exchange under way, if any, has ended. */
  closeSoon(): void {
    this.#closing = true
    this.#successor?.closeSoon()
    // A request may be on its way: answered by a reset it would fail where FIN lets it be repeated.
    if (this.#stream === undefined && this.#reading === 'head') this.#linger()
  }

  /** Closes behind the next reply that begins. */
  drain(): void {
    this.#draining = true
    this.#successor?.drain()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  /** Ends at once for a reason of ours; half of a reply must not look like the whole of it. */
  stop(): void {
    if (this.#successor !== undefined) return this.#successor.stop()
    this.#end ??= { fault: 'OVERLOADED', reason: 'the gateway stopped' }
    if (this.#stream === undefined) this.destroy()
    else this.#socket.reset()
  }

  // What the socket says.

  bytes(buffer: Buffer, length: number): void {
    this.restUntilMs = 0
    // What is read only to be dropped buys no time.
    if (this.#reading !== 'lingering') this.#movedMs = this.#tools.sweeper.nowMs
    const pending = this.#pending
    if (pending === undefined) return this.#consume(buffer, length)
    pending.add(buffer, length)
    const { headBytesMax } = this.#tools.limits
    if (this.#reading === 'head' && !pending.mayBeJudged(headBytesMax, true)) return
    this.#pending = undefined
    this.#consume(pending.bytes, pending.length)
  }

  ended(): void {
    this.#inputEnded = true
    const isWaiting = this.#reading === 'waiting'
    // Half-closed: the reply under way is still wanted (RFC 9112 §9.6).
    if (isWaiting && this.#stream?.lasts !== true) return
    if (isWaiting || this.#reading === 'body') this.destroy()
    else if (this.#reading === 'tunnel') this.#tunnelEnded()
    else this.#linger()
  }

  drained(): void {
    this.#movedMs = this.#tools.sweeper.nowMs
    if (this.#stream !== undefined) this.#stream.events?.clientWritable()
    else if (this.#reading === 'waiting') this.#next()
  }

  closed(error: NodeJS.ErrnoException | undefined): void {
    this.#reading = 'closed'
    this.#pending = undefined
    this.#tools.sweeper.remove(this)
    const stream = this.#stream
    this.#stream = undefined
    this.#tools.owner.left(this)
    const { fault, reason } = this.#end ?? endOf(error)
    stream?.abort(fault, reason)
  }

  threw(error: unknown): void {
    this.#end = { fault: 'INTERNAL_ERROR', reason: 'a bug of the gateway' }
    this.#tools.owner.bug(error)
    this.#socket.reset()
  }

  sweep(nowMs: number): void {
    const { limits } = this.#tools
    const stillMs = nowMs - this.#movedMs
    if (this.#reading === 'lingering') {
      if (this.#sweepSending(nowMs)) this.#movedMs = nowMs
      else if (stillMs > lingerMs) this.destroy()
    } else if (this.#reading === 'head' && this.#stream === undefined) {
      if (this.#sweepSending(nowMs)) return
      if (this.#pending === undefined) {
        if (stillMs > limits.idleTimeoutMs) this.#linger()
        else this.restUntilMs = this.#movedMs + limits.idleTimeoutMs
      } else if (nowMs - this.#sinceMs > limits.headTimeoutMs) {
        this.#refuseHead(refuse('REQUEST_TIMEOUT', 'The head of the request did not come in time.'))
      }
    } else {
      this.#sweepTransfer(nowMs)
    }
  }

  #sweepTransfer(nowMs: number): void {
    const flows = this.#reading === 'body' && this.#flowing && !this.#paused
    const waitsForBody = (flows && this.#stream?.lasts !== true) || this.#reading === 'draining'
    if (waitsForBody) {
      this.#bodyPace ??= this.#newPace(nowMs, this.#bodyBytes)
      if (this.#bodyPace.isLate(nowMs, this.#bodyBytes)) {
        return this.#breakBody(refuse('REQUEST_TIMEOUT', 'The body did not come in time.'))
      }
    }
    const isSending = this.#sweepSending(nowMs)
    if (this.#reading === 'tunnel' && !isSending) this.restUntilMs = nowMs + tunnelRestMs
  }

  #newPace(nowMs: number, bytes: number): Pace {
    const { bodyIdleTimeoutMs, bodyBytesPerSecondMin } = this.#tools.limits
    return new Pace(nowMs, bytes, bodyIdleTimeoutMs, bodyBytesPerSecondMin)
  }

  /**
   * A reply that the client does not take, or takes too slowly, holds our memory. Tells whether
   * any of one waits to be taken.
   */
  #sweepSending(nowMs: number): boolean {
    if (this.#socket.queuedBytes === 0) {
      this.#sendPace = undefined
      return false
    }
    const sent = this.#socket.sentBytes
    this.#sendPace ??= this.#newPace(nowMs, sent)
    if (this.#sendPace.isLate(nowMs, sent)) {
      this.#end = { fault: 'CLIENT_CLOSED', reason: 'the client took its reply too slowly' }
      this.#socket.reset()
    }
    return true
  }

  // Reading.

  #consume(view: Buffer, length: number): void {
    assert(!this.#consuming, 'one read is consumed before the next')
    this.#consuming = true
    let at = 0
    try {
      while (at < length) {
        const next = this.#step(view, at, length)
        if (next === at) break
        at = next
      }
    } finally {
      this.#consuming = false
    }
    if (this.#reading === 'passed') return
    if (at < length && this.#reading !== 'lingering' && this.#reading !== 'closed') {
      this.#pending = new Gathered(view, at, length)
    }
    this.#settleFlow()
  }

  /** Takes what it can from `at` on and gives the position behind it; `at` where it must wait. */
  #step(view: Buffer, at: number, length: number): number {
    switch (this.#reading) {
      case 'head':
        return this.#closing ? length : this.#readHead(view, at, length)
      case 'body':
        return this.#flowing ? this.#readBody(view, at, length) : at
      case 'draining':
        return this.#readBody(view, at, length)
      case 'tunnel':
        if (!this.#flowing) return at
        this.#stream?.events?.requestPiece(view.subarray(at, length))
        return length
      case 'waiting':
        return at
      case 'lingering':
        this.#discarded += length - at
        if (this.#discarded > lingerBytesMax) this.destroy()
        return length
      case 'closed':
      case 'passed':
        return length
    }
  }

  /** Reads from the socket exactly while somebody can take more. */
  #settleFlow(): void {
    if (this.#reading === 'closed') return
    const wanted =
      this.#reading === 'waiting'
        ? this.#pending === undefined
        : this.#flowing || (this.#reading !== 'body' && this.#reading !== 'tunnel')
    if (wanted === !this.#paused) return
    this.#paused = !wanted
    if (wanted) this.#socket.resume()
    else this.#socket.pause()
  }

  #readHead(view: Buffer, from: number, length: number): number {
    const { limits } = this.#tools
    let at = from
    // One empty line before a request line is forgiven (RFC 9112 §2.2).
    if (view[at] === 0x0d && at + 1 < length && view[at + 1] === 0x0a) at += 2
    const text = headText(view, at, length, limits.headBytesMax)
    const end = text.indexOf('\r\n\r\n')
    if (end < 0) return this.#readPartHead(from, length, text)
    const head = parseRequestHead(text, end + 2, limits, view, at)
    if ('broken' in head) {
      if (this.#requests === 0 && at === from && beginsHttp2(text)) this.#pass(view, at, length)
      else this.#refuseHead(refusalOf(head))
      return length
    }
    this.#begin(head)
    return at + end + 4
  }

  /** Its first line was no request, but the first of HTTP/2 (RFC 9113 §3.3). */
  #pass(view: Buffer, at: number, length: number): void {
    const { owner, sweeper } = this.#tools
    this.#reading = 'passed'
    sweeper.remove(this)
    const left = () => owner.left(this)
    const tools = { ...this.#tools, owner: { ...owner, left } }
    const successor = openHttp2(this.#socket, this.#peer, tools)
    this.#successor = successor
    this.#socket.passTo(successor)
    if (this.#draining) successor.drain()
    successor.bytes(view.subarray(at, length), length - at)
  }

  #readPartHead(from: number, length: number, text: string): number {
    const problem = partialProblem(text, this.#tools.limits)
    if (problem !== undefined) {
      this.#refuseHead(problem)
      return length
    }
    // `bytes` gathers the parts; the clock of the head starts with its first byte.
    if (this.#sinceMs === 0) this.#sinceMs = this.#tools.sweeper.nowMs
    return from
  }

  #begin(head: Http1RequestHead): void {
    this.#requests++
    this.#sinceMs = 0
    this.#bodyBytes = 0
    this.#bodyPace = undefined
    this.#flowing = false
    const length = head.bodyLength
    const empty = length === 'none' || length === 0
    this.#reading = empty ? 'waiting' : 'body'
    this.#left = typeof length === 'number' ? length : 0
    this.#decoder = length === 'streamed' ? this.#newDecoder() : undefined
    const last = this.#requests >= this.#tools.limits.requestsPerConnectionMax
    if (!head.keepAlive || last) this.#closing = true
    this.#stream = new Http1Stream(this, head)
    this.#tools.owner.exchange(this.#stream)
  }

  #newDecoder(): ChunkedDecoder {
    return new ChunkedDecoder(this.#tools.limits, (view, start, end) =>
      this.#takePiece(view.subarray(start, end)),
    )
  }

  #readBody(view: Buffer, at: number, length: number): number {
    if (this.#decoder === undefined) {
      const end = Math.min(length, at + this.#left)
      this.#left -= end - at
      this.#takePiece(view.subarray(at, end))
      if (this.#left === 0) this.#bodyEnded([])
      return end
    }
    const decoder = this.#decoder
    const next = decoder.push(view, at, length)
    if (typeof next !== 'number') {
      this.#breakBody(refusalOf(next))
      return length
    }
    if (decoder.done) this.#bodyEnded(decoder.trailers)
    return next
  }

  #takePiece(piece: Buffer): void {
    this.#bodyBytes += piece.length
    if (this.#reading === 'body') this.#stream?.events?.requestPiece(piece)
  }

  #bodyEnded(trailers: readonly string[]): void {
    if (this.#reading === 'draining') {
      this.#reading = 'waiting'
      if (this.#stream === undefined) this.#next()
    } else if (this.#reading === 'body') {
      this.#reading = 'waiting'
      this.#stream?.events?.requestEnded(trailers)
    }
  }

  /** The rest of what came goes on first. */
  #tunnelEnded(): void {
    if (this.#pending !== undefined) return
    this.#reading = 'waiting'
    this.#stream?.events?.requestEnded([])
  }

  #breakBody(refusal: Refusal): void {
    this.#closing = true
    if (this.#reading === 'body') {
      this.#reading = 'waiting'
      this.#stream?.events?.requestBroken(refusal)
    } else if (this.#reading === 'draining') {
      this.#linger()
    }
  }

  #refuseHead(refusal: Refusal): void {
    this.#closing = true
    this.#pending = undefined
    this.#reading = 'waiting'
    this.#stream = new Http1Stream(this, unreadable)
    this.#tools.owner.malformed(this.#stream, refusal)
  }

  // What a stream asks for.

  flow(stream: Http1Stream): void {
    if (this.#stream !== stream || this.#flowing) return
    if (this.#reading !== 'body' && this.#reading !== 'tunnel') return
    if (stream.awaitsContinue) {
      stream.awaitsContinue = false
      this.#socket.write('HTTP/1.1 100 Continue\r\n\r\n')
    }
    this.#flowing = true
    // The time for which we held it up is not the client's.
    this.#bodyPace = undefined
    this.#resumeReading()
  }

  hold(stream: Http1Stream): void {
    if (this.#stream !== stream) return
    if (this.#reading !== 'body' && this.#reading !== 'tunnel') return
    this.#flowing = false
    if (!this.#consuming) this.#settleFlow()
  }

  #resumeReading(): void {
    if (this.#consuming) return
    const pending = this.#pending
    this.#pending = undefined
    if (pending !== undefined) this.#consume(pending.bytes, pending.length)
    else this.#settleFlow()
    if (this.#inputEnded && this.#pending === undefined) this.ended()
  }

  write(text: string): boolean {
    return this.#socket.write(text)
  }

  writePiece(piece: Piece): boolean {
    return this.#socket.writePiece(piece)
  }

  lastReply(stream: Http1Stream): boolean {
    if (this.#draining || (this.#reading === 'body' && !this.#drainable(stream))) {
      this.#closing = true
    }
    return this.#closing
  }

  #drainable(stream: Http1Stream): boolean {
    return this.#decoder === undefined && this.#left <= drainBytesMax && !stream.awaitsContinue
  }

  tunnel(stream: Http1Stream): void {
    if (this.#stream !== stream || this.#reading !== 'waiting') return
    this.#closing = true
    this.#reading = 'tunnel'
    this.#flowing = false
    if (!this.#consuming) this.#settleFlow()
  }

  replied(stream: Http1Stream): void {
    if (this.#stream !== stream) return
    this.#stream = undefined
    this.#movedMs = this.#tools.sweeper.nowMs
    if (this.#reading === 'body') {
      if (this.#closing || !this.#drainable(stream)) return this.#linger()
      this.#reading = 'draining'
      this.#bodyPace = undefined
      return this.#resumeReading()
    }
    if (this.#reading === 'tunnel') this.#linger()
    else if (this.#reading === 'waiting') this.#next()
  }

  #next(): void {
    if (this.#closing || (this.#inputEnded && this.#pending === undefined)) return this.#linger()
    // Who does not take its replies gets no more of them: `drained` goes on.
    if (this.#socket.full) return
    this.#reading = 'head'
    this.#sinceMs = 0
    if (this.#pending !== undefined) this.#resumeReading()
    else if (!this.#consuming) this.#settleFlow()
  }

  #linger(): void {
    this.restUntilMs = 0
    this.#reading = 'lingering'
    this.#pending = undefined
    this.#movedMs = this.#tools.sweeper.nowMs
    this.#socket.finish()
    // With both directions ended the socket closes by itself once its queue is empty.
    if (!this.#inputEnded && !this.#consuming) this.#settleFlow()
  }

  cut(stream: Http1Stream): void {
    if (this.#stream === stream) this.#socket.reset()
  }
}

const endOf = (error: NodeJS.ErrnoException | undefined): End => ({
  fault: 'CLIENT_CLOSED',
  reason:
    error === undefined
      ? 'the client closed the connection'
      : `the connection to the client broke (${error.code ?? error.message})`,
})
