// One exchange with an endpoint, whatever protocol its connection speaks: what the gateway may do
// with it, and what it hears. A connection of HTTP/1.1 is one itself, again and again; one of
// HTTP/2 makes one for each stream.
import type { BodyLength, Piece, ReplyHead } from '../http.ts'
import type { ReplyReading } from './roles.ts'

export type CallFailure =
  | CallClosed
  | { readonly kind: 'protocol'; readonly reason: string }
  /** TLS broke once the connection stood, as where a client's certificate is refused late. */
  | { readonly kind: 'insecure'; readonly reason: string }
  | { readonly kind: 'timeout'; readonly reason: string }
  | { readonly kind: 'bug'; readonly reason: string }

export interface CallClosed {
  readonly kind: 'closed'
  readonly reason: string
  /** Whether any byte of a reply had come. */
  readonly replied: boolean
  /** The endpoint has proved that it did nothing with the request. */
  readonly unprocessed?: boolean
}

/** The head of a reply as it goes on. */
export interface CallReplyHead extends ReplyHead {
  /** The fields that are forwarded, where they are wanted; the gateway may edit them. */
  readonly headers: string[]
  /** Status code and reason phrase, as received where the protocol has one: `200 OK`. */
  readonly statusText: string
  /** Header lines that may be forwarded as they are. */
  readonly forwardable: string
  /** Which of the fields to be noted are among them, a bit each. */
  readonly noted: number
  readonly isDated: boolean
  /** `tunnel` where the endpoint took an upgrade: what follows is no HTTP. */
  readonly bodyLength: BodyLength
}

/** What an exchange with an endpoint brings. */
export interface CallEvents {
  replyInterim(head: CallReplyHead): void
  replyHead(head: CallReplyHead): void
  /** Valid during the call only. */
  replyPiece(piece: Piece): void
  /** The reply is whole; the connection may already serve another exchange. */
  replyEnded(trailers: readonly string[]): void
  /** The exchange cannot go on; comes at most once, and nothing after it. */
  callFailed(failure: CallFailure): void
  /** The endpoint takes bytes again after a send said false. */
  upstreamWritable(): void
}

export interface CallTerms {
  /** Whether the reply's fields are wanted one by one, beside its lines. */
  readonly fieldsWanted: boolean
  readonly reading: ReplyReading
  readonly firstByteTimeoutMs: number
  readonly replyIdleTimeoutMs: number
  /** Monotonic; the whole exchange must have ended by then. */
  readonly deadlineMs: number
}

/** How long a reply may take of which nobody knows when it ends. */
export type StreamTimes = Pick<CallTerms, 'replyIdleTimeoutMs' | 'deadlineMs'>

/**
 * What follows the head of a request: nothing, a body that is at hand whole (`sendKept`), one of the
 * length that the head says, one that ends by itself, or, where the endpoint takes the upgrade that
 * the head asks for, a tunnel.
 */
export type CallBody = 'done' | 'kept' | 'bytes' | 'chunks' | 'tunnel'

export interface Call {
  /** Whether its connection stood open before: such a one may turn out stale. */
  readonly waited: boolean
  /**
   * Sends a request. `head` is text as of HTTP/1.1: the request line and header lines, each with
   * CRLF, and an empty one; other protocols write the same in their own way.
   */
  begin(call: CallEvents, method: string, head: string, body: CallBody, terms: CallTerms): void
  /** False asks to wait for `upstreamWritable`. */
  sendPiece(piece: Piece): boolean
  /** Sends a body whole, whose memory nobody changes any more. */
  sendKept(bytes: Buffer): void
  sendEnd(trailers: readonly string[]): void
  /** The reply turned out to be a stream: these times count from now on. */
  retime(times: StreamTimes): void
  /** Takes no more of the reply for now. */
  pause(): void
  resume(): void
  /** Takes no more of the reply, which is read to its end where that is near and worth it. */
  discard(): void
  /** Leaves the exchange so that the endpoint never sees it completed. */
  abandon(): void
}
