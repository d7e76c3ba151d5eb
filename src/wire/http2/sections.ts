// Sections of fields out of HEADERS and CONTINUATION (RFC 9113 §4.3): assembled within bounds, then
// decoded in one go. One that is whole in its frame, as nearly all are, is decoded where it lies.
import type { FieldLines } from './field-lines.ts'
import { errorCode, frameBytesMax, frameFlag } from './frames.ts'
import { HpackDecoder } from './hpack-decoder.ts'
import type { ConnectionFault } from './peer-settings.ts'

export interface SectionBounds {
  /** Of the lines that a section comes to. */
  readonly bytesMax: number
  readonly fieldsMax: number
  readonly continuationsMax: number
  readonly tableBytesMax: number
}

/** A section that goes on in the next frame. */
interface Unfinished {
  readonly id: number
  readonly isLast: boolean
  bytes: Buffer
  length: number
  continuations: number
}

export class Sections {
  readonly #bounds: SectionBounds
  readonly #decoder: HpackDecoder
  #unfinished: Unfinished | undefined

  constructor(bounds: SectionBounds) {
    this.#bounds = bounds
    this.#decoder = new HpackDecoder(bounds.tableBytesMax)
  }

  /** Whose section goes on; no other frame may stand within it. */
  get openId(): number | undefined {
    return this.#unfinished?.id
  }

  /** The part of HEADERS from `start` to `end` that is a section's; a fault where there is none. */
  begin(
    view: Buffer,
    start: number,
    end: number,
    flags: number,
    id: number,
    into: FieldLines,
  ): 'whole' | 'unfinished' | ConnectionFault {
    const isPadded = (flags & frameFlag.padded) !== 0
    const from = start + (isPadded ? 1 : 0) + ((flags & frameFlag.priority) === 0 ? 0 : 5)
    if (from > end) return { code: errorCode.frameSizeError, reason: 'HEADERS are cut short' }
    const to = isPadded ? end - view[start]! : end
    if (from > to) return { code: errorCode.protocolError, reason: 'HEADERS are all padding' }
    if ((flags & frameFlag.endHeaders) !== 0) return this.#decode(view, from, to, into)
    const bytes = Buffer.from(view.subarray(from, to))
    const isLast = (flags & frameFlag.endStream) !== 0
    this.#unfinished = { id, isLast, bytes, length: bytes.length, continuations: 0 }
    return 'unfinished'
  }

  /** What CONTINUATION adds; `isLast` is told of the section's first frame. */
  goOn(
    view: Buffer,
    start: number,
    end: number,
    flags: number,
    into: FieldLines,
  ): { readonly isLast: boolean } | 'unfinished' | ConnectionFault {
    const section = this.#unfinished
    if (section === undefined)
      return { code: errorCode.protocolError, reason: 'CONTINUATION of nothing' }
    const { bytesMax, continuationsMax } = this.#bounds
    const needed = section.length + end - start
    if (++section.continuations > continuationsMax || needed > frameBytesMax + bytesMax) {
      return {
        code: errorCode.enhanceYourCalm,
        reason: 'a section in too many frames, or too large',
      }
    }
    if (needed > section.bytes.length) {
      const grown = Buffer.allocUnsafe(2 * needed)
      section.bytes.copy(grown, 0, 0, section.length)
      section.bytes = grown
    }
    view.copy(section.bytes, section.length, start, end)
    section.length = needed
    if ((flags & frameFlag.endHeaders) === 0) return 'unfinished'
    this.#unfinished = undefined
    const decoded = this.#decode(section.bytes, 0, section.length, into)
    return decoded === 'whole' ? section : decoded
  }

  #decode(view: Buffer, from: number, to: number, into: FieldLines): 'whole' | ConnectionFault {
    into.begin(this.#bounds.bytesMax, this.#bounds.fieldsMax)
    if (this.#decoder.decode(view, from, to, into)) return 'whole'
    return into.isBomb
      ? { code: errorCode.enhanceYourCalm, reason: 'a section far beyond its bounds' }
      : { code: errorCode.compressionError, reason: 'a section cannot be decoded' }
  }
}
