// "Did you mean": the nearest of the words that would have been right, as a message ends with it.
import { nearestWord } from '../base.ts'

/** ` (did you mean 'x'?)`, or nothing. */
export function suggestion(word: string, known: Iterable<string>): string {
  const best = nearestWord(word, known)
  return best === undefined ? '' : ` (did you mean '${best}'?)`
}
