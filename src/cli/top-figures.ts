// Two scrapes to the figures of the time between them. A counter that has fallen began anew with
// its process, so what it shows is what was counted since.
import type { Buckets, OperationCounts, Scrape, StatusClass, ThreadReading } from './top-scrape.ts'

/** What was counted between two scrapes, by the second. */
export interface Traffic {
  readonly perSecond: number
  readonly classes: Readonly<Record<StatusClass, number>>
  readonly latency: Latency
  /** Without the upstream's part. */
  readonly ownP99Seconds: number | undefined
  readonly refusedConnectionsPerSecond: number
  /** Of one core. */
  readonly cpuPercent: number
  /** Of each code that occurred, most frequent first. */
  readonly faults: readonly { readonly code: string; readonly perSecond: number }[]
  readonly operations: readonly OperationFigures[]
}

/** Undefined where nothing happened. */
export interface Latency {
  readonly p50Seconds: number | undefined
  readonly p99Seconds: number | undefined
  readonly p999Seconds: number | undefined
}

export interface OperationFigures {
  readonly method: string
  readonly template: string
  readonly perSecond: number
  readonly clientErrorsPerSecond: number
  readonly serverErrorsPerSecond: number
  readonly p50Seconds: number | undefined
  readonly p99Seconds: number | undefined
  readonly requestBytesPerSecond: number
  readonly replyBytesPerSecond: number
}

export interface Figures {
  readonly version: string
  readonly revision: string
  readonly startedEpochMs: number
  readonly activeExchanges: number
  readonly clientConnections: number
  readonly upstream: { readonly active: number; readonly idle: number; readonly waiting: number }
  /** Of workers that ended; undefined where the gateway does not say. */
  readonly restarts: number | undefined
  readonly threads: readonly (ThreadReading & { readonly name: string })[]
  readonly residentBytes: number
  /** False while a configuration that was refused waits to be mended; undefined where not said. */
  readonly configurationCurrent: boolean | undefined
  /** Undefined after the first scrape. */
  readonly traffic: Traffic | undefined
}

export function figuresOf(now: Scrape, before: Scrape | undefined): Figures {
  const value = (name: string) => now.values.get(name) ?? 0
  const current = now.values.get('concordat_configuration_current')
  return {
    version: now.version,
    revision: now.revision,
    startedEpochMs: value(startName) * 1000,
    activeExchanges: value('http_server_active_requests'),
    clientConnections: value('concordat_client_connections'),
    upstream: {
      active: now.upstream.get('active') ?? 0,
      idle: now.upstream.get('idle') ?? 0,
      waiting: value('concordat_endpoint_waiting_exchanges'),
    },
    restarts: now.values.get('concordat_worker_restarts_total'),
    threads: [...now.threads].map(([name, reading]) => ({ name, ...reading })),
    residentBytes: value('process_resident_memory_bytes'),
    configurationCurrent: current === undefined ? undefined : current > 0,
    traffic: before === undefined ? undefined : trafficBetween(now, before),
  }
}

const startName = 'process_start_time_seconds'

function trafficBetween(now: Scrape, before: Scrape): Traffic {
  const seconds = Math.max(0.001, (now.atMs - before.atMs) / 1000)
  // Another process counts from nothing, even where it has counted past the last one by now.
  const restarted = now.values.get(startName) !== before.values.get(startName)
  const base = restarted ? uncounted : before
  const rises = [...now.operations].map(([key, counts]) => riseOf(counts, base.operations.get(key)))
  const total = (of: (rise: Rise) => number) => rises.reduce((sum, one) => sum + of(one), 0)
  const counter = (name: string) => risen(now.values.get(name) ?? 0, base.values.get(name))
  const classes = Object.fromEntries(
    statusClasses.map((name) => [name, total((rise) => rise.classes[name]) / seconds]),
  ) as Record<StatusClass, number>
  const all = sumOf(rises.map((rise) => rise.duration))
  return {
    perSecond: total((rise) => rise.count) / seconds,
    classes,
    latency: {
      p50Seconds: quantileSeconds(all, 0.5),
      p99Seconds: quantileSeconds(all, 0.99),
      p999Seconds: quantileSeconds(all, 0.999),
    },
    ownP99Seconds: quantileSeconds(risenBuckets(now.own, base.own), 0.99),
    refusedConnectionsPerSecond: counter('concordat_client_connections_refused_total') / seconds,
    cpuPercent: (counter('process_cpu_seconds_total') / seconds) * 100,
    faults: faultsBetween(now.faults, base.faults, seconds),
    operations: rises.map((rise) => operationFigures(rise, seconds)),
  }
}

