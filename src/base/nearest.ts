// Suggestions for words that are nearly right.

/** Comparing takes the square of the length, and nobody types a longer word by a slip. */
const wordCharsMax = 100

/** The word that takes the fewest typing slips to reach, where it takes few for its length. */
export function nearestWord(word: string, known: Iterable<string>): string | undefined {
  if (word.length > wordCharsMax) return undefined
  const slipsMax = word.length < 5 ? 1 : word.length < 9 ? 2 : 3
  let best: string | undefined
  let bestSlips = slipsMax + 1
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) >= bestSlips) continue
    const slips = slipsBetween(word.toLowerCase(), candidate.toLowerCase())
    if (slips < bestSlips) [best, bestSlips] = [candidate, slips]
  }
  return best
}

/** Letters to add, drop or change, or neighbours to swap (optimal string alignment). */
function slipsBetween(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      row[j] = Math.min(change, last[j]! + 1, row[j - 1]! + 1)
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (isSwap) row[j] = Math.min(row[j]!, beforeLast[j - 2]! + 1)
    }
    beforeLast = last
    last = row
  }
  return last[b.length]!
}
