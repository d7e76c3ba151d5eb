// Values made from a schema: minimal ones with nothing optional, typical ones with most of it. What
// is made is a proposal at first, for schemas can exclude each other's choices: each is held against
// an independent validator, and made again with other luck where it is refused.
import type { Random } from '../../src/base.ts'
import type { RawDocument, RawSchema } from './document.ts'
import { pick, sampleMatching } from './pattern.ts'
import type { Validator } from './validator.ts'

export interface Wish {
  readonly document: RawDocument
  readonly valid: Validator
  readonly extent: 'minimal' | 'typical'
  /** For forms: no objects, no arrays of objects. */
  readonly flat?: boolean
  readonly random: Random
}

/** Beyond this depth only what must be there is made. */
const depthTypical = 3
const depthMax = 24

class CannotMake extends Error {}

/** A value that the validator accepts, or an error: a schema without one is never passed over. */
export function makeValue(schema: RawSchema, wish: Wish, depth = 0, attempts = 100): unknown {
  if (depth > depthMax) throw new CannotMake('the schema goes in circles')
  for (let attempt = 0; attempt < attempts; attempt++) {
    try {
      const value = propose(schema, wish, depth)
      if (wish.valid(schema, value)) return value
    } catch (error) {
      if (!(error instanceof CannotMake)) throw error
    }
  }
  throw new CannotMake(`found no valid value for ${JSON.stringify(schema).slice(0, 400)}`)
}

/** As above; undefined where nothing can be right, such as with an empty list of choices. */
export function makeOptionalValue(schema: RawSchema, wish: Wish, depth = 0): unknown {
  try {
    return makeValue(schema, wish, depth, 10)
  } catch (error) {
    if (error instanceof CannotMake) return undefined
    throw error
  }
}

function propose(schema: RawSchema, wish: Wish, depth: number): unknown {
  const plain = flatten(schema, wish, depth)
  if (plain.const !== undefined) return plain.const
  if (plain.enum !== undefined) return pick(notNullFirst(plain.enum), wish.random)
  switch (pickType(plain, wish.random)) {
    case 'null':
      return null
    case 'boolean':
      return wish.random() < 0.5
    case 'integer':
      return proposeNumber(plain, true)
    case 'number':
      return proposeNumber(plain, false)
    case 'array':
      return proposeArray(plain, wish, depth)
    case 'object':
      return proposeObject(plain, wish, depth)
    default:
      return proposeText(plain, wish.random)
  }
}

/** One schema without references and choices: `allOf` merged, one branch of each choice taken. */
export function flatten(schema: RawSchema, wish: Wish, depth = 0): RawSchema {
  if (depth > depthMax) throw new CannotMake('the schema goes in circles')
  const { $ref, allOf = [], anyOf, oneOf, ...own } = schema
  const parts: RawSchema[] = [...allOf]
  if ($ref !== undefined) parts.push(wish.document.resolve({ $ref }))
  for (const branches of [anyOf, oneOf]) {
    if (branches) parts.push(pickBranch(branches, wish, depth))
  }
  return parts
    .map((part) => flatten(part, wish, depth + 1))
    .reduce((merged, part) => merge(merged, part), own)
}

/** Any branch near the root; deep down one that ends, which is most often `null`. */
function pickBranch(
  branches: readonly RawSchema[],
  { document, random }: Wish,
  depth: number,
): RawSchema {
  const isNull = (branch: RawSchema) => document.resolve(branch).type === 'null'
  const nulls = branches.filter(isNull)
  const others = branches.filter((branch) => !isNull(branch))
  const preferred = depth > depthTypical ? [nulls, others] : [others, nulls]
  return pick(preferred.find((group) => group.length > 0) ?? [], random)
}

function merge(a: RawSchema, b: RawSchema): RawSchema {
  const properties: Record<string, RawSchema> = { ...a.properties }
  for (const [name, schema] of Object.entries(b.properties ?? {})) {
    const other = properties[name]
    properties[name] = other === undefined ? schema : { allOf: [other, schema] }
  }
  const types = typesOf(a) && typesOf(b) ? typesOf(a)!.filter((t) => typesOf(b)!.includes(t)) : []
  return {
    ...a,
    ...b,
    ...(types.length > 0 && { type: types }),
    ...(Object.keys(properties).length > 0 && { properties }),
    required: [...new Set([...(a.required ?? []), ...(b.required ?? [])])],
    ...largest('minLength', a, b),
    ...largest('minimum', a, b),
    ...largest('minItems', a, b),
    ...smallest('maxLength', a, b),
    ...smallest('maximum', a, b),
    ...smallest('maxItems', a, b),
  }
}

type Bound = 'minLength' | 'maxLength' | 'minimum' | 'maximum' | 'minItems' | 'maxItems'

