// What an exchange leaves behind, and what telemetry must know to read it.
import type { FaultCode, Refusal } from '../base.ts'

/** Filled by the gateway, exactly once an exchange, whatever happened. */
export interface ExchangeRecord {
  readonly id: string
  /** Index into the operations of the snapshot that ran it; -1 where no operation was found. */
  readonly operation: number
  readonly method: string
  /** In which the client asked. */
  readonly httpVersion: '1.0' | '1.1' | '2' | '3'
  /** Without its query. */
  readonly path: string
  readonly host: string
  readonly clientAddress: string
  /** 0 where no reply could be sent. */
  readonly status: number
  readonly fault: FaultCode | undefined
  /** Why, in words, for the log alone. */
  readonly reason: string | undefined
  /** The policy whose step refused; undefined where none did. */
  readonly refusedBy: string | undefined
  /** Its place among the policies of its operation, where that is known: they may hold it twice. */
  readonly refusedAt: number | undefined
  /** What was said, where the gateway refused. */
  readonly refusal: Refusal | undefined
  /** Policies in shadow that would have refused; each once. */
  readonly shadows: readonly ShadowNote[]
  /** What a client of gRPC was told; undefined of others, and where it was told nothing. */
  readonly grpcStatus?: number | undefined
  /** Undefined of what was no WebSocket. */
  readonly closed?: ClosedBy | undefined
  readonly durationMs: number
  /** Of it, from the request's going upstream to the end of the upstream's reply; 0 where none. */
  readonly upstreamMs: number
  /** Bytes of the request's body that came, without framing. */
  readonly requestBytes: number
  /** Bytes of the reply's body that were sent, without framing. */
  readonly replyBytes: number
  readonly endpoint: string | undefined
  readonly userAgent: string | undefined
  readonly finishedEpochMs: number
}

/** How a WebSocket ended: the code of its first Close, 1006 where there was none, and whose it was. */
export interface ClosedBy {
  readonly code: number
  readonly by: 'client' | 'upstream' | 'gateway'
}

/** What a policy in shadow would have said. */
export interface ShadowNote {
  readonly policy: string
  /** Its place, as `refusedAt`. */
  readonly at: number | undefined
  readonly refusal: Refusal
}

/** An operation as metrics and log name it; `OperationPlan` is one. */
export interface ObservedOperation {
  readonly id: string
  /** Upper case. */
  readonly method: string
  /** Full template, base path included. */
  readonly template: string
}

/** Reads one record; made for one snapshot, whose operations its records count by index. */
export type Observe = (record: ExchangeRecord) => void
