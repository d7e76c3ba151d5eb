// The words of gRPC over HTTP/2: its media types, deadlines, statuses, and how a status message is
// written in a field (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md).

/** Status codes by the names that gRPC gives them. */
export const grpcCodes = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const

export type GrpcCode = keyof typeof grpcCodes

/** How many messages go each way. */
export const grpcPatterns = [
  'unary',
  'client-streaming',
  'server-streaming',
  'bidirectional-streaming',
] as const

export type GrpcPattern = (typeof grpcPatterns)[number]

const typeLength = 'application/grpc'.length

/** Whether a media type, in any case, is one of gRPC itself: `application/grpc`, `…/grpc+proto`. */
export function isGrpcType(contentType: string | undefined): boolean {
  if (contentType === undefined || contentType.length < typeLength) return false
  // As nearly all say it.
  if (contentType === 'application/grpc' || contentType === 'application/grpc+proto') return true
  if (contentType.slice(0, typeLength).toLowerCase() !== 'application/grpc') return false
  if (contentType.length === typeLength) return true
  const next = contentType.charCodeAt(typeLength)
  // `+`, `;`, space, tab: what may follow where the name is not longer.
  return next === 0x2b || next === 0x3b || next === 0x20 || next === 0x09
}

const unitMs: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 0.001,
  n: 0.000_001,
}

/** The milliseconds of a `grpc-timeout`; undefined where it is none. */
export function grpcTimeoutMs(value: string): number | undefined {
  if (!/^\d{1,8}[HMSmun]$/.test(value)) return undefined
  return Number(value.slice(0, -1)) * unitMs[value.at(-1)!]!
}

const digitsMax = 99_999_999

/** A `grpc-timeout` in the finest unit in which it fits, never longer than what is left. */
export function grpcTimeoutText(leftMs: number): string {
  const left = Math.max(0, leftMs)
  for (const unit of ['u', 'm', 'S', 'M']) {
    const count = Math.floor(left / unitMs[unit]!)
    if (count <= digitsMax) return `${count}${unit}`
  }
  return `${Math.min(digitsMax, Math.floor(left / unitMs['H']!))}H`
}

/** What a `grpc-message` says: visible ASCII as it is, all else as its bytes in UTF-8. */
export function grpcMessageText(message: string): string {
  if (/^[ -$&-~]*$/.test(message)) return message
  let text = ''
  for (const byte of new TextEncoder().encode(message)) {
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25
    text += isPlain
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return text
}

const ofHttp: Readonly<Record<number, GrpcCode>> = {
  400: 'INTERNAL',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'UNIMPLEMENTED',
  429: 'UNAVAILABLE',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
  504: 'UNAVAILABLE',
}

/** Of a reply that is no gRPC (https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md). */
export const grpcCodeOfHttp = (status: number): GrpcCode => ofHttp[status] ?? 'UNKNOWN'
