// A connection to an endpoint as the pool sees it where it cannot know beforehand which protocol is
// spoken there: it carries calls, many at once (HTTP/2) or one after another (HTTP/1.1).
import type { Limits } from '../base.ts'
import type { Call } from './call.ts'
import type { Opening } from './opening.ts'
import type { Sweeper } from './sweeper.ts'
import type { Unopened } from './unopened.ts'

export interface Carrier {
  /** How many more calls it takes now; 0 where it is about to end. */
  readonly room: number
  /** How many it carries. */
  readonly calls: number
  /** How many it takes at once. */
  readonly callsMax: number
  /** Begins at once or is released; there must be room. */
  takeCall(): Call
  /** Takes back a call that was never begun; false: it is none of its own. */
  release(call: Call): boolean
  /** Ends now, and its calls with it. */
  close(): void
}

/** Who keeps connections while they stand. */
export interface CarrierKeeper {
  opened(opening: Opening, carrier: Carrier): void
  unopened(opening: Opening, why: Unopened): void
  /** It has room, or no call any more. */
  freed(carrier: Carrier): void
  /** It became a tunnel: it takes no call any more, however long it lives. */
  upgraded(carrier: Carrier): void
  /** Comes once, last. */
  closed(carrier: Carrier): void
}

export interface CarrierTools {
  readonly sweeper: Sweeper
  readonly limits: Limits
  readonly keeper: CarrierKeeper
  readonly bug: (error: unknown) => void
}
