// Damage to bytes, as a broken or hostile peer does it. Bytes are latin1 text here.
import type { Dice } from './dice.ts'

const bytes = [
  '\r',
  '\n',
  '\r\n',
  '\0',
  ' ',
  '\t',
  '\x0b',
  '\x0c',
  '\x7f',
  '\x80',
  '\x85',
  '\xa0',
  '\xff',
  ':',
  ';',
  ',',
  '"',
  '0',
  '1',
  'f',
  '_',
  '-',
  '/',
  '?',
  '#',
  '%',
]

type Mutation = (text: string, at: number, dice: Dice) => string

const put = (text: string, at: number, removed: number, added: string): string =>
  text.slice(0, at) + added + text.slice(at + removed)

const mutations: readonly Mutation[] = [
  (text, at, dice) => put(text, at, 0, dice.pick(bytes)),
  (text, at, dice) => put(text, at, 1, dice.pick(bytes)),
  (text, at) => put(text, at, 1, ''),
  (text, at, dice) => put(text, at, dice.between(1, 12), ''),
  (text, at, dice) => {
    const piece = text.slice(at, at + dice.between(1, 40))
    return put(text, at, 0, piece)
  },
  (text, at) => put(text, at, 2, (text[at + 1] ?? '') + (text[at] ?? '')),
  (text, at) => put(text, at, 1, flipped(text[at] ?? '')),
  (text, at, dice) => put(text, at, 1, String.fromCharCode(dice.between(0, 255))),
  // A line twice, for what counts twice.
  (text, at) => {
    const from = text.lastIndexOf('\n', at) + 1
    const to = text.indexOf('\n', at) + 1
    return to === 0 ? text : put(text, to, 0, text.slice(from, to))
  },
  (text, at) => {
    const end = text.indexOf('\r\n', at)
    return end < 0 ? text : put(text, end, 1, '')
  },
  (text, at) => {
    const end = text.indexOf('\r\n', at)
    return end < 0 ? text : put(text, end + 1, 1, '')
  },
]

function flipped(letter: string): string {
  const lower = letter.toLowerCase()
  return lower === letter ? letter.toUpperCase() : lower
}

/** The text with one to three damages. */
export function mutated(text: string, dice: Dice): string {
  let damaged = text
  for (let left = dice.between(1, 3); left > 0; left--) {
    // Heads are short and bodies long: half of the damage is meant for the beginning.
    const range = dice.chance(0.5) ? Math.min(damaged.length, 300) : damaged.length
    damaged = dice.pick(mutations)(damaged, dice.between(0, range), dice)
  }
  return damaged
}
