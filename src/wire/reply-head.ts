// The head of an HTTP/1.1 reply (RFC 9112 §4–§6), as strict as that of a request: an upstream that
// can be read in two ways could poison the client behind us.
import type { BodyLength } from '../http.ts'
import type { CallReplyHead } from './call.ts'
import { dropField, dropNominated, keepsAlive, upgradeOf } from './connection-field.ts'
import { broken, type Broken, parseSection, type Section } from './fields.ts'
import { replyRoles, type Roles } from './roles.ts'
import { isValueCode } from './tables.ts'

export interface Http1ReplyHead extends CallReplyHead {
  /** Whether the body ends only with the connection. */
  readonly untilClose: boolean
  readonly keepAlive: boolean
  /** The protocol that a 101 goes on with. */
  readonly upgrade: string | undefined
  /** How long the upstream says that it keeps the connection. */
  readonly keepAliveSeconds: number | undefined
}

/**
 * Parses a whole head, `text` up to and without the empty line's CRLF at `end`, of a reply to a
 * request with `method`, which decides about the body (RFC 9112 §6.3). `bytes` holds the same from `base` on.
 */
export function parseReplyHead(
  text: string,
  end: number,
  method: string,
  fieldsMax: number,
  bytes?: Uint8Array,
  base?: number,
  roles: Roles = replyRoles,
  fieldsWanted = true,
): Http1ReplyHead | Broken {
  const is11 = text.startsWith('HTTP/1.1 ')
  if (!is11 && !text.startsWith('HTTP/1.0 ')) return broken('the status line is not HTTP/1.1')
  const status = statusAt(text)
  if (status < 100 || status > 599) return broken('the status is not a number from 100 to 599')
  let lineEnd = 12
  // RFC 9112 §4 wants a space even before an empty reason; servers leave it out.
  if (text.charCodeAt(lineEnd) === 0x20) lineEnd++
  else if (text.charCodeAt(lineEnd) !== 0x0d) return broken('the status has more than three digits')
  while (isValueCode[text.charCodeAt(lineEnd)] === 1) lineEnd++
  if (text.charCodeAt(lineEnd) !== 0x0d || text.charCodeAt(lineEnd + 1) !== 0x0a) {
    return broken('the reason phrase holds a control character')
  }
  const section = parseSection(
    text,
    lineEnd + 2,
    end,
    roles,
    fieldsMax,
    bytes,
    base,
    fieldsWanted ? 'forwarded' : 'none',
  )
  if ('broken' in section) return section
  if (section.chunked && !is11) return broken('Transfer-Encoding stands in an HTTP/1.0 message')
  if (section.chunked && (status < 200 || status === 204)) {
    return broken('Transfer-Encoding stands in a reply that has no body')
  }
  const empty = isEmpty(method, status)
  const problem = settleLength(section, status) ?? dropNominated(section)
  if (problem !== undefined) return problem
  const untilClose = !empty && !section.chunked && section.contentLength === undefined
  const bodyLength: BodyLength = empty
    ? 'none'
    : untilClose || section.chunked
      ? 'streamed'
      : section.contentLength!
  return {
    status,
    headers: section.headers,
    // The space belongs to the line even where the reason is empty.
    statusText: lineEnd > 12 ? text.slice(9, lineEnd) : `${status} `,
    forwardable: section.forwardable,
    noted: section.noted,
    isDated: section.isDated,
    bodyLength,
    untilClose,
    keepAlive: !untilClose && keepsAlive(section.connection, is11 ? '1.1' : '1.0'),
    upgrade: status === 101 ? upgradeOf(section) : undefined,
    keepAliveSeconds: section.keepAliveSeconds,
  }
}

/** Whether a reply has no body, whatever its fields say (RFC 9110 §6.4.1). */
export const isEmpty = (method: string, status: number): boolean =>
  method === 'HEAD' || status < 200 || status === 204 || status === 304

/** Some replies have no length (RFC 9110 §8.6). */
export function settleLength(section: Section, status: number): Broken | undefined {
  if (section.contentLength === undefined) return undefined
  if (status < 200) return broken('Content-Length stands in an interim reply')
  if (status !== 204) return undefined
  if (section.contentLength > 0) return broken('Content-Length stands in a 204 reply')
  // Not even a zero may stand there.
  dropField(section, 'content-length')
  return undefined
}

/** Three digits as a number; 0 where one of them is none. */
function statusAt(text: string): number {
  const hundreds = text.charCodeAt(9) - 0x30
  const tens = text.charCodeAt(10) - 0x30
  const ones = text.charCodeAt(11) - 0x30
  return isDigit(hundreds) && isDigit(tens) && isDigit(ones) ? hundreds * 100 + tens * 10 + ones : 0
}

const isDigit = (digit: number): boolean => digit >= 0 && digit <= 9
