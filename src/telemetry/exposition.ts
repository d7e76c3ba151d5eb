// What a scrape says: every family once, its operations in pieces.
import { type FaultCode, faults } from '../base.ts'
import { countOf, cumulativeCounts, shownBounds, type ShownBounds, sumMs } from './histogram.ts'
import type { EndpointGauges, Gauges, ThreadGauges } from './gauges.ts'
import {
  faultCodes,
  faultsAt,
  otherName,
  otherStatus,
  replyBytesAt,
  requestBytesAt,
  type ThreadTotals,
  threadTotals,
  upstreamAt,
} from './news.ts'
import { familyHead, label, sample } from './prometheus.ts'
import type { OperationSums, Sums } from './sums.ts'

// The bounds that OpenTelemetry advises for HTTP, finer below 5 ms and one for long calls.
const durationBounds = shownBounds([
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1,
  2.5, 5, 7.5, 10, 60,
])
// Our own part is short, unless something is wrong.
const ownBounds = shownBounds([
  0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 1,
])

// About 2 ms of work a piece.
const operationsPerPiece = 50

export function* exposition(
  sums: Sums,
  version: string,
  gauges: Gauges,
): Generator<string, void, undefined> {
  const threads = sums.threads.read()
  yield programText(version, gauges, threads) + processText(gauges) + faultsText(threads)
  const operations = sums.operations()
  for (const { head, lines } of operationFamilies) {
    yield head
    for (let at = 0; at < operations.length; at += operationsPerPiece) {
      yield operations
        .slice(at, at + operationsPerPiece)
        .map(lines)
        .join('')
    }
  }
}

interface OperationFamily {
  readonly head: string
  readonly lines: (operation: OperationSums) => string
}

const operationFamilies: readonly OperationFamily[] = [
  family(
    'http_server_request_duration_seconds',
    'histogram',
    'Whole exchanges, from the end of the request head to the end of the reply.',
    (name, operation) =>
      [...operation.statuses]
        .map(([status, duration]) =>
          histogramLines(
            name,
            `${operationLabels(operation)},${statusLabel(status)}`,
            duration.read(),
            durationBounds,
          ),
        )
        .join(''),
  ),
  family(
    'concordat_gateway_duration_seconds',
    'histogram',
    'Exchanges without the time of the upstream.',
    (name, operation) =>
      histogramLines(name, operationLabels(operation), ownOf(operation), ownBounds),
  ),
  family(
    'concordat_upstream_duration_seconds',
    'histogram',
    'From the request going upstream to the end of the reply of the upstream.',
    (name, operation) => {
      const cells = operation.cells.read().subarray(upstreamAt, requestBytesAt)
      if (countOf(cells) === 0) return ''
      return histogramLines(name, operationLabels(operation), cells, durationBounds)
    },
  ),
  family(
    'http_server_request_body_size_bytes',
    'summary',
    'Bodies of requests.',
    (name, operation) => sizeLines(name, operation, requestBytesAt),
  ),
  family(
    'http_server_response_body_size_bytes',
    'summary',
    'Bodies of replies.',
    (name, operation) => sizeLines(name, operation, replyBytesAt),
  ),
  family(
    'concordat_shadow_refusals_total',
    'counter',
    'Requests that a policy in shadow would have refused.',
    (name, operation) =>
      [...operation.shadows]
        .map(([policy, count]) => {
          const labels = `${label('policy', policy)},${operationLabels(operation)}`
          return sample(name, labels, count.read()[0]!)
        })
        .join(''),
  ),
]

function family(
  name: string,
  type: 'counter' | 'histogram' | 'summary',
  help: string,
  lines: (name: string, operation: OperationSums) => string,
): OperationFamily {
  return { head: familyHead(name, type, help), lines: (operation) => lines(name, operation) }
}

/** Durations without the upstream's part. */
function ownOf({ cells }: OperationSums): Float64Array {
  return cells.read().subarray(0, upstreamAt)
}

