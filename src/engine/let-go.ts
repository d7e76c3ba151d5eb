// Lets go of bundles that are no longer in force. They lie in memory of all threads, and the
// runtime does not count that when it decides whether to collect garbage: a thread with little of
// its own to collect held every bundle it had ever seen (500 of 1.4 MB: 700 MB). So whoever lets
// go of many bytes asks for a collection, 10 to 20 ms long.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Clock } from '../base.ts'

const bytesMax = 8 * 1024 * 1024
/** What is under way may still hold a bundle, and hardly ever does so for longer. */
const restMs = 1_000

/** Takes the length of each bundle that its thread has let go of. */
export function bundleRelease(clock: Clock, collect: () => void = collectGarbage) {
  let bytes = 0
  let waits = false
  return (more: number): void => {
    bytes += more
    if (waits || bytes < bytesMax) return
    waits = true
    clock.after(restMs, () => {
      waits = false
      bytes = 0
      collect()
    })
  }
}

let collector: (() => void) | undefined

/** The runtime shows its collector to new contexts alone, and only while the flag is set. */
export function collectGarbage(): void {
  if (collector === undefined) {
    setFlagsFromString('--expose-gc')
    collector = runInNewContext('gc') as () => void
    setFlagsFromString('--no-expose-gc')
  }
  collector()
}
