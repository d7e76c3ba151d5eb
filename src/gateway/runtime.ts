// What every exchange of a thread shares.
import type { Clock } from '../base.ts'
import type { ExchangeRecord } from '../telemetry.ts'
import type { Snapshot } from './snapshot.ts'

export interface Runtime {
  readonly clock: Clock
  readonly newId: () => string
  /** How this gateway calls itself in `Via`; told apart from every other process. */
  readonly pseudonym: string
  /** The date as header fields have it. */
  readonly httpDate: () => string
  readonly encoder: TextEncoder
  /** Exchanges under way. */
  active: number
  /** Takes each record, once. */
  readonly observe: (snapshot: Snapshot, record: ExchangeRecord) => void
  /** Takes what our own code threw; the exchange has been answered. */
  readonly bug: (error: unknown) => void
}
