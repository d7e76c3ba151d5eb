// Bodies of many values: each item is checked as soon as it is whole, before the piece that makes
// it so is passed on. At most one item is held, up to its bound.
import type { Detail, Limits } from '../base.ts'
import { bytesOf, Gathered, type Piece } from '../http.ts'
import { type Check, jsonIssues, readJson, type SchemaError } from '../schema.ts'
import type { ContentWatch } from './content-watch.ts'
import { readEvent, type ServerEvent } from './event.ts'
import { detailOf } from './issues.ts'
import {
  EventFraming,
  type Framing,
  type ItemEvents,
  LineFraming,
  SequenceFraming,
} from './item-framing.ts'
import type { BodyOptions } from './link-media.ts'
import type { ItemsPlan } from './operation.ts'

type ItemLimits = Pick<Limits, 'itemBytesMax' | 'jsonDepthMax' | 'jsonValuesMax' | 'detailsMax'>

/** What is wrong with one item, its pointers relative to it. */
type JudgeItem = (bytes: Uint8Array) => readonly SchemaError[] | undefined

export function linkItems(plan: ItemsPlan, options: BodyOptions): () => ContentWatch {
  const { limits } = options
  const isEvents = plan.framing === 'events'
  const judge = isEvents ? judgeEvents(plan, options) : judgeJson(plan, options)
  return () => new ItemsWatch(framings[plan.framing](), judge, limits)
}

/** A JSON array is held whole, and does not come this way. */
const framings = {
  lines: () => new LineFraming(),
  sequence: () => new SequenceFraming(),
  events: () => new EventFraming(),
  array: () => new LineFraming(),
} satisfies Record<ItemsPlan['framing'], () => Framing>

const checkOf = (id: number | undefined, { check }: BodyOptions): Check | undefined =>
  id === undefined ? undefined : check(id)

const boundsOf = (limits: ItemLimits) => ({
  depthMax: limits.jsonDepthMax,
  valuesMax: limits.jsonValuesMax,
})

function judgeJson(plan: ItemsPlan, options: BodyOptions): JudgeItem {
  const check = checkOf(plan.schema, options)
  const { limits } = options
  return (bytes) => {
    if (plan.framing === 'lines' && isBlank(bytes)) return undefined
    return judgeText(bytes, check, limits)
  }
}

function judgeText(
  bytes: Uint8Array,
  check: Check | undefined,
  limits: ItemLimits,
): readonly SchemaError[] | undefined {
  const read = readJson(bytes, boundsOf(limits))
  if ('problem' in read) return [{ pointer: '', ...read.problem }]
  if (check === undefined || check.valid(read.value)) return undefined
  return check.errors(read.value, limits.detailsMax)
}

/** An empty line at the end, or between two items, is none. */
function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d)
}

function judgeEvents(plan: ItemsPlan, options: BodyOptions): JudgeItem {
  const check = checkOf(plan.schema, options)
  const kinds = (plan.data ?? []).map(({ schema, content }) => ({
    check: options.check(schema),
    content: checkOf(content, options),
  }))
  const { limits } = options
  return (bytes) => {
    const event = readEvent(bytes)
    if (event === 'not_utf8')
      return [{ pointer: '', issue: 'invalid_utf8', message: jsonIssues.invalid_utf8 }]
    if (event === undefined) return undefined
    if (check?.valid(event) === false) return check.errors(event, limits.detailsMax)
    return dataErrors(kinds, event, limits)
  }
}

interface EventKind {
  readonly check: Check
  /** What `data` holds as JSON; undefined: nothing is said of it. */
  readonly content: Check | undefined
}

/** Of the kinds that the event is of, one has to take its data; else the first says what is wrong. */
function dataErrors(
  kinds: readonly EventKind[],
  event: ServerEvent,
  limits: ItemLimits,
): readonly SchemaError[] | undefined {
  let errors: readonly SchemaError[] | undefined
  for (const { check, content } of kinds) {
    // What is the only one has been checked as the whole.
    if (kinds.length > 1 && !check.valid(event)) continue
    if (content === undefined) return undefined
    const found = judgeText(new TextEncoder().encode(event.data), content, limits)
    if (found === undefined) return undefined
    errors ??= found.map((error) => ({ ...error, pointer: `/data${error.pointer}` }))
  }
  return errors
}

class ItemsWatch implements ContentWatch, ItemEvents {
  readonly #framing: Framing
  readonly #judge: JudgeItem
  readonly #limits: ItemLimits
  readonly #gathered = new Gathered()
  /** Of the item that is being read, from 0. */
  #number = 0
  #details: readonly Detail[] | undefined

  constructor(framing: Framing, judge: JudgeItem, limits: ItemLimits) {
    this.#framing = framing
    this.#judge = judge
    this.#limits = limits
  }

  get heldBytes(): number {
    return this.#gathered.capacity
  }

  piece(piece: Piece): readonly Detail[] | undefined {
    if (this.#details !== undefined) return this.#details
    return this.#outcome(this.#framing.piece(bytesOf(piece), this))
  }

  end(): readonly Detail[] | undefined {
    if (this.#details !== undefined) return this.#details
    return this.#outcome(this.#framing.end(this))
  }

  #outcome(goesOn: boolean): readonly Detail[] | undefined {
    if (!goesOn) this.#details ??= [detailOf('body', `/${this.#number}`, 'malformed_sequence')]
    return this.#details
  }

  bytes(bytes: Uint8Array): boolean {
    if (this.#gathered.length + bytes.length > this.#limits.itemBytesMax) {
      this.#details = [detailOf('body', `/${this.#number}`, 'item_too_large')]
      return false
    }
    this.#gathered.add(bytes)
    return true
  }

  whole(): boolean {
    const errors = this.#judge(this.#gathered.take())
    if (errors === undefined) {
      this.#number++
      return true
    }
    this.#details = errors.map(({ pointer, issue, message }) => ({
      in: 'body',
      field: `/${this.#number}${pointer}`,
      issue,
      message,
    }))
    return false
  }
}
