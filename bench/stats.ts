// The little statistics that the benches need. Medians, because one disturbed round must not move a
// figure; a t interval on paired differences, because a policy costs less than rounds differ.

export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
  readonly rounds: number
}

/** The value below which a share `q` (0 to 1) of the values lies, between neighbours by line. */
export function quantile(values: ArrayLike<number>, q: number): number {
  const sorted = Float64Array.from(values).sort()
  const at = (sorted.length - 1) * q
  const below = sorted[Math.floor(at)] ?? NaN
  const above = sorted[Math.ceil(at)] ?? NaN
  return below + (above - below) * (at - Math.floor(at))
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)

export function spread(values: readonly number[]): Spread {
  return {
    median: median(values),
    min: quantile(values, 0),
    max: quantile(values, 1),
    rounds: values.length,
  }
}

export interface Interval {
  readonly mean: number
  readonly low: number
  readonly high: number
  readonly pairs: number
}

/** The mean of paired differences, with its 95 % interval by Student's t. */
export function interval95(differences: readonly number[]): Interval {
  const pairs = differences.length
  const mean = differences.reduce((sum, value) => sum + value, 0) / pairs
  const squares = differences.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  const half = studentT(pairs - 1) * Math.sqrt(squares / (pairs - 1) / pairs)
  return { mean, low: mean - half, high: mean + half, pairs }
}

/**
 * The 97.5 % point of Student's t: exact for one and two degrees of freedom, else the
 * Cornish–Fisher expansion about the normal point (Abramowitz and Stegun 26.7.5).
 */
export function studentT(degrees: number): number {
  if (degrees < 1) return NaN
  if (degrees === 1) return 12.706205
  if (degrees === 2) return 4.302653
  const z = 1.959964
  return (
    z +
    (z ** 3 + z) / (4 * degrees) +
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * degrees ** 2) +
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * degrees ** 3) +
    (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / (92160 * degrees ** 4)
  )
}
