// The side that shows: sums what all threads count, and says it to Prometheus under the names of the
// OpenTelemetry conventions for HTTP. Labels come from the contract and closed lists alone, so no
// client can make series.
import { exposition } from './exposition.ts'
import type { Gauges } from './gauges.ts'
import { countOf, histogramCells, quantileMs } from './histogram.ts'
import { type CountsNews, operationsMaxDefault } from './news.ts'
import { type OperationSums, Sums } from './sums.ts'

export interface MetricsSetup {
  /** Of the program. */
  readonly version: string
  /** Operations that are shown by name; the rest is shown together. */
  readonly operationsMax?: number
}

export interface Latency {
  readonly method: string
  readonly template: string
  readonly count: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly p999Ms: number
}

export interface Metrics {
  /** What a thread announced, in its order. */
  take(thread: number, news: CountsNews): void
  /** The thread counts no more: what it counted stays, its memory goes, another may have its number. */
  ended(thread: number): void
  /** The exposition in pieces of some milliseconds each, so that a caller can rest in between. */
  pieces(gauges: Gauges): Generator<string, void, undefined>
  /** The whole exposition. */
  text(gauges: Gauges): string
  /** How long exchanges of each operation took, all statuses together. */
  latencies(): Latency[]
}

export function createMetrics({ version, operationsMax }: MetricsSetup): Metrics {
  const sums = new Sums(operationsMax ?? operationsMaxDefault)
  const pieces = (gauges: Gauges) => exposition(sums, version, gauges)
  return {
    take: (thread, news) => sums.take(thread, news),
    ended: (thread) => sums.ended(thread),
    pieces,
    text: (gauges) => [...pieces(gauges)].join(''),
    latencies: () => sums.operations().map(latencyOf),
  }
}

function latencyOf({ method, statuses, template }: OperationSums): Latency {
  const sum = new Float64Array(histogramCells)
  for (const status of statuses.values()) {
    for (const [i, cell] of status.read().entries()) sum[i]! += cell
  }
  return {
    method,
    template,
    count: countOf(sum),
    p50Ms: quantileMs(sum, 0.5),
    p99Ms: quantileMs(sum, 0.99),
    p999Ms: quantileMs(sum, 0.999),
  }
}
