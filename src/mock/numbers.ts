// A number within bounds: small, round, and a multiple of what it has to be one of.
import type { Random } from '../base.ts'
import type { Rules } from '../schema.ts'

const spread = 100

/** Undefined where the bounds leave no room for one. */
export function sampleNumber(
  rules: readonly Rules[],
  whole: boolean,
  random: Random,
): number | undefined {
  const step = stepOf(rules, whole)
  const { least, most } = boundsOf(rules)
  const from = Math.ceil(tidy(least / step))
  const to = Math.floor(tidy(most / step))
  const first = excludes(rules, 'above', from * step) ? from + 1 : from
  const last = excludes(rules, 'below', to * step) ? to - 1 : to
  if (first > last) return undefined
  return tidy((first + Math.floor(random() * (last - first + 1))) * step)
}

const defined = (values: readonly (number | undefined)[]): number[] =>
  values.filter((one) => one !== undefined)

function stepOf(rules: readonly Rules[], whole: boolean): number {
  const steps = defined(rules.map(({ step }) => step))
  const largest = steps.length === 0 ? undefined : Math.max(...steps)
  if (!whole) return largest ?? fineStep(rules)
  if (largest === undefined) return 1
  for (let times = 1; times <= spread; times++) {
    if (Number.isInteger(tidy(largest * times))) return tidy(largest * times)
  }
  return largest
}

/** Hundredths look like numbers somebody measured; narrow bounds need finer ones. */
function fineStep(rules: readonly Rules[]): number {
  const { least, most } = boundsOf(rules)
  const room = most - least
  return room > 0 && room < 1 ? room / 8 : 0.01
}

/** A bound that nobody gave is taken near the one that somebody did. */
function boundsOf(rules: readonly Rules[]): { least: number; most: number } {
  const lows = defined(rules.flatMap(({ min, above }) => [min, above]))
  const highs = defined(rules.flatMap(({ max, below }) => [max, below]))
  const low = lows.length === 0 ? undefined : Math.max(...lows)
  const high = highs.length === 0 ? undefined : Math.min(...highs)
  if (low !== undefined && high !== undefined) return { least: low, most: nearer(low, high) }
  if (low !== undefined) return { least: low, most: low + spread }
  if (high !== undefined) return { least: high > 1 ? 1 : high - spread, most: high }
  return { least: 1, most: spread }
}

/** Up to the largest number there is, numbers look like noise. */
const nearer = (low: number, high: number): number =>
  high - low > 1e6 ? (low < 0 && high > spread ? spread : low + 1_000) : high

const excludes = (rules: readonly Rules[], bound: 'above' | 'below', value: number): boolean =>
  rules.some((one) => {
    const limit = one[bound]
    return limit !== undefined && (bound === 'above' ? value <= limit : value >= limit)
  })

/** Without the dust of binary fractions. */
const tidy = (value: number): number => Number(value.toPrecision(15))
