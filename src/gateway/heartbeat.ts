// Whether a thread still turns its event loop: it counts in shared memory, the main thread looks.
import type { Clock } from '../base.ts'

export const beatEveryMs = 250
/**
 * Looks in a row that find nothing new before a thread counts as silent: a second and a half, so
 * that another one serves within three, on a machine whose cores are busy too.
 */
const silentLooks = 6

export const beatMemory = (): SharedArrayBuffer => new SharedArrayBuffer(4)

/** Counts in a worker for as long as its event loop turns. */
export function beat(memory: SharedArrayBuffer, clock: Clock): void {
  const cell = new Int32Array(memory)
  clock.every(beatEveryMs, () => Atomics.add(cell, 0, 1))
}

/**
 * Looks are counted, not time: where the whole process stood still (a laptop asleep, a debugger)
 * nobody was silent. Gives back how to stop.
 */
export function watchBeat(memory: SharedArrayBuffer, clock: Clock, silent: () => void): () => void {
  const cell = new Int32Array(memory)
  let seen = Atomics.load(cell, 0)
  let looks = 0
  const stop = clock.every(beatEveryMs, () => {
    const now = Atomics.load(cell, 0)
    looks = now === seen ? looks + 1 : 0
    seen = now
    if (looks < silentLooks) return
    stop()
    silent()
  })
  return stop
}
