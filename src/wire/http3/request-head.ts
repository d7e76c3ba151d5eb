// The head of a request from decoded lines (RFC 9114 §4.3.1): pseudo-fields put together to what a
// request line and `Host` say, all other lines read as those of HTTP/1.1 are.
import type { RequestHead } from '../../http.ts'
import { broken, type Broken, parseSection } from '../fields.ts'
import type { FieldLines } from '../http2/field-lines.ts'
import { isHost } from '../request-head.ts'
import { requestRoles } from '../roles.ts'
import { isTargetCode, isTokenCode } from '../tables.ts'

export interface Http3RequestHead extends RequestHead {
  readonly version: '3'
  /** Header lines that may be forwarded as they are. */
  readonly forwardable: string
  readonly expectContinue: boolean
  readonly takesTrailers: boolean
}

export interface HeadBounds {
  readonly uriBytesMax: number
  readonly headFieldsMax: number
}

const methodCharsMax = 32

/** Reads the head that was decoded; `isLast`: the request ends with it. */
export function readRequestHead(
  lines: FieldLines,
  bounds: HeadBounds,
  isLast: boolean,
): Http3RequestHead | Broken {
  const asked = readPseudo(lines, bounds)
  if ('broken' in asked) return asked
  const { text, bytes, start } = lines
  const section = parseSection(
    text,
    0,
    text.length,
    requestRoles,
    bounds.headFieldsMax,
    bytes,
    start,
  )
  if ('broken' in section) return section
  const host = section.host ?? lines.authority
  if (host === undefined || !isHost(host)) return broken(':authority is not a host and port')
  if (lines.authority !== undefined && !isSameHost(host, lines.authority)) {
    return broken(':authority and Host name different hosts')
  }
  if (section.expect !== undefined && section.expect.toLowerCase() !== '100-continue') {
    return broken('Expect is not `100-continue`', 'expectation')
  }
  const { contentLength } = section
  if (isLast && contentLength !== undefined && contentLength > 0) {
    return broken('Content-Length announces a body that does not come')
  }
  const { method, target, upgrade } = asked
  const mark = target.indexOf('?')
  const isTunnel = upgrade !== undefined
  const hasBody = !isLast && !isTunnel
  return {
    method,
    target,
    path: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? undefined : target.slice(mark + 1),
    host,
    version: '3',
    headers: section.host === undefined ? ['host', host, ...section.headers] : section.headers,
    bodyLength: contentLength ?? (hasBody ? 'streamed' : 'none'),
    ...(isTunnel ? { upgrade } : {}),
    forwardable: section.forwardable,
    expectContinue: section.expect !== undefined,
    takesTrailers: section.te !== undefined,
  }
}

const isSameHost = (one: string, other: string): boolean =>
  one === other || one.toLowerCase() === other.toLowerCase()

interface Asked {
  readonly method: string
  readonly target: string
  readonly upgrade: string | undefined
}

function readPseudo(lines: FieldLines, { uriBytesMax }: HeadBounds): Asked | Broken {
  if (lines.broken !== undefined) return broken(lines.broken)
  if (lines.isTooLarge) return broken('the head is too large', 'tooLarge')
  const { method, scheme, authority, path, protocol, status } = lines
  if (status !== undefined) return broken('a pseudo-field of replies stands in a request')
  if (method === undefined || !isMethod(method)) return broken(':method is not a token')
  if (method === 'CONNECT' && protocol === undefined) {
    if (scheme !== undefined || path !== undefined || authority === undefined) {
      return broken('CONNECT names an authority and nothing else')
    }
    return { method, target: authority, upgrade: undefined }
  }
  if (scheme === undefined || !/^https?$/i.test(scheme)) {
    return broken(':scheme is neither http nor https')
  }
  const problem = targetProblem(method, path, uriBytesMax)
  if (problem !== undefined) return problem
  if (protocol === undefined) return { method, target: path!, upgrade: undefined }
  if (method !== 'CONNECT' || !isMethod(protocol) || authority === undefined) {
    return broken(':protocol is for CONNECT alone (RFC 9220)')
  }
  return { method: 'GET', target: path!, upgrade: protocol.toLowerCase() }
}

function isMethod(text: string): boolean {
  if (text.length === 0 || text.length > methodCharsMax) return false
  for (let i = 0; i < text.length; i++) if (!isTokenCode[text.charCodeAt(i)]) return false
  return true
}

function targetProblem(
  method: string,
  path: string | undefined,
  uriBytesMax: number,
): Broken | undefined {
  if (path === undefined || path === '') return broken(':path is missing')
  if (path.length > uriBytesMax) return broken('the request target is too long', 'targetTooLong')
  for (let i = 0; i < path.length; i++) {
    if (!isTargetCode[path.charCodeAt(i)]) return broken(':path holds a character that none may')
  }
  if (path.charCodeAt(0) === 0x2f) return undefined
  return path === '*' && method === 'OPTIONS' ? undefined : broken(':path is not a path')
}
