// What is read of a thread and of the process is of the right kind and size.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readProcess, watchThread } from './process.ts'

test('a reading of a thread is in bytes, and lateness is not the period of the monitor', () => {
  const watch = watchThread()
  const { arrayBufferBytes, externalBytes, heapBytes, loopDelaySeconds } = watch.read()
  watch.close()
  assert.ok(heapBytes > 1_000_000)
  assert.ok(externalBytes > 10_000 && arrayBufferBytes >= 0)
  assert.deepEqual(loopDelaySeconds, { p50: 0, p99: 0, max: 0 })
})

test('a reading of the process is in seconds and bytes, and its start does not move', () => {
  const given = { descriptors: 3, descriptorsMax: undefined }
  const read = readProcess(given)
  assert.ok(read.cpuSeconds > 0 && read.cpuSeconds < 3_600)
  assert.ok(read.residentBytes > 1_000_000)
  assert.ok(Math.abs(read.startedEpochSeconds - Date.now() / 1000) < 3_600)
  assert.equal(readProcess(given).startedEpochSeconds, read.startedEpochSeconds)
  assert.equal(read.descriptors, 3)
})
