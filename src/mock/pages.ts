// One page of a list, by whatever parameters the contract pages with, and what an envelope says of
// it: cursor, whether there is more, how many there are.
import { accepts } from './fields.ts'
import type { Schemas } from './schemas.ts'
import { plainName, valueAt, withPart } from './shapes.ts'
import { isObject } from './spots.ts'
import type { Stored } from './store.ts'

export interface Page {
  readonly items: readonly Stored[]
  readonly offset: number
  readonly limit: number
  readonly total: number
  readonly hasMore: boolean
  /** What goes on behind this page; undefined where nobody has read anything yet. */
  readonly cursor: string | undefined
}

const limits = ['limit', 'pagesize', 'perpage', 'maxresults', 'size', 'first', 'top']
const offsets = ['offset', 'skip', 'start']
const numbers = ['page', 'pagenumber']
const cursors =
  'cursor pagetoken nexttoken nextpagetoken continuationtoken after startingafter startafter'.split(
    ' ',
  )

const usualLimit = 20

/** `query`: the parameters that the contract declares, as given or by their default. */
export function pageOf(all: readonly Stored[], query: ReadonlyMap<string, string>): Page {
  const first = (names: readonly string[]) =>
    [...query].find(([name]) => names.includes(plainName(name)))?.[1]
  const limit = whole(first(limits)) ?? usualLimit
  const given = first(cursors)
  const behind = given === undefined ? undefined : orderOf(given, all)
  const page = whole(first(numbers))
  const offset = whole(first(offsets)) ?? (page === undefined ? 0 : Math.max(0, page - 1) * limit)
  const rest = behind === undefined ? all.slice(offset) : all.filter(({ order }) => order > behind)
  const items = rest.slice(0, limit)
  const last = items.at(-1)
  return {
    items,
    offset,
    limit,
    total: all.length,
    hasMore: rest.length > items.length,
    cursor: last === undefined ? given : btoa(`after:${last.order}`).replaceAll('=', ''),
  }
}

const whole = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined

/** A cursor of ours, or the id of the item that is to be gone on behind. */
function orderOf(cursor: string, all: readonly Stored[]): number | undefined {
  const named = all.find(({ value }) => Object.values(value).includes(cursor))
  return named?.order ?? whole(/^after:(\d+)$/.exec(decoded(cursor))?.[1])
}

function decoded(cursor: string): string {
  try {
    return atob(cursor)
  } catch {
    return ''
  }
}

/** The fields of an envelope that speak of the page, wherever they stand around the list. */
export function toldPage(
  schemas: Schemas,
  number: number,
  envelope: unknown,
  list: readonly string[],
  page: Page,
): unknown {
  let told = envelope
  for (const path of memberPaths(envelope, list)) {
    for (const value of saidOf(plainName(path.at(-1)!), page, told)) {
      const next = value === absent ? without(told, path) : withPart(told, path, value)
      if (!accepts(schemas, [number], next)) continue
      told = next
      break
    }
  }
  return told
}

const absent = Symbol('absent')

function without(value: unknown, path: readonly string[]): unknown {
  const around = valueAt(value, path.slice(0, -1))
  const { [path.at(-1)!]: _, ...rest } = around as Record<string, unknown>
  return withPart(value, path.slice(0, -1), rest)
}

const totals = ['total', 'totalcount', 'totalitems', 'totalresults', 'count']
const nexts = [...cursors, 'nextcursor', 'next', 'endcursor', 'nextpageurl', 'nextpageuri']
const befores = [
  'previous',
  'prev',
  'previouscursor',
  'prevcursor',
  'startcursor',
  'previouspageurl',
]

/** What a field of that name says, best first; nothing where it is not about pages. */
function saidOf(name: string, page: Page, envelope: unknown): unknown[] {
  if (name === 'hasmore' || name === 'hasnext' || name === 'hasnextpage') return [page.hasMore]
  if (totals.includes(name)) return [name === 'count' ? page.items.length : page.total, page.total]
  if (name === 'offset') return [page.offset]
  if (limits.includes(name)) return [page.limit]
  if (numbers.includes(name)) return [Math.floor(page.offset / page.limit) + 1]
  if (befores.includes(name)) return [null, absent]
  if (!nexts.includes(name)) return []
  // Where another field says whether there is more, the cursor of the last page stays good.
  const goesOn = page.hasMore || (page.cursor !== undefined && saysMore(envelope))
  return goesOn ? [page.cursor] : [null, absent, '']
}

const saysMore = (value: unknown): boolean => /"has_?(?:more|next)/i.test(JSON.stringify(value))

const depthMax = 3

function memberPaths(
  value: unknown,
  list: readonly string[],
  path: readonly string[] = [],
): string[][] {
  if (!isObject(value) || path.length >= depthMax) return []
  return Object.keys(value).flatMap((name) => {
    const here = [...path, name]
    if (here.join('\u0000') === list.join('\u0000')) return []
    return [here, ...memberPaths(value[name], list, here)]
  })
}
