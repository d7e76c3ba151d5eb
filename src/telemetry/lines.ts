// Gathers lines and writes them in large pieces, one at a time. A sink that is slower than its
// lines costs lines, never memory and never the time of a request.
import type { Clock } from '../base.ts'

export interface LineWriterSetup {
  /** Calls `done` once the text is written or lost; never both written and failed. */
  readonly write: (text: string, done: (error?: Error) => void) => void
  readonly clock: Clock
  /** Of lines that wait for the sink; a line beyond it is dropped. */
  readonly waitingCharsMax?: number
}

export interface LineWriter {
  /** Takes a line with its end. */
  line(text: string): void
  /** Lines that were dropped, or lost by a failing sink. */
  dropped(): number
  /** Writes what waits, and takes nothing more. */
  close(): Promise<void>
}

const pieceChars = 16_384
const flushMs = 200
const waitingCharsDefault = 4 * 1024 * 1024

export function createLineWriter(setup: LineWriterSetup): LineWriter {
  const { clock, write, waitingCharsMax = waitingCharsDefault } = setup
  let waiting = ''
  let waitingLines = 0
  let dropped = 0
  let writing = false
  let cancelTimer: (() => void) | undefined
  let closed: PromiseWithResolvers<void> | undefined

  const flush = () => {
    cancelTimer?.()
    cancelTimer = undefined
    if (writing) return
    if (waiting === '') return closed?.resolve()
    const text = waiting
    const lines = waitingLines
    waiting = ''
    waitingLines = 0
    writing = true
    write(text, (error) => {
      writing = false
      if (error !== undefined) dropped += lines
      if (closed !== undefined || waiting.length >= pieceChars) flush()
      else if (waiting !== '') flushLater()
    })
  }
  const flushLater = () => {
    cancelTimer ??= clock.after(flushMs, () => {
      cancelTimer = undefined
      flush()
    })
  }
  return {
    line(text) {
      if (closed !== undefined || waiting.length + text.length > waitingCharsMax) {
        dropped++
        return
      }
      waiting += text
      waitingLines++
      if (waiting.length >= pieceChars) flush()
      else flushLater()
    },
    dropped: () => dropped,
    close() {
      if (closed === undefined) {
        closed = Promise.withResolvers()
        flush()
      }
      return closed.promise
    },
  }
}
