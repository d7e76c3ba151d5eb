// The server's side of a WebSocket (RFC 6455): the handshake, frames to whole texts and back. No
// extensions. Whatever is not as the RFC has it closes the connection with the code for it.
import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

export interface WebSocketOptions {
  readonly messageBytesMax: number
  /** What is written and not yet taken; beyond it the connection is cut. */
  readonly lagBytesMax: number
  /** A ping this often; a peer that has not answered the last one is gone. */
  readonly pingMs: number
  readonly onText: (text: string) => void
}

const opcodes = { more: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 }

const closeTimeoutMs = 5_000

class Breach extends Error {
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

/** The head that takes the upgrade; undefined where the request is no handshake. */
export function handshake(request: IncomingMessage, protocol?: string): string | undefined {
  const { upgrade, 'sec-websocket-key': key, 'sec-websocket-version': version } = request.headers
  const isWebSocket = upgrade?.toLowerCase() === 'websocket' && version === '13'
  if (!isWebSocket || !/^[\w+/]{22}==$/.test(key ?? '')) return undefined
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${accept.digest('base64')}`,
    ...(protocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]),
  ]
  return `${lines.join('\r\n')}\r\n\r\n`
}

export class WebSocketPeer {
  readonly #socket: Duplex
  readonly #options: WebSocketOptions
  readonly #ping: NodeJS.Timeout
  #unread: Buffer = Buffer.alloc(0)
  /** Of the message that is under way. */
  #fragments: Buffer[] = []
  #fragmentBytes = 0
  #isInMessage = false
  #hasAnswered = true
  #isClosing = false

  /** Begins to read once the handshake is written. */
  constructor(socket: Duplex, options: WebSocketOptions) {
    this.#socket = socket
    this.#options = options
    this.#ping = setInterval(() => this.#checkPeer(), options.pingMs).unref()
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.on('end', () => socket.end())
    socket.on('error', () => socket.destroy())
    socket.on('close', () => clearInterval(this.#ping))
  }

  send(text: string): void {
    this.#write(opcodes.text, Buffer.from(text))
  }

  close(code: number, reason: string): void {
    if (this.#isClosing) return
    const payload = Buffer.from(`  ${reason}`)
    payload.writeUInt16BE(code)
    this.#sendClose(payload)
  }

  #sendClose(payload: Buffer): void {
    this.#write(opcodes.close, payload)
    this.#isClosing = true
    this.#socket.end()
    // The peer ends its half, too, or is cut off.
    setTimeout(() => this.#socket.destroy(), closeTimeoutMs).unref()
  }

  #write(opcode: number, payload: Buffer): void {
    if (this.#isClosing || !this.#socket.writable) return
    this.#socket.write(Buffer.concat([frameHead(opcode, payload.length), payload]))
    if (this.#socket.writableLength > this.#options.lagBytesMax) this.#socket.destroy()
  }

  #checkPeer(): void {
    if (!this.#hasAnswered) this.#socket.destroy()
    this.#hasAnswered = false
    this.#write(opcodes.ping, Buffer.alloc(0))
  }

  #read(chunk: Buffer): void {
    if (this.#isClosing) return
    this.#unread = this.#unread.length === 0 ? chunk : Buffer.concat([this.#unread, chunk])
    try {
      while (this.#readFrame());
    } catch (error) {
      if (!(error instanceof Breach)) throw error
      this.close(error.code, error.message)
    }
  }

  /** One frame, if it is there whole. */
  #readFrame(): boolean {
    const bytes = this.#unread
    if (bytes.length < 2) return false
    const opcode = bytes[0]! & 0x0f
    const isLast = bytes[0]! >= 0x80
    if ((bytes[0]! & 0x70) !== 0) throw new Breach(1002, 'reserved bits')
    if (bytes[1]! < 0x80) throw new Breach(1002, 'a client masks')
    const short = bytes[1]! & 0x7f
    if (opcode >= 8 && (short > 125 || !isLast)) throw new Breach(1002, 'control frame')

    const sizeBytes = short === 127 ? 8 : short === 126 ? 2 : 0
    const start = 2 + sizeBytes + 4
    if (bytes.length < start) return false
    const size =
      short === 127
        ? Number(bytes.readBigUInt64BE(2))
        : short === 126
          ? bytes.readUInt16BE(2)
          : short
    if (this.#fragmentBytes + size > this.#options.messageBytesMax) {
      throw new Breach(1009, 'too large')
    }
    if (bytes.length < start + size) return false
    const payload = unmasked(bytes.subarray(start, start + size), bytes.subarray(start - 4, start))
    this.#unread = bytes.subarray(start + size)
    this.#take(opcode, payload, isLast)
    return !this.#isClosing
  }

  #take(opcode: number, payload: Buffer, isLast: boolean): void {
    switch (opcode) {
      case opcodes.text:
      case opcodes.more:
        if ((opcode === opcodes.more) !== this.#isInMessage) throw new Breach(1002, 'fragments')
        return this.#takeFragment(payload, isLast)
      case opcodes.ping:
        return this.#write(opcodes.pong, payload)
      case opcodes.pong:
        this.#hasAnswered = true
        return
      case opcodes.close:
        return this.#sendClose(payload.subarray(0, 2))
      default:
        throw new Breach(opcode === opcodes.binary ? 1003 : 1002, 'text is spoken here')
    }
  }

  #takeFragment(payload: Buffer, isLast: boolean): void {
    this.#isInMessage = !isLast
    this.#fragments.push(payload)
    // One more for each: empty fragments without end would be held without end.
    this.#fragmentBytes += payload.length + 1
    if (!isLast) return
    const whole = Buffer.concat(this.#fragments)
    this.#fragments = []
    this.#fragmentBytes = 0
    this.#options.onText(decoded(whole))
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decoded(bytes: Buffer): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw new Breach(1007, 'not UTF-8')
  }
}

function unmasked(payload: Buffer, mask: Buffer): Buffer {
  const plain = Buffer.allocUnsafe(payload.length)
  for (let i = 0; i < payload.length; i++) plain[i] = payload[i]! ^ mask[i % 4]!
  return plain
}

function frameHead(opcode: number, bytes: number): Buffer {
  const first = 0x80 | opcode
  if (bytes < 126) return Buffer.from([first, bytes])
  const head = Buffer.alloc(bytes < 0x10000 ? 4 : 10)
  head[0] = first
  head[1] = bytes < 0x10000 ? 126 : 127
  if (bytes < 0x10000) head.writeUInt16BE(bytes, 2)
  else head.writeBigUInt64BE(BigInt(bytes), 2)
  return head
}
