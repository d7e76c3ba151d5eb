// One client's connection as who speaks over it sees it. The native part tells nobody how much of
// what it was given is still there: the front sees what leaves, and so this counts. What it has no
// room for at the moment waits here, stream by stream, in order.
import type { QuicConnection, QuicSink } from 'concordat'
import type { NativeServer } from './native.ts'

type StreamPeer = QuicConnection['peer']

/** What carries its packets. */
export interface Carrier {
  hold(isHeld: boolean): void
}

/** What may wait to be sent before its sender is told to wait, and when it may go on. */
const queuedBytesHigh = 256 * 1024
const queuedBytesLow = 64 * 1024
/** What of a packet is no content: its head, and the tag behind. */
const packetOverheadBytes = 40

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
  readonly #handle: number
  readonly #carrier: Carrier
  readonly #unsent = new Map<number, Unsent[]>()
  #isFull = false
  #isOver = false

  constructor(native: NativeServer, handle: number, carrier: Carrier, peer: StreamPeer) {
    this.#native = native
    this.#handle = handle
    this.#carrier = carrier
    this.peer = peer
  }

  send(stream: number, bytes: Buffer, isLast: boolean): boolean {
    if (this.#isOver) return true
    const waiting = this.#unsent.get(stream)
    if (waiting !== undefined) waiting.push({ bytes, isLast })
    else if (!this.#trySend(stream, bytes, isLast)) this.#unsent.set(stream, [{ bytes, isLast }])
    this.queuedBytes += bytes.length
    if (this.queuedBytes > queuedBytesHigh) this.#isFull = true
    return !this.#isFull
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
    if (this.queuedBytes === 0) return
    const content = Math.min(this.queuedBytes, Math.max(0, bytes - packetOverheadBytes))
    this.sentBytes += content
    this.queuedBytes -= content
    if (this.#unsent.size > 0) this.resume()
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
