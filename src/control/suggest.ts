// "Did you mean": the nearest of the words that would have been right.

/** The nearest known word, unless it is too far to be a slip of the pen. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  let best: string | undefined
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue
    const far = distance(word.toLowerCase(), candidate.toLowerCase())
    if (far < bestDistance) {
      best = candidate
      bestDistance = far
    }
  }
  return best
}

/** ` (did you mean 'x'?)`, or nothing. */
export function suggestion(word: string, known: Iterable<string>): string {
  const best = word.length > 100 ? undefined : nearest(word, known)
  return best === undefined ? '' : ` (did you mean '${best}'?)`
}

/** Damerau–Levenshtein, restricted: a swap of two neighbours counts one, as a slip does. */
export function distance(a: string, b: string): number {
  let before: number[] = []
  let above = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      row[j] = Math.min(changed, above[j]! + 1, row[j - 1]! + 1)
      if (swapped) row[j] = Math.min(row[j]!, before[j - 2]! + 1)
    }
    before = above
    above = row
  }
  return above[b.length]!
}
