// OpenAPI's `discriminator` changes no verdict ("MUST NOT", OpenAPI 3.2, Discriminator Object); it
// tells which alternative was meant, and so what an error is about.
import type { Discriminator } from './plan.ts'
import { isObject, type JsonObject, own, type Place, type Resources } from './resources.ts'
import type { Dialect } from './types.ts'

type Warn = (message: string) => void

export function discriminatorOf(
  place: Place,
  dialect: Dialect,
  resources: Resources,
  warn: Warn,
): Discriminator | undefined {
  const schema = place.value
  if (!dialect.startsWith('openapi') || !isObject(schema)) return undefined
  const written = own(schema, 'discriminator')
  if (written === undefined) return undefined
  const property = isObject(written) ? own(written, 'propertyName') : undefined
  if (!isObject(written) || typeof property !== 'string') {
    warn("'discriminator' has no effect without a 'propertyName'")
    return undefined
  }
  const alternatives = own(schema, 'oneOf') ?? own(schema, 'anyOf')
  // Without any it is a parent of schemas that include it, for code generators alone.
  if (!Array.isArray(alternatives)) return undefined
  const chosen = new Chooser(place, dialect, resources, alternatives)
  const named = mapped(written, chosen, warn)
  const fallback = fallbackOf(written, chosen, warn)
  const branches = [...named, ...chosen.implied()]
  return { property, branches, ...(fallback !== undefined && { fallback }) }
}

function mapped(written: JsonObject, chosen: Chooser, warn: Warn): [string, number][] {
  const mapping = own(written, 'mapping')
  if (mapping === undefined) return []
  if (!isObject(mapping)) warn("'mapping' of 'discriminator' must be an object")
  const entries = isObject(mapping) ? Object.entries(mapping) : []
  return entries.flatMap(([value, target]) => {
    const index = chosen.index(target)
    if (index >= 0) return [[value, index] as [string, number]]
    warn(`'discriminator' maps '${value}' to none of the alternatives`)
    return []
  })
}

function fallbackOf(written: JsonObject, chosen: Chooser, warn: Warn): number | undefined {
  const target = own(written, 'defaultMapping')
  if (target === undefined) return undefined
  const index = chosen.index(target)
  if (index < 0) warn("'defaultMapping' of 'discriminator' is none of the alternatives")
  return index < 0 ? undefined : index
}

/** A reference to a reference to … this many. */
const hopsMax = 8

/** Finds alternatives by how a discriminator calls them. */
class Chooser {
  readonly #place: Place
  readonly #dialect: Dialect
  readonly #resources: Resources
  readonly #references: readonly (string | undefined)[]
  /** Every schema that an alternative stands for, by identity. */
  readonly #values: readonly (readonly unknown[])[]

  constructor(
    place: Place,
    dialect: Dialect,
    resources: Resources,
    alternatives: readonly unknown[],
  ) {
    this.#place = place
    this.#dialect = dialect
    this.#resources = resources
    this.#references = alternatives.map(referenceIn)
    this.#values = this.#references.map((one) => (one === undefined ? [] : this.#chain(one)))
  }

  /** A name of a schema, or else a reference to one; -1 where it is no alternative. */
  index(target: unknown): number {
    if (typeof target !== 'string') return -1
    const byName = isName(target) ? this.#indexOf(`#/components/schemas/${target}`) : -1
    return byName >= 0 ? byName : this.#indexOf(target)
  }

  /** Without a mapping, a schema's own name stands for it. */
  implied(): [string, number][] {
    return this.#references.flatMap((one, index) => {
      return one === undefined ? [] : [[schemaName(one), index] as [string, number]]
    })
  }

  #indexOf(reference: string): number {
    const found = this.#resolved(reference, this.#place)?.value
    return found === undefined ? -1 : this.#values.findIndex((chain) => chain.includes(found))
  }

  #chain(reference: string): unknown[] {
    const values: unknown[] = []
    let place = this.#resolved(reference, this.#place)
    while (place !== undefined && values.length < hopsMax) {
      values.push(place.value)
      const further = referenceIn(place.value)
      place = further === undefined ? undefined : this.#resolved(further, place)
    }
    return values
  }

  #resolved(reference: string, { resource }: Place): Place | undefined {
    return this.#resources.resolve(resource, reference, this.#dialect)
  }
}

function referenceIn(schema: unknown): string | undefined {
  const reference = isObject(schema) ? own(schema, '$ref') : undefined
  return typeof reference === 'string' ? reference : undefined
}

/** As OpenAPI has them for components. */
const isName = (text: string): boolean => /^[\w.-]+$/.test(text)

/** The last part of a reference: of a whole file, its name without an extension. */
function schemaName(reference: string): string {
  const last = reference.slice(reference.lastIndexOf('/') + 1)
  if (!reference.includes('#')) return last.replace(/\.(?:json|ya?ml)$/, '')
  return last.replaceAll('~1', '/').replaceAll('~0', '~')
}
