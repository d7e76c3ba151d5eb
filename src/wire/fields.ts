// The header section of a message (RFC 9112 §5), for requests and replies alike. One pass over a
// latin1 string checks every character, collects the fields, notes what frames the message, and
// cuts out what must not be forwarded. What is left is forwarded as the slices it came in: building
// each line anew costs about a microsecond more per message.
import { isTokenCode, isValueCode } from './tables.ts'

/** What a parser says of a message that breaks the rules; the text names the rule. */
export interface Broken {
  readonly broken: string
  /** `tooLarge` is a bound; `unsupported` asks for what is not offered; the rest is `malformed`. */
  readonly kind: 'malformed' | 'tooLarge' | 'unsupported'
}

export const broken = (text: string, kind: Broken['kind'] = 'malformed'): Broken => ({
  broken: text,
  kind,
})

/** Fields that the engine itself reads; every other field is only passed on. */
export interface Section {
  /** A request's fields as received; of a reply's only those that are forwarded. */
  readonly headers: string[]
  /** The lines to forward, CRLF included, in order; empty or ending in CRLF. */
  readonly forwardable: string
  readonly host: string | undefined
  readonly contentLength: number | undefined
  readonly chunked: boolean
  /** Lower-case options of `Connection`, joined by commas; undefined where the field is absent. */
  readonly connection: string | undefined
  readonly expect: string | undefined
  readonly te: string | undefined
  readonly upgrade: boolean
  /** Seconds of `Keep-Alive: timeout=`, which says how long an upstream keeps a connection. */
  readonly keepAliveSeconds: number | undefined
}

type Role =
  | 'drop'
  | 'host'
  | 'contentLength'
  | 'transferEncoding'
  | 'connection'
  | 'expect'
  | 'te'
  | 'upgrade'
  | 'keepAlive'

/** Which fields have a role, listed by the length of their name so that most lines need one look. */
export type Roles = readonly (readonly (readonly [name: string, role: Role])[] | undefined)[]

function rolesOf(roles: Readonly<Record<string, Role>>): Roles {
  const byLength: [string, Role][][] = []
  for (const [name, role] of Object.entries(roles))
    (byLength[name.length] ??= []).push([name, role])
  return byLength
}

const framing = {
  'content-length': 'contentLength',
  'transfer-encoding': 'transferEncoding',
  connection: 'connection',
  'keep-alive': 'keepAlive',
  'proxy-connection': 'drop',
  upgrade: 'upgrade',
  te: 'te',
} as const

/**
 * In a request, what the gateway itself says to the upstream is dropped as well: a client's copy
 * of `Forwarded`, `X-Forwarded-*`, `X-Real-IP` or `X-Request-Id` would be believed there.
 */
export const requestRoles = rolesOf({
  ...framing,
  host: 'host',
  expect: 'expect',
  'http2-settings': 'drop',
  'proxy-authorization': 'drop',
  forwarded: 'drop',
  'x-forwarded-for': 'drop',
  'x-forwarded-host': 'drop',
  'x-forwarded-port': 'drop',
  'x-forwarded-proto': 'drop',
  'x-forwarded-prefix': 'drop',
  'x-forwarded-scheme': 'drop',
  'x-forwarded-server': 'drop',
  'x-forwarded-ssl': 'drop',
  'x-real-ip': 'drop',
  'x-request-id': 'drop',
})

export const replyRoles = rolesOf({
  ...framing,
  'proxy-authenticate': 'drop',
  'proxy-authentication-info': 'drop',
  'x-request-id': 'drop',
})

/** Names that may not come with `_` for `-`: CGI-style upstreams would take one for the other. */
const sensitive =
  /^(?:host|content[-_]length|transfer[-_]encoding|connection|authorization|cookie|forwarded|x[-_](?:forwarded[-_].*|real[-_]ip|request[-_]id))$/i

function roleOf(name: string, roles: Roles): Role | undefined {
  const candidates = roles[name.length]
  if (candidates === undefined) return undefined
  const first = name.charCodeAt(0) | 0x20
  for (const [lowerName, role] of candidates) {
    if (lowerName.charCodeAt(0) === first && name.toLowerCase() === lowerName) return role
  }
  return undefined
}

/**
 * Parses the lines of `text` from `start` to `end`, which stands before the empty line's CRLF:
 * every line of them ends in CRLF.
 */
