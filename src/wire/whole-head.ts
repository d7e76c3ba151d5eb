// A request's head that is at hand as text, read as a connection would read it.
import { type Limits, type Refusal, refuse } from '../base.ts'
import { refusalOf } from './head-refusals.ts'
import { type Http1RequestHead, parseRequestHead } from './request-head.ts'

/** `text` in latin1: the request line and the fields, each with its CRLF, without the empty line. */
export function readRequestHead(text: string, limits: Limits): Http1RequestHead | Refusal {
  if (text.length > limits.headBytesMax) return refuse('HEADERS_TOO_LARGE')
  const head = parseRequestHead(text, text.length, limits)
  return 'broken' in head ? refusalOf(head) : head
}
