// The name that a client asks for, read before any server is chosen. Its first packets are encrypted
// with keys that whoever sees them can derive (RFC 9001 §5.2): that keeps meddlers off, and hides
// nothing. The ClientHello may lie in pieces over several of them, in any order.
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'

const version1Salt = Buffer.from('38762cf7f55934b34d179ae6a4c80cadccbb7f0a', 'hex')
const tagBytes = 16
/** Longer ones than any client sends are not read to their end. */
const helloBytesMax = 16 * 1024
const piecesMax = 64

/** What is known of the name so far: undefined where more of the ClientHello must come. */
export type AskedName = { readonly name: string | undefined } | undefined

export class ClientHello {
  readonly #keys: InitialKeys
  readonly #bytes = Buffer.alloc(helloBytesMax)
  #pieces: [start: number, end: number][] = []

  /** The id is the one that the client's first packet is addressed to. */
  constructor(destination: Buffer) {
    this.#keys = initialKeys(destination)
  }

  /** Reads one datagram; a name where it is known now, or is known to be none. */
  take(datagram: Buffer): AskedName {
    const frames = openInitial(datagram, this.#keys)
    if (frames === undefined) return undefined
    for (const { offset, data } of cryptoFrames(frames)) this.#add(offset, data)
    return this.#pieces.length > piecesMax
      ? { name: undefined }
      : nameIn(this.#bytes, this.#wholeBytes())
  }

  #add(offset: number, data: Buffer): void {
    if (offset + data.length > helloBytesMax) return
    data.copy(this.#bytes, offset)
    this.#pieces.push([offset, offset + data.length])
  }

  /** How much there is without a gap. */
  #wholeBytes(): number {
    let end = 0
    for (const piece of this.#pieces.toSorted((a, b) => a[0] - b[0])) {
      if (piece[0] > end) break
      end = Math.max(end, piece[1])
    }
    return end
  }
}

interface InitialKeys {
  readonly key: Buffer
  readonly iv: Buffer
  readonly mask: Buffer
}

function initialKeys(destination: Buffer): InitialKeys {
  const initial = createHmac('sha256', version1Salt).update(destination).digest()
  const client = expanded(initial, 'client in', 32)
  return {
    key: expanded(client, 'quic key', 16),
    iv: expanded(client, 'quic iv', 12),
    mask: expanded(client, 'quic hp', 16),
  }
}

/** HKDF-Expand-Label of up to one block (RFC 8446 §7.1). */
function expanded(secret: Buffer, label: string, bytes: number): Buffer {
  const full = `tls13 ${label}`
  const info = Buffer.from([0, bytes, full.length, ...Buffer.from(full), 0, 1])
  return createHmac('sha256', secret).update(info).digest().subarray(0, bytes)
}

/** The frames of the first packet in a datagram; undefined where it is no Initial of ours. */
function openInitial(datagram: Buffer, keys: InitialKeys): Buffer | undefined {
  const reader = new Reader(datagram, 5)
  const ids = reader.skip(reader.byte()) && reader.skip(reader.byte())
  if (!ids || !reader.skip(reader.integer())) return undefined
  const length = reader.integer()
  const at = reader.at
  const end = at + length
  if (reader.isShort || length < 4 + tagBytes || end > datagram.length) return undefined
  const cipher = createCipheriv('aes-128-ecb', keys.mask, null)
  const mask = cipher.update(datagram.subarray(at + 4, at + 4 + 16))
  const head = Buffer.from(datagram.subarray(0, at + 4))
  head[0]! ^= mask[0]! & 0x0f
  const numberBytes = (head[0]! & 0x03) + 1
  for (let i = 0; i < numberBytes; i++) head[at + i]! ^= mask[1 + i]!
  const nonce = Buffer.from(keys.iv)
  for (let i = 0; i < numberBytes; i++) nonce[12 - numberBytes + i]! ^= head[at + i]!
  const opened = createDecipheriv('aes-128-gcm', keys.key, nonce)
  opened.setAAD(head.subarray(0, at + numberBytes))
  opened.setAuthTag(datagram.subarray(end - tagBytes, end))
  try {
    const frames = opened.update(datagram.subarray(at + numberBytes, end - tagBytes))
    opened.final()
    return frames
  } catch {
    return undefined
  }
}

const frameTypes = { padding: 0, ping: 1, ack: 2, ackWithEcn: 3, crypto: 6 } as const

function* cryptoFrames(frames: Buffer): Generator<{ offset: number; data: Buffer }> {
  const reader = new Reader(frames, 0)
  while (reader.left > 0) {
    const type = reader.byte()
    if (type === frameTypes.padding || type === frameTypes.ping) continue
    if (type === frameTypes.ack || type === frameTypes.ackWithEcn) {
      skipAck(reader, type === frameTypes.ackWithEcn)
      continue
    }
    if (type !== frameTypes.crypto) return
    const offset = reader.integer()
    const length = reader.integer()
    if (reader.isShort || length > reader.left) return
    yield { offset, data: frames.subarray(reader.at, reader.at + length) }
    reader.skip(length)
  }
}

function skipAck(reader: Reader, withEcn: boolean): void {
  reader.integer()
  reader.integer()
  const ranges = Math.min(reader.integer(), reader.left)
  for (let i = 0; i < 1 + 2 * ranges + (withEcn ? 3 : 0); i++) reader.integer()
}

/** The name that a ClientHello asks for (RFC 8446 §4.1.2, RFC 6066 §3). */
function nameIn(bytes: Buffer, end: number): AskedName {
  if (end < 4) return undefined
  if (bytes[0] !== 1) return { name: undefined }
  const helloEnd = 4 + bytes.readUIntBE(1, 3)
  const reader = new Reader(bytes.subarray(0, Math.min(end, helloEnd)), 4)
  const isThere =
    reader.skip(2 + 32) &&
    reader.skip(reader.byte()) &&
    reader.skip(reader.number(2)) &&
    reader.skip(reader.byte())
  reader.number(2)
  if (!isThere) return end >= helloEnd ? { name: undefined } : undefined
  while (!reader.isShort && reader.left >= 4) {
    const type = reader.number(2)
    const length = reader.number(2)
    if (type === 0 && length <= reader.left) {
      // One list, of one name, of the one kind that there is.
      const name = bytes.toString('latin1', reader.at + 5, reader.at + length)
      return { name: name.toLowerCase() }
    }
    if (!reader.skip(length)) break
  }
  return end >= helloEnd ? { name: undefined } : undefined
}

/** Reads on from a place; once it came to an end it gives zeros, and says so. */
class Reader {
  at: number
  isShort = false
  readonly #bytes: Buffer

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes
    this.at = at
  }

  get left(): number {
    return this.isShort ? 0 : this.#bytes.length - this.at
  }

  byte(): number {
    return this.number(1)
  }

  number(bytes: number): number {
    if (this.left < bytes) {
      this.isShort = true
      return 0
    }
    const value = this.#bytes.readUIntBE(this.at, bytes)
    this.at += bytes
    return value
  }

  /** Of variable length (RFC 9000 §16). */
  integer(): number {
    const first = this.left > 0 ? this.#bytes[this.at]! : 0
    const bytes = 1 << (first >> 6)
    if (bytes <= 4) return this.number(bytes) % 2 ** (8 * bytes - 2)
    const high = this.number(4) % 2 ** 30
    return high * 2 ** 32 + this.number(4)
  }

  skip(bytes: number): boolean {
    if (bytes > this.left) this.isShort = true
    else this.at += bytes
    return !this.isShort
  }
}
