// The body of a request on its way through: counted, and either held whole until it has been
// checked, or looked at as it streams by.
import { type Occupancy, type Refusal, refuse } from '../base.ts'
import type { Piece, RequestHead } from '../http.ts'
import { overloaded } from './causes.ts'
import { HeldBody } from './held-body.ts'
import type { NamedPolicy } from './step-names.ts'
import { Watches, type Watching } from './watches.ts'

export interface BodyTerms {
  readonly occupancy: Occupancy
  /** Of all bodies that are held, in all threads. */
  readonly heldBytesMax: number
  /** Of this one. */
  readonly bytesMax: number
  /** Undefined where only its end tells. */
  readonly announcedBytes: number | undefined
}

export interface RefusedBody {
  readonly refusal: Refusal
  readonly by: NamedPolicy | undefined
}

/** Undefined where none comes; a refusal of one that says of itself that it is too large. */
export function expectedBody(
  { bodyLength }: RequestHead,
  terms: Omit<BodyTerms, 'announcedBytes'>,
): RequestBody | Refusal | undefined {
  if (bodyLength === 'none' || bodyLength === 0) return undefined
  const announcedBytes = bodyLength === 'streamed' ? undefined : bodyLength
  if ((announcedBytes ?? 0) > terms.bytesMax) return tooLarge.refusal
  return new RequestBody({ ...terms, announcedBytes })
}

export class RequestBody {
  /** That came. */
  bytes = 0
  isDone = false
  /** All of it, once it is there. */
  whole: Buffer | undefined
  readonly #terms: BodyTerms
  #holding: HeldBody | undefined
  #watches: Watches | undefined

  constructor(terms: BodyTerms) {
    this.#terms = terms
  }

  /** Holds what comes from now on; false where there is no room: then it streams. */
  hold(): boolean {
    const { occupancy, heldBytesMax, bytesMax, announcedBytes } = this.#terms
    const held = new HeldBody({ occupancy, heldBytesMax, bytesMax: announcedBytes ?? bytesMax })
    if (held.hasRoom(announcedBytes ?? 0)) this.#holding = held
    return this.isHeld
  }

  get isHeld(): boolean {
    return this.#holding !== undefined
  }

  /** Lets these look at what comes from now on. */
  watch(all: readonly Watching[]): void {
    if (all.length > 0) this.#watches = new Watches(all, this.#terms)
  }

  take(piece: Piece): RefusedBody | undefined {
    this.bytes += piece.length
    if (this.bytes > this.#terms.bytesMax) return tooLarge
    if (this.#holding === undefined) return this.#watches?.piece(piece)
    return this.#holding.add(piece) ? undefined : noRoom
  }

  /** One that is refused here is not done. */
  end(): RefusedBody | undefined {
    const refused = this.#watches?.end()
    this.isDone = refused === undefined
    this.whole = this.#holding?.bytes
    return refused
  }

  release(): void {
    this.#watches?.release()
    this.#holding?.release()
  }
}

const tooLarge: RefusedBody = { refusal: refuse('CONTENT_TOO_LARGE'), by: undefined }

export const noRoom: RefusedBody = {
  refusal: overloaded('there was no room to hold the body'),
  by: undefined,
}
