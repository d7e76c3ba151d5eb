// The service that attackers have the gateway ask: it notes the very bytes of heads that reach it,
// gives as much as anybody takes, and opens every WebSocket.
import { createHash } from 'node:crypto'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { sleep } from './attacker.ts'

const largeBytes = 1_000_000_000
const piece = Buffer.alloc(64 * 1024, 'large ')
const ofEvents = 'Content-Type: text/event-stream\r\nTransfer-Encoding: chunked'
const event = Buffer.from(`data: ${'x'.repeat(1_000)}\n\n`)

export class Service {
  /** Request lines and fields, as they came, of all but the large ones. */
  readonly heads: string[] = []
  /** What came behind the last handshakes. */
  socketBytes = 0
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #lasting = new Set<Socket>()

  constructor(server: Server) {
    this.#server = server
    server.on('connection', (socket) => this.#serve(socket))
  }

  static async open(): Promise<Service> {
    const service = new Service(createServer({ allowHalfOpen: false, noDelay: true }))
    await new Promise<void>((done) => service.#server.listen(0, '127.0.0.1', 4_096, done))
    return service
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Waits until nobody takes events, downloads or messages any more. */
  async quiet(): Promise<void> {
    while (this.#lasting.size > 0) await sleep(10)
  }

  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket))
    let seen = ''
    let isOpen = false
    socket.on('data', (data: Buffer) => {
      if (isOpen) return this.#fromSocket(socket, data)
      seen += data.toString('latin1')
      for (let end = seen.indexOf('\r\n\r\n'); end >= 0; end = seen.indexOf('\r\n\r\n')) {
        const head = seen.slice(0, end)
        seen = seen.slice(end + 4)
        isOpen = /\r\nupgrade: websocket/i.test(head)
        this.#answer(socket, head)
      }
    })
  }

  #answer(socket: Socket, head: string): void {
    const path = head.split(' ', 2)[1] ?? ''
    if (this.heads.length < 100_000) this.heads.push(head)
    if (path === '/held') return void socket.pause()
    if (path !== '/seen') {
      this.#lasting.add(socket)
      socket.once('close', () => this.#lasting.delete(socket))
    }
    if (path === '/large') return pour(socket, piece, `Content-Length: ${largeBytes}`)
    if (path === '/events') return pour(socket, event, ofEvents)
    if (path === '/news') return void socket.write(`HTTP/1.1 200 OK\r\n${ofEvents}\r\n\r\n`)
    if (path === '/socket' || path === '/bounded') return void socket.write(taken(head))
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  }

  #fromSocket(socket: Socket, data: Buffer): void {
    this.socketBytes += data.length
    if (data.includes(0x88)) socket.end(Buffer.from([0x88, 0]))
  }
}

/** As much as is taken. */
function pour(socket: Socket, data: Buffer, fields: string): void {
  const isChunked = fields.includes('chunked')
  const head = Buffer.from(`${data.length.toString(16)}\r\n`)
  const bytes = isChunked ? Buffer.concat([head, data, Buffer.from('\r\n')]) : data
  let leftBytes = largeBytes
  const more = () => {
    while (leftBytes > 0 && !socket.destroyed) {
      leftBytes -= bytes.length
      if (!socket.write(bytes)) return
    }
  }
  socket.write(`HTTP/1.1 200 OK\r\n${fields}\r\n\r\n`)
  socket.on('drain', more)
  more()
}

function taken(head: string): string {
  const key = /sec-websocket-key: (\S+)/i.exec(head)?.[1] ?? ''
  const hash = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
  const accept = `Sec-WebSocket-Accept: ${hash.digest('base64')}`
  const deflate = /permessage-deflate/i.test(head)
    ? 'Sec-WebSocket-Extensions: permessage-deflate\r\n'
    : ''
  const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket'
  return `HTTP/1.1 101 Switching Protocols\r\n${upgrade}\r\n${accept}\r\n${deflate}\r\n`
}
