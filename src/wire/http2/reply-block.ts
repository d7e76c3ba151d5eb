// The head of a reply of HTTP/2 as it goes on (RFC 9113 §8.3.2): decoded lines, read as strictly as
// those of HTTP/1.1.
import { reasonPhrase } from '../../http.ts'
import type { CallReplyHead, CallTerms } from '../call.ts'
import { broken, type Broken, parseSection } from '../fields.ts'
import { isEmpty, settleLength } from '../reply-head.ts'
import type { FieldLines } from './field-lines.ts'

/** What a request asked for decides how its reply is read. */
export interface Asked {
  readonly method: string
  /** Whether a reply of success is that a tunnel was taken. */
  readonly isTunnel: boolean
  /** Lines that a reply which takes the tunnel has with HTTP/1.1 alone. */
  readonly tunnelLines: string
}

const statusTexts: string[] = []

const statusTextOf = (status: number): string =>
  (statusTexts[status] ??= `${status} ${reasonPhrase(status)}`)

/** Reads the head that was decoded; `isLast`: nothing follows it. */
export function readReplyHead(
  lines: FieldLines,
  asked: Asked,
  { reading, fieldsWanted }: Pick<CallTerms, 'reading' | 'fieldsWanted'>,
  fieldsMax: number,
  isLast: boolean,
): CallReplyHead | Broken {
  const problem = problemOf(lines)
  if (problem !== undefined) return problem
  const received = Number(lines.status)
  if (received < 200 && isLast) return broken('the reply ends with an interim one')
  const isTaken = asked.isTunnel && received >= 200 && received < 300
  const status = isTaken ? 101 : received
  const { text, bytes, start } = lines
  const wanted = fieldsWanted ? 'forwarded' : 'none'
  const section = parseSection(text, 0, text.length, reading.roles, fieldsMax, bytes, start, wanted)
  if ('broken' in section) return section
  const misplaced = settleLength(section, status)
  if (misplaced !== undefined) return misplaced
  let { forwardable } = section
  const { headers, contentLength } = section
  const hasBody = !isEmpty(asked.method, status)
  if (hasBody && isLast && contentLength === undefined) {
    // Another protocol tells by this that nothing follows.
    forwardable += 'content-length: 0\r\n'
    if (fieldsWanted) headers.push('content-length', '0')
  }
  if (isTaken) forwardable += asked.tunnelLines
  return {
    status,
    headers,
    statusText: isTaken ? '101 Switching Protocols' : statusTextOf(status),
    forwardable,
    noted: section.noted,
    isDated: section.isDated,
    bodyLength: isTaken
      ? 'tunnel'
      : hasBody
        ? (contentLength ?? (isLast ? 0 : 'streamed'))
        : 'none',
  }
}

const statusForm = /^[1-5]\d\d$/

function problemOf(lines: FieldLines): Broken | undefined {
  if (lines.broken !== undefined) return broken(lines.broken)
  if (lines.isTooLarge) return broken('the head of the reply is too large', 'tooLarge')
  const { status, method, scheme, authority, path, protocol } = lines
  if ((method ?? scheme ?? authority ?? path ?? protocol) !== undefined) {
    return broken('a pseudo-field of requests stands in a reply')
  }
  if (status === undefined || !statusForm.test(status)) {
    return broken('the status is not a number from 100 to 599')
  }
  return status === '101' ? broken('101 is not of HTTP/2') : undefined
}
