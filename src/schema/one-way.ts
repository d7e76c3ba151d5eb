// Properties that travel one way only: `readOnly` ones are not for requests, `writeOnly` ones not
// for replies. Whoever requires such a property does not mean it of that way; and it may be another
// schema that requires it than the one that declares it, as long as both look at the same value.
import { isObject, own, type Place, type Resources } from './resources.ts'
import type { Dialect, Direction } from './types.ts'

/** Names that need not be there whatever a schema itself says, and the same as a key. */
export interface Waived {
  readonly key: string
  readonly names: ReadonlySet<string>
}

const none: ReadonlySet<string> = new Set()
export const nothingWaived: Waived = { key: '', names: none }

export const flagOf = (direction: Direction): 'readOnly' | 'writeOnly' =>
  direction === 'request' ? 'readOnly' : 'writeOnly'

/** More schemas than this are not included by one, in any contract written by hand. */
const includedMax = 1_000

export class OneWay {
  readonly #resources: Resources
  readonly #kept = new Map<string, Map<unknown, ReadonlySet<string>>>()
  readonly #required = new Map<string, Map<unknown, readonly string[]>>()
  readonly #flagged = new Map<string, Map<unknown, boolean>>()

  constructor(resources: Resources) {
    this.#resources = resources
  }

  /** Those of a schema's own `properties` that do not go the way. */
  declared(place: Place, dialect: Dialect, direction: Direction): string[] {
    const properties = isObject(place.value) ? own(place.value, 'properties') : undefined
    if (!isObject(properties)) return []
    const inside = (name: string) => ({ ...place, value: properties[name] })
    return Object.keys(properties).filter((name) =>
      this.#isFlagged(inside(name), dialect, direction),
    )
  }

  /** All that need not be there: declared here or in what is included, or waived from outside. */
  waivedIn(
    place: Place,
    dialect: Dialect,
    direction: Direction,
    outside: Waived,
  ): ReadonlySet<string> {
    const kept = memoised(this.#kept, `${dialect} ${direction}`, place.value, () => {
      const included = this.#included(place, dialect, false)
      return new Set(included.flatMap((one) => this.declared(one, dialect, direction)))
    })
    return outside.names.size === 0 ? kept : new Set([...kept, ...outside.names])
  }

  /** Of these names the ones that an included schema requires and does not itself know of. */
  handedTo(
    inner: Place,
    dialect: Dialect,
    direction: Direction,
    names: ReadonlySet<string>,
  ): Waived {
    if (names.size === 0) return nothingWaived
    const known = this.waivedIn(inner, dialect, direction, nothingWaived)
    const required = memoised(this.#required, dialect, inner.value, () =>
      this.#included(inner, dialect, true).flatMap(requiredBy),
    )
    const handed = new Set(required.filter((name) => names.has(name) && !known.has(name)))
    if (handed.size === 0) return nothingWaived
    return { key: JSON.stringify([...handed].toSorted()), names: handed }
  }

  #isFlagged(place: Place, dialect: Dialect, direction: Direction): boolean {
    const { value } = place
    if (!isObject(value)) return false
    const isMarked = (one: unknown) => isObject(one) && own(one, flagOf(direction)) === true
    if (!Object.hasOwn(value, '$ref') && !Object.hasOwn(value, 'allOf')) return isMarked(value)
    return memoised(this.#flagged, `${dialect} ${direction}`, value, () =>
      this.#included(place, dialect, false).some((one) => isMarked(one.value)),
    )
  }

  /** The schema and all that hold wherever it does; with branches, all that may. */
  #included(start: Place, dialect: Dialect, withBranches: boolean): Place[] {
    const seen = new Set<unknown>()
    const found: Place[] = []
    const waiting = [start]
    for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
      const { value } = place
      if (!isObject(value) || seen.has(value) || seen.size >= includedMax) continue
      seen.add(value)
      const reference = own(value, '$ref')
      if (typeof reference === 'string') {
        const target = this.#resources.resolve(place.resource, reference, dialect)
        if (target !== undefined) waiting.push(target)
        if (dialect === 'openapi-3.0') continue
      }
      found.push(place)
      const keywords = withBranches ? everyList : sureLists
      for (const keyword of keywords) {
        for (const [path, one] of entriesOf(own(value, keyword))) {
          waiting.push(this.#resources.inside(place, `${keyword}${path}`, one))
        }
      }
    }
    return found
  }
}

function memoised<T>(
  all: Map<string, Map<unknown, T>>,
  kind: string,
  value: unknown,
  make: () => T,
): T {
  const known = all.get(kind) ?? new Map<unknown, T>()
  all.set(kind, known)
  const made = known.has(value) ? known.get(value)! : make()
  known.set(value, made)
  return made
}

const sureLists = ['allOf']
const everyList = ['allOf', 'anyOf', 'oneOf', 'then', 'else']

/** Schemas under a keyword that holds a list of them, or one. */
function entriesOf(value: unknown): (readonly [path: string, schema: unknown])[] {
  if (Array.isArray(value)) return value.map((one, at) => [`/${at}`, one] as const)
  return value === undefined ? [] : [['', value]]
}

function requiredBy({ value }: Place): string[] {
  const names = isObject(value) ? own(value, 'required') : undefined
  return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : []
}

const sayingLittle = new Set(['required', 'title', 'description', 'not', '$comment'])

/** `{required: [a]}` among alternatives asks which properties there are, and must go on asking. */
export const isMereCondition = (value: unknown): boolean =>
  isObject(value) && Object.keys(value).every((key) => sayingLittle.has(key))
