// Reads multipart bodies (RFC 2046 section 5.1, RFC 7578) as they stream by, in linear time and
// with nothing held but the head of one part. Whatever two readers could part in two ways is
// refused: text before the first boundary or after the last, a boundary behind a bare CR or LF or
// right behind a head, white space or anything else behind a boundary.
//
//   preamble ─ boundary ─▶ delimited ─ CRLF ─▶ head ─ empty line ─▶ content ─ boundary ─┐
//                              ▲  └─ "--" ─▶ epilogue                                   │
//                              └────────────────────────────────────────────────────────┘
import { bytesOf } from './bytes-of.ts'
import type { Piece } from './stream.ts'

/** What is told of the parts, in order; false ends the reading. */
export interface MultipartEvents {
  /** The header lines of a part, without their line breaks. */
  head(lines: readonly string[]): boolean
  /** A piece of its content, valid during the call. */
  content(bytes: Uint8Array): boolean
  partEnd(): boolean
  /** The last boundary is there; told before the piece that completes it is passed on. */
  closed(): boolean
}

/** What is wrong with a body, each as it is said of it. */
export const multipartFlaws = {
  preamble: 'it does not begin with its boundary',
  delimiter: 'a boundary is followed by neither a line break nor `--`',
  bare_break: 'a boundary stands behind a bare CR or LF, or right behind the head of a part',
  head: 'a header line of a part is malformed',
  epilogue: 'something follows the last boundary',
  unfinished: 'it ends before its last boundary',
} as const

export type MultipartFlaw = keyof typeof multipartFlaws

/** `stopped`: by whoever was told of the parts. */
export type MultipartVerdict = MultipartFlaw | 'head_too_large' | 'stopped' | undefined

type State = 'preamble' | 'delimited' | 'head' | 'content' | 'epilogue'

/** The line break that may belong to a boundary; `start`: that of what came before. */
type Lead = '' | '\r' | '\n' | '\r\n' | 'start'

const cr = 0x0d
const lf = 0x0a
const dash = 0x2d

/** Printable ASCII but `"` and what is not among them in RFC 2046 ends no later than at 70. */
const boundaryPattern = /^[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]$/

export const isBoundary = (text: string): boolean => boundaryPattern.test(text)

export class MultipartReader {
  /** Two dashes and the boundary. */
  readonly #markText: string
  readonly #mark: Uint8Array
  /** How far the window of a line break and the mark may jump, by the last byte in it. */
  readonly #jumps: Uint8Array
  readonly #headBytesMax: number
  readonly #events: MultipartEvents
  #state: State = 'preamble'
  #verdict: MultipartVerdict
  #lead: Lead = 'start'
  /** Bytes of the mark that stand behind the lead so far. */
  #matched = 0
  /** Of `delimited` and `epilogue`: the byte before, where it is one of two. */
  #before = 0
  #lines: string[] = []
  #line: Uint8Array = noBytes
  #headBytes = 0

  constructor(boundary: string, headBytesMax: number, events: MultipartEvents) {
    this.#markText = `--${boundary}`
    this.#mark = new TextEncoder().encode(this.#markText)
    this.#jumps = jumpsOf(this.#mark)
    this.#headBytesMax = headBytesMax
    this.#events = events
  }

  /** Once it says something it says the same for ever. */
  piece(piece: Piece): MultipartVerdict {
    const bytes = bytesOf(piece)
    for (let at = 0; at < bytes.length && this.#verdict === undefined;) at = this.#read(bytes, at)
    return this.#verdict
  }

  end(): MultipartVerdict {
    if (this.#state !== 'epilogue' || this.#before === cr) this.#verdict ??= 'unfinished'
    return this.#verdict
  }

  /** Reads on in the state of the moment; gives where the next begins. */
  #read(bytes: Uint8Array, at: number): number {
    switch (this.#state) {
      case 'preamble':
      case 'content':
        return this.#content(bytes, at)
      case 'delimited':
        return this.#delimited(bytes[at]!, at)
      case 'head':
        return this.#head(bytes, at)
      case 'epilogue':
        return this.#epilogue(bytes[at]!, at)
    }
  }

  /** Every byte is looked at once, but for those that a jump leaves out. */
  #content(bytes: Uint8Array, start: number): number {
    let from = start
    /** Where the lead begins; before this piece where it came with an earlier one. */
    let leadAt = this.#lead === '' ? start : -1
    for (let at = start; at < bytes.length; at++) {
      if (this.#lead === '') at = this.#jump(bytes, at)
      if (at >= bytes.length) break
      const byte = bytes[at]!
      const boundary = this.#advance(byte)
      if (boundary === 'begun') continue
      if (boundary === 'whole') {
        this.#tell(bytes.subarray(from, Math.max(from, leadAt)))
        this.#delimit()
        return at + 1
      }
      if (this.#lead !== '' && leadAt < 0) {
        this.#tellLead()
        from = at
      }
      const follows = byte === lf && at > from && bytes[at - 1] === cr
      leadAt = follows ? at - 1 : at
      this.#begin(follows ? '\r\n' : byte === lf ? '\n' : byte === cr ? '\r' : '')
    }
    const to = this.#lead === '' ? bytes.length : leadAt
    if (to > from) this.#tell(bytes.subarray(from, to))
    return bytes.length
  }

  #begin(lead: Lead): void {
    this.#lead = lead
    this.#matched = 0
  }