const uncounted: Pick<Scrape, 'values' | 'faults' | 'own' | 'operations'> = {
  values: new Map(),
  faults: new Map(),
  own: new Map(),
  operations: new Map(),
}

const statusClasses = ['2xx', '3xx', '4xx', '5xx', 'unanswered', 'other'] as const

/** By how much a counter rose; whoever fell began anew. */
function risen(now: number, before = 0): number {
  return now < before ? now : now - before
}

interface Rise {
  readonly counts: OperationCounts
  readonly count: number
  readonly classes: Readonly<Record<StatusClass, number>>
  readonly duration: Buckets
  readonly requestBytes: number
  readonly replyBytes: number
}

function riseOf(counts: OperationCounts, before: OperationCounts | undefined): Rise {
  const classes = Object.fromEntries(
    statusClasses.map((name) => [
      name,
      risen(counts.classes.get(name) ?? 0, before?.classes.get(name)),
    ]),
  ) as Record<StatusClass, number>
  return {
    counts,
    count: statusClasses.reduce((sum, name) => sum + classes[name], 0),
    classes,
    duration: risenBuckets(counts.duration, before?.duration ?? uncounted.own),
    requestBytes: risen(counts.requestBytes, before?.requestBytes),
    replyBytes: risen(counts.replyBytes, before?.replyBytes),
  }
}

function operationFigures(rise: Rise, seconds: number): OperationFigures {
  const { counts, classes, duration } = rise
  return {
    method: counts.method,
    template: counts.template,
    perSecond: rise.count / seconds,
    clientErrorsPerSecond: classes['4xx'] / seconds,
    serverErrorsPerSecond: classes['5xx'] / seconds,
    p50Seconds: quantileSeconds(duration, 0.5),
    p99Seconds: quantileSeconds(duration, 0.99),
    requestBytesPerSecond: rise.requestBytes / seconds,
    replyBytesPerSecond: rise.replyBytes / seconds,
  }
}

function faultsBetween(
  now: ReadonlyMap<string, number>,
  before: ReadonlyMap<string, number>,
  seconds: number,
): { code: string; perSecond: number }[] {
  return [...now]
    .map(([code, count]) => ({ code, perSecond: risen(count, before.get(code)) / seconds }))
    .filter(({ perSecond }) => perSecond > 0)
    .toSorted((a, b) => b.perSecond - a.perSecond || (a.code < b.code ? -1 : 1))
}

/** A histogram begins anew as a whole: its buckets must stay in step. */
function risenBuckets(now: Buckets, before: Buckets): Buckets {
  const fell = [...before].some(([bound, count]) => (now.get(bound) ?? 0) < count)
  if (fell) return now
  return new Map([...now].map(([bound, count]) => [bound, count - (before.get(bound) ?? 0)]))
}

function sumOf(all: readonly Buckets[]): Buckets {
  const sum = new Map<number, number>()
  for (const buckets of all) {
    for (const [bound, count] of buckets) sum.set(bound, (sum.get(bound) ?? 0) + count)
  }
  return sum
}

/**
 * The value that the share `q` does not exceed, taken as evenly spread within its bucket; the last
 * finite bound where it lies beyond. Undefined where nothing was counted.
 */
export function quantileSeconds(buckets: Buckets, q: number): number | undefined {
  const ordered = [...buckets].toSorted(([a], [b]) => a - b)
  const rank = q * (ordered.at(-1)?.[1] ?? 0)
  if (rank === 0) return undefined
  let lower = 0
  let below = 0
  for (const [bound, count] of ordered) {
    if (count >= rank) {
      return bound === Infinity
        ? lower
        : lower + ((bound - lower) * (rank - below)) / (count - below)
    }
    lower = bound
    below = count
  }
  return lower
}
