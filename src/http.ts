// http: the words of RFC 9110 that every protocol shares, and the types of an exchange.
export { addressText, parseAddress } from './http/address.ts'
export { bytesOf } from './http/bytes-of.ts'
export { detached } from './http/detach.ts'
export { dateSource, retryAfter } from './http/date.ts'
export type {
  BodyLength,
  RequestLength,
  BodyWatch,
  Client,
  Exchange,
  ReplyCheck,
  ReplyHead,
  RequestHead,
  SentTo,
  Step,
  Verdict,
  VerifyStep,
} from './http/exchange.ts'
export {
  compileForwarding,
  type ForwardedBy,
  type Forwarding,
  type ForwardingOptions,
  isForwardingField,
  passedThrough,
  type Peer,
} from './http/forwarded.ts'
export {
  type GrpcCode,
  grpcCodeOfHttp,
  grpcCodes,
  grpcMessageText,
  type GrpcPattern,
  grpcPatterns,
  grpcTimeoutMs,
  grpcTimeoutText,
  isGrpcType,
} from './http/grpc.ts'
export { grpcMessage, GrpcMessages, type MessageFlaw } from './http/grpc-messages.ts'
export {
  type HeaderList,
  headerValue,
  headerValues,
  isNamed,
  isNamedAt,
  joinedValue,
  trimBlanks,
} from './http/headers.ts'
export { Gathered } from './http/gathered.ts'
export { isProtectedField, nominationProblem } from './http/nominated.ts'
export {
  acceptMatcher,
  bodyTypeMatcher,
  type MediaType,
  mediaTypeMatcher,
  parseMediaType,
} from './http/media-type.ts'
export { isIdempotent } from './http/methods.ts'
export {
  isBoundary,
  type MultipartEvents,
  MultipartReader,
  multipartFlaws,
  type MultipartVerdict,
} from './http/multipart.ts'
export { type PartHead, partFlaws, readPartHead } from './http/part-head.ts'
export { tokenForm } from './http/token.ts'
export { reasonPhrase } from './http/status.ts'
export { type CidrRange, cidrProblem, compileTrust, readCidr } from './http/trust.ts'
export type { Piece, Stream, StreamEvents, StreamPeer } from './http/stream.ts'
export { addedFieldsMax, editFields, mergeEdits, type ReplyEdit } from './http/reply-edit.ts'
export { editProblem, mergeRequestEdits, type RequestEdit } from './http/request-edit.ts'
export {
  type FlowOwner,
  type FlowTerms,
  MessageFlow,
  type MessageRules,
} from './http/websocket-flow.ts'
export {
  closeFrame,
  frameOf,
  isCloseCode,
  type Mask,
  noCloseCode,
  opcodes,
} from './http/websocket-frames.ts'
export { type Breach, closeCodeOf, type ControlFrame } from './http/websocket-reader.ts'
