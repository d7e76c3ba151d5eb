// Media types (RFC 9110 §8.3) and their negotiation (§12.5.1), compiled once for an operation.
import { detached } from './detach.ts'
import { token } from './token.ts'

export interface MediaType {
  /** Lower case: `application/json`. */
  readonly type: string
  /** Names in lower case, values unquoted, in order; no name stands twice. */
  readonly parameters: ReadonlyMap<string, string>
}

const typePart = new RegExp(`${token}/${token}`, 'y')
// A parameter, or nothing, after each semicolon. The quoted form has no two ways to match.
const parameterPart = new RegExp(
  `[ \\t]*;[ \\t]*(?:(${token})=(?:(${token})|"((?:[\\t !#-\\[\\]-~\\x80-\\xff]|\\\\[\\t -~\\x80-\\xff])*)"))?`,
  'y',
)
const lengthMax = 1024

/** Parses a `Content-Type`, strictly; undefined where it is malformed or says a thing twice. */
export function parseMediaType(text: string): MediaType | undefined {
  if (text.length > lengthMax) return undefined
  typePart.lastIndex = 0
  const type = typePart.exec(text)?.[0]
  if (type === undefined) return undefined
  const parameters = new Map<string, string>()
  for (let at = type.length; at < text.length; at = parameterPart.lastIndex) {
    parameterPart.lastIndex = at
    const part = parameterPart.exec(text)
    if (part === null) return undefined
    const [, name, plain, quoted] = part
    if (name === undefined) continue
    if (parameters.has(name.toLowerCase())) return undefined
    parameters.set(name.toLowerCase(), plain ?? quoted!.replaceAll(/\\(.)/g, '$1'))
  }
  return { type: type.toLowerCase(), parameters }
}

/** How well a range fits a type: 3 the same, 2 `type/*`, 1 anything, 0 not at all. */
function fit(range: string, type: string): 0 | 1 | 2 | 3 {
  if (range === type) return 3
  if (range === '*/*') return 1
  const isPart = range.endsWith('/*') && type.startsWith(range.slice(0, -1))
  return isPart ? 2 : 0
}

/** The place of the range that fits a type best (`application/json` before `application/*`); -1. */
export function bestRange(ranges: readonly string[], type: string): number {
  let best = -1
  let bestFit = 0
  for (const [at, range] of ranges.entries()) {
    const fits = fit(range, type)
    if (fits > bestFit) [best, bestFit] = [at, fits]
  }
  return best
}

/**
 * Compiles the media types that a body may have to a test of `Content-Type`. No ranges: any body.
 * UTF-8 is the one charset taken: under another name, US-ASCII too, some services decode other
 * characters than were checked.
 */
export function bodyTypeMatcher(
  ranges: readonly string[],
): (contentType: string | undefined) => 'ok' | 'unsupported' {
  if (ranges.length === 0) return () => 'ok'
  const bare = ranges.map(withoutParameters)
  const taken = memoized((contentType) => {
    const parsed = parseMediaType(contentType)
    if (parsed === undefined || bestRange(bare, parsed.type) < 0) return false
    const charset = parsed.parameters.get('charset')
    return charset === undefined || /^utf-?8$/i.test(charset)
  })
  return (contentType) => (contentType !== undefined && taken(contentType) ? 'ok' : 'unsupported')
}

/** Compiles a test of media types to one of `Content-Type`; none and a malformed one fail it. */
export function mediaTypeMatcher(
  test: (type: string) => boolean,
): (contentType: string | undefined) => boolean {
  const passes = memoized((contentType) => {
    const parsed = parseMediaType(contentType)
    return parsed !== undefined && test(parsed.type)
  })
  return (contentType) => contentType !== undefined && passes(contentType)
}

/**
 * Compiles the media types of an operation's replies to a test of `Accept`, whose several fields
 * are joined by a comma. No types, or no `Accept`: acceptable. A malformed one counts as none, for
 * clients in wide use send such (`*; q=.2`), and nothing unsafe follows.
 */
