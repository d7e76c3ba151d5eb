// What a scrape says: the counts of all threads, what those that answer have at hand, the process.
import { version } from '../base.ts'
import {
  type CountsNews,
  createMetrics,
  type Gauges,
  readProcess,
  type ServingGauges,
  type ThreadGauges,
  watchThread,
  type WorkerGauges,
} from '../telemetry.ts'
import { countDescriptors, systemDescriptors } from '../wire.ts'

/** What the main thread must ask for at each scrape. */
export interface Scrape {
  readonly revision: string
  readonly workers: WorkerGauges
  /** Of the main thread, where it serves itself. */
  readonly here: ServingGauges | undefined
  /** Of the other threads that answered. */
  readonly others: readonly ThreadGauges[]
}

export class GatewayMetrics {
  readonly #metrics = createMetrics({ version })
  readonly #watch = watchThread()
  readonly #descriptorsMax = systemDescriptors().max

  /** What a thread announced, in its order. */
  take(thread: number, news: CountsNews): void {
    this.#metrics.take(thread, news)
  }

  /** What the thread counted stays. */
  ended(thread: number): void {
    this.#metrics.ended(thread)
  }

  pieces(scrape: Scrape): Generator<string, void, undefined> {
    return this.#metrics.pieces(this.#gauges(scrape))
  }

  close(): void {
    this.#watch.close()
  }

  #gauges({ revision, workers, here, others }: Scrape): Gauges {
    const main = { thread: 0, watch: this.#watch.read(), serving: here }
    const descriptors = { descriptors: countDescriptors(), descriptorsMax: this.#descriptorsMax }
    return { revision, workers, threads: [main, ...others], process: readProcess(descriptors) }
  }
}
