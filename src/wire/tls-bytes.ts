// A client's socket under TLS, as fast as one without. Written and read past the streams of Node,
// straight at the handle that encrypts (Node as `knowsHandle` knows it):
//
// - It takes one write at a time and completes it in a later turn of the event loop, so what comes
//   meanwhile waits here and leaves together: one record, one packet.
// - It encrypts at once what it is given, into memory of its own: pieces need not be copied first.
// - It hands on all that it has decrypted, even where it was just told to pause: that waits here
//   until somebody wants it.
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Piece } from '../http.ts'
import {
  type ByteSink,
  type ByteStream,
  deliver,
  gather,
  handle,
  readOn,
  shared,
  textBytesMax,
} from './bytes.ts'
import { giveBack, spareCopy, spareFor } from './spares.ts'
import { type Handle, handleOf, isTcp, readInto, systemError, type WriteRequest } from './handle.ts'

/** After so many full records in a row the others have their turn: 512 kB. */
const recordBytes = 16 * 1024
const recordsInARow = 32

/** For pieces that are put together: they are encrypted before the next one is. */
const scratch = Buffer.allocUnsafeSlow(256 * 1024)

export class SecureSocket implements ByteStream {
  readonly #socket: TLSSocket
  readonly #carrier: Socket
  #sink: ByteSink
  #open = true
  #gathered = ''
  #isGathering = false
  /** A write is on its way, of so many bytes; 0: none. */
  #sending = 0
  /** What waits for it to complete. */
  readonly #waiting: Piece[] = []
  #waitingBytes = 0
  /** Somebody waits for `drained`. */
  #isAwaited = false
  #isFinishing = false
  #isPaused = false
  /** What came although we paused. */
  readonly #held: Buffer[] = []
  #isEndHeld = false
  #fullReads = 0
  /** Made once: it is set on every write. */
  readonly #onSent = (status: number): void => this.#sent(status)

