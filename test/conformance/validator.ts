// ajv as an independent verdict on values, for both dialects of OpenAPI. A 3.0 document is first
// rewritten into JSON Schema's own words.
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { RawDocument, RawSchema } from './document.ts'

export type Validator = (schema: RawSchema, value: unknown) => boolean

const documentId = 'https://contract.test/'

export function makeValidator(document: RawDocument): Validator {
  const ajv = new Ajv2020({ strict: false, validateSchema: false, logger: false })
  addFormats.default(ajv)
  const is30 = document.openapi.startsWith('3.0')
  const rewrite = (value: unknown) => rewritten(value, is30)
  ajv.addSchema({ $id: documentId, document: rewrite(document.root) })
  const compiled = new WeakMap<RawSchema, ValidateFunction>()
  return (schema, value) => {
    let check = compiled.get(schema)
    if (check === undefined) {
      check = ajv.compile(rewrite(schema) as object)
      compiled.set(schema, check)
    }
    return check(value)
  }
}

/** References made absolute; in 3.0 also `nullable` and the boolean exclusive bounds. */
function rewritten(value: unknown, is30: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => rewritten(item, is30))
  if (typeof value !== 'object' || value === null) return value
  const copy = Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, rewritten(inner, is30)]),
  )
  if (typeof copy.$ref === 'string' && copy.$ref.startsWith('#/')) {
    copy.$ref = `${documentId}#/document/${copy.$ref.slice(2)}`
  }
  // ajv refuses to compile an empty list, which no value is in.
  if (Array.isArray(copy.enum) && copy.enum.length === 0) return { not: {} }
  return is30 ? in2020(copy) : copy
}

function in2020(schema: Record<string, unknown>): unknown {
  if (typeof schema.$ref === 'string') return { $ref: schema.$ref } // 3.0: siblings do not count.
  const copy = { ...schema }
  for (const [exclusive, bound] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ] as const) {
    if (typeof copy[exclusive] !== 'boolean') continue
    if (copy[exclusive]) copy[exclusive] = copy[bound]
    else delete copy[exclusive]
  }
  if (typeof copy.nullable !== 'boolean') return copy
  if (copy.nullable && typeof copy.type === 'string') copy.type = [copy.type, 'null']
  if (copy.nullable && Array.isArray(copy.enum)) copy.enum = [...copy.enum, null]
  delete copy.nullable
  return copy
}
