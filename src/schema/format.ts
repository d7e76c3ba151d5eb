// The formats that are known here, by the OpenAPI format registry and JSON Schema 2020-12 §7.3, each
// with its test and its words. Each test takes time linear in the text and nothing from the heap
// where it can.
import {
  isEmail,
  isHostname,
  isIdnEmail,
  isIdnHostname,
  isIpv4,
  isIpv6,
  isIri,
  isIriReference,
  isUri,
  isUriReference,
} from './format-net.ts'
import {
  isDecimal,
  isDecimal128,
  isHttpDate,
  isMediaRange,
  structured,
  wholeText,
} from './format-text.ts'
import {
  isDate,
  isDateTime,
  isDuration,
  isLocalDateTime,
  isLocalTime,
  isTime,
} from './format-time.ts'

type TextTest = (value: string) => boolean
type NumberTest = (value: number) => boolean

/** Speaks of texts or of numbers, or of both: of values of another type it says nothing. */
interface Format {
  readonly text?: TextTest
  readonly number?: NumberTest
  /** What a value must be. */
  readonly words: string
}

const matches =
  (pattern: RegExp): TextTest =>
  (value) =>
    pattern.test(value)

const text = (test: TextTest | RegExp, words: string): Format => ({
  text: test instanceof RegExp ? matches(test) : test,
  words,
})

const number = (test: NumberTest, words: string): Format => ({ number: test, words })

const whole =
  (min: number, max: number): NumberTest =>
  (value) =>
    Number.isInteger(value) && value >= min && value <= max

/**
 * Bounds beyond 2^53 count for numbers as near as doubles come: the largest one below 2^63 is
 * 2^63 − 1024, yet the exact bound reads as 2^63. Texts are counted exactly.
 */
const wide = (min: bigint, max: bigint, words: string): Format => ({
  number: whole(Number(min), Number(max)),
  text: wholeText(min, max),
  words,
})

const floatMax = 3.402_823_466_385_288_6e38
const sfIntegerMax = 999_999_999_999_999

const sf = (kind: keyof typeof structured, words: string): Format =>
  text(structured[kind]!, `${words} as in structured fields`)

const formats: ReadonlyMap<string, Format> = new Map([
  ['date-time', text(isDateTime, 'a valid date and time such as 2026-03-12T10:30:00Z')],
  ['date', text(isDate, 'a valid date such as 2026-03-12')],
  ['time', text(isTime, 'a valid time such as 10:30:00Z')],
  ['date-time-local', text(isLocalDateTime, 'a valid date and time such as 2026-03-12T10:30:00')],
  ['time-local', text(isLocalTime, 'a valid time such as 10:30:00')],
  ['duration', text(isDuration, 'a valid duration such as P3DT12H')],
  ['http-date', text(isHttpDate, 'a valid date such as Thu, 12 Mar 2026 10:30:00 GMT')],
  ['unixtime', number(Number.isFinite, 'a number of seconds')],

  ['email', text(isEmail, 'a valid email address')],
  ['idn-email', text(isIdnEmail, 'a valid email address')],
  ['hostname', text(isHostname, 'a valid host name')],
  ['idn-hostname', text(isIdnHostname, 'a valid host name')],
  ['ipv4', text(isIpv4, 'a valid IPv4 address')],
  ['ipv6', text(isIpv6, 'a valid IPv6 address')],
  ['uri', text(isUri, 'a valid URI')],
  ['uri-reference', text(isUriReference, 'a valid URI reference')],
  ['iri', text(isIri, 'a valid IRI')],
  ['iri-reference', text(isIriReference, 'a valid IRI reference')],
  [
    'uri-template',
    text(/^(?:[^{}\p{Cc} "'<>\\^`|%]|%[\da-f]{2}|\{[^{}\p{Cc} ]+\})*$/iu, 'a valid URI template'),
  ],
  ['media-range', text(isMediaRange, 'a valid media type or range')],

  ['uuid', text(/^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i, 'a valid UUID')],
  ['byte', text(/^(?:[a-z\d+/]{4})*(?:[a-z\d+/]{2}==|[a-z\d+/]{3}=)?$/i, 'valid base64')],
  ['base64url', text(/^[\w-]*={0,2}$/, 'valid base64url')],
  ['char', text(/^[^]$/u, 'a single character')],
  ['json-pointer', text(/^(?:\/(?:[^~/]|~[01])*)*$/, 'a valid JSON Pointer')],
  [
    'relative-json-pointer',
    text(/^(?:0|[1-9]\d*)(?:#|(?:\/(?:[^~/]|~[01])*)*)$/, 'a valid relative JSON Pointer'),
  ],
  ['regex', text(isRegex, 'a valid regular expression')],

  ['int8', number(whole(-(2 ** 7), 2 ** 7 - 1), 'an 8-bit integer')],
  ['int16', number(whole(-(2 ** 15), 2 ** 15 - 1), 'a 16-bit integer')],
  ['int32', number(whole(-(2 ** 31), 2 ** 31 - 1), 'a 32-bit integer')],
  ['int64', wide(-(2n ** 63n), 2n ** 63n - 1n, 'a 64-bit integer')],
  ['uint8', number(whole(0, 2 ** 8 - 1), 'an unsigned 8-bit integer')],
  ['uint16', number(whole(0, 2 ** 16 - 1), 'an unsigned 16-bit integer')],
  ['uint32', number(whole(0, 2 ** 32 - 1), 'an unsigned 32-bit integer')],
  ['uint64', wide(0n, 2n ** 64n - 1n, 'an unsigned 64-bit integer')],
  ['double-int', number(Number.isSafeInteger, 'an integer that a double holds exactly')],
  ['float', number((value) => Math.abs(value) <= floatMax, 'a number of single precision')],
  ['double', number(Number.isFinite, 'a number of double precision')],
  ['decimal', text(isDecimal, 'a decimal number')],
  ['decimal128', text(isDecimal128, 'a decimal number of at most 34 digits')],

  ['sf-integer', { ...sf('sf-integer', 'an integer'), number: whole(-sfIntegerMax, sfIntegerMax) }],
  ['sf-decimal', sf('sf-decimal', 'a decimal')],
  ['sf-string', sf('sf-string', 'a string')],
  ['sf-token', sf('sf-token', 'a token')],
  ['sf-binary', sf('sf-binary', 'bytes')],
  ['sf-boolean', sf('sf-boolean', 'a boolean')],
])

/** Known, and there is nothing to check. */
const hints = new Set(['binary', 'password', 'html', 'commonmark'])

export const formatWords = (name: string): string => formats.get(name)?.words ?? `a valid ${name}`

export const isKnownFormat = (name: string): boolean => formats.has(name) || hints.has(name)

export const textFormat = (name: string): TextTest | undefined => formats.get(name)?.text
export const numberFormat = (name: string): NumberTest | undefined => formats.get(name)?.number

function isRegex(value: string): boolean {
  try {
    return new RegExp(value, 'u') instanceof RegExp
  } catch {
    return false
  }
}
