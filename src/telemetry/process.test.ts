// What is read of the process is of the right kind and size.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watchProcess } from './process.ts'

test('a reading is in seconds and bytes, and lateness is not the period of the monitor', () => {
  const watch = watchProcess()
  const { cpuSeconds, heapBytes, loopDelaySeconds, residentBytes, startedEpochSeconds } =
    watch.read()
  watch.close()
  assert.ok(cpuSeconds > 0 && cpuSeconds < 3_600)
  assert.ok(residentBytes > heapBytes && heapBytes > 1_000_000)
  assert.ok(Math.abs(startedEpochSeconds - Date.now() / 1000) < 3_600)
  assert.deepEqual(loopDelaySeconds, { p50: 0, p99: 0, max: 0 })
})
