// One request over HTTP/3 and its reply.
//
// A body comes in pieces that cannot be held back one stream at a time: the native part reads
// whatever comes. What nobody wants yet is kept here, and the connection is told how much that is:
// beyond a bound it has the client's packets dropped, as a full router would.
import type { Refusal, Stream, StreamEvents, StreamPeer } from 'concordat'
import { sentFields, sentList } from './fields.ts'
import type { NativeField, NativeServer } from './native.ts'

type FieldHead = Pick<Stream, 'head' | 'forwardable' | 'takesTrailers'>
type BodyLength = Parameters<Stream['sendHead']>[2]
type Piece = Parameters<Stream['sendPiece']>[0]
type FaultCode = Refusal['code']

/** What a stream asks of its connection. */
export interface StreamConnection {
  readonly peer: StreamPeer
  readonly handle: number
  readonly server: NativeServer
  /** Whether replies find room; where not, `writable` is called when they do. */
  readonly hasRoom: boolean
  /** Whether all that was sent has left. */
  readonly isFlushed: boolean
  readonly malformedReason: (reason: string) => Refusal
  /** So many bytes of bodies more are kept, or fewer. */
  keep(bytes: number): void
  sent(bytes: number): void
  left(stream: Http3Stream): void
}

/** Error codes of HTTP/3 (RFC 9114 §8.1). */
export const h3 = {
  noError: 0x100,
  internalError: 0x102,
  excessiveLoad: 0x107,
  requestRejected: 0x10b,
} as const

const nothing = Buffer.alloc(0)

export class Http3Stream implements Stream {
  readonly head: Stream['head']
  readonly forwardable: string
  readonly takesTrailers: boolean
  readonly id: number
  events: StreamEvents | undefined
  /** When its reply was whole while its body still came. */
  repliedMs: number | undefined
  readonly #connection: StreamConnection
  readonly #length: number | undefined
  #reading: 'body' | 'ended' = 'body'
  #flowing = false
  #kept: Buffer[] = []
  #trailers: readonly string[] = []
  #ended = false
  /** What ends the body in place of its end. */
  #breach: Refusal | undefined
  #sending: 'nothing' | 'head' | 'body' | 'done' = 'nothing'
  #fields: NativeField[] = []
  #left = -1
  /** What the native part had no room for, in order, and how the reply ends behind it. */
  #unsent: Buffer[] = []
  #end: readonly string[] | undefined
  bodyBytes = 0
  sentBytes = 0

  constructor(connection: StreamConnection, id: number, { head, ...rest }: FieldHead) {
    this.#connection = connection
    this.id = id
    this.head = head
    this.forwardable = rest.forwardable
    this.takesTrailers = rest.takesTrailers
    this.#length = typeof head.bodyLength === 'number' ? head.bodyLength : undefined
  }

  get peer(): StreamPeer {
    return this.#connection.peer
  }

  attach(events: StreamEvents): void {
    this.events = events
  }

  /** Whether the client is to send: nobody holds it back. */
  get waitsForBody(): boolean {
    return this.#reading === 'body' && this.#flowing && !this.#ended
  }

  get waitsForRoom(): boolean {
    return this.#sending === 'body' && !this.#connection.isFlushed
  }

  // What the client sends.

