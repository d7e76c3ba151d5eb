// What a text may become, read off a schema: enough to turn `?ids=1,2` into numbers before the
// schema's own check judges them. Where branches disagree the shape holds all they allow.
import type { ObjectShape, ScalarType, Shape } from './operation.ts'
import { child, children, isObject, type Reading, type Spot, targetOf } from './spot.ts'

type Type = ScalarType | 'array' | 'object'

interface Traits {
  /** Undefined: nothing is said of the type. */
  types: ReadonlySet<Type> | undefined
  /** Whether keywords speak of members or items, where nothing is said of the type. */
  readonly hints: Set<Type>
  readonly items: Spot[]
  readonly properties: Map<string, Spot[]>
  readonly rest: Spot[]
}

/** Text nests no deeper: a list in a field in a field of a form. Below that there is only JSON. */
const depthMax = 3
/** Bounds `$ref` circles through `allOf` and its like, and schemas that branch without end. */
const branchesMax = 500

export const text: Shape = { kind: 'scalar', types: ['string'] }

export function shapeOf(reading: Reading, schema: Spot): Shape {
  return shapeOfAll(reading, [schema])
}

/** What a schema says of members and items, wherever `$ref` and branches lead. */
export function membersOf(
  reading: Reading,
  schema: Spot,
): Pick<Readonly<Traits>, 'properties' | 'rest' | 'items'> {
  return traitsOf(reading, schema, { branches: branchesMax })
}

export function shapeOfAll(reading: Reading, schemas: readonly Spot[], depth = 0): Shape {
  const left = { branches: branchesMax }
  const each = schemas.map((schema) => traitsOf(reading, schema, left))
  return shapeOfTraits(reading, either(each), depth)
}

function shapeOfTraits(reading: Reading, traits: Traits, depth: number): Shape {
  const types = traits.types ?? new Set<Type>([...traits.hints, 'string'])
  const scalars = scalarOrder.filter((type) => types.has(type))
  const shapes: Shape[] = []
  if (scalars.length > 0) shapes.push({ kind: 'scalar', types: scalars })
  if (types.has('array')) shapes.push(arrayShape(reading, traits, depth))
  if (types.has('object')) shapes.push(objectShape(reading, traits, depth))
  if (shapes.length > 1) return { kind: 'mixed', shapes }
  return shapes[0] ?? text
}

/** The narrowest first: that is the order in which a text is tried. */
const scalarOrder: readonly ScalarType[] = ['boolean', 'integer', 'number', 'null', 'string']

function arrayShape(reading: Reading, { items }: Traits, depth: number): Shape {
  if (items.length === 0 || depth >= depthMax) return { kind: 'array', items: text }
  // An item that is itself an object or a list can only be JSON: its own insides do not matter.
  return { kind: 'array', items: shapeOfAll(reading, items, depthMax) }
}

function objectShape(reading: Reading, { properties, rest }: Traits, depth: number): ObjectShape {
  if (depth >= depthMax) return { kind: 'object', properties: [], rest: undefined }
  return {
    kind: 'object',
    properties: [...properties].map(
      ([name, schemas]) => [name, shapeOfAll(reading, schemas, depth + 1)] as const,
    ),
    rest: rest.length > 0 ? shapeOfAll(reading, rest, depth + 1) : undefined,
  }
}

const noTraits = (): Traits => ({
  types: undefined,
  hints: new Set(),
  items: [],
  properties: new Map(),
  rest: [],
})

function traitsOf(reading: Reading, schema: Spot, left: { branches: number }): Traits {
  const traits = noTraits()
  if (schema.value === false) traits.types = new Set()
  if (!isObject(schema.value) || --left.branches < 0) return traits
  const reference = child(schema, '$ref')
  // What leads nowhere is the schema compiler's to report.
  const target = reference && targetOf(reading, reference)
  if (target !== undefined) merge(traits, traitsOf(reading, target, left))
  if (target !== undefined && reading.openapi === '3.0') return traits
  traits.types = both(traits.types, ownTypes(schema.value))
  collectMembers(schema, traits)
  for (const branch of branches(schema, 'allOf')) merge(traits, traitsOf(reading, branch, left))
  for (const key of ['anyOf', 'oneOf']) {
    const each = branches(schema, key).map((branch) => traitsOf(reading, branch, left))
    if (each.length > 0) merge(traits, either(each))
  }
  for (const key of ['then', 'else']) {
    const branch = child(schema, key)
    if (branch) merge(traits, { ...traitsOf(reading, branch, left), types: undefined })
  }
  return traits
}

const members = (schema: Spot, key: string): (readonly [string, Spot])[] => {
  const holder = child(schema, key)
  return holder === undefined ? [] : children(holder)
}

const branches = (schema: Spot, key: string): Spot[] =>
  members(schema, key).map(([, branch]) => branch)

function collectMembers(schema: Spot, traits: Traits) {
  for (const [name, property] of members(schema, 'properties')) {
    traits.properties.set(name, [...(traits.properties.get(name) ?? []), property])
    traits.hints.add('object')
  }
  const items = child(schema, 'items')
  if (items) {
    traits.items.push(items)
    traits.hints.add('array')
  }
  traits.items.push(...branches(schema, 'prefixItems'))
  const rest = child(schema, 'additionalProperties')
  if (rest && rest.value !== false) {
    traits.rest.push(rest)
    traits.hints.add('object')
  }
  traits.rest.push(...branches(schema, 'patternProperties'))
}

function ownTypes(schema: Readonly<Record<string, unknown>>): ReadonlySet<Type> | undefined {
  const { type, nullable } = schema
  const written = typeof type === 'string' ? [type] : Array.isArray(type) ? type : undefined
  const listed = 'const' in schema ? [schema['const']] : schema['enum']
  const byValue = Array.isArray(listed) && listed.length > 0 ? listed.map(typeOf) : undefined
  const types = written ? new Set(written as Type[]) : byValue && new Set(byValue)
  if (types !== undefined && nullable === true) types.add('null')
  return types
}

function typeOf(value: unknown): Type {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value as Type
}

/** Adds what a schema says that holds besides. */
function merge(traits: Traits, other: Traits) {
  traits.types = both(traits.types, other.types)
  gather(traits, other)
}

function gather(traits: Traits, other: Traits) {
  for (const hint of other.hints) traits.hints.add(hint)
  traits.items.push(...other.items)
  traits.rest.push(...other.rest)
  for (const [name, schemas] of other.properties) {
    traits.properties.set(name, [...(traits.properties.get(name) ?? []), ...schemas])
  }
}

/** What holds where any one of them does. */
function either(each: readonly Traits[]): Traits {
  const traits = noTraits()
  for (const one of each) gather(traits, one)
  const anything = each.some((one) => one.types === undefined)
  if (!anything) traits.types = new Set(each.flatMap((one) => [...one.types!]))
  return traits
}

/** Types in both sets, where an integer is a number too. */
function both(
  a: ReadonlySet<Type> | undefined,
  b: ReadonlySet<Type> | undefined,
): ReadonlySet<Type> | undefined {
  if (a === undefined || b === undefined) return a ?? b
  const has = (types: ReadonlySet<Type>, type: Type) =>
    types.has(type) || (type === 'integer' && types.has('number'))
  return new Set([...new Set([...a, ...b])].filter((type) => has(a, type) && has(b, type)))
}
