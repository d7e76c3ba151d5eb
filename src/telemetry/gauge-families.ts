// The families of the program, its threads and its process: what is read at the scrape, and what
// threads count beside exchanges.
import type { EndpointGauges, Gauges, ThreadGauges } from './gauges.ts'
import { type ThreadTotals, threadTotals } from './news.ts'
import { familyHead, label, sample } from './prometheus.ts'

/** `counted` are the cells of all threads together. */
export function programText(
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
    single(
      'concordat_live_streams',
      'gauge',
      'Event streams and WebSockets that are open.',
      sumOf(serving.map(({ liveStreams }) => liveStreams)),
    ),
    single('concordat_client_connections', 'gauge', 'Open connections of clients.', connections),
    single(
      'concordat_client_connections_max',
      'gauge',
      'Connections of clients that there may be: as configured, or fewer for want of descriptors.',
      Math.max(0, ...serving.map(({ connectionsMax }) => connectionsMax)),
    ),
    single(
      'concordat_held_body_bytes',
      'gauge',
      'Bytes of request bodies that are held whole.',
      sumOf(serving.map(({ heldBytes }) => heldBytes)),
    ),
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
    'Connections beyond a bound, answered 503, or without the PROXY header that is due.',
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

export function processText({ process, threads }: Gauges): string {
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
  return (
    familyHead(name, 'gauge', 'Connections to endpoints; of HTTP/2 each call is an active one.') +
    lines.join('')
  )
}

function waitingText(endpoints: readonly EndpointGauges[]): string {
  const name = 'concordat_endpoint_waiting_exchanges'
  const lines = endpoints.map((one) => sample(name, endpointLabels(one), one.waiting))
  return familyHead(name, 'gauge', 'Exchanges that wait for a connection.') + lines.join('')
}

function endpointLabels({ upstream, host, port }: EndpointGauges): string {
  const place = [label('upstream', upstream), label('server_address', host)]
  return [...place, ...(port === undefined ? [] : [label('server_port', String(port))])].join(',')
}
