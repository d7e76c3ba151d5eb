// A text that a pattern matches, read off its tree. Look-arounds, back references and word edges are
// not read: whoever asks checks what comes, and asks again.
import type { Random } from '../base.ts'
import { parsePattern, type PatternTree } from '../schema.ts'
import { pick } from './words.ts'

/** `charsWanted`: how far a repetition without an end should go; what the pattern demands comes first. */
export function patternText(source: string, charsWanted: number, random: Random): string {
  return textOf(parsePattern(source), { charsWanted, random, left: { chars: charsMax } })
}

interface Wishes {
  /** How much may still be written: repetitions of repetitions grow without bound. */
  readonly left: { chars: number }
  readonly charsWanted: number
  readonly random: Random
}

/** More than this no text of a mock needs, whatever `{n}` says. */
const charsMax = 20_000
const repeatsMax = 10_000

function textOf(tree: PatternTree, wishes: Wishes): string {
  if (--wishes.left.chars < 0) return ''
  switch (tree.kind) {
    case 'chars':
      return charOf(tree.chars, wishes.random)
    case 'sequence':
      return tree.items.map((one) => textOf(one, wishes)).join('')
    case 'choice':
      return textOf(pick(tree.options, wishes.random), wishes)
    case 'repeat':
      return repeated(tree, wishes)
    default:
      return ''
  }
}

function repeated(
  { item, min, max }: Extract<PatternTree, { kind: 'repeat' }>,
  wishes: Wishes,
): string {
  const { charsWanted, random, left } = wishes
  const most = Math.min(max, Math.max(min, charsWanted), repeatsMax)
  const least = Math.min(min, most)
  // The upper half: texts of one letter are matches too, but nobody would write them.
  const from = Math.max(least, Math.ceil((least + most) / 2))
  const count = from + Math.floor(random() * (most - from + 1))
  const inner = {
    left,
    random,
    charsWanted: Math.max(1, Math.floor(charsWanted / Math.max(1, count))),
  }
  const parts: string[] = []
  while (parts.length < count && left.chars > 0) parts.push(textOf(item, inner))
  return parts.join('')
}

type Chars = Extract<PatternTree, { kind: 'chars' }>['chars']

const spans = (...pairs: string[]): number[] =>
  pairs.flatMap(([first, last]) => {
    const from = first!.charCodeAt(0)
    return Array.from({ length: last!.charCodeAt(0) - from + 1 }, (_, i) => from + i)
  })

/** What reads best first: small letters and digits, then capitals, then all that can be printed. */
const preferences = [spans('az', '09'), spans('AZ'), spans(' ~')]

function charOf(chars: Chars, random: Random): string {
  for (const wanted of preferences) {
    const found = wanted.filter((point) => chars.has(point))
    if (found.length > 0) return String.fromCodePoint(pick(found, random))
  }
  const [first = 0x61, last = first] = chars.ranges ?? []
  const point = first + Math.floor(random() * (Math.min(last, 0x10ffff) - first + 1))
  return String.fromCodePoint(point)
}
