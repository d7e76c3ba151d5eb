// What callers may send, field by field. Behind a gateway that checks the contract none of this
// ever refuses; a service that is reached directly must not trust what comes all the same.
import { type Detail, refuse, type Refusal } from './reply.ts'
import type { NewMessage } from './store.ts'
import { isLanguage } from './translate.ts'

/** What a field must be, and how to say so. */
interface Rule<T> {
  readonly holds: (value: unknown) => value is T
  readonly says: string
}

type Rules<T> = { readonly [K in keyof T]: Rule<T[K]> }

const userIdPattern = /^usr_[a-z0-9]{6,32}$/
const namePattern = /^[a-z0-9][a-z0-9-]*$/

const rule = <T>(says: string, holds: (value: unknown) => value is T): Rule<T> => ({ holds, says })

const isText = (value: unknown, charsMin: number, charsMax: number): value is string => {
  if (typeof value !== 'string' || value.length > 2 * charsMax) return false
  // Characters as the contract counts them: a pair of surrogates is one.
  const chars = [...value].length
  return chars >= charsMin && chars <= charsMax
}

export const channelRules = {
  name: rule(
    'must be 1 to 80 lower-case letters, digits and hyphens',
    (value): value is string => isText(value, 1, 80) && namePattern.test(value),
  ),
  topic: rule(
    'must be null or a string of at most 250 characters',
    (value): value is string | null => value === null || isText(value, 0, 250),
  ),
  memberIds: rule(
    'must be 1 to 100 different user ids',
    (value): value is string[] =>
      Array.isArray(value) &&
      value.length >= 1 &&
      value.length <= 100 &&
      value.every((one) => typeof one === 'string' && userIdPattern.test(one)) &&
      new Set(value).size === value.length,
  ),
}

export const messageRules: Rules<NewMessage> = {
  content: rule('must be a string of 1 to 4000 characters', (value): value is string =>
    isText(value, 1, 4000),
  ),
  type: rule(
    'must be "text" or "markdown"',
    (value): value is NewMessage['type'] => value === 'text' || value === 'markdown',
  ),
}

export const translationRules = {
  targetLanguage: rule('must be "de", "fr" or "es"', isLanguage),
}

/** The body as an object that has every field of `required` and no field but these two kinds. */
export function readObject<R, O>(
  body: unknown,
  required: Rules<R>,
  optional: Rules<O>,
): (R & Partial<O>) | Refusal {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return invalid('body', '', 'invalid_type', 'The body must be a JSON object.')
  }
  const given = new Map<string, unknown>(Object.entries(body))
  const rules = new Map<string, Rule<unknown>>(Object.entries({ ...required, ...optional }))
  const details: Detail[] = []
  const report = (field: string, issue: string, message: string) =>
    details.push({ in: 'body', field: `/${field}`, issue, message })

  for (const field of Object.keys(required)) {
    if (!given.has(field)) report(field, 'required', 'This field is required.')
  }
  for (const [field, value] of given) {
    const known = rules.get(field)
    if (known === undefined) report(pointerToken(field), 'unknown_field', 'No such field.')
    else if (!known.holds(value)) report(field, 'invalid', `This field ${known.says}.`)
  }
  return details.length > 0 ? invalidInput(details.slice(0, 20)) : (body as R & Partial<O>)
}

const pageSize = { min: 1, max: 100, otherwise: 50 }
const offsets = { min: 0, max: 100_000, otherwise: 0 }

/** Which part of a list that is read by offset. */
export function readOffsetPage(
  query: URLSearchParams,
): { offset: number; limit: number } | Refusal {
  const details: Detail[] = []
  const offset = readNumber(query, 'offset', offsets, details)
  const limit = readNumber(query, 'limit', pageSize, details)
  return details.length > 0 ? invalidInput(details) : { offset, limit }
}

/** Which part of a list that is read by cursor; `afterSeq` 0 is its start. */
export function readCursorPage(
  query: URLSearchParams,
): { afterSeq: number; limit: number } | Refusal {
  const details: Detail[] = []
  const text = query.get('cursor')
  const afterSeq = text === null ? 0 : seqOf(text)
  if (afterSeq === undefined) details.push({ in: 'query', field: 'cursor', ...noCursor })
  const limit = readNumber(query, 'limit', pageSize, details)
  return afterSeq === undefined || details.length > 0 ? invalidInput(details) : { afterSeq, limit }
}

function readNumber(
  query: URLSearchParams,
  name: string,
  { min, max, otherwise }: typeof pageSize,
  details: Detail[],
): number {
  const text = query.get(name)
  if (text === null) return otherwise
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN
  if (value >= min && value <= max) return value
  const message = `Must be a whole number from ${min} to ${max}.`
  details.push({ in: 'query', field: name, issue: 'invalid', message })
  return otherwise
}

const noCursor = { issue: 'invalid', message: 'This is not a cursor of this service.' }

function seqOf(cursor: string): number | undefined {
  const seq = /^m(\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1'))?.[1]
  if (seq === undefined || writeCursor(Number(seq)) !== cursor) return undefined
  return Number(seq)
}

/** Where a stream goes on; undefined: with what comes next. */
export function readStreamCursor(
  place: Detail['in'],
  field: string,
  text: string | undefined,
): { afterSeq: number | undefined } | Refusal {
  if (text === undefined) return { afterSeq: undefined }
  const afterSeq = seqOf(text)
  return afterSeq === undefined ? invalidInput([{ in: place, field, ...noCursor }]) : { afterSeq }
}

export function writeCursor(seq: number): string {
  return Buffer.from(`m${seq}`).toString('base64url')
}

export function invalid(
  place: Detail['in'],
  field: string,
  issue: string,
  message: string,
): Refusal {
  return invalidInput([{ in: place, field, issue, message }])
}

function invalidInput(details: readonly Detail[]): Refusal {
  return refuse('INVALID_INPUT', 'The request does not match the contract.', { details })
}

function pointerToken(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}
