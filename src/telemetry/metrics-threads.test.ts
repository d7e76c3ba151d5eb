// Threads that count while another reads, and that end in the midst of it.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test, type TestContext } from 'node:test'
import { setImmediate as rest } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { Counting } from '../../test/counting-thread.ts'
import { quietGauges } from '../../test/gauges.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import type { CountsNews } from './news.ts'

const program = new URL('../../test/counting-thread.ts', import.meta.url)

function startThread(t: TestContext, metrics: Metrics, thread: number, exchanges: number) {
  const counted = new SharedArrayBuffer(4)
  const worker = new Worker(program, {
    workerData: { counted, exchanges } satisfies Counting,
  })
  t.after(() => worker.terminate())
  worker.on('message', (news: CountsNews) => metrics.take(thread, news))
  const exited = once(worker, 'exit').then(() => metrics.ended(thread))
  return { worker, exited, counted: new Int32Array(counted) }
}

const shownBy = (metrics: Metrics): number =>
  metrics.latencies().reduce((sum, { count }) => sum + count, 0)

test('what threads count at once is all there in the end, and never falls meanwhile', async (t) => {
  const metrics = createMetrics({ version: '' })
  const threads = [1, 2, 3].map((thread) => startThread(t, metrics, thread, 50_000))
  const ended = Promise.all(threads.map(({ exited }) => exited)).then(() => true)
  let shown = 0
  while (!(await Promise.race([ended, rest(false)]))) {
    const now = shownBy(metrics)
    assert.ok(now >= shown, `${now} after ${shown}`)
    shown = now
  }
  assert.equal(shownBy(metrics), 150_000)
  const text = metrics.text(quietGauges)
  const name = 'http_server_request_duration_seconds_count'
  for (const [route, status, count] of [
    ['/a', 404, 25_002],
    ['/a', 200, 49_998],
    ['/b', 404, 24_999],
    ['/b', 200, 50_001],
  ] as const) {
    const labels = `http_request_method="GET",http_route="${route}",http_response_status_code="${status}"`
    assert.ok(text.includes(`${name}{${labels}} ${count}\n`), `${route} ${status}`)
  }
})

test('of a thread that is killed in the midst of it all is kept, to one exchange', async (t) => {
  const metrics = createMetrics({ version: '' })
  let before = 0
  for (let kill = 0; kill < 5; kill++) {
    const { counted, exited, worker } = startThread(t, metrics, 1, Infinity)
    for (let seen = 0; seen < 100; seen = Atomics.load(counted, 0)) {
      await Atomics.waitAsync(counted, 0, seen, 50).value
    }
    // What was announced first has come by the time that anything after it has.
    await worker.terminate()
    await exited
    const more = shownBy(metrics) - before
    assert.ok(Math.abs(more - counted[0]!) <= 1, `${more} shown of ${counted[0]}`)
    before += more
  }
})