export function acceptMatcher(
  replyTypes: readonly string[],
): (accept: string | undefined) => boolean {
  const types = replyTypes.map(withoutParameters)
  const only = types.length === 1 ? types[0] : undefined
  const accepted = memoized((accept) => {
    const ranges = parseAccept(accept)
    return ranges === undefined || types.some((type) => isAccepted(type, ranges))
  })
  return (accept) =>
    accept === undefined ||
    accept === '*/*' ||
    accept === only ||
    types.length === 0 ||
    accepted(accept)
}

const withoutParameters = (type: string): string => type.split(';', 1)[0]!.trim().toLowerCase()

interface AcceptRange {
  readonly range: string
  readonly isWanted: boolean
}

/** The most specific range that fits decides; of equal ones a wanted one. */
function isAccepted(type: string, ranges: readonly AcceptRange[]): boolean {
  let bestFit = 0
  let isWanted = false
  for (const one of ranges) {
    // A declared range (`text/*`) is met by whatever it covers, and not excluded by a part of it.
    const fits = fit(one.range, type) || (one.isWanted && fit(type, one.range) > 0 ? 3 : 0)
    if (fits < bestFit || fits === 0) continue
    isWanted = fits > bestFit ? one.isWanted : isWanted || one.isWanted
    bestFit = fits
  }
  return isWanted
}

const acceptPart = new RegExp(`[ \\t]*(${token}/${token})`, 'y')
const weight = /^(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)$/

/** The ranges of an `Accept`; undefined where it is malformed or empty. */
function parseAccept(accept: string): readonly AcceptRange[] | undefined {
  const ranges: AcceptRange[] = []
  for (let at = 0; at < accept.length;) {
    const next = accept.charCodeAt(at)
    if (next === 0x2c || next === 0x20 || next === 0x09) {
      at++ // empty elements and white space
      continue
    }
    acceptPart.lastIndex = at
    const type = acceptPart.exec(accept)
    if (type === null) return undefined
    const parameters = parseAcceptParameters(accept, acceptPart.lastIndex)
    if (parameters === undefined) return undefined
    at = parameters.end
    const isWanted = !/^0(?:\.0*)?$/.test(parameters.weight)
    // `text/html;level=1;q=0` leaves other text/html alone.
    if (isWanted || !parameters.isNarrowed) ranges.push({ range: type[1]!.toLowerCase(), isWanted })
  }
  return ranges.length === 0 ? undefined : ranges
}

function parseAcceptParameters(accept: string, from: number) {
  let end = from
  let weightText = '1'
  let isNarrowed = false
  for (;;) {
    parameterPart.lastIndex = end
    const part = parameterPart.exec(accept)
    if (part === null) break
    end = parameterPart.lastIndex
    if (part[1]?.toLowerCase() === 'q') weightText = part[2] ?? ''
    else if (part[1] !== undefined) isNarrowed = true
  }
  while (accept.charCodeAt(end) === 0x20 || accept.charCodeAt(end) === 0x09) end++
  const isEnd = end === accept.length || accept.charCodeAt(end) === 0x2c
  return isEnd && weight.test(weightText) ? { end, weight: weightText, isNarrowed } : undefined
}

const memoEntriesMax = 32
const memoKeyLengthMax = 256

/** Clients say the same over and over; what they can make us remember is bounded. */
function memoized(test: (text: string) => boolean): (text: string) => boolean {
  const memo = new Map<string, boolean>()
  // Most requests say what the one before said: comparing costs less than hashing.
  let lastText = ''
  let lastAnswer = test('')
  return (text) => {
    if (text === lastText) return lastAnswer
    const known = memo.get(text)
    const answer = known ?? test(text)
    if (text.length > memoKeyLengthMax) return answer
    lastText = detached(text)
    lastAnswer = answer
    if (known !== undefined) return answer
    if (memo.size >= memoEntriesMax) memo.clear()
    memo.set(lastText, answer)
    return answer
  }
}
