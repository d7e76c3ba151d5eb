// What a gRPC client is told of a fault: a status in its own words, where others get one of HTTP. The
// table of the manual (spec/grpc-statuses.md) is made from here.
import { type FaultCode, faults, type Refusal } from '../base.ts'
import {
  type GrpcCode,
  grpcCodes,
  grpcMessageText,
  headerValue,
  isGrpcType,
  type RequestHead,
  retryAfter,
} from '../http.ts'
import type { FaultReply } from './fault-body.ts'
import { grpcDetails } from './grpc-details.ts'

/** Where the status of HTTP alone would mislead. */
const exceptions: { readonly [Code in FaultCode]?: GrpcCode } = {
  // An error of the protocol, not of what was asked: gRPC says INTERNAL.
  MALFORMED_REQUEST: 'INTERNAL',
  // Nothing would be otherwise the next time.
  UPSTREAM_PROTOCOL: 'INTERNAL',
  UPSTREAM_INVALID_REPLY: 'INTERNAL',
  UPSTREAM_ERROR: 'UNKNOWN',
}

const byStatus: Readonly<Record<number, GrpcCode>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'UNIMPLEMENTED',
  405: 'UNIMPLEMENTED',
  406: 'INVALID_ARGUMENT',
  408: 'DEADLINE_EXCEEDED',
  409: 'ABORTED',
  412: 'FAILED_PRECONDITION',
  413: 'RESOURCE_EXHAUSTED',
  414: 'UNIMPLEMENTED',
  415: 'UNIMPLEMENTED',
  417: 'UNIMPLEMENTED',
  421: 'UNIMPLEMENTED',
  425: 'UNAVAILABLE',
  426: 'UNIMPLEMENTED',
  // A client's own limit is no fault of the service: UNAVAILABLE would be tried again at once.
  429: 'RESOURCE_EXHAUSTED',
  431: 'RESOURCE_EXHAUSTED',
  499: 'CANCELLED',
  500: 'INTERNAL',
  501: 'UNIMPLEMENTED',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
  505: 'UNIMPLEMENTED',
  508: 'INTERNAL',
}

/** The type that a client of gRPC sent, and wants back; undefined of any other request. */
export function grpcTypeOf({ method, headers }: RequestHead): string | undefined {
  if (method !== 'POST') return undefined
  const contentType = headerValue(headers, 'content-type')
  return isGrpcType(contentType) ? contentType : undefined
}

export const grpcCodeOf = (code: FaultCode): GrpcCode =>
  exceptions[code] ?? byStatus[faults[code].status] ?? 'UNKNOWN'

/** What a client of gRPC is told of a refusal. */
export const grpcStatusOf = ({ code, grpcStatus }: Refusal): number =>
  grpcStatus ?? grpcCodes[grpcCodeOf(code)]

const messageCharsMax = 512

/** The fields that tell of a refusal: behind messages, or alone in the head of a reply. */
export function grpcTrailers(refusal: Refusal): string[] {
  const { message, retryAfterMs } = refusal
  const status = grpcStatusOf(refusal)
  const fields = [
    'grpc-status',
    String(status),
    'grpc-message',
    grpcMessageText(message.slice(0, messageCharsMax)),
    'grpc-status-details-bin',
    grpcDetails(refusal, status),
  ]
  // gRPC's own word for it (gRFC A6), for those who try again by themselves.
  if (retryAfterMs !== undefined) {
    fields.push('grpc-retry-pushback-ms', String(Math.ceil(retryAfterMs)))
  }
  return fields
}

const ownTypes = new Set(['application/grpc', 'application/grpc+proto', 'application/grpc+json'])

/** The refusal as a reply that is a head alone. Clients want the type that they sent. */
export function grpcReply(refusal: Refusal, contentType: string): FaultReply {
  const { headers = [], retryAfterMs } = refusal
  const type = ownTypes.has(contentType) ? contentType : 'application/grpc'
  const fields = ['Content-Type', type, ...grpcTrailers(refusal), ...headers]
  if (retryAfterMs !== undefined) fields.push('Retry-After', retryAfter(retryAfterMs))
  return { status: 200, headers: fields, body: '' }
}