  /** Takes the byte for the next of a boundary, if it may be that. */
  #advance(byte: number): 'none' | 'begun' | 'whole' {
    if (this.#lead === '') return 'none'
    if (byte === this.#mark[this.#matched])
      return ++this.#matched < this.#mark.length ? 'begun' : 'whole'
    if (this.#lead !== '\r' || this.#matched > 0 || byte !== lf) return 'none'
    this.#lead = '\r\n'
    return 'begun'
  }

  /**
   * The next line break that a mark may follow. A window as long as both jumps ahead by the last
   * byte in it (Horspool); a mark holds no line break, so what is compared is never looked at again.
   */
  #jump(bytes: Uint8Array, from: number): number {
    const length = this.#mark.length
    const last = this.#mark[length - 1]
    let at = from
    while (at + length < bytes.length) {
      const byte = bytes[at + length]!
      if (byte === last && (bytes[at] === lf || bytes[at] === cr)) return at
      at += this.#jumps[byte]!
    }
    while (at < bytes.length && bytes[at] !== lf && bytes[at] !== cr) at++
    return at
  }

  #tell(bytes: Uint8Array): void {
    if (bytes.length === 0 || this.#verdict !== undefined) return
    if (this.#state === 'preamble') this.#verdict = 'preamble'
    else if (!this.#events.content(bytes)) this.#verdict = 'stopped'
  }

  /** What came with earlier pieces and looked like a boundary is content. */
  #tellLead(): void {
    const { length } = this.#mark
    const lead = this.#lead === 'start' ? '' : this.#lead
    const bytes = new Uint8Array(lead.length + length)
    for (let i = 0; i < lead.length; i++) bytes[i] = lead.charCodeAt(i)
    bytes.set(this.#mark, lead.length)
    this.#tell(bytes.subarray(0, lead.length + this.#matched))
  }

  #delimit(): void {
    if (this.#verdict !== undefined) return
    const isFirst = this.#state === 'preamble'
    if (this.#lead !== '\r\n' && !(isFirst && this.#lead === 'start')) this.#verdict = 'bare_break'
    else if (!isFirst && !this.#events.partEnd()) this.#verdict = 'stopped'
    this.#begin('')
    this.#state = 'delimited'
    this.#before = 0
  }

  #delimited(byte: number, at: number): number {
    if (this.#before === 0 && (byte === cr || byte === dash)) this.#before = byte
    else if (this.#before === cr && byte === lf) this.#enterHead()
    else if (this.#before === dash && byte === dash) this.#close()
    else this.#verdict = 'delimiter'
    return at + 1
  }

  #enterHead(): void {
    this.#state = 'head'
    this.#lines = []
    this.#headBytes = 0
  }

  #close(): void {
    this.#state = 'epilogue'
    this.#before = 0
    if (!this.#events.closed()) this.#verdict = 'stopped'
  }

  #head(bytes: Uint8Array, at: number): number {
    const found = bytes.indexOf(lf, at)
    const end = found < 0 ? bytes.length : found
    this.#headBytes += end - at + 1
    if (this.#headBytes > this.#headBytesMax) this.#verdict = 'head_too_large'
    else if (found < 0) this.#line = joined(this.#line, bytes.subarray(at, end))
    else this.#takeLine(joined(this.#line, bytes.subarray(at, end)))
    return end + 1
  }

  #takeLine(bytes: Uint8Array): void {
    this.#line = noBytes
    const text = bytes.at(-1) === cr ? lineOf(bytes.subarray(0, -1)) : undefined
    // A boundary may hold a colon, and pass for a field.
    if (text === undefined || text.startsWith(this.#markText)) this.#verdict = 'head'
    else if (text !== '') this.#lines.push(text)
    else {
      this.#state = 'content'
      this.#lead = 'start'
      if (!this.#events.head(this.#lines)) this.#verdict = 'stopped'
    }
  }

  /** Nothing, or one line break. */
  #epilogue(byte: number, at: number): number {
    if (this.#before === 0 && byte === cr) this.#before = cr
    else if (this.#before === cr && byte === lf) this.#before = lf
    else this.#verdict = 'epilogue'
    return at + 1
  }
}

const noBytes = new Uint8Array(0)

function jumpsOf(mark: Uint8Array): Uint8Array {
  const jumps = new Uint8Array(256).fill(mark.length + 1)
  jumps[cr] = mark.length
  jumps[lf] = mark.length
  for (let i = 0; i < mark.length - 1; i++) jumps[mark[i]!] = mark.length - 1 - i
  return jumps
}

/** A copy where there is anything before it; the bytes of a piece live no longer than its call. */
function joined(before: Uint8Array, bytes: Uint8Array): Uint8Array {
  const both = new Uint8Array(before.length + bytes.length)
  both.set(before)
  both.set(bytes, before.length)
  return both
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const controls = /[\0-\x08\x0a-\x1f\x7f]/

/** Names of fields and files come in UTF-8 (RFC 7578, section 5.1); no control character is in them. */
function lineOf(bytes: Uint8Array): string | undefined {
  try {
    const text = utf8.decode(bytes)
    return controls.test(text) ? undefined : text
  } catch {
    return undefined
  }
}
