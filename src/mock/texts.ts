// A text that follows rules: by pattern, by format, by the name of its property, as long as it
// has to be. Where several rules speak at once it is tried; the check of the whole decides.
import type { Random } from '../base.ts'
import type { Rules } from '../schema.ts'
import { patternText } from './pattern-text.ts'
import { letters, ofFormat, ofName, word } from './words.ts'

export interface TextWishes {
  /** The property or parameter that it is for. */
  readonly name: string
  readonly random: Random
  /** 0 for the first; later ones try harder and look worse. */
  readonly attempt: number
}

/** Longer texts than this are not made up, whatever `minLength` asks for. */
const charsMax = 100_000

export function sampleText(rules: readonly Rules[], wishes: TextWishes): string | undefined {
  const { least, most } = lengthsOf(rules)
  if (least > most || least > charsMax) return undefined
  const text = plainText(rules, least, most, wishes)
  return text === undefined ? undefined : fitted(text, least, most, wishes.random)
}

function lengthsOf(rules: readonly Rules[]): { least: number; most: number } {
  const least = Math.max(0, ...rules.map(({ lengthMin }) => lengthMin ?? 0))
  return { least, most: Math.min(Infinity, ...rules.map(({ lengthMax }) => lengthMax ?? Infinity)) }
}

const usualChars = 8

function plainText(
  rules: readonly Rules[],
  least: number,
  most: number,
  { name, random, attempt }: TextWishes,
): string | undefined {
  const patterns = rules.map(({ pattern }) => pattern).filter((one) => one !== undefined)
  const formats = rules.map(({ format }) => format).filter((one) => one !== undefined)
  const ofFormats = formats.map((one) => ofFormat(one, random)).find((one) => one !== undefined)
  if (ofFormats !== undefined && (patterns.length === 0 || attempt % 2 === 0)) return ofFormats
  if (patterns.length > 0) {
    const wanted = Math.min(Math.max(least, usualChars + 4 * attempt), most)
    return patternText(patterns[attempt % patterns.length]!, wanted, random)
  }
  const named = attempt === 0 ? ofName(name, random) : undefined
  return named !== undefined && [...named].length <= most ? named : word(random)
}

/** Made longer or shorter in a way that words survive; patterns and formats have their own length. */
function fitted(text: string, least: number, most: number, random: Random): string {
  const points = [...text]
  if (points.length > most) return points.slice(0, most).join('')
  if (points.length >= least) return text
  const missing = least - points.length
  if (missing < 40) return text + letters(missing, random)
  const filler = `-${word(random)}`
  return text + filler.repeat(Math.ceil(missing / filler.length)).slice(0, missing)
}
