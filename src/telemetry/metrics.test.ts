// The exposition is valid Prometheus text, says what was observed, and stays bounded.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { metricsHere, quietGauges } from '../../test/gauges.ts'
import { faults } from '../base.ts'
import type { EndpointGauges, Gauges, ThreadGauges } from './gauges.ts'
import { createMetrics } from './metrics.ts'
import { createCounts } from './counts.ts'
import type { CountsNews } from './news.ts'
import type { ObservedOperation } from './record.ts'
import { recordWith, shadowsOf } from './records-for-tests.ts'

const watch: ThreadGauges['watch'] = {
  heapBytes: 1,
  externalBytes: 2,
  arrayBufferBytes: 3,
  loopDelaySeconds: { p50: 0, p99: 0.001, max: 0.002 },
}
const channel: ObservedOperation = {
  id: 'getChannel',
  method: 'GET',
  template: '/v1/channels/{id}',
}
const send: ObservedOperation = { id: 'send', method: 'POST', template: '/v1/messages' }

interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const lineForm = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/
const labelForm = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y

/** Reads text format 0.0.4 strictly: families declared once, together, and no sample twice. */
function parse(text: string): Sample[] {
  assert.ok(text.endsWith('\n'))
  const types = new Map<string, string>()
  const seen = new Set<string>()
  const samples: Sample[] = []
  let family = ''
  for (const line of text.slice(0, -1).split('\n')) {
    const declared = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line)
    if (declared !== null) {
      family = declared[2]!
      if (declared[1] === 'TYPE') {
        assert.ok(!types.has(family), `${family} is declared once`)
        types.set(family, declared[3]!)
      }
      continue
    }
    const [, name = '', labelText = '', valueText = ''] = lineForm.exec(line) ?? assert.fail(line)
    const suffixes = { histogram: ['_bucket', '_sum', '_count'], summary: ['_sum', '_count'] }
    const type = types.get(family) as keyof typeof suffixes
    assert.ok((suffixes[type] ?? ['']).includes(name.slice(family.length)), `${line} in ${family}`)
    assert.ok(name.startsWith(family), `${name} stands under ${family}`)
    assert.ok(!seen.has(`${name}{${labelText}}`), `${line} stands once`)
    seen.add(`${name}{${labelText}}`)
    samples.push({ name, labels: parseLabels(labelText), value: parseValue(valueText) })
  }
  return samples
}

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {}
  labelForm.lastIndex = 0
  while (labelForm.lastIndex < text.length) {
    const [, name = '', value = ''] = labelForm.exec(text) ?? assert.fail(`labels: ${text}`)
    labels[name] = value.replaceAll(/\\(.)/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped))
  }
  return labels
}

function parseValue(text: string): number {
  const value = text === '+Inf' ? Number.POSITIVE_INFINITY : Number(text)
  assert.ok(!Number.isNaN(value), text)
  return value
}

const valueOf = (samples: Sample[], name: string, labels: Record<string, string> = {}) =>
  samples.find(
    (sample) =>
      sample.name === name &&
      Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  )?.value

const durations = 'http_server_request_duration_seconds'

test('an exchange is counted by method, template and status, in exact buckets', () => {
  const metrics = metricsHere()
  const observe = metrics.bind([channel, send])
  observe(recordWith({ durationMs: 4, upstreamMs: 3 }))
  observe(recordWith({ durationMs: 5, upstreamMs: 1 }))
  observe(recordWith({ status: 404, durationMs: 200, upstreamMs: 0 }))
  const samples = parse(metrics.text())
  const labels = { http_request_method: 'GET', http_route: '/v1/channels/{id}' }
  const good = { ...labels, http_response_status_code: '200' }
  const bad = { ...labels, http_response_status_code: '404' }
  assert.equal(valueOf(samples, `${durations}_count`, good), 2)
  assert.equal(valueOf(samples, `${durations}_sum`, good), 0.009)
  assert.equal(valueOf(samples, `${durations}_bucket`, { ...good, le: '0.0025' }), 0)
  assert.equal(valueOf(samples, `${durations}_bucket`, { ...good, le: '0.005' }), 2)
  assert.equal(valueOf(samples, `${durations}_count`, bad), 1)
  assert.equal(valueOf(samples, 'concordat_upstream_duration_seconds_count', labels), 2)
  assert.equal(valueOf(samples, 'concordat_gateway_duration_seconds_count', labels), 3)
  assert.equal(valueOf(samples, 'concordat_gateway_duration_seconds_sum', labels), 0.205)
  assert.equal(valueOf(samples, 'http_server_request_body_size_bytes_sum', labels), 30)
  assert.equal(valueOf(samples, 'http_server_response_body_size_bytes_count', labels), 3)
})

