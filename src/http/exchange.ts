// One request and its reply, as every room above the wire sees them, whatever the protocol.
import type { Refusal } from '../base.ts'
import type { HeaderList } from './headers.ts'
import type { Piece } from './stream.ts'

/**
 * How a message's content is framed: none, a length in bytes, or until its own end. Behind a reply
 * that takes an upgrade bytes of another protocol go both ways, each until its own end.
 */
export type BodyLength = RequestLength | 'tunnel'

export type RequestLength = number | 'none' | 'streamed'

/** The head of a request, checked against RFC 9112 and the bounds. */
export interface RequestHead {
  readonly method: string
  /** Origin-form or `*`, byte for byte as received. */
  readonly target: string
  /** The target up to its first `?`. */
  readonly path: string
  /** What follows the first `?`; undefined where there is none. */
  readonly query: string | undefined
  /** The `Host` (or authority) as received. */
  readonly host: string
  readonly version: '1.0' | '1.1' | '2' | '3'
  /** All fields as received, hop-by-hop ones too. */
  readonly headers: HeaderList
  readonly bodyLength: RequestLength
  /**
   * The protocol, in lower case, that the connection (RFC 9110 §7.8) or the stream (RFC 8441) is
   * asked to go on with. Such a request has no body; of HTTP/2 its method reads as GET.
   */
  readonly upgrade?: string | undefined
}

export interface ReplyHead {
  readonly status: number
  readonly headers: HeaderList
}

/** Who sent the request: the peer, or the client that trusted hops vouch for. */
export interface Client {
  /** IP address without a zone; IPv4 in dotted form even when mapped. */
  readonly address: string
  readonly port: number
  /** Whether the direct peer is a trusted hop, so that its `Forwarded` fields count. */
  readonly viaTrustedHop: boolean
}

/** What a policy's step may see and do. It never sees a socket. */
export interface Exchange {
  /** The request id: 32 hex digits, or what a trusted hop sent. */
  readonly id: string
  readonly request: RequestHead
  readonly client: Client
  /** The operation's id in the contract, as in metrics and records. */
  readonly operationId: string
  /** Captured path parameters in template order, still percent-encoded. */
  readonly pathValues: readonly string[]
  /** Monotonic milliseconds at which the head was complete. */
  readonly startedMs: number
  /** What is sent upstream as the query; a step may replace it. */
  query: string | undefined
  /** What is sent upstream as the path, behind the endpoint's own; a step may replace it. */
  path: string
  /** What is sent upstream as `Host`; undefined: what the upstream's settings say. */
  upstreamHost: string | undefined
  /** Where it was sent; undefined while it was not. */
  readonly sentTo: SentTo | undefined
  /**
   * Sets a field of the request on its way upstream in place of the client's, or takes it out
   * (undefined). Fields that frame or forward the message cannot be named: see `editProblem`.
   */
  setField(name: string, value: string | undefined): void
  /** The whole body, set from the `content` phase on where the plan asks for it. */
  body: Uint8Array | undefined
}

export interface SentTo {
  /** As its `Host` field says. */
  readonly authority: string
  /** Put before the path. */
  readonly basePath: string
}

/** What a step says: nothing to go on, a refusal to end the exchange. */
export type Verdict = Refusal | undefined

export type Step = (exchange: Exchange) => Verdict | Promise<Verdict>

/**
 * Looks at a body as it streams by, at each piece before it is passed on. A refusal cuts the body:
 * the piece that brought it is not sent. A piece is valid during the call only.
 */
export interface BodyWatch {
  piece(piece: Piece): Verdict
  end(): Verdict
  /** What it keeps of the body at the moment: it counts among all bytes that are held. */
  readonly heldBytes?: number
}

/** How a reply is looked at: held whole up to a bound and then judged, or as it streams by. */
export type ReplyCheck =
  | {
      readonly how: 'whole'
      /** A longer one is refused, or in shadow left unjudged. */
      readonly bytesMax: number
      readonly body: (bytes: Uint8Array) => Verdict
    }
  | { readonly how: 'watch'; readonly watch: BodyWatch }

/** Looks at the head of a reply and says whether its body is looked at too. */
export type VerifyStep = (
  exchange: Exchange,
  reply: ReplyHead,
) => { readonly check: ReplyCheck } | { readonly refusal: Refusal } | undefined
