// The schemas of a contract's replies: as rules to follow, as checks to pass, and as written, for
// what rules do not keep (examples, `writeOnly`).
import { assert } from '../base.ts'
import {
  type Check,
  createSchemaCompiler,
  type Dialect,
  type Direction,
  linkSchemas,
  type PlanNode,
  type SchemaAddress,
} from '../schema.ts'

export type RawSchema = Readonly<Record<string, unknown>>

export interface Schemas {
  node(number: number): PlanNode
  raw(number: number): RawSchema | undefined
  check(number: number): Check
}

/** Schemas are numbered while the contract is read, and used afterwards. */
export interface SchemaReader {
  add(address: SchemaAddress, direction: Direction): number
  finish(): Schemas
}

export function readSchemas(
  documents: ReadonlyMap<string, unknown>,
  dialect: Dialect,
): SchemaReader {
  const raws = new Map<number, RawSchema>()
  const seen = (number: number, schema: RawSchema) => void raws.set(number, schema)
  const compiler = createSchemaCompiler({ documents, seen })
  return {
    add: (address, direction) => compiler.add(address, dialect, direction),
    finish() {
      const { plan } = compiler.finish()
      const check = linkSchemas(plan)
      return {
        node(number) {
          const found = plan.nodes[number]
          assert(found !== undefined, 'a number comes from the plan that it is looked up in')
          return found as PlanNode
        },
        raw: (number) => raws.get(number),
        check,
      }
    },
  }
}