test('buckets never fall, and the last equals the count', () => {
  const metrics = metricsHere()
  const observe = metrics.bind([channel])
  for (let ms = 0.001; ms < 1e7; ms *= 1.7) observe(recordWith({ durationMs: ms }))
  const samples = parse(metrics.text())
  const buckets = samples.filter(({ name }) => name === `${durations}_bucket`)
  for (const [i, { value }] of buckets.entries()) assert.ok(value >= (buckets[i - 1]?.value ?? 0))
  assert.equal(buckets.at(-1)!.labels['le'], '+Inf')
  assert.equal(buckets.at(-1)!.value, valueOf(samples, `${durations}_count`))
})

test('an operation without requests has no series', () => {
  const metrics = metricsHere()
  metrics.bind([channel, send])(recordWith())
  assert.ok(!metrics.text().includes(send.template))
})

test('counts go on across a swap, whatever index the operation has then', () => {
  const metrics = metricsHere()
  const before = metrics.bind([channel, send])
  before(recordWith())
  metrics.bind([send, channel])(recordWith({ operation: 1 }))
  before(recordWith())
  const route = { http_route: channel.template }
  assert.equal(valueOf(parse(metrics.text()), `${durations}_count`, route), 3)
})

test('HEAD is counted apart from the GET whose operation it reaches', () => {
  const metrics = metricsHere()
  const observe = metrics.bind([channel])
  for (const method of ['HEAD', 'GET', 'GET']) observe(recordWith({ method }))
  const samples = parse(metrics.text())
  const route = { http_route: channel.template }
  assert.equal(valueOf(samples, `${durations}_count`, { ...route, http_request_method: 'HEAD' }), 1)
  assert.equal(valueOf(samples, `${durations}_count`, { ...route, http_request_method: 'GET' }), 2)
})

test('a method that the contract adds is counted by its name', () => {
  const metrics = metricsHere()
  const observe = metrics.bind([{ ...channel, method: 'COPY' }])
  for (const method of ['COPY', 'COPY']) observe(recordWith({ method }))
  const labels = { http_route: channel.template, http_request_method: 'COPY' }
  assert.equal(valueOf(parse(metrics.text()), `${durations}_count`, labels), 2)
})

test('an operation that a swap takes away and another brings back has its counts', () => {
  const metrics = metricsHere()
  metrics.bind([channel])(recordWith())
  metrics.bind([send])
  metrics.bind([channel])(recordWith())
  const route = { http_route: channel.template }
  assert.equal(valueOf(parse(metrics.text()), `${durations}_count`, route), 2)
})

test('policies in shadow beyond 64 are counted together', () => {
  const metrics = metricsHere()
  const shadows = shadowsOf(Array.from({ length: 100 }, (_, i) => `policy${i}`))
  const observe = metrics.bind([channel])
  for (let i = 0; i < 2; i++) observe(recordWith({ shadows }))
  const counts = parse(metrics.text()).filter(({ name }) => name.includes('shadow'))
  assert.equal(counts.length, 65)
  assert.equal(counts.at(-1)!.labels['policy'], '_OTHER')
  assert.equal(counts.at(-1)!.value, 72)
})

