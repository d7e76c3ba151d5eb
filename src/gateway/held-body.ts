// A request body that is held whole. It grows in place: a list of its pieces would let a client
// that sends single bytes cost us a buffer object for each of them.
import type { Piece } from '../http.ts'

export class HeldBody {
  #bytes: Buffer | undefined
  #length = 0

  /** Takes a copy of a piece. */
  add(piece: Piece): void {
    if (this.#bytes === undefined) this.#bytes = copyOf(piece)
    else this.#append(this.#bytes, piece)
    this.#length += piece.length
  }

  /** What has come so far. */
  get bytes(): Buffer {
    return this.#bytes?.subarray(0, this.#length) ?? Buffer.alloc(0)
  }

  #append(bytes: Buffer, piece: Piece): void {
    const needed = this.#length + piece.length
    const room = needed <= bytes.length ? bytes : this.#grown(bytes, needed)
    if (typeof piece === 'string') room.write(piece, this.#length, 'latin1')
    else room.set(piece, this.#length)
    this.#bytes = room
  }

  #grown(bytes: Buffer, needed: number): Buffer {
    const larger = Buffer.allocUnsafe(Math.max(needed, bytes.length * 2))
    larger.set(bytes)
    return larger
  }
}

const copyOf = (piece: Piece): Buffer =>
  typeof piece === 'string' ? Buffer.from(piece, 'latin1') : Buffer.from(piece)
