// When a certificate is asked for: again after two thirds of its life, and after a failure ever
// later. What changes nothing at the authority is tried again soon; what counts there, once an hour
// at most.
import type { Random } from '../base.ts'
import type { AcmeFailure, FailureKind } from './failure.ts'
import type { KeptCertificate } from './kept.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs

/** Of its life: so that processes with equal certificates do not all come at once. */
const jitterShare = 0.05

/** When its renewal begins. */
export function dueOf({ fromEpochMs, untilEpochMs }: KeptCertificate, random: Random): number {
  const lifeMs = untilEpochMs - fromEpochMs
  return Math.round(fromEpochMs + lifeMs * (2 / 3 + jitterShare * random()))
}

/** No certificate is worth an order so soon after it came, whatever dates stand in it. */
export const freshMsMin = 5_000

/** The same of one that has just come: not at once, however old it says that it is. */
export function dueOfFresh(certificate: KeptCertificate, random: Random, nowMs: number): number {
  const restMs = Math.min(hourMs, (certificate.untilEpochMs - nowMs) / 2)
  return Math.max(dueOf(certificate, random), nowMs + restMs)
}

const waits: Record<FailureKind, { readonly firstMs: number; readonly mostMs: number }> = {
  unavailable: { firstMs: minuteMs, mostMs: hourMs },
  rateLimited: { firstMs: hourMs, mostMs: 24 * hourMs },
  refused: { firstMs: hourMs, mostMs: 12 * hourMs },
  misunderstood: { firstMs: hourMs, mostMs: 12 * hourMs },
  storage: { firstMs: minuteMs, mostMs: hourMs },
  stopped: { firstMs: 0, mostMs: 0 },
}

/** How long after the `count`th failure in a row the next try comes. */
export function waitAfter(
  { failed, retryAfterMs = 0 }: AcmeFailure,
  count: number,
  random: Random,
): number {
  const { firstMs, mostMs } = waits[failed]
  // Doubled to no end it would be infinite.
  const doublings = Math.min(count - 1, 20)
  const waitMs = Math.max(Math.min(firstMs * 2 ** doublings, mostMs), retryAfterMs)
  return Math.round(waitMs * (1 + random() / 10))
}
