// The head of a request of HTTP/2 (RFC 9113 §8.3.1, §8.5; RFC 8441): what was decoded, read by the
// same rules as the head of HTTP/1.1, so that it can go on as one and be nothing else there.
import type { RequestHead } from '../../http.ts'
import { broken, type Broken, parseSection, type Section } from '../fields.ts'
import { isHost } from '../request-head.ts'
import { requestRoles } from '../roles.ts'
import { isTargetCode, isTokenCode } from '../tables.ts'
import type { FieldLines } from './field-lines.ts'

export interface Http2RequestHead extends RequestHead {
  readonly version: '2'
  /** Header lines that may be forwarded as they are. */
  readonly forwardable: string
  readonly expectContinue: boolean
  readonly takesTrailers: boolean
}

export interface RequestBounds {
  readonly uriBytesMax: number
  readonly headFieldsMax: number
}

/** As of HTTP/1.1. */
const methodCharsMax = 32

/** What the pseudo-fields say. */
interface Asked {
  readonly method: string
  readonly target: string
  readonly upgrade: string | undefined
}

/** Reads a head that was decoded; `isLast`: no body follows. */
export function readRequestHead(
  lines: FieldLines,
  isLast: boolean,
  bounds: RequestBounds,
): Http2RequestHead | Broken {
  if (lines.broken !== undefined) return broken(lines.broken)
  if (lines.isTooLarge) return broken('the fields are too large', 'tooLarge')
  const asked = askedOf(lines, bounds)
  if ('broken' in asked) return asked
  const { bytes, start, text } = lines
  const { headFieldsMax } = bounds
  const section = parseSection(text, 0, text.length, requestRoles, headFieldsMax, bytes, start)
  if ('broken' in section) return section
  const host = hostOf(section, lines.authority)
  if (typeof host !== 'string') return host
  if (section.expect !== undefined && section.expect.toLowerCase() !== '100-continue') {
    return broken('Expect is not `100-continue`', 'expectation')
  }
  const { contentLength } = section
  if (isLast && contentLength !== undefined && contentLength > 0) {
    return broken('Content-Length stands in a request that has no body')
  }
  const { method, target, upgrade } = asked
  const mark = target.indexOf('?')
  return {
    method,
    target,
    path: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? undefined : target.slice(mark + 1),
    host,
    version: '2',
    headers: section.headers,
    bodyLength:
      isLast || isTunnel(lines) ? (contentLength ?? 'none') : (contentLength ?? 'streamed'),
    upgrade,
    forwardable: section.forwardable,
    expectContinue: section.expect !== undefined && !isLast,
    takesTrailers: section.te !== undefined,
  }
}

const isTunnel = ({ method }: FieldLines): boolean => method === 'CONNECT'

function askedOf(lines: FieldLines, { uriBytesMax }: RequestBounds): Asked | Broken {
  const { method, scheme, authority, path, protocol, status } = lines
  if (status !== undefined) return broken('a pseudo-field of replies stands in a request')
  if (method === undefined) return broken('the method is missing')
  if (!isToken(method) || method.length > methodCharsMax) return broken('the method is not a token')
  if (method === 'CONNECT' && protocol === undefined) {
    if (scheme !== undefined || path !== undefined) return broken('CONNECT has a scheme or a path')
    if (authority === undefined || !isHost(authority)) {
      return broken('the target of CONNECT is not a host and port')
    }
    return { method, target: authority, upgrade: undefined }
  }
  if (scheme !== 'http' && scheme !== 'https') return broken('the scheme is neither http nor https')
  if (path === undefined || path === '') return broken('the path is missing')
  if (path.length > uriBytesMax) return broken('the request target is too long', 'targetTooLong')
  if (!isTarget(path)) return broken('the path holds a character that has no place in it')
  const isAbsolute = path.charCodeAt(0) === 0x2f
  if (!isAbsolute && !(path === '*' && method === 'OPTIONS')) return broken('the path is none')
  if (protocol === undefined) return { method, target: path, upgrade: undefined }
  if (method !== 'CONNECT') return broken('only CONNECT asks for another protocol')
  if (authority === undefined || !isToken(protocol)) return broken('CONNECT is not whole')
  return { method: 'GET', target: path, upgrade: protocol.toLowerCase() }
}

/** The host, from `:authority` or `Host`, which must not differ; it stands among the fields. */
function hostOf(section: Section, authority: string | undefined): string | Broken {
  const { host } = section
  if (
    authority !== undefined &&
    host !== undefined &&
    authority.toLowerCase() !== host.toLowerCase()
  ) {
    return broken('Host and :authority name different hosts')
  }
  const named = authority ?? host
  if (named === undefined) return broken('the host is missing')
  if (!isHost(named)) return broken('the host is not a host and port')
  if (host === undefined) section.headers.unshift('host', named)
  return named
}

function isToken(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (isTokenCode[text.charCodeAt(i)] === 0) return false
  return text !== ''
}

function isTarget(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (isTargetCode[text.charCodeAt(i)] === 0) return false
  return true
}

/** Stands for the head of a section that is none. */
export const unreadableSection: Http2RequestHead = {
  method: '',
  target: '',
  path: '',
  query: undefined,
  host: '',
  version: '2',
  headers: [],
  bodyLength: 'none',
  forwardable: '',
  expectContinue: false,
  takesTrailers: false,
}
