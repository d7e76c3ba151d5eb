// schema: JSON Schema 2020-12 and its OpenAPI dialects, as data and as checks.
export type { Check, Dialect, SchemaAddress, SchemaError, SchemaPlan } from './schema/types.ts'
