// Fields of an object put in place one by one, each only where the schemas still accept the whole.
import { isObject } from './spots.ts'
import type { Schemas } from './schemas.ts'
import { describe, plainName } from './shapes.ts'
import type { Fields } from './store.ts'

export const accepts = (schemas: Schemas, numbers: readonly number[], value: unknown): boolean =>
  numbers.every((number) => schemas.check(number).valid(value))

/** Those of the fields that fit, over the base. Names of forms may be written another way. */
export function overlaid(
  schemas: Schemas,
  numbers: readonly number[],
  base: Fields,
  fields: Iterable<readonly [name: string, value: unknown]>,
): Fields {
  const { required, optional } = describe(schemas, numbers)
  const known = new Map([...optional, ...required].map((name) => [plainName(name), name]))
  let value = base
  for (const [written, field] of fields) {
    const isKnown = required.includes(written) || optional.includes(written)
    const name = isKnown ? written : (known.get(plainName(written)) ?? written)
    // What the schema does not name is taken from nobody: who reads it back would not expect it.
    if (!isKnown && name === written && known.size > 0) continue
    const next = { ...value, [name]: field }
    if (accepts(schemas, numbers, next)) value = next
  }
  return value
}

/** Without it, or with `null` in its place; as it is where the schemas want it. */
export function cleared(
  schemas: Schemas,
  numbers: readonly number[],
  value: Fields,
  name: string,
): Fields {
  const { [name]: _, ...without } = value
  const empty = { ...value, [name]: null }
  return [empty, without].find((one) => accepts(schemas, numbers, one)) ?? value
}

/** JSON merge patch (RFC 7396), of objects inside objects too. */
export function merged(value: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const found: Record<string, unknown> = isObject(value) ? { ...value } : {}
  for (const [name, one] of Object.entries(patch)) {
    if (one === null) delete found[name]
    else found[name] = merged(found[name], one)
  }
  return found
}

/** Fields that a reply has and a request cannot give: the service's own. */
export function ownFields(schemas: Schemas, body: number | undefined): (name: string) => boolean {
  if (body === undefined) return () => true
  const { required, optional } = describe(schemas, [body])
  const given = new Set(
    [...required, ...optional].filter((name) => !isReadOnly(schemas, body, name)).map(plainName),
  )
  return (name) => !given.has(plainName(name))
}

function isReadOnly(schemas: Schemas, body: number, name: string): boolean {
  const numbers = describe(schemas, [body]).numbers(name)
  return numbers.some((number) => schemas.raw(number)?.['readOnly'] === true)
}
