// Equality of JSON values, by a canonical text: keys in order, so that equal values have equal
// texts and a set finds a duplicate among n items without n² comparisons.
import { TooDeep } from './bounds.ts'

const depthMax = 1_000

function canonical(value: unknown, depth = 0): string {
  if (typeof value !== 'object' || value === null) return scalarText(value)
  if (depth > depthMax) throw new TooDeep('the value is nested too deep to be compared')
  if (Array.isArray(value)) {
    let text = '['
    for (const item of value) text += `${canonical(item, depth + 1)},`
    return `${text}]`
  }
  const object = value as Record<string, unknown>
  let text = '{'
  for (const key of inOrder(Object.keys(object))) {
    text += `${key.length}:${key}${canonical(object[key], depth + 1)},`
  }
  return `${text}}`
}

/** Texts are told apart by their length in front, which costs less than quoting them. */
function scalarText(value: unknown): string {
  // A negative zero equals zero, and prints like it.
  return typeof value === 'string' ? `"${value.length}:${value}` : String(value)
}

/** Most objects of a list have their keys in one order, and often it is this one. */
function inOrder(keys: string[]): string[] {
  for (let at = 1; at < keys.length; at++) if (keys[at - 1]! > keys[at]!) return keys.sort()
  return keys
}

const isScalar = (value: unknown): boolean => typeof value !== 'object' || value === null

/** Whether a value of a schema can be compared with others at all. */
export function isComparable(value: unknown): boolean {
  try {
    return canonical(value) !== ''
  } catch {
    return false
  }
}

/** Below this, comparing each with each beats filling a set. */
const fewItems = 8

export function allDifferent(items: readonly unknown[]): boolean {
  if (items.length <= fewItems && items.every(isScalar)) return fewDifferent(items)
  return items.every(isNumber) ? differentNumbers(items) : duplicateIndex(items) < 0
}

const isNumber = (item: unknown): item is number => typeof item === 'number'

/** By sorting: V8 hashes numbers without a seed, so a set of 33,000 chosen ones took 1.8 s to fill. */
function differentNumbers(items: readonly number[]): boolean {
  return repeatedNumbers(items).length === 0
}

/** In ascending order, each once. */
function repeatedNumbers(items: readonly number[]): number[] {
  const sorted = Float64Array.from(items).sort()
  const repeated: number[] = []
  for (let at = 1; at < sorted.length; at++) {
    const one = sorted[at]!
    if (one === sorted[at - 1] && one !== repeated.at(-1)) repeated.push(one)
  }
  return repeated
}

function fewDifferent(items: readonly unknown[]): boolean {
  for (let at = 1; at < items.length; at++) {
    for (let before = 0; before < at; before++) if (items[at] === items[before]) return false
  }
  return true
}

/** Index of the first item that equals an earlier one, or -1. */
export function duplicateIndex(items: readonly unknown[]): number {
  const number = duplicateNumber(items)
  const end = number < 0 ? items.length : number
  const scalars = new Set<unknown>()
  const others = new Set<string>()
  for (let at = 0; at < end; at++) {
    const item = items[at]
    if (isNumber(item)) continue
    const plain = isScalar(item)
    const seen = plain ? scalars.size : others.size
    if (plain) scalars.add(item)
    else others.add(canonical(item))
    if (seen === (plain ? scalars.size : others.size)) return at
  }
  return number
}

function duplicateNumber(items: readonly unknown[]): number {
  const repeated = repeatedNumbers(items.filter(isNumber))
  if (repeated.length === 0) return -1
  const seen = new Uint8Array(repeated.length)
  for (let at = 0; at < items.length; at++) {
    const item = items[at]
    const place = isNumber(item) ? placeIn(repeated, item) : -1
    if (place < 0) continue
    if (seen[place] === 1) return at
    seen[place] = 1
  }
  return -1
}

/** Where a number stands in an ascending list, or -1. */
function placeIn(ascending: readonly number[], wanted: number): number {
  let low = 0
  let high = ascending.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (ascending[middle]! < wanted) low = middle + 1
    else high = middle
  }
  return ascending[low] === wanted ? low : -1
}

/** As `isAmong`, made once for each list however often it is asked for. */
export function isAmongOnce(listed: readonly unknown[]): (value: unknown) => boolean {
  const test = made.get(listed) ?? isAmong(listed)
  made.set(listed, test)
  return test
}

const made = new WeakMap<readonly unknown[], (value: unknown) => boolean>()

/** Whether a value is one of those listed. */
export function isAmong(listed: readonly unknown[]): (value: unknown) => boolean {
  const scalars = listed.filter(isScalar)
  const texts = new Set(listed.filter((one) => !isScalar(one)).map((one) => canonical(one)))
  const isListed = isAmongScalars(scalars)
  if (texts.size === 0) return isListed
  return (value) => (isScalar(value) ? isListed(value) : texts.has(canonical(value)))
}

function isAmongScalars(scalars: readonly unknown[]): (value: unknown) => boolean {
  const [first, second, third] = scalars
  if (scalars.length === 0) return () => false
  if (scalars.length === 1) return (value) => value === first
  if (scalars.length === 2) return (value) => value === first || value === second
  if (scalars.length === 3) return (value) => value === first || value === second || value === third
  const set = new Set(scalars)
  return (value) => set.has(value)
}
