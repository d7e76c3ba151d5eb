import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { workerHeapMb } from './worker-heap.ts'

test('workers share half of the memory, within reason', () => {
  const GB = 1024 ** 3
  const rows: [says: string, workers: number, memoryBytes: number, want: number][] = [
    ['a large machine', 2, 64 * GB, 2_048],
    ['many workers', 16, 16 * GB, 512],
    ['a small container', 2, GB, 256],
    ['a very small one', 4, GB / 4, 128],
  ]
  for (const [says, workers, memoryBytes, want] of rows) {
    assert.equal(workerHeapMb(workers, memoryBytes), want, says)
  }
  assert.ok(workerHeapMb(1) >= 128)
})

async function youngMb(resourceLimits: { maxOldGenerationSizeMb?: number }): Promise<number> {
  const program = `
    const { parentPort, resourceLimits } = require('node:worker_threads')
    parentPort.postMessage(resourceLimits.maxYoungGenerationSizeMb)`
  const [size] = await once(new Worker(program, { eval: true, resourceLimits }), 'message')
  return size as number
}

test('the bound leaves the young generation as it is', async () => {
  assert.equal(await youngMb({ maxOldGenerationSizeMb: 256 }), await youngMb({}))
})
