// The types that pass through the door: sources in, plan out, checks linked from the plan.
import type { Listed } from '../base.ts'

export type Dialect = '2020-12' | 'openapi-3.1' | 'openapi-3.0' | 'draft-4'

/** A schema's place in the loaded documents. */
export interface SchemaAddress {
  readonly uri: string
  readonly pointer: string
}

/**
 * Which way a checked value travels. A request need not hold a required property that is
 * `readOnly`, a reply none that is `writeOnly`; and each must not, unless it is let pass.
 */
export type Direction = 'request' | 'reply'

export interface SchemaCompilerOptions {
  /** Absolute URI without a fragment → parsed value. */
  readonly documents: ReadonlyMap<string, unknown>
  /** Whether known formats reject; by default they do in the OpenAPI dialects alone. */
  readonly formats?: 'assert' | 'annotate'
  /** Told of each schema that is read and of its number: for what a plan does not keep. */
  readonly seen?: (number: number, schema: Readonly<Record<string, unknown>>) => void
}

export interface SchemaCompiler {
  /** The schema's number in the plan: the same for the same address, dialect and direction. */
  add(address: SchemaAddress, dialect: Dialect, direction?: Direction): number
  /**
   * Walks whatever the added schemas reach. More may be added later, and the whole be asked for
   * again; numbers stay.
   */
  finish(): CompiledSchemas
}

export interface CompiledSchemas {
  readonly plan: { readonly nodes: readonly unknown[] }
  readonly problems: readonly SchemaProblem[]
}

/** Something wrong, doubtful or worth knowing in a schema as written. */
export interface SchemaProblem {
  readonly severity: 'error' | 'warning' | 'note'
  readonly uri: string
  readonly pointer: string
  readonly message: string
}

/**
 * Each node is serialisable: it goes through JSON and back unchanged, and what is in it is the
 * room's own. A node is asked for when a check first needs it.
 */
export interface SchemaPlan {
  readonly nodes: Listed<unknown>
}

/** One broken rule. Never holds the value. */
export interface SchemaError {
  /** JSON Pointer into the checked value. */
  readonly pointer: string
  /** A word of the issue table: `invalid_type`, `required`, `too_long`, … */
  readonly issue: string
  readonly message: string
}

export interface Check {
  /** The fast path: no errors are collected. */
  valid(value: unknown): boolean
  /** The same verdict with at most `max` errors, first found first. */
  errors(value: unknown, max: number): SchemaError[]
}

/** What becomes of properties that go the other way alone. */
export type OneWayRule = 'refuse' | 'pass'

/** The check of the schema of that number. */
export type LinkedSchemas = (id: number, oneWay?: OneWayRule) => Check
