// Frames out of bytes that come in pieces of any size (RFC 9113 §4.1). DATA is handed on as it comes,
// without its padding; every other frame is whole when it is told.
//
//   head ──▶ payload ──▶ head …        head ──▶ (length of padding) ──▶ data ──▶ padding ──▶ head …
import { frameBytesMax, frameFlag, frameHeadBytes, frameType, uint31At } from './frames.ts'

/** Who takes frames. What lies in `view` is valid during the call only. */
export interface FrameSink {
  /** DATA begins; its whole payload counts against the windows, padding too (RFC 9113 §6.1). */
  dataBegins(id: number, payloadBytes: number): void
  data(view: Buffer, start: number, end: number): void
  /** Of the payload so many bytes were not told: padding. */
  dataEnded(flags: number, paddingBytes: number): void
  frame(type: number, flags: number, id: number, view: Buffer, start: number, end: number): void
  /** It cannot be read on. */
  unreadable(code: 'frameSizeError' | 'protocolError', reason: string): void
}

type Within = 'head' | 'payload' | 'padLength' | 'data' | 'padding'

export class FrameReader {
  /** How many have ended. */
  frames = 0
  readonly #sink: FrameSink
  #within: Within = 'head'
  #isStopped = false
  #type = 0
  #flags = 0
  #id = 0
  /** What is still to come of what it is within. */
  #leftBytes = 0
  /** Of a frame of data. */
  #paddingBytes = 0
  #overheadBytes = 0
  /** What came of a head or a payload that is not whole. */
  #part: Buffer | undefined
  #partBytes = 0

  constructor(sink: FrameSink) {
    this.#sink = sink
  }

  /** Whether the peer owes the rest of a frame that is useless until it is whole. */
  get isPartial(): boolean {
    return this.#part !== undefined || this.#within === 'payload'
  }

  /** Whatever follows is not looked at. */
  stop(): void {
    this.#isStopped = true
  }

  push(view: Buffer, length: number, start = 0): void {
    let at = start
    while (at < length && !this.#isStopped) at = this.#step(view, at, length)
  }

  #step(view: Buffer, at: number, length: number): number {
    switch (this.#within) {
      case 'head':
        return this.#readHead(view, at, length)
      case 'payload':
        return this.#readPayload(view, at, length)
      case 'padLength':
        this.#beginData(view[at]!)
        return at + 1
      case 'data':
        return this.#readData(view, at, length)
      case 'padding': {
        const end = Math.min(length, at + this.#leftBytes)
        this.#leftBytes -= end - at
        if (this.#leftBytes === 0) this.#endData()
        return end
      }
    }
  }

  #readHead(view: Buffer, at: number, length: number): number {
    const end = at + frameHeadBytes
    if (this.#part !== undefined || end > length)
      return this.#gather(view, at, length, frameHeadBytes)
    this.#begin(view, at)
    // Of a frame that is here whole nothing need be kept.
    if (this.#within !== 'payload' || end + this.#leftBytes > length) return end
    return this.#whole(view, end, end + this.#leftBytes)
  }

  #begin(view: Buffer, at: number): void {
    const bytes = (view[at]! << 16) | (view[at + 1]! << 8) | view[at + 2]!
    this.#type = view[at + 3]!
    this.#flags = view[at + 4]!
    this.#id = uint31At(view, at + 5)
    this.#leftBytes = bytes
    if (bytes > frameBytesMax) {
      return this.#fail('frameSizeError', 'a frame is larger than was offered')
    }
    if (this.#type !== frameType.data) {
      this.#within = 'payload'
      return
    }
    const isPadded = (this.#flags & frameFlag.padded) !== 0
    if (isPadded && bytes === 0)
      return this.#fail('frameSizeError', 'a frame has no room for padding')
    this.#sink.dataBegins(this.#id, bytes)
    if (isPadded) this.#within = 'padLength'
    else this.#beginData(undefined)
  }

  #beginData(padLength: number | undefined): void {
    this.#paddingBytes = padLength ?? 0
    this.#overheadBytes = padLength === undefined ? 0 : padLength + 1
    this.#leftBytes -= this.#overheadBytes
    if (this.#leftBytes < 0)
      return this.#fail('protocolError', 'a frame has more padding than bytes')
    this.#within = 'data'
    if (this.#leftBytes === 0) this.#endContent()
  }

  #readData(view: Buffer, at: number, length: number): number {
    const end = Math.min(length, at + this.#leftBytes)
    this.#leftBytes -= end - at
    this.#sink.data(view, at, end)
    if (this.#leftBytes === 0) this.#endContent()
    return end
  }

  #endContent(): void {
    this.#leftBytes = this.#paddingBytes
    this.#within = 'padding'
    if (this.#leftBytes === 0) this.#endData()
  }

  #endData(): void {
    this.#within = 'head'
    this.frames++
    if (!this.#isStopped) this.#sink.dataEnded(this.#flags, this.#overheadBytes)
  }

  #readPayload(view: Buffer, at: number, length: number): number {
    const end = at + this.#leftBytes
    if (this.#part === undefined && end <= length) return this.#whole(view, at, end)
    return this.#gather(view, at, length, this.#leftBytes)
  }

  #whole(view: Buffer, start: number, end: number): number {
    this.#within = 'head'
    this.frames++
    this.#sink.frame(this.#type, this.#flags, this.#id, view, start, end)
    return end
  }

  /** Adds to what came of `needed` bytes, which are bounded: no sender can make it grow. */
  #gather(view: Buffer, at: number, length: number, needed: number): number {
    const part = (this.#part ??= Buffer.allocUnsafe(needed))
    const end = Math.min(length, at + needed - this.#partBytes)
    view.copy(part, this.#partBytes, at, end)
    this.#partBytes += end - at
    if (this.#partBytes < needed) return end
    this.#part = undefined
    this.#partBytes = 0
    if (this.#within === 'payload') this.#whole(part, 0, needed)
    else this.#beginApart(part)
    return end
  }

  /** A head that came in parts; of one without a payload nothing follows that would make it whole. */
  #beginApart(head: Buffer): void {
    this.#begin(head, 0)
    if (this.#within === 'payload' && this.#leftBytes === 0) this.#whole(head, 0, 0)
  }

  #fail(code: 'frameSizeError' | 'protocolError', reason: string): void {
    this.#isStopped = true
    this.#sink.unreadable(code, reason)
  }
}
