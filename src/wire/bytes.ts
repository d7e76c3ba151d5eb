// A socket as the engine wants it: pieces of bytes in, text or bytes out, and one end.
//
// `net` gives each read a Buffer of its own and passes it through a Readable: about two
// microseconds a request. A socket made with `onread` reads into one buffer that we own instead
// (measured on a blind relay: 12.4 µs a request with 'data' events, 11.6 with `onread` towards the
// upstream, 10.4 with `onread` on both sides). Clients' sockets come ready-made from the server,
// so their handle is moved to a socket with `onread`; where that cannot be done, 'data' serves.
//
// What one event makes us write to a socket leaves in one piece: text gathers while the event is
// handled and is written when it has been.
import { connect, Socket } from 'node:net'
import type { Piece } from '../http.ts'

/** Hears what happens on a socket. */
export interface ByteSink {
  /**
   * The first `length` bytes of `buffer` came. They are valid during the call only: whatever is
   * kept must be copied. (A subarray for each read would cost a tenth of a microsecond.)
   */
  bytes(buffer: Buffer, length: number): void
  /** The peer has sent its last byte (FIN). */
  ended(): void
  /** What was written has left the process after `write` said false. */
  drained(): void
  /** Comes once, last, whoever closed; `error` where something broke. */
  closed(error: NodeJS.ErrnoException | undefined): void
  /** A bug of ours in one of the calls above: this connection must end, no other may notice. */
  threw(error: unknown): void
}

/** Every connection of a thread reads into this: a read is consumed before the next one begins. */
const shared = Buffer.allocUnsafeSlow(64 * 1024)

/** Up to here bytes are written as latin1 text, which `net` copies on its stack. */
const textBytesMax = 16 * 1024

/** Sockets with gathered text, while an event is handled. */
const gathering: ByteSocket[] = []
let handling = false

/** Handles one event: what it writes leaves together at its end. */
function handle(sink: ByteSink, event: () => void): void {
  // An event within an event: the outer one writes.
  if (handling) return event()
  handling = true
  try {
    event()
  } catch (error) {
    sink.threw(error)
  } finally {
    handling = false
    flushAll()
  }
}

function flushAll(): void {
  for (let i = 0; i < gathering.length; i++) gathering[i]!.flush()
  gathering.length = 0
}

export class ByteSocket {
  readonly #socket: Socket
  #gathered = ''
  #waits = false
  #open = true

  constructor(socket: Socket, sink: ByteSink) {
    this.#socket = socket
    let broke: NodeJS.ErrnoException | undefined
    socket.on('end', () => handle(sink, () => sink.ended()))
    socket.on('drain', () => handle(sink, () => sink.drained()))
    socket.on('error', (error: NodeJS.ErrnoException) => {
      broke = error
    })
    socket.on('close', () => {
      this.#open = false
      handle(sink, () => sink.closed(broke))
    })
  }

  get open(): boolean {
    return this.#open
  }

  /** Bytes that wait in the process. */
  get queuedBytes(): number {
    return this.#socket.writableLength + this.#gathered.length
  }

  /** Whether a `drained` is still to come. */
  get full(): boolean {
    return this.#socket.writableNeedDrain
  }

  /**
   * Bytes that the kernel has taken so far. The handle knows how far a write has come; the stream
   * would only tell when the whole of it is through, and a slow peer would seem to be a dead one.
   */
  get sentBytes(): number {
    const inner = (this.#socket as unknown as WithHandle)._handle
    return inner ? inner.bytesWritten - inner.writeQueueSize : this.#socket.bytesWritten
  }

  get peerAddress(): string {
    return this.#socket.remoteAddress ?? ''
  }

  get peerPort(): number {
    return this.#socket.remotePort ?? 0
  }

  /** Writes latin1 text; false asks to wait for `drained`. */
  write(text: string): boolean {
    if (!handling || this.#gathered.length + text.length > textBytesMax) {
      this.flush()
      return this.#socket.write(text, 'latin1')
    }
    this.#gathered += text
    if (!this.#waits) {
      this.#waits = true
      gathering.push(this)
    }
    return !this.#socket.writableNeedDrain
  }

  /** Writes a copy of a piece; false asks to wait for `drained`. */
  writePiece(piece: Piece): boolean {
    if (typeof piece === 'string') return this.write(piece)
    if (piece.length <= textBytesMax) return this.write(piece.toString('latin1'))
    this.flush()
    return this.#socket.write(Buffer.from(piece))
  }

  /** Writes what was gathered. */
  flush(): void {
    this.#waits = false
    const text = this.#gathered
    if (text === '') return
    this.#gathered = ''
    this.#socket.write(text, 'latin1')
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  /** Sends what is queued, then FIN; reading goes on. */
  finish(): void {
    this.flush()
    this.#socket.end()
  }

  /** Ends at once; queued bytes may be lost. */
  destroy(): void {
    this.#gathered = ''
    this.#socket.destroy()
  }

  /** Ends at once with RST, so that the peer cannot take what it got for a whole message. */
  reset(): void {
    this.#gathered = ''
    this.#socket.resetAndDestroy()
  }
}

/** Takes over a socket that a server accepted, before anything was read from it. */
export function adoptSocket(accepted: Socket, sink: ByteSink): ByteSocket {
  const moved = moveHandle(accepted, sink)
  if (moved !== undefined) return new ByteSocket(moved, sink)
  accepted.on('data', (chunk: Buffer) => handle(sink, () => sink.bytes(chunk, chunk.length)))
  // It was accepted paused: without this no byte would ever come.
  accepted.resume()
  return new ByteSocket(accepted, sink)
}

interface WithHandle {
  _handle?: { readonly bytesWritten: number; readonly writeQueueSize: number } | null
}

function moveHandle(accepted: Socket, sink: ByteSink): Socket | undefined {
  const inner = accepted as unknown as WithHandle
  const held = inner._handle
  if (accepted.constructor !== Socket || held === undefined || held === null) return undefined
  inner._handle = null
  accepted.destroy()
  const options = { handle: held, allowHalfOpen: true, noDelay: true, onread: sharedRead(sink) }
  return new Socket(options as unknown as ConstructorParameters<typeof Socket>[0])
}

export interface Address {
  readonly host: string
  readonly port: number
}

/** Opens a connection; `opened` comes once it stands, else `closed` with the error. */
export function connectSocket(address: Address, sink: ByteSink, opened: () => void): ByteSocket {
  const socket = connect({
    host: address.host,
    port: address.port,
    allowHalfOpen: true,
    noDelay: true,
    onread: sharedRead(sink),
  })
  socket.once('connect', () => handle(sink, opened))
  return new ByteSocket(socket, sink)
}

function sharedRead(sink: ByteSink): { buffer: Buffer; callback: (length: number) => boolean } {
  return {
    buffer: shared,
    callback(length) {
      handling = true
      try {
        sink.bytes(shared, length)
      } catch (error) {
        sink.threw(error)
      } finally {
        handling = false
        flushAll()
      }
      // Reading is stopped by `pause` alone.
      return true
    },
  }
}
