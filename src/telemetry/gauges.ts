// What a scrape shows beside the counts of operations.
import type { FaultCode } from '../base.ts'

/** What is read at the moment of a scrape. */
export interface Gauges {
  readonly activeExchanges: number
  /** Of clients. */
  readonly connections: number
  /** Of clients, turned away because a bound of connections was reached. */
  readonly refusedConnections: number
  readonly logLinesDropped: number
  /** Of the snapshot in force. */
  readonly revision: string
  readonly endpoints: readonly EndpointGauges[]
  readonly process: ProcessGauges
}

export interface EndpointGauges {
  readonly upstream: string
  readonly host: string
  readonly port: number
  readonly activeConnections: number
  readonly idleConnections: number
  /** Exchanges that wait for a connection. */
  readonly waiting: number
}

export interface ProcessGauges {
  readonly cpuSeconds: number
  readonly residentBytes: number
  readonly heapBytes: number
  readonly startedEpochSeconds: number
  /** How late the event loop was, since the last reading. */
  readonly loopDelaySeconds: { readonly p50: number; readonly p99: number; readonly max: number }
}

/** Of the catalogue: how often each fault was answered. */
export type FaultCounts = Record<FaultCode, number>
