// The seam between a protocol and the life of an exchange: what the gateway may do with one
// request and its reply, whichever protocol brought it. HTTP/1.1 is its first maker.
import type { FaultCode, Refusal } from '../base.ts'
import type { BodyLength, RequestHead } from './exchange.ts'

/** Bytes of a body: a buffer, or latin1 text where they are at hand as such. */
export type Piece = Buffer | string

/** What happens to a stream after its head, told to whoever serves it. */
export interface StreamEvents {
  /** A piece of the request body, after `readBody`; valid during the call only. */
  requestPiece(piece: Piece): void
  requestEnded(trailers: readonly string[]): void
  /** The body breaks its framing or a bound; no more of it comes. */
  requestBroken(refusal: Refusal): void
  /** The client takes bytes again after a send said false. */
  clientWritable(): void
  /**
   * Nothing can be sent any more, for the client went or because of us: `fault` tells which. Comes
   * at most once, last, and never after `sendEnd`.
   */
  clientGone(fault: FaultCode, reason: string): void
}

/** Who is at the other end of a connection; one object for all its streams. */
export interface StreamPeer {
  readonly address: string
  readonly port: number
  /** Whether its connection came encrypted. */
  readonly isSecure?: boolean
  /** Where its connection arrived here; made for who asks, which hardly anybody does. */
  readonly arrivedAt?: () => { readonly address: string; readonly port: number } | undefined
  /** Header lines, each with CRLF, that final replies on its connection have beside their own. */
  readonly replyLines?: (() => string) | undefined
  /** What the server of the streams wants to remember of the connection. */
  memo: unknown
}

/** One request on its way in and its reply on its way out. */
export interface Stream {
  readonly head: RequestHead
  /** The request's header lines that may go on, each with CRLF. */
  readonly forwardable: string
  readonly takesTrailers: boolean
  /** Whether trailers travel in the body, where they may follow nothing but a whole message. */
  readonly trailersInBody?: boolean
  /** Whether only the verdict is wanted: nothing is sent upstream. */
  readonly asksOnly?: boolean
  readonly peer: StreamPeer
  /** Must be called before anything else, within the call that brought the stream. */
  attach(events: StreamEvents): void
  /** Lets the body flow, and bids the client continue where it waits for that. */
  readBody(): void
  pauseBody(): void
  /**
   * The exchange lasts as long as its client likes: its body may pause, and a client that ends its
   * side of the connection is gone.
   */
  last?(): void
  /** Sends an interim reply where the client may have one. */
  sendInterim(statusText: string, lines: string): void
  /**
   * Sends the head of the reply: `lines` are header lines with CRLF. A `length` in bytes, or
   * `none`, is already framed by them; `streamed` is framed by the protocol.
   */
  sendHead(statusText: string, lines: string, length: BodyLength): void
  /** False asks to wait for `clientWritable`. */
  sendPiece(piece: Piece): boolean
  sendEnd(trailers: readonly string[]): void
  /** Ends the stream so that the client notices that the reply is not whole. */
  cut(): void
}
