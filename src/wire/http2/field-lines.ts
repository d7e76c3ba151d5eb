// The fields of one section as they are decoded: pseudo-fields by name, all others as lines of
// HTTP/1.1 (`name: value` with CRLF), so that the reader of those reads them too. Whatever could
// end a line early, or be another field to another reader, is noticed before it is in a line
// (RFC 9113 §8.2, §8.3).
import { latin1Text } from '../latin1.ts'
import { isTokenCode, isValueCode } from '../tables.ts'

/** What a field's name says of it; above those without a colon are the pseudo-fields. */
export const fieldKind = {
  plain: 0,
  cookie: 1,
  te: 2,
  /** It would concern a connection of HTTP/1.1 (RFC 9113 §8.2.2). */
  ofConnection: 3,
  badName: 4,
  unknownPseudo: 5,
  method: 6,
  scheme: 7,
  authority: 8,
  path: 9,
  protocol: 10,
  status: 11,
} as const

/** Beside the kind: the value breaks RFC 9113 §8.2.1. */
export const badValue = 16

const pseudoKinds: ReadonlyMap<string, number> = new Map([
  [':method', fieldKind.method],
  [':scheme', fieldKind.scheme],
  [':authority', fieldKind.authority],
  [':path', fieldKind.path],
  [':protocol', fieldKind.protocol],
  [':status', fieldKind.status],
])

const otherKinds: ReadonlyMap<string, number> = new Map([
  ['cookie', fieldKind.cookie],
  ['te', fieldKind.te],
  ['connection', fieldKind.ofConnection],
  ['keep-alive', fieldKind.ofConnection],
  ['proxy-connection', fieldKind.ofConnection],
  ['transfer-encoding', fieldKind.ofConnection],
  ['upgrade', fieldKind.ofConnection],
])
const kindLengths = new Set([...otherKinds.keys()].map((name) => name.length))

const colon = 0x3a

/** The kind of a name, in bytes from `start` to `end`. */
export function kindOfName(bytes: Buffer, start: number, end: number): number {
  if (start === end) return fieldKind.badName
  if (bytes[start] === colon) {
    return pseudoKinds.get(latin1Text(bytes, start, end)) ?? fieldKind.unknownPseudo
  }
  for (let at = start; at < end; at++) {
    const code = bytes[at]!
    if (isTokenCode[code] === 0 || (code >= 0x41 && code <= 0x5a)) return fieldKind.badName
  }
  if (!kindLengths.has(end - start)) return fieldKind.plain
  return otherKinds.get(latin1Text(bytes, start, end)) ?? fieldKind.plain
}

