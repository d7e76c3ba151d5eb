// Rules about numbers. `multipleOf` is right for decimals: 0.07 is a multiple of 0.01, although
// its nearest double divided by the nearest double of 0.01 is not whole.
import type { Rules } from './plan.ts'

export type NumberTest = (value: number) => boolean

export function numberTest(rules: Rules): NumberTest | undefined {
  const range = rangeTest(rules)
  const step = rules.step === undefined ? undefined : multipleTest(rules.step)
  if (range === undefined || step === undefined) return range ?? step
  return (value) => range(value) && step(value)
}

function rangeTest(rules: Rules): NumberTest | undefined {
  const { above, below } = rules
  const min = rules.min ?? -Infinity
  const max = rules.max ?? Infinity
  const closed = rules.min !== undefined || rules.max !== undefined
  const plain: NumberTest | undefined = closed ? (value) => value >= min && value <= max : undefined
  if (above === undefined && below === undefined) return plain
  const low = above ?? -Infinity
  const high = below ?? Infinity
  if (plain === undefined) return (value) => value > low && value < high
  return (value) => value > low && value < high && plain(value)
}

export function multipleTest(step: number): NumberTest {
  const exact = decimal(step)
  if (Number.isSafeInteger(step)) {
    return (value) => (Number.isSafeInteger(value) ? value % step === 0 : isMultiple(value, exact))
  }
  if (exact.exponent < -15 || exact.exponent >= 0) return (value) => isMultiple(value, exact)
  const scale = 10 ** -exact.exponent
  const scaledStep = Number(exact.digits)
  return (value) => {
    const scaled = Math.round(value * scale)
    if (!Number.isSafeInteger(scaled)) return isMultiple(value, exact)
    // More decimals than the step has: no multiple of it.
    return scaled / scale === value && scaled % scaledStep === 0
  }
}

/** A double as the shortest decimal that stands for it: digits × 10^exponent. */
interface Decimal {
  readonly digits: bigint
  readonly exponent: number
}

function decimal(value: number): Decimal {
  const [mantissa = '0', power = '0'] = String(value).split('e')
  const [whole = '0', fraction = ''] = mantissa.split('.')
  return { digits: BigInt(whole + fraction), exponent: Number(power) - fraction.length }
}

function isMultiple(value: number, step: Decimal): boolean {
  if (!Number.isFinite(value)) return false
  const { digits, exponent } = decimal(value)
  const shift = exponent - step.exponent
  return shift >= 0
    ? (digits * 10n ** BigInt(shift)) % step.digits === 0n
    : digits % (step.digits * 10n ** BigInt(-shift)) === 0n
}
