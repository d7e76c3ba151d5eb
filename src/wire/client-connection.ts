// One HTTP/1.1 connection to an endpoint, and one exchange at a time on it.
//
//   connecting ──▶ idle ⇄ busy ──▶ closed      (busy: request out, reply in, in any order)
//                   └──▶ ending ──▶ closed     (destroyed while idle: the pool must not give it out)
//
// A connection is used again only when both messages came to their end as framed; one byte too
// many, before, between or behind, and it is closed.
import { assert, type Limits } from '../base.ts'
import type { Piece } from '../http.ts'
import type { ByteSink, ByteStream } from './bytes.ts'
import type { Call, CallBody, CallEvents, CallFailure, CallTerms, StreamTimes } from './call.ts'
import { ChunkedDecoder, writeChunk } from './chunked.ts'
import { type Address, type Connect, connectSocket } from './connect.ts'
import { Gathered } from './gathered.ts'
import { headText } from './head-text.ts'
import { frameType } from './http2/frames.ts'
import { pieceOf } from './latin1.ts'
import { linesOf } from './lines.ts'
import { Pace } from './pace.ts'
import { type Http1ReplyHead, parseReplyHead } from './reply-head.ts'
import { type Sweepable, type Sweeper, tunnelRestMs } from './sweeper.ts'
import { TlsFailure } from './tls-failure.ts'
import { failureText, type Unopened, whyUnopened } from './unopened.ts'

/** Who keeps the connection between exchanges. */
export interface ConnectionKeeper {
  opened(connection: ClientConnection): void
  /** Its exchange has ended and it may take another one. */
  freed(connection: ClientConnection): void
  /** It became a tunnel: it takes no exchange any more, however long it lives. */
  upgraded(connection: ClientConnection): void
  /** Comes once, last; says why where it never opened. */
  closed(connection: ClientConnection, unopened: Unopened | undefined): void
}

export interface ClientTools {
  readonly sweeper: Sweeper
  readonly limits: Limits
  readonly keeper: ConnectionKeeper
  readonly bug: (error: unknown) => void
}

/** A reply that nobody wants is read up to here, so that its connection may be kept. */
const discardBytesMax = 64 * 1024

const deaf: CallEvents = {
  replyInterim() {},
  replyHead() {},
  replyPiece() {},
  replyEnded() {},
  callFailed() {},
  upstreamWritable() {},
}

type State = 'connecting' | 'idle' | 'busy' | 'ending' | 'closed'

export class ClientConnection implements Call, ByteSink, Sweepable {
  sweepIndex = -1
  restUntilMs = 0
  readonly #tools: ClientTools
  readonly #socket: ByteStream
  #state: State = 'connecting'
  #call: CallEvents | undefined
  #terms: CallTerms | undefined
  #method = ''
  /** The protocol that the request asks to go on with. */
  #upgrade: string | undefined
  #requestDone = false
  #chunks = false
  #reply: Http1ReplyHead | undefined
  #replied = false
  #interims = 0
  #left = 0
  #decoder: ChunkedDecoder | undefined
  #pending: Gathered | undefined
  #paused = false
  #movedMs: number
  /** When the request was out, or the upstream last said that it works on it. */
  #askedMs = 0
  /** Of the request that waits to be taken; from the first sweep on. */
  #sendPace: Pace | undefined
  #opening = false
  #waited = false
  #staysOpen = true
  /** Idle longer than this, the upstream may close it any moment. */
  #idleMsMax: number

  constructor(address: Address, tools: ClientTools, connect: Connect = connectSocket) {
    this.#tools = tools
    this.#movedMs = tools.sweeper.nowMs
    this.#idleMsMax = tools.limits.endpointIdleTimeoutMs
    tools.sweeper.add(this)
    this.#socket = connect(address, this, () => this.#opened())
  }

  /** Whether it stood open before its exchange began: such a connection may turn out stale. */
  get waited(): boolean {
    return this.#waited
  }

  /** Whether it may take an exchange: the upstream has not closed it, nor is about to. */
  get usable(): boolean {
    return this.#state === 'idle' && this.#tools.sweeper.nowMs - this.#movedMs < this.#idleMsMax
  }

