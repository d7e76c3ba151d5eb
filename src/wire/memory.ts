// A connection to a program of this very process, with no network between: our end is what the
// engine knows of a socket, the other what `net` would have handed to an `http.Server`.
//
//   engine ── write ──▶ waiting ─ turn ─▶ push ──▶ the program reads
//   engine ◀─ bytes ──────────────────── _write ── the program writes
//
// Our bytes wait for the next turn of the event loop, so that the program never runs within a call of
// ours: what it throws is its own, and nothing of ours is entered twice. Its bytes are taken as it
// writes them; while we are paused its write waits, and so its streams do.
import { Duplex } from 'node:stream'
import type { Piece } from '../http.ts'
import { type ByteSink, type ByteStream, handle } from './bytes.ts'
import type { Connect } from './connect.ts'

/** Takes the program's end, as a server takes a connection. */
export type Accept = (socket: Duplex) => void

export function connectInMemory(accept: Accept): Connect {
  return (_address, sink, opened) => new NearEnd(accept, sink, opened)
}

/** As much may wait in each direction as a read from a socket brings. */
const waitingBytesMax = 64 * 1024

class NearEnd implements ByteStream {
  #sink: ByteSink
  readonly #far: FarEnd
  #opening: (() => void) | undefined
  #isAccepted = false
  /** It is we who end it. */
  #isLeft = false
  #open = true
  #isTurnDue = false
  /** On their way to the program. */
  #waiting: Buffer[] = []
  #waitingBytes = 0
  #pushedBytes = 0
  #finish: 'not asked' | 'asked' | 'done' = 'not asked'
  /** A `drained` is still to come. */
  #blocked = false
  /** Of the program's write under way: what is not taken yet. */
  #arriving: Buffer[] = []
  #taken: (() => void) | undefined
  #isTaking = false
  #paused = false

  constructor(accept: Accept, sink: ByteSink, opened: () => void) {
    this.#sink = sink
    this.#far = new FarEnd({
      wanted: () => this.#turnSoon(),
      wrote: (pieces, taken) => this.#wrote(pieces, taken),
      ended: () => this.#tell((one) => one.ended()),
    })
    this.#far.once('close', () => this.#closed())
    this.#opening = () => {
      accept(this.#far)
      if (this.#far.destroyed) return
      this.#isAccepted = true
      handle(this.#sink, opened)
    }
    this.#turnSoon()
  }

  passTo(sink: ByteSink): void {
    this.#sink = sink
  }

  #tell(event: (sink: ByteSink) => void): void {
    const sink = this.#sink
    handle(sink, () => event(sink))
  }

  get open(): boolean {
    return this.#open
  }

  get queuedBytes(): number {
    return this.#waitingBytes + this.#far.readableLength
  }

  get full(): boolean {
    return this.queuedBytes >= waitingBytesMax
  }

  /** Bytes that the program has taken. */
  get sentBytes(): number {
    return this.#pushedBytes - this.#far.readableLength
  }

  write(text: string): boolean {
    return this.writeKept(Buffer.from(text, 'latin1'))
  }

  /** All that is written waits for the next turn. */
  writeSoon(text: string): boolean {
    return this.write(text)
  }

  writePiece(piece: Piece): boolean {
    return typeof piece === 'string' ? this.write(piece) : this.writeKept(Buffer.from(piece))
  }

  writeFilled(length: number, fill: (into: Buffer) => void): boolean {
    const filled = Buffer.allocUnsafeSlow(length)
    fill(filled)
    return this.writeKept(filled)
  }

  writeKept(bytes: Buffer): boolean {
    if (!this.#open || this.#finish !== 'not asked' || bytes.length === 0) return true
    this.#waiting.push(bytes)
    this.#waitingBytes += bytes.length
    this.#blocked ||= this.full
    this.#turnSoon()
    return !this.#blocked
  }

  /** What waits leaves with the turn. */
  flush(): void {}

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    if (this.#taken !== undefined) this.#turnSoon()
  }

  finish(): void {
    if (this.#finish === 'not asked') this.#finish = 'asked'
    this.#turnSoon()
  }

  destroy(): void {
    this.#isLeft = true
    this.#far.destroy()
  }

  reset(): void {
    this.#isLeft = true
    this.#far.destroy(systemError('ECONNRESET'))
  }

  #turnSoon(): void {
    if (this.#isTurnDue || !this.#open) return
    this.#isTurnDue = true
    setImmediate(() => {
      this.#isTurnDue = false
      this.#turn()
    })
  }

  #turn(): void {
    const opening = this.#opening
    this.#opening = undefined
    opening?.()
    this.#pushWaiting()
    if (this.#blocked && this.#open && !this.full) {
      this.#blocked = false
      this.#tell((sink) => sink.drained())
    }
    this.#take()
  }

  /** What is pushed the program reads at once, and may end the connection for it. */
  #pushWaiting(): void {
    const waiting = this.#waiting
    if (waiting.length > 0) {
      const bytes = waiting.length === 1 ? waiting[0]! : Buffer.concat(waiting)
      this.#waiting = []
      this.#waitingBytes = 0
      this.#push(bytes)
    }
    if (this.#finish !== 'asked') return
    this.#finish = 'done'
    this.#push(null)
  }

  #push(bytes: Buffer | null): void {
    if (this.#far.destroyed) return
    this.#pushedBytes += bytes?.length ?? 0
    this.#far.push(bytes)
  }

  #wrote(pieces: Buffer[], taken: () => void): void {
    this.#arriving = pieces
    this.#taken = taken
    this.#take()
  }

  /** Takes what the program has written, as far as we are not paused; a write is one at a time. */
  #take(): void {
    if (this.#taken === undefined || this.#isTaking) return
    this.#isTaking = true
    while (this.#open && !this.#paused && this.#arriving.length > 0) {
      const piece = this.#nextPiece()
      this.#tell((sink) => sink.bytes(piece, piece.length))
    }
    this.#isTaking = false
    if (this.#arriving.length > 0 || !this.#open) return
    const taken = this.#taken
    this.#taken = undefined
    taken()
  }

  #nextPiece(): Buffer {
    const first = this.#arriving[0]!
    if (first.length <= waitingBytesMax) return this.#arriving.shift()!
    this.#arriving[0] = first.subarray(waitingBytesMax)
    return first.subarray(0, waitingBytesMax)
  }

  #closed(): void {
    const end = this.#isLeft ? undefined : this.#endOfProgram()
    this.#open = false
    this.#waiting = []
    this.#arriving = []
    if (end === 'ended') this.#tell((sink) => sink.ended())
    const error = end === 'ended' || end === undefined ? undefined : systemError(end)
    this.#tell((sink) => sink.closed(error))
  }

  /** As the kernel has it: who closes when everything is read has ended, who closes before resets. */
  #endOfProgram(): 'ECONNREFUSED' | 'ECONNRESET' | 'ended' | undefined {
    if (!this.#isAccepted) return 'ECONNREFUSED'
    if (this.#far.writableFinished) return undefined
    const isRead = this.queuedBytes === 0 && this.#arriving.length === 0
    return isRead && !this.#far.wasReset ? 'ended' : 'ECONNRESET'
  }
}

