// A straight line through readings, to tell growth from noise.

export interface Trend {
  /** From the first reading to the last, by the line. */
  readonly growth: number
  /** Two standard errors of that growth: what is less may be noise. */
  readonly doubt: number
  readonly mean: number
}

/** Of values read at equal distances; the law of least squares. */
export function trendOf(values: readonly number[]): Trend {
  const count = values.length
  const mean = values.reduce((sum, value) => sum + value, 0) / count
  const middle = (count - 1) / 2
  const squares = values.reduce((sum, _, at) => sum + (at - middle) ** 2, 0)
  const slope = values.reduce((sum, value, at) => sum + (at - middle) * (value - mean), 0) / squares
  const misses = values.reduce(
    (sum, value, at) => sum + (value - mean - slope * (at - middle)) ** 2,
    0,
  )
  const error = Math.sqrt(misses / Math.max(1, count - 2) / squares)
  return { growth: slope * (count - 1), doubt: 2 * error * (count - 1), mean }
}

/** What came after the first third: the start warms up. */
export const afterWarmUp = <T>(values: readonly T[]): readonly T[] =>
  values.slice(Math.floor(values.length / 3))