test('without an operation the route is empty, and an unknown method is _OTHER', () => {
  const metrics = metricsHere()
  const observe = metrics.bind([channel])
  for (let i = 0; i < 50; i++) {
    observe(recordWith({ operation: -1, method: `BREW${i}`, path: `/${i}`, status: 404 }))
  }
  const counts = parse(metrics.text()).filter(({ name }) => name === `${durations}_count`)
  assert.deepEqual(counts, [
    {
      name: `${durations}_count`,
      labels: { http_request_method: '_OTHER', http_route: '', http_response_status_code: '404' },
      value: 50,
    },
  ])
})

test('where no reply could be sent the status is empty', () => {
  const metrics = metricsHere()
  metrics.bind([channel])(recordWith({ status: 0, fault: 'CLIENT_CLOSED' }))
  const labels = { http_response_status_code: '' }
  assert.equal(valueOf(parse(metrics.text()), `${durations}_count`, labels), 1)
})

test('an upstream that answers with every status makes no more than 17 series', () => {
  const metrics = metricsHere()
  const observe = metrics.bind([channel])
  for (let status = 200; status < 600; status++) observe(recordWith({ status }))
  const counts = parse(metrics.text()).filter(({ name }) => name === `${durations}_count`)
  assert.equal(counts.length, 17)
  assert.equal(counts.at(-1)!.labels['http_response_status_code'], '_OTHER')
  assert.equal(counts.at(-1)!.value, 400 - 16)
})

test('operations beyond the bound are counted together, until a swap makes room', () => {
  const metrics = metricsHere(2)
  const operations = ['/a', '/b', '/c', '/d'].map((template) => ({
    id: template,
    method: 'GET',
    template,
  }))
  const routes = () =>
    parse(metrics.text())
      .filter(({ name }) => name === `${durations}_count`)
      .map(({ labels, value }) => `${labels['http_route']} ${value}`)
  const observe = metrics.bind(operations)
  for (const operation of [...operations.keys(), -1]) observe(recordWith({ operation }))
  assert.deepEqual(routes(), ['/a 1', '/b 1', '_OTHER 2', ' 1'])
  const after = metrics.bind(operations.slice(1))
  for (const operation of [0, 1]) after(recordWith({ operation }))
  assert.deepEqual(routes(), ['/b 2', '/c 1', '_OTHER 2', ' 1'])
})

test('every fault of the catalogue stands at 0 until it happens', () => {
  const metrics = metricsHere()
  metrics.bind([channel])(recordWith({ status: 504, fault: 'UPSTREAM_TIMEOUT' }))
  const samples = parse(metrics.text()).filter(({ name }) => name === 'concordat_faults_total')
  assert.equal(samples.length, Object.keys(faults).length)
  assert.equal(valueOf(samples, 'concordat_faults_total', { code: 'UPSTREAM_TIMEOUT' }), 1)
  assert.equal(valueOf(samples, 'concordat_faults_total', { code: 'NOT_FOUND' }), 0)
})

test('refusals in shadow are counted by policy and operation', () => {
  const metrics = metricsHere()
  const observe = metrics.bind([channel])
  observe(recordWith({ shadows: shadowsOf(['limit', 'validate']) }))
  observe(recordWith({ shadows: shadowsOf(['limit']) }))
  const samples = parse(metrics.text())
  const name = 'concordat_shadow_refusals_total'
  assert.equal(valueOf(samples, name, { policy: 'limit', http_route: channel.template }), 2)
  assert.equal(valueOf(samples, name, { policy: 'validate' }), 1)
})

test('replies of gRPC are counted by what clients were told, those of others not at all', () => {
  const metrics = metricsHere()
  const observe = metrics.bind([channel])
  for (const grpcStatus of [0, 0, 16, 17, 999]) observe(recordWith({ grpcStatus }))
  observe(recordWith({}))
  const samples = parse(metrics.text()).filter(({ name }) => name.includes('grpc'))
  const counts = samples.map(({ labels, value }) => [labels['rpc_grpc_status_code'], value])
  assert.deepEqual(counts, [
    ['0', 2],
    ['16', 1],
    ['_OTHER', 2],
  ])
  assert.equal(samples[0]!.labels['http_route'], channel.template)
})

