// Valid values with one rule broken. That it is broken is the validator's verdict, and that it is
// the only one follows from changing nothing else.
import type { RawParameter, RawSchema } from './document.ts'
import { serialiseStyle } from './serialise.ts'
import type { Validator } from './validator.ts'

export interface Spoilt {
  readonly says: string
  readonly value: unknown
  /** JSON Pointer to what is wrong. */
  readonly field: string
}

// Scalars first: an object in the wrong place can be refused for a field inside it.
const wrongValues: readonly unknown[] = [2.5, true, 'wrong', ['wrong'], { wrong: true }, null]

type Verdict = (value: unknown) => boolean

/** A field of a wrong type, a required field left out, and the whole of a wrong type. */
export function spoilJson(value: unknown, valid: Verdict): Spoilt[] {
  const all = [wrongField(value, valid), missingField(value, valid), wrongRoot(valid)]
  return all.filter((one) => one !== undefined)
}

/** A field that no reading of a text makes right, or a required one left out. */
export function spoilForm(fields: Readonly<Record<string, unknown>>, valid: Verdict): Spoilt[] {
  // Without its last field a form is no body, which may be allowed.
  const missing = Object.keys(fields).length > 1 ? missingField(fields, valid) : undefined
  return [wrongFormField(fields, valid), missing].filter((one) => one !== undefined)
}

/** The parameter's text in a form that breaks its schema however it is read; undefined: none does. */
export function spoilText(
  parameter: RawParameter,
  schema: RawSchema,
  tools: { readonly valid: Validator },
): string | undefined {
  const breaks = (text: string) =>
    readings(text).every((one) => !tools.valid(schema, one) && !tools.valid(schema, [one]))
  const text = wrongTexts.find(breaks)
  if (text === undefined) return undefined
  const isNamed = parameter.in === 'query' || parameter.in === 'cookie'
  return isNamed
    ? serialiseStyle(encodeURIComponent(parameter.name), 'form', true, text)
    : parameter.in === 'path'
      ? encodeURIComponent(text)
      : text
}

const wrongTexts: readonly string[] = [
  'not as declared',
  '-1',
  '99999999999999999999',
  '2.5',
  'x'.repeat(300),
  '!',
]

/** All values that a text may stand for. */
function readings(text: string): unknown[] {
  const number = Number(text)
  return [
    text,
    ...(text.trim() !== '' && Number.isFinite(number) ? [number] : []),
    ...(text === 'true' || text === 'false' ? [text === 'true'] : []),
    ...(text === 'null' || text === '' ? [null] : []),
  ]
}

function wrongField(value: unknown, valid: Verdict): Spoilt | undefined {
  for (const key of keysOf(value)) {
    for (const wrong of wrongValues) {
      const changed = withField(value, key, wrong)
      if (!valid(changed)) return spoilt(`${key} has a wrong type`, changed, key)
    }
  }
  return undefined
}

function wrongFormField(
  fields: Readonly<Record<string, unknown>>,
  valid: Verdict,
): Spoilt | undefined {
  for (const key of Object.keys(fields)) {
    for (const wrong of wrongTexts) {
      const breaks = (one: unknown) =>
        !valid(withField(fields, key, one)) && !valid(withField(fields, key, [one]))
      if (readings(wrong).every(breaks)) {
        return spoilt(`${key} is not as declared`, withField(fields, key, wrong), key)
      }
    }
  }
  return undefined
}

function missingField(value: unknown, valid: Verdict): Spoilt | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  for (const key of Object.keys(value)) {
    const rest = Object.fromEntries(Object.entries(value).filter(([name]) => name !== key))
    if (!valid(rest)) return spoilt(`${key} is missing`, rest, key)
  }
  return undefined
}

function wrongRoot(valid: Verdict): Spoilt | undefined {
  const wrong = ['wrong', 2.5, []].find((one) => !valid(one))
  if (wrong === undefined) return undefined
  return { says: 'the body has a wrong type', value: wrong, field: '' }
}

function spoilt(says: string, value: unknown, key: string): Spoilt {
  return { says, value, field: `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}` }
}

function keysOf(value: unknown): string[] {
  return typeof value === 'object' && value !== null ? Object.keys(value) : []
}

function withField(value: unknown, key: string, replacement: unknown): unknown {
  if (Array.isArray(value)) return value.with(Number(key), replacement)
  return { ...(value as object), [key]: replacement }
}
