// The PROXY protocol (haproxy.org, proxy-protocol.txt): the header before everything else on a
// connection that says for whom a hop has opened it. Read strictly, for what is believed here is
// believed everywhere: version 1 by its exact grammar, version 2 to the last TLV.
import { addressText, parseAddress } from '../http.ts'

/** One end of a connection. */
export interface End {
  readonly address: string
  readonly port: number
}

/** From where to where the client's own connection goes. */
export interface ClientRoute {
  readonly from: End
  readonly to: End
}

export type ProxyReading =
  | { readonly at: 'partial' }
  | { readonly at: 'refused'; readonly reason: string }
  /** `route` is undefined where the hop speaks for itself: a health check, or a family unknown. */
  | { readonly at: 'whole'; readonly bytes: number; readonly route: ClientRoute | undefined }

const partial: ProxyReading = { at: 'partial' }
const refused = (reason: string): ProxyReading => ({ at: 'refused', reason })

const textStart = Buffer.from('PROXY ')
const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
const textBytesMax = 107

/** Reads what has come so far; `bytesMax` bounds version 2, version 1 bounds itself. */
export function readProxyHeader(view: Buffer, length: number, bytesMax: number): ProxyReading {
  if (begins(view, length, signature)) return readBinary(view, length, bytesMax)
  if (begins(view, length, textStart)) return readText(view, length)
  return refused('it begins with no PROXY header')
}

/** Whether as much as there is of both is the same. */
function begins(view: Buffer, length: number, start: Buffer): boolean {
  const bytes = Math.min(length, start.length)
  return view.compare(start, 0, bytes, 0, bytes) === 0
}

// Version 1.

const textForm = /^PROXY (?:(UNKNOWN)(?: .*)?|(TCP[46]) (\S+) (\S+) (\S+) (\S+))$/
const portForm = /^(?:0|[1-9]\d{0,4})$/

function readText(view: Buffer, length: number): ProxyReading {
  const text = view.toString('latin1', 0, Math.min(length, textBytesMax))
  const end = text.indexOf('\n') + 1
  if (end === 0) return text.length < textBytesMax ? partial : refused('its PROXY line is too long')
  if (text[end - 2] !== '\r') return refused('its PROXY line ends without CR')
  const parts = textForm.exec(text.slice(0, end - 2))
  if (parts === null) return refused('its PROXY line is malformed')
  if (parts[1] !== undefined) return { at: 'whole', bytes: end, route: undefined }
  const isLong = parts[2] === 'TCP6'
  const from = textEnd(parts[3]!, parts[5]!, isLong)
  const to = textEnd(parts[4]!, parts[6]!, isLong)
  if (from === undefined || to === undefined) return refused('its PROXY line is malformed')
  return { at: 'whole', bytes: end, route: { from, to } }
}

function textEnd(address: string, port: string, isLong: boolean): End | undefined {
  const parsed = address.includes(':') === isLong ? parseAddress(address) : undefined
  if (parsed === undefined || !portForm.test(port) || Number(port) > 0xffff) return undefined
  return { address: addressText(parsed), port: Number(port) }
}

// Version 2: signature, version and command, family and transport, length of the rest.

const headBytes = 16
const lengthAt = 14
const addressBytes: Readonly<Record<number, number>> = { 0x00: 0, 0x11: 12, 0x21: 36, 0x31: 216 }

function readBinary(view: Buffer, length: number, bytesMax: number): ProxyReading {
  if (length <= 12) return partial
  const command = view[12]!
  if (command !== 0x20 && command !== 0x21)
    return refused('its PROXY version or command is unknown')
  if (length < headBytes) return partial
  const bytes = headBytes + view.readUInt16BE(lengthAt)
  if (bytes > bytesMax) return refused('its PROXY header is too long')
  if (length < bytes) return partial
  const header = view.subarray(0, bytes)
  // Of a hop that speaks for itself the rest is to be skipped, whatever it says.
  if (command === 0x20) return { at: 'whole', bytes, route: undefined }
  return readRoute(header)
}

