// What every exchange of a thread shares.
import type { Clock, Occupancy, Random } from '../base.ts'
import type { Places } from './places.ts'

/** Whether the gateway ends, or this thread alone, and others take its place. */
export type LeaveReason = 'stops' | 'renews'

/** An exchange that ends only when somebody ends it. */
export interface Lasting {
  /** Ends it so that its client notices nothing but that it must come again. */
  leave(why: LeaveReason): void
}

export interface Runtime {
  readonly clock: Clock
  readonly random: Random
  readonly newId: () => string
  /** How this gateway calls itself in `Via`; told apart from every other process. */
  readonly pseudonym: string
  /** The date as header fields have it. */
  readonly httpDate: () => string
  /** What all threads hold. */
  readonly occupancy: Occupancy
  /** Exchanges under way. */
  active: number
  readonly places: Places
  /** Streams and tunnels that would go on for ever: told when the thread ends. */
  readonly lasting: Set<Lasting>
  /** Told to them already; undefined: not yet. */
  leaves: LeaveReason | undefined
  /** Of exchanges that are over but for what policies in shadow have to say. */
  readonly lateRecords: Set<Promise<void>>
  /** Takes what our own code threw; the exchange has been answered. */
  readonly bug: (error: unknown) => void
}
