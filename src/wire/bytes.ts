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
import { Socket } from 'node:net'
import type { Piece } from '../http.ts'
import {
  type Handle,
  handleOf,
  isTcp,
  knowsHandle,
  systemError,
  type WithHandle,
  type WriteRequest,
} from './handle.ts'
import { latin1Text } from './latin1.ts'
import { bulkBytes, giveBack, readBytes, spareFor } from './spares.ts'

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

/**
 * Of a peer that has filled so many reads more is read at once: 1 GiB through costs 1.0 s of CPU
 * in pieces of 64 kB, 0.7 s in these. Few sockets at a time may, for each may come to hold as much.
 */
const bulkAfterReads = 32
const bulkSocketsMax = 256
let bulkSockets = 0

/**
 * Of one socket libuv reads up to 32 times in a row while each read fills its buffer: so many
 * megabytes that everybody else waits for milliseconds. After this many the others have their turn.
 */
const readsInARow = 8

/** Every connection of a thread reads into this: a read is consumed before the next one begins. */
const bulk = Buffer.allocUnsafeSlow(bulkBytes)
export const shared = bulk.subarray(0, readBytes)

/** Up to here bytes are written as latin1 text, which `net` copies on its stack. */
export const textBytesMax = 16 * 1024

/** What has gathered text. */
export interface Gathering {
  flush(): void
}

const gathering: Gathering[] = []
let handling = false

/** Has it flushed at the end of the turn. */
export function gather(one: Gathering): void {
  gathering.push(one)
  if (!handling) flushSoon()
}