const endpoint = (port: number, waiting: number): EndpointGauges => ({
  upstream: 'main',
  host: '127.0.0.1',
  port,
  activeConnections: 2,
  idleConnections: 1,
  waiting,
})

const threadOf = (thread: number, ...endpoints: EndpointGauges[]): ThreadGauges => ({
  thread,
  watch: { ...watch, heapBytes: thread },
  serving: {
    activeExchanges: 3,
    liveStreams: 2,
    connections: 5,
    connectionsMax: 9,
    heldBytes: 7,
    endpoints,
  },
})

test('gauges of threads are summed where the sum says something, else shown one by one', () => {
  const gauges: Gauges = {
    revision: 'r1',
    threads: [
      { thread: 0, watch, serving: undefined },
      threadOf(1, endpoint(3000, 4)),
      threadOf(2, endpoint(3000, 1), endpoint(3001, 0)),
    ],
    process: { ...quietGauges.process, descriptors: 20 },
    workers: { running: 2, restarts: { exit: 1, silent: 0, memory: 3 } },
  }
  const samples = parse(metricsHere().text(gauges))
  const wanted: readonly [name: string, labels: Record<string, string>, value: number][] = [
    ['http_server_active_requests', {}, 6],
    ['concordat_live_streams', {}, 4],
    ['concordat_client_connections', {}, 10],
    ['concordat_build_info', { version: '1.2.3' }, 1],
    ['concordat_snapshot_info', { revision: 'r1' }, 1],
    ['concordat_workers', {}, 2],
    ['concordat_worker_restarts_total', { cause: 'memory' }, 3],
    ['concordat_endpoint_waiting_exchanges', { upstream: 'main', server_port: '3000' }, 5],
    ['http_client_open_connections', { server_port: '3000', http_connection_state: 'idle' }, 2],
    ['http_client_open_connections', { server_port: '3001', http_connection_state: 'active' }, 2],
    ['nodejs_heap_used_bytes', { thread: 'main' }, 1],
    ['nodejs_heap_used_bytes', { thread: '2' }, 2],
    ['nodejs_eventloop_delay_p99_seconds', { thread: '1' }, 0.001],
    ['process_open_fds', {}, 20],
  ]
  for (const [name, labels, value] of wanted) {
    assert.equal(valueOf(samples, name, labels), value, `${name} ${JSON.stringify(labels)}`)
  }
  assert.equal(valueOf(samples, 'process_max_fds'), undefined, 'nobody tells')
})

test('what threads counted beside exchanges is theirs together', () => {
  const metrics = metricsHere()
  metrics.note({ refusedConnections: 1, logLinesDropped: 0, acceptPauses: 4 })
  metrics.note({ refusedConnections: 2, logLinesDropped: 0, acceptPauses: 4 })
  const samples = parse(metrics.text())
  assert.equal(valueOf(samples, 'concordat_client_connections_refused_total'), 2)
  assert.equal(valueOf(samples, 'concordat_accept_pauses_total'), 4)
  assert.equal(valueOf(samples, 'concordat_log_lines_dropped_total'), 0)
})

test('a template with quotes, backslashes and line ends stays one label', () => {
  const template = '/a"b\\c\nd/{x}'
  const metrics = metricsHere()
  metrics.bind([{ id: 'odd', method: 'GET', template }])(recordWith())
  const samples = parse(metrics.text())
  assert.equal(valueOf(samples, `${durations}_count`, { http_route: template }), 1)
})

