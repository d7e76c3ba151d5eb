// What a client sends on the stream of a request (RFC 9114 §4.1): a section, a body in frames, and
// perhaps another section. Anything else ends the connection: who speaks like that cannot be
// understood.
import { errorCode, frameType, reservedFrames } from './codes.ts'
import { type FrameOwner, FrameReader } from './frame-reader.ts'

export interface RequestOwner {
  /** What a section may have in bytes, as it is encoded. */
  readonly sectionBytesMax: number
  /** The head is here, encoded; `isAll`: with it all that has come so far. */
  head(id: number, block: Buffer, isAll: boolean): void
  headTooLarge(id: number): void
  piece(id: number, bytes: Buffer): void
  trailers(id: number, block: Buffer): void
  /** Something came that costs us and moves nothing. */
  spend(): void
  /** The connection must end. */
  fail(code: number, reason: string): void
}

export class RequestFrames implements FrameOwner {
  readonly #owner: RequestOwner
  readonly #id: number
  readonly #reader = new FrameReader(this)
  #expects: 'head' | 'body' | 'end' = 'head'

  constructor(owner: RequestOwner, id: number) {
    this.#owner = owner
    this.#id = id
  }

  get hasHead(): boolean {
    return this.#expects !== 'head'
  }

  get isWithinFrame(): boolean {
    return this.#reader.isWithinFrame
  }

  take(bytes: Buffer): void {
    this.#reader.take(bytes)
  }

  frame(type: number, length: number): 'pieces' | 'whole' | 'skip' | 'stop' {
    if (type === frameType.headers) return this.#section(length)
    if (type === frameType.data) {
      if (length === 0) this.#owner.spend()
      if (this.#expects === 'body') return 'pieces'
      return this.#unexpected('DATA stands outside a body')
    }
    if (isOther(type)) return this.#unexpected('a frame has no place on the stream of a request')
    this.#owner.spend()
    return 'skip'
  }

  #section(length: number): 'whole' | 'stop' {
    if (this.#expects === 'end') return this.#unexpected('a third section')
    if (length <= this.#owner.sectionBytesMax) return 'whole'
    // Nothing of it is read: what is said of it does not depend on what is in it.
    this.#owner.headTooLarge(this.#id)
    return 'stop'
  }

  #unexpected(reason: string): 'stop' {
    this.#owner.fail(errorCode.frameUnexpected, reason)
    return 'stop'
  }

  piece(bytes: Buffer): void {
    this.#owner.piece(this.#id, bytes)
  }

  whole(_: number, payload: Buffer): void {
    if (this.#expects === 'body') {
      this.#expects = 'end'
      return this.#owner.trailers(this.#id, payload)
    }
    this.#expects = 'body'
    this.#owner.head(this.#id, payload, this.#reader.restBytes === 0)
  }
}

const isOther = (type: number): boolean =>
  type === frameType.cancelPush ||
  type === frameType.settings ||
  type === frameType.pushPromise ||
  type === frameType.goaway ||
  type === frameType.maxPushId ||
  reservedFrames.has(type)
