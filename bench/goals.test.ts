// Which results meet which goals.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { verdicts } from './goals.ts'
import { comparison, results, spread, transfer } from './results-for-tests.ts'
import type { Results } from './results.ts'

const judged = (own: Partial<Results>): [string, boolean][] =>
  verdicts(results(own)).map(({ what, met }) => [what, met])

const costOf = (operations: number, ratio: number) => ({
  operations,
  hotUs: spread(20 * ratio),
  anyUs: spread(25),
  hotRatio: spread(ratio),
})

const costIn = (workers: number, ratio: number) => ({
  workers,
  cpuUs: spread(20 * ratio),
  perSecond: spread(30_000),
  ratio: spread(ratio),
})

test('each goal of a case is judged by itself', () => {
  const found = verdicts(results({ comparisons: [comparison()] }))
  assert.deepEqual(
    found.map(({ what, goal, met }) => [what, goal, met]),
    [
      ['relay: CPU per request', '≤ 1.35 × nginx', true],
      ['relay: CPU per request', '≤ 0.40 × Caddy', false],
      ['relay: p99 at half load', '≤ 2.00 × nginx', false],
    ],
  )
})

test('a gateway that was not there misses no goal', () => {
  const alone = comparison({ beside: [], half: undefined })
  assert.deepEqual(judged({ comparisons: [alone] }), [])
})

test('a case without a goal is not judged', () => {
  assert.deepEqual(judged({ comparisons: [comparison({ goal: {} })] }), [])
})

test('throughput has to reach its goal, memory to stay under it', () => {
  const slow = transfer({ throughputRatio: spread(0.79) })
  const large = transfer({ concordat: { ...transfer().concordat, growthBytes: 64e6 + 1 } })
  assert.deepEqual(judged({ transfers: [slow, large] }), [
    ['1 GiB down: throughput', false],
    ['1 GiB down: memory', true],
    ['1 GiB down: throughput', true],
    ['1 GiB down: memory', false],
  ])
})

test('of connections at rest only Concordat’s are judged', () => {
  const one = { connections: 10_000, bytesEach: 8000, cpuShare: 0.011 }
  assert.deepEqual(
    judged({
      idle: [
        { name: 'Concordat', ...one },
        { name: 'nginx', ...one },
      ],
    }),
    [
      ['10,000 connections at rest: memory each', true],
      ['10,000 connections at rest: CPU', false],
    ],
  )
})

test('cost per operation may neither rise nor fall by more than a tenth', () => {
  assert.deepEqual(
    judged({ operations: [costOf(10, 1), costOf(1000, 1.1), costOf(10_000, 0.89)] }),
    [
      ['1,000 operations: CPU per request', true],
      ['10,000 operations: CPU per request', false],
    ],
  )
})

test('of loading only the largest contract is judged, cold and warm', () => {
  const cold = { ms: spread(15_001), peakBytes: spread(1e9) }
  const warm = { ms: spread(3000), peakBytes: spread(2.1e9) }
  const at = (operations: number) => ({ operations, contractBytes: 1e6, cold, warm })
  assert.deepEqual(
    judged({ loadings: [at(10_000), at(100_000)] }).map(([, met]) => met),
    [false, true, true, false],
  )
})

test('two workers are judged against one', () => {
  assert.deepEqual(judged({ workers: [costIn(1, 1), costIn(2, 1.1), costIn(0, 1.3)] }), [
    ['two workers: CPU per request', true],
  ])
})
