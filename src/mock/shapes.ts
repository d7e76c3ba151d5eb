// Where in a reply the resource lies: the reply itself or one member of it, and for lists the one
// array whose items have an id.
import { conjunctionOf } from './conjunction.ts'
import { propertiesOf, type PropertyRules } from './properties.ts'
import type { Schemas } from './schemas.ts'

/** A part of a value, and the schemas that it follows. */
export interface Part {
  /** Keys from the outside to it; none: the value itself. */
  readonly path: readonly string[]
  readonly numbers: readonly number[]
  /** The property of the resource that names it. */
  readonly id: string
}

/** Its letters and digits alone: `channel_id`, `channelId` and `ChannelID` are one name. */
export const plainName = (name: string): string => name.toLowerCase().replaceAll(/[^a-z\d]/g, '')

/** Names under which a resource may carry its id, best first. */
export function idNames(parameter: string | undefined, segment: string): string[] {
  const own = plainName(singular(segment))
  const names = [parameter ?? `${own}id`, `${own}id`, 'id', 'sid', 'uuid', 'uid', 'key', 'slug']
  return [...new Set(names.map(plainName))]
}

export function singular(plural: string): string {
  if (plural.length < 3 || /(?:ss|us|is)$/i.test(plural)) return plural
  if (/ies$/i.test(plural)) return `${plural.slice(0, -3)}y`
  if (/(?:s|x|z|ch|sh)es$/i.test(plural)) return plural.slice(0, -2)
  return plural.replace(/s$/i, '')
}

export function describe(schemas: Schemas, numbers: readonly number[]): PropertyRules {
  return propertiesOf(conjunctionOf(schemas, numbers, () => 0).rules)
}

const namesOf = ({ required, optional }: PropertyRules): string[] => [...required, ...optional]

/** How deep an envelope may be. */
const envelopesMax = 2

/** The object that has an id, in the reply or in an envelope of it. */
export function itemPart(
  schemas: Schemas,
  numbers: readonly number[],
  ids: readonly string[],
  path: readonly string[] = [],
): Part | undefined {
  const properties = describe(schemas, numbers)
  const names = namesOf(properties)
  for (const wanted of ids) {
    const id = names.find((name) => plainName(name) === wanted)
    if (id !== undefined) return { path, numbers, id }
  }
  return inEnvelope(names, path, (name) =>
    itemPart(schemas, properties.numbers(name), ids, [...path, name]),
  )
}

/** The array of objects that have an id; `numbers` are those of its items. */
export function listPart(
  schemas: Schemas,
  numbers: readonly number[],
  ids: readonly string[],
  path: readonly string[] = [],
): Part | undefined {
  const { rules } = conjunctionOf(schemas, numbers, () => 0)
  const items = rules.map((one) => one.items).filter((one) => one !== undefined)
  const item = items.length === 0 ? undefined : itemPart(schemas, items, ids)
  if (item?.path.length === 0) return { path, numbers: items, id: item.id }
  const properties = propertiesOf(rules)
  return inEnvelope(namesOf(properties), path, (name) =>
    listPart(schemas, properties.numbers(name), ids, [...path, name]),
  )
}

/** Where several members could be meant, none is. */
function inEnvelope(
  names: readonly string[],
  path: readonly string[],
  look: (name: string) => Part | undefined,
): Part | undefined {
  if (path.length >= envelopesMax) return undefined
  const found = names.map(look).filter((one) => one !== undefined)
  return found.length === 1 ? found[0] : undefined
}

export function valueAt(value: unknown, path: readonly string[]): unknown {
  let found = value
  for (const key of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined
    found = (found as Record<string, unknown>)[key]
  }
  return found
}

/** The same value with another part; members on the way that are not there are made. */
export function withPart(value: unknown, path: readonly string[], part: unknown): unknown {
  const [key, ...rest] = path
  if (key === undefined) return part
  const around = typeof value === 'object' && value !== null ? value : {}
  const inner = (around as Record<string, unknown>)[key]
  return { ...around, [key]: withPart(inner, rest, part) }
}
