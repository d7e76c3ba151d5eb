// A client's connection as the listener holds it, whatever it speaks, and who serves what it brings.
import type { Clock, Limits, Refusal } from '../base.ts'
import type { Stream } from '../http.ts'
import type { Sweeper } from './sweeper.ts'

/** Counted, drained and ended alike. */
export interface Served {
  /** Ends behind what is asked before the client can know. */
  drain(): void
  /** Ends once the exchanges under way have. */
  closeSoon(): void
  /** Ends at once. */
  stop(): void
}

/** Who serves what a connection brings. */
export interface ConnectionOwner {
  /** A whole head has come: a stream begins. */
  exchange(stream: Stream): void
  /** What is no request: to be answered on the stream, which ends after the reply. */
  malformed(stream: Stream, refusal: Refusal): void
  /** A bug of ours, already contained to the connection. */
  bug(error: unknown): void
  left(connection: Served): void
}

export interface ConnectionTools {
  readonly clock: Clock
  readonly sweeper: Sweeper
  readonly limits: Limits
  readonly owner: ConnectionOwner
}
