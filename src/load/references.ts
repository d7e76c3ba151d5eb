// Finds the references of a document without knowing where OpenAPI ends and JSON Schema begins:
// it walks everything but places that hold data, and minds `$id`, which moves the base.
import { pointerToken } from '../base.ts'

export interface Reference {
  /** As written. */
  readonly text: string
  /** Absolute, without a fragment; undefined where it is no URI reference at all. */
  readonly target: string | undefined
  readonly pointer: string
}

export interface Found {
  readonly references: Reference[]
  /** Absolute URIs that schemas of the document give themselves with `$id`. */
  readonly ids: string[]
}

/** Their values are data, where something that looks like a reference is none. */
const dataKeys = new Set(['example', 'examples', 'default', 'enum', 'const', 'value'])

/** Their keys are names that somebody chose, so that none of them is a keyword. */
const nameKeys = new Set([
  'properties',
  'patternProperties',
  '$defs',
  'definitions',
  'dependentSchemas',
  'schemas',
  'responses',
  'parameters',
  'requestBodies',
  'headers',
  'securitySchemes',
  'links',
  'callbacks',
  'pathItems',
  'paths',
  'webhooks',
])

export function findReferences(value: unknown, uri: string): Found {
  const found: Found = { references: [], ids: [] }
  walk(value, uri, '', false, found)
  return found
}

function walk(value: unknown, base: string, pointer: string, areNames: boolean, found: Found) {
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    value.forEach((item, i) => walk(item, base, `${pointer}/${i}`, false, found))
    return
  }
  const object = value as Record<string, unknown>
  const inner = areNames ? base : noteKeywords(object, base, pointer, found)
  for (const [key, child] of Object.entries(object)) {
    if (!areNames && (dataKeys.has(key) || key.startsWith('x-'))) continue
    const names = !areNames && nameKeys.has(key)
    walk(child, inner, `${pointer}/${pointerToken(key)}`, names, found)
  }
}

/** Notes `$id` and references of one object, and gives the base for what is inside it. */
function noteKeywords(
  object: Record<string, unknown>,
  base: string,
  pointer: string,
  found: Found,
): string {
  const id = typeof object['$id'] === 'string' ? resolve(object['$id'], base) : undefined
  if (id !== undefined) found.ids.push(id)
  const inner = id ?? base
  for (const key of ['$ref', '$dynamicRef']) {
    const text = object[key]
    if (typeof text !== 'string' || text.startsWith('#')) continue
    found.references.push({ text, target: resolve(text, inner), pointer: `${pointer}/${key}` })
  }
  return inner
}

/** Absolute and without its fragment. */
function resolve(reference: string, base: string): string | undefined {
  const url = URL.parse(reference, base)
  if (url === null) return undefined
  url.hash = ''
  return url.href
}
