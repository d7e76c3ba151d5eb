// A connection of an attacker: it says what it is told to say, for as long as anybody listens.
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

/** An attack that still goes on behind so much, or for so long, was not stopped. */
const sentBytesMax = 64 * 1024 * 1024
const patienceMs = 30_000
const keptBytesMax = 64 * 1024

export interface Door {
  readonly port: number
  /** Over TLS: what is offered (ALPN). */
  readonly speaks?: string
}

export class Attacker {
  sentBytes = 0
  receivedBytes = 0
  isClosed = false
  /** Set by who hears what comes: it was told to go away, and need not say more. */
  isTold = false
  /** The beginning of what came, and the end of it. */
  first = ''
  last = ''
  /** Gets each piece as it comes. */
  heard: (piece: Buffer) => void = () => {}
  readonly socket: Socket
  readonly #closed: Promise<void>

  constructor({ port, speaks }: Door) {
    const to = { port, host: '127.0.0.1', noDelay: true }
    this.socket =
      speaks === undefined
        ? connect(to)
        : connectTls({ ...to, ALPNProtocols: [speaks], rejectUnauthorized: false })
    // Not `once`: it rejects where the gateway resets the connection, which is an end like others.
    this.#closed = new Promise((resolve) => void this.socket.on('close', () => resolve()))
    this.socket.on('close', () => {
      this.isClosed = true
    })
    this.socket.on('error', () => {})
    this.socket.on('data', (piece: Buffer) => this.#hear(piece))
  }

  #hear(piece: Buffer): void {
    this.receivedBytes += piece.length
    if (this.first.length < keptBytesMax) this.first += piece.toString('latin1')
    this.last = (this.last + piece.toString('latin1')).slice(-keptBytesMax)
    this.heard(piece)
  }

  get #goesOn(): boolean {
    return !this.isClosed && !this.isTold
  }

  say(bytes: string | Uint8Array): void {
    const piece = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes
    this.sentBytes += piece.length
    this.socket.write(piece)
  }

  /** Says one piece after the other as fast as they are taken, until it is cut off. */
  async flood(piece: (round: number) => string | Uint8Array): Promise<void> {
    for (let round = 0; this.#goesOn && this.sentBytes < sentBytesMax; round++) {
      this.say(piece(round))
      const { socket } = this
      if (!socket.writableNeedDrain) await new Promise((resolve) => setImmediate(resolve))
      else {
        const drained = new Promise<void>((resolve) => void socket.once('drain', () => resolve()))
        await Promise.race([drained, this.#closed])
      }
    }
    await this.closed()
  }

  /** Says a piece every so often, until it is cut off. */
  async drip(everyMs: number, piece: (round: number) => string | Uint8Array): Promise<void> {
    for (let round = 0; this.#goesOn && round * everyMs < patienceMs; round++) {
      this.say(piece(round))
      await Promise.race([sleep(everyMs), this.#closed])
    }
    await this.closed()
  }

  /** Waits for its end; throws where none comes. */
  async closed(): Promise<void> {
    const timer = setTimeout(() => this.socket.destroy(new Error('nobody ended it')), patienceMs)
    let failure: Error | undefined
    this.socket.once('error', (error) => {
      failure = error
    })
    await this.#closed
    clearTimeout(timer)
    if (failure?.message === 'nobody ended it') throw failure
  }

  /** Waits until something holds of what has come; gives up when it ends. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds() && !this.isClosed) await sleep(5)
  }

  leave(): void {
    this.socket.destroy()
  }
}

export const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms))
