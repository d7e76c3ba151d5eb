// Published values and small cases worked by hand.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { interval95, median, quantile, spread, studentT } from './stats.ts'

const close = (given: number, want: number, within: number) =>
  assert.ok(Math.abs(given - want) <= within, `${given} is not within ${within} of ${want}`)

test('a median is the middle, or the mean of the two middles, whatever the order', () => {
  assert.equal(median([9]), 9)
  assert.equal(median([10, 9, 2]), 9)
  assert.equal(median([100, 1, 3, 2]), 2.5)
})

test('numbers sort as numbers', () => {
  assert.equal(median([10, 9, 100]), 10)
})

test('a quantile lies between its neighbours by line', () => {
  assert.equal(quantile([0, 10], 0.25), 2.5)
  assert.equal(quantile([1, 2, 3, 4, 5], 0), 1)
  assert.equal(quantile([1, 2, 3, 4, 5], 1), 5)
})

test('no values have no median', () => {
  assert.ok(Number.isNaN(median([])))
})

test('the values handed in keep their order', () => {
  const values = [3, 1, 2]
  median(values)
  assert.deepEqual(values, [3, 1, 2])
})

test('a spread names the ends and how many rounds it stands on', () => {
  assert.deepEqual(spread([3, 1, 2]), { median: 2, min: 1, max: 3, rounds: 3 })
})

// Any printed table of the 97.5 % point.
const published: readonly [degrees: number, want: number][] = [
  [1, 12.706],
  [2, 4.303],
  [3, 3.182],
  [4, 2.776],
  [8, 2.306],
  [14, 2.145],
  [30, 2.042],
  [120, 1.98],
]

for (const [degrees, want] of published)
  test(`Student's t at ${degrees} degrees of freedom is ${want}`, () => {
    close(studentT(degrees), want, want * 0.003)
  })

test('an interval is the mean and t standard errors either way', () => {
  const { mean, low, high, pairs } = interval95([1, 2, 3, 4, 5])
  assert.equal(mean, 3)
  assert.equal(pairs, 5)
  close(high - mean, 2.776 * Math.sqrt(2.5 / 5), 0.01)
  close(mean - low, high - mean, 1e-12)
})

test('a single pair says nothing about its spread', () => {
  assert.ok(Number.isNaN(interval95([1]).low))
})
