// Bytes that wait: for somebody to want them, or for the rest of the head that they begin. A head
// may come byte by byte. Looking at all of it each time would cost its square (12 µs a packet at
// 16 kB), so room doubles as it grows, and of what is new every byte is looked at once; the whole
// is judged again only where that could change the judgement.

import { giveBack, spareCopy, spareFor } from './spares.ts'

const cr = 0x0d
const lf = 0x0a

/** As long as this, a beginning is judged again with every byte: `HTTP/1.1` is read by then. */
const startBytes = 8

export class Gathered {
  bytes: Buffer
  length: number
  /** As much as was judged, or found to change nothing. */
  #known: number
  #scanned = 0
  #inFirstLine = true

  /** Copies: what is read next overwrites the view. */
  constructor(view: Buffer, from: number, to: number) {
    this.bytes = spareCopy(view.subarray(from, to))
    this.length = to - from
    this.#known = this.length
  }

  add(view: Buffer, length: number): void {
    const needed = this.length + length
    if (needed > this.bytes.length) {
      const grown = spareFor(Math.max(needed, 2 * this.bytes.length))
      this.bytes.copy(grown, 0, 0, this.length)
      this.release()
      this.bytes = grown
    }
    view.copy(this.bytes, this.length, 0, length)
    this.length = needed
  }

  /** Nobody looks at its bytes any more. */
  release(): void {
    giveBack(this.bytes)
  }

  /**
   * Whether a head that was neither whole nor hopeless so far may be by now: it ends, reaches its
   * bound, or holds a LF without CR or, where `textOnly`, a byte in its first line that is no text.
   */
  mayBeJudged(headBytesMax: number, textOnly: boolean): boolean {
    const known = this.#known
    this.#known = this.length
    if (known < startBytes) return true
    // An empty line before a request counts as none of it.
    const start = this.bytes[0] === cr && this.bytes[1] === lf ? 2 : 0
    return this.length - start >= headBytesMax + 4 || this.#findsNews(start, textOnly)
  }

  #findsNews(start: number, textOnly: boolean): boolean {
    const { bytes, length } = this
    for (let at = Math.max(start, this.#scanned); at < length; at++) {
      const code = bytes[at]!
      if (code === lf) {
        if (at === start || bytes[at - 1] !== cr) return true
        if (bytes[at - 2] === lf && at - 3 >= start) return true
        this.#inFirstLine = false
      } else if (textOnly && this.#inFirstLine && !isText(code)) {
        return true
      }
    }
    this.#scanned = length
    return false
  }
}

const isText = (code: number): boolean =>
  (code >= 0x20 && code <= 0x7e) || code === 0x09 || code === cr
