// What a scrape says: every family once, its operations in pieces.
import { type FaultCode, faults } from '../base.ts'
import { countOf, cumulativeCounts, shownBounds, type ShownBounds, sumMs } from './histogram.ts'
import type { EndpointGauges, FaultCounts, Gauges } from './gauges.ts'
import { familyHead, label, sample } from './prometheus.ts'
import { otherName, otherStatus, type Slot } from './slots.ts'

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
const slotsPerPiece = 50

export function* exposition(
  slots: readonly Slot[],
  faultCounts: FaultCounts,
  version: string,
  gauges: Gauges,
): Generator<string, void, undefined> {
  yield programText(version, gauges) + faultsText(faultCounts)
  for (const { head, lines } of slotFamilies) {
    yield head
    for (let at = 0; at < slots.length; at += slotsPerPiece) {
      yield slots
        .slice(at, at + slotsPerPiece)
        .map(lines)
        .join('')
    }
  }
}

interface SlotFamily {
  readonly head: string
  readonly lines: (slot: Slot) => string
}

const slotFamilies: readonly SlotFamily[] = [
  family(
    'http_server_request_duration_seconds',
    'histogram',
    'Whole exchanges, from the end of the request head to the end of the reply.',
    (name, slot) =>
      slot.series
        .map(({ status, duration }) =>
          histogramLines(
            name,
            `${slotLabels(slot)},${statusLabel(status)}`,
            duration,
            durationBounds,
          ),
        )
        .join(''),
  ),
  family(
    'concordat_gateway_duration_seconds',
    'histogram',
    'Exchanges without the time of the upstream.',
    (name, slot) => histogramLines(name, slotLabels(slot), slot.own, ownBounds),
  ),
  family(
    'concordat_upstream_duration_seconds',
    'histogram',
    'From the request going upstream to the end of the reply of the upstream.',
    (name, slot) =>
      slot.upstream === undefined
        ? ''
        : histogramLines(name, slotLabels(slot), slot.upstream, durationBounds),
  ),
  family('http_server_request_body_size_bytes', 'summary', 'Bodies of requests.', (name, slot) =>
    sizeLines(name, slot, slot.bytes[0]!),
  ),
  family('http_server_response_body_size_bytes', 'summary', 'Bodies of replies.', (name, slot) =>
    sizeLines(name, slot, slot.bytes[1]!),
  ),
  family(
    'concordat_shadow_refusals_total',
    'counter',
    'Requests that a policy in shadow would have refused.',
    (name, slot) =>
      [...slot.shadows]
        .map(([policy, count]) =>
          sample(name, `${label('policy', policy)},${slotLabels(slot)}`, count),
        )
        .join(''),
  ),
]

function family(
  name: string,
  type: 'counter' | 'histogram' | 'summary',
  help: string,
  lines: (name: string, slot: Slot) => string,
): SlotFamily {
  return { head: familyHead(name, type, help), lines: (slot) => lines(name, slot) }
}

function slotLabels({ method, template }: Slot): string {
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
function sizeLines(name: string, slot: Slot, bytes: number): string {
  const labels = slotLabels(slot)
  return sample(`${name}_sum`, labels, bytes) + sample(`${name}_count`, labels, countOf(slot.own))
}

function faultsText(counts: FaultCounts): string {
  const name = 'concordat_faults_total'
  const lines = (Object.keys(faults) as FaultCode[]).map((code) =>
    sample(name, `${label('code', code)},${label('blame', faults[code].blame)}`, counts[code]),
  )
  return familyHead(name, 'counter', 'Exchanges that ended in a fault.') + lines.join('')
}

function programText(version: string, gauges: Gauges): string {
  const { endpoints, process } = gauges
  const { p50, p99, max } = process.loopDelaySeconds
  return [
    single('concordat_build_info', 'gauge', 'The program.', 1, label('version', version)),
    single(
      'concordat_snapshot_info',
      'gauge',
      'The snapshot in force.',
      1,
      label('revision', gauges.revision),
    ),
    single('http_server_active_requests', 'gauge', 'Exchanges under way.', gauges.activeExchanges),
    single(
      'concordat_client_connections',
      'gauge',
      'Open connections of clients.',
      gauges.connections,
    ),
    single(
      'concordat_client_connections_refused_total',
      'counter',
      'Connections of clients beyond a bound, answered 503.',
      gauges.refusedConnections,
    ),
    single(
      'concordat_log_lines_dropped_total',
      'counter',
      'Lines of the access log that its sink was too slow for.',
      gauges.logLinesDropped,
    ),
    connectionsText(endpoints),
    waitingText(endpoints),
    single(
      'process_cpu_seconds_total',
      'counter',
      'CPU time, user and system.',
      process.cpuSeconds,
    ),
    single('process_resident_memory_bytes', 'gauge', 'Memory held.', process.residentBytes),
    single('nodejs_heap_used_bytes', 'gauge', 'JavaScript heap in use.', process.heapBytes),
    single(
      'process_start_time_seconds',
      'gauge',
      'Start, since the epoch.',
      process.startedEpochSeconds,
    ),
    single(
      'nodejs_eventloop_delay_p50_seconds',
      'gauge',
      'Event loop delay since the last scrape.',
      p50,
    ),
    single(
      'nodejs_eventloop_delay_p99_seconds',
      'gauge',
      'Event loop delay since the last scrape.',
      p99,
    ),
    single(
      'nodejs_eventloop_delay_max_seconds',
      'gauge',
      'Event loop delay since the last scrape.',
      max,
    ),
  ].join('')
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
