// http: the words of RFC 9110 that every protocol shares, and the types of an exchange.
export { addressText, parseAddress } from './http/address.ts'
export type {
  BodyLength,
  Client,
  Exchange,
  ReplyHead,
  RequestHead,
  Step,
  Verdict,
} from './http/exchange.ts'
export { type HeaderList, headerValue, headerValues, isNamed } from './http/headers.ts'
export type { Stream, StreamEvents } from './http/stream.ts'
