// Bytes of bodies on their way out. What the windows and the socket take goes at once. The rest is
// held, a piece a stream, and streams with something held stand in line for turns of equal size: no
// large download keeps the others waiting.
import type { Piece } from '../../http.ts'
import type { ByteStream } from '../bytes.ts'
import { latin1Text } from '../latin1.ts'
import { giveBack, spareCopy } from '../spares.ts'
import type { FlowStream } from './flow-stream.ts'
import {
  fillFrameHead,
  firstWindowBytes,
  frameBytesMax,
  frameFlag,
  frameHead,
  frameHeadBytes,
  frameType,
  windowBytesMax,
} from './frames.ts'

/** The most that a stream sends before another one that waits has its turn. */
const turnBytesMax = 128 * 1024
/** Up to here a frame is written as text; a longer one is copied to where it is written from. */
const textBytesMax = 8 * 1024
/** However large the frames are that a peer takes: others must have their turn. */
const ownFrameBytesMax = 64 * 1024

export interface OutflowEvents {
  /** Bytes left, which the peer will have to acknowledge. */
  moved(bytes: number): void
  /** Our message on a stream is through. */
  sent(stream: FlowStream): void
  /** The message ends with a section of trailers. */
  sendTrailers(stream: FlowStream, block: string): void
}

export class Outflow {
  /** What the peer takes in one frame. */
  frameBytesMax = frameBytesMax
  readonly #events: OutflowEvents
  #socket!: ByteStream
  #window = firstWindowBytes
  readonly #line: FlowStream[] = []

  constructor(events: OutflowEvents) {
    this.#events = events
  }

  open(socket: ByteStream): void {
    this.#socket = socket
  }

  /** False asks to wait for `writable`. */
  send(stream: FlowStream, piece: Piece): boolean {
    if (stream.isClosed || stream.isSent || piece.length === 0) return true
    let at = 0
    while (at < piece.length && !this.#mustWait(stream)) {
      const next = this.#sendSome(stream, piece, at, piece.length)
      if (next === at) break
      at = next
    }
    if (stream.isSent || stream.isClosed) return true
    if (at < piece.length) hold(stream, piece, at)
    else if (!this.#socket.full) return true
    // Who waits for the window of its stream stands in line when that opens.
    if (stream.heldBytes === 0 || stream.sendWindow > 0) this.#stand(stream)
    return false
  }

  /** Whether others, or what is held of its own, come before it. */
  #mustWait(stream: FlowStream): boolean {
    return stream.heldBytes > 0 || this.#line.length > 0 || this.#socket.full
  }

  /** Sends as much as the windows take, at most so much; gives the position behind it. */
  #sendSome(stream: FlowStream, piece: Piece, at: number, bytesMax: number): number {
    const bytes = Math.min(piece.length - at, this.#window, stream.sendWindow, bytesMax)
    if (bytes <= 0) return at
    this.#window -= bytes
    stream.sendWindow -= bytes
    stream.sentBytes += bytes
    if (stream.leftBytes !== undefined) stream.leftBytes -= bytes
    const isLast = stream.leftBytes === 0
    this.#write(stream.id, piece, at, at + bytes, isLast ? frameFlag.endStream : 0)
    this.#events.moved(bytes)
    if (isLast) this.#sent(stream)
    return at + bytes
  }

  #write(id: number, piece: Piece, start: number, end: number, ends: number): void {
    const bytes = end - start
    if (bytes <= textBytesMax) {
      const text =
        typeof piece === 'string' ? piece.slice(start, end) : latin1Text(piece, start, end)
      this.#socket.writeSoon(frameHead(bytes, frameType.data, ends, id) + text)
      return
    }
    const source = typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece
    const frameMax = Math.min(this.frameBytesMax, ownFrameBytesMax)
    const frames = Math.ceil(bytes / frameMax)
    this.#socket.writeFilled(bytes + frames * frameHeadBytes, (into) => {
      let put = 0
      for (let from = start; from < end; from += frameMax) {
        const to = Math.min(end, from + frameMax)
        const flags = to === end ? ends : 0
        put = fillFrameHead(into, put, to - from, frameType.data, flags, id)
        put += source.copy(into, put, from, to)
      }
    })
  }

  #stand(stream: FlowStream): void {
    if (stream.isInLine) return
    stream.isInLine = true
    this.#line.push(stream)
  }

  /** Ends our message, with trailers where the block holds any. */
  end(stream: FlowStream, block: string): void {
    if (stream.isClosed || stream.isSent) return
    if (stream.heldBytes > 0) stream.ending = block
    else this.#writeEnd(stream, block)
  }

  #writeEnd(stream: FlowStream, block: string): void {
    if (block !== '') return this.#events.sendTrailers(stream, block)
    this.#socket.writeSoon(frameHead(0, frameType.data, frameFlag.endStream, stream.id))
    this.#sent(stream)
  }

  #sent(stream: FlowStream): void {
    stream.isSent = true
    this.#events.sent(stream)
  }

  /** The peer takes more; false where that is more than there can be. */
  widen(increment: number): boolean {
    this.#window += increment
    return this.#window <= windowBytesMax
  }

  /** The same of one stream; windows may shrink below 0 by a setting (RFC 9113 §6.9.2). */
  widenStream(stream: FlowStream, change: number): boolean {
    stream.sendWindow += change
    if (stream.sendWindow > 0 && stream.heldBytes > 0) this.#stand(stream)
    return stream.sendWindow <= windowBytesMax
  }

  /** Turn by turn, until the socket or the window of the connection is full. */
  serve(): void {
    while (this.#line.length > 0 && !this.#socket.full) {
      const stream = this.#line[0]!
      if (stream.heldBytes > 0 && this.#window <= 0) return
      this.#line.shift()
      stream.isInLine = false
      this.#serveOne(stream)
    }
  }

  #serveOne(stream: FlowStream): void {
    this.#sendHeld(stream)
    if (stream.heldBytes > 0) {
      if (stream.sendWindow > 0) this.#stand(stream)
    } else if (stream.ending !== undefined) {
      this.#writeEnd(stream, stream.ending)
    } else if (!stream.isSent && !stream.isClosed) {
      stream.writable()
    }
  }

  #sendHeld(stream: FlowStream): void {
    let leftBytes = turnBytesMax
    while (stream.heldBytes > 0 && leftBytes > 0) {
      const piece = stream.held[0]!
      const next = this.#sendSome(stream, piece, stream.heldAt, leftBytes)
      const sent = next - stream.heldAt
      // What is sent may have been the last of it, and its stream closed.
      if (sent === 0 || stream.isClosed) return
      leftBytes -= sent
      stream.heldBytes -= sent
      stream.heldAt = next
      if (next < piece.length) continue
      giveBack(stream.held.shift()!)
      stream.heldAt = 0
    }
  }

  /** Of a stream that is over nothing more leaves. */
  drop(stream: FlowStream): void {
    for (const spare of stream.held) giveBack(spare)
    stream.held.length = 0
    stream.heldBytes = 0
    if (!stream.isInLine) return
    stream.isInLine = false
    this.#line.splice(this.#line.indexOf(stream), 1)
  }
}

function hold(stream: FlowStream, piece: Piece, at: number): void {
  const rest =
    typeof piece === 'string'
      ? Buffer.from(piece.slice(at), 'latin1')
      : spareCopy(piece.subarray(at))
  stream.held.push(rest)
  stream.heldBytes += rest.length
}
