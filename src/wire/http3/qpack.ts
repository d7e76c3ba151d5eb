// QPACK (RFC 9204) without a dynamic table, neither ours nor the client's: it is told that there is
// room for none, so a section depends on no other one, nothing waits, and nothing that a client says
// stays in our memory.
import { trimBlanks } from '../../http.ts'
import { badValue, type FieldLines, isCleanValue, kindOfName } from '../http2/field-lines.ts'
import { huffmanDecode } from '../http2/huffman.ts'
import { staticTable } from './static-table.ts'

const shiftMax = 28

const fixed = staticTable.map(([name, value]) => {
  const line = Buffer.from(`${name}: ${value}\r\n`, 'latin1')
  return { line, nameLength: name.length, kind: kindOfName(line, 0, name.length) }
})

/** False where a section is broken: the connection ends then (RFC 9204 §2.2). */
export function decodeSection(block: Buffer, into: FieldLines): boolean {
  const reader = new SectionReader(block, into)
  if (!reader.readPrefix()) return false
  while (!reader.isAtEnd) if (!reader.readField()) return false
  into.finish()
  return true
}

class SectionReader {
  readonly #view: Buffer
  readonly #into: FieldLines
  #at = 0

  constructor(view: Buffer, into: FieldLines) {
    this.#view = view
    this.#into = into
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#view.length
  }

  /** It refers to no entry of a dynamic table; the base means nothing then. */
  readPrefix(): boolean {
    return this.#integer(0xff) === 0 && this.#integer(0x7f) >= 0
  }

  readField(): boolean {
    const first = this.#view[this.#at]!
    if (first >= 0x80) {
      const entry = (first & 0x40) === 0 ? undefined : fixed[this.#integer(0x3f)]
      if (entry === undefined) return false
      this.#into.copy(entry.line, 0, entry.nameLength, entry.line.length, entry.kind)
      return true
    }
    if (first >= 0x40) {
      const entry = (first & 0x10) === 0 ? undefined : fixed[this.#integer(0x0f)]
      return entry !== undefined && this.#readNamed(entry)
    }
    return first >= 0x20 && this.#readLiteral()
  }

  #readNamed({ line, nameLength, kind }: (typeof fixed)[number]): boolean {
    const into = this.#into
    into.reserve(nameLength + 4)
    line.copy(into.bytes, into.end, 0, nameLength)
    return this.#readValue(into.end + nameLength, kind)
  }

  #readLiteral(): boolean {
    const into = this.#into
    const nameEnd = this.#text(into.end, 0x07)
    return nameEnd >= 0 && this.#readValue(nameEnd, kindOfName(into.bytes, into.end, nameEnd))
  }

  #readValue(nameEnd: number, nameKind: number): boolean {
    const into = this.#into
    const start = into.end
    const valueStart = nameEnd + 2
    const valueEnd = this.#text(valueStart, 0x7f)
    if (valueEnd < 0) return false
    const { bytes } = into
    bytes[nameEnd] = 0x3a
    bytes[nameEnd + 1] = 0x20
    bytes[valueEnd] = 0x0d
    bytes[valueEnd + 1] = 0x0a
    const kind = isCleanValue(bytes, valueStart, valueEnd) ? nameKind : nameKind | badValue
    into.take(nameEnd - start, valueEnd + 2 - start, kind)
    return true
  }

  /** Reads a text to `at` on in the lines; `mask` is that of its length, the bit above tells the code. */
  #text(at: number, mask: number): number {
    if (this.isAtEnd) return -1
    const isCoded = (this.#view[this.#at]! & (mask + 1)) !== 0
    const length = this.#integer(mask)
    const from = this.#at
    const end = from + length
    if (length < 0 || end > this.#view.length) return -1
    this.#at = end
    const into = this.#into
    // The shortest code has five bits; colon, blank and CRLF are written beside.
    into.reserve(at - into.end + (isCoded ? Math.ceil((length * 8) / 5) : length) + 4)
    if (isCoded) return huffmanDecode(this.#view, from, end, into.bytes, at)
    this.#view.copy(into.bytes, at, from, end)
    return at + length
  }

  /** RFC 7541 §5.1; -1 where it does not end, or is larger than anything here. */
  #integer(mask: number): number {
    if (this.isAtEnd) return -1
    let value = this.#view[this.#at++]! & mask
    if (value < mask) return value
    for (let shift = 0; shift < shiftMax && !this.isAtEnd; shift += 7) {
      const byte = this.#view[this.#at++]!
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    return -1
  }
}

/** Fields that concern one connection of HTTP/1.1 (RFC 9114 §4.2). */
const ofConnection = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
])
/** What nobody on the way shall put in a table (RFC 9204 §7.1.3). */
const secret = new Set(['authorization', 'cookie', 'proxy-authorization', 'set-cookie'])

const exact: ReadonlyMap<string, string> = new Map(
  staticTable
    .map(([name, value], i): [string, string] => [`${name}: ${value}`, integer(i, 0x3f, 0xc0)])
    .toReversed(),
)
const indexes: ReadonlyMap<string, number> = new Map(
  staticTable.map(([name], i): [string, number] => [name, i]).toReversed(),
)

/** Lines come again and again, in few shapes. */
const linesMax = 1_024
const lineCharsMax = 512
const blocks = new Map<string, string>()

/** A section as latin1 text: the status, and header lines with CRLF. */
export function encodeSection(status: string | undefined, lines: string): string {
  let block = '\x00\x00'
  if (status !== undefined) block += encodeField(':status', status)
  let at = 0
  for (let end = lines.indexOf('\r\n'); end >= 0; end = lines.indexOf('\r\n', at)) {
    const line = lines.slice(at, end)
    block += blocks.get(line) ?? encodeLine(line)
    at = end + 2
  }
  return block
}

function encodeLine(line: string): string {
  const colon = line.indexOf(':')
  const name = line.slice(0, colon).toLowerCase()
  const block = ofConnection.has(name) ? '' : encodeField(name, trimBlanks(line.slice(colon + 1)))
  if (line.length > lineCharsMax || secret.has(name) || block === '') return block
  if (blocks.size >= linesMax) blocks.clear()
  // A slice keeps all that it was cut from.
  blocks.set(Buffer.from(line, 'latin1').toString('latin1'), block)
  return block
}

export function encodeField(lowerName: string, value: string): string {
  const known = exact.get(`${lowerName}: ${value}`)
  if (known !== undefined) return known
  const never = secret.has(lowerName)
  const index = indexes.get(lowerName)
  const name =
    index === undefined
      ? integer(lowerName.length, 0x07, never ? 0x30 : 0x20) + lowerName
      : integer(index, 0x0f, never ? 0x70 : 0x50)
  return name + integer(value.length, 0x7f, 0) + value
}

function integer(value: number, mask: number, pattern: number): string {
  if (value < mask) return String.fromCharCode(pattern | value)
  let text = String.fromCharCode(pattern | mask)
  let rest = value - mask
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) {
    text += String.fromCharCode((rest & 0x7f) | 0x80)
  }
  return text + String.fromCharCode(rest)
}
