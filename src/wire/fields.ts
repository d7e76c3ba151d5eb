// The header section of a message (RFC 9112 §5), for requests and replies alike. One pass over a
// latin1 string checks every character, collects the fields, notes what frames the message, and
// cuts out what must not be forwarded. What is left is forwarded as the slices it came in: building
// each line anew costs about a microsecond more per message.
import { candidateFor, type Role, type Roles } from './roles.ts'
import { isTokenCode, isValueCode, underscoreKind } from './tables.ts'

/** What a parser says of a message that breaks the rules; the text names the rule. */
export interface Broken {
  readonly broken: string
  /** Bounds, and what is well-formed but not offered, have kinds of their own. */
  readonly kind: 'malformed' | 'tooLarge' | 'targetTooLong' | 'coding' | 'expectation' | 'version'
}

export const broken = (text: string, kind: Broken['kind'] = 'malformed'): Broken => ({
  broken: text,
  kind,
})

/** A header section that was read: the fields, and what the engine itself takes from them. */
export class Section {
  /** A request's fields as received; of a reply's, where wanted, those that are forwarded. */
  headers: string[] = []
  /** The lines to forward, CRLF included, in order; empty or ending in CRLF. */
  forwardable = ''
  host: string | undefined
  contentLength: number | undefined
  chunked = false
  /** Lower-case options of `Connection`, joined by commas; undefined where the field is absent. */
  connection: string | undefined
  expect: string | undefined
  te: string | undefined
  /** Of `Upgrade`, as received. */
  upgrade: string | undefined
  /** Seconds of `Keep-Alive: timeout=`, which says how long an upstream keeps a connection. */
  keepAliveSeconds: number | undefined
  /** Whether there is a `Date`. */
  isDated = false
  /** A bit for each field that was to be noted. */
  noted = 0

  /** Takes a field that has a role. */
  take(role: Role, value: string): Broken | undefined {
    if (typeof role === 'number') {
      this.noted |= role
      return undefined
    }
    switch (role) {
      case 'contentLength':
        // Two lengths, even equal ones, are two answers to one question (RFC 9112 §6.3).
        if (this.contentLength !== undefined) return broken('Content-Length stands twice')
        this.contentLength = parseLength(value)
        if (this.contentLength !== undefined) return undefined
        return broken('Content-Length is not a plain number')
      case 'transferEncoding':
        if (this.chunked) return broken('Transfer-Encoding stands twice')
        // The one spelling: whatever another reader might read in another way is refused.
        if (value.toLowerCase() !== 'chunked') return brokenCoding(value)
        this.chunked = true
        return undefined
      case 'host':
        if (this.host !== undefined) return broken('Host stands twice')
        this.host = value
        return undefined
      case 'contentType':
        return this.#noteOnce(contentTypeBit, 'Content-Type')
      case 'authorization':
        return this.#noteOnce(authorizationBit, 'Authorization')
      case 'expect':
        if (this.expect !== undefined) return broken('Expect stands twice')
        this.expect = value
        return undefined
      case 'connection':
        this.connection = joined(
          this.connection,
          value === 'keep-alive' ? value : value.toLowerCase(),
        )
        return undefined
      case 'te':
        this.te = joined(this.te, value)
        return undefined
      case 'upgrade':
        this.upgrade = joined(this.upgrade, value)
        return undefined
      case 'keepAlive':
        this.keepAliveSeconds = timeoutOf(value)
        return undefined
      case 'date':
        this.isDated = true
        return undefined
      case 'drop':
        return undefined
    }
  }

  /** Services take the first or the last of two: what is checked here might not be what they see. */
  #noteOnce(bit: number, name: string): Broken | undefined {
    if ((this.noted & bit) !== 0) return broken(`${name} stands twice`)
    this.noted |= bit
    return undefined
  }
}

const contentTypeBit = 1
const authorizationBit = 2

const joined = (before: string | undefined, value: string): string =>
  before === undefined ? value : `${before},${value}`

/** Names that may not come with `_` for `-`: CGI-style upstreams would take one for the other. */
const sensitive =
  /^(?:host|content[-_]length|transfer[-_]encoding|connection|authorization|cookie|forwarded|x[-_](?:forwarded.*|real[-_]ip|request[-_]id))$/i

/**
 * Parses the lines of `text` from `start` to `end`, which stands before the empty line's CRLF:
 * every line of them ends in CRLF. `bytes` holds the same from `base` on: one look into an array
 * costs a third of one into a string.
 */
