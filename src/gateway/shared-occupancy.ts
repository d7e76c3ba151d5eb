// The memory in which workers note what they hold, as the main thread has it: whose row is whose,
// and what a worker held that ended.
import { clearOccupancy, occupancyMemory, type OccupancyShare, type Random } from '../base.ts'

/** For workers that replace others while those end; what is never touched takes no memory. */
const rowsMin = 16

export class SharedOccupancy {
  readonly #rows: number
  readonly #memory: SharedArrayBuffer

  constructor(workers: number, random: Random) {
    this.#rows = Math.max(rowsMin, 2 * workers)
    this.#memory = occupancyMemory(this.#rows, random)
  }

  /**
   * The row of a worker, by its number from 1 on. One too many, beside others that take long to
   * end, has none and holds its bounds by itself.
   */
  share(number: number, workers: number): OccupancyShare | undefined {
    if (number > this.#rows) return undefined
    return { memory: this.#memory, thread: number - 1, threads: workers }
  }

  ended(number: number): void {
    const share = this.share(number, 0)
    if (share !== undefined) clearOccupancy(share)
  }
}
