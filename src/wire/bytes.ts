// A socket as the engine wants it: pieces of bytes in, text or bytes out, and one end.
//
// `net` gives each read a Buffer of its own and passes it through a Readable: about two
// microseconds a request. A socket made with `onread` reads into one buffer that we own instead
// (measured on a blind relay: 12.4 µs a request with 'data' events, 11.6 with `onread` towards the
// upstream, 10.4 with `onread` on both sides). Clients' sockets come ready-made from the server,
// so their handle is moved to a socket with `onread`; where that cannot be done, 'data' serves.
//
// What a turn of the event loop makes us write leaves at its end, one piece a socket. A peer that
// sleeps is woken once for all of it, where it would fall asleep again between two of our writes:
// a relay cost 14.6 µs a request with writes at the end of each event, 13.4 so. While nothing waits in the stream, that text goes to the
// handle at once: the stream's bookkeeping of a write that the kernel takes whole costs a third of
// a microsecond (blind relay: 10.4 → 9.8 µs a request with its two writes).
import { connect, Socket } from 'node:net'
import { getSystemErrorName } from 'node:util'
import type { Piece } from '../http.ts'
import { latin1Text } from './latin1.ts'

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

/** Sockets with gathered text. */
const gathering: ByteSocket[] = []
let handling = false

/** Handles one event: what it writes waits for the end of the turn. */
function handle(sink: ByteSink, event: () => void): void {
  if (handling) return event()
  handling = true
  try {
    event()
  } catch (error) {
    sink.threw(error)
  } finally {
    handling = false
    flushSoon()
  }
}

let isFlushDue = false

function flushSoon(): void {
  if (isFlushDue || gathering.length === 0) return
  isFlushDue = true
  setImmediate(flushAll)
}

function flushAll(): void {
  isFlushDue = false
  for (let i = 0; i < gathering.length; i++) gathering[i]!.flush()
  gathering.length = 0
}

/** The inside of a socket that we use where it is as we know it. */
interface Handle {
  readonly bytesWritten: number
  readonly writeQueueSize: number
  /** 0: the kernel took it all. A number: an error. A request: the rest is on its way. */
  writeLatin1String?(request: null, text: string): number | WriteRequest
}

interface WriteRequest {
  oncomplete: (status: number) => void
}

interface WithHandle {
  _handle?: Handle | null
}

/** What `writeLatin1String` does without a request is known of this line of Node alone. */
const knowsHandle = process.versions.node.startsWith('26.')

export class ByteSocket {
  readonly #socket: Socket
  readonly #sink: ByteSink
  readonly #direct: boolean
  /** The rest of a direct write is on its way. */
  #behind = false
  #gathered = ''
  #waits = false
  #open = true

  constructor(socket: Socket, sink: ByteSink) {
    this.#sink = sink
    this.#socket = socket
    this.#direct = knowsHandle && socket.constructor === Socket
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
    const behind = this.#behind ? (this.#handle?.writeQueueSize ?? 0) : 0
    return this.#socket.writableLength + behind + this.#gathered.length
  }

  /** Whether a `drained` is still to come. */
  get full(): boolean {
    return this.#behind || this.#socket.writableNeedDrain
  }

  get #handle(): Handle | null | undefined {
    return (this.#socket as unknown as WithHandle)._handle
  }

  /**
   * Bytes that the kernel has taken so far. The handle knows how far a write has come; the stream
   * would only tell when the whole of it is through, and a slow peer would seem to be a dead one.
   */
  get sentBytes(): number {
    const inner = this.#handle
    return inner ? inner.bytesWritten - inner.writeQueueSize : this.#socket.bytesWritten
  }

  /** Writes latin1 text; false asks to wait for `drained`. */
  write(text: string): boolean {
    if (!handling || this.#gathered.length + text.length > textBytesMax) {
      this.flush()
      return this.#send(text)
    }
    this.#gathered += text
    if (!this.#waits) {
      this.#waits = true
      gathering.push(this)
    }
    return !this.full
  }

  /** Writes a copy of a piece; false asks to wait for `drained`. */
  writePiece(piece: Piece): boolean {
    if (typeof piece === 'string') return this.write(piece)
    if (piece.length <= textBytesMax) return this.write(latin1Text(piece, 0, piece.length))
    this.flush()
    return this.#socket.write(Buffer.from(piece)) && !this.#behind
  }

  /** Writes bytes that nobody changes any more: they may wait where they are. */
  writeKept(bytes: Buffer): boolean {
    if (bytes.length <= textBytesMax) return this.writePiece(bytes)
    this.flush()
    return this.#socket.write(bytes) && !this.#behind
  }

  /** Writes what was gathered. */
  flush(): void {
    this.#waits = false
    const text = this.#gathered
    if (text === '') return
    this.#gathered = ''
    this.#send(text)
  }

  #send(text: string): boolean {
    const socket = this.#socket
    const inner = this.#handle
    const direct =
      this.#direct && !this.#behind && socket.writableLength === 0 && socket.writable && inner
    if (!direct || socket.connecting || inner.writeLatin1String === undefined) {
      return socket.write(text, 'latin1') && !this.#behind
    }
    const result = inner.writeLatin1String(null, text)
    if (result === 0) return true
    if (typeof result === 'number') {
      socket.destroy(systemError(result))
      return false
    }
    this.#behind = true
    result.oncomplete = (status) => this.#caughtUp(status)
    return false
  }

  #caughtUp(status: number): void {
    this.#behind = false
    if (!this.#open) return
    if (status < 0) this.#socket.destroy(systemError(status))
    else if (!this.#socket.writableNeedDrain) handle(this.#sink, () => this.#sink.drained())
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
    // While a FIN waits behind what is queued libuv refuses to reset, and Node would then neither
    // close the socket nor say so.
    if (this.#socket.writableEnded) this.#socket.destroy()
    else this.#socket.resetAndDestroy()
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

/** How connections are opened; a test may hand in its own. */
export type Connect = typeof connectSocket

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
        flushSoon()
      }
      // Reading is stopped by `pause` alone.
      return true
    },
  }
}

function systemError(status: number): NodeJS.ErrnoException {
  const code = getSystemErrorName(status)
  return Object.assign(new Error(`write ${code}`), { code, errno: status })
}