test('five thousand operations come in pieces of at most fifty', () => {
  const metrics = metricsHere()
  const operations = Array.from({ length: 5_000 }, (_, i) => ({
    id: `op${i}`,
    method: 'GET',
    template: `/v1/resources/${i}/{id}`,
  }))
  const observe = metrics.bind(operations)
  for (const operation of operations.keys()) observe(recordWith({ operation }))
  let seen = 0
  for (const piece of metrics.pieces()) {
    const routes = new Set(piece.match(/http_route="[^"]*"/g))
    assert.ok(routes.size <= 50)
    seen += piece.match(/http_server_request_duration_seconds_count/g)?.length ?? 0
  }
  assert.equal(seen, 5_000)
})

test('latencies sum all statuses of an operation', () => {
  const metrics = metricsHere()
  const observe = metrics.bind([channel])
  for (let i = 0; i < 999; i++) observe(recordWith({ durationMs: 2 }))
  observe(recordWith({ status: 504, durationMs: 30_000 }))
  const [latency] = metrics.latencies()
  assert.equal(latency!.count, 1_000)
  assert.ok(latency!.p999Ms < 2.2)
  observe(recordWith({ status: 504, durationMs: 30_000 }))
  assert.ok(metrics.latencies()[0]!.p999Ms > 27_000)
})

/** The main thread and several that count, each with its number. */
function fleet(operationsMax = 10_000) {
  const metrics = createMetrics({ version: '', operationsMax })
  const announced: CountsNews[] = []
  const startThread = (thread: number) =>
    createCounts({
      operationsMax,
      announce(news) {
        announced.push(news)
        metrics.take(thread, news)
      },
    })
  const countsOf = (name = `${durations}_count`) =>
    Object.fromEntries(
      parse(metrics.text(quietGauges))
        .filter((sample) => sample.name === name)
        .map(({ labels, value }) => [labels['http_route'] ?? labels['code'], value]),
    )
  return { announced, countsOf, metrics, startThread }
}

test('threads are summed by method, template and status, whatever their snapshots', () => {
  const { countsOf, metrics, startThread } = fleet()
  const one = startThread(1).bind([channel, send])
  const two = startThread(2).bind([send, channel])
  for (let i = 0; i < 3; i++) one(recordWith({ shadows: shadowsOf(['limit']), requestBytes: 1 }))
  two(
    recordWith({
      operation: 1,
      shadows: shadowsOf(['limit']),
      requestBytes: 5,
      durationMs: 30_000,
    }),
  )
  two(recordWith({ operation: 0, method: 'POST', fault: 'NOT_FOUND' }))
  assert.deepEqual(countsOf(), { [channel.template]: 4, [send.template]: 1 })
  assert.equal(countsOf('concordat_shadow_refusals_total')[channel.template], 4)
  assert.equal(countsOf('http_server_request_body_size_bytes_sum')[channel.template], 8)
  assert.equal(countsOf('concordat_faults_total')['NOT_FOUND'], 1)
  assert.ok(metrics.latencies()[0]!.p999Ms > 27_000)
})

test('what a thread counted stays when it ends, and the next one with its number adds to it', () => {
  const { countsOf, metrics, startThread } = fleet()
  const [, dying] = [startThread(1).bind([channel])(recordWith()), startThread(2)]
  dying.note({ refusedConnections: 7, logLinesDropped: 0, acceptPauses: 0 })
  const observe = dying.bind([channel])
  observe(recordWith({ fault: 'NOT_FOUND', shadows: shadowsOf(['limit']) }))
  for (let restarts = 1; restarts < 5; restarts++) {
    const before = metrics.text(quietGauges)
    metrics.ended(2)
    assert.equal(metrics.text(quietGauges), before)
    observe(recordWith())
    assert.equal(metrics.text(quietGauges), before, 'nothing more is read of its memory')
    const next = startThread(2)
    next.note({ refusedConnections: 1, logLinesDropped: 0, acceptPauses: 0 })
    next.bind([channel])(recordWith({ fault: 'NOT_FOUND' }))
    assert.equal(countsOf()[channel.template], 2 + restarts)
    assert.equal(countsOf('concordat_faults_total')['NOT_FOUND'], 1 + restarts)
    const samples = parse(metrics.text(quietGauges))
    assert.equal(valueOf(samples, 'concordat_client_connections_refused_total'), 7 + restarts)
  }
})

test('news of a thread that has ended is no news', () => {
  const { announced, countsOf, metrics, startThread } = fleet()
  startThread(1).bind([channel])(recordWith())
  metrics.ended(1)
  for (const news of announced) if (news.news !== 'slab') metrics.take(1, news)
  assert.deepEqual(countsOf(), { [channel.template]: 1 })
})

test('only what is counted for the first time is announced', () => {
  const { announced, startThread } = fleet()
  const counts = startThread(1)
  const observe = counts.bind([channel, send])
  const record = recordWith({ fault: 'NOT_FOUND', shadows: shadowsOf(['limit']) })
  observe(record)
  const first = announced.length
  for (let i = 0; i < 10; i++) observe(record)
  counts.bind([send, channel])(recordWith({ operation: 1 }))
  assert.deepEqual(
    announced.map((one) => (one.news === 'cells' ? one.of.what : one.news)),
    ['slab', 'thread', 'operation', 'status', 'shadow'],
  )
  assert.equal(announced.length, first)
})

const numbered = (from: number, count: number): ObservedOperation[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `o${from + i}`,
    method: 'GET',
    template: `/${from + i}`,
  }))

