// A value of the contract as written, with its address, and the values below it: `$ref` is followed
// wherever one stands. What leads nowhere is not there: that has been said when the contract was read.
import { type Documents, pointerToken } from '../base.ts'

export interface Spot {
  readonly uri: string
  readonly pointer: string
  readonly value: unknown
}

const hopsMax = 32

export const rootOf = ({ root, values }: Documents): Spot => ({
  uri: root,
  pointer: '',
  value: values.get(root),
})

export type JsonObject = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The member of that name, as written. */
export function member(spot: Spot | undefined, key: string | number): Spot | undefined {
  const value = spot?.value
  if (spot === undefined || typeof value !== 'object' || value === null) return undefined
  if (!Object.hasOwn(value, key)) return undefined
  const pointer = `${spot.pointer}/${pointerToken(key)}`
  return { uri: spot.uri, pointer, value: (value as Record<string, unknown>)[key] }
}

/** What the spot stands for, through any chain of `$ref`. */
export function followed(documents: Documents, spot: Spot | undefined): Spot | undefined {
  let found = spot
  for (let hops = 0; hops < hopsMax; hops++) {
    const reference = member(found, '$ref')
    if (reference === undefined) return found
    found = target(documents, reference)
  }
  return undefined
}

/** Every member or item that is there, followed, with its key. */
export function members(
  documents: Documents,
  spot: Spot | undefined,
): (readonly [key: string, spot: Spot])[] {
  const value = spot?.value
  if (typeof value !== 'object' || value === null) return []
  return Object.keys(value).flatMap((key) => {
    const found = followed(documents, member(spot, key))
    return found === undefined ? [] : [[key, found] as const]
  })
}

function target(documents: Documents, { uri, value }: Spot): Spot | undefined {
  const url = typeof value === 'string' ? URL.parse(value, uri) : null
  if (url === null) return undefined
  const tokens = tokensOf(url.hash)
  url.hash = ''
  let spot: Spot | undefined = {
    uri: url.href,
    pointer: '',
    value: documents.values.get(url.href),
  }
  for (const token of tokens) spot = member(spot, token)
  return spot
}

function tokensOf(hash: string): string[] {
  try {
    const tokens = decodeURIComponent(hash.slice(1)).split('/').slice(1)
    return tokens.map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
  } catch {
    return []
  }
}
