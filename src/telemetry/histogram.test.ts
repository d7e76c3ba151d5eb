// Every value lands in its cell, shown counts are exact, and quantiles keep their promise.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../base.ts'
import {
  boundsMs,
  countOf,
  cumulativeCounts,
  histogramCells,
  quantileMs,
  recordMs,
  shownBounds,
  sumMs,
} from './histogram.ts'

const histogramOf = (values: Iterable<number>) => {
  const cells = new Float64Array(histogramCells)
  for (const value of values) recordMs(cells, value)
  return cells
}
const cellHit = (ms: number) => histogramOf([ms]).indexOf(1, 1) - 1

test('bounds rise from 10 µs to 10 minutes by at most 14 %', () => {
  assert.equal(boundsMs[0], 0.01)
  assert.equal(boundsMs.at(-1), 600_000)
  for (let i = 1; i < boundsMs.length; i++) {
    const ratio = boundsMs[i]! / boundsMs[i - 1]!
    assert.ok(ratio > 1 && ratio < 1.14, `${boundsMs[i - 1]} to ${boundsMs[i]}`)
  }
})

test('a value lies in the first cell whose bound it does not exceed', () => {
  const random = seededRandom(1)
  const values = Array.from({ length: 20_000 }, () => 10 ** (random() * 9 - 3))
  for (const bound of boundsMs) values.push(bound, bound * (1 - 1e-12), bound * (1 + 1e-12))
  for (const value of values) {
    const want = boundsMs.findIndex((bound) => value <= bound)
    assert.equal(cellHit(value), want === -1 ? boundsMs.length : want, String(value))
  }
})

test('numbers that no clock should give count as nothing or as too much, and break no sum', () => {
  const cells = histogramOf([Number.NaN, -1, 0, Number.POSITIVE_INFINITY])
  assert.equal(cells[1], 3)
  assert.equal(cells.at(-1), 1)
  assert.equal(sumMs(histogramOf([Number.NaN, -5, 2])), 2)
})

test('shown counts are exact and end with the count of all', () => {
  const shown = shownBounds([0.0001, 0.005, 0.075, 10])
  const values = [0.1, 0.100001, 5, 5.000001, 75, 75.1, 10_000, 10_001, 1_000_000]
  const counts = cumulativeCounts(histogramOf(values), shown)
  assert.deepEqual(counts, [1, 3, 5, 7, 9])
})

test('a bound that is not one in memory cannot be shown', () => {
  assert.throws(() => shownBounds([0.0051]), /bound in memory/)
})

test('a quantile is off by at most 7 %, from 50 µs to 10 minutes', () => {
  const random = seededRandom(2)
  const values = Array.from({ length: 10_000 }, () => 0.05 * 12_000_000 ** random())
  const cells = histogramOf(values)
  values.sort((a, b) => a - b)
  assert.equal(countOf(cells), values.length)
  for (const q of [0.001, 0.5, 0.9, 0.99, 0.999]) {
    const exact = values[Math.ceil(q * values.length) - 1]!
    const error = Math.abs(quantileMs(cells, q) / exact - 1)
    assert.ok(error <= 0.07, `${q}: ${error}`)
  }
})

test('a histogram of nothing has quantile 0; one of hours has the last bound', () => {
  assert.equal(quantileMs(histogramOf([]), 0.99), 0)
  assert.equal(quantileMs(histogramOf([7_200_000]), 0.99), 600_000)
})

test('cells may lie in shared memory', () => {
  const bytes = histogramCells * Float64Array.BYTES_PER_ELEMENT
  const cells = new Float64Array(new SharedArrayBuffer(bytes))
  recordMs(cells, 3)
  assert.equal(countOf(cells), 1)
})
