// Bodies of multipart/form-data: parts are judged as they stream by. Texts and JSON are held and
// become an object, files go through unread with a stand-in in their place; before the last
// boundary is passed on, the object is held against the schema of the body.
import { type Detail, pointerToken } from '../base.ts'
import {
  isBoundary,
  type MultipartEvents,
  Gathered,
  MultipartReader,
  multipartFlaws,
  type MultipartVerdict,
  parseMediaType,
  type PartHead,
  partFlaws,
  type Piece,
  readPartHead,
} from '../http.ts'
import { type Check, readJson, schemaIssues } from '../schema.ts'
import type { ContentWatch } from './content-watch.ts'
import { detailOf, type InputIssue } from './issues.ts'
import type { BodyOptions } from './link-media.ts'
import { type Fields, linkFields } from './link-fields.ts'
import { isJson } from './media.ts'
import type { MediaPlan, PartPlan } from './operation.ts'
import { isPartType, isUtf8Type } from './part-types.ts'

export interface LinkedMultipart {
  /** What the head of the request tells already. */
  readonly objection: (contentType: string) => readonly Detail[] | undefined
  readonly begin: (contentType: string) => ContentWatch
}

type PartRules = Omit<PartPlan, 'name'>

/** Of one body, linked once. */
interface Rules {
  readonly listed: ReadonlyMap<string, PartRules>
  readonly rest: PartRules | undefined
  readonly fields: Fields
  readonly check: Check | undefined
  readonly limits: BodyOptions['limits']
}

export function linkMultipart(
  plan: MediaPlan,
  check: Check | undefined,
  { limits }: BodyOptions,
): LinkedMultipart {
  const rules: Rules = {
    listed: new Map(plan.parts!.listed.map(({ name, ...rest }) => [name, rest])),
    rest: plan.parts!.rest,
    fields: linkFields(plan, (text) => text),
    check,
    limits,
  }
  return {
    objection: (contentType) => (boundaryOf(contentType) === undefined ? noBoundary : undefined),
    begin: (contentType) => new MultipartWatch(boundaryOf(contentType) ?? '', rules),
  }
}

function boundaryOf(contentType: string): string | undefined {
  const boundary = parseMediaType(contentType)?.parameters.get('boundary')
  return boundary !== undefined && isBoundary(boundary) ? boundary : undefined
}

const malformed = (says: string): Detail => {
  const { message, ...detail } = detailOf('body', '', 'malformed_multipart')
  return { ...detail, message: `${message}: ${says}` }
}

const noBoundary = [malformed('the `Content-Type` has no proper boundary')]

/** The part that is being read. */
interface Part {
  readonly name: string
  readonly as: 'text' | 'json' | 'file'
  readonly rules: PartRules
  bytes: number
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

class MultipartWatch implements ContentWatch, MultipartEvents {
  readonly #rules: Rules
  readonly #reader: MultipartReader
  readonly #haul: ReturnType<Fields['haul']>
  /** Of parts that are no texts, by name: JSON, and stand-ins for files. */
  readonly #values = new Map<string, unknown[]>()
  readonly #files = new Set<string>()
  readonly #names = new Set<string>()
  readonly #gathered = new Gathered()
  #part: Part | undefined
  #parts = 0
  #held = 0
  #details: readonly Detail[] | undefined

  constructor(boundary: string, rules: Rules) {
    this.#rules = rules
    this.#haul = rules.fields.haul()
    this.#reader = new MultipartReader(boundary, rules.limits.partHeadBytesMax, this)
  }

  /** Texts and values stay until the end. */
  get heldBytes(): number {
    return this.#held
  }

  piece(piece: Piece): readonly Detail[] | undefined {
    return this.#outcome(this.#reader.piece(piece))
  }

  end(): readonly Detail[] | undefined {
    return this.#outcome(this.#reader.end())
  }

  #outcome(verdict: MultipartVerdict): readonly Detail[] | undefined {
    if (verdict === undefined || verdict === 'stopped') return this.#details
    if (verdict === 'head_too_large') return [malformed('the head of a part is beyond the bound')]
    return [malformed(multipartFlaws[verdict])]
  }

