// One request and its reply, as every room above the wire sees them, whatever the protocol.
import type { Refusal } from '../base.ts'
import type { HeaderList } from './headers.ts'

/** How a message's content is framed: none, a length in bytes, or until its own end. */
export type BodyLength = number | 'none' | 'streamed'

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
  readonly bodyLength: BodyLength
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
  /** The whole body, set from the `content` phase on where the plan asks for it. */
  body: Uint8Array | undefined
}

/** What a step says: nothing to go on, a refusal to end the exchange. */
export type Verdict = Refusal | undefined

export type Step = (exchange: Exchange) => Verdict | Promise<Verdict>
