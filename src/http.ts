// http: the words of RFC 9110 that every protocol shares, and the types of an exchange.
export { addressText, parseAddress } from './http/address.ts'
export { dateSource, retryAfter } from './http/date.ts'
export type {
  BodyLength,
  Client,
  Exchange,
  ReplyHead,
  RequestHead,
  Step,
  Verdict,
} from './http/exchange.ts'
export {
  clientFrom,
  compileForwarding,
  type ForwardedBy,
  type Forwarding,
  type ForwardingOptions,
  isForwardingField,
  passedThrough,
  type Peer,
} from './http/forwarded.ts'
export { type HeaderList, headerValue, headerValues, isNamed, joinedValue } from './http/headers.ts'
export {
  connectionOptions,
  connectionProblem,
  endToEnd,
  hasConnectionOption,
  type HopByHop,
  hopByHop,
  isProtectedField,
} from './http/hop-by-hop.ts'
export {
  acceptMatcher,
  bestRange,
  bodyTypeMatcher,
  type MediaType,
  parseMediaType,
} from './http/media-type.ts'
export { cidrProblem, compileTrust } from './http/trust.ts'
export type { Piece, Stream, StreamEvents, StreamPeer } from './http/stream.ts'
export { addedFieldsMax, editFields, mergeEdits, type ReplyEdit } from './http/reply-edit.ts'
