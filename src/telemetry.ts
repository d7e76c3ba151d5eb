// telemetry: what is counted, measured and logged of exchanges, from records that others filled.
import type { FaultCode } from './base.ts'

/** What an exchange leaves behind. Filled by the gateway, exactly once, whatever happened. */
export interface ExchangeRecord {
  readonly id: string
  /** Index into the snapshot's operations; -1 where no operation was found. */
  readonly operation: number
  readonly method: string
  /** Without its query. */
  readonly path: string
  readonly host: string
  readonly clientAddress: string
  /** 0 where no reply could be sent. */
  readonly status: number
  readonly fault: FaultCode | undefined
  /** Why, in words, for the log alone. */
  readonly reason: string | undefined
  /** Policies in shadow that would have refused. */
  readonly shadows: readonly string[]
  readonly durationMs: number
  /** Of it, from the request's going upstream to the end of the upstream's reply; 0 where none. */
  readonly upstreamMs: number
  readonly requestBytes: number
  readonly replyBytes: number
  readonly endpoint: string | undefined
  readonly userAgent: string | undefined
  readonly finishedEpochMs: number
}
