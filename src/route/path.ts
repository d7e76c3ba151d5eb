// Reads a request's path strictly. What two servers might read in two ways is refused here, or
// noted as a form that an operation may opt in to. The outcome is the text that templates are
// matched against: one character a byte, escapes decoded, and NUL in place of an escaped slash.
import type { PathForm } from './plan.ts'

export const formBits: Readonly<Record<PathForm, number>> = {
  encodedSlash: 1,
  encodedBackslash: 2,
  encodedDot: 4,
  emptySegments: 8,
  trailingSlash: 16,
}

const formTexts: Readonly<Record<PathForm, string>> = {
  encodedSlash: 'an escaped slash',
  encodedBackslash: 'an escaped backslash',
  encodedDot: 'an escaped dot',
  emptySegments: 'an empty segment',
  trailingSlash: 'a trailing slash that the contract does not have',
}

/** The first of some forms, in words. */
export function formText(bits: number): string {
  const names = Object.keys(formBits) as PathForm[]
  const first = names.find((name) => (formBits[name] & bits) !== 0)
  return first === undefined ? 'nothing ambiguous' : formTexts[first]
}

export interface ReadPath {
  /** What templates are matched against. */
  readonly text: string
  /** Bits of the forms found, except `trailingSlash`, which only the table can tell. */
  readonly forms: number
}

// Kinds of characters, as `characterKinds` has them.
export const kindPlain = 0
export const kindSlash = 1
/** Matters at the beginning of a segment alone. */
export const kindDot = 2
/** `%` and `;`. */
const kindCareful = 3
const kindRefused = 4

/** The kind of each character below 256. */
export const characterKinds = makeKinds()

function makeKinds(): Uint8Array {
  const kinds = new Uint8Array(256)
  kinds.fill(kindRefused, 0, 0x21)
  kinds.fill(kindRefused, 0x7f)
  for (const character of '\\#?') kinds[character.charCodeAt(0)] = kindRefused
  for (const character of '%;') kinds[character.charCodeAt(0)] = kindCareful
  kinds[0x2f] = kindSlash
  kinds[0x2e] = kindDot
  return kinds
}

/** What is read of a path, or why it is refused whatever the operation. */
export function readPath(path: string): ReadPath | string {
  return new PathReader(path).read()
}

const slash = 0x2f
const percent = 0x25
const backslash = 0x5c
const dot = 0x2e
const semicolon = 0x3b

class PathReader {
  readonly #path: string
  #at = 0
  #text = ''
  #copiedTo = 0
  #forms = 0
  /** Of the current segment, as a lax server would cut it: its dots, and whether it has but dots. */
  #dots = 0
  #onlyDots = true
  readonly #utf8: Utf8 = { left: 0, low: 0x80, high: 0xbf }

  constructor(path: string) {
    this.#path = path
  }

