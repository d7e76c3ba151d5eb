// What telemetry costs the request path, in nanoseconds of CPU, and a scrape of 5,000 operations:
// `node bench/telemetry.ts`. The best of seven rounds, for other programs only ever add.
import { randomBytes } from 'node:crypto'
import {
  createAccessLog,
  createIds,
  createLineWriter,
  type ExchangeRecord,
  KeptExchanges,
  ShadowCounts,
} from '../src/telemetry.ts'
import { metricsHere } from '../test/gauges.ts'
import { refuse, seededRandom, systemClock } from '../src/base.ts'

const rounds = 7
const random = seededRandom(1)
const operations = Array.from({ length: 5_000 }, (_, i) => ({
  id: `operation${i}`,
  method: 'GET',
  template: `/v1/workspaces/{workspaceId}/resources/${i}/{id}`,
}))
const records = Array.from({ length: 4_096 }, (_, i) => recordOf(i))

function recordOf(i: number): ExchangeRecord {
  const durationMs = 10 ** (random() * 3)
  return {
    id: i.toString(16).padStart(32, '0'),
    operation: i % 200,
    method: 'GET',
    httpVersion: '1.1',
    path: `/v1/workspaces/w_1/resources/${i % 200}/r_${i}`,
    host: 'api.example.com',
    clientAddress: '203.0.113.7',
    status: i % 20 === 0 ? 404 : 200,
    fault: undefined,
    reason: undefined,
    refusedBy: undefined,
    refusedAt: undefined,
    refusal: undefined,
    shadows: [],
    durationMs,
    upstreamMs: durationMs * 0.9,
    requestBytes: 0,
    replyBytes: 158,
    endpoint: '127.0.0.1:3000',
    userAgent: 'curl/8.5.0',
    finishedEpochMs: 1_773_311_400_000 + i,
  }
}

function measure(name: string, times: number, run: (i: number) => void): void {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage()
    for (let i = 0; i < times; i++) run(i)
    const { system, user } = process.cpuUsage(before)
    best = Math.min(best, ((user + system) * 1_000) / times)
  }
  console.log(`${name.padEnd(32)}${best.toFixed(0).padStart(6)} ns`)
}

let bytes = 0
const nextId = createIds(randomBytes)
measure('request id', 1_000_000, () => (bytes += nextId().length))

const metrics = metricsHere()
const observe = metrics.bind(operations)
measure('metrics of one record', 1_000_000, (i) => observe(records[i % records.length]!))

const kept = new KeptExchanges({ redact: [] }).bind(operations, 'revision')
measure('a record that is not kept', 5_000_000, (i) => kept(records[i % records.length]!))
const refusal = refuse('NOT_FOUND')
const refused = records.map((one): ExchangeRecord => ({ ...one, fault: refusal.code, refusal }))
measure('one that is kept', 500_000, (i) => kept(refused[i % records.length]!))

const unshadowed = new ShadowCounts().bind(operations, () => [])
measure('one without a policy in shadow', 5_000_000, (i) =>
  unshadowed(records[i % records.length]!),
)
const shadowed = new ShadowCounts().bind(operations, () => ['limit'])
const shadows = [{ policy: 'limit', at: 0, refusal }]
const noted = records.map((one): ExchangeRecord => ({ ...one, shadows }))
measure('one with a note of it', 1_000_000, (i) => shadowed(noted[i % records.length]!))

const lines = createLineWriter({
  clock: systemClock,
  write(text, done) {
    bytes += Buffer.from(text).length
    done()
  },
})
const log = createAccessLog({ lines }).bind(operations)
measure('access log line, encoded', 200_000, (i) => log(records[i % records.length]!))

for (const operation of operations.keys()) {
  for (const status of [200, 404]) observe({ ...records[0]!, operation, status })
}
const scrape = { wholeMs: Number.POSITIVE_INFINITY, pieceMs: Number.POSITIVE_INFINITY, bytes: 0 }
for (let round = 0; round < rounds; round++) {
  const pieceMs: number[] = []
  let fromMs = performance.now()
  scrape.bytes = 0
  for (const piece of metrics.pieces()) {
    scrape.bytes += piece.length
    pieceMs.push(performance.now() - fromMs)
    fromMs = performance.now()
  }
  scrape.wholeMs = Math.min(
    scrape.wholeMs,
    pieceMs.reduce((sum, ms) => sum + ms, 0),
  )
  scrape.pieceMs = Math.min(scrape.pieceMs, Math.max(...pieceMs))
}
console.log(
  `scrape of 10,000 series: ${scrape.wholeMs.toFixed(0)} ms, its longest piece ${scrape.pieceMs.toFixed(1)} ms, ${(scrape.bytes / 1e6).toFixed(0)} MB`,
)
