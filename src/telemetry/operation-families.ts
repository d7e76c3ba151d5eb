// The families of operations: what is counted and measured of each.
import { countOf, cumulativeCounts, shownBounds, type ShownBounds, sumMs } from './histogram.ts'
import {
  grpcStatusesMax,
  otherName,
  otherStatus,
  replyBytesAt,
  requestBytesAt,
  upstreamAt,
} from './news.ts'
import { familyHead, label, sample } from './prometheus.ts'
import type { OperationSums } from './sums.ts'

// The bounds that OpenTelemetry advises for HTTP, finer below 5 ms and one for long calls.
const durationBounds = shownBounds([
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1,
  2.5, 5, 7.5, 10, 60,
])
// Our own part is short, unless something is wrong.
const ownBounds = shownBounds([
  0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 1,
])

export interface OperationFamily {
  readonly head: string
  readonly lines: (operation: OperationSums) => string
}

export const operationFamilies: readonly OperationFamily[] = [
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
    'concordat_grpc_replies_total',
    'counter',
    'Replies of gRPC, by what clients were told.',
    (name, operation) => {
      const counts = operation.grpc.read()
      const lines: string[] = []
      for (const [status, count] of counts.entries()) {
        if (count === 0) continue
        const code = status < grpcStatusesMax ? String(status) : otherName
        const labels = `${operationLabels(operation)},${label('rpc_grpc_status_code', code)}`
        lines.push(sample(name, labels, count))
      }
      return lines.join('')
    },
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
