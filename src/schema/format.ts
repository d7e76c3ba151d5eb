// The formats that are known here, by the OpenAPI format registry and JSON Schema 2020-12 §7.3.
// Each test takes time linear in the text and nothing from the heap where it can.
import { isDate, isDateTime, isDuration, isTime } from './format-time.ts'
import {
  isEmail,
  isHostname,
  isIpv4,
  isIpv6,
  isIri,
  isIriReference,
  isUri,
  isUriReference,
} from './format-net.ts'

type TextTest = (value: string) => boolean
type NumberTest = (value: number) => boolean

const matches =
  (pattern: RegExp): TextTest =>
  (value) =>
    pattern.test(value)

const whole =
  (min: number, max: number): NumberTest =>
  (value) =>
    Number.isInteger(value) && value >= min && value <= max

const floatMax = 3.402_823_466_385_288_6e38

const texts: ReadonlyMap<string, TextTest> = new Map([
  ['date-time', isDateTime],
  ['date', isDate],
  ['time', isTime],
  ['duration', isDuration],
  ['email', isEmail],
  ['hostname', isHostname],
  ['ipv4', isIpv4],
  ['ipv6', isIpv6],
  ['uri', isUri],
  ['uri-reference', isUriReference],
  ['iri', isIri],
  ['iri-reference', isIriReference],
  ['uri-template', matches(/^(?:[^{}\p{Cc} "'<>\\^`|%]|%[\da-f]{2}|\{[^{}\p{Cc} ]+\})*$/iu)],
  ['uuid', matches(/^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i)],
  ['byte', matches(/^(?:[a-z\d+/]{4})*(?:[a-z\d+/]{2}==|[a-z\d+/]{3}=)?$/i)],
  ['base64url', matches(/^[\w-]*={0,2}$/)],
  ['json-pointer', matches(/^(?:\/(?:[^~/]|~[01])*)*$/)],
  ['relative-json-pointer', matches(/^(?:0|[1-9]\d*)(?:#|(?:\/(?:[^~/]|~[01])*)*)$/)],
  ['regex', isRegex],
])

const numbers: ReadonlyMap<string, NumberTest> = new Map([
  ['int8', whole(-(2 ** 7), 2 ** 7 - 1)],
  ['int16', whole(-(2 ** 15), 2 ** 15 - 1)],
  ['int32', whole(-(2 ** 31), 2 ** 31 - 1)],
  // As near as doubles come: the largest one below 2^63 is 2^63 − 1024, yet the exact bound
  // reads as 2^63.
  ['int64', whole(-(2 ** 63), 2 ** 63)],
  ['uint8', whole(0, 2 ** 8 - 1)],
  ['uint16', whole(0, 2 ** 16 - 1)],
  ['uint32', whole(0, 2 ** 32 - 1)],
  ['uint64', whole(0, 2 ** 64)],
  ['float', (value) => Math.abs(value) <= floatMax],
  ['double', Number.isFinite],
])

/** What a value of a format must be, for messages; each that is checked has its words here. */
const words: ReadonlyMap<string, string> = new Map([
  ['date-time', 'a valid date and time such as 2026-03-12T10:30:00Z'],
  ['date', 'a valid date such as 2026-03-12'],
  ['time', 'a valid time such as 10:30:00Z'],
  ['duration', 'a valid duration such as P3DT12H'],
  ['email', 'a valid email address'],
  ['hostname', 'a valid host name'],
  ['ipv4', 'a valid IPv4 address'],
  ['ipv6', 'a valid IPv6 address'],
  ['uri', 'a valid URI'],
  ['uri-reference', 'a valid URI reference'],
  ['iri', 'a valid IRI'],
  ['iri-reference', 'a valid IRI reference'],
  ['uri-template', 'a valid URI template'],
  ['uuid', 'a valid UUID'],
  ['byte', 'valid base64'],
  ['base64url', 'valid base64url'],
  ['json-pointer', 'a valid JSON Pointer'],
  ['relative-json-pointer', 'a valid relative JSON Pointer'],
  ['regex', 'a valid regular expression'],
  ['int8', 'an 8-bit integer'],
  ['int16', 'a 16-bit integer'],
  ['int32', 'a 32-bit integer'],
  ['int64', 'a 64-bit integer'],
  ['uint8', 'an unsigned 8-bit integer'],
  ['uint16', 'an unsigned 16-bit integer'],
  ['uint32', 'an unsigned 32-bit integer'],
  ['uint64', 'an unsigned 64-bit integer'],
  ['float', 'a number of single precision'],
  ['double', 'a number of double precision'],
])

export const formatWords = (name: string): string => words.get(name) ?? `a valid ${name}`

/** Known, and there is nothing to check. */
const hints = new Set(['binary', 'password', 'html', 'commonmark'])

export const isKnownFormat = (name: string): boolean =>
  texts.has(name) || numbers.has(name) || hints.has(name)

/** A format speaks of texts or of numbers: of values of another type it says nothing. */
export const textFormat = (name: string): TextTest | undefined => texts.get(name)
export const numberFormat = (name: string): NumberTest | undefined => numbers.get(name)

function isRegex(value: string): boolean {
  try {
    return new RegExp(value, 'u') instanceof RegExp
  } catch {
    return false
  }
}
