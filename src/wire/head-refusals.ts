// What a client is told of bytes that are no request.
import { type FaultCode, type Limits, type Refusal, refuse } from '../base.ts'
import { broken, type Broken } from './fields.ts'

const codes = {
  malformed: 'MALFORMED_REQUEST',
  tooLarge: 'HEADERS_TOO_LARGE',
  targetTooLong: 'URI_TOO_LONG',
  coding: 'NOT_IMPLEMENTED',
  expectation: 'EXPECTATION_FAILED',
  version: 'VERSION_NOT_SUPPORTED',
} as const satisfies Record<Broken['kind'], FaultCode>

export const refusalOf = (problem: Broken): Refusal =>
  refuse(codes[problem.kind], undefined, { reason: problem.broken })

/** What can be said of a head that is not whole yet: junk need not wait for its deadline. */
export function partialProblem(text: string, limits: Limits): Refusal | undefined {
  const lineEnd = text.indexOf('\r\n')
  if (text.length >= limits.headBytesMax + 4) {
    // A request line that does not end is too long for its target, or has no target at all.
    return refuse(lineEnd < 0 && text.includes(' ') ? 'URI_TOO_LONG' : 'HEADERS_TOO_LARGE')
  }
  if (text.startsWith('\x16\x03')) return refusalOf(broken('TLS came to a port that has none'))
  const bareLf = /(?:^|[^\r])\n/.test(text)
  // A NUL or control character, or a byte over 127, has no place in a request line.
  const junk = /[^\t\r\n\x20-\x7e]/.test(lineEnd < 0 ? text : text.slice(0, lineEnd))
  if (bareLf) return refusalOf(broken('a line ends in a bare LF'))
  return junk ? refusalOf(broken('the request line holds a control character')) : undefined
}