  /** The socket has just been made over its carrier, which is a connection of TCP. */
  constructor(socket: TLSSocket, carrier: Socket, sink: ByteSink) {
    this.#socket = socket
    this.#carrier = carrier
    this.#sink = sink
    readInto(socket, shared, (length) => this.#read(length))
    this.#hear()
  }

  #hear(): void {
    const socket = this.#socket
    let broke: NodeJS.ErrnoException | undefined
    const fails = (error: NodeJS.ErrnoException) => {
      broke ??= error
      socket.destroy()
    }
    socket.on('error', fails)
    // Of what fails behind the handshake Node tells its own server alone.
    socket.on('_tlsError', fails)
    socket.on('end', () => {
      if (this.#held.length > 0) this.#isEndHeld = true
      else handle(this.#sink, () => this.#sink.ended())
    })
    socket.on('close', () => {
      this.#open = false
      handle(this.#sink, () => this.#sink.closed(broke))
    })
  }

  /** From now on another one hears it. */
  passTo(sink: ByteSink): void {
    this.#sink = sink
  }

  get open(): boolean {
    return this.#open
  }

  // Writing.

  get queuedBytes(): number {
    const sending = this.#sending === 0 ? 0 : Math.max(1, this.#tcp?.writeQueueSize ?? 0)
    return sending + this.#waitingBytes + this.#gathered.length
  }

  get full(): boolean {
    return this.#sending > textBytesMax || this.#waitingBytes > 0
  }

  /** Encrypted ones: they tell whether the peer takes any. */
  get sentBytes(): number {
    const inner = this.#tcp
    return inner ? inner.bytesWritten - inner.writeQueueSize : this.#carrier.bytesWritten
  }

  get #tcp(): Handle | null | undefined {
    return handleOf(this.#carrier)
  }

  write(text: string): boolean {
    if (this.#gathered.length + text.length > textBytesMax) this.#flushText()
    this.#gathered += text
    if (!this.#isGathering) {
      this.#isGathering = true
      gather(this)
    }
    return !this.full
  }

  writeSoon(text: string): boolean {
    return this.write(text)
  }

  writePiece(piece: Piece): boolean {
    if (typeof piece === 'string') return this.write(piece)
    this.#flushText()
    return this.#send(piece)
  }

  writeFilled(length: number, fill: (into: Buffer) => void): boolean {
    this.#flushText()
    const isKept = this.#sending > 0 || length > scratch.length
    const filled = isKept ? spareFor(length) : scratch.subarray(0, length)
    fill(filled)
    return this.#send(filled, isKept)
  }

  writeKept(bytes: Buffer): boolean {
    this.#flushText()
    return this.#send(bytes, true)
  }

  flush(): void {
    this.#isGathering = false
    this.#flushText()
  }

  #flushText(): void {
    const text = this.#gathered
    if (text === '') return
    this.#gathered = ''
    this.#send(text)
  }

  /** `isKept`: nobody changes its bytes any more. */
  #send(piece: Piece, isKept = false): boolean {
    if (piece.length === 0 || !this.#socket.writable) return !this.full
    if (this.#sending === 0) this.#dispatch(piece)
    else this.#keep(typeof piece === 'string' || isKept ? piece : spareCopy(piece))
    this.#isAwaited ||= this.full
    return !this.full
  }

  /** Text joins the text before it: it shall leave with it. */
  #keep(piece: Piece): void {
    const last = this.#waiting.at(-1)
    this.#waitingBytes += piece.length
    const isText = typeof piece === 'string' && typeof last === 'string'
    if (!isText || last.length + piece.length > textBytesMax) this.#waiting.push(piece)
    else this.#waiting[this.#waiting.length - 1] = last + piece
  }

  #dispatch(piece: Piece): void {
    const inner = handleOf(this.#socket)
    if (inner === null || inner === undefined) return
    const result =
      typeof piece === 'string'
        ? inner.writeLatin1String!(null, piece)
        : inner.writeBuffer!(null, piece)
    if (typeof result === 'number') {
      if (result !== 0) this.#socket.destroy(systemError(result))
      return
    }
    this.#sending = piece.length
    result.oncomplete = this.#onSent
    // It may have failed before anybody could hear of it.
    const { writeStatus } = result as WriteRequest & { writeStatus?: number | null }
    if (typeof writeStatus === 'number') setImmediate(() => this.#sent(writeStatus))
  }

  #sent(status: number): void {
    this.#sending = 0
    if (!this.#open) return
    if (status < 0) return void this.#socket.destroy(systemError(status))
    const next = this.#waiting.shift()
    if (next !== undefined) {
      this.#waitingBytes -= next.length
      this.#dispatch(next)
      if (typeof next !== 'string') giveBack(next)
    } else if (this.#isFinishing) this.#socket.end()
    if (!this.#isAwaited || this.full) return
    this.#isAwaited = false
    handle(this.#sink, () => this.#sink.drained())
  }

  // Reading.

  #read(length: number): boolean {
    if (this.#isPaused || this.#held.length > 0) {
      this.#held.push(Buffer.from(shared.subarray(0, length)))
      return true
    }
    deliver(this.#sink, shared, length)
    if (length < recordBytes || ++this.#fullReads % recordsInARow !== 0) return true
    setImmediate(readOn, this.#socket)
    return false
  }

  pause(): void {
    this.#isPaused = true
    this.#socket.pause()
  }

  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    if (this.#held.length > 0) setImmediate(() => this.#handOn())
    else this.#socket.resume()
  }

  #handOn(): void {
    while (!this.#isPaused && this.#open) {
      const held = this.#held[0]
      if (held === undefined) return this.#allHandedOn()
      deliver(this.#sink, held, held.length)
      this.#held.shift()
    }
  }

  #allHandedOn(): void {
    if (this.#isEndHeld) {
      this.#isEndHeld = false
      handle(this.#sink, () => this.#sink.ended())
    }
    this.#socket.resume()
  }

  // Ending.

  /** What waits is encrypted before the end is: Node would forget it. */
  finish(): void {
    this.flush()
    this.#isFinishing = true
    if (this.#sending === 0) this.#socket.end()
  }

  destroy(): void {
    this.#forget()
    this.#socket.destroy()
  }

  reset(): void {
    this.#forget()
    const hasEnded = this.#socket.writableEnded || this.#carrier.writableEnded
    if (!hasEnded && isTcp(this.#tcp)) this.#carrier.resetAndDestroy()
    else this.#socket.destroy()
  }

  #forget(): void {
    this.#gathered = ''
    this.#waiting.length = 0
    this.#waitingBytes = 0
    this.#held.length = 0
  }
}
