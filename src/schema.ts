// schema: JSON Schema 2020-12 and its OpenAPI dialects. Contracts are compiled to a plan, which is
// plain data; checks are linked from the plan as closures, each when it is first used. Also the
// reader that turns bytes into the values that are checked.
export { createSchemaCompiler } from './schema/compile.ts'
export { type JsonIssue, jsonIssues, type SchemaIssue, schemaIssues } from './schema/issues.ts'
export { type JsonBounds, type JsonProblem, type JsonRead, readJson } from './schema/json.ts'
export { parsePattern, type Tree as PatternTree } from './schema/pattern-parse.ts'
export { type PlanNode, type Rules, typeBits } from './schema/plan.ts'
export { linkSchemas, type LinkBounds } from './schema/link.ts'
export { linkPattern, patternFault } from './schema/pattern.ts'
export type {
  Check,
  CompiledSchemas,
  Dialect,
  Direction,
  LinkedSchemas,
  OneWayRule,
  SchemaAddress,
  SchemaCompiler,
  SchemaCompilerOptions,
  SchemaError,
  SchemaPlan,
  SchemaProblem,
} from './schema/types.ts'
