// What is said of results.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { difference, table } from './format.ts'
import { comparison, figures, half, results, spread, transfer } from './results-for-tests.ts'
import { report } from './report.ts'

test('a case without a goal is shown without verdicts', () => {
  const text = report(results({ comparisons: [comparison({ goal: {} })] }))
  assert.match(text, /relay: a GET/)
  assert.doesNotMatch(text, /Goals/)
})

test('a case that was not run leaves no heading', () => {
  assert.equal(report(results()), '')
})

test('every gateway has a row; one that is not nginx has no figures at half load', () => {
  const rows = report(results({ comparisons: [comparison()] })).split('\n')
  const cellsOf = (name: string) =>
    rows.find((row) => row.startsWith(`| ${name} `))?.match(/[\d.]+ \|/g)?.length
  assert.deepEqual(['nginx', 'Caddy', 'Concordat'].map(cellsOf), [5, 3, 5])
})

test('columns of half load are there only where it was measured', () => {
  const text = report(results({ comparisons: [comparison({ half: undefined })] }))
  assert.doesNotMatch(text, /half/i)
})

test('a gateway that waited for the load is called not saturated', () => {
  const nginx = { name: 'nginx', cpuRatio: spread(1.3) } as const
  const idle = { ...nginx, figures: figures(10, { coreLoad: spread(0.8) }) }
  const text = report(results({ comparisons: [comparison({ beside: [idle] })] }))
  assert.match(text, /nginx was not saturated \(80\.0 % of its core\)/)
  assert.doesNotMatch(report(results({ comparisons: [comparison()] })), /not saturated/)
})

test('a load that was kept off its core is said', () => {
  const concordat = { ...half().concordat, stalled: spread(0.1) }
  const disturbed = comparison({ half: half({ concordat }) })
  assert.match(report(results({ comparisons: [disturbed] })), /off its core 10\.0 % of the time/)
})

test('a transfer shows what the ends can do without a gateway', () => {
  const text = report(results({ transfers: [transfer()] }))
  assert.match(text, /down: no gateway +\| 0\.40/)
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

const differences: readonly [ratio: number, want: string][] = [
  [1.031, '+3.1 %'],
  [0.95, '−5.0 %'],
  [1, '+0.0 %'],
]

for (const [ratio, want] of differences)
  test(`${ratio} times as much is ${want}`, () => {
    assert.equal(difference(ratio), want)
  })
