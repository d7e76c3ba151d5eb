// Results made up, to see what is said of them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chart } from './chart.ts'
import type { Comparison, Figures } from './compare.ts'
import { report, table, verdicts } from './report.ts'
import type { Results } from './report.ts'
import type { Spread } from './stats.ts'

const spread = (median: number): Spread => ({ median, min: median, max: median, rounds: 9 })

const figures = (cpuUs: number, own: Partial<Figures> = {}): Figures => ({
  cpuUs: spread(cpuUs),
  perSecond: spread(50_000),
  p50Us: spread(900),
  p99Us: spread(2000),
  coreLoad: spread(1),
  halfP50Us: spread(100),
  halfP99Us: spread(400),
  stalled: spread(0),
  ...own,
})

const comparison = (own: Partial<Comparison> = {}): Comparison => ({
  name: 'relay',
  about: 'a GET',
  goal: { cpuRatio: 1.35, p99Ratio: 2 },
  halfPerSecond: 25_000,
  concordat: figures(13),
  nginx: figures(10),
  cpuRatio: spread(1.3),
  p99Ratio: spread(2.5),
  ...own,
})

const results = (comparisons: Comparison[]): Results => ({
  date: '2026-03-12T10:30:00.000Z',
  machine: { cpu: '', cores: 2, memoryGb: 4, kernel: '', node: '', nginx: '', wrk: '' },
  rounds: 9,
  seconds: 3,
  comparisons,
  policies: [],
  starts: [],
  bodyCheck: undefined,
})

test('each goal of a case is judged by itself', () => {
  const met = verdicts(results([comparison()])).map((verdict) => [verdict.what, verdict.met])
  assert.deepEqual(met, [
    ['relay: CPU per request', true],
    ['relay: p99 at half load', false],
  ])
})

test('a goal that is just reached is met', () => {
  const [first] = verdicts(results([comparison({ cpuRatio: spread(1.35) })]))
  assert.equal(first?.met, true)
})

test('a case without a goal is shown and not judged', () => {
  const one = results([comparison({ goal: {} })])
  assert.deepEqual(verdicts(one), [])
  assert.match(report(one), /relay: a GET/)
  assert.doesNotMatch(report(one), /Goals/)
})

test('a gateway that waited for the load is called not saturated', () => {
  const idle = comparison({ nginx: figures(10, { coreLoad: spread(0.8) }) })
  assert.match(report(results([idle])), /nginx was not saturated \(80\.0 % of its core\)/)
  assert.doesNotMatch(report(results([comparison()])), /not saturated/)
})

test('a load that was kept off its core is said', () => {
  const disturbed = comparison({ concordat: figures(13, { stalled: spread(0.1) }) })
  assert.match(report(results([disturbed])), /off its core 10\.0 % of the time/)
})

test('cells of a table line up, text to the left and figures to the right', () => {
  assert.equal(
    table([
      ['', 'µs'],
      ['nginx', '10'],
    ]),
    ['|       |  µs |', '| ----- | --: |', '| nginx |  10 |'].join('\n'),
  )
})

test('a chart has a bar for each gateway of a case, and a line where there is a goal', () => {
  const drawn = chart([comparison(), comparison({ goal: {} })])
  assert.equal(drawn.match(/height="18"/g)?.length, 4)
  assert.equal(drawn.match(/fill="#b3261e"/g)?.length, 1)
})
