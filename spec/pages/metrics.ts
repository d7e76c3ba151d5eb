// The page of metrics, read off an exposition in which everything has happened once.
import { acmeMetrics } from '../../src/acme/metrics.ts'
import { refuse } from '../../src/base.ts'
import { reloadMetrics } from '../../src/control.ts'
import type { ExchangeRecord, Gauges } from '../../src/telemetry.ts'
import { metricsHere, quietGauges } from '../../test/gauges.ts'
import { generatedFrom, table } from './markdown.ts'

const intro = `# Metrics

\`GET /metrics\` on the admin port answers in the text format of Prometheus, version 0.0.4. Names follow the OpenTelemetry
conventions for HTTP. Labels come from the contract and from closed lists alone: no client can make new ones. An operation
has series from its first request on, and keeps its counts when a new snapshot comes into force. Those of operations that
no snapshot has had for long are let go of when they are many.

- \`http_route\` is the template with its base path, and empty where no operation was found. Operations beyond 10,000 are
  counted together as \`_OTHER\`.
- \`http_request_method\` is \`_OTHER\` for methods that are not registered.
- \`thread\` is \`main\`, or the number of a worker. A thread that does not answer a scrape in time has no gauges in it, and
  what a thread that ended has counted stays. Event loop delays begin anew with each scrape, whoever scrapes.
- \`cause\` is \`exit\`, \`memory\` or \`silent\`: [when something ends](operating.md#when-something-ends). \`outcome\` is one of
  [these](reload.md#what-comes-of-it), \`code\` and \`blame\` are of [faults](faults.md).
- \`rpc_grpc_status_code\` is a status of [gRPC](grpc.md), from 0 to 16, and \`_OTHER\` for numbers beyond.
- \`domain\` is a name that is [certified by ACME](acme.md), as the configuration has it.
- \`http_response_status_code\` is empty where no reply could be sent, and \`_OTHER\` from the 17th status of one operation on.
`

const gauges: Gauges = {
  ...quietGauges,
  revision: 'r',
  threads: [
    {
      thread: 1,
      watch: {
        heapBytes: 0,
        externalBytes: 0,
        arrayBufferBytes: 0,
        loopDelaySeconds: { p50: 0, p99: 0, max: 0 },
      },
      serving: {
        activeExchanges: 0,
        liveStreams: 0,
        connections: 0,
        connectionsMax: 0,
        heldBytes: 0,
        endpoints: [
          {
            upstream: 'u',
            host: 'h',
            port: 1,
            activeConnections: 0,
            idleConnections: 0,
            waiting: 0,
          },
        ],
      },
    },
  ],
  process: { ...quietGauges.process, descriptors: 0, descriptorsMax: 0 },
}

const record: ExchangeRecord = {
  id: '',
  operation: 0,
  method: 'GET',
  httpVersion: '1.1',
  path: '/',
  host: '',
  clientAddress: '',
  status: 200,
  fault: undefined,
  reason: undefined,
  refusedBy: undefined,
  refusedAt: undefined,
  refusal: undefined,
  grpcStatus: 0,
  shadows: [{ policy: 'policy', at: 0, refusal: refuse('LIMIT_EXCEEDED') }],
  durationMs: 1,
  upstreamMs: 1,
  requestBytes: 0,
  replyBytes: 0,
  endpoint: undefined,
  userAgent: undefined,
  finishedEpochMs: 0,
}

const reloads = {
  counts: { applied: 0, unchanged: 0, refused: 0, failed: 0 },
  standing: { state: 'current' },
  loadedEpochMs: 0,
} as const

const certified = {
  domain: 'api.test',
  authority: 'ca.test',
  state: 'served',
  isOrdering: false,
  fromEpochMs: 0,
  untilEpochMs: 0,
  nextEpochMs: 0,
  failing: { count: 1, sinceEpochMs: 0, text: '' },
  obtained: 0,
  failed: 0,
} as const

export function metricsPage(): string {
  const metrics = metricsHere()
  metrics.bind([{ id: 'o', method: 'GET', template: '/' }])(record)
  const text = metrics.text(gauges) + reloadMetrics(reloads) + acmeMetrics([certified])
  const rows = text.split('# HELP ').slice(1).map(rowOf)
  const families = table(['Name', 'Type', 'Labels', 'What it says'], rows)
  const from = generatedFrom(
    '`src/telemetry/exposition.ts`, `src/control/reload-metrics.ts` and `src/acme/metrics.ts`',
  )
  return [from, intro, families].join('\n')
}

function rowOf(family: string): string[] {
  const [help = '', type = '', ...samples] = family.split('\n')
  const [name = '', ...about] = help.split(' ')
  const labels = new Set(samples.flatMap((line) => line.match(/\w+(?==")/g) ?? []))
  labels.delete('le')
  const labelCells = [...labels].map((one) => `\`${one}\``)
  return [`\`${name}\``, type.split(' ').at(-1)!, labelCells.join(', '), about.join(' ')]
}
