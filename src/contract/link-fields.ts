// The fields of a form, or the texts of a multipart body, to an object, by the style of each.
// Fields that the schema does not list go into the object too, so that its `additionalProperties`
// decides.
import { type Detail, pointerToken } from '../base.ts'
import { type Entry, objectFrom, preferences, unfit, valueOfAll } from './convert.ts'
import { detailOf, type InputIssue } from './issues.ts'
import type { FieldPlan, MediaPlan } from './operation.ts'
import { Haul, linkNames, type Names } from './names.ts'
import { bracketed, type Decode, type Way, waysOf, spreadObject, spreadWays } from './ways.ts'
import type { Raw } from './styles.ts'

export interface Fields {
  /** Whose a name is. */
  readonly find: Names['find']
  /** Empty, for what one body has. */
  readonly haul: () => Haul
  /** In how many ways the whole may be read. */
  readonly ways: number
  readonly build: (haul: Haul, way: number) => Built
}

export type Built = { readonly value: Record<string, unknown> } | { readonly detail: Detail }

interface Field {
  readonly name: string
  readonly readRaw: readonly Way<Raw>[]
  readonly readSpread: readonly Way<readonly Entry[]>[]
}

/** What `decode` gives of texts holds for names, too. */
export function linkFields(plan: Pick<MediaPlan, 'fields' | 'rest'>, decode: Decode): Fields {
  const written = plan.fields.map(asBracketed)
  const names = linkNames(written)
  const fields = written.map((field) => linkField(field, decode))
  return {
    find: names.find,
    haul: () => new Haul(names, decode),
    ways: Math.max(1, ...fields.flatMap((one) => [one.readRaw.length, one.readSpread.length])),
    build: (haul, way) => objectOf(fields, haul, { rest: plan.rest, decode }, way),
  }
}

/** What nests is JSON by default (OpenAPI, Encoding Object); brackets are understood besides. */
const asBracketed = (field: FieldPlan): FieldPlan =>
  field.contentType === undefined ? field : { ...field, style: 'deepObject' }

function linkField(field: FieldPlan, decode: Decode): Field {
  const { name, shape, contentType } = field
  const object = spreadObject(field)
  return {
    name,
    readRaw: contentType === undefined ? waysOf(field, decode) : textWays(shape, decode),
    readSpread: object === undefined ? [] : spreadWays(object, decode),
  }
}

function textWays(shape: FieldPlan['shape'], decode: Decode): readonly Way<Raw>[] {
  return preferences(shape).map((prefer) => (raw) => {
    const texts = typeof raw === 'string' ? [raw] : raw
    return valueOfAll(texts.map(decode), shape, prefer)
  })
}

interface Rest extends Pick<MediaPlan, 'rest'> {
  readonly decode: Decode
}

function objectOf(fields: readonly Field[], haul: Haul, plan: Rest, way: number): Built {
  const strays = guarded('', () =>
    objectFrom(
      haul.strays.map((stray) => strayEntry(stray, plan.decode)),
      { properties: new Map(), rest: plan.rest },
      'narrow',
    ),
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

function strayEntry({ name, value }: Haul['strays'][number], decode: Decode): Entry {
  const inner = bracketed(name)
  const path = inner === undefined ? [name] : [inner.name, ...inner.path]
  return { path, text: decode(value) }
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
