// The last minute in blocks of eighths: one column a slice of time, newest at the right.
import type { Figures } from './top-figures.ts'

export interface TrendPoint {
  readonly atMs: number
  readonly perSecond: number
  readonly errorsPerSecond: number
  readonly p99Seconds: number
  readonly cpuPercent: number
}

export const trendMs = 60_000

/** The points of the last minute with those of one more scrape. */
export function trendWith(
  points: readonly TrendPoint[],
  atMs: number,
  { traffic }: Figures,
): readonly TrendPoint[] {
  if (traffic === undefined) return points
  const { classes, cpuPercent, latency, perSecond } = traffic
  const errorsPerSecond = classes['4xx'] + classes['5xx'] + classes.unanswered
  const p99Seconds = latency.p99Seconds ?? 0
  const kept = points.filter((one) => one.atMs > atMs - trendMs)
  return [...kept, { atMs, perSecond, errorsPerSecond, p99Seconds, cpuPercent }]
}

const eighths = [...'▁▂▃▄▅▆▇█']

/** `of` picks a figure; its highest value fills a column, or `full` where that is higher. */
export function sparkline(
  points: readonly TrendPoint[],
  of: (point: TrendPoint) => number,
  width: number,
  full = 0,
): string {
  const slices = slicesOf(points, of, width)
  const top = Math.max(full, ...slices.filter((one) => one !== undefined))
  return slices.map((one) => (one === undefined ? ' ' : eighth(one, top))).join('')
}

function eighth(value: number, top: number): string {
  const step = top === 0 ? 0 : Math.ceil((value / top) * eighths.length) - 1
  return eighths[Math.max(0, Math.min(eighths.length - 1, step))]!
}

/** The mean of each slice; one without a point of its own shows the point that covers it. */
function slicesOf(
  points: readonly TrendPoint[],
  of: (point: TrendPoint) => number,
  width: number,
): (number | undefined)[] {
  const newestMs = points.at(-1)?.atMs ?? 0
  const sliceMs = trendMs / width
  const slices: (number | undefined)[] = Array.from({ length: width }, () => undefined)
  const values = slices.map((): number[] => [])
  for (const point of points) {
    const age = Math.floor((newestMs - point.atMs) / sliceMs)
    values[width - 1 - age]?.push(of(point))
  }
  let later: number | undefined
  const oldest = values.findIndex((one) => one.length > 0)
  for (let i = width - 1; i >= Math.max(0, oldest); i--) {
    const own = values[i]!
    later = own.length > 0 ? own.reduce((sum, one) => sum + one, 0) / own.length : later
    slices[i] = later
  }
  return slices
}
