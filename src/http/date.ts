// Dates and waits as header fields have them.
import type { Clock } from '../base.ts'

/** `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7), made anew once a second at most. */
export function dateSource(clock: Pick<Clock, 'epochMs'>): () => string {
  let second = Number.NaN
  let text = ''
  return () => {
    const now = Math.floor(clock.epochMs() / 1000)
    if (now !== second) {
      second = now
      // ECMAScript prescribes this very form for toUTCString.
      text = new Date(now * 1000).toUTCString()
    }
    return text
  }
}

/** The seconds of `Retry-After`, rounded up: a client that comes back early is refused again. */
export function retryAfter(waitMs: number): string {
  return String(Math.max(1, Math.ceil(waitMs / 1000)))
}
