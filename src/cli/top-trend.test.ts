import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sparkline, type TrendPoint } from './top-trend.ts'

const pointsOf = (stepMs: number, ...rates: number[]): TrendPoint[] =>
  rates.map((perSecond, i) => ({
    atMs: i * stepMs,
    perSecond,
    errorsPerSecond: 0,
    p99Seconds: 0,
    cpuPercent: 0,
  }))

const lines: [says: string, points: TrendPoint[], width: number, want: string][] = [
  ['nothing yet', [], 4, '    '],
  ['the newest at the right, the highest full', pointsOf(15_000, 1, 2, 4, 8), 4, '▁▂▄█'],
  ['a minute without events', pointsOf(15_000, 0, 0, 0, 0), 4, '▁▁▁▁'],
  ['less than a minute', pointsOf(15_000, 4, 8), 4, '  ▄█'],
  ['several looks a column: their mean', pointsOf(7_500, 8, 0, 8, 8), 4, '  ▄█'],
  ['several columns a look', pointsOf(30_000, 4, 8), 4, ' ▄██'],
]

for (const [says, points, width, want] of lines) {
  test(`sparkline: ${says}`, () => {
    assert.equal(
      sparkline(points, (one) => one.perSecond, width),
      want,
    )
  })
}

test('sparkline: the wanted fullness scales what stays below it', () => {
  assert.equal(
    sparkline(pointsOf(30_000, 25, 50), (one) => one.perSecond, 2, 100),
    '▂▄',
  )
})
