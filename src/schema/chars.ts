// Sets of characters of a pattern. Most are ranges of code points; one with a Unicode property is
// opaque: only the native engine knows what is in it.

export interface Chars {
  /** Sorted first, last, first, last, …; undefined: opaque. */
  readonly ranges: readonly number[] | undefined
  has(point: number): boolean
}

const lastPoint = 0x10ffff

export function charsOf(...ranges: number[]): Chars {
  const merged = mergedRanges(ranges)
  return { ranges: merged, has: (point) => inRanges(merged, point) }
}

/** `source`: a class or an escape that stands for one character, as written. */
export function opaqueChars(source: string): Chars {
  const pattern = new RegExp(`^${source}$`, 'u')
  return { ranges: undefined, has: (point) => pattern.test(String.fromCodePoint(point)) }
}

export function complement(ranges: readonly number[]): number[] {
  const rest: number[] = []
  let from = 0
  for (let at = 0; at < ranges.length; at += 2) {
    const first = ranges[at] ?? 0
    if (first > from) rest.push(from, first - 1)
    from = (ranges[at + 1] ?? 0) + 1
  }
  if (from <= lastPoint) rest.push(from, lastPoint)
  return rest
}

/** Whether some character may be in both: opaque sets are taken to meet every other. */
export function meet(one: Chars, other: Chars): boolean {
  if (one.ranges === undefined || other.ranges === undefined) return true
  let left = 0
  let right = 0
  while (left < one.ranges.length && right < other.ranges.length) {
    const first = Math.max(one.ranges[left] ?? 0, other.ranges[right] ?? 0)
    const leftLast = one.ranges[left + 1] ?? 0
    const rightLast = other.ranges[right + 1] ?? 0
    if (first <= Math.min(leftLast, rightLast)) return true
    if (leftLast < rightLast) left += 2
    else right += 2
  }
  return false
}

export function mergedRanges(ranges: readonly number[]): number[] {
  const pairs: [number, number][] = []
  for (let at = 0; at < ranges.length; at += 2) pairs.push([ranges[at] ?? 0, ranges[at + 1] ?? 0])
  pairs.sort((a, b) => a[0] - b[0])
  const merged: number[] = []
  for (const [first, last] of pairs) {
    const before = merged.at(-1)
    if (before !== undefined && first <= before + 1)
      merged[merged.length - 1] = Math.max(before, last)
    else merged.push(first, last)
  }
  return merged
}

function inRanges(ranges: readonly number[], point: number): boolean {
  let low = 0
  let high = ranges.length >> 1
  while (low < high) {
    const middle = (low + high) >> 1
    if ((ranges[2 * middle + 1] ?? 0) < point) low = middle + 1
    else high = middle
  }
  return (ranges[2 * low] ?? Infinity) <= point
}

const digit = [0x30, 0x39]
const word = [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a]
const space = [
  [0x9, 0xd, 0x20, 0x20, 0xa0, 0xa0, 0x1680, 0x1680, 0x2000, 0x200a, 0x2028, 0x2029],
  [0x202f, 0x202f, 0x205f, 0x205f, 0x3000, 0x3000, 0xfeff, 0xfeff],
].flat()

/** `\d` and its like. */
export const classEscapes: Readonly<Record<string, readonly number[]>> = {
  d: digit,
  D: complement(digit),
  w: word,
  W: complement(word),
  s: space,
  S: complement(space),
}

/** The dot: everything but line ends. */
export const dotRanges = complement([0xa, 0xa, 0xd, 0xd, 0x2028, 0x2029])
