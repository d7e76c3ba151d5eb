// OpenAPI's `discriminator` changes no verdict; it tells which alternative an error is about.
import type { Discriminator } from './plan.ts'
import { isObject, type JsonObject, own } from './resources.ts'
import type { Dialect } from './types.ts'

export function discriminatorOf(schema: JsonObject, dialect: Dialect): Discriminator | undefined {
  if (!dialect.startsWith('openapi')) return undefined
  const written = own(schema, 'discriminator')
  const alternatives = own(schema, 'oneOf') ?? own(schema, 'anyOf')
  if (!isObject(written) || !Array.isArray(alternatives)) return undefined
  const property = own(written, 'propertyName')
  if (typeof property !== 'string') return undefined
  const references = alternatives.map((one: unknown) =>
    isObject(one) ? own(one, '$ref') : undefined,
  )
  return { property, branches: [...mapped(written, references), ...implied(references)] }
}

function mapped(written: JsonObject, references: readonly unknown[]): [string, number][] {
  const mapping = own(written, 'mapping')
  if (!isObject(mapping)) return []
  const found: [string, number][] = []
  for (const [value, target] of Object.entries(mapping)) {
    const index = references.findIndex((one) => one === target || schemaName(one) === target)
    if (index >= 0) found.push([value, index])
  }
  return found
}

/** Without a mapping, a schema's own name stands for it. */
function implied(references: readonly unknown[]): [string, number][] {
  return references.flatMap((one, index) => {
    const name = schemaName(one)
    return name === undefined ? [] : [[name, index] as [string, number]]
  })
}

const schemaName = (reference: unknown): string | undefined =>
  typeof reference === 'string' ? reference.slice(reference.lastIndexOf('/') + 1) : undefined
