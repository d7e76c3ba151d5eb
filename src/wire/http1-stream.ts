// One exchange on an HTTP/1.1 connection: how a reply is framed, for each version and length.
import { assert, type FaultCode } from '../base.ts'
import type { BodyLength, Piece, Stream, StreamEvents, StreamPeer } from '../http.ts'
import { writeChunk } from './chunked.ts'
import { linesOf } from './lines.ts'
import type { Http1RequestHead } from './request-head.ts'

/** What a stream asks of its connection, which heeds the stream under way alone. */
export interface StreamConnection {
  readonly peer: StreamPeer
  flow(stream: Http1Stream): void
  hold(stream: Http1Stream): void
  write(text: string): boolean
  writePiece(piece: Piece): boolean
  /** Whether the reply about to begin is the last one on the connection. */
  lastReply(stream: Http1Stream): boolean
  closeSoon(): void
  /** What comes and goes from now on is no HTTP. */
  tunnel(stream: Http1Stream): void
  /** The stream has sent its whole reply. */
  replied(stream: Http1Stream): void
  /** Ends the connection so that the client sees that its reply is not whole. */
  cut(stream: Http1Stream): void
}

/** Stands for the head of bytes that are none. */
export const unreadable: Http1RequestHead = {
  method: '',
  target: '',
  path: '',
  query: undefined,
  host: '',
  version: '1.1',
  headers: [],
  bodyLength: 'none',
  upgrade: undefined,
  forwardable: '',
  keepAlive: false,
  expectContinue: false,
  takesTrailers: false,
}

/** One exchange on an HTTP/1.1 connection. */
export class Http1Stream implements Stream {
  readonly head: Http1RequestHead
  events: StreamEvents | undefined
  awaitsContinue: boolean
  /** As long as the client likes. */
  lasts = false
  readonly #connection: StreamConnection
  #sending: 'nothing' | 'whole' | 'chunks' | 'untilClose' | 'tunnel' | 'done' = 'nothing'

  constructor(connection: StreamConnection, head: Http1RequestHead) {
    this.#connection = connection
    this.head = head
    this.awaitsContinue = head.expectContinue
  }

  get forwardable(): string {
    return this.head.forwardable
  }

  get takesTrailers(): boolean {
    return this.head.takesTrailers
  }

  get peer(): StreamPeer {
    return this.#connection.peer
  }

  attach(events: StreamEvents): void {
    this.events = events
  }

  readBody(): void {
    this.#connection.flow(this)
  }

  pauseBody(): void {
    this.#connection.hold(this)
  }

  last(): void {
    this.lasts = true
  }

  sendInterim(statusText: string, lines: string): void {
    // An HTTP/1.0 client does not know interim replies (RFC 9110 §15.2).
    if (this.head.version === '1.0' || this.#sending !== 'nothing') return
    this.#connection.write(`HTTP/1.1 ${statusText}\r\n${lines}\r\n`)
  }

  sendHead(statusText: string, lines: string, length: BodyLength): void {
    assert(this.#sending === 'nothing', 'a reply has one head')
    if (length === 'tunnel') return this.#sendUpgrade(statusText, lines)
    const http10 = this.head.version === '1.0'
    let framing = ''
    this.#sending = 'whole'
    if (length === 'streamed') {
      this.#sending = http10 ? 'untilClose' : 'chunks'
      if (http10) this.#connection.closeSoon()
      else framing = 'Transfer-Encoding: chunked\r\n'
    }
    if (this.#connection.lastReply(this)) framing += 'Connection: close\r\n'
    else if (http10) framing += 'Connection: keep-alive\r\n'
    this.#connection.write(`HTTP/1.1 ${statusText}\r\n${lines}${framing}\r\n`)
  }

  #sendUpgrade(statusText: string, lines: string): void {
    const { upgrade } = this.head
    assert(upgrade !== undefined, 'only who asked for it is given an upgrade')
    this.#sending = 'tunnel'
    const framing = `Connection: Upgrade\r\nUpgrade: ${upgrade}\r\n`
    this.#connection.write(`HTTP/1.1 ${statusText}\r\n${lines}${framing}\r\n`)
    this.#connection.tunnel(this)
  }

  sendPiece(piece: Piece): boolean {
    if (piece.length === 0) return true
    if (this.#sending !== 'chunks') return this.#connection.writePiece(piece)
    return writeChunk(this.#connection, piece)
  }

  sendEnd(trailers: readonly string[]): void {
    assert(this.#sending !== 'nothing' && this.#sending !== 'done', 'a reply ends once')
    if (this.#sending === 'chunks') {
      this.#connection.write(`0\r\n${this.takesTrailers ? linesOf(trailers) : ''}\r\n`)
    }
    this.#sending = 'done'
    this.#connection.replied(this)
  }

  cut(): void {
    this.#sending = 'done'
    this.#connection.cut(this)
  }

  abort(fault: FaultCode, reason: string): void {
    if (this.#sending === 'done') return
    this.#sending = 'done'
    this.events?.clientGone(fault, reason)
  }
}
