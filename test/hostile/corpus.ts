// Inputs made to cost the gateway more than they cost their sender: each with what it must be
// answered. Where two answers are right, both stand.
import { seededRandom } from '../../src/base.ts'
import { announced } from './announced.ts'
import { asked } from './asked.ts'
import { formats, patterns } from './contract.ts'
import { type HostileInput, post } from './input.ts'
import { bodies } from './bodies.ts'
import { heads } from './heads.ts'
import { judgedReplies } from './judged-replies.ts'
import { replies } from './replies.ts'
import { streamed } from './streamed.ts'

export const corpus = (): HostileInput[] => [
  ...heads(),
  ...bodies(),
  ...streamed(),
  ...subjects(),
  ...formatted(),
  ...replies(),
  ...judgedReplies(),
  ...asked(),
  ...announced(),
]

/** Texts of half a megabyte that look for long as if they had the format. */
function formatted(): HostileInput[] {
  const units = [
    'a',
    '1',
    '::',
    'a.',
    '1:',
    '-',
    '@',
    '%',
    '{a}',
    '/',
    '~',
    '(',
    '(a*)*',
    'P1',
    '2',
    '[',
    '"',
  ]
  return formats.flatMap((format) =>
    units.map((unit) => {
      const long = JSON.stringify(unit.repeat(200_000 / unit.length))
      const short = Array.from({ length: 20_000 }, () =>
        JSON.stringify(unit.repeat(Math.ceil(8 / unit.length))),
      )
      const body = `[${[...short, long].join(',')}]`
      return post(`format ${format} of ${unit}`, `/format/${format}`, body, [200, 400])
    }),
  )
}

const random = seededRandom(1)

/** No part of it comes again soon. */
const restless = Array.from({ length: 100_000 }, () => (random() < 0.5 ? 'a' : 'b')).join('')

/** Each pattern with what makes it backtrack most. */
function subjects(): HostileInput[] {
  const tails = ['', '!', '\n', '<', 'A', '@']
  const units = ['a', 'aA', 'x', ' ', 'a.', 'a,', 'ab ', '<', 'word ', restless]
  return patterns.flatMap((pattern, i) =>
    units.map((unit) => {
      // All tails in one body: the first that does not match is where an engine suffers.
      const body = (length: number) =>
        JSON.stringify({
          text: unit.repeat(Math.ceil(length / unit.length)) + tails[i % tails.length],
        })
      return post(
        `pattern ${pattern} against ${JSON.stringify(unit.slice(0, 8))}`,
        `/pattern/${i}`,
        body(900_000),
        [200, 400],
      )
    }),
  )
}