/** Handles one event: what it writes waits for the end of the turn. */
export function handle(sink: ByteSink, event: () => void): void {
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

/** Handles a read as one event. */
export function deliver(sink: ByteSink, buffer: Buffer, length: number): void {
  handling = true
  try {
    sink.bytes(buffer, length)
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

/** What an engine needs of a socket; whoever makes connections another way makes one of these. */
export type ByteStream = Omit<ByteSocket, 'arrivedAt' | 'putOver' | 'giveUp'>

/** Who hears a socket at the moment: others may take it over. */
export interface Ears {
  sink: ByteSink
}

export class ByteSocket {
  /** What is read and written: the carrier itself, or a socket over it that encrypts. */
  #socket: Socket
  readonly #carrier: Socket
  readonly #ears: Ears
  #direct: boolean
  /** The rest of a direct write is on its way. */
  #behind = false
  #gathered = ''
  #waits = false
  #open = true
  #isGivenUp = false

  /** `ears` are those that who reads the carrier tells; else `passTo` is for events alone. */
  constructor(carrier: Socket, sink: ByteSink, ears: Ears = { sink }) {
    this.#ears = ears
    this.#socket = carrier
    this.#carrier = carrier
    this.#direct = knowsHandle && carrier.constructor === Socket
    this.#hear(carrier)
  }

  /** From now on this one is read and written. The carrier has connected, and carried nothing. */
  putOver(socket: Socket): void {
    this.#socket = socket
    this.#direct = false
    this.#hear(socket)
  }

  /** For whoever reads and writes it from now on; nothing was written, and nothing more is heard. */
  giveUp(): Socket {
    this.#isGivenUp = true
    return this.#carrier
  }

  #hear(socket: Socket): void {
    const ears = this.#ears
    let broke: NodeJS.ErrnoException | undefined
    // Of a carrier what lies over it tells as much as is to be known.
    const tell = (event: () => void) => {
      if (socket === this.#socket && !this.#isGivenUp) handle(ears.sink, event)
    }
    socket.on('end', () => tell(() => ears.sink.ended()))
    socket.on('drain', () => tell(() => ears.sink.drained()))
    socket.on('error', (error: NodeJS.ErrnoException) => {
      broke = error
    })
    socket.on('close', () =>
      tell(() => {
        this.#open = false
        ears.sink.closed(broke)
      }),
    )
  }

  /** From now on another one hears it. */
  passTo(sink: ByteSink): void {
    this.#ears.sink = sink
  }

  get open(): boolean {
    return this.#open
  }

  /** Where an accepted connection arrived: costs a call of the system, the first time. */
  arrivedAt(): { address: string; port: number } | undefined {
    const { localAddress: address, localPort: port } = this.#carrier
    return address === undefined || port === undefined ? undefined : { address, port }
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
    return handleOf(this.#carrier)
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
    return this.#gather(text)
  }

  /** The same, of what need not leave before the turn ends, whoever's turn it is. */
  writeSoon(text: string): boolean {
    if (this.#gathered.length + text.length > textBytesMax) {
      this.flush()
      return this.#send(text)
    }
    const goesOn = this.#gather(text)
    if (!handling) flushSoon()
    return goesOn
  }

  #gather(text: string): boolean {
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
    return this.writeFilled(piece.length, (into) => into.set(piece))
  }

  /** Writes so many bytes that `fill` puts at the beginning of a buffer. */
  writeFilled(length: number, fill: (into: Buffer) => void): boolean {
    this.flush()
    const inner = this.#directHandle
    if (inner?.writeBuffer === undefined) {
      const filled = Buffer.allocUnsafeSlow(length)
      fill(filled)
      return this.#socket.write(filled) && !this.#behind
    }
    const spare = spareFor(length)
    fill(spare)
    return this.#wrote(inner.writeBuffer(null, spare), spare)
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
    const inner = this.#directHandle
    if (inner?.writeLatin1String === undefined) {
      return this.#socket.write(text, 'latin1') && !this.#behind
    }
    return this.#wrote(inner.writeLatin1String(null, text))
  }

  /** The handle, where nothing of ours waits before what is written to it. */
  get #directHandle(): Handle | undefined {
    const socket = this.#socket
    if (!this.#direct || this.#behind || socket.writableLength > 0) return undefined
    return socket.writable && !socket.connecting ? (this.#handle ?? undefined) : undefined
  }

  #wrote(result: number | WriteRequest, spare?: Buffer): boolean {
    if (typeof result === 'number') {
      if (spare !== undefined) giveBack(spare)
      if (result === 0) return true
      this.#socket.destroy(systemError(result))
      return false
    }
    this.#behind = true
    result.oncomplete = (status) => {
      if (spare !== undefined) giveBack(spare)
      this.#caughtUp(status)
    }
    return false
  }

  #caughtUp(status: number): void {
    this.#behind = false
    if (!this.#open) return
    if (status < 0) this.#socket.destroy(systemError(status))
    else if (!this.#socket.writableNeedDrain) {
      const { sink } = this.#ears
      handle(sink, () => sink.drained())
    }
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

  /**
   * Ends at once with RST, so that the peer cannot take what it got for a whole message. A Unix
   * socket has no RST: there its peer sees an end in the midst of it.
   */
  reset(): void {
    this.#gathered = ''
    // While a FIN waits behind what is queued libuv refuses to reset, and Node would then neither
    // close the socket nor say so.
    const hasEnded = this.#socket.writableEnded || this.#carrier.writableEnded
    if (!hasEnded && isTcp(this.#handle)) this.#carrier.resetAndDestroy()
    else this.#socket.destroy()
  }
}

/** Takes over a socket that a server accepted, before anything was taken from it. */
export function adoptSocket(accepted: Socket, sink: ByteSink): ByteSocket {
  const ears = { sink }
  const moved = moveHandle(accepted, ears)
  if (moved !== undefined) return new ByteSocket(moved, sink, ears)
  // Whoever accepted it may have said otherwise; a client that has sent all still gets its reply.
  accepted.allowHalfOpen = true
  accepted.on('data', (chunk: Buffer) =>
    handle(ears.sink, () => ears.sink.bytes(chunk, chunk.length)),
  )
  // It was accepted paused: without this no byte would ever come.
  accepted.resume()
  return new ByteSocket(accepted, sink, ears)
}

function moveHandle(accepted: Socket, ears: Ears): Socket | undefined {
  const inner = accepted as unknown as WithHandle
  const held = inner._handle
  if (accepted.constructor !== Socket || held === undefined || held === null) return undefined
  // What somebody has read and put back is in the stream.
  if (accepted.readableLength > 0) return undefined
  inner._handle = null
  accepted.destroy()
  const options = { handle: held, allowHalfOpen: true, noDelay: true, onread: sharedRead(ears) }
  return new Socket(options as unknown as ConstructorParameters<typeof Socket>[0])
}

/** Reads a plain socket into the buffer of all; to pass as `onread`. */
export function sharedRead(ears: Ears): {
  buffer: Buffer
  callback: (length: number) => boolean
} {
  let filled = 0
  return {
    buffer: shared,
    callback(this: Socket, length) {
      const isFull = length === readBytes || length === bulkBytes
      if (isFull && ++filled === bulkAfterReads) readInBulk(this)
      deliver(ears.sink, bulk, length)
      if (!isFull || filled % readsInARow !== 0) return true
      setImmediate(readOn, this)
      return false
    },
  }
}

/** Goes on to read what made room for others. */
export function readOn(socket: Socket): void {
  if (!socket.destroyed && !socket.isPaused()) socket.read(0)
}

function readInBulk(socket: Socket): void {
  const inner = handleOf(socket)
  if (!knowsHandle || inner?.useUserBuffer === undefined || bulkSockets >= bulkSocketsMax) return
  bulkSockets++
  socket.once('close', () => bulkSockets--)
  inner.useUserBuffer(bulk)
}
