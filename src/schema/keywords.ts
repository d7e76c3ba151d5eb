// What each keyword means: how its value, as written, becomes a rule of a plan node. A value of
// the wrong form is reported and checks nothing.
import { pointerToken } from '../base.ts'
import { isComparable } from './equal.ts'
import { isKnownFormat } from './format.ts'
import { patternFault } from './pattern.ts'
import { type Rules, typeBits, type TypeName } from './plan.ts'
import { isObject, type JsonObject, own } from './resources.ts'
import type { Dialect } from './types.ts'

export type Draft = { -readonly [Key in keyof Rules]: Rules[Key] }

/** What a keyword may ask of the compiler while its schema is read. */
export interface Reading {
  readonly schema: JsonObject
  readonly dialect: Dialect
  readonly formatsAssert: boolean
  /** Number of a schema inside this one, for a part of the value. */
  inner(value: unknown, path: string): number
  /** The same for the value itself, where it must hold what the schema says. */
  same(value: unknown, path: string): number
  /** The same where others may hold in its place. */
  branch(value: unknown, path: string): number
  /** The same where the value is only asked whether it does, as under `not`. */
  condition(value: unknown, path: string): number
  problem(severity: 'error' | 'warning' | 'note', keyword: string, message: string): void
  /** The same, but only the first time in a compilation. */
  once(severity: 'warning' | 'note', keyword: string, message: string): void
  /** Whether a required property need not be there in the direction that is checked. */
  waived(name: string): boolean
}

type Reader = (rules: Draft, value: unknown, reading: Reading, keyword: string) => void

const bad = (reading: Reading, keyword: string, wanted: string): void =>
  reading.problem('error', keyword, `'${keyword}' must be ${wanted}`)

type NumberRule = 'min' | 'max' | 'above' | 'below'

const number =
  (rule: NumberRule): Reader =>
  (rules, value, reading, keyword) => {
    if (typeof value === 'number') rules[rule] = value
    else bad(reading, keyword, 'a number')
  }

type CountRule =
  | ('lengthMin' | 'lengthMax' | 'itemsMin' | 'itemsMax' | 'propertiesMin' | 'propertiesMax')
  | ('containsMin' | 'containsMax')

const count =
  (rule: CountRule): Reader =>
  (rules, value, reading, keyword) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) {
      bad(reading, keyword, 'a whole number from 0')
    } else rules[rule] = value
  }

type SchemaRule =
  | ('items' | 'contains' | 'unevaluatedItems' | 'others' | 'names' | 'unevaluatedProperties')
  | ('not' | 'if' | 'then' | 'else')

const schema =
  (rule: SchemaRule, of: 'inner' | 'same' | 'condition' = 'inner'): Reader =>
  (rules, value, reading, keyword) => {
    rules[rule] = reading[of](value, keyword)
  }

const list =
  (rule: 'all' | 'any' | 'one' | 'prefix'): Reader =>
  (rules, value, reading, keyword) => {
    if (!Array.isArray(value) || value.length === 0) {
      return bad(reading, keyword, 'a list of schemas that is not empty')
    }
    const of = rule === 'prefix' ? 'inner' : rule === 'all' ? 'same' : 'branch'
    const found = value.map((one, at) => reading[of](one, `${keyword}/${at}`))
    rules[rule] = [...(rules[rule] ?? []), ...found]
  }

const named =
  (rule: 'properties' | 'implies'): Reader =>
  (rules, value, reading, keyword) => {
    if (!isObject(value)) return bad(reading, keyword, 'an object of schemas')
    const of = rule === 'implies' ? 'same' : 'inner'
    rules[rule] = schemasByName(value, reading, keyword, of)
  }

function schemasByName(
  value: JsonObject,
  reading: Reading,
  keyword: string,
  of: 'inner' | 'same' = 'inner',
): [string, number][] {
  return Object.keys(value).map((name) => [
    name,
    reading[of](value[name], `${keyword}/${pointerToken(name)}`),
  ])
}

const isNames = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string')

const type: Reader = (rules, value, reading, keyword) => {
  const names: unknown[] = Array.isArray(value) ? value : [value]
  let bits = 0
  for (const name of names) {
    if (typeof name !== 'string' || !Object.hasOwn(typeBits, name)) {
      return bad(reading, keyword, `one of ${Object.keys(typeBits).join(', ')}`)
    }
    bits |= typeBits[name as TypeName]
  }
  if (reading.dialect === 'openapi-3.0' && (Array.isArray(value) || value === 'null')) {
    const message = 'OpenAPI 3.0 knows one type and `nullable`; this is read as 3.1 would read it'
    reading.problem('warning', keyword, message)
  }
  rules.types = (rules.types ?? 0) | bits
}

const nullable: Reader = (rules, value, reading, keyword) => {
  if (typeof value !== 'boolean') return bad(reading, keyword, 'true or false')
  if (!value) return
  if (own(reading.schema, 'type') === undefined) {
    reading.problem('warning', keyword, "'nullable' has no effect without 'type' beside it")
  } else rules.types = (rules.types ?? 0) | typeBits.null
}

/** `exclusiveMaximum: true` of the older dialects makes `maximum` exclusive. */
const exclusive =
  (rule: 'above' | 'below', bound: 'minimum' | 'maximum'): Reader =>
  (rules, value, reading, keyword) => {
    if (typeof value !== 'boolean') return bad(reading, keyword, 'true or false')
    const limit = own(reading.schema, bound)
    if (value && typeof limit === 'number') rules[rule] = limit
  }

