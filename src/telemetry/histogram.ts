// A histogram of milliseconds from 10 µs to 10 minutes in 180 cells of a typed array.
// The bounds are decimal and at most 14 % apart, so a quantile is off by at most 7 % and every
// bound that is exported is also a bound in memory: its cumulative count is exact.
import { assert } from '../base.ts'

const stepsPerDecade = [
  1, 1.1, 1.2, 1.35, 1.5, 1.65, 1.8, 2, 2.2, 2.5, 2.75, 3, 3.3, 3.6, 4, 4.5, 5, 5.5, 6, 6.6, 7.5,
  8.2, 9,
]
const firstDecade = -2
const lastBoundMs = 600_000

/** Inclusive upper bounds of the cells, in milliseconds; one more cell takes what is above. */
export const boundsMs = Float64Array.from(decimalBounds())

function decimalBounds(): number[] {
  const bounds: number[] = []
  for (let decade = firstDecade; ; decade++) {
    for (const step of stepsPerDecade) {
      const bound = Number(`${step}e${decade}`)
      bounds.push(bound)
      if (bound === lastBoundMs) return bounds
    }
  }
}

/** Cells of one histogram: the sum, then a count for each bound, then the count above them. */
export const histogramCells = 1 + boundsMs.length + 1
const firstCount = 1

// From a value to its cell without a search: the exponent and the first four bits of the mantissa
// of a double cut the numbers into slices narrower than our cells, so at most one bound lies in a
// slice, and one comparison decides. 9 ns over random values, where a binary search takes 52.
const float = new Float64Array(1)
const words = new Uint32Array(float.buffer)
const highWord = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0

function sliceOf(ms: number): number {
  float[0] = ms
  return words[highWord]! >>> 16
}

const firstSlice = sliceOf(boundsMs[0]!)
const sliceCells = Uint8Array.from({ length: sliceOf(lastBoundMs) - firstSlice + 1 }, (_, slice) =>
  cellAtStartOf(firstSlice + slice),
)

function cellAtStartOf(slice: number): number {
  words[highWord] = slice << 16
  words[1 - highWord] = 0
  const start = float[0]!
  return boundsMs.findIndex((bound) => start <= bound)
}

function cellOf(ms: number): number {
  // Written so that NaN and negative numbers, which a clock should not give, count as nothing.
  if (!(ms > boundsMs[0]!)) return 0
  if (ms > lastBoundMs) return boundsMs.length
  const cell = sliceCells[sliceOf(ms) - firstSlice]!
  return ms > boundsMs[cell]! ? cell + 1 : cell
}

/** Counts one value. */
export function recordMs(cells: Float64Array, ms: number): void {
  const cell = firstCount + cellOf(ms)
  cells[cell] = cells[cell]! + 1
  if (ms > 0) cells[0] = cells[0]! + ms
}

export function sumMs(cells: Float64Array): number {
  return cells[0]!
}

export function countOf(cells: Float64Array): number {
  let count = 0
  for (let cell = firstCount; cell < cells.length; cell++) count += cells[cell]!
  return count
}

/** The value that the share `q` of all values does not exceed: the middle of its cell. */
export function quantileMs(cells: Float64Array, q: number): number {
  const rank = Math.max(1, Math.ceil(q * countOf(cells)))
  let seen = 0
  for (let i = 0; i < boundsMs.length; i++) {
    seen += cells[firstCount + i]!
    if (seen >= rank) return ((boundsMs[i - 1] ?? 0) + boundsMs[i]!) / 2
  }
  return seen === 0 && countOf(cells) === 0 ? 0 : lastBoundMs
}

/** Bounds that are shown outside, with the number of the cell that each closes. */
export interface ShownBounds {
  readonly seconds: readonly string[]
  readonly cells: readonly number[]
}

/** Each bound must be one of `boundsMs`. */
export function shownBounds(seconds: readonly number[]): ShownBounds {
  const cells = seconds.map((bound) => boundsMs.indexOf(Number((bound * 1000).toPrecision(6))))
  assert(!cells.includes(-1), 'a bound that is shown is a bound in memory')
  return { seconds: seconds.map(String), cells }
}

/** How many values do not exceed each shown bound, and at last how many there are. */
export function cumulativeCounts(cells: Float64Array, shown: ShownBounds): number[] {
  const counts: number[] = []
  let seen = 0
  let next = 0
  for (const cell of shown.cells) {
    for (; next <= cell; next++) seen += cells[firstCount + next]!
    counts.push(seen)
  }
  for (; next <= boundsMs.length; next++) seen += cells[firstCount + next]!
  counts.push(seen)
  return counts
}
