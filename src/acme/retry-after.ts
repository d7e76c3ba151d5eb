// `Retry-After` (RFC 9110 §10.2.3): how long a server wants us to wait, in milliseconds.

/** Nobody is waited for longer. */
const waitMsMax = 7 * 86_400_000

/** Undefined where it says nothing that we understand. */
export function retryAfterMs(
  value: string | readonly string[] | undefined,
  epochMs: number,
): number | undefined {
  if (typeof value !== 'string') return undefined
  const waitMs = /^\d{1,9}$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - epochMs
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(waitMs, 0), waitMsMax)
}