const step: Reader = (rules, value, reading, keyword) => {
  if (typeof value === 'number' && value > 0) rules.step = value
  else bad(reading, keyword, 'a number above 0')
}

const pattern: Reader = (rules, value, reading, keyword) => {
  if (typeof value !== 'string') return bad(reading, keyword, 'a regular expression')
  const fault = patternFault(value)
  if (fault === undefined) rules.pattern = value
  else reading.problem('error', keyword, fault)
}

const patterns: Reader = (rules, value, reading, keyword) => {
  if (!isObject(value)) return bad(reading, keyword, 'an object of schemas')
  const kept: [string, number][] = []
  for (const pair of schemasByName(value, reading, keyword)) {
    const fault = patternFault(pair[0])
    if (fault === undefined) kept.push(pair)
    else reading.problem('error', keyword, fault)
  }
  rules.patterns = kept
}

const format: Reader = (rules, value, reading, keyword) => {
  if (typeof value !== 'string') return bad(reading, keyword, 'a string')
  if (!reading.formatsAssert) return
  if (isKnownFormat(value)) rules.format = value
  else reading.once('note', keyword, `format '${value}' is not known here and checks nothing`)
}

const required: Reader = (rules, value, reading, keyword) => {
  if (!isNames(value)) return bad(reading, keyword, 'a list of property names')
  const kept = [...new Set(value)].filter((name) => !reading.waived(name))
  if (kept.length > 0) rules.required = kept
}

const needs: Reader = (rules, value, reading, keyword) => {
  if (!isObject(value)) return bad(reading, keyword, 'an object of lists of property names')
  const pairs: [string, string[]][] = []
  for (const name of Object.keys(value)) {
    const names = value[name]
    if (!isNames(names)) return bad(reading, keyword, 'an object of lists of property names')
    const kept = names.filter((one) => !reading.waived(one))
    if (kept.length > 0) pairs.push([name, kept])
  }
  rules.needs = pairs
}

/** Draft 4: each entry is a schema or a list of names. */
const dependencies: Reader = (rules, value, reading, keyword) => {
  if (!isObject(value)) return bad(reading, keyword, 'an object')
  const lists = Object.entries(value).filter(([, one]) => Array.isArray(one))
  const schemas = Object.entries(value).filter(([, one]) => !Array.isArray(one))
  needs(rules, Object.fromEntries(lists), reading, keyword)
  rules.implies = schemasByName(Object.fromEntries(schemas), reading, keyword)
}

/** Draft 4: a list of schemas is what `prefixItems` is now. */
const oldItems: Reader = (rules, value, reading, keyword) => {
  if (!Array.isArray(value)) return schema('items')(rules, value, reading, keyword)
  list('prefix')(rules, value, reading, keyword)
  const rest = own(reading.schema, 'additionalItems')
  if (rest !== undefined) rules.items = reading.inner(rest, 'additionalItems')
}

const enumeration: Reader = (rules, value, reading, keyword) => {
  if (!Array.isArray(value)) bad(reading, keyword, 'a list of values')
  else if (isComparable(value)) rules.enum = value
  else bad(reading, keyword, 'less deep')
}

const unique: Reader = (rules, value, reading, keyword) => {
  if (typeof value !== 'boolean') bad(reading, keyword, 'true or false')
  else if (value) rules.unique = true
}

const constant: Reader = (rules, value, reading, keyword) => {
  if (isComparable(value)) rules.const = value
  else bad(reading, keyword, 'less deep')
}

const shared: readonly [string, Reader][] = [
  ['type', type],
  ['enum', enumeration],
  ['multipleOf', step],
  ['minimum', number('min')],
  ['maximum', number('max')],
  ['minLength', count('lengthMin')],
  ['maxLength', count('lengthMax')],
  ['pattern', pattern],
  ['format', format],
  ['minItems', count('itemsMin')],
  ['maxItems', count('itemsMax')],
  ['uniqueItems', unique],
  ['minProperties', count('propertiesMin')],
  ['maxProperties', count('propertiesMax')],
  ['required', required],
  ['properties', named('properties')],
  ['additionalProperties', schema('others')],
  ['allOf', list('all')],
  ['anyOf', list('any')],
  ['oneOf', list('one')],
  ['not', schema('not', 'condition')],
]

const modern: ReadonlyMap<string, Reader> = new Map([
  ...shared,
  ['const', constant],
  ['exclusiveMinimum', number('above')],
  ['exclusiveMaximum', number('below')],
  ['prefixItems', list('prefix')],
  ['items', schema('items')],
  ['contains', schema('contains')],
  ['minContains', count('containsMin')],
  ['maxContains', count('containsMax')],
  ['unevaluatedItems', schema('unevaluatedItems')],
  ['patternProperties', patterns],
  ['propertyNames', schema('names')],
  ['dependentRequired', needs],
  ['dependentSchemas', named('implies')],
  ['unevaluatedProperties', schema('unevaluatedProperties')],
  ['if', schema('if', 'condition')],
  ['then', schema('then', 'same')],
  ['else', schema('else', 'same')],
])

const old: readonly [string, Reader][] = [
  ...shared,
  ['exclusiveMinimum', exclusive('above', 'minimum')],
  ['exclusiveMaximum', exclusive('below', 'maximum')],
]

export const readersOf: Readonly<Record<Dialect, ReadonlyMap<string, Reader>>> = {
  '2020-12': modern,
  'openapi-3.1': modern,
  'openapi-3.0': new Map([...old, ['items', schema('items')], ['nullable', nullable]]),
  'draft-4': new Map([
    ...old,
    ['items', oldItems],
    ['patternProperties', patterns],
    ['dependencies', dependencies],
  ]),
}
