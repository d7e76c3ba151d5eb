// Which fault of the catalogue stands for what went wrong with an upstream or a body.
import { type FaultCode, type Refusal, refuse } from '../base.ts'
import { isIdempotent } from '../http.ts'
import type { Audience } from '../policy.ts'
import type { Unconnected } from '../upstream.ts'
import type { CallFailure } from '../wire.ts'
import type { RequestBody } from './request-body.ts'
import type { LinkedOperation } from './snapshot.ts'

/** When to come back to a gateway that has no room. */
const overloadedRetryMs = 1_000

export const overloaded = (reason?: string): Refusal => {
  const more = { retryAfterMs: overloadedRetryMs }
  return refuse('OVERLOADED', undefined, reason === undefined ? more : { ...more, reason })
}

/** No connection could be had; nothing was sent. */
export function unconnected(why: Unconnected, reason: string): Refusal {
  if (why === 'exhausted') return overloaded(reason)
  return refuse(unconnectedFaults[why], undefined, { reason })
}

const unconnectedFaults = {
  unreachable: 'UPSTREAM_UNREACHABLE',
  insecure: 'UPSTREAM_TLS',
  busy: 'UPSTREAM_BUSY',
  timeout: 'UPSTREAM_TIMEOUT',
} as const satisfies Record<Exclude<Unconnected, 'exhausted'>, FaultCode>

/** The exchange with the endpoint broke off. */
export const callFaults = {
  closed: 'UPSTREAM_CLOSED',
  protocol: 'UPSTREAM_PROTOCOL',
  insecure: 'UPSTREAM_TLS',
  timeout: 'UPSTREAM_TIMEOUT',
  bug: 'INTERNAL_ERROR',
} as const satisfies Record<CallFailure['kind'], FaultCode>

/** HTTP/2 says so of what a connection that ends takes no more (RFC 9113 §8.7). */
export const isUnprocessed = (failure: CallFailure): boolean =>
  failure.kind === 'closed' && failure.unprocessed === true

/**
 * An upstream may close a kept connection just as a request is on its way. Where nothing tells
 * whether it saw the request, only one that may be repeated is sent again (RFC 9110 §9.2.2).
 */
export function mayRepeat(
  failure: CallFailure,
  method: string,
  content: RequestBody | undefined,
): boolean {
  if (failure.kind !== 'closed' || failure.replied) return false
  if (!isUnprocessed(failure) && !isIdempotent(method)) return false
  return content === undefined || content.whole !== undefined
}

const serverErrors: Readonly<Record<number, FaultCode>> = {
  503: 'UPSTREAM_UNAVAILABLE',
  504: 'UPSTREAM_TIMEOUT',
  // From this gateway itself, or another one in the circle.
  508: 'LOOP_DETECTED',
}

/** A server error that the contract does not declare tells a public client nothing. */
export function mappedReply(
  status: number,
  operation: LinkedOperation,
  audience: Audience,
): Refusal | undefined {
  if (status < 500 || audience !== 'public' || operation.declares(status)) return undefined
  const reason = `the upstream answered ${status}`
  return refuse(serverErrors[status] ?? 'UPSTREAM_ERROR', undefined, { reason })
}
