// telemetry: what is counted, measured and logged of exchanges, from records that others filled.
// `createCounts` and `createAccessLog` give, for each snapshot, an observer of its records; counts
// are kept by method and template, so they outlive a swap. `createMetrics` sums and shows, in the
// main thread, what all threads count. `createIds` makes request ids.
export { acceptableId, createIds, type RandomBytes } from './telemetry/ids.ts'
export { type AccessLog, type AccessLogSetup, createAccessLog } from './telemetry/access-log.ts'
export { createLineWriter, type LineWriter, type LineWriterSetup } from './telemetry/lines.ts'
export {
  createMetrics,
  type Latency,
  type Metrics,
  type MetricsSetup,
} from './telemetry/metrics.ts'
export { type Counts, type CountsSetup, createCounts } from './telemetry/counts.ts'
export type { CountsNews, ThreadTotals } from './telemetry/news.ts'
export type {
  EndpointGauges,
  Gauges,
  ProcessGauges,
  ServingGauges,
  ThreadGauges,
  ThreadReading,
  WorkerGauges,
} from './telemetry/gauges.ts'
export { familyHead, label, prometheusType, sample } from './telemetry/prometheus.ts'
export { openSink, type Sink } from './telemetry/sink.ts'
export { readProcess, type ThreadWatch, watchThread } from './telemetry/process.ts'
export {
  type KeptExchange,
  KeptExchanges,
  keptExchangesMax,
  type KeptShadow,
} from './telemetry/kept.ts'
export { ShadowCounts, type ShadowNews } from './telemetry/shadow-counts.ts'
export {
  type ShadowPolicy,
  type ShadowReport,
  type ShadowRow,
  ShadowSums,
} from './telemetry/shadow-report.ts'
export type {
  ClosedBy,
  ExchangeRecord,
  Observe,
  ObservedOperation,
  ShadowNote,
} from './telemetry/record.ts'
