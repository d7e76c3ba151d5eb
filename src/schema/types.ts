// The types that pass through the door: sources in, plan out, checks linked from the plan.

export type Dialect = '2020-12' | 'openapi-3.1' | 'openapi-3.0' | 'draft-4'

/** A schema's place in the loaded documents. */
export interface SchemaAddress {
  readonly uri: string
  readonly pointer: string
}

/** Serialisable: goes through JSON and back unchanged. Its inside is the room's own. */
export interface SchemaPlan {
  readonly nodes: readonly unknown[]
}

/** One broken rule. Never holds the value. */
export interface SchemaError {
  /** JSON Pointer into the checked value. */
  readonly pointer: string
  /** Closed set of snake_case words: `invalid_type`, `required`, `too_long`, … */
  readonly issue: string
  readonly message: string
}

export interface Check {
  /** The fast path: no errors are collected. */
  valid(value: unknown): boolean
  /** The same verdict with at most `max` errors, first found first. */
  errors(value: unknown, max: number): SchemaError[]
}
