// HPACK (RFC 7541) in the direction of who writes: lines of HTTP/1.1 to a block, as latin1 text. It
// uses no dynamic table, as nginx does not: so a line is encoded alike on every connection, and
// those that come again and again are encoded once.
//
// Names that an index stands for are written so; secrets are never indexed by anybody on the way
// (RFC 7541 §7.1.3); fields of the connection are left out (RFC 9113 §8.2.2).
import { trimBlanks } from '../../http.ts'
import { huffmanEncode } from './huffman.ts'
import { KnownLines } from './known-lines.ts'
import { staticTable } from './static-table.ts'

const lineCharsMax = 512
const namesMax = 512
const nameCharsMax = 64
/** So many lines in a row may miss before no more lines of a name are kept. */
const missesMax = 8

const secret = new Set(['authorization', 'proxy-authorization', 'cookie', 'set-cookie'])
const ofConnection = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
])

interface KnownName {
  /** How a literal with this name begins; undefined: the field is left out. */
  readonly prefix: string | undefined
  /** Each line that is kept costs one, each that is found again gives all back. */
  left: number
}

interface KnownLine {
  readonly line: string
  readonly block: string
  readonly name: KnownName
}

// Of all connections: what is in them never depends on one.
const knownNames = new Map<string, KnownName>()
const knownLines = new KnownLines<KnownLine>()

/** Our table is empty: said once, no later change of the peer's setting needs an answer. */
export const emptyTable = '\x20'

/** Header lines, each with CRLF, their names in any case. */
export function encodeLines(lines: string): string {
  let block = ''
  let at = 0
  for (let end = lines.indexOf('\r\n'); end >= 0; end = lines.indexOf('\r\n', at)) {
    const known = knownLines.find(lines, at, end)
    if (known === undefined) block += encodeLine(lines.slice(at, end))
    else {
      known.name.left = missesMax
      block += known.block
    }
    at = end + 2
  }
  return block
}

function encodeLine(line: string): string {
  const colon = line.indexOf(':')
  const name = nameOf(line.slice(0, colon))
  if (name.prefix === undefined) return ''
  const value = trimBlanks(line.slice(colon + 1))
  if (name.left <= 0 || line.length > lineCharsMax) return name.prefix + plainText(value)
  name.left--
  const block = name.prefix + (codedText(value) ?? plainText(value))
  knownLines.keep({ line: ownCopy(line), block, name })
  return block
}

function nameOf(name: string): KnownName {
  const known = knownNames.get(name)
  if (known !== undefined) return known
  const lowerName = name.toLowerCase()
  const isSecret = secret.has(lowerName)
  const prefix = ofConnection.has(lowerName) ? undefined : literalPrefix(lowerName, isSecret)
  const made = { prefix, left: isSecret ? -Infinity : missesMax }
  if (name.length > nameCharsMax) return made
  if (knownNames.size >= namesMax) knownNames.clear()
  knownNames.set(ownCopy(name), made)
  return made
}

/** A slice keeps all that it was cut from. */
const ownCopy = (text: string): string => Buffer.from(text, 'latin1').toString('latin1')

/** A field of which only the name has an index, by how a literal with that name begins. */
export const encodeLiteral = (prefix: string, value: string): string => prefix + plainText(value)

/** One field, as those that no line stands for: pseudo-fields. */
export function encodeField(lowerName: string, value: string): string {
  const known = exactIndexes.get(`${lowerName}: ${value}`)
  return known ?? literalPrefix(lowerName) + plainText(value)
}

const statuses: string[] = []

export function encodeStatus(status: number): string {
  statuses[status] ??= encodeField(':status', `${status}`)
  return statuses[status]
}

const exactIndexes: ReadonlyMap<string, string> = new Map(
  staticTable
    .map(([name, value], i): [string, string, number] => [name, value, i + 1])
    .filter(([, value]) => value !== '')
    .map(([name, value, index]) => [`${name}: ${value}`, integer(index, 0x7f, 0x80)]),
)

/** The first entry of each name. */
const nameIndexes: ReadonlyMap<string, number> = new Map(
  staticTable.map(([name], i): [string, number] => [name, i + 1]).toReversed(),
)

export function literalPrefix(lowerName: string, isSecret = false): string {
  const pattern = isSecret ? 0x10 : 0x00
  const index = nameIndexes.get(lowerName)
  if (index !== undefined) return integer(index, 0x0f, pattern)
  return String.fromCharCode(pattern) + (codedText(lowerName) ?? plainText(lowerName))
}

const plainText = (text: string): string => integer(text.length, 0x7f, 0) + text

function codedText(text: string): string | undefined {
  const coded = huffmanEncode(text)
  return coded === undefined ? undefined : integer(coded.length, 0x7f, 0x80) + coded
}

/** RFC 7541 §5.1, behind the bits of a pattern. */
function integer(value: number, mask: number, pattern: number): string {
  if (value < mask) return String.fromCharCode(pattern | value)
  let text = String.fromCharCode(pattern | mask)
  let rest = value - mask
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80))
    text += String.fromCharCode((rest & 0x7f) | 0x80)
  return text + String.fromCharCode(rest)
}