function systemError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code })
}

interface FarEvents {
  /** The program has room for more. */
  wanted(): void
  /** It has written; `taken` asks for more. */
  wrote(pieces: Buffer[], taken: () => void): void
  /** It has written its last byte. */
  ended(): void
}

/**
 * The program's end: a stream with what programs ask of a `net.Socket`. Its address is the loopback's,
 * for that is who asks: the client is named by `X-Forwarded-For`.
 */
class FarEnd extends Duplex {
  readonly remoteAddress = '127.0.0.1'
  readonly remoteFamily = 'IPv4'
  readonly remotePort = 0
  readonly localAddress = '127.0.0.1'
  readonly localFamily = 'IPv4'
  readonly localPort = 0
  readonly connecting = false
  readonly pending = false
  bytesRead = 0
  bytesWritten = 0
  timeout = 0
  wasReset = false
  readonly #events: FarEvents
  #timer: NodeJS.Timeout | undefined

  constructor(events: FarEvents) {
    super({ readableHighWaterMark: waitingBytesMax, writableHighWaterMark: waitingBytesMax })
    this.#events = events
  }

  override _read(): void {
    this.#events.wanted()
  }

  override push(chunk: Buffer | null): boolean {
    this.bytesRead += chunk?.length ?? 0
    this.#timer?.refresh()
    return super.push(chunk)
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, taken: () => void): void {
    this.#wrote([chunk], taken)
  }

  override _writev(chunks: readonly { chunk: Buffer }[], taken: () => void): void {
    const pieces = chunks.map(({ chunk }) => chunk)
    const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0)
    // A head and its body are read in one go then.
    this.#wrote(bytes <= waitingBytesMax ? [Buffer.concat(pieces, bytes)] : pieces, taken)
  }

  #wrote(pieces: Buffer[], taken: () => void): void {
    for (const piece of pieces) this.bytesWritten += piece.length
    this.#timer?.refresh()
    this.#events.wrote(pieces, taken)
  }

  override _final(done: () => void): void {
    this.#events.ended()
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.#timer)
    done(error)
  }

  /** `timeout` comes when nothing has moved for so long; 0 ends that. */
  setTimeout(timeoutMs: number, told?: () => void): this {
    this.timeout = timeoutMs
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (told !== undefined) {
      if (timeoutMs === 0) this.off('timeout', told)
      else this.once('timeout', told)
    }
    if (timeoutMs > 0 && !this.destroyed) {
      this.#timer = setTimeout(() => this.emit('timeout'), timeoutMs).unref()
    }
    return this
  }

  destroySoon(): void {
    if (this.writable) this.end()
    if (this.writableFinished) this.destroy()
    else this.once('finish', () => this.destroy())
  }

  resetAndDestroy(): this {
    this.wasReset = true
    return this.destroy()
  }

  address(): object {
    return { address: this.localAddress, family: this.localFamily, port: this.localPort }
  }

  setNoDelay(): this {
    return this
  }

  setKeepAlive(): this {
    return this
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }
}
