// What a scrape shows of a process in which nothing has happened, and both sides of telemetry in one
// thread: for tests, benches and pages.
import { createCounts, createMetrics, type Counts, type Gauges } from '../src/telemetry.ts'

export const quietGauges: Gauges = {
  revision: '',
  threads: [],
  process: {
    cpuSeconds: 0,
    residentBytes: 0,
    startedEpochSeconds: 0,
    descriptors: undefined,
    descriptorsMax: undefined,
  },
  workers: { running: 0, restarts: { exit: 0, silent: 0, memory: 0 } },
}

export interface MetricsHere {
  readonly bind: Counts['bind']
  readonly note: Counts['note']
  readonly latencies: () => ReturnType<ReturnType<typeof createMetrics>['latencies']>
  readonly pieces: (gauges?: Gauges) => Generator<string, void, undefined>
  readonly text: (gauges?: Gauges) => string
}

export function metricsHere(operationsMax = 10_000): MetricsHere {
  const { latencies, pieces, take, text } = createMetrics({ version: '1.2.3', operationsMax })
  const counts = createCounts({ announce: (news) => take(0, news), operationsMax })
  return {
    ...counts,
    latencies,
    pieces: (gauges = quietGauges) => pieces(gauges),
    text: (gauges = quietGauges) => text(gauges),
  }
}
