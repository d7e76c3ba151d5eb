// HPACK (RFC 7541) in the direction of who reads: a block of bytes to lines of HTTP/1.1. The table
// follows every block, also those whose fields nobody wants: one that is left out breaks all later.
import { badValue, type FieldLines, isCleanValue, kindOfName } from './field-lines.ts'
import { found, HpackTable } from './hpack-table.ts'
import { huffmanDecode } from './huffman.ts'

/** What every encoder may use before anything is said. */
export const firstTableBytes = 4_096

/** A change of the table's size may be said twice at the head of a block (RFC 7541 §4.2). */
const sizeUpdatesMax = 2
/** No length or index of ours is above 2^28: it ends an integer that never would. */
const shiftMax = 28

export class HpackDecoder {
  readonly #table = new HpackTable(firstTableBytes)
  #view: Buffer = Buffer.alloc(0)
  #at = 0
  #end = 0
  readonly #bytesMax: number

  /** The table is never larger than `tableBytesMax`, which was offered; at first it is as always. */
  constructor(tableBytesMax: number = firstTableBytes) {
    this.#bytesMax = Math.max(firstTableBytes, tableBytesMax)
  }

  /**
   * Decodes a block. False where it is broken, or a bomb: nothing later on the connection can be
   * decoded then (RFC 9113 §4.3).
   */
  decode(view: Buffer, start: number, end: number, into: FieldLines): boolean {
    this.#view = view
    this.#at = start
    this.#end = end
    if (!this.#readSizes()) return false
    while (this.#at < end) if (!this.#readField(into) || into.isBomb) return false
    into.finish()
    return true
  }

  #readSizes(): boolean {
    for (let updates = 0; this.#at < this.#end; updates++) {
      if ((this.#view[this.#at]! & 0xe0) !== 0x20) return true
      const bytesMax = this.#readInteger(0x1f)
      if (updates === sizeUpdatesMax || bytesMax < 0 || bytesMax > this.#bytesMax) return false
      this.#table.resize(bytesMax)
    }
    return true
  }

  #readField(into: FieldLines): boolean {
    const first = this.#view[this.#at]!
    if (first >= 0x80) {
      if (!this.#table.find(this.#readInteger(0x7f))) return false
      into.copy(found.bytes, found.at, found.nameLength, found.lineLength, found.kind)
      return true
    }
    if (first >= 0x40) return this.#readLiteral(into, 0x3f, true)
    // A size stands before all fields.
    return first < 0x20 && this.#readLiteral(into, 0x0f, false)
  }

  /** Writes the line where it would stand; it is looked at once, there. */
  #readLiteral(into: FieldLines, mask: number, isIndexed: boolean): boolean {
    const index = this.#readInteger(mask)
    if (index < 0) return false
    const start = into.end
    let nameEnd: number
    let kind: number
    if (index > 0) {
      if (!this.#table.find(index)) return false
      kind = found.kind & ~badValue
      const { bytes, at, nameLength } = found
      into.reserve(nameLength)
      nameEnd = start + nameLength
      for (let i = 0; i < nameLength; i++) into.bytes[start + i] = bytes[at + i]!
    } else {
      nameEnd = this.#readText(into, start)
      if (nameEnd < 0) return false
      kind = kindOfName(into.bytes, start, nameEnd)
    }
    const valueStart = nameEnd + 2
    const valueEnd = this.#readText(into, valueStart)
    if (valueEnd < 0) return false
    const { bytes } = into
    bytes[nameEnd] = 0x3a
    bytes[nameEnd + 1] = 0x20
    bytes[valueEnd] = 0x0d
    bytes[valueEnd + 1] = 0x0a
    if (!isCleanValue(bytes, valueStart, valueEnd)) kind |= badValue
    const nameLength = nameEnd - start
    const lineLength = valueEnd + 2 - start
    if (isIndexed) this.#table.add(bytes, start, nameLength, lineLength, kind)
    into.take(nameLength, lineLength, kind)
    return true
  }

  /** Reads a text to `at` on in the lines; gives the position behind it, -1 where it is broken. */
  #readText(into: FieldLines, at: number): number {
    if (this.#at >= this.#end) return -1
    const isCoded = this.#view[this.#at]! >= 0x80
    const length = this.#readInteger(0x7f)
    const from = this.#at
    const end = from + length
    if (length < 0 || end > this.#end) return -1
    this.#at = end
    // The shortest code has five bits; two characters follow each text.
    into.reserve(at - into.end + (isCoded ? Math.ceil((length * 8) / 5) : length) + 4)
    if (isCoded) return huffmanDecode(this.#view, from, end, into.bytes, at)
    const { bytes } = into
    const view = this.#view
    for (let i = 0; i < length; i++) bytes[at + i] = view[from + i]!
    return at + length
  }

  /** RFC 7541 §5.1; -1 where it does not end, or is larger than anything here. */
  #readInteger(mask: number): number {
    const view = this.#view
    let value = view[this.#at++]! & mask
    if (value < mask) return value
    for (let shift = 0; shift < shiftMax && this.#at < this.#end; shift += 7) {
      const byte = view[this.#at++]!
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    return -1
  }
}
