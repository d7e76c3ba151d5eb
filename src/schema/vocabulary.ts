// Which keywords there are, which of them hold schemas, and which vocabulary each belongs to.
import type { Dialect } from './types.ts'

/** Keywords that hold one schema. `items` and `dependencies` of draft 4 have two forms. */
export const schemaSlots = new Set([
  'additionalItems',
  'additionalProperties',
  'contains',
  'contentSchema',
  'else',
  'if',
  'items',
  'not',
  'propertyNames',
  'then',
  'unevaluatedItems',
  'unevaluatedProperties',
])

/** Keywords that hold a list of schemas. */
export const schemaLists = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems', 'items'])

/** Keywords that hold schemas by name. */
export const schemaMaps = new Set([
  '$defs',
  'definitions',
  'dependencies',
  'dependentSchemas',
  'patternProperties',
  'properties',
])

const words = (text: string): string[] => text.split(/\s+/)

const validation = words(`type enum const multipleOf maximum exclusiveMaximum minimum
  exclusiveMinimum maxLength minLength pattern maxItems minItems uniqueItems maxContains
  minContains maxProperties minProperties required dependentRequired`)

const applicator = words(`allOf anyOf oneOf not if then else properties patternProperties
  additionalProperties propertyNames items prefixItems contains dependentSchemas`)

const unevaluated = words('unevaluatedItems unevaluatedProperties')

const annotation = words(`format title description default deprecated readOnly writeOnly examples
  contentEncoding contentMediaType contentSchema definitions $comment $defs $schema $id $anchor
  $dynamicAnchor $vocabulary $ref $dynamicRef`)

const openapi = words('discriminator xml externalDocs example')

const old = words(`type enum multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength
  minLength pattern maxItems minItems uniqueItems maxProperties minProperties required allOf anyOf
  oneOf not items properties additionalProperties format title description default $ref`)

const modern = [...validation, ...applicator, ...unevaluated, ...annotation]
const openapiOld = words('nullable readOnly writeOnly deprecated')
const draft4 = words('patternProperties additionalItems dependencies definitions id $schema')

/** What a dialect gives a meaning to; the rest is ignored. */
export const keywordsOf: Readonly<Record<Dialect, ReadonlySet<string>>> = {
  '2020-12': new Set(modern),
  'openapi-3.1': new Set([...modern, ...openapi]),
  'openapi-3.0': new Set([...old, ...openapi, ...openapiOld]),
  'draft-4': new Set([...old, ...draft4]),
}

/** Keywords that a metaschema takes away by leaving their vocabulary out. */
export const vocabularies: readonly (readonly [string, readonly string[]])[] = [
  ['https://json-schema.org/draft/2020-12/vocab/applicator', applicator],
  ['https://json-schema.org/draft/2020-12/vocab/validation', validation],
  ['https://json-schema.org/draft/2020-12/vocab/unevaluated', unevaluated],
]
