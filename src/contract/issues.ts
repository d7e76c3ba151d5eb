// The words for what can be wrong with a request before any schema sees it. Together with those
// of the schema room they are all that `details[].issue` may say.
import type { Detail } from '../base.ts'

/** Each with what is said of the parameter or body. */
export const inputIssues = {
  required: 'is required',
  undeclared: 'is not declared in the contract',
  repeated: 'may be given only once',
  invalid_encoding: 'has a broken percent-escape, or one that is not UTF-8',
  malformed: 'is not written in the style that the contract gives it',
  too_many_pairs: 'has more pairs than the bound',
  media_type: 'has a media type that is not declared',
  malformed_multipart: 'is not multipart/form-data (RFC 7578)',
  too_many_parts: 'has more parts than the bound',
  part_too_large: 'has more bytes than the bound on a part',
  malformed_sequence: 'is not framed as its media type has it',
  item_too_large: 'has more bytes than the bound on an item',
} as const

export type InputIssue = keyof typeof inputIssues

/** A client chooses names too: enough of one to recognise it is enough. */
const nameLengthMax = 100

export function detailOf(place: Detail['in'], name: string, issue: InputIssue): Detail {
  const field = name.length > nameLengthMax ? `${name.slice(0, nameLengthMax)}…` : name
  return { in: place, field, issue, message: inputIssues[issue] }
}
