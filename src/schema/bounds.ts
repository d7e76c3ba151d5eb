// What ends a check that would go on too long. Thrown deep inside, caught where the check began.

/** The value, or the schema over it, is nested deeper than recursion may go. */
export class TooDeep extends Error {}

/** Alternatives inside alternatives took more steps than one check may. */
export class TooCostly extends Error {}

/** The issue for a bound that a check broke; undefined: the error is something else. */
export function brokenBound(error: unknown): 'too_deep' | 'too_costly' | undefined {
  if (error instanceof TooCostly) return 'too_costly'
  // A RangeError is a stack that ended sooner than our count: the thread has a small one.
  return error instanceof TooDeep || error instanceof RangeError ? 'too_deep' : undefined
}
