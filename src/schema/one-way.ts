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

/**
 * How often, in a whole contract, a schema may be looked at for what it includes: a second of work.
 * Beyond it schemas are read one by one, so that a contract made to be slow is not.
 */
const looksMax = 1_000_000

type Names = ReadonlySet<string>

export class OneWay {
  readonly #resources: Resources
  readonly #tooMuch: (place: Place) => void
  readonly #declared = new Memory<readonly string[]>()
  readonly #kept = new Memory<Names>()
  readonly #required = new Memory<readonly string[]>()
  readonly #flagged = new Memory<boolean>()
  readonly #includes = new Memory<readonly Place[]>()
  #looksLeft = looksMax

  /** `tooMuch` is called once, where the bound is reached. */
  constructor(resources: Resources, tooMuch: (place: Place) => void) {
    this.#resources = resources
    this.#tooMuch = tooMuch
  }

  /** Those of a schema's own `properties` that do not go the way. */
  declared(place: Place, dialect: Dialect, direction: Direction): readonly string[] {
    return this.#declared.of(`${dialect} ${direction}`, place.value, () => {
      const properties = isObject(place.value) ? own(place.value, 'properties') : undefined
      if (!isObject(properties)) return []
      const inside = (name: string) => ({ ...place, value: properties[name] })
      return Object.keys(properties).filter((name) =>
        this.#isFlagged(inside(name), dialect, direction),
      )
    })
  }

  /** All that need not be there: declared here or in what is included, or waived from outside. */
  waivedIn(place: Place, dialect: Dialect, direction: Direction, outside: Waived): Names {
    const settled = this.#settled(place, dialect)
    const kept = this.#kept.of(`${dialect} ${direction}`, settled.value, () => {
      const included = this.#included(settled, dialect, 'sure')
      return new Set(included.flatMap((one) => this.declared(one, dialect, direction)))
    })
    if (outside.names.size === 0) return kept
    return kept.size === 0 ? outside.names : new Set([...kept, ...outside.names])
  }

  /** Of these names the ones that an included schema requires and does not itself know of. */
  handedTo(inner: Place, dialect: Dialect, direction: Direction, names: Names): Waived {
    if (names.size === 0) return nothingWaived
    const settled = this.#settled(inner, dialect)
    const known = this.waivedIn(settled, dialect, direction, nothingWaived)
    const required = this.#required.of(dialect, settled.value, () =>
      this.#included(settled, dialect, 'any').flatMap(requiredBy),
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
    const settled = this.#settled(place, dialect)
    return this.#flagged.of(`${dialect} ${direction}`, settled.value, () =>
      this.#included(settled, dialect, 'sure').some((one) => isMarked(one.value)),
    )
  }

  /** What a schema that is no more than a reference leads to. */
  #settled(start: Place, dialect: Dialect): Place {
    let place = start
    for (let hops = 0; hops < hopsMax; hops++) {
      const { value } = place
      const isPure = isObject(value) && (dialect === 'openapi-3.0' || hasOnlyReference(value))
      const target = isPure ? this.#target(place, dialect) : undefined
      if (target === undefined) return place
      place = target
    }
    return place
  }

  #target({ value, resource }: Place, dialect: Dialect): Place | undefined {
    const reference = isObject(value) ? own(value, '$ref') : undefined
    return typeof reference === 'string'
      ? this.#resources.resolve(resource, reference, dialect)
      : undefined
  }

  /** The schema and those that hold wherever it does; or, with `any`, those too that may. */
  #included(start: Place, dialect: Dialect, which: Which): Place[] {
    const seen = new Set<unknown>()
    const found: Place[] = []
    const waiting = [start]
    for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
      if (seen.has(place.value)) continue
      seen.add(place.value)
      found.push(place)
      if (this.#looksLeft < 0) continue
      const inner = this.#includedBy(place, dialect, which)
      this.#looksLeft -= inner.length + 1
      waiting.push(...inner)
      if (this.#looksLeft < 0) this.#tooMuch(place)
    }
    return found
  }

  #includedBy(place: Place, dialect: Dialect, which: Which): readonly Place[] {
    return this.#includes.of(`${dialect} ${which}`, place.value, () => {
      const { value } = place
      if (!isObject(value)) return []
      const target = this.#target(place, dialect)
      const found = target === undefined ? [] : [target]
      for (const keyword of which === 'sure' ? sureLists : everyList) {
        for (const [path, one] of entriesOf(own(value, keyword))) {
          found.push(this.#resources.inside(place, `${keyword}${path}`, one))
        }
      }
      return found.map((one) => this.#settled(one, dialect))
    })
  }
}

type Which = 'sure' | 'any'

/** A reference to a reference to … this many. */
const hopsMax = 32

const hasOnlyReference = (value: object): boolean =>
  Object.hasOwn(value, '$ref') && Object.keys(value).length === 1

/** What was found out of a schema, by kind. */
class Memory<T> {
  readonly #kinds = new Map<string, Map<unknown, T>>()

  of(kind: string, value: unknown, make: () => T): T {
    let known = this.#kinds.get(kind)
    if (known === undefined) this.#kinds.set(kind, (known = new Map()))
    const there = known.get(value)
    if (there !== undefined) return there
    const made = make()
    known.set(value, made)
    return made
  }
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
