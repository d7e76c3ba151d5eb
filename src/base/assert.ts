// Asserts guard against our own mistakes; what a peer can do is a fault, never an assert.

/** Throws when a law of ours is broken: the message states the law. */
export function assert(holds: boolean, law: string): asserts holds {
  if (!holds) throw new Error(`assertion failed: ${law}`)
}

/** For the default branch of a union that has none left; TypeScript proves it unreachable. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${String(value)}`)
}

/** What was thrown, with where that was, as far as it knows. */
export const stackOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error)
