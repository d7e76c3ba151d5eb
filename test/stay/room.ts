// Waiting for a stream to take more, without leaving listeners behind.
import type { Writable } from 'node:stream'

/** Resolves when there is room, or never will be. */
export function roomIn(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      stream.off('drain', go).off('close', go)
      resolve()
    }
    stream.on('drain', go).on('close', go)
  })
}
