// A body that is judged as it streams by, as the engine sees it. What is wrong at its end must be
// said while there is something left to hold back: where the length is known, with the last piece.
import { type Detail, type Refusal } from '../base.ts'
import type { ContentWatch } from '../contract.ts'
import type { BodyLength, BodyWatch, Verdict } from '../http.ts'

export function watchedBody(
  watch: ContentWatch,
  length: BodyLength,
  refusalOf: (details: readonly Detail[]) => Refusal,
): BodyWatch {
  let left = typeof length === 'number' ? length : Infinity
  const verdictOf = (details: readonly Detail[] | undefined): Verdict =>
    details === undefined ? undefined : refusalOf(details)
  return {
    piece(piece) {
      left -= piece.length
      return verdictOf(watch.piece(piece) ?? (left > 0 ? undefined : watch.end()))
    },
    end: () => (left > 0 ? verdictOf(watch.end()) : undefined),
    get heldBytes() {
      return watch.heldBytes
    },
  }
}