test('memory has a bound, however many operations come and go', () => {
  const { announced, countsOf, startThread } = fleet(100)
  const counts = startThread(1)
  for (let swap = 0; swap < 50; swap++) {
    const observe = counts.bind(numbered(swap * 60, 120))
    for (let operation = 0; operation < 120; operation++) observe(recordWith({ operation }))
  }
  assert.ok(Object.keys(countsOf()).length <= 102)
  const slabs = announced.filter(({ news }) => news === 'slab').length
  assert.ok(slabs > 50, 'each swap began anew')
})

test('of operations that are gone a thousand are kept, or as many as there are', () => {
  const { countsOf, startThread } = fleet()
  const counts = startThread(1)
  const shown: number[] = []
  for (let swap = 0; swap < 40; swap++) {
    const observe = counts.bind(numbered(swap * 100, 200))
    for (let operation = 0; operation < 200; operation++) observe(recordWith({ operation }))
    shown.push(Object.keys(countsOf()).length)
  }
  assert.equal(shown[1], 300)
  assert.ok(Math.max(...shown) <= 1_200, `${Math.max(...shown)} shown`)
})

test('several threads together show no more operations than one may', () => {
  const { countsOf, startThread } = fleet(4)
  for (const thread of [1, 2, 3]) {
    const observe = startThread(thread).bind(numbered(thread * 10, 3))
    for (let operation = 0; operation < 3; operation++) observe(recordWith({ operation }))
  }
  const counts = countsOf()
  assert.equal(counts['_OTHER'], 5)
  assert.equal(Object.keys(counts).length, 5)
})

test('an operation that a swap keeps goes on, though all begin anew in other memory', () => {
  const { countsOf, startThread } = fleet(3)
  const [one, two] = [startThread(1), startThread(2)]
  const before = [one.bind(numbered(0, 3)), two.bind(numbered(0, 3))]
  for (const observe of before) {
    for (let operation = 0; operation < 3; operation++) observe(recordWith({ operation }))
  }
  const after = one.bind(numbered(1, 3))
  assert.deepEqual(countsOf(), { '/0': 2, '/1': 2, '/2': 2 }, 'the other thread still counts all')
  two.bind(numbered(1, 3))
  assert.deepEqual(countsOf(), { '/1': 2, '/2': 2 })
  for (let operation = 0; operation < 3; operation++) after(recordWith({ operation }))
  before[0]!(recordWith({ operation: 1 }))
  assert.deepEqual(countsOf(), { '/1': 4, '/2': 3, '/3': 1 }, 'nor is an exchange under way lost')
})