/** Whether a value may stand in a line: no control characters, no blanks around it. */
export function isCleanValue(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (isValueCode[bytes[at]!] === 0) return false
  return start === end || !(isBlank(bytes[start]!) || isBlank(bytes[end - 1]!))
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09

/** Beyond so many times its bounds a section is no mistake, and is read no further. */
const bombFactor = 8

/** Room before the lines, for one that is put there later. */
export const headroomBytes = 512

/** One for all connections of a thread: a section is read before the next one is decoded. */
export class FieldLines {
  bytes: Buffer = Buffer.allocUnsafeSlow(16 * 1024)
  /** Where the lines begin and end in `bytes`. */
  start = headroomBytes
  end = headroomBytes
  /** More bytes or fields came than allowed: the rest was dropped. */
  isTooLarge = false
  /** So much more came that nobody should read on. */
  isBomb = false
  /** The rule that a field breaks. */
  broken: string | undefined
  method: string | undefined
  scheme: string | undefined
  authority: string | undefined
  path: string | undefined
  protocol: string | undefined
  status: string | undefined
  #cookie: string | undefined
  #fields = 0
  #bytesMax = 0
  #fieldsMax = 0
  #usedBytes = 0
  #pseudoEnded = false

  begin(bytesMax: number, fieldsMax: number): void {
    this.start = headroomBytes
    this.end = headroomBytes
    this.isTooLarge = false
    this.isBomb = false
    this.broken = undefined
    this.method = undefined
    this.scheme = undefined
    this.authority = undefined
    this.path = undefined
    this.protocol = undefined
    this.status = undefined
    this.#cookie = undefined
    this.#fields = 0
    this.#usedBytes = 0
    this.#pseudoEnded = false
    this.#bytesMax = bytesMax
    this.#fieldsMax = fieldsMax
  }

  get hasPseudo(): boolean {
    return (
      (this.method ??
        this.scheme ??
        this.authority ??
        this.path ??
        this.protocol ??
        this.status) !== undefined
    )
  }

  /** Room for so many bytes at `end`, where a line may be half written. */
  reserve(bytes: number): void {
    const needed = this.end + bytes
    if (needed <= this.bytes.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.bytes.length))
    this.bytes.copy(grown)
    this.bytes = grown
  }

  /** Takes a copy of a line that was looked at before. */
  copy(from: Buffer, at: number, nameLength: number, lineLength: number, kind: number): void {
    if (this.#exceeds(lineLength)) return
    if (kind !== fieldKind.plain) return this.#special(from, at, nameLength, lineLength, kind)
    this.#pseudoEnded = true
    this.reserve(lineLength)
    const { bytes, end } = this
    // A call of `set` costs more than the bytes of a usual line.
    for (let i = 0; i < lineLength; i++) bytes[end + i] = from[at + i]!
    this.end = end + lineLength
  }

  /** Takes the line that was written to `end`. */
  take(nameLength: number, lineLength: number, kind: number): void {
    if (this.#exceeds(lineLength)) return
    if (kind !== fieldKind.plain)
      return this.#special(this.bytes, this.end, nameLength, lineLength, kind)
    this.#pseudoEnded = true
    this.end += lineLength
  }

  #exceeds(lineLength: number): boolean {
    this.#usedBytes += lineLength
    this.#fields++
    if (this.#usedBytes <= this.#bytesMax && this.#fields <= this.#fieldsMax) return false
    this.isTooLarge = true
    this.isBomb =
      this.#usedBytes > bombFactor * this.#bytesMax || this.#fields > bombFactor * this.#fieldsMax
    return true
  }

  #special(from: Buffer, at: number, nameLength: number, lineLength: number, kind: number): void {
    const problem = problemOf(kind)
    if (problem !== undefined) {
      this.broken ??= problem
      return
    }
    const value = latin1Text(from, at + nameLength + 2, at + lineLength - 2)
    if (kind >= fieldKind.method) return this.takePseudo(kind, value)
    this.#pseudoEnded = true
    if (kind === fieldKind.cookie) {
      // Crumbs are put together before anybody else sees them (RFC 9113 §8.2.3).
      this.#cookie = this.#cookie === undefined ? value : `${this.#cookie}; ${value}`
      return
    }
    if (value.toLowerCase() !== 'trailers') this.broken ??= 'TE is something other than `trailers`'
    else this.#append(`te: trailers\r\n`)
  }

  takePseudo(kind: number, value: string): void {
    if (this.#pseudoEnded) this.broken ??= 'a pseudo-field stands behind others'
    switch (kind) {
      case fieldKind.method:
        this.method = this.#once(this.method, value)
        return
      case fieldKind.scheme:
        this.scheme = this.#once(this.scheme, value)
        return
      case fieldKind.authority:
        this.authority = this.#once(this.authority, value)
        return
      case fieldKind.path:
        this.path = this.#once(this.path, value)
        return
      case fieldKind.protocol:
        this.protocol = this.#once(this.protocol, value)
        return
      default:
        this.status = this.#once(this.status, value)
    }
  }

  #once(before: string | undefined, value: string): string {
    if (before !== undefined) this.broken ??= 'a pseudo-field stands twice'
    return value
  }

  /** Puts the last line where the section has ended. */
  finish(): void {
    if (this.#cookie !== undefined) this.#append(`cookie: ${this.#cookie}\r\n`)
  }

  #append(line: string): void {
    this.reserve(line.length)
    this.end += this.bytes.write(line, this.end, 'latin1')
  }

  /** Puts a line before all others. */
  prepend(line: string): void {
    this.start -= line.length
    this.bytes.write(line, this.start, 'latin1')
  }

  get text(): string {
    return latin1Text(this.bytes, this.start, this.end)
  }
}

function problemOf(kind: number): string | undefined {
  if ((kind & badValue) !== 0) return 'a field value holds a control character, or blanks around it'
  if (kind === fieldKind.badName) return 'a field name is not a token in lower case'
  if (kind === fieldKind.unknownPseudo) return 'a pseudo-field is unknown'
  return kind === fieldKind.ofConnection ? 'a field concerns connections of HTTP/1.1' : undefined
}
