// Token buckets by address: what one thread sees. `buckets-threads.test.ts` has several.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../base.ts'
import { bucketRate, bucketTableBytes, BucketTable } from './buckets.ts'

const table = (slots: number) =>
  new BucketTable(new SharedArrayBuffer(bucketTableBytes(slots)), seededRandom(1))

const burst = 3
const rate = bucketRate(100, burst)

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
  const thirds = bucketRate(1000 / 3, 3)
  for (let i = 0; i < 3; i++) assert.equal(buckets.take(1, 2, thirds, 12_345.678), 0)
  assert.ok(buckets.take(1, 2, thirds, 12_345.678) > 333)
})

test('rates are in whole microseconds, rounded for the service', () => {
  for (const [intervalMs, requests, costUs, depthUs] of [
    [0.07, 2, 70, 140],
    [1000 / 3, 1, 333_334, 333_334],
    [1e-6, 5, 1, 5],
    [86_400_000, 1e9, 86_400_000_000, 2 ** 46],
  ] as const) {
    assert.deepEqual(bucketRate(intervalMs, requests), { costUs, depthUs })
  }
})

test('a bucket that would be full only after years refuses, and takes nothing from others', () => {
  const buckets = table(16)
  const days = bucketRate(86_400_000, 1e9)
  let passed = 0
  while (buckets.take(1, 2, days, 0) === 0) passed++
  assert.equal(passed, Math.floor(2 ** 46 / 86_400_000_000))
  assert.equal(buckets.take(1, 3, rate, 0), 0)
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
  // One request for each slot, one burst for all who share the overflow bucket, and a few for who
  // happens to have the tag of another.
  assert.ok(passed <= 16 + burst + 2, `${passed} passed`)
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

test('the state of a table is its memory alone, and so is the key of its hash', () => {
  const memory = new SharedArrayBuffer(bucketTableBytes(16))
  for (let i = 0; i < 3; i++) new BucketTable(memory, seededRandom(i)).take(1, 2, rate, 0)
  assert.equal(new BucketTable(memory, seededRandom(3)).take(1, 2, rate, 0), 100)
})

test('in a table half full hardly an address shares a bucket', () => {
  const buckets = table(2048)
  let refused = 0
  for (let client = 0; client < 1_024; client++) {
    for (let i = 0; i < burst; i++) if (buckets.take(9, client, rate, 0) > 0) refused++
  }
  assert.ok(refused < 30, `${refused} of 3,072`)
})
