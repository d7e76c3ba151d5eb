// Counts and durations of exchanges, and their exposition to Prometheus under the names of the
// OpenTelemetry conventions for HTTP. Labels come from the contract and closed lists alone, so no
// client can make series. Observing costs tens of nanoseconds and allocates nothing but first uses.
import { eachOf, faults, keeping, type Listed } from '../base.ts'
import { countOf, quantileMs } from './histogram.ts'
import { exposition } from './exposition.ts'
import type { FaultCounts, Gauges } from './gauges.ts'
import type { Observe, ObservedOperation } from './record.ts'
import { type Allocate, count, createSlots, type Slot } from './slots.ts'

export interface MetricsSetup {
  /** Of the program. */
  readonly version: string
  readonly gauges: () => Gauges
  readonly allocate?: Allocate
  /** Operations that are counted by name; the rest is counted together. */
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
  /** An observer for one snapshot. Counts of equal methods and templates go on from before. */
  bind(operations: Listed<ObservedOperation>): Observe
  /** The exposition in pieces of some milliseconds each, so that a caller can rest in between. */
  pieces(): Generator<string, void, undefined>
  /** The whole exposition. */
  text(): string
  /** How long exchanges of each operation took, all statuses together. */
  latencies(): Latency[]
}

export function createMetrics(setup: MetricsSetup): Metrics {
  const allocate = setup.allocate ?? ((cells) => new Float64Array(cells))
  const slots = createSlots(allocate, setup.operationsMax ?? 10_000)
  const faultCounts = Object.fromEntries(
    Object.keys(faults).map((code) => [code, 0]),
  ) as FaultCounts

  const bind = (operations: Listed<ObservedOperation>): Observe => {
    slots.retain(() => new Set(eachOf(operations).map(({ template }) => template)))
    const boundTo = keeping((index): Bound => {
      const { method, template } = operations.at(index)!
      return { method, template, slot: undefined }
    })
    return (record) => {
      const { fault, operation: index, method } = record
      if (fault !== undefined) faultCounts[fault]++
      const bound = index < 0 ? undefined : boundTo(index)
      // HEAD reaches the operation of GET, and is counted apart from it.
      const slot =
        bound?.method === method
          ? (bound.slot ??= slots.slot(method, bound.template))
          : slots.slot(method, bound?.template ?? '')
      count(slot, record, allocate)
    }
  }

  const pieces = () => exposition(slots.all(), faultCounts, setup.version, setup.gauges())
  return {
    bind,
    pieces,
    text: () => [...pieces()].join(''),
    latencies: () => slots.all().map(latencyOf),
  }
}

/** An operation that was called, and where its own method is counted. */
interface Bound {
  readonly method: string
  readonly template: string
  slot: Slot | undefined
}

function latencyOf({ method, template, series }: Slot): Latency {
  const sum = new Float64Array(series[0]?.duration.length ?? 0)
  for (const { duration } of series) duration.forEach((cell, i) => (sum[i] = sum[i]! + cell))
  return {
    method,
    template,
    count: countOf(sum),
    p50Ms: quantileMs(sum, 0.5),
    p99Ms: quantileMs(sum, 0.99),
    p999Ms: quantileMs(sum, 0.999),
  }
}
