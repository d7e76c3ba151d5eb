import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../base.ts'
import { bucketTableBytes, BucketTable } from './buckets.ts'

const table = (slots: number) =>
  new BucketTable(new ArrayBuffer(bucketTableBytes(slots)), seededRandom(1))

const rate = { intervalMs: 100, burst: 3 }

test('a full bucket pays for its burst, then for one request an interval', () => {
  const buckets = table(16)
  const waits = [0, 0, 0, 0, 50, 100, 100].map((nowMs) => buckets.take(1, 2, rate, nowMs))
  assert.deepEqual(waits, [0, 0, 0, 100, 50, 0, 100])
})

test('a refused request takes nothing', () => {
  const buckets = table(16)
  for (let i = 0; i < 100; i++) buckets.take(1, 2, rate, 0)
  assert.equal(buckets.take(1, 2, rate, 100), 0)
})

test('an idle bucket holds its burst and no more', () => {
  const buckets = table(16)
  buckets.take(1, 2, rate, 0)
  const waits = [1e9, 1e9, 1e9, 1e9].map((nowMs) => buckets.take(1, 2, rate, nowMs))
  assert.deepEqual(waits, [0, 0, 0, 100])
})

test('an interval that is no whole number costs no token', () => {
  const buckets = table(16)
  const thirds = { intervalMs: 1000 / 3, burst: 3 }
  for (let i = 0; i < 3; i++) assert.equal(buckets.take(1, 2, thirds, 12_345.678), 0)
  assert.ok(buckets.take(1, 2, thirds, 12_345.678) > 333)
})

test('clients do not share a bucket while there is room', () => {
  const buckets = table(1024)
  for (let client = 0; client < 100; client++) {
    for (let i = 0; i < 3; i++) assert.equal(buckets.take(7, client, rate, 0), 0, `${client}`)
    assert.equal(buckets.take(7, client, rate, 0), 100)
  }
})

test('a flood of addresses gives nobody a fresh bucket, and memory does not grow', () => {
  const buckets = table(16)
  let passed = 0
  for (let client = 0; client < 10_000; client++) {
    if (buckets.take(client, client, rate, 0) === 0) passed++
  }
  // One request for each slot, and one burst for all who share the overflow bucket.
  assert.ok(passed <= 16 + rate.burst, `${passed} passed`)
  for (let client = 0; client < 10_000; client++) {
    let own = 0
    while (buckets.take(client, client, rate, 0) === 0) own++
    assert.ok(own <= 2, `client ${client} had ${own} more`)
  }
})

test('a slot is free again when its bucket is full again', () => {
  const buckets = table(16)
  for (let client = 0; client < 1000; client++) buckets.take(client, 0, rate, 0)
  const waits = [1, 2, 3, 4].map(() => buckets.take(5000, 5, rate, 10_000))
  assert.deepEqual(waits, [0, 0, 0, 100])
})

test('the state of a table is its buffer alone', () => {
  const buffer = new SharedArrayBuffer(bucketTableBytes(16))
  for (let i = 0; i < 3; i++) new BucketTable(buffer, seededRandom(2)).take(1, 2, rate, 0)
  assert.equal(new BucketTable(buffer, seededRandom(2)).take(1, 2, rate, 0), 100)
})
