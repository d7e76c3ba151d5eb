// The machine's clock is one clock, whichever thread reads it.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { systemClock } from './clock.ts'

const program = `
  const { parentPort } = require('node:worker_threads')
  const clock = import(${JSON.stringify(new URL('clock.ts', import.meta.url).href)})
  parentPort.on('message', async () => parentPort.postMessage((await clock).systemClock.nowMs()))
`

test('what another thread reads lies between what this one reads before and after', async (t) => {
  const worker = new Worker(program, { eval: true })
  t.after(() => worker.terminate())
  for (let i = 0; i < 10; i++) {
    const beforeMs = systemClock.nowMs()
    worker.postMessage(i)
    const [thereMs] = (await once(worker, 'message')) as [number]
    const afterMs = systemClock.nowMs()
    // The origins are taken by two calls each, between which the system may take its time.
    assert.ok(
      thereMs >= beforeMs - 5 && thereMs <= afterMs + 5,
      `${beforeMs} ${thereMs} ${afterMs}`,
    )
  }
})
