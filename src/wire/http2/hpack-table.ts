// The two tables of HPACK (RFC 7541 §2.3) as lines of HTTP/1.1 in bytes, so that a field which is
// named by its index is copied, not made. The dynamic table is a queue: its lines lie one behind
// the other, and move to the front when there is no more room behind them.
import { kindOfName } from './field-lines.ts'
import { staticTable } from './static-table.ts'

/** What an entry counts beside its name and value (RFC 7541 §4.1). */
const overheadBytes = 32
/** `: ` and CRLF. */
const lineOverheadBytes = 4

export const staticEntries = staticTable.length

/** Numbers of an entry: where its line begins, length of name and line, kind. */
const wordsEach = 4
/** What a table has room for at first. */
const firstBytes = 512
const firstEntries = 16

/** An entry as found by its index; one for all, overwritten by the next look. */
export interface Found {
  bytes: Buffer
  at: number
  nameLength: number
  lineLength: number
  kind: number
}

export const found: Found = { bytes: Buffer.alloc(0), at: 0, nameLength: 0, lineLength: 0, kind: 0 }

const fixed = staticTable.map(([name, value]) => {
  const bytes = Buffer.from(`${name}: ${value}\r\n`, 'latin1')
  const nameLength = name.length
  return { bytes, nameLength, kind: kindOfName(bytes, 0, nameLength) }
})

export class HpackTable {
  #bytes: Buffer | undefined
  #entries = new Int32Array(0)
  /** The oldest entry, and how many there are; places are taken round and round. */
  #first = 0
  #count = 0
  /** Behind the newest line. */
  #end = 0
  #sizeBytes = 0
  #bytesMax: number

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get bytesMax(): number {
    return this.#bytesMax
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  resize(bytesMax: number): void {
    this.#bytesMax = bytesMax
    this.#evict(0)
  }

  /** Fills `found`; false where no entry has the index. */
  find(index: number): boolean {
    if (index <= 0) return false
    if (index <= staticEntries) {
      const entry = fixed[index - 1]!
      found.bytes = entry.bytes
      found.at = 0
      found.nameLength = entry.nameLength
      found.lineLength = entry.bytes.length
      found.kind = entry.kind
      return true
    }
    const back = index - staticEntries
    if (back > this.#count) return false
    const at = this.#placeOf(this.#count - back)
    const entries = this.#entries
    found.bytes = this.#bytes!
    found.at = entries[at]!
    found.nameLength = entries[at + 1]!
    found.lineLength = entries[at + 2]!
    found.kind = entries[at + 3]!
    return true
  }

  #placeOf(nth: number): number {
    const place = this.#first * wordsEach + nth * wordsEach
    return place < this.#entries.length ? place : place - this.#entries.length
  }

  /** Takes a line from `at` on; one that is larger than the table empties it (RFC 7541 §4.4). */
  add(from: Buffer, at: number, nameLength: number, lineLength: number, kind: number): void {
    const size = lineLength - lineOverheadBytes + overheadBytes
    this.#evict(size)
    if (size > this.#bytesMax) return
    const bytes = this.#roomFor(lineLength)
    for (let i = 0; i < lineLength; i++) bytes[this.#end + i] = from[at + i]!
    if ((this.#count + 1) * wordsEach > this.#entries.length) this.#growEntries()
    const place = this.#placeOf(this.#count++)
    const entries = this.#entries
    entries[place] = this.#end
    entries[place + 1] = nameLength
    entries[place + 2] = lineLength
    entries[place + 3] = kind
    this.#end += lineLength
    this.#sizeBytes += size
  }

  #evict(comingBytes: number): void {
    while (this.#count > 0 && this.#sizeBytes + comingBytes > this.#bytesMax) {
      const lineLength = this.#entries[this.#first * wordsEach + 2]!
      this.#sizeBytes -= lineLength - lineOverheadBytes + overheadBytes
      this.#count--
      this.#first++
      if (this.#first * wordsEach === this.#entries.length) this.#first = 0
    }
    if (this.#count === 0) this.#end = 0
  }

  /** Lines move to the front, to twice the room where they fill more than half of it. */
  #roomFor(lineLength: number): Buffer {
    this.#bytes ??= Buffer.allocUnsafeSlow(Math.max(firstBytes, lineLength))
    if (this.#end + lineLength <= this.#bytes.length) return this.#bytes
    const start = this.#count === 0 ? this.#end : this.#entries[this.#first * wordsEach]!
    const used = this.#end - start
    const needed = used + lineLength
    const isTight = needed * 2 > this.#bytes.length
    const into = isTight ? Buffer.allocUnsafeSlow(2 * needed) : this.#bytes
    this.#bytes.copy(into, 0, start, this.#end)
    for (let nth = 0; nth < this.#count; nth++) this.#entries[this.#placeOf(nth)]! -= start
    this.#end = used
    this.#bytes = into
    return into
  }

  #growEntries(): void {
    const grown = new Int32Array(Math.max(firstEntries * wordsEach, 2 * this.#entries.length))
    for (let nth = 0; nth < this.#count; nth++) {
      const at = this.#placeOf(nth)
      grown.set(this.#entries.subarray(at, at + wordsEach), nth * wordsEach)
    }
    this.#entries = grown
    this.#first = 0
  }
}
