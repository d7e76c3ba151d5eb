// How large a worker's heap may grow. With a bound of its own a worker that leaks ends alone and is
// replaced; without one it grows to what the process has, and the others end with it. The bound
// leaves the young generation as it is (96 MB), and so speed: measured with 256 MB, 1 GB and none.
import { totalmem } from 'node:os'

const MB = 1024 * 1024

/** A large contract runs in less; what needs more is a leak, and long pauses to collect it. */
const heapMbMax = 2_048
/** Less than this no worker starts well. */
const heapMbMin = 128

/** For each of so many workers; half of the memory is for all that is no heap, and the main thread. */
export function workerHeapMb(workers: number, memoryBytes = availableBytes()): number {
  const share = Math.floor(memoryBytes / 2 / workers / MB)
  return Math.min(heapMbMax, Math.max(heapMbMin, share))
}

/** Of the machine, or of the container: where none bounds it Node gives 0 or more than there is. */
function availableBytes(): number {
  const constrained = process.constrainedMemory()
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem()
}
