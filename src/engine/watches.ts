// Who looks at a body as it streams, under which name, and how much of it they keep meanwhile.
import type { Refusal } from '../base.ts'
import type { BodyWatch, Exchange, Piece } from '../http.ts'
import { overloaded } from './causes.ts'
import type { HeldTerms } from './held-body.ts'
import type { LinkedWatch } from './snapshot.ts'
import type { NamedPolicy } from './step-names.ts'

export interface Watching extends NamedPolicy {
  readonly watch: BodyWatch
}

/** What was refused, and by whom; undefined: by the engine, for want of room. */
export interface RefusedByWatch {
  readonly refusal: Refusal
  readonly by: NamedPolicy | undefined
}

/** Those who look at one body. What they keep of it counts among all that is held. */
export class Watches {
  readonly #terms: Pick<HeldTerms, 'occupancy' | 'heldBytesMax'>
  #all: readonly Watching[]
  #noted = 0

  constructor(all: readonly Watching[], terms: Pick<HeldTerms, 'occupancy' | 'heldBytesMax'>) {
    this.#all = all
    this.#terms = terms
  }

  piece(piece: Piece): RefusedByWatch | undefined {
    for (const by of this.#all) {
      const refusal = by.watch.piece(piece)
      if (refusal !== undefined) return { refusal, by }
    }
    return this.#note() || this.#hasRoomWithoutShadows() ? undefined : noRoom
  }

  end(): RefusedByWatch | undefined {
    for (const by of this.#all) {
      const refusal = by.watch.end()
      if (refusal !== undefined) return { refusal, by }
    }
    return undefined
  }

  release(): void {
    this.#all = []
    this.#note()
  }

  /** False where more is kept than before, and all bodies together are too large. */
  #note(): boolean {
    let kept = 0
    for (const { watch } of this.#all) kept += watch.heldBytes ?? 0
    const change = kept - this.#noted
    if (change === 0) return true
    this.#noted = kept
    this.#terms.occupancy.note('heldBytes', change)
    return change < 0 || this.#isRoom()
  }

  #isRoom(): boolean {
    return this.#terms.occupancy.total('heldBytes') <= this.#terms.heldBytesMax
  }

  /** Who has no say must not cost a body its way: he looks no further. */
  #hasRoomWithoutShadows(): boolean {
    this.#all = this.#all.filter(({ isShadow }) => isShadow !== true)
    this.#note()
    return this.#all.length === 0 || this.#isRoom()
  }
}

const noRoom: RefusedByWatch = {
  refusal: overloaded('there was no room for what is kept of the body'),
  by: undefined,
}

const nobody: readonly Watching[] = Object.freeze([])

/** `own` is one of the engine itself, where there is any. */
export function beginWatches(
  all: readonly LinkedWatch[],
  exchange: Exchange,
  own?: { watching(): Watching },
): readonly Watching[] {
  if (all.length === 0) return own === undefined ? nobody : [own.watching()]
  const watching = all.flatMap(({ watch, ...by }): Watching[] => {
    const begun = watch(exchange)
    return begun === undefined ? [] : [{ ...by, watch: begun }]
  })
  return own === undefined ? watching : [...watching, own.watching()]
}
