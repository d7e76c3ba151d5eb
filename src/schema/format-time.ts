// Dates, times and durations of RFC 3339. Read character by character: these run on most bodies,
// and a match object for each would be the dearest part of a check.

const never = -1

/** The number that `digits` characters from `at` stand for, or -1. */
function digitsAt(text: string, at: number, digits: number): number {
  let value = 0
  for (let index = at; index < at + digits; index++) {
    const digit = text.charCodeAt(index) - 0x30
    // Also where the text has ended: no comparison holds for NaN.
    if (!(digit >= 0 && digit <= 9)) return never
    value = value * 10 + digit
  }
  return value
}

export const isDate = (text: string): boolean => text.length === 10 && dateEnds(text)

/** Whether the first ten characters are a date of the calendar. */
function dateEnds(text: string): boolean {
  const year = digitsAt(text, 0, 4)
  const month = digitsAt(text, 5, 2)
  const day = digitsAt(text, 8, 2)
  if (year < 0 || month < 1 || month > 12 || day < 1) return false
  if (text.charCodeAt(4) !== 0x2d || text.charCodeAt(7) !== 0x2d) return false
  return day <= daysIn(year, month)
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

export const isTime = (text: string): boolean => isTimeAt(text, 0)

/** With an offset; a second of 60 only where a leap second may fall. */
function isTimeAt(text: string, start: number): boolean {
  const clock = clockAt(text, start)
  const offset = clock === undefined ? undefined : offsetMinutes(text, clock.end)
  if (clock === undefined || offset === undefined) return false
  return clock.second < 60 || (clock.minutes - offset + 2 * 1440) % 1440 === 1439
}

/** Without an offset; nobody knows whether it is the minute of a leap second. */
function isLocalTimeAt(text: string, start: number): boolean {
  return clockAt(text, start)?.end === text.length
}

interface ClockTime {
  /** Since midnight. */
  readonly minutes: number
  readonly second: number
  readonly end: number
}

/** Hours, minutes, seconds and their fraction. */
function clockAt(text: string, start: number): ClockTime | undefined {
  const hour = digitsAt(text, start, 2)
  const minute = digitsAt(text, start + 3, 2)
  const second = digitsAt(text, start + 6, 2)
  const isRange = hour >= 0 && hour <= 23 && minute >= 0 && minute <= 59
  if (!isRange || second < 0 || second > 60) return undefined
  if (text.charCodeAt(start + 2) !== 0x3a || text.charCodeAt(start + 5) !== 0x3a) return undefined
  const end = fractionEnd(text, start + 8)
  return end < 0 ? undefined : { minutes: hour * 60 + minute, second, end }
}

function fractionEnd(text: string, start: number): number {
  if (text.charCodeAt(start) !== 0x2e) return start
  let at = start + 1
  while (digitsAt(text, at, 1) >= 0) at++
  return at === start + 1 ? never : at
}

function offsetMinutes(text: string, at: number): number | undefined {
  const sign = text.charCodeAt(at)
  if (sign === 0x5a || sign === 0x7a) return text.length === at + 1 ? 0 : undefined
  if (sign !== 0x2b && sign !== 0x2d) return undefined
  const hour = digitsAt(text, at + 1, 2)
  const minute = digitsAt(text, at + 4, 2)
  const isWhole = text.length === at + 6 && text.charCodeAt(at + 3) === 0x3a
  if (!isWhole || hour < 0 || hour > 23 || minute < 0 || minute > 59) return undefined
  return (sign === 0x2d ? -1 : 1) * (hour * 60 + minute)
}

export const isDateTime = (text: string): boolean => hasDateAndT(text) && isTimeAt(text, 11)

export const isLocalTime = (text: string): boolean => isLocalTimeAt(text, 0)

export const isLocalDateTime = (text: string): boolean =>
  hasDateAndT(text) && isLocalTimeAt(text, 11)

function hasDateAndT(text: string): boolean {
  const between = text.charCodeAt(10)
  return dateEnds(text) && (between === 0x54 || between === 0x74)
}

const duration =
  /^P(?:\d+W|(?=.)(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?)$/

export const isDuration = (text: string): boolean => duration.test(text)
