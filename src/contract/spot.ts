// A value together with where it stands, so that whatever is wrong with it can be said with a
// line; and the one way in which OpenAPI objects follow `$ref`.
import { type Documents, pointerToken, type Problem, selfOf, targetsOf } from '../base.ts'
import type { Dialect, Direction } from '../schema.ts'

export interface Spot {
  readonly uri: string
  readonly pointer: string
  readonly value: unknown
}

/** What the readers of a contract share while they read it. */
export interface Reading {
  readonly documents: Documents
  readonly selves: Selves
  readonly openapi: '3.0' | '3.1' | '3.2'
  readonly dialect: Dialect
  readonly problems: Problem[]
  /** Which way travels what is being read. */
  readonly direction: Direction
  /** Numbers a schema for the plan, in that direction. */
  readonly addSchema: (spot: Spot) => number
}

export type JsonObject = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The member or item of that name; only own ones, so that `constructor` is not found. */
export function child(spot: Spot, key: string | number): Spot | undefined {
  const { value } = spot
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
  const pointer = `${spot.pointer}/${pointerToken(key)}`
  return { uri: spot.uri, pointer, value: (value as Record<string, unknown>)[key] }
}

/** Every member of an object with its key, every item of an array with its index. */
export function children(spot: Spot): (readonly [string, Spot])[] {
  const { value } = spot
  if (typeof value !== 'object' || value === null) return []
  return Object.keys(value).map((key) => [key, child(spot, key)!] as const)
}

export function report(
  reading: Reading,
  spot: Spot,
  message: string,
  severity: Problem['severity'] = 'error',
): void {
  const place = reading.documents.locate(spot.uri, spot.pointer)
  reading.problems.push({ severity, message, place })
}

/** A member that must be a string where it is there at all. */
export function stringOf(reading: Reading, spot: Spot, key: string): string | undefined {
  return typed(reading, spot, key, 'string') as string | undefined
}

/** A member that must be true or false where it is there at all. */
export function booleanOf(reading: Reading, spot: Spot, key: string): boolean | undefined {
  return typed(reading, spot, key, 'boolean') as boolean | undefined
}

function typed(reading: Reading, spot: Spot, key: string, type: 'string' | 'boolean'): unknown {
  const member = child(spot, key)
  if (member === undefined || typeof member.value === type) return member?.value
  report(reading, member, `\`${key}\` must be a ${type}`)
  return undefined
}

/** A member that must be an object where it is there at all. */
export function objectOf(reading: Reading, spot: Spot, key: string): Spot | undefined {
  const member = child(spot, key)
  if (member === undefined || isObject(member.value)) return member
  report(reading, member, `\`${key}\` must be an object`)
  return undefined
}

const hopsMax = 32

/** What the spot stands for, through any chain of `$ref`; undefined, and reported, where nothing. */
export function follow(reading: Reading, start: Spot): Spot | undefined {
  let spot = start
  for (let hops = 0; hops < hopsMax; hops++) {
    const reference = child(spot, '$ref')
    if (reference === undefined) return spot
    const target = targetOf(reading, reference)
    if (target === undefined) {
      report(reading, reference, `\`$ref\` leads nowhere: ${JSON.stringify(reference.value)}`)
      return undefined
    }
    spot = target
  }
  report(reading, start, '`$ref` goes round in a circle')
  return undefined
}

/** The value that a reference leads to; undefined where it leads nowhere. */
export function targetOf({ documents, selves }: Reading, reference: Spot): Spot | undefined {
  const { uri, value } = reference
  if (typeof value !== 'string') return undefined
  const pointer = decodedFragment(value)
  if (pointer === undefined) return undefined
  for (const target of targetsOf(value, uri, selves.nameOf.get(uri))) {
    const found = selves.named.get(target) ?? target
    if (documents.values.has(found)) return spotAt(documents, found, pointer)
  }
  return undefined
}

function decodedFragment(reference: string): string | undefined {
  const hash = reference.indexOf('#')
  try {
    const pointer = hash < 0 ? '' : decodeURIComponent(reference.slice(hash + 1))
    return pointer === '' || pointer.startsWith('/') ? pointer : undefined
  } catch {
    return undefined
  }
}

/** What documents call themselves (`$self`), and which is called so. */
export interface Selves {
  readonly nameOf: ReadonlyMap<string, string>
  readonly named: ReadonlyMap<string, string>
}

export function selvesOf({ values }: Documents): Selves {
  const nameOf = new Map<string, string>()
  for (const [uri, value] of values) {
    const self = selfOf(value, uri)
    if (self !== undefined) nameOf.set(uri, self)
  }
  return { nameOf, named: new Map([...nameOf].map(([uri, self]) => [self, uri])) }
}

/** The value at a JSON Pointer of a document. */
export function spotAt(documents: Documents, uri: string, pointer: string): Spot | undefined {
  let spot: Spot | undefined = { uri, pointer: '', value: documents.values.get(uri) }
  for (const token of pointer.split('/').slice(1)) {
    spot = spot && child(spot, token.replaceAll('~1', '/').replaceAll('~0', '~'))
  }
  return spot
}
