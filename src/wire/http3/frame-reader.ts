// Frames of one stream (RFC 9114 §7.1), from pieces cut anywhere. What a frame holds is passed on as
// it comes, kept until it is whole, or skipped: as its owner says when its head is there, so that no
// memory is ever taken for what a client merely announces.
import { varintAt, varintBytes } from './varints.ts'

export interface FrameOwner {
  /** What becomes of a frame; `stop` where there is nothing to be read any more. */
  frame(type: number, length: number): 'pieces' | 'whole' | 'skip' | 'stop'
  piece(bytes: Buffer): void
  whole(type: number, payload: Buffer): void
}

/** Two integers of eight bytes. */
const headBytesMax = 16

export class FrameReader {
  readonly #owner: FrameOwner
  readonly #head = Buffer.allocUnsafe(headBytesMax)
  #headBytes = 0
  /** Bytes behind those that the owner is told of, in the same piece. */
  restBytes = 0
  #mode: 'head' | 'pieces' | 'whole' | 'skip' | 'stopped' = 'head'
  #type = 0
  #left = 0
  #kept: Buffer[] = []

  constructor(owner: FrameOwner) {
    this.#owner = owner
  }

  /** Whether a frame has begun that is not whole. */
  get isWithinFrame(): boolean {
    return this.#headBytes > 0 || (this.#mode !== 'head' && this.#mode !== 'stopped')
  }

  /** Reads no more. */
  stop(): void {
    this.#mode = 'stopped'
    this.#headBytes = 0
    this.#kept = []
  }

  take(bytes: Buffer): void {
    let at = 0
    while (at < bytes.length && this.#mode !== 'stopped') {
      if (this.#mode === 'head') {
        at = this.#takeHead(bytes, at)
        continue
      }
      const end = Math.min(bytes.length, at + this.#left)
      this.#left -= end - at
      this.restBytes = bytes.length - end
      this.#takePayload(bytes.subarray(at, end))
      at = end
    }
  }

  #takeHead(bytes: Buffer, from: number): number {
    let at = from
    while (at < bytes.length) {
      this.#head[this.#headBytes++] = bytes[at++]!
      const typeBytes = varintBytes(this.#head[0]!)
      if (this.#headBytes <= typeBytes) continue
      if (this.#headBytes < typeBytes + varintBytes(this.#head[typeBytes]!)) continue
      this.#begin(varintAt(this.#head, 0), varintAt(this.#head, typeBytes))
      break
    }
    return at
  }

  #begin(type: number, length: number): void {
    this.#headBytes = 0
    this.#type = type
    this.#left = length
    const mode = this.#owner.frame(type, length)
    if (this.#mode === 'stopped') return
    if (mode === 'stop') return this.stop()
    this.#mode = mode
    if (length > 0) return
    this.#mode = 'head'
    if (mode === 'whole') this.#owner.whole(type, Buffer.alloc(0))
  }

  #takePayload(bytes: Buffer): void {
    const mode = this.#mode
    const isWhole = this.#left === 0
    if (mode === 'whole') this.#kept.push(bytes)
    if (isWhole) this.#mode = 'head'
    if (mode === 'pieces') this.#owner.piece(bytes)
    else if (mode === 'whole' && isWhole) {
      const [only, ...others] = this.#kept.splice(0)
      this.#owner.whole(this.#type, others.length === 0 ? only! : Buffer.concat([only!, ...others]))
    }
  }
}
