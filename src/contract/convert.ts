// Text to values by shape. Numbers are read by JSON's own grammar, so that `0x10`, ` 1` and `1e999`
// stay the texts that they are, and the schema's check says that they have the wrong type.
// Objects have no prototype: a client may name a property `__proto__` or `constructor`.
import { readJson } from '../schema.ts'
import type { ObjectShape, ScalarType, Shape } from './operation.ts'

/** Where a shape allows texts and narrower types, either may be what the schema wants. */
export type Prefer = 'narrow' | 'text'

/** The value cannot have been meant so: another reading, if there is one, must do. */
export const unfit = Symbol('unfit')

const integer = /^-?(?:0|[1-9]\d*)$/
const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

export function scalarOf(text: string, types: readonly ScalarType[], prefer: Prefer): unknown {
  const isText = types.includes('string')
  if (isText && (prefer === 'text' || types.length === 1)) return text
  for (const type of types) {
    if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
    if (type === 'null' && !isText && (text === '' || text === 'null')) return null
    if (type !== 'integer' && type !== 'number') continue
    const value = (type === 'integer' ? integer : number).test(text) ? Number(text) : Number.NaN
    if (Number.isFinite(value)) return value
  }
  return text
}

/** Whether texts of the shape can be read in more than one way. */
export function isAmbiguous(shape: Shape): boolean {
  switch (shape.kind) {
    case 'scalar':
      return shape.types.length > 1 && shape.types.includes('string')
    case 'array':
      return isAmbiguous(shape.items)
    case 'object':
      return [...shape.properties.map(([, one]) => one), shape.rest].some(
        (one) => one !== undefined && isAmbiguous(one),
      )
    case 'mixed':
      return true
  }
}

export const preferences = (shape: Shape): readonly Prefer[] =>
  isAmbiguous(shape) ? ['narrow', 'text'] : ['narrow']

/** Whether values of the shape may hold objects, which have no form as text but JSON. */
export function nests(shape: Shape): boolean {
  if (shape.kind === 'mixed') return shape.shapes.some(nests)
  return shape.kind === 'object' || (shape.kind === 'array' && nests(shape.items))
}

/** One text as a value of the shape. */
export function valueOf(text: string, shape: Shape, prefer: Prefer): unknown {
  switch (shape.kind) {
    case 'scalar':
      return scalarOf(text, shape.types, prefer)
    case 'array':
      return jsonOf(text, shape) ?? [valueOf(text, shape.items, prefer)]
    case 'object':
      return jsonOf(text, shape) ?? text
    case 'mixed':
      return mixedOf(text, shape.shapes, prefer)
  }
}

function mixedOf(text: string, shapes: readonly Shape[], prefer: Prefer): unknown {
  const scalar = shapes.find((shape) => shape.kind === 'scalar')
  if (scalar?.types.includes('string') && prefer === 'text') return text
  for (const shape of shapes) {
    const json = jsonOf(text, shape)
    if (json !== undefined) return json
  }
  return valueOf(text, scalar ?? shapes[0]!, prefer)
}

/** Within one text of a request, whose own bounds hold besides. */
const jsonBounds = { depthMax: 64, valuesMax: 100_000 }

/** The list or object that the text is in JSON, where the shape has no other way to be one. */
function jsonOf(text: string, shape: Shape): unknown {
  const opening = shape.kind === 'array' ? '[' : '{'
  if (!text.startsWith(opening) || !nests(shape)) return undefined
  const read = readJson(new TextEncoder().encode(text), jsonBounds)
  return 'value' in read ? read.value : undefined
}

/** Every occurrence of one name as a value of the shape. */
export function valueOfAll(texts: readonly string[], shape: Shape, prefer: Prefer): unknown {
  if (texts.length === 1) return valueOf(texts[0]!, shape, prefer)
  const list = shape.kind === 'mixed' ? shape.shapes.find((one) => one.kind === 'array') : shape
  if (list?.kind !== 'array') return unfit
  return texts.map((text) => valueOf(text, list.items, prefer))
}

/** A decoded text and the names that lead to it: `filter[a][b]=1` is `['a', 'b']` and `1`. */
export interface Entry {
  readonly path: readonly string[]
  readonly text: string
}

/** An object from its entries; names that the shape does not list go by its `rest`, or stay text. */
export function objectFrom(
  entries: readonly Entry[],
  shape: LinkedObject,
  prefer: Prefer,
): unknown {
  const groups = Map.groupBy(entries, (entry) => entry.path[0]!)
  const object = Object.create(null) as Record<string, unknown>
  for (const [name, group] of groups) {
    const value = memberFrom(group, shape.properties.get(name) ?? shape.rest, prefer)
    if (value === unfit) return unfit
    object[name] = value
  }
  return object
}

export interface LinkedObject {
  readonly properties: ReadonlyMap<string, Shape>
  readonly rest: Shape | undefined
}

export const linkObject = (shape: ObjectShape): LinkedObject => ({
  properties: new Map(shape.properties),
  rest: shape.rest,
})

const anyTexts: Shape = {
  kind: 'mixed',
  shapes: [
    { kind: 'scalar', types: ['string'] },
    { kind: 'array', items: { kind: 'scalar', types: ['string'] } },
  ],
}

function memberFrom(group: readonly Entry[], shape: Shape = anyTexts, prefer: Prefer): unknown {
  const isLeaf = group.every((entry) => entry.path.length === 1)
  if (isLeaf)
    return valueOfAll(
      group.map((entry) => entry.text),
      shape,
      prefer,
    )
  if (group.some((entry) => entry.path.length === 1)) return unfit
  const inner = group.map(({ path, text }) => ({ path: path.slice(1), text }))
  const kinds = shape.kind === 'mixed' ? shape.shapes : [shape]
  const list = kinds.find((one) => one.kind === 'array')
  if (list && inner.every(({ path }) => path.length === 1 && /^\d*$/.test(path[0]!))) {
    return inner.map(({ text }) => valueOf(text, list.items, prefer))
  }
  const object = kinds.find((one) => one.kind === 'object')
  const linked = object ? linkObject(object) : { properties: new Map(), rest: undefined }
  return objectFrom(inner, linked, prefer)
}