function largest(bound: Bound, a: RawSchema, b: RawSchema): RawSchema {
  const values = [a[bound], b[bound]].filter((value) => value !== undefined)
  return values.length === 0 ? {} : { [bound]: Math.max(...values) }
}

function smallest(bound: Bound, a: RawSchema, b: RawSchema): RawSchema {
  const values = [a[bound], b[bound]].filter((value) => value !== undefined)
  return values.length === 0 ? {} : { [bound]: Math.min(...values) }
}

function typesOf({ type }: RawSchema): readonly string[] | undefined {
  return typeof type === 'string' ? [type] : type
}

function pickType(schema: RawSchema, random: Random): string {
  const types = typesOf(schema)
  if (types) return pick(notNullFirst(types), random)
  if (schema.properties || schema.additionalProperties || schema.minProperties) return 'object'
  if (schema.items || schema.minItems) return 'array'
  if (schema.minimum !== undefined || schema.maximum !== undefined) return 'number'
  return 'string'
}

/** All but null, unless there is nothing else. */
function notNullFirst<T>(options: readonly T[]): readonly T[] {
  const others = options.filter((one) => one !== null && one !== 'null')
  return others.length > 0 ? others : options
}

function proposeNumber(schema: RawSchema, whole: boolean): number {
  const { minimum, maximum, exclusiveMinimum: above, exclusiveMaximum: below } = schema
  const step = schema.multipleOf ?? (whole ? 1 : 0.5)
  const lowest = typeof above === 'number' ? above + step : (minimum ?? -Infinity)
  const highest = typeof below === 'number' ? below - step : (maximum ?? Infinity)
  const from = above === true && minimum !== undefined ? minimum + step : lowest
  const to = below === true && maximum !== undefined ? maximum - step : highest
  const wanted = Math.min(Math.max(whole ? 7 : 1.5, from), to)
  return schema.multipleOf === undefined ? wanted : Math.ceil(wanted / step) * step
}

function proposeArray(schema: RawSchema, wish: Wish, depth: number): unknown[] {
  const wanted = wish.extent === 'typical' && depth < depthTypical ? 2 : 0
  const length = Math.min(Math.max(schema.minItems ?? 0, wanted), schema.maxItems ?? Infinity)
  const items = new Map<string, unknown>()
  for (let attempt = 0; items.size < length && attempt < 20 * length; attempt++) {
    const item = makeValue(schema.items ?? {}, wish, depth + 1)
    if (wish.flat && typeof item === 'object') throw new CannotMake('an array of objects in a form')
    const key = schema.uniqueItems ? JSON.stringify(item) : String(attempt)
    items.set(key, item)
  }
  return [...items.values()]
}

function proposeObject(schema: RawSchema, wish: Wish, depth: number): Record<string, unknown> {
  if (wish.flat && depth > 0) throw new CannotMake('an object in a form')
  const required = schema.required ?? []
  const most = wish.extent === 'typical' && depth < depthTypical
  const wanted = Math.min(
    Math.max(most ? Infinity : required.length, schema.minProperties ?? 0),
    schema.maxProperties ?? Infinity,
  )
  const object: Record<string, unknown> = {}
  for (const name of required) {
    object[name] = makeValue(schema.properties?.[name] ?? {}, wish, depth + 1)
  }
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (Object.keys(object).length >= wanted || name in object) continue
    const value = makeOptionalValue(property, wish, depth + 1)
    if (value !== undefined) object[name] = value
  }
  const { additionalProperties: rest } = schema
  if (rest === undefined || rest === false) return object
  const enough = Number.isFinite(wanted) ? wanted : Object.keys(object).length + 1
  for (let extra = 1; Object.keys(object).length < enough; extra++) {
    object[`extra_${extra}`] = makeValue(rest === true ? {} : rest, wish, depth + 1)
  }
  return object
}

const formats: Readonly<Record<string, string>> = {
  'date-time': '2026-03-12T10:30:00Z',
  date: '2026-03-12',
  time: '10:30:00Z',
  duration: 'PT5M',
  email: 'ada@example.com',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uri: 'https://example.com/a?b=c',
  'uri-reference': '/a?b=c',
  uuid: '5f0c2b1e-8f0f-4a34-9d51-0f6c4f3c8f2a',
  byte: 'aGVsbG8=',
}

function proposeText(schema: RawSchema, random: Random): string {
  const { pattern, minLength = 0, maxLength = Infinity, format } = schema
  if (pattern !== undefined) {
    return sampleMatching(pattern, random, minLength, Math.min(maxLength, minLength + 200))
  }
  const known = format === undefined ? undefined : formats[format]
  if (known !== undefined) return known
  const length = Math.min(Math.max(minLength, 1 + Math.floor(random() * 12)), maxLength)
  return Array.from({ length }, () => pick([...'abcdefghij 0123456789é'], random)).join('')
}