export function parseSection(
  text: string,
  start: number,
  end: number,
  roles: Roles,
  fieldsMax: number,
  bytes: Uint8Array = Buffer.from(text, 'latin1'),
  base = 0,
  wanted: 'all' | 'forwarded' | 'none' = 'all',
): Section | Broken {
  const section = new Section()
  const { headers } = section
  let fields = 0
  const stop = base + end
  let keptFrom = start
  let at = base + start
  while (at < stop) {
    let colon = at
    let kinds = 0
    for (let kind = isTokenCode[bytes[at]!]!; kind > 0; kind = isTokenCode[bytes[++colon]!]!) {
      kinds |= kind
    }
    if (colon === at || bytes[colon] !== 0x3a) return brokenName(bytes, at, colon)
    let valueStart = colon + 1
    while (isBlank(bytes[valueStart]!)) valueStart++
    let lineEnd = valueStart
    while (isValueCode[bytes[lineEnd]!] === 1) lineEnd++
    if (bytes[lineEnd] !== 0x0d || bytes[lineEnd + 1] !== 0x0a) {
      return broken('a field value holds a control character')
    }
    let valueEnd = lineEnd
    while (valueEnd > valueStart && isBlank(bytes[valueEnd - 1]!)) valueEnd--
    if (++fields > fieldsMax) {
      return broken('more header fields than allowed', 'tooLarge')
    }
    if ((kinds & underscoreKind) !== 0 && sensitive.test(text.slice(at - base, colon - base))) {
      return broken('a field name has an underscore for a hyphen')
    }
    const nextLine = lineEnd + 2
    const candidate = candidateFor(bytes, at, colon, roles)
    const stays = candidate === undefined || candidate.stays
    const isWanted = wanted === 'all' || (stays && wanted === 'forwarded')
    // No string is made of a value that nobody reads.
    const isRead = isWanted || (candidate !== undefined && candidate.takesValue)
    const value = isRead ? text.slice(valueStart - base, valueEnd - base) : ''
    if (isWanted) headers.push(text.slice(at - base, colon - base), value)
    if (!stays) {
      if (keptFrom < at - base) section.forwardable += text.slice(keptFrom, at - base)
      keptFrom = nextLine - base
    }
    if (candidate !== undefined) {
      const { role } = candidate
      if (role === 'contentLength' && hasTab(bytes, colon, lineEnd)) {
        // It goes on as it stands, and nginx for one takes no tab beside a number.
        return broken('a tab stands beside Content-Length')
      }
      const problem = section.take(role, value)
      if (problem !== undefined) return problem
    }
    at = nextLine
  }
  if (section.chunked && section.contentLength !== undefined) {
    // How requests are smuggled: one reader takes the length, the next one the coding.
    return broken('Content-Length and Transfer-Encoding stand together')
  }
  if (keptFrom < end) section.forwardable += text.slice(keptFrom, end)
  return section
}

function hasTab(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] === 0x09) return true
  return false
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09

function brokenName(bytes: Uint8Array, at: number, colon: number): Broken {
  if (isBlank(bytes[at]!)) return broken('a line begins with white space (line folding)')
  if (colon === at) return broken('a field has no name')
  if (isBlank(bytes[colon]!)) return broken('white space stands before a colon')
  return broken('a field name is not a token')
}

function brokenCoding(value: string): Broken {
  // RFC 9112 §6.1: a server that does not know a transfer coding answers 501; anything that only
  // looks like `chunked` is an attempt at being read in two ways.
  return /^[a-z-]+$/i.test(value) && !/chunked|identity/i.test(value)
    ? broken('the transfer coding is not supported', 'coding')
    : broken('Transfer-Encoding is not exactly `chunked`')
}

/** Decimal digits without sign, space or leading zero; at most 15 of them, so that it is exact. */
function parseLength(value: string): number | undefined {
  if (value.length === 0 || value.length > 15) return undefined
  let length = 0
  for (let i = 0; i < value.length; i++) {
    const digit = value.charCodeAt(i) - 0x30
    if (digit < 0 || digit > 9) return undefined
    length = length * 10 + digit
  }
  return value.length > 1 && value.charCodeAt(0) === 0x30 ? undefined : length
}

function timeoutOf(value: string): number | undefined {
  const seconds = /(?:^|[,;\s])timeout=(\d{1,6})(?:$|[,;\s])/i.exec(value)?.[1]
  return seconds === undefined ? undefined : Number(seconds)
}
