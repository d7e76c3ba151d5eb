// Finds the references of a document without knowing where OpenAPI ends and JSON Schema begins:
// it walks everything but places that hold data, and minds `$id`, which moves the base.
import { pointerToken, selfOf, targetsOf } from '../base.ts'

export interface Reference {
  /** As written. */
  readonly text: string
  /** Where it may lead, likeliest first; empty where it is no URI reference at all. */
  readonly targets: readonly string[]
  readonly pointer: string
}

export interface Found {
  readonly references: Reference[]
  /** Absolute URIs that the document and its schemas give themselves, with `$self` and `$id`. */
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
  const self = selfOf(value, uri)
  const found: Found = { references: [], ids: self === undefined ? [] : [self] }
  walk(value, { uri, self }, '', false, found)
  return found
}

/** What references are resolved against. */
interface Base {
  readonly uri: string
  /** What the document calls itself, as long as no `$id` moves the base. */
  readonly self: string | undefined
}

function walk(value: unknown, base: Base, pointer: string, areNames: boolean, found: Found) {
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
  base: Base,
  pointer: string,
  found: Found,
): Base {
  const [id] =
    typeof object['$id'] === 'string' ? targetsOf(object['$id'], base.self ?? base.uri) : []
  if (id !== undefined) found.ids.push(id)
  const inner = id === undefined ? base : { uri: id, self: undefined }
  for (const key of ['$ref', '$dynamicRef']) {
    const text = object[key]
    if (typeof text !== 'string' || text.startsWith('#')) continue
    const targets = targetsOf(text, inner.uri, inner.self)
    found.references.push({ text, targets, pointer: `${pointer}/${key}` })
  }
  return inner
}
