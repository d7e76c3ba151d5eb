// Reads an Overlay document (OpenAPI Overlay Specification 1.0 and 1.1) into actions, each of which
// knows where it stands. What the specification would let pass without effect is refused.
import { nearestWord, type Place, pointerToken, type Problem } from '../base.ts'
import { overlayBounds } from './budget.ts'
import { parseJsonPath } from './jsonpath-parse.ts'
import type { Query } from './jsonpath-query.ts'
import type { Located } from './text.ts'

export interface Overlay {
  /** What it says that it is meant for, as written. */
  readonly extends: string | undefined
  /** Whether it may change single values, and copy: 1.1. */
  readonly isLater: boolean
  readonly actions: readonly Action[]
  /** Of a JSON Pointer into the overlay. */
  readonly locate: (pointer: string) => Place
}

export interface Action {
  readonly target: Query
  /** As written. */
  readonly targetText: string
  readonly change:
    | { readonly kind: 'remove' }
    | { readonly kind: 'update'; readonly value: unknown }
    | { readonly kind: 'copy'; readonly from: Query }
  /** Of the action in the overlay. */
  readonly pointer: string
}

interface Reading {
  readonly locate: (pointer: string) => Place
  readonly problems: Problem[]
}

type Fields = Readonly<Record<string, unknown>>

/** Undefined where there are problems. */
export function readOverlay({ value, locate }: Located): {
  overlay: Overlay | undefined
  problems: Problem[]
} {
  const reading: Reading = { locate, problems: [] }
  const overlay = overlayOf(reading, value)
  return { overlay: reading.problems.length > 0 ? undefined : overlay, problems: reading.problems }
}

function overlayOf(reading: Reading, root: unknown): Overlay | undefined {
  if (!isFields(root) || root['overlay'] === undefined) {
    return refuse(reading, '', 'this is no overlay: it has no `overlay` field')
  }
  const version = root['overlay']
  if (typeof version !== 'string' || !/^1\.[01]\.\d+$/.test(version)) {
    const written = JSON.stringify(version)
    const message = `Overlay ${written} is not read: write 1.0.0 or 1.1.0, as a string`
    return refuse(reading, '/overlay', message)
  }
  const isLater = version.startsWith('1.1')
  checkFields(reading, '', root, ['overlay', 'info', 'extends', 'actions'])
  checkInfo(reading, root['info'], isLater)
  const meant = textOf(reading, '', root, 'extends')
  const actions = readActions(reading, root['actions'], isLater)
  return { extends: meant, isLater, actions, locate: reading.locate }
}

function checkInfo(reading: Reading, info: unknown, isLater: boolean): void {
  if (!isFields(info)) return refuse(reading, '/info', '`info` must be an object')
  const known = ['title', 'version', ...(isLater ? ['description'] : [])]
  checkFields(reading, '/info', info, known)
  for (const key of known) textOf(reading, '/info', info, key)
  for (const key of ['title', 'version']) {
    if (info[key] === undefined) refuse(reading, '/info', `\`${key}\` is missing`)
  }
}

function readActions(reading: Reading, written: unknown, isLater: boolean): Action[] {
  if (!Array.isArray(written) || written.length === 0) {
    refuse(reading, '/actions', '`actions` must be a list with one action at least')
    return []
  }
  if (written.length > overlayBounds.actionsMax) {
    const message = `there are more than ${overlayBounds.actionsMax} actions`
    refuse(reading, '/actions', message)
    return []
  }
  return written.flatMap((one, at) => readAction(reading, `/actions/${at}`, one, isLater) ?? [])
}

function readAction(
  reading: Reading,
  pointer: string,
  written: unknown,
  isLater: boolean,
): Action | undefined {
  if (!isFields(written)) return refuse(reading, pointer, 'an action must be an object')
  if (!isLater && written['copy'] !== undefined) {
    const message = '`copy` is of Overlay 1.1: write `overlay: 1.1.0`'
    return refuse(reading, `${pointer}/copy`, message)
  }
  checkFields(reading, pointer, written, ['target', 'description', 'update', 'copy', 'remove'])
  textOf(reading, pointer, written, 'description')
  const target = queryOf(reading, pointer, written, 'target')
  const change = changeOf(reading, pointer, written)
  if (target === undefined || change === undefined) return undefined
  return { target, targetText: written['target'] as string, change, pointer }
}

function changeOf(
  reading: Reading,
  pointer: string,
  written: Fields,
): Action['change'] | undefined {
  const { remove = false } = written
  if (typeof remove !== 'boolean') {
    return refuse(reading, `${pointer}/remove`, '`remove` must be true or false')
  }
  const changes = ['update', 'copy'].filter((key) => Object.hasOwn(written, key))
  if (remove) changes.unshift('remove')
  const [first, second] = changes
  if (first === undefined) {
    return refuse(reading, pointer, 'this has no effect: write `update`, `copy` or `remove: true`')
  }
  if (second !== undefined) {
    return refuse(
      reading,
      `${pointer}/${second}`,
      `\`${second}\` has no effect beside \`${first}\``,
    )
  }
  if (first === 'remove') return { kind: 'remove' }
  if (first === 'update') return { kind: 'update', value: written['update'] }
  const from = queryOf(reading, pointer, written, 'copy')
  return from && { kind: 'copy', from }
}

function queryOf(
  reading: Reading,
  pointer: string,
  written: Fields,
  key: string,
): Query | undefined {
  const text = textOf(reading, pointer, written, key)
  if (text === undefined) {
    return written[key] === undefined
      ? refuse(reading, pointer, `\`${key}\` is missing: say with JSONPath what is changed`)
      : undefined
  }
  const query = parseJsonPath(text)
  if (!('fault' in query)) return query
  const where =
    query.offset < text.length
      ? `at ${JSON.stringify(text.slice(query.offset, query.offset + 20))}`
      : 'at its end'
  return refuse(reading, `${pointer}/${key}`, `not valid JSONPath ${where}: ${query.fault}`)
}

function textOf(
  reading: Reading,
  pointer: string,
  fields: Fields,
  key: string,
): string | undefined {
  const value = fields[key]
  if (value === undefined || typeof value === 'string') return value
  return refuse(reading, `${pointer}/${key}`, `\`${key}\` must be a string`)
}

function checkFields(
  reading: Reading,
  pointer: string,
  fields: Fields,
  known: readonly string[],
): void {
  for (const key of Object.keys(fields)) {
    if (known.includes(key) || key.startsWith('x-')) continue
    const nearest = nearestWord(key, known)
    const hint =
      nearest === undefined ? `known here are ${known.join(', ')}` : `did you mean \`${nearest}\`?`
    refuse(reading, `${pointer}/${pointerToken(key)}`, `unknown key \`${key}\`: ${hint}`)
  }
}

function refuse({ locate, problems }: Reading, pointer: string, message: string): undefined {
  problems.push({ severity: 'error', message, place: locate(pointer) })
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
