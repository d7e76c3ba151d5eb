import assert from 'node:assert/strict'
import { test } from 'node:test'
import { multipleTest } from './numbers.ts'

const cases: [number, number[], number[]][] = [
  [0.01, [0.07, 1.1, 4.35, 1e21, 0, -0.29, 123_456_789.01], [0.075, 0.001, 1e-7]],
  [0.1, [0.3, 0.7, 1e300], [0.35, 1e-300]],
  [0.0001, [0.0075, 1], [0.00751]],
  [2.5, [5, 7.5, -2.5], [6, 2.6]],
  [3, [9, -3, 3e20], [10, 4.5, 1e20]],
  [1e-20, [1, 1e-19, 3e-20], [1e-21]],
  [1e20, [3e20], [1, 1.5e20]],
  [0.123_456_789, [], [1e308, Infinity]],
  [0.5, [1e308, 1.5], [0.25]],
]

for (const [step, multiples, others] of cases) {
  test(`multiples of ${step} are told from other numbers`, () => {
    const isMultiple = multipleTest(step)
    for (const value of multiples) assert.equal(isMultiple(value), true, String(value))
    for (const value of others) assert.equal(isMultiple(value), false, String(value))
  })
}
