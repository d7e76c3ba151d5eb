// Fields between the two worlds: the native part has Unicode strings, the gateway has the bytes of
// HTTP as latin1 text, in lines.
import type { NativeField } from './native.ts'

const plainAscii = /^[\x00-\x7f]*$/

/**
 * Name and value in turn, as latin1 text of their bytes. Undefined where a byte was lost: the native
 * part has put a replacement in the place of what is no UTF-8.
 */
export function receivedFields(fields: readonly NativeField[]): string[] | undefined {
  const list: string[] = []
  for (const { name, value } of fields) {
    if (value.includes('\ufffd') || name.includes('\ufffd')) return undefined
    list.push(latin1Of(name), latin1Of(value))
  }
  return list
}

const latin1Of = (text: string): string =>
  plainAscii.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1')

/** Bytes of a head as HTTP/3 counts them (RFC 9114 §4.2.2). */
export function fieldBytes(fields: readonly NativeField[]): number {
  let bytes = 0
  for (const { name, value } of fields) bytes += name.length + value.length + 32
  return bytes
}

/** Fields that frame a message of HTTP/1.1 or concern one connection (RFC 9114 §4.2). */
const connectionFields = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
])

/** The fields of header lines with CRLF. */
export function sentFields(lines: string): NativeField[] {
  const fields: NativeField[] = []
  let at = 0
  while (at < lines.length) {
    const end = lines.indexOf('\r\n', at)
    const colon = lines.indexOf(':', at)
    addSent(fields, lines.slice(at, colon), lines.slice(colon + 1, end).trim())
    at = end + 2
  }
  return fields
}

/** The fields of a list of names and values. */
export function sentList(list: readonly string[]): NativeField[] {
  const fields: NativeField[] = []
  for (let i = 0; i < list.length; i += 2) addSent(fields, list[i]!, list[i + 1]!)
  return fields
}

function addSent(fields: NativeField[], name: string, value: string): void {
  const lowerName = name.toLowerCase()
  if (!connectionFields.has(lowerName)) fields.push({ name: lowerName, value: unicodeOf(value) })
}

const strict = new TextDecoder('utf-8', { fatal: true })

/** Bytes that are UTF-8 stay the bytes they are; others can only be sent as the characters. */
function unicodeOf(latin1: string): string {
  if (plainAscii.test(latin1)) return latin1
  try {
    return strict.decode(Buffer.from(latin1, 'latin1'))
  } catch {
    return latin1
  }
}
