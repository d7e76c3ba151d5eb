// The head of an HTTP/1.1 request (RFC 9112 §2–§5): text in, data or the broken rule out. Strict:
// whatever two readers could take in two ways is refused here and never reaches an upstream.
import type { RequestHead } from '../http.ts'
import { dropNominated, keepsAlive, upgradeOf } from './connection-field.ts'
import { broken, type Broken, parseSection } from './fields.ts'
import { requestRoles } from './roles.ts'
import { isTargetCode, isTokenCode } from './tables.ts'

export interface Http1RequestHead extends RequestHead {
  readonly version: '1.0' | '1.1'
  /** Header lines that may be forwarded as they are. */
  readonly forwardable: string
  /** Whether the client lets the connection stay open. */
  readonly keepAlive: boolean
  readonly expectContinue: boolean
  /** Whether the client takes trailer fields (`TE: trailers`). */
  readonly takesTrailers: boolean
}

export interface RequestBounds {
  readonly uriBytesMax: number
  readonly headFieldsMax: number
}

/** Longest method taken; IANA's longest is 17 characters. */
const methodCharsMax = 32

/**
 * Parses a whole head: the request line and the fields, `text` up to and without the empty line's
 * CRLF at `end`. `bytes` holds the same from `base` on.
 */
export function parseRequestHead(
  text: string,
  end: number,
  bounds: RequestBounds,
  bytes: Uint8Array = Buffer.from(text, 'latin1'),
  base = 0,
): Http1RequestHead | Broken {
  let at = 0
  while (isTokenCode[bytes[base + at]!]! > 0) at++
  if (at === 0 || at > methodCharsMax) return broken('the method is not a token')
  if (text.charCodeAt(at) !== 0x20) return broken('the method is not followed by one space')
  const method = text.slice(0, at)
  const targetStart = at + 1
  let question = -1
  for (at = targetStart; ; at++) {
    const code = bytes[base + at]!
    if (isTargetCode[code] !== 1) break
    if (code === 0x3f && question < 0) question = at
  }
  const targetEnd = at
  if (targetEnd - targetStart > bounds.uriBytesMax) {
    return broken('the request target is too long', 'targetTooLong')
  }
  const version = versionAt(text, targetEnd)
  if (typeof version !== 'string') return version
  if (targetEnd === targetStart) return broken('the request target is empty')

  const section = parseSection(
    text,
    targetEnd + 11,
    end,
    requestRoles,
    bounds.headFieldsMax,
    bytes,
    base,
  )
  if ('broken' in section) return section
  if (section.chunked && version === '1.0') {
    return broken('Transfer-Encoding stands in an HTTP/1.0 message')
  }
  const host = section.host
  if (host === undefined && version === '1.1') return broken('Host is missing')
  if (host !== undefined && !isHost(host)) return broken('Host is not a host and port')
  if (section.expect !== undefined && section.expect.toLowerCase() !== '100-continue') {
    return broken('Expect is not `100-continue`', 'expectation')
  }

  const problem = dropNominated(section)
  if (problem !== undefined) return problem
  const bodyLength = section.chunked ? 'streamed' : (section.contentLength ?? 'none')
  const received = text.slice(targetStart, targetEnd)
  const target = originForm(method, received, host)
  if (typeof target !== 'string') return target
  // An absolute-form lost its authority: its `?` stands elsewhere.
  const mark = target.length === received.length ? question - targetStart : target.indexOf('?')
  return {
    method,
    target,
    path: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? undefined : target.slice(mark + 1),
    host: host ?? '',
    version,
    headers: section.headers,
    bodyLength,
    // With a body on its way nobody could tell where the other protocol begins.
    upgrade: version === '1.1' && bodyLength === 'none' ? upgradeOf(section) : undefined,
    forwardable: section.forwardable,
    keepAlive: keepsAlive(section.connection, version),
    expectContinue: section.expect !== undefined && version === '1.1',
    takesTrailers: section.te !== undefined && /(?:^|,)\s*trailers\s*(?:,|$)/i.test(section.te),
  }
}

function versionAt(text: string, at: number): '1.0' | '1.1' | Broken {
  if (text.startsWith(' HTTP/1.1\r\n', at)) return '1.1'
  if (text.startsWith(' HTTP/1.0\r\n', at)) return '1.0'
  if (/^ HTTP\/\d\.\d\r\n/.test(text.slice(at, at + 11))) {
    return broken('the version is neither HTTP/1.0 nor HTTP/1.1', 'version')
  }
  return broken('the request line is not `method target HTTP/1.1`')
}

/** The target in origin-form (RFC 9112 §3.2); absolute-form must name the same host as `Host`. */
function originForm(method: string, target: string, host: string | undefined): string | Broken {
  if (method === 'CONNECT') {
    return isHost(target) ? target : broken('the target of CONNECT is not a host and port')
  }
  if (target.charCodeAt(0) === 0x2f) return target
  if (target === '*') {
    return method === 'OPTIONS' ? target : broken('the target `*` is for OPTIONS alone')
  }
  const absolute = /^https?:\/\/([^/?]*)(.*)$/i.exec(target)
  if (absolute === null) return broken('the target is in none of the forms of RFC 9112')
  if (absolute[1]!.toLowerCase() !== host?.toLowerCase()) {
    return broken('the target and Host name different hosts')
  }
  const rest = absolute[2]!
  // RFC 9112 §3.2.4: without a path it asks about the server as a whole.
  if (rest === '' && method === 'OPTIONS') return '*'
  return rest.charCodeAt(0) === 0x2f ? rest : `/${rest}`
}

const hostForm =
  /^(?:[a-z0-9_](?:[a-z0-9._-]{0,252}[a-z0-9_.])?|\[[0-9a-f:.]{2,45}\])(?::(\d{1,5}))?$/i

// A client sends one host again and again; the last one needs no second look.
let lastHost = ''

/** Whether a text is `uri-host [":" port]`, without user information or an empty part. */
export function isHost(text: string): boolean {
  if (text === lastHost && text !== '') return true
  const form = hostForm.exec(text)
  if (form === null || (form[1] !== undefined && Number(form[1]) > 65_535)) return false
  lastHost = text
  return true
}
