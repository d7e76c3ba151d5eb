// The chunked coding (RFC 9112 §7.1), read in pieces of any size. Sizes are plain hexadecimal,
// lines end in CRLF, extensions are checked and dropped, trailer fields are kept.
//
//   size ──▶ data ──▶ dataEnd ──▶ size … ──▶ (size 0) trailers ──▶ done
import type { Piece } from '../http.ts'
import type { ByteStream } from './bytes.ts'
import { broken, type Broken } from './fields.ts'
import { latin1Text } from './latin1.ts'
import { parseTrailers } from './trailers.ts'

export interface ChunkedBounds {
  readonly chunkLineBytesMax: number
  readonly chunkExtensionBytesMax: number
  readonly trailerBytesMax: number
}

/** Takes the pieces of a body as they come; each is valid during the call only. */
export type TakePiece = (view: Buffer, start: number, end: number) => void

const cr = 0x0d
const lf = 0x0a

/** Up to here a chunk leaves as one text. */
const textBytesMax = 8 * 1024

/** Of plain sizes: more digits are read with care. */
const plainDigitsMax = 6

// Sizes of up to twelve digits are exact as numbers; an extension is a token, alone or with a token
// or quoted text (RFC 9112 §7.1.1).
const sizeLine =
  /^([0-9a-f]{1,12})((?:;[!#$%&'*+\-.^_`|~0-9a-z]+(?:=(?:[!#$%&'*+\-.^_`|~0-9a-z]+|"(?:[\t !#-[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*"))?)*)$/i

export class ChunkedDecoder {
  readonly #bounds: ChunkedBounds
  readonly #take: TakePiece
  #at: 'size' | 'data' | 'dataEnd' | 'trailers' | 'done' = 'size'
  #leftBytes = 0
  #line = ''
  #extensionBytes = 0
  #trailerText = ''
  #trailers: readonly string[] = []

  constructor(bounds: ChunkedBounds, take: TakePiece) {
    this.#bounds = bounds
    this.#take = take
  }

  get done(): boolean {
    return this.#at === 'done'
  }

  /** Name and value in turn; those that RFC 9110 §6.5.1 keeps out of trailers are left out. */
  get trailers(): readonly string[] {
    return this.#trailers
  }

  /** Reads on from `start`; gives the position behind the body once done, else `length`. */
  push(view: Buffer, start: number, length = view.length): number | Broken {
    let at = start
    while (at < length && this.#at !== 'done') {
      if (this.#at === 'data') {
        const end = Math.min(length, at + this.#leftBytes)
        this.#take(view, at, end)
        this.#leftBytes -= end - at
        at = end
        if (this.#leftBytes === 0) this.#at = 'dataEnd'
        continue
      }
      const next = this.#line === '' ? this.#plainLine(view, at, length) : at
      if (next > at) {
        at = next
        continue
      }
      const found = view.indexOf(lf, at)
      // Behind `length` lies what an earlier read left in the buffer.
      const newline = found < length ? found : -1
      const end = newline < 0 ? length : newline + 1
      this.#line += view.toString('latin1', at, end)
      at = end
      const problem = newline < 0 ? this.#unfinished() : this.#takeLine()
      if (problem !== undefined) return problem
    }
    return at
  }

  /**
   * Reads a line that stands whole in the view and says no more than it must, as nearly all do, and
   * gives the position behind it; `from` where the line wants care.
   */
  #plainLine(view: Buffer, from: number, length: number): number {
    if (this.#at === 'trailers') return from
    let at = from
    let size = 0
    if (this.#at === 'size') {
      const digitsEnd = Math.min(length, from + plainDigitsMax)
      for (; at < digitsEnd; at++) {
        const digit = digitOf(view[at]!)
        if (digit < 0) break
        size = size * 16 + digit
      }
      if (at === from || size === 0) return from
    }
    if (at + 1 >= length || view[at] !== cr || view[at + 1] !== lf) return from
    this.#leftBytes = size
    this.#at = this.#at === 'size' ? 'data' : 'size'
    return at + 2
  }

  #unfinished(): Broken | undefined {
    const line = this.#line
    if (this.#at === 'dataEnd') {
      return line === '' || line === '\r' ? undefined : broken('a chunk is longer than its size')
    }
    const bytesMax =
      this.#at === 'size' ? this.#bounds.chunkLineBytesMax : this.#bounds.trailerBytesMax
    return line.length > bytesMax ? this.#tooLong() : undefined
  }

  #tooLong(): Broken {
    return this.#at === 'size'
      ? broken('a chunk-size line is too long')
      : broken('the trailer fields are too large', 'tooLarge')
  }

  #takeLine(): Broken | undefined {
    const line = this.#line
    this.#line = ''
    if (!line.endsWith('\r\n')) return broken('a line of the chunked coding ends in a bare LF')
    if (this.#at === 'dataEnd') {
      if (line.length !== 2) return broken('a chunk is longer than its size')
      this.#at = 'size'
      return undefined
    }
    return this.#at === 'size' ? this.#takeSize(line) : this.#takeTrailer(line)
  }

  #takeSize(line: string): Broken | undefined {
    if (line.length > this.#bounds.chunkLineBytesMax) return this.#tooLong()
    const form = sizeLine.exec(line.slice(0, -2))
    if (form === null) return broken('a chunk size is not plain hexadecimal')
    this.#extensionBytes += form[2]!.length
    if (this.#extensionBytes > this.#bounds.chunkExtensionBytesMax) {
      return broken('the chunk extensions are too large')
    }
    this.#leftBytes = Number.parseInt(form[1]!, 16)
    this.#at = this.#leftBytes === 0 ? 'trailers' : 'data'
    return undefined
  }

  #takeTrailer(line: string): Broken | undefined {
    if (line.length > 2) {
      this.#trailerText += line
      return this.#trailerText.length > this.#bounds.trailerBytesMax ? this.#tooLong() : undefined
    }
    this.#at = 'done'
    if (this.#trailerText === '') return undefined
    const trailers = parseTrailers(this.#trailerText)
    if ('broken' in trailers) return trailers
    this.#trailers = trailers
    return undefined
  }
}

/** The value of a hexadecimal digit; -1 of anything else. */
function digitOf(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const letter = code | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}

/** Writes a piece of a body as a chunk; false asks to wait for `drained`. */
export function writeChunk(out: Pick<ByteStream, 'write' | 'writePiece'>, piece: Piece): boolean {
  const size = piece.length.toString(16)
  if (piece.length <= textBytesMax) {
    const text = typeof piece === 'string' ? piece : latin1Text(piece, 0, piece.length)
    return out.write(`${size}\r\n${text}\r\n`)
  }
  out.write(`${size}\r\n`)
  out.writePiece(piece)
  return out.write('\r\n')
}
