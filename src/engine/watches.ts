// Who looks at a body as it streams, and under which name.
import type { BodyWatch, Exchange } from '../http.ts'
import type { HeldTerms } from './held-body.ts'
import type { LinkedWatch } from './snapshot.ts'

export interface Watching {
  readonly policy: string
  readonly watch: BodyWatch
}

export const noWatches: readonly Watching[] = Object.freeze([])

/** Counts what watches keep of one body among all that is held. */
export class KeptBytes {
  readonly #terms: Pick<HeldTerms, 'occupancy' | 'heldBytesMax'>
  #noted = 0

  constructor(terms: Pick<HeldTerms, 'occupancy' | 'heldBytesMax'>) {
    this.#terms = terms
  }

  /** False where all bodies together are too large. */
  note(watches: readonly Watching[]): boolean {
    let kept = 0
    for (const { watch } of watches) kept += watch.heldBytes ?? 0
    const change = kept - this.#noted
    if (change === 0) return true
    const { occupancy, heldBytesMax } = this.#terms
    this.#noted = kept
    occupancy.note('heldBytes', change)
    return change < 0 || occupancy.total('heldBytes') <= heldBytesMax
  }

  release(): void {
    this.#terms.occupancy.note('heldBytes', -this.#noted)
    this.#noted = 0
  }
}

export function beginWatches(all: readonly LinkedWatch[], exchange: Exchange): readonly Watching[] {
  if (all.length === 0) return noWatches
  return all.flatMap(({ policy, watch }) => {
    const begun = watch(exchange)
    return begun === undefined ? [] : { policy, watch: begun }
  })
}
