import assert from 'node:assert/strict'
import { test } from 'node:test'
import { workersFor, workersMax } from './workers.ts'

test('there is a worker for each core, and no more than there may be on the largest machine', () => {
  assert.deepEqual([1, 2, workersMax + 1].map(workersFor), [1, 2, workersMax])
})