function readRoute(header: Buffer): ProxyReading {
  const family = header[13]!
  const size = addressBytes[family]
  if (size === undefined) return refused('its PROXY family or transport is not taken')
  const tlvsAt = headBytes + size
  if (header.length < tlvsAt) return refused('its PROXY header is shorter than its addresses')
  const problem = tlvProblem(header, tlvsAt)
  if (problem !== undefined) return refused(problem)
  const route = size === 12 ? routeAt(header, 4) : size === 36 ? routeAt(header, 16) : undefined
  return { at: 'whole', bytes: header.length, route }
}

function routeAt(header: Buffer, size: 4 | 16): ClientRoute {
  const portsAt = headBytes + 2 * size
  const end = (at: number, portAt: number): End => ({
    address: binaryText(header.subarray(at, at + size)),
    port: header.readUInt16BE(portAt),
  })
  return {
    from: end(headBytes, portsAt),
    to: end(headBytes + size, portsAt + 2),
  }
}

function binaryText(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.')
  return addressText(Array.from({ length: 8 }, (_, group) => bytes.readUInt16BE(2 * group)))
}

const checksumType = 0x03

/** Walks what follows the addresses: type, length, value. A checksum is verified, the rest skipped. */
function tlvProblem(header: Buffer, start: number): string | undefined {
  let isChecked = false
  for (let at = start; at < header.length;) {
    if (at + 3 > header.length) return 'its PROXY header ends within a TLV'
    const bytes = header.readUInt16BE(at + 1)
    if (at + 3 + bytes > header.length) return 'its PROXY header ends within a TLV'
    if (header[at] === checksumType) {
      if (isChecked || bytes !== 4 || !isChecksum(header, at + 3)) {
        return 'the checksum of its PROXY header is wrong'
      }
      isChecked = true
    }
    at += 3 + bytes
  }
  return undefined
}

const polynomial = 0x82f63b78

/** Of all bytes, those of the checksum counted as zero. */
function isChecksum(header: Buffer, at: number): boolean {
  let sum = 0xffffffff
  for (let i = 0; i < header.length; i++) {
    sum ^= i >= at && i < at + 4 ? 0 : header[i]!
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (polynomial & -(sum & 1))
  }
  return (sum ^ 0xffffffff) >>> 0 === header.readUInt32BE(at)
}

// Written.

/** The header for a route; where an end is no address the family is said to be unknown. */
export function proxyHeader(version: 'v1' | 'v2', { from, to }: ClientRoute): Buffer {
  const ends = [endOf(from), endOf(to)] as const
  const [source, target] = ends
  if (source === undefined || target === undefined) return unknownHeader(version)
  const isShort = ends.every((end) => end?.slice(0, 6).join() === '0,0,0,0,0,65535')
  const ports = [from.port, to.port] as const
  if (version === 'v2') return binaryHeader([source, target], ports, isShort)
  const text = isShort ? addressText : longText
  const family = isShort ? 'TCP4' : 'TCP6'
  return Buffer.from(`PROXY ${family} ${text(source)} ${text(target)} ${ports.join(' ')}\r\n`)
}

type Groups = readonly number[]

/** A zone (`%eth0`) means something here alone. */
const endOf = ({ address }: End): Groups | undefined => parseAddress(address.split('%', 1)[0]!)

/** IPv4 among IPv6 stays a mapped address. */
const longText = (address: Groups): string => {
  const text = addressText(address)
  return text.includes(':') ? text : `::ffff:${text}`
}

const unknownHeader = (version: 'v1' | 'v2'): Buffer =>
  version === 'v1'
    ? Buffer.from('PROXY UNKNOWN\r\n')
    : Buffer.concat([signature, Buffer.from([0x21, 0x00, 0, 0])])

function binaryHeader(ends: readonly Groups[], ports: readonly number[], isShort: boolean): Buffer {
  const groups = ends.flatMap((end) => (isShort ? end.slice(6) : end))
  const rest = Buffer.alloc(2 * (groups.length + ports.length))
  for (const [at, value] of [...groups, ...ports].entries()) rest.writeUInt16BE(value, 2 * at)
  return Buffer.concat([
    signature,
    Buffer.from([0x21, isShort ? 0x11 : 0x21, 0, rest.length]),
    rest,
  ])
}
