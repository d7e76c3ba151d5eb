// One client's connection as who speaks over it sees it. The native part tells nobody how much of
// what it was given is still there: the front sees what leaves, and so this counts. What it has no
// room for at the moment waits here, stream by stream, in order.
import type { QuicConnection, QuicSetup, QuicSink } from 'concordat'
import type { NativeServer } from './native.ts'

type StreamPeer = QuicConnection['peer']

/** What carries its packets. */
export interface Carrier {
  hold(isHeld: boolean): void
}

/** What may wait to be sent before its sender is told to wait, and when it may go on. */
const queuedBytesHigh = 256 * 1024
const queuedBytesLow = 64 * 1024
/** The native part has room for 4 MB of all connections together. */
const sendBytesMax = 64 * 1024
/** What of a packet is no content: its head, and the tag behind. */
const packetOverheadBytes = 40
/** Between the last packet of the last reply and the end of its connection. */
const arrivalMs = 300

interface Unsent {
  readonly bytes: Buffer
  readonly isLast: boolean
}

export class Connection implements QuicConnection {
  readonly peer: StreamPeer
  queuedBytes = 0
  sentBytes = 0
  /** Who speaks over it. */
  sink!: QuicSink
  readonly #native: NativeServer
  readonly #clock: QuicSetup['clock']
  readonly #handle: number
  readonly #carrier: Carrier
  readonly #unsent = new Map<number, Unsent[]>()
  #isFull = false
  #isOver = false
  /** With which it ends, when all has left. */
  #finishCode: number | undefined

  constructor(
    native: NativeServer,
    handle: number,
    carrier: Carrier,
    peer: StreamPeer,
    clock: QuicSetup['clock'],
  ) {
    this.#clock = clock
    this.#native = native
    this.#handle = handle
    this.#carrier = carrier
    this.peer = peer
  }

  send(stream: number, bytes: Buffer, isLast: boolean): boolean {
    if (this.#isOver) return true
    for (let at = 0; at === 0 || at < bytes.length; at += sendBytesMax) {
      const piece = bytes.subarray(at, at + sendBytesMax)
      this.#sendPiece(stream, piece, isLast && at + sendBytesMax >= bytes.length)
    }
    this.queuedBytes += bytes.length
    if (this.queuedBytes > queuedBytesHigh) this.#isFull = true
    return !this.#isFull
  }

  #sendPiece(stream: number, bytes: Buffer, isLast: boolean): void {
    const waiting = this.#unsent.get(stream)
    if (waiting !== undefined) waiting.push({ bytes, isLast })
    else if (!this.#trySend(stream, bytes, isLast)) this.#unsent.set(stream, [{ bytes, isLast }])
  }

  #trySend(stream: number, bytes: Buffer, isLast: boolean): boolean {
    return this.#native.streamSend(this.#handle, stream, bytes, isLast).status === 0
  }

  /** The native part takes bytes again. */
  resume(): void {
    for (const [stream, waiting] of this.#unsent) {
      while (waiting.length > 0) {
        const { bytes, isLast } = waiting[0]!
        if (!this.#trySend(stream, bytes, isLast)) return
        waiting.shift()
      }
      this.#unsent.delete(stream)
    }
  }

  /** A packet of so many bytes has left for the client. */
  packetSent(bytes: number): void {
    // What is sent again counts twice: the queue may seem empty before it is.
    if (this.#unsent.size > 0) this.resume()
    if (this.queuedBytes === 0) return
    const content = Math.min(this.queuedBytes, Math.max(0, bytes - packetOverheadBytes))
    this.sentBytes += content
    this.queuedBytes -= content
    if (this.#isFlushed) this.#endSoon()
    if (!this.#isFull || this.queuedBytes > queuedBytesLow) return
    this.#isFull = false
    this.sink.writable()
  }

  reset(stream: number, code: number): void {
    if (this.#isOver) return
    this.#unsent.delete(stream)
    this.#native.streamClose(this.#handle, stream, code)
  }

  close(code: number, reason: string): void {
    if (this.#isOver) return
    this.#over()
    this.#native.closeSession(this.#handle, code, reason)
  }

  finish(code: number): void {
    this.#finishCode = code
    if (this.#isFlushed) this.#endSoon()
  }

  get #isFlushed(): boolean {
    return this.queuedBytes === 0 && this.#unsent.size === 0
  }

  /** Nobody tells what has arrived: what was lost has time to be sent again. */
  #endSoon(): void {
    const code = this.#finishCode
    if (code === undefined) return
    this.#finishCode = undefined
    this.#clock.after(arrivalMs, () => this.close(code, ''))
  }

  hold(isHeld: boolean): void {
    this.#carrier.hold(isHeld)
  }

  /** The native part has ended it. */
  closed(reason: string): void {
    this.#over()
    this.sink.closed(reason)
  }

  #over(): void {
    this.#isOver = true
    this.#unsent.clear()
    this.queuedBytes = 0
  }
}