  #refuse(detail: Detail): false {
    this.#details = [detail]
    return false
  }

  #wrong(name: string, issue: InputIssue): false {
    return this.#refuse(detailOf('body', `/${pointerToken(name)}`, issue))
  }

  head(lines: readonly string[]): boolean {
    const head = readPartHead(lines)
    if (typeof head === 'string') return this.#refuse(malformed(partFlaws[head]))
    if (++this.#parts > this.#rules.limits.partsMax) return this.#refuse(tooManyParts)
    return this.#begin(head)
  }

  #begin(head: PartHead): boolean {
    const { name } = head
    const rules = this.#rules.listed.get(name) ?? this.#restFor(name)
    if (rules === undefined) return this.#refuse(unknown(name))
    if (!rules.many && this.#names.has(name)) return this.#wrong(name, 'repeated')
    if (!isPartType(head.type, rules)) return this.#wrong(name, 'media_type')
    const as = kindOf(head, rules)
    if (as !== 'file' && !isUtf8Type(head.type)) return this.#wrong(name, 'media_type')
    this.#names.add(name)
    this.#part = { name, as, rules, bytes: 0 }
    return true
  }

  /** Names in brackets may be members of a field. */
  #restFor(name: string): PartRules | undefined {
    return this.#rules.fields.find(name) === undefined ? this.#rules.rest : memberRules
  }

  content(bytes: Uint8Array): boolean {
    const part = this.#part!
    part.bytes += bytes.length
    if (part.as === 'file') {
      const { bytesMax } = part.rules
      return bytesMax === undefined || part.bytes <= bytesMax || this.#refuse(tooLong(part.name))
    }
    this.#held += bytes.length
    const { fieldBytesMax, checkedBodyBytesMax } = this.#rules.limits
    if (part.bytes > fieldBytesMax || this.#held > checkedBodyBytesMax)
      return this.#wrong(part.name, 'part_too_large')
    this.#gathered.add(bytes)
    return true
  }

  partEnd(): boolean {
    const part = this.#part!
    if (part.as === 'text') return this.#addText(part.name)
    if (part.as === 'json') return this.#addJson(part.name)
    if (part.bytes < part.rules.bytesMin) return this.#refuse(tooShort(part.name))
    this.#files.add(part.name)
    return this.#add(part.name, standIn)
  }

  #addText(name: string): boolean {
    try {
      const text = utf8.decode(this.#gathered.take())
      // Some services read the other fields in the encoding that this one names (RFC 7578, 4.6).
      if (name === '_charset_' && !/^utf-?8$/i.test(text)) return this.#wrong(name, 'media_type')
      this.#haul.add(name, text, '')
      return true
    } catch {
      return this.#refuse({ ...bodyField(name), issue: 'invalid_utf8', message: 'is not UTF-8' })
    }
  }

  #addJson(name: string): boolean {
    const { jsonDepthMax, jsonValuesMax } = this.#rules.limits
    const bounds = { depthMax: jsonDepthMax, valuesMax: jsonValuesMax }
    const read = readJson(this.#gathered.take(), bounds)
    if ('value' in read) return this.#add(name, read.value)
    const { issue, message } = read.problem
    return this.#refuse({ ...bodyField(name), issue, message })
  }

  #add(name: string, value: unknown): true {
    const values = this.#values.get(name)
    if (values === undefined) this.#values.set(name, [value])
    else values.push(value)
    return true
  }

  closed(): boolean {
    this.#details = this.#judge()
    return this.#details === undefined
  }

  #judge(): readonly Detail[] | undefined {
    const { fields, check, limits } = this.#rules
    if (check === undefined) return undefined
    let first: readonly Detail[] | undefined
    for (let way = 0; way < fields.ways; way++) {
      const built = fields.build(this.#haul, way)
      if ('detail' in built) return [built.detail]
      const twice = [...this.#values.keys()].find((name) => Object.hasOwn(built.value, name))
      // One would hide the other from the check.
      if (twice !== undefined) return [detailOf('body', `/${pointerToken(twice)}`, 'malformed')]
      const value = this.#completed(built.value)
      if (check.valid(value)) return undefined
      const details = this.#breaches(check, value)
      if (details.length === 0) return undefined
      first ??= details
    }
    return first?.slice(0, limits.detailsMax)
  }

  #completed(value: Record<string, unknown>): Record<string, unknown> {
    for (const [name, values] of this.#values) {
      const many = (this.#rules.listed.get(name) ?? this.#rules.rest)?.many === true
      // A list of JSON may also come in one part.
      const isWhole = !many || (values.length === 1 && Array.isArray(values[0]))
      value[name] = isWhole ? values[0] : values
    }
    return value
  }

  /** What is said of a stand-in says nothing of the file. */
  #breaches(check: Check, value: Record<string, unknown>): readonly Detail[] {
    const lists = new Map<string, boolean>()
    for (const name of this.#files) lists.set(`/${pointerToken(name)}`, Array.isArray(value[name]))
    const max = this.#rules.limits.detailsMax + errorsOfFilesMax
    const errors = check.errors(value, max)
    const details = errors
      .filter(({ pointer }) => !isOfFile(pointer, lists))
      .map(({ pointer, issue, message }) => ({
        in: 'body' as const,
        field: pointer,
        issue,
        message,
      }))
    // Files in such number could hide what else is wrong.
    return details.length > 0 || errors.length < max ? details : [tooManyParts]
  }
}

/** Of a list of files the items are, not the list itself. */
function isOfFile(pointer: string, lists: ReadonlyMap<string, boolean>): boolean {
  const end = pointer.indexOf('/', 1)
  const isList = lists.get(end < 0 ? pointer : pointer.slice(0, end))
  return isList === false || (isList === true && end > 0)
}

const tooManyParts = detailOf('body', '', 'too_many_parts')

/** Stands for a file while the rest is held against the schema: a text, as `format: binary` is. */
const standIn = ''

/** So much of what is said of stand-ins is passed over. */
const errorsOfFilesMax = 1_000

const memberRules: PartRules = {
  as: 'text',
  many: true,
  types: [],
  bytesMin: 0,
  bytesMax: undefined,
}

function kindOf(head: PartHead, { as, many }: PartRules): Part['as'] {
  if (as === 'text' && many && isJson(head.type?.type ?? '')) return 'json'
  if (as !== 'any') return as
  const isText = head.filename === undefined && (head.type?.type ?? 'text/plain') === 'text/plain'
  return isText ? 'text' : 'file'
}

const bodyField = (name: string): Pick<Detail, 'in' | 'field'> => {
  const { in: place, field } = detailOf('body', `/${pointerToken(name)}`, 'undeclared')
  return { in: place, field }
}

const schemaDetail = (name: string, issue: keyof typeof schemaIssues, message: string): Detail => ({
  ...bodyField(name),
  issue,
  message,
})

const unknown = (name: string) =>
  schemaDetail(name, 'unknown_property', 'must not be there: no property of this name is declared')
const tooLong = (name: string) => schemaDetail(name, 'too_long', 'has more bytes than the maximum')
const tooShort = (name: string) =>
  schemaDetail(name, 'too_short', 'has fewer bytes than the minimum')
