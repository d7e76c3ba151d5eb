// What zod found, as problems that a person can act on: where it is written, what is wrong in
// words, and the word that was probably meant.
import type { z } from 'zod'
import { limitTable, type Place, pointerToken, type Problem } from '../base.ts'
import { suggestion } from './suggest.ts'

type Issue = z.core.$ZodIssue
type Path = readonly PropertyKey[]

/** What was checked, its JSON Schema (for the words that would be right) and where it is written. */
export interface Checked {
  readonly value: unknown
  /** What it is called as a whole. */
  readonly subject: string
  /** Called only where there is a word to suggest. */
  readonly jsonSchema: () => object
  readonly locate: (pointer: string) => Place
}

export function complaints(issues: readonly Issue[], checked: Checked): Problem[] {
  return issues.flatMap((issue) => complaint(issue, [], checked))
}

/** Checks a value; a name that zod's records leave out without a word is a problem too. */
export function checkedBy<Schema extends z.ZodType>(
  schema: Schema,
  checked: Checked,
): { readonly data: z.infer<Schema> } | { readonly problems: Problem[] } {
  const parsed = schema.safeParse(checked.value)
  if (!parsed.success) return { problems: complaints(parsed.error.issues, checked) }
  const problems = lostBelow(checked.value, []).map((path) =>
    error(checked, path, `${name(path, checked)} is not a valid name`),
  )
  return problems.length > 0 ? { problems } : { data: parsed.data }
}

function lostBelow(value: unknown, path: Path): Path[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, one]) =>
    key === '__proto__' ? [[...path, key]] : lostBelow(one, [...path, key]),
  )
}

function complaint(issue: Issue, above: Path, checked: Checked): Problem[] {
  const path = [...above, ...issue.path]
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => error(checked, [...path, key], unknownKey(key, path, checked)))
  }
  if (issue.code === 'invalid_union') {
    const closest = closestOption(issue.errors)
    if (closest !== undefined) return closest.flatMap((one) => complaint(one, path, checked))
  }
  return [
    error(checked, path, `${name(path, checked)} ${words(issue, valueAt(checked.value, path))}`),
  ]
}

function error({ locate }: Checked, path: Path, message: string): Problem {
  return { severity: 'error', message, place: locate(pointerOf(path)) }
}

export const pointerOf = (path: Path): string =>
  path.map((part) => `/${pointerToken(String(part))}`).join('')

const name = (path: Path, { subject }: Checked): string =>
  path.length === 0 ? subject : `'${path.map(String).join('.')}'`

/** The option of a union that was meant: the one whose own type fits, if there is just one. */
function closestOption(options: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const fitting = options.filter(
    (issues) =>
      !issues.some(
        ({ path, code }) =>
          path.length === 0 && (code === 'invalid_type' || code === 'invalid_value'),
      ),
  )
  return fitting.length === 1 ? fitting[0] : undefined
}

function unknownKey(key: string, path: Path, { jsonSchema }: Checked): string {
  const last = path.at(-1)
  if (last === 'limits' && Object.hasOwn(limitTable, key)) {
    return `'${key}' bounds the whole gateway: it belongs under 'limits' of concordat.yaml`
  }
  if (key === 'http2' && path[0] === 'listen') {
    return `unknown key 'http2': every listener takes HTTP/2, nothing switches it on or off`
  }
  const known = knownKeys(jsonSchema(), path)
  const hint = suggestion(key, known)
  if (hint !== '' || known.length === 0) return `unknown key '${key}'${hint}`
  return `unknown key '${key}': known here are ${known.join(', ')}`
}

function words(issue: Issue, value: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return value === undefined
        ? `is missing: expected ${withArticle(issue.expected)}`
        : `must be ${withArticle(issue.expected)}, not ${withArticle(kindOf(value))}`
    case 'invalid_value': {
      const known = issue.values.map(String)
      const hint = typeof value === 'string' ? suggestion(value, known) : ''
      return `must be ${known.length > 1 ? 'one of ' : ''}${known.join(', ')}${hint}`
    }
    case 'too_small':
      return `must ${amount('at least', issue.minimum, issue.origin)}`
    case 'too_big':
      return `must ${amount('at most', issue.maximum, issue.origin)}`
    case 'invalid_union':
      return 'has none of the forms that it may have'
    case 'invalid_key':
      return `is not a valid name: ${issue.issues.map((one) => one.message).join('; ')}`
    default:
      return `is not valid: ${issue.message}`
  }
}

function amount(bound: string, count: number | bigint, origin: string): string {
  const unit = origin === 'array' ? 'item' : 'character'
  if (origin !== 'array' && origin !== 'string') return `be ${bound} ${count}`
  return `have ${bound} ${count} ${unit}${Number(count) === 1 ? '' : 's'}`
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

const called: Readonly<Record<string, string>> = {
  array: 'an array',
  int: 'a whole number',
  null: 'null',
  object: 'an object',
  record: 'an object',
}

const withArticle = (kind: string): string => called[kind] ?? `a ${kind}`

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (at, part) => (at as Record<PropertyKey, unknown> | null)?.[part],
    value,
  )
}

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly additionalProperties?: JsonSchema | boolean
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
}

/** Names of the properties that the object at a path may have. */
function knownKeys(root: object, path: Path): string[] {
  let here: JsonSchema[] = [root]
  for (const part of path) here = here.flatMap((schema) => below(schema, part))
  return [...new Set(here.flatMap(options).flatMap((one) => Object.keys(one.properties ?? {})))]
}

function below(schema: JsonSchema, part: PropertyKey): JsonSchema[] {
  return options(schema).flatMap(({ properties, additionalProperties, items }) => {
    const key = String(part)
    if (properties !== undefined && Object.hasOwn(properties, key)) return [properties[key]!]
    const any = typeof part === 'number' ? items : additionalProperties
    return typeof any === 'object' ? [any] : []
  })
}

const options = (schema: JsonSchema): JsonSchema[] =>
  schema.anyOf === undefined ? [schema] : schema.anyOf.flatMap(options)
