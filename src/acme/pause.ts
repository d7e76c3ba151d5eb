// Waiting on a clock that is handed in, for as long as nobody stops us.
import type { Clock } from '../base.ts'

/** Over at once where it was stopped. */
export function pause(clock: Clock, waitMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((over) => {
    if (signal.aborted) return over()
    const cancel = clock.after(waitMs, () => {
      signal.removeEventListener('abort', stop)
      over()
    })
    const stop = () => {
      cancel()
      over()
    }
    signal.addEventListener('abort', stop, { once: true })
  })
}
