// What is drawn of results.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { charts } from './charts.ts'
import { comparison, results, spread, transfer } from './results-for-tests.ts'

const operationsAt = (operations: number) => ({
  operations,
  hotUs: spread(20),
  anyUs: spread(25),
  hotRatio: spread(1),
})

const workersOf = (workers: number) => ({
  workers,
  cpuUs: spread(20),
  perSecond: spread(30_000),
  ratio: spread(1),
})

const everything = results({
  comparisons: [comparison(), comparison({ goal: {} })],
  operations: [10, 1000, 100_000].map(operationsAt),
  transfers: [transfer(), transfer({ direction: 'up' })],
  idle: [{ name: 'Concordat', connections: 10_000, bytesEach: 5000, cpuShare: 0.005 }],
  workers: [1, 2].map(workersOf),
})

const drawnOf = (file: string): string =>
  charts(everything).find((chart) => chart.file === file)?.drawn ?? ''

const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0

test('nothing measured draws nothing', () => {
  assert.deepEqual(charts(results()), [])
})

test('a case has a bar for each gateway beside it, and a line where there is a goal', () => {
  const drawn = drawnOf('results.svg')
  assert.equal(count(drawn, /<rect class="ours"/g), 4)
  assert.equal(count(drawn, /<line class="goal"/g), 2)
})

test('a ratio beyond the scale ends at its edge', () => {
  const beside = [{ ...comparison().beside[0]!, cpuRatio: spread(1e6) }]
  const [chart] = charts(results({ comparisons: [comparison({ beside })] }))
  const right = [...(chart?.drawn ?? '').matchAll(/<rect class="ours" x="(.+?)" .*?width="(.+?)"/g)]
  assert.ok(right.every(([, x, wide]) => Number(x) + Number(wide) <= 720))
  assert.equal(right.length, 1)
})

test('sizes of contracts stand at equal steps for equal factors', () => {
  const circles = [...drawnOf('results-operations.svg').matchAll(/class="ours" cx="(.+?)"/g)]
  const [ten = 0, thousand = 0, most = 0] = circles.map(([, x]) => Number(x))
  assert.ok(Math.abs(most - thousand - (thousand - ten)) < 0.2)
})

test('each direction has its throughput, and memory is drawn with its goals', () => {
  const drawn = drawnOf('results-transfers.svg')
  assert.equal(count(drawn, /GiB\/s/g), 6)
  assert.equal(count(drawn, /<line class="goal"/g), 4)
})

for (const { file, drawn } of charts(everything)) {
  test(`${file} names itself and knows the dark`, () => {
    assert.match(drawn, /<title>[^<]+<\/title>/)
    assert.match(drawn, /prefers-color-scheme: dark/)
  })

  test(`${file} asks for nothing from elsewhere, and has a number wherever one belongs`, () => {
    assert.doesNotMatch(drawn.replace('http://www.w3.org/2000/svg', ''), /https?:|url\(|@import/)
    assert.doesNotMatch(drawn, /NaN|Infinity|undefined/)
  })
}
