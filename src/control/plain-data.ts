// What TypeScript hands over must be what JSON can say: it goes through bytes, and anything else
// would be lost on the way without a word.

const depthMax = 64

export interface NotData {
  readonly pointer: string
  readonly message: string
}

/** The first thing in a value that is no data; undefined: there is none. */
export function notData(value: unknown, pointer = '', depth = 0): NotData | undefined {
  const what = otherThanData(value, depth)
  if (what !== undefined) {
    const name = pointer === '' ? 'it' : `'${pointer.slice(1).replaceAll('/', '.')}'`
    return { pointer, message: `${name} is ${what}, and only data can be passed on` }
  }
  if (typeof value !== 'object' || value === null) return undefined
  for (const [key, one] of Object.entries(value)) {
    // As JSON has it: left out of an object, no value in an array.
    if (one === undefined && !Array.isArray(value)) continue
    const inside = notData(one, `${pointer}/${key}`, depth + 1)
    if (inside !== undefined) return inside
  }
  return undefined
}

function otherThanData(value: unknown, depth: number): string | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : String(value)
  if (typeof value !== 'object') return value === undefined ? 'undefined' : `a ${typeof value}`
  if (depth > depthMax) return `deeper than ${depthMax}, or a circle`
  const kind: unknown = Object.getPrototypeOf(value)
  if (Array.isArray(value) || kind === Object.prototype || kind === null) return undefined
  return `a ${value.constructor.name}`
}
