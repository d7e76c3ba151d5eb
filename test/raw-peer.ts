// Raw ends of connections, for tests that write the very bytes they want, and ways to wait for what
// happens without sleeping.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'

/** Far more than bytes on the loopback ever need, on a machine that is busy with other things. */
const patienceMs = 20_000

/** Waits, turn by turn of the event loop, until something holds. */
export async function eventually(says: string, holds: () => boolean): Promise<void> {
  const startMs = performance.now()
  while (performance.now() - startMs < patienceMs) {
    if (holds()) return
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.fail(`it never came to be that ${says}`)
}

/** Lets whatever is on its way arrive: to show that nothing comes. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** One end of a raw connection. */
export class Peer {
  received = ''
  receivedBytes = 0
  /** What it keeps of what it receives; the rest is counted. */
  keepBytesMax = 1024 * 1024
  ended = false
  closed = false
  /** Whether the other end cut the connection. */
  reset = false
  readonly socket: Socket

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (data: Buffer) => {
      this.receivedBytes += data.length
      if (this.received.length < this.keepBytesMax) this.received += data.toString('latin1')
    })
    socket.on('end', () => {
      this.ended = true
    })
    socket.on('close', () => {
      this.closed = true
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.reset ||= error.code === 'ECONNRESET' || error.code === 'EPIPE'
    })
  }

  send(text: string): void {
    this.socket.write(text, 'latin1')
  }

  /** Waits until what was received ends, or holds, as told. */
  async until(want: string | RegExp): Promise<string> {
    const holds = () =>
      typeof want === 'string' ? this.received.endsWith(want) : want.test(this.received)
    await eventually(`${String(want)} came`, () => holds() || this.closed)
    assert.ok(
      holds(),
      `${JSON.stringify(this.received.slice(0, 2_000))} ends before ${String(want)}`,
    )
    return this.received
  }

  /** Waits for the other end to close, and gives all that came. */
  async gone(): Promise<string> {
    await eventually('the other end closes', () => this.ended || this.closed)
    return this.received
  }

  finish(): void {
    this.socket.end()
  }

  cut(): void {
    // A socket whose FIN still waits cannot be reset.
    if (this.socket.writableEnded) this.socket.destroy()
    else this.socket.resetAndDestroy()
  }
}

/** An endpoint that does nothing by itself. */
export class RawEndpoint {
  readonly peers: Peer[] = []
  readonly #server: Server
  #taken = 0

  constructor(server: Server) {
    this.#server = server
    server.on('connection', (socket) => this.peers.push(new Peer(socket)))
  }

  static async open(): Promise<RawEndpoint> {
    const server = createServer({ allowHalfOpen: true, noDelay: true })
    const endpoint = new RawEndpoint(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return endpoint
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port
  }

  /** The next connection that the gateway opens. */
  async next(): Promise<Peer> {
    await eventually('the gateway connects', () => this.peers.length > this.#taken)
    return this.peers[this.#taken++]!
  }

  /** Answers each request head with the same bytes. */
  always(reply: string): void {
    this.#server.on('connection', (socket) => {
      let seen = ''
      socket.on('data', (data: Buffer) => {
        seen += data.toString('latin1')
        for (let end = seen.indexOf('\r\n\r\n'); end >= 0; end = seen.indexOf('\r\n\r\n')) {
          seen = seen.slice(end + 4)
          socket.write(reply, 'latin1')
        }
      })
    })
  }

  /** From now on nobody is let in; who is in stays. */
  async refuse(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close()
      setImmediate(resolve)
    })
  }

  close(): void {
    this.#server.close()
    for (const { socket } of this.peers) socket.destroy()
  }
}
