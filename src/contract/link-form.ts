// Bodies of application/x-www-form-urlencoded: fields to an object, by the style of each, and the
// object held against the schema of the body. Fields that the schema does not list go into the
// object too, so that its `additionalProperties` decides.
import { type Detail, pointerToken } from '../base.ts'
import type { Check } from '../schema.ts'
import { type Entry, objectFrom, preferences, unfit, valueOfAll } from './convert.ts'
import { detailOf, type InputIssue } from './issues.ts'
import { bodyDetails } from './judge.ts'
import type { BodyOptions } from './link-body.ts'
import type { FieldPlan, MediaPlan } from './operation.ts'
import { Haul, linkNames } from './names.ts'
import { eachPair, formDecoded } from './pairs.ts'
import { bracketed, type Way, waysOf, spreadObject, spreadWays } from './ways.ts'
import type { Raw } from './styles.ts'

interface Field {
  readonly name: string
  readonly readRaw: readonly Way<Raw>[]
  readonly readSpread: readonly Way<readonly Entry[]>[]
}

type Built = { readonly value: Record<string, unknown> } | { readonly detail: Detail }

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export function linkForm(
  plan: MediaPlan,
  check: Check | undefined,
  { limits }: BodyOptions,
): (bytes: Uint8Array) => readonly Detail[] | undefined {
  const written = plan.fields.map(asBracketed)
  const names = linkNames(written)
  const fields = written.map(linkField)
  const ways = Math.max(1, ...fields.flatMap((one) => [one.readRaw.length, one.readSpread.length]))
  return (bytes) => {
    const haul = new Haul(names, formDecoded)
    const text = textOf(bytes)
    if (text === undefined) return [detailOf('body', '', 'invalid_encoding')]
    const add = (name: string, value: string, pair: string) => haul.add(name, value, pair)
    if (!eachPair(text, limits.pairsMax, add)) return [detailOf('body', '', 'too_many_pairs')]
    let first: Record<string, unknown> | undefined
    for (let way = 0; way < ways; way++) {
      const built = objectOf(fields, haul, plan, way)
      if ('detail' in built) return [built.detail]
      if (check === undefined || check.valid(built.value)) return undefined
      first ??= built.value
    }
    return bodyDetails(check!, first, limits.detailsMax)
  }
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

/** What nests is JSON by default (OpenAPI, Encoding Object); brackets are understood besides. */
const asBracketed = (field: FieldPlan): FieldPlan =>
  field.contentType === undefined ? field : { ...field, style: 'deepObject' }

function linkField(field: FieldPlan): Field {
  const { name, shape, contentType } = field
  const object = spreadObject(field)
  return {
    name,
    readRaw: contentType === undefined ? waysOf(field, formDecoded) : textWays(shape),
    readSpread: object === undefined ? [] : spreadWays(object, formDecoded),
  }
}

function textWays(shape: FieldPlan['shape']): readonly Way<Raw>[] {
  return preferences(shape).map((prefer) => (raw) => {
    const texts = typeof raw === 'string' ? [raw] : raw
    return valueOfAll(texts.map(formDecoded), shape, prefer)
  })
}

function objectOf(fields: readonly Field[], haul: Haul, plan: MediaPlan, way: number): Built {
  const strays = guarded('', () =>
    objectFrom(haul.strays.map(strayEntry), { properties: new Map(), rest: plan.rest }, 'narrow'),
  )
  if ('detail' in strays) return strays
  const value = strays.value as Record<string, unknown>
  for (const [slot, field] of fields.entries()) {
    const raw = haul.raws[slot]
    const entries = haul.entries[slot]
    if (raw !== undefined && entries !== undefined)
      return { detail: wrong(field.name, 'malformed') }
    if (raw === undefined && entries === undefined) continue
    const read = guarded(field.name, () =>
      raw === undefined
        ? readOne(field.readSpread, entries!, way)
        : readOne(field.readRaw, raw, way),
    )
    if ('detail' in read) return read
    value[field.name] = read.value
  }
  return { value }
}

function strayEntry({ name, value }: Haul['strays'][number]): Entry {
  const inner = bracketed(name)
  const path = inner === undefined ? [name] : [inner.name, ...inner.path]
  return { path, text: formDecoded(value) }
}

/** The reading of that turn, or the next that fits. */
function readOne<Sent>(ways: readonly Way<Sent>[], sent: Sent, way: number): unknown {
  const start = Math.min(way, ways.length - 1)
  for (let i = 0; i < ways.length; i++) {
    const value = ways[(start + i) % ways.length]!(sent)
    if (value !== unfit) return value
  }
  return unfit
}

function guarded(name: string, read: () => unknown): { value: unknown } | { detail: Detail } {
  try {
    const value = read()
    return value === unfit ? { detail: wrong(name, 'repeated') } : { value }
  } catch (thrown) {
    if (thrown instanceof URIError) return { detail: wrong(name, 'invalid_encoding') }
    throw thrown
  }
}

const wrong = (name: string, issue: InputIssue): Detail =>
  detailOf('body', name === '' ? '' : `/${pointerToken(name)}`, issue)
