// A request body that is held whole. It grows in place: a list of its pieces would let a client
// that sends single bytes cost us a buffer object for each of them. What all threads hold of such
// bodies is bounded; what counts is the memory that a body takes, from its first piece to the end
// of its exchange.
import type { Occupancy } from '../base.ts'
import type { Piece } from '../http.ts'

export interface HeldTerms {
  readonly occupancy: Occupancy
  /** Of all bodies, in all threads. */
  readonly heldBytesMax: number
  /** As many as this one may have. */
  readonly bytesMax: number
}

export class HeldBody {
  readonly #terms: HeldTerms
  #bytes: Buffer | undefined
  #length = 0

  constructor(terms: HeldTerms) {
    this.#terms = terms
  }

  /** Whether there is room for so many bytes more. */
  hasRoom(bytes: number): boolean {
    const { occupancy, heldBytesMax } = this.#terms
    return occupancy.total('heldBytes') + bytes <= heldBytesMax
  }

  /** Takes a copy of a piece; false where all bodies together would be too large. */
  add(piece: Piece): boolean {
    const needed = this.#length + piece.length
    const room = this.#bytes?.length ?? 0
    if (needed > room && !this.#grow(needed, room)) return false
    if (typeof piece === 'string') this.#bytes?.write(piece, this.#length, 'latin1')
    else this.#bytes?.set(piece, this.#length)
    this.#length = needed
    return true
  }

  /** What has come so far. */
  get bytes(): Buffer {
    return this.#bytes?.subarray(0, this.#length) ?? Buffer.alloc(0)
  }

  /** Counts no more: nobody will read it. */
  release(): void {
    this.#terms.occupancy.note('heldBytes', -(this.#bytes?.length ?? 0))
    this.#bytes = undefined
  }

  /** Most bodies come in one piece and get no byte too many; others double, up to the bound. */
  #grow(needed: number, room: number): boolean {
    const size = Math.max(needed, Math.min(room * 2, this.#terms.bytesMax))
    if (!this.hasRoom(size - room)) return false
    const larger = Buffer.allocUnsafe(size)
    if (this.#bytes !== undefined) larger.set(this.#bytes)
    this.#terms.occupancy.note('heldBytes', size - room)
    this.#bytes = larger
    return true
  }
}
