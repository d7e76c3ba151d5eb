// Texts that somebody could have written: by format, by what a property is called, or plain words.
import type { Random } from '../base.ts'

const words =
  'amber basil cedar delta ember fjord grove harbor iris juniper kelp linden maple nectar olive'
    .concat(' pebble quartz river sage tundra')
    .split(' ')

export const pick = <T>(from: readonly T[], random: Random): T =>
  from[Math.floor(random() * from.length)]!

export const word = (random: Random): string => pick(words, random)

const digits = '0123456789'
const hex = '0123456789abcdef'

const run = (alphabet: string, length: number, random: Random): string =>
  Array.from({ length }, () => pick([...alphabet], random)).join('')

export const letters = (length: number, random: Random): string =>
  run('abcdefghijklmnopqrstuvwxyz0123456789', length, random)

const yearStartMs = Date.UTC(2026, 0, 1)
const yearMs = 365 * 86_400_000

/** To the second, within 2026: the same for the same seed whenever it is asked. */
const moment = (random: Random): string =>
  `${new Date(yearStartMs + Math.floor(random() * yearMs)).toISOString().slice(0, 19)}Z`

const base64 = (random: Random): string => run(`${hex}ABCDEF`, 16, random)

const makers: Readonly<Record<string, (random: Random) => string>> = {
  'date-time': moment,
  date: (random) => moment(random).slice(0, 10),
  time: (random) => moment(random).slice(11),
  duration: (random) => `PT${1 + Math.floor(random() * 59)}M`,
  email: (random) => `${word(random)}@example.com`,
  'idn-email': (random) => `${word(random)}@example.com`,
  hostname: (random) => `${word(random)}.example.com`,
  'idn-hostname': (random) => `${word(random)}.example.com`,
  ipv4: (random) => `192.0.2.${1 + Math.floor(random() * 254)}`,
  ipv6: (random) => `2001:db8::${run(hex.slice(1), 4, random)}`,
  uri: (random) => `https://example.com/${word(random)}`,
  url: (random) => `https://example.com/${word(random)}`,
  iri: (random) => `https://example.com/${word(random)}`,
  'uri-reference': (random) => `/${word(random)}`,
  'iri-reference': (random) => `/${word(random)}`,
  'uri-template': (random) => `https://example.com/${word(random)}/{id}`,
  uuid: (random) =>
    [
      run(hex, 8, random),
      run(hex, 4, random),
      `4${run(hex, 3, random)}`,
      `${pick(['8', '9', 'a', 'b'], random)}${run(hex, 3, random)}`,
      run(hex, 12, random),
    ].join('-'),
  byte: base64,
  base64url: base64,
  'json-pointer': (random) => `/${word(random)}`,
  'relative-json-pointer': () => '0',
  regex: (random) => `^${word(random)}$`,
}

export function ofFormat(format: string, random: Random): string | undefined {
  return Object.hasOwn(makers, format) ? makers[format]!(random) : undefined
}

const named: readonly [name: RegExp, make: (random: Random) => string][] = [
  [/email/i, makers['email']!],
  [/(?:url|uri|href|link)$/i, makers['uri']!],
  [/(?:_at|At|timestamp)$/, moment],
  [/date$/i, makers['date']!],
  [/(?:^|_)(?:id|sid|uid)$|(?:Id|ID|Sid)$/, (random) => letters(12, random)],
  [/(?:phone|mobile)/i, (random) => `+4930${run(digits, 7, random)}`],
  [/country/i, (random) => pick(['DE', 'FR', 'NL', 'SE'], random)],
  [/(?:locale|language|lang)$/i, (random) => pick(['de', 'en', 'fr'], random)],
  [/(?:currency)/i, (random) => pick(['EUR', 'SEK', 'USD'], random)],
  [/(?:description|text|content|body|message|comment)$/i, (random) => sentence(random)],
]

/** What a property of that name usually holds, where its schema says no more than that it is text. */
export function ofName(name: string, random: Random): string | undefined {
  return named.find(([pattern]) => pattern.test(name))?.[1](random)
}

function sentence(random: Random): string {
  const text = [word(random), word(random), word(random)].join(' ')
  return `${text[0]!.toUpperCase()}${text.slice(1)}.`
}
