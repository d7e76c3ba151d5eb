// What `top` takes of one scrape: samples by the line, sums of what it shows together. Families it
// does not know cost a look at their name.
import { type Labels, nameIn, numberIn, sampleIn } from './top-parse.ts'

/** Cumulative counts by inclusive upper bound in seconds, the last of them infinite. */
export type Buckets = ReadonlyMap<number, number>

export type StatusClass = '2xx' | '3xx' | '4xx' | '5xx' | 'unanswered' | 'other'

export interface OperationCounts {
  readonly method: string
  /** Empty where no operation was found. */
  readonly template: string
  readonly classes: ReadonlyMap<StatusClass, number>
  readonly duration: Buckets
  readonly requestBytes: number
  readonly replyBytes: number
}

export interface ThreadReading {
  readonly loopDelayP99Seconds: number | undefined
  readonly heapBytes: number | undefined
}

export interface Scrape {
  /** Monotonic, ours: rates are taken between two of them. */
  readonly atMs: number
  readonly version: string
  readonly revision: string
  /** Of families without labels, and sums over those whose labels are not shown. */
  readonly values: ReadonlyMap<string, number>
  /** Connections to endpoints by their state. */
  readonly upstream: ReadonlyMap<string, number>
  readonly faults: ReadonlyMap<string, number>
  readonly threads: ReadonlyMap<string, ThreadReading>
  readonly own: Buckets
  readonly operations: ReadonlyMap<string, OperationCounts>
}

export interface ScrapeReader {
  line(line: string): void
  /** Undefined where nothing of ours was among the lines. */
  done(atMs: number): Scrape | undefined
}

interface OperationDraft extends OperationCounts {
  readonly classes: Map<StatusClass, number>
  readonly duration: Map<number, number>
  requestBytes: number
  replyBytes: number
}

interface ThreadDraft {
  loopDelayP99Seconds: number | undefined
  heapBytes: number | undefined
}

class Draft {
  version: string | undefined
  revision = ''
  readonly values = new Map<string, number>()
  readonly upstream = new Map<string, number>()
  readonly faults = new Map<string, number>()
  readonly threads = new Map<string, ThreadDraft>()
  readonly own = new Map<number, number>()
  readonly operations = new Map<string, OperationDraft>()

  thread(labels: Labels): ThreadDraft {
    const name = labels.get('thread') ?? 'main'
    const fresh = { loopDelayP99Seconds: undefined, heapBytes: undefined }
    return madeOnce(this.threads, name, () => fresh)
  }

  operation(labels: Labels): OperationDraft {
    const method = labels.get('http_request_method') ?? ''
    const template = labels.get('http_route') ?? ''
    return madeOnce(this.operations, `${method} ${template}`, () => ({
      method,
      template,
      classes: new Map(),
      duration: new Map(),
      requestBytes: 0,
      replyBytes: 0,
    }))
  }
}

type Take = (draft: Draft, labels: Labels, value: number) => void

const summed =
  (name: string): Take =>
  (draft, _, value) =>
    add(draft.values, name, value)

const summedNames = [
  'http_server_active_requests',
  'concordat_client_connections',
  'concordat_client_connections_refused_total',
  'concordat_endpoint_waiting_exchanges',
  'concordat_worker_restarts_total',
  'concordat_configuration_current',
  'process_cpu_seconds_total',
  'process_resident_memory_bytes',
  'process_start_time_seconds',
]

const takers: ReadonlyMap<string, Take> = new Map<string, Take>([
  ...summedNames.map((name) => [name, summed(name)] as const),
  ['concordat_build_info', (draft, labels) => (draft.version = labels.get('version') ?? '')],
  ['concordat_snapshot_info', (draft, labels) => (draft.revision = labels.get('revision') ?? '')],
  [
    'nodejs_eventloop_delay_p99_seconds',
    (draft, labels, value) => {
      draft.thread(labels).loopDelayP99Seconds = value
    },
  ],
  [
    'nodejs_heap_used_bytes',
    (draft, labels, value) => {
      draft.thread(labels).heapBytes = value
    },
  ],
  [
    'http_client_open_connections',
    (draft, labels, value) => add(draft.upstream, labels.get('http_connection_state') ?? '', value),
  ],
  [
    'concordat_faults_total',
    (draft, labels, value) => add(draft.faults, labels.get('code') ?? '', value),
  ],
  [
    'concordat_gateway_duration_seconds_bucket',
    (draft, labels, value) => addBucket(draft.own, labels, value),
  ],
  [
    'http_server_request_duration_seconds_bucket',
    (draft, labels, value) => addBucket(draft.operation(labels).duration, labels, value),
  ],
  [
    'http_server_request_duration_seconds_count',
    (draft, labels, value) => add(draft.operation(labels).classes, classOf(labels), value),
  ],
  [
    'http_server_request_body_size_bytes_sum',
    (draft, labels, value) => {
      draft.operation(labels).requestBytes += value
    },
  ],
  [
    'http_server_response_body_size_bytes_sum',
    (draft, labels, value) => {
      draft.operation(labels).replyBytes += value
    },
  ],
])

export function scrapeReader(): ScrapeReader {
  const draft = new Draft()
  return {
    line(line) {
      const name = nameIn(line)
      const take = name === undefined ? undefined : takers.get(name)
      const sample = take === undefined ? undefined : sampleIn(line, name!)
      if (sample !== undefined) take!(draft, sample.labels, sample.value)
    },
    done(atMs) {
      const { version } = draft
      return version === undefined ? undefined : { ...draft, atMs, version }
    },
  }
}

function classOf(labels: Labels): StatusClass {
  const status = labels.get('http_response_status_code') ?? ''
  if (status === '') return 'unanswered'
  const known = /^([2345])\d\d$/.exec(status)?.[1]
  return known === undefined ? 'other' : (`${known}xx` as StatusClass)
}

function addBucket(buckets: Map<number, number>, labels: Labels, value: number): void {
  const bound = numberIn(labels.get('le') ?? '')
  if (bound !== undefined) add(buckets, bound, value)
}

function add<K>(sums: Map<K, number>, key: K, value: number): void {
  sums.set(key, (sums.get(key) ?? 0) + value)
}

function madeOnce<T>(all: Map<string, T>, key: string, make: () => T): T {
  const known = all.get(key)
  if (known !== undefined) return known
  const made = make()
  all.set(key, made)
  return made
}
