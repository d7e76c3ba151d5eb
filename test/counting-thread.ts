// A thread that counts exchanges, for tests of what the main thread makes of it. It announces to its
// parent, adds each exchange to a shared cell, and goes on for as long as it is told to.
import { parentPort, workerData } from 'node:worker_threads'
import { createCounts } from '../src/telemetry.ts'
import { recordWith } from '../src/telemetry/records-for-tests.ts'

export interface Counting {
  /** Exchanges to count; Infinity: until it is ended. */
  readonly exchanges: number
  /** How many this thread has counted. */
  readonly counted: SharedArrayBuffer
}

const { counted, exchanges } = workerData as Counting
const progress = new Int32Array(counted)
const counts = createCounts({ announce: (news) => parentPort!.postMessage(news) })
const operations = ['/a', '/b'].map((template) => ({ id: template, method: 'GET', template }))
const observe = counts.bind(operations)

for (let i = 0; i < exchanges; i++) {
  observe(recordWith({ operation: i % 2, status: i % 3 === 0 ? 404 : 200, durationMs: 1 }))
  Atomics.add(progress, 0, 1)
  if (i === 100) Atomics.notify(progress, 0)
}