function operationLabels({ method, template }: OperationSums): string {
  return `${label('http_request_method', method)},${label('http_route', template)}`
}

function statusLabel(status: number): string {
  const text = status === otherStatus ? otherName : status === 0 ? '' : String(status)
  return label('http_response_status_code', text)
}

function histogramLines(
  name: string,
  labels: string,
  cells: Float64Array,
  shown: ShownBounds,
): string {
  const counts = cumulativeCounts(cells, shown)
  const total = counts.at(-1)!
  let text = ''
  for (let i = 0; i < shown.seconds.length; i++) {
    text += `${name}_bucket{${labels},le="${shown.seconds[i]}"} ${counts[i]}\n`
  }
  return `${text}${name}_bucket{${labels},le="+Inf"} ${total}
${name}_sum{${labels}} ${sumMs(cells) / 1000}
${name}_count{${labels}} ${total}
`
}

// A summary without quantiles: mean and rate at a tenth of the lines of a histogram.
function sizeLines(name: string, operation: OperationSums, at: number): string {
  const labels = operationLabels(operation)
  const bytes = operation.cells.read()[at]!
  const exchanges = countOf(ownOf(operation))
  return sample(`${name}_sum`, labels, bytes) + sample(`${name}_count`, labels, exchanges)
}

function faultsText(threads: Readonly<Float64Array>): string {
  const name = 'concordat_faults_total'
  const lines = faultCodes.map((code: FaultCode, i) => {
    const labels = `${label('code', code)},${label('blame', faults[code].blame)}`
    return sample(name, labels, threads[faultsAt + i]!)
  })
  return familyHead(name, 'counter', 'Exchanges that ended in a fault.') + lines.join('')
}

function programText(
  version: string,
  { revision, threads, workers }: Gauges,
  counted: Readonly<Float64Array>,
): string {
  const serving = threads.flatMap(({ serving: one }) => one ?? [])
  const endpoints = summedEndpoints(serving.flatMap((one) => one.endpoints))
  const active = sumOf(serving.map(({ activeExchanges }) => activeExchanges))
  const connections = sumOf(serving.map((one) => one.connections))
  return [
    single('concordat_build_info', 'gauge', 'The program.', 1, label('version', version)),
    single(
      'concordat_snapshot_info',
      'gauge',
      'The snapshot in force.',
      1,
      label('revision', revision),
    ),
    single(
      'concordat_workers',
      'gauge',
      'Threads that serve beside the main one.',
      workers.running,
    ),
    restartsText(workers.restarts),
    single('http_server_active_requests', 'gauge', 'Exchanges under way.', active),
    single('concordat_client_connections', 'gauge', 'Open connections of clients.', connections),
    ...threadTotals.map((name, i) => single(...totalFamilies[name], counted[i]!)),
    connectionsText(endpoints),
    waitingText(endpoints),
  ].join('')
}

type FamilyHead = readonly [name: string, type: 'counter' | 'gauge', help: string]

const totalFamilies: Readonly<Record<keyof ThreadTotals, FamilyHead>> = {
  refusedConnections: [
    'concordat_client_connections_refused_total',
    'counter',
    'Connections of clients beyond a bound, answered 503.',
  ],
  logLinesDropped: [
    'concordat_log_lines_dropped_total',
    'counter',
    'Lines of the access log that its sink was too slow for.',
  ],
  acceptPauses: [
    'concordat_accept_pauses_total',
    'counter',
    'Times that a thread took no more connections for a while.',
  ],
}

function restartsText(restarts: Gauges['workers']['restarts']): string {
  const name = 'concordat_worker_restarts_total'
  const help = 'Threads that ended unasked, by why, and had another in their place.'
  const lines = Object.entries(restarts).map(([cause, count]) =>
    sample(name, label('cause', cause), count),
  )
  return familyHead(name, 'counter', help) + lines.join('')
}

