// What TypeScript hands over must be what JSON can say: it goes through bytes, and anything else
// would be lost on the way without a word.

const depthMax = 64

/** What in a value is no data, with its pointer; undefined: nothing. */
export function notData(value: unknown, pointer = '', depth = 0): string | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined
  if (typeof value === 'number') {
    return Number.isFinite(value) ? undefined : said(pointer, `is ${value}`)
  }
  if (typeof value !== 'object') return said(pointer, `is a ${typeof value}`)
  if (depth > depthMax) return said(pointer, `is deeper than ${depthMax}, or a circle`)
  const proto: unknown = Object.getPrototypeOf(value)
  if (!Array.isArray(value) && proto !== Object.prototype && proto !== null) {
    return said(pointer, `is a ${value.constructor?.name ?? 'value of a class'}`)
  }
  for (const [key, one] of Object.entries(value)) {
    // As JSON has it: left out of an object, null in an array.
    if (one === undefined && !Array.isArray(value)) continue
    const problem = notData(one, `${pointer}/${key}`, depth + 1)
    if (problem !== undefined) return problem
  }
  return undefined
}

const said = (pointer: string, what: string): string =>
  `${pointer === '' ? 'it' : `'${pointer}'`} ${what}, and only data can be passed on`
