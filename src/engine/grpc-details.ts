// `grpc-status-details-bin`: a refusal in the messages that Google made for it, which clients of
// gRPC have at hand (google/rpc/status.proto, google/rpc/error_details.proto). Few fields, all of
// them strings or numbers, so that they are written here by hand: a worker loads no package.
import type { Detail, Refusal } from '../base.ts'

const varintType = 0
const bytesType = 2

/** `retryAfterMs` in seconds and nanoseconds. */
const nanosOfMs = 1_000_000

function varint(value: number): number[] {
  const all: number[] = []
  let left = value
  for (; left > 127; left = Math.floor(left / 128)) all.push((left % 128) | 128)
  all.push(left)
  return all
}

const number = (field: number, value: number): Buffer =>
  Buffer.from(value === 0 ? [] : [(field << 3) | varintType, ...varint(value)])

function bytes(field: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([(field << 3) | bytesType, ...varint(value.length)]), value])
}

const text = (field: number, value: string): Buffer =>
  value === '' ? Buffer.alloc(0) : bytes(field, Buffer.from(value))

const message = (...fields: readonly Buffer[]): Buffer => Buffer.concat(fields)

const any = (type: string, value: Buffer): Buffer =>
  bytes(3, message(text(1, `type.googleapis.com/google.rpc.${type}`), bytes(2, value)))

const charsMax = 256
const detailsMax = 20

const violation = ({ in: place, field, issue, message: says }: Detail): Buffer =>
  bytes(
    1,
    message(
      text(1, `${place} ${field}`.trimEnd().slice(0, charsMax)),
      text(2, says.slice(0, charsMax)),
      text(3, issue),
    ),
  )

/** In base64, as fields that end in `-bin` are. */
export function grpcDetails(refusal: Refusal, status: number): string {
  const { code, details = [], message: says, retryAfterMs } = refusal
  const parts = [
    number(1, status),
    text(2, says.slice(0, 2 * charsMax)),
    any('ErrorInfo', message(text(1, code), text(2, 'concordat'))),
  ]
  if (details.length > 0) {
    parts.push(any('BadRequest', message(...details.slice(0, detailsMax).map(violation))))
  }
  if (retryAfterMs !== undefined) {
    const seconds = Math.floor(retryAfterMs / 1_000)
    const nanos = Math.floor((retryAfterMs % 1_000) * nanosOfMs)
    parts.push(any('RetryInfo', bytes(1, message(number(1, seconds), number(2, nanos)))))
  }
  return message(...parts)
    .toString('base64')
    .replaceAll('=', '')
}
