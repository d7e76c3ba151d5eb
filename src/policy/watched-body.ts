// A body that is judged as it streams by, as the engine sees it. What is wrong at its end must be
// said while there is something left to hold back: where the length is known, with the last piece.
import { type Detail, type Refusal } from '../base.ts'
import type { ContentWatch } from '../contract.ts'
import type { BodyLength, BodyWatch, Verdict } from '../http.ts'

/** `ofNothing` is said of a body that turns out to be none. */
export function watchedBody(
  watch: ContentWatch,
  length: BodyLength,
  refusalOf: (details: readonly Detail[]) => Refusal,
  ofNothing?: readonly Detail[],
): BodyWatch {
  let left = typeof length === 'number' ? length : Infinity
  let isEmpty = true
  const verdictOf = (details: readonly Detail[] | undefined): Verdict =>
    details === undefined ? undefined : refusalOf(details)
  return {
    piece(piece) {
      if (piece.length === 0) return undefined
      isEmpty = false
      left -= piece.length
      return verdictOf(watch.piece(piece) ?? (left > 0 ? undefined : watch.end()))
    },
    end() {
      if (isEmpty) return verdictOf(ofNothing)
      return left > 0 ? verdictOf(watch.end()) : undefined
    },
    get heldBytes() {
      return watch.heldBytes
    },
  }
}
