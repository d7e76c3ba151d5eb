// Numbers and fields of HTTP as texts: 64-bit integers and decimals, which JSON's own numbers do
// not hold exactly, structured fields (RFC 9651), dates and media ranges of RFC 9110.
import { isDate } from './format-time.ts'

type TextTest = (value: string) => boolean

const integer = /^-?(?:0|[1-9]\d*)$/

/** Digits of 2^64: what is longer is out of range without being counted. */
const digitsMax = 20

/** An integer within bounds that a double would round. */
export const wholeText =
  (min: bigint, max: bigint): TextTest =>
  (text) => {
    if (text.length > digitsMax || !integer.test(text)) return false
    const value = BigInt(text)
    return value >= min && value <= max
  }

export const isDecimal = (text: string): boolean => /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(text)

/** IEEE 754 decimal128: 34 significant digits. */
export function isDecimal128(text: string): boolean {
  const match = /^-?((?:0|[1-9]\d*)(?:\.\d+)?)(?:[eE][+-]?\d{1,5})?$/.exec(text)
  const digits = match?.[1]?.replace('.', '').replace(/^0+/, '')
  return digits !== undefined && digits.length <= 34
}

/** RFC 9651, section 3.3. */
export const structured: Readonly<Record<string, RegExp>> = {
  'sf-integer': /^-?\d{1,15}$/,
  'sf-decimal': /^-?\d{1,12}\.\d{1,3}$/,
  'sf-string': /^"(?:[ !#-[\]-~]|\\["\\])*"$/,
  'sf-token': /^[a-zA-Z*][!#$%&'*+.^_`|~\w:/-]*$/,
  'sf-binary': /^:(?:[a-z\d+/]{4})*(?:[a-z\d+/]{2}==|[a-z\d+/]{3}=)?:$/i,
  'sf-boolean': /^\?[01]$/,
}

const token = "[!#$%&'*+.^`|~\\w-]+"
const quoted = '"(?:[\\t !#-[\\]-~\\x80-\\xff]|\\\\[\\t -~\\x80-\\xff])*"'
const parameter = `[ \\t]*;[ \\t]*${token}=(?:${token}|${quoted})`
const mediaRange = new RegExp(`^(?:\\*/\\*|${token}/${token})(?:${parameter})*$`)

/** RFC 9110, section 12.5.1, without a weight's own rules. */
export const isMediaRange: TextTest = (text) => mediaRange.test(text)

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')
const fixDate = /^([A-Z][a-z]{2}), (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/

/** The form that senders must write (IMF-fixdate, RFC 9110, section 5.6.7). */
export const isHttpDate: TextTest = (text) => {
  const [, day = '', date, name = '', year, hour, minute, second] = fixDate.exec(text) ?? []
  const month = months.indexOf(name) + 1
  const iso = `${year}-${String(month).padStart(2, '0')}-${date}`
  if (month === 0 || !isDate(iso)) return false
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return false
  return days[new Date(`${iso}T00:00:00Z`).getUTCDay()] === day
}