  read(): ReadPath | string {
    if (this.#path.charCodeAt(0) !== slash) return 'The path does not begin with a slash.'
    while (this.#at < this.#path.length) {
      const code = this.#path.charCodeAt(this.#at)
      const why = code === percent ? this.#escape() : this.#plain(code)
      if (why !== undefined) return why
    }
    if (this.#utf8.left > 0) return notUtf8
    if (this.#isDotSegment()) return dotSegment
    return { text: this.#text + this.#path.slice(this.#copiedTo), forms: this.#forms }
  }

  #plain(code: number): string | undefined {
    if (this.#utf8.left > 0) return notUtf8
    if (code > 0xff || characterKinds[code] === kindRefused) {
      return 'The path holds a character that must be escaped.'
    }
    if (code === slash && this.#at > 0 && this.#path.charCodeAt(this.#at - 1) === slash) {
      // Servers that merge slashes read `//` as `/`: so do we, where the operation opts in.
      this.#forms |= formBits.emptySegments
      this.#take(1, '')
      return undefined
    }
    this.#at++
    return this.#count(code)
  }

  #escape(): string | undefined {
    const byte = hexByte(this.#path, this.#at + 1)
    if (byte < 0) return 'The path holds a malformed escape.'
    if (byte >= 0x80 || this.#utf8.left > 0) {
      if (!takeUtf8(this.#utf8, byte)) return notUtf8
      this.#take(3, String.fromCharCode(byte))
      this.#onlyDots = false
      return undefined
    }
    this.#take(3, byte === slash ? '\0' : String.fromCharCode(byte))
    const meant = byte === percent ? this.#hidden() : byte
    if (meant < 0x20 || meant === 0x7f) return 'The path holds an escaped control character.'
    this.#forms |= formOf(meant)
    return this.#count(meant)
  }

  /**
   * A server that decodes twice sees what `%252F` (or `%25252F` …) hides, so it counts as the form
   * that it hides. Gives the byte hidden, and passes over it; percent where none matters.
   */
  #hidden(): number {
    let next = this.#at
    while (this.#path.startsWith('25', next)) next += 2
    const byte = hexByte(this.#path, next)
    if (byte !== 0 && formOf(byte) === 0) return percent
    this.#at = next + 2
    return byte
  }

  /** Some servers cut path parameters off before they resolve dots: `..;x` is `..` to them. */
  #count(code: number): string | undefined {
    const ends = code === slash || code === backslash
    if ((ends || code === semicolon) && this.#isDotSegment()) return dotSegment
    if (ends) this.#dots = 0
    if (code === dot) this.#dots++
    else this.#onlyDots = ends
    return undefined
  }

  #isDotSegment(): boolean {
    return this.#onlyDots && (this.#dots === 1 || this.#dots === 2)
  }

  /** Passes over some characters of the path, and puts others in their place. */
  #take(length: number, by: string): void {
    this.#text += this.#path.slice(this.#copiedTo, this.#at) + by
    this.#at += length
    this.#copiedTo = this.#at
  }
}

const notUtf8 = 'The path holds escapes that are not UTF-8.'
const dotSegment = 'The path holds a dot segment.'

function formOf(byte: number): number {
  if (byte === slash) return formBits.encodedSlash
  if (byte === backslash) return formBits.encodedBackslash
  return byte === dot ? formBits.encodedDot : 0
}

/** The byte that two hex digits write; -1 where there are none. */
function hexByte(text: string, at: number): number {
  const high = hexDigit(text.charCodeAt(at))
  const low = hexDigit(text.charCodeAt(at + 1))
  return high < 0 || low < 0 ? -1 : high * 16 + low
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const lower = code | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}

/** Where a UTF-8 sequence stands: continuation bytes left, and the range of the next one. */
interface Utf8 {
  left: number
  low: number
  high: number
}

/** Takes one byte ≥ 0x80 (or any, inside a sequence); false where RFC 3629 has no such sequence. */
function takeUtf8(state: Utf8, byte: number): boolean {
  if (state.left > 0) {
    if (byte < state.low || byte > state.high) return false
    state.left--
    state.low = 0x80
    state.high = 0xbf
    return true
  }
  if (byte < 0xc2 || byte > 0xf4) return false
  state.left = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3
  // No overlong forms, no surrogates, nothing above U+10FFFF.
  state.low = byte === 0xe0 ? 0xa0 : byte === 0xf0 ? 0x90 : 0x80
  state.high = byte === 0xed ? 0x9f : byte === 0xf4 ? 0x8f : 0xbf
  return true
}

/**
 * Where places in the matched text (ascending) lie in the path as received: an escape is three
 * characters there, a merged slash is one that the text does not have.
 */
export function placesInPath(path: string, places: Int32Array, count: number): void {
  let textAt = 0
  let pathAt = 0
  for (let i = 0; i < count; i++) {
    while (textAt < places[i]!) {
      const code = path.charCodeAt(pathAt)
      if (code === slash && path.charCodeAt(pathAt - 1) === slash) pathAt++
      else {
        pathAt += code === percent ? 3 : 1
        textAt++
      }
    }
    while (path.charCodeAt(pathAt) === slash && path.charCodeAt(pathAt - 1) === slash) pathAt++
    places[i] = pathAt
  }
}
