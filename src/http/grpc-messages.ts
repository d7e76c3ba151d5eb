// The messages of a gRPC body as they stream by: each has a flag and its length before it. Only
// these five bytes are read; the messages themselves are somebody else's.
//
//   | flag 1 | length 4, big-endian | message … | flag | length | …
import type { Piece } from './stream.ts'

const prefixBytes = 5

export type MessageFlaw =
  /** The flag is neither 0 nor 1 (compressed). */
  | 'flag'
  /** A length beyond the bound. */
  | 'length'

export class GrpcMessages {
  readonly #bytesMax: number
  /** Of the prefix under way, how many bytes have come. */
  #prefixAt = 0
  #length = 0
  /** Of the message under way, how many bytes are still to come. */
  #left = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** Whether what came by now ends with a message. */
  get isWhole(): boolean {
    return this.#left === 0 && this.#prefixAt === 0
  }

  piece(piece: Piece): MessageFlaw | undefined {
    const end = piece.length
    let at = 0
    while (at < end) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, end - at)
        this.#left -= taken
        at += taken
        continue
      }
      const byte = typeof piece === 'string' ? piece.charCodeAt(at) : piece[at]!
      at++
      if (this.#prefixAt === 0 && byte > 1) return 'flag'
      this.#length = this.#prefixAt === 0 ? 0 : this.#length * 256 + byte
      this.#prefixAt++
      if (this.#prefixAt < prefixBytes) continue
      if (this.#length > this.#bytesMax) return 'length'
      this.#left = this.#length
      this.#prefixAt = 0
    }
    return undefined
  }
}

/** A message with its prefix, not compressed. */
export function grpcMessage(message: Uint8Array, flag = 0): Uint8Array {
  const framed = new Uint8Array(prefixBytes + message.length)
  framed[0] = flag
  new DataView(framed.buffer).setUint32(1, message.length)
  framed.set(message, prefixBytes)
  return framed
}