function processText({ process, threads }: Gauges): string {
  return [
    single(
      'process_cpu_seconds_total',
      'counter',
      'CPU time, user and system.',
      process.cpuSeconds,
    ),
    single('process_resident_memory_bytes', 'gauge', 'Memory held.', process.residentBytes),
    single(
      'process_start_time_seconds',
      'gauge',
      'Start, since the epoch.',
      process.startedEpochSeconds,
    ),
    optional('process_open_fds', 'Open descriptors.', process.descriptors),
    optional('process_max_fds', 'Descriptors that may be open.', process.descriptorsMax),
    ...threadFamilies.map((one) => threadText(one, threads)),
  ].join('')
}

interface ThreadFamily {
  readonly name: string
  readonly help: string
  readonly value: (thread: ThreadGauges['watch']) => number
}

const lateness = 'Event loop delay of a thread since the last scrape.'

const threadFamilies: readonly ThreadFamily[] = [
  {
    name: 'nodejs_heap_used_bytes',
    help: 'JavaScript heap of a thread in use.',
    value: ({ heapBytes }) => heapBytes,
  },
  {
    name: 'nodejs_external_memory_bytes',
    help: 'Memory that JavaScript objects of a thread hold outside its heap.',
    value: ({ externalBytes }) => externalBytes,
  },
  {
    name: 'nodejs_array_buffer_bytes',
    help: 'Buffers of a thread, shared ones among them.',
    value: ({ arrayBufferBytes }) => arrayBufferBytes,
  },
  ...(['p50', 'p99', 'max'] as const).map((which) => ({
    name: `nodejs_eventloop_delay_${which}_seconds`,
    help: lateness,
    value: ({ loopDelaySeconds }: ThreadGauges['watch']) => loopDelaySeconds[which],
  })),
]

function threadText({ help, name, value }: ThreadFamily, threads: readonly ThreadGauges[]): string {
  const lines = threads.map(({ thread, watch }) =>
    sample(name, label('thread', thread === 0 ? 'main' : String(thread)), value(watch)),
  )
  return familyHead(name, 'gauge', help) + lines.join('')
}

function single(
  name: string,
  type: 'counter' | 'gauge',
  help: string,
  value: number,
  labels = '',
): string {
  return familyHead(name, type, help) + sample(name, labels, value)
}

function optional(name: string, help: string, value: number | undefined): string {
  return value === undefined ? '' : single(name, 'gauge', help, value)
}

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0)

/** Each endpoint once, with what all threads have of it. */
function summedEndpoints(all: readonly EndpointGauges[]): EndpointGauges[] {
  const byLabels = Map.groupBy(all, endpointLabels)
  return [...byLabels.values()].map((same) => ({
    ...same[0]!,
    activeConnections: sumOf(same.map(({ activeConnections }) => activeConnections)),
    idleConnections: sumOf(same.map(({ idleConnections }) => idleConnections)),
    waiting: sumOf(same.map(({ waiting }) => waiting)),
  }))
}

function connectionsText(endpoints: readonly EndpointGauges[]): string {
  const name = 'http_client_open_connections'
  const lines = endpoints.flatMap((endpoint) => {
    const labels = endpointLabels(endpoint)
    return [
      sample(name, `${labels},http_connection_state="active"`, endpoint.activeConnections),
      sample(name, `${labels},http_connection_state="idle"`, endpoint.idleConnections),
    ]
  })
  return familyHead(name, 'gauge', 'Connections to endpoints.') + lines.join('')
}

function waitingText(endpoints: readonly EndpointGauges[]): string {
  const name = 'concordat_endpoint_waiting_exchanges'
  const lines = endpoints.map((one) => sample(name, endpointLabels(one), one.waiting))
  return familyHead(name, 'gauge', 'Exchanges that wait for a connection.') + lines.join('')
}

function endpointLabels({ upstream, host, port }: EndpointGauges): string {
  return [
    label('upstream', upstream),
    label('server_address', host),
    label('server_port', String(port)),
  ].join(',')
}