  received(piece: Buffer): void {
    this.bodyBytes += piece.length
    if (this.#breach !== undefined || this.#reading === 'ended') return
    if (this.#length !== undefined && this.bodyBytes > this.#length) {
      return this.break(this.#connection.malformedReason('the body is longer than Content-Length'))
    }
    if (this.#flowing && this.#kept.length === 0) return this.events?.requestPiece(piece)
    this.#kept.push(piece)
    this.#connection.keep(piece.length)
  }

  receivedTrailers(trailers: readonly string[]): void {
    this.#trailers = trailers
  }

  receivedEnd(): void {
    if (this.#ended) return
    this.#ended = true
    if (this.#length !== undefined && this.bodyBytes < this.#length) {
      this.#breach ??= this.#connection.malformedReason('the body is shorter than Content-Length')
    }
    this.#settleBody()
    this.#leave()
  }

  /** The body ends here, and not as it should. */
  break(refusal: Refusal): void {
    this.#breach ??= refusal
    this.#settleBody()
  }

  readBody(): void {
    if (this.#flowing) return
    this.#flowing = true
    this.#settleBody()
  }

  pauseBody(): void {
    this.#flowing = false
  }

  #settleBody(): void {
    while (this.#flowing && this.#kept.length > 0) {
      const piece = this.#kept.shift()!
      this.#connection.keep(-piece.length)
      this.events?.requestPiece(piece)
    }
    if (!this.#flowing || this.#reading === 'ended' || this.#sending === 'done') return
    if (this.#breach !== undefined) {
      this.#reading = 'ended'
      this.events?.requestBroken(this.#breach)
    } else if (this.#ended) {
      this.#reading = 'ended'
      this.events?.requestEnded(this.#trailers)
    }
  }

  #dropKept(): void {
    for (const piece of this.#kept.splice(0)) this.#connection.keep(-piece.length)
  }

  // What we send.

  /** The native part knows one head a reply: an interim one would stand in the place of the last. */
  sendInterim(): void {}

  sendHead(statusText: string, lines: string, length: BodyLength): void {
    this.#sending = 'head'
    this.#fields = [{ name: ':status', value: statusText.slice(0, 3) }, ...sentFields(lines)]
    this.#left = typeof length === 'number' ? length : -1
    // A short reply follows at once and goes out with its head.
    queueMicrotask(() => this.#flushHead())
  }

  #flushHead(fin = false): void {
    if (this.#sending !== 'head') return
    this.#sending = 'body'
    const { server, handle } = this.#connection
    server.sendResponseHeaders(handle, this.id, this.#fields, fin)
  }

  sendPiece(piece: Piece): boolean {
    if (piece.length === 0 || this.#sending === 'done') return true
    const bytes = typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece
    this.sentBytes += bytes.length
    if (this.#sending === 'head' && bytes.length === this.#left) {
      this.#sending = 'body'
      this.#left = 0
      this.#connection.sent(bytes.length)
      const { server, handle } = this.#connection
      server.sendResponse(handle, this.id, this.#fields, bytes, true)
      return true
    }
    this.#flushHead()
    this.#write(bytes)
    return this.#unsent.length === 0 && this.#connection.hasRoom
  }

  #write(bytes: Buffer): void {
    if (this.#unsent.length > 0 || !this.#tryWrite(bytes, false)) {
      this.#unsent.push(Buffer.from(bytes))
    }
  }

  #tryWrite(bytes: Buffer, fin: boolean): boolean {
    const { server, handle } = this.#connection
    if (server.streamSend(handle, this.id, bytes, fin).status !== 0) return false
    this.#connection.sent(bytes.length)
    return true
  }

  sendEnd(trailers: readonly string[]): void {
    if (this.#sending === 'done') return
    const withHead = this.#sending === 'head' && trailers.length === 0
    this.#flushHead(withHead)
    this.#end = withHead || this.#left === 0 ? undefined : trailers
    this.#sending = 'done'
    this.#reading = 'ended'
    this.#dropKept()
    this.writable()
    this.#leave()
  }

  #leave(): void {
    if (this.#ended && this.isSent && this.#unsent.length === 0) this.#connection.left(this)
  }

  /** The connection has room again, or all that was sent has left. */
  writable(): void {
    while (this.#unsent.length > 0) {
      if (!this.#tryWrite(this.#unsent[0]!, false)) return
      this.#unsent.shift()
    }
    if (this.#end !== undefined) return this.#finish(this.#end)
    if (this.#sending === 'body' && this.#connection.hasRoom) this.events?.clientWritable()
  }

  #finish(trailers: readonly string[]): void {
    const { server, handle, isFlushed } = this.#connection
    if (trailers.length === 0) {
      if (!this.#tryWrite(nothing, true)) return
    } else {
      // The native part sends them at once, past what of the body still waits.
      if (!isFlushed) return
      server.sendTrailers(handle, this.id, sentList(trailers))
    }
    this.#end = undefined
    this.#leave()
  }

  /** Whether the reply is out of our hands. */
  get isSent(): boolean {
    return this.#sending === 'done' && this.#end === undefined
  }

  cut(): void {
    this.close(h3.internalError)
  }

  /** Ends both directions, telling nobody here. */
  close(code: number): void {
    this.#sending = 'done'
    this.#reading = 'ended'
    this.#ended = true
    this.#unsent = []
    this.#end = undefined
    this.#dropKept()
    const { server, handle } = this.#connection
    server.streamClose(handle, this.id, code)
    this.#connection.left(this)
  }

  /** Nothing goes either way any more. */
  gone(fault: FaultCode, reason: string): void {
    const wasReplied = this.#sending === 'done'
    this.#sending = 'done'
    this.#reading = 'ended'
    this.#ended = true
    this.#unsent = []
    this.#end = undefined
    this.#dropKept()
    if (!wasReplied) this.events?.clientGone(fault, reason)
  }
}
