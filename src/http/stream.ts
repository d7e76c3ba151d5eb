// The seam between a protocol and the life of an exchange: what the gateway may do with one
// request and its reply, whichever protocol brought it. HTTP/1.1 is its first maker.
import type { Refusal } from '../base.ts'
import type { BodyLength, RequestHead } from './exchange.ts'

/** What happens to a stream after its head, told to whoever serves it. */
export interface StreamEvents {
  /** A piece of the request body, after `readBody`; valid during the call only. */
  body(piece: Buffer): void
  bodyEnded(trailers: readonly string[]): void
  /** The body breaks its framing or a bound; no more of it comes. */
  bodyBroken(refusal: Refusal): void
  /** The client takes bytes again after a send said false. */
  writable(): void
  /** The client is gone; nothing can be sent any more. Comes at most once, and last. */
  aborted(reason: string): void
}

/** One request on its way in and its reply on its way out. */
export interface Stream {
  readonly head: RequestHead
  /** The request's header lines that may go on, each with CRLF. */
  readonly forwardable: string
  readonly takesTrailers: boolean
  readonly peerAddress: string
  readonly peerPort: number
  /** Whether the request's body has come to its end (at once, where there is none). */
  readonly bodyDone: boolean
  /** Must be called before anything else, within the call that brought the stream. */
  attach(events: StreamEvents): void
  /** Lets the body flow, and bids the client continue where it waits for that. */
  readBody(): void
  pauseBody(): void
  /** Sends an interim reply where the client may have one. */
  sendInterim(statusText: string, lines: string): void
  /**
   * Sends the head of the reply: `lines` are header lines with CRLF. A `length` in bytes, or
   * `none`, is already framed by them; `streamed` is framed by the protocol.
   */
  sendHead(statusText: string, lines: string, length: BodyLength): void
  /** False asks to wait for `writable`. */
  sendPiece(piece: Uint8Array): boolean
  sendEnd(trailers: readonly string[]): void
  /** Ends the stream so that the client notices that the reply is not whole. */
  cut(): void
}