export function parseSection(
  text: string,
  start: number,
  end: number,
  roles: Roles,
  fieldsMax: number,
): Section | Broken {
  const headers: string[] = []
  let forwardable = ''
  let keptFrom = start
  let host: string | undefined
  let contentLength: number | undefined
  let chunked = false
  let connection: string | undefined
  let expect: string | undefined
  let te: string | undefined
  let upgrade = false
  let keepAliveSeconds: number | undefined
  let at = start
  while (at < end) {
    let colon = at
    let underscore = false
    for (let code = text.charCodeAt(colon); isTokenCode[code] === 1;) {
      if (code === 0x5f) underscore = true
      code = text.charCodeAt(++colon)
    }
    if (colon === at || text.charCodeAt(colon) !== 0x3a) return brokenName(text, at, colon)
    let valueStart = colon + 1
    while (isBlank(text.charCodeAt(valueStart))) valueStart++
    let lineEnd = valueStart
    while (isValueCode[text.charCodeAt(lineEnd)] === 1) lineEnd++
    if (text.charCodeAt(lineEnd) !== 0x0d || text.charCodeAt(lineEnd + 1) !== 0x0a) {
      return broken('a field value holds a control character')
    }
    let valueEnd = lineEnd
    while (valueEnd > valueStart && isBlank(text.charCodeAt(valueEnd - 1))) valueEnd--
    const name = text.slice(at, colon)
    const value = text.slice(valueStart, valueEnd)
    if (headers.length === fieldsMax * 2)
      return broken('more header fields than allowed', 'tooLarge')
    if (underscore && sensitive.test(name)) {
      return broken('a field name has an underscore for a hyphen')
    }
    const nextLine = lineEnd + 2
    const role = roleOf(name, roles)
    if (role === undefined || role === 'contentLength' || roles === requestRoles) {
      headers.push(name, value)
    }
    if (role !== undefined) {
      if (role === 'contentLength') {
        // Two lengths, even equal ones, are two answers to one question (RFC 9112 §6.3).
        if (contentLength !== undefined) return broken('Content-Length stands twice')
        contentLength = parseLength(value)
        if (contentLength === undefined) return broken('Content-Length is not a plain number')
      } else {
        if (keptFrom < at) forwardable += text.slice(keptFrom, at)
        keptFrom = nextLine
        switch (role) {
          case 'host':
            if (host !== undefined) return broken('Host stands twice')
            host = value
            break
          case 'transferEncoding':
            if (chunked) return broken('Transfer-Encoding stands twice')
            // The one spelling: whatever another reader might read in another way is refused.
            if (value.toLowerCase() !== 'chunked') return brokenCoding(value)
            chunked = true
            break
          case 'connection':
            connection = connection === undefined ? value : `${connection},${value}`
            break
          case 'expect':
            if (expect !== undefined) return broken('Expect stands twice')
            expect = value
            break
          case 'te':
            te = te === undefined ? value : `${te},${value}`
            break
          case 'upgrade':
            upgrade = true
            break
          case 'keepAlive':
            keepAliveSeconds = timeoutOf(value)
            break
          case 'drop':
            break
        }
      }
    }
    at = nextLine
  }
  if (chunked && contentLength !== undefined) {
    // How requests are smuggled: one reader takes the length, the next one the coding.
    return broken('Content-Length and Transfer-Encoding stand together')
  }
  if (keptFrom < end) forwardable += text.slice(keptFrom, end)
  return {
    headers,
    forwardable,
    host,
    contentLength,
    chunked,
    connection: connection?.toLowerCase(),
    expect,
    te,
    upgrade,
    keepAliveSeconds,
  }
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09

function brokenName(text: string, at: number, colon: number): Broken {
  const code = text.charCodeAt(at)
  if (isBlank(code)) return broken('a line begins with white space (line folding)')
  if (colon === at) return broken('a field has no name')
  if (isBlank(text.charCodeAt(colon))) return broken('white space stands before a colon')
  return broken('a field name is not a token')
}

function brokenCoding(value: string): Broken {
  // RFC 9112 §6.1: a server that does not know a transfer coding answers 501; anything that only
  // looks like `chunked` is an attempt at being read in two ways.
  return /^[a-z-]+$/i.test(value) && !/chunked|identity/i.test(value)
    ? broken('the transfer coding is not supported', 'unsupported')
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