  /**
   * Sends a request head and begins its exchange. With `chunks` the body follows in pieces of the
   * chunked coding; `done` says that no body follows.
   */
  begin(call: CallEvents, method: string, head: string, body: CallBody, terms: CallTerms): void {
    assert(this.#state === 'idle', 'only an idle connection takes an exchange')
    this.#state = 'busy'
    this.restUntilMs = 0
    this.#call = call
    this.#terms = terms
    this.#method = method
    this.#upgrade = body === 'tunnel' ? /\r\nUpgrade: ([^\r]+)/.exec(head)?.[1] : undefined
    this.#requestDone = body !== 'bytes' && body !== 'chunks'
    this.#chunks = body === 'chunks'
    this.#reply = undefined
    this.#replied = false
    this.#interims = 0
    this.#staysOpen = true
    this.#waited = !this.#opening
    this.#movedMs = this.#tools.sweeper.nowMs
    this.#askedMs = this.#movedMs
    this.#sendPace = undefined
    this.#socket.write(head)
  }

  /** False asks to wait for `writable`. */
  sendPiece(piece: Piece): boolean {
    if (piece.length === 0 || this.#state !== 'busy') return true
    return this.#chunks ? writeChunk(this.#socket, piece) : this.#socket.writePiece(piece)
  }

  /** Sends a body whole, whose memory nobody changes any more. */
  sendKept(bytes: Buffer): void {
    if (this.#state === 'busy') this.#socket.writeKept(bytes)
  }

  sendEnd(trailers: readonly string[]): void {
    if (this.#state !== 'busy') return
    if (this.#chunks) this.#socket.write(`0\r\n${linesOf(trailers)}\r\n`)
    if (this.#isTunnel) this.#socket.finish()
    this.#requestDone = true
    this.#movedMs = this.#tools.sweeper.nowMs
    this.#askedMs = this.#movedMs
  }

  retime({ replyIdleTimeoutMs, deadlineMs }: StreamTimes): void {
    if (this.#terms === undefined) return
    this.#terms = { ...this.#terms, replyIdleTimeoutMs, deadlineMs }
  }

  pause(): void {
    if (this.#state !== 'busy' || this.#paused) return
    this.#paused = true
    this.#socket.pause()
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#movedMs = this.#tools.sweeper.nowMs
    this.#socket.resume()
  }

  /** Takes no more of the reply, which is read to its end where that is near. */
  discard(): void {
    if (this.#state !== 'busy' || this.#call === undefined) return
    // Of a request that will not be completed the upstream may await the rest before it ends.
    if (!this.#requestDone) return this.abandon()
    let leftBytes = discardBytesMax
    this.#call = {
      ...deaf,
      replyPiece: (piece) => {
        leftBytes -= piece.length
        if (leftBytes < 0) this.abandon()
      },
    }
    this.resume()
  }

  /** Leaves the exchange: its connection is cut, so the upstream never sees it completed. */
  abandon(): void {
    this.#call = undefined
    this.#cut()
  }

  close(): void {
    if (this.#state === 'idle') this.#state = 'ending'
    this.#socket.destroy()
  }

  #cut(): void {
    if (this.#state === 'closed') return
    if (this.#requestDone || this.#isTunnel) this.#socket.destroy()
    else this.#socket.reset()
  }

  #opened(): void {
    if (this.#state !== 'connecting') return
    this.#state = 'idle'
    this.#movedMs = this.#tools.sweeper.nowMs
    this.#opening = true
    this.#tools.keeper.opened(this)
    this.#opening = false
  }

  // What the socket says.

  bytes(buffer: Buffer, length: number): void {
    this.#movedMs = this.#tools.sweeper.nowMs
    if (this.#state !== 'busy') {
      // Nobody asked: whatever reads it would take it for the reply to the next request.
      return this.close()
    }
    const pending = this.#pending
    if (pending === undefined) return this.#consume(buffer, length)
    pending.add(buffer, length)
    const { replyHeadBytesMax } = this.#tools.limits
    if (this.#reply === undefined && !pending.mayBeJudged(replyHeadBytesMax, false)) return
    this.#pending = undefined
    this.#consume(pending.bytes, pending.length)
  }

  #consume(view: Buffer, length: number): void {
    let at = 0
    while (at < length) {
      if (this.#call === undefined) {
        this.#socket.destroy()
        return
      }
      const next =
        this.#reply === undefined
          ? this.#readHead(view, at, length)
          : this.#readBody(view, at, length)
      if (next === at) break
      at = next
    }
    if (at < length && this.#call !== undefined) {
      this.#pending = new Gathered(view, at, length)
    }
  }

  #readHead(view: Buffer, at: number, length: number): number {
    this.#replied = true
    const { limits } = this.#tools
    const bytesMax = limits.replyHeadBytesMax
    const text = headText(view, at, length, bytesMax)
    const end = text.indexOf('\r\n\r\n')
    if (end < 0) {
      if (text.length >= bytesMax + 4) {
        return this.#fail(length, 'the head of the reply is too large')
      }
      const hopeless = /(?:^|[^\r])\n/.test(text) || !'HTTP/1.'.startsWith(text.slice(0, 7))
      return hopeless ? this.#fail(length, whatItIs(text)) : at
    }
    const { replyHeadFieldsMax } = limits
    const head = parseReplyHead(
      text,
      end + 2,
      this.#method,
      replyHeadFieldsMax,
      view,
      at,
      this.#terms!.reading.roles,
      this.#terms!.fieldsWanted,
    )
    if ('broken' in head) return this.#fail(length, head.broken)
    const next = at + end + 4
    if (head.status === 101) return this.#takeUpgrade(head, next, length)
    if (head.status < 200) return this.#takeInterim(head, next, length)
    this.#takeHead(head, next < length)
    const body = head.bodyLength
    const textEnd = end + 4 + (typeof body === 'number' ? body : 0)
    if (typeof body !== 'number' || body === 0 || textEnd > text.length) return next
    // A small body is in the text already.
    if (this.#call === undefined) return next
    this.#call.replyPiece(text.slice(end + 4, textEnd))
    this.#ended([], at + textEnd < length)
    return at + textEnd
  }

  #takeHead(head: Http1ReplyHead, more: boolean): void {
    this.#reply = head
    this.#staysOpen = head.keepAlive
    this.#takeKeepAlive(head)
    const length = head.bodyLength
    this.#left = typeof length === 'number' ? length : 0
    this.#decoder =
      length === 'streamed' && !head.untilClose
        ? new ChunkedDecoder(this.#tools.limits, (view, start, end) =>
            this.#call?.replyPiece(pieceOf(view, start, end)),
          )
        : undefined
    this.#call!.replyHead(head)
    if (length === 'none' || length === 0) this.#ended([], more)
  }

  /** From here on both sides send bytes until each ends by itself. */
  #takeUpgrade(head: Http1ReplyHead, next: number, length: number): number {
    const asked = this.#upgrade
    if (asked === undefined) return this.#fail(length, '101 came without an Upgrade')
    if (head.upgrade !== asked) return this.#fail(length, `101 is no upgrade to ${asked}`)
    this.#reply = { ...head, bodyLength: 'tunnel', untilClose: true }
    // Of the reply before it on the connection.
    this.#decoder = undefined
    this.#requestDone = false
    this.#staysOpen = false
    this.#tools.keeper.upgraded(this)
    this.#call!.replyHead(this.#reply)
    return next
  }

  get #isTunnel(): boolean {
    return this.#reply?.bodyLength === 'tunnel'
  }

  #takeInterim(head: Http1ReplyHead, next: number, length: number): number {
    if (++this.#interims > this.#tools.limits.interimRepliesMax) {
      return this.#fail(length, 'too many interim replies')
    }
    this.#askedMs = this.#movedMs
    this.#call!.replyInterim(head)
    return next
  }

  #takeKeepAlive(head: Http1ReplyHead): void {
    if (head.keepAliveSeconds === undefined) return
    // A second less than the upstream says: a request must not cross its FIN on the way.
    const saidMs = Math.max(0, head.keepAliveSeconds * 1000 - 1000)
    this.#idleMsMax = Math.min(this.#tools.limits.endpointIdleTimeoutMs, saidMs)
  }

  #readBody(view: Buffer, at: number, length: number): number {
    if (this.#decoder !== undefined) {
      const next = this.#decoder.push(view, at, length)
      if (typeof next !== 'number') return this.#fail(length, next.broken)
      if (this.#decoder.done) this.#ended(this.#decoder.trailers, next < length)
      return next
    }
    if (this.#reply!.untilClose) {
      this.#call!.replyPiece(view.subarray(at, length))
      return length
    }
    const end = Math.min(length, at + this.#left)
    this.#left -= end - at
    this.#call!.replyPiece(pieceOf(view, at, end))
    if (this.#left === 0) this.#ended([], end < length)
    return end
  }

  #ended(trailers: readonly string[], surplus: boolean): void {
    const call = this.#call
    if (call === undefined) return
    this.#call = undefined
    // Bytes behind the reply were not asked for; an unfinished request cannot be taken back.
    if (surplus || !this.#staysOpen || !this.#requestDone) {
      this.#cut()
    } else {
      this.#state = 'idle'
      this.resume()
      this.#tools.keeper.freed(this)
    }
    call.replyEnded(trailers)
  }

  #fail(length: number, reason: string): number {
    this.#report({ kind: 'protocol', reason })
    this.#socket.reset()
    return length
  }

  #report(failure: CallFailure): void {
    const call = this.#call
    this.#call = undefined
    call?.callFailed(failure)
  }

  ended(): void {
    if (this.#call !== undefined && this.#reply?.untilClose === true) this.#ended([], false)
    this.close()
  }

  drained(): void {
    this.#movedMs = this.#tools.sweeper.nowMs
    this.#askedMs = this.#movedMs
    this.#call?.upstreamWritable()
  }

  closed(error: NodeJS.ErrnoException | undefined): void {
    const before = this.#state
    this.#state = 'closed'
    this.#tools.sweeper.remove(this)
    const isUnopened = before === 'connecting'
    const silent = isUnopened ? 'did not open in time' : 'closed'
    const reason = error === undefined ? silent : failureText(error)
    this.#tools.keeper.closed(this, isUnopened ? { why: whyUnopened(error), reason } : undefined)
    const failure = { reason: `connection ${reason}`, replied: this.#replied }
    this.#report({ kind: error instanceof TlsFailure ? 'insecure' : 'closed', ...failure })
  }

  threw(error: unknown): void {
    this.#tools.bug(error)
    this.#socket.reset()
    try {
      this.#report({ kind: 'bug', reason: 'a bug of the gateway' })
    } catch (another) {
      this.#tools.bug(another)
    }
  }

  sweep(nowMs: number): void {
    const stillMs = nowMs - this.#movedMs
    if (this.#state === 'idle') {
      if (stillMs >= this.#idleMsMax) this.close()
      else this.restUntilMs = this.#movedMs + this.#idleMsMax
    } else if (this.#state === 'connecting') {
      if (stillMs > this.#tools.limits.connectTimeoutMs) this.#socket.destroy()
    } else if (this.#state === 'busy' && this.#terms !== undefined) {
      const late = this.#lateness(nowMs, stillMs, this.#terms)
      if (late === undefined) return
      this.#report({ kind: 'timeout', reason: late })
      this.#cut()
    }
  }

  /** Whether the upstream has taken nothing for long of what waits for it. */
  #isStuck(nowMs: number, idleMs: number): boolean {
    if (this.#socket.queuedBytes === 0) {
      this.#sendPace = undefined
      return false
    }
    const sent = this.#socket.sentBytes
    this.#sendPace ??= new Pace(nowMs, sent, idleMs, 0)
    return this.#sendPace.isLate(nowMs, sent)
  }

  #lateness(nowMs: number, stillMs: number, terms: CallTerms): string | undefined {
    if (this.#isTunnel) {
      if (this.#isStuck(nowMs, terms.replyIdleTimeoutMs)) {
        return 'the upstream took no more of the tunnel'
      }
      if (this.#sendPace === undefined) this.restUntilMs = nowMs + tunnelRestMs
      return undefined
    }
    if (nowMs > terms.deadlineMs) return 'the whole exchange took too long'
    if (this.#paused) return undefined
    if (!this.#requestDone) {
      const stuck = this.#isStuck(nowMs, terms.replyIdleTimeoutMs)
      return stuck ? 'the upstream took no more of the request' : undefined
    }
    if (this.#reply === undefined) {
      // Measured from the request: a head that drips in byte by byte is no head either.
      const late = nowMs - this.#askedMs > terms.firstByteTimeoutMs
      return late ? 'no reply began in time' : undefined
    }
    return stillMs > terms.replyIdleTimeoutMs ? 'the reply stood still' : undefined
  }
}

/** SETTINGS is what an endpoint of HTTP/2 says first, whatever it is asked. */
const whatItIs = (text: string): string =>
  text.startsWith('\0\0') && text.charCodeAt(3) === frameType.settings
    ? 'it speaks HTTP/2, and is asked in HTTP/1.1 (write h2c:// or `http: 2`)'
    : 'the bytes are no HTTP/1.1 reply'
