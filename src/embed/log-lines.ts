// The access log where the host program takes its lines itself.
import type { LineWriter } from '../telemetry.ts'

/** What the host throws is told as a bug: no exchange fails for it. */
export function lineTaker(take: (line: string) => void, bug: (error: unknown) => void): LineWriter {
  return {
    line(text) {
      try {
        take(text.trimEnd())
      } catch (error) {
        bug(error)
      }
    },
    dropped: () => 0,
    close: () => Promise.resolve(),
  }
}
