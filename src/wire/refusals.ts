// Connections that are turned away. Each is told why, and stays until the client has read that, for
// a socket that is closed with bytes unread resets the connection, and the reply is lost
// (RFC 9112 §9.6). So each holds a descriptor for a while, and there is a bound on them.
import type { Socket } from 'node:net'
import { adoptSocket, type ByteSink, type ByteSocket } from './bytes.ts'
import type { Sweepable, Sweeper } from './sweeper.ts'

/** How much, and how long, is read before a client is let go that does not close. */
const lingerBytesMax = 64 * 1024
const lingerMs = 2_000

export interface RefusalTools {
  readonly sweeper: Sweeper
  readonly bug: (error: unknown) => void
}

export class Refusals {
  readonly #tools: RefusalTools
  readonly #max: number
  readonly #lingering = new Set<Refused>()

  constructor(tools: RefusalTools, max: number) {
    this.#tools = tools
    this.#max = max
  }

  get isFull(): boolean {
    return this.#lingering.size >= this.#max
  }

  get isHalfFree(): boolean {
    return this.#lingering.size * 2 <= this.#max
  }

  /** Sends a whole reply and ends the connection; where too many linger, without waiting. */
  take(socket: Socket, reply: string): void {
    if (this.isFull) {
      socket.on('error', () => {})
      socket.end(reply, () => socket.destroy())
      return
    }
    const refused = this.#newRefused()
    refused.open(adoptSocket(socket, refused), reply)
  }

  /** The same on a socket from which something was read; who makes it hear gives it this sink. */
  takeOver(socket: ByteSocket, reply: string): ByteSink {
    const mayLinger = !this.isFull
    const refused = this.#newRefused()
    refused.open(socket, reply)
    if (!mayLinger) refused.destroy()
    return refused
  }

  #newRefused(): Refused {
    const refused = new Refused(this.#tools, () => this.#lingering.delete(refused))
    this.#lingering.add(refused)
    return refused
  }

  destroy(): void {
    for (const refused of this.#lingering) refused.destroy()
  }
}

class Refused implements ByteSink, Sweepable {
  sweepIndex = -1
  readonly restUntilMs = 0
  readonly #tools: RefusalTools
  readonly #left: () => void
  readonly #sinceMs: number
  #socket: ByteSocket | undefined
  #discardedBytes = 0

  constructor(tools: RefusalTools, left: () => void) {
    this.#tools = tools
    this.#left = left
    this.#sinceMs = tools.sweeper.nowMs
    tools.sweeper.add(this)
  }

  /** With both directions ended the socket closes by itself. */
  open(socket: ByteSocket, reply: string): void {
    this.#socket = socket
    socket.write(reply)
    socket.finish()
  }

  destroy(): void {
    this.#socket?.destroy()
  }

  bytes(_buffer: Buffer, length: number): void {
    this.#discardedBytes += length
    if (this.#discardedBytes > lingerBytesMax) this.destroy()
  }

  ended(): void {}

  drained(): void {}

  closed(): void {
    this.#tools.sweeper.remove(this)
    this.#left()
  }

  threw(error: unknown): void {
    this.#tools.bug(error)
    this.destroy()
  }

  sweep(nowMs: number): void {
    if (nowMs - this.#sinceMs > lingerMs) this.destroy()
  }
}
