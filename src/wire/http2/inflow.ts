// Bytes of bodies on their way in, and the windows that bound them (RFC 9113 §5.2): what nobody
// takes yet waits here, as much as its stream's window and that of the connection let come. The
// windows open as it is taken, by half of themselves at a time.
import type { FlowStream } from './flow-stream.ts'
import { windowUpdateFrame } from './frames.ts'

export interface InflowBounds {
  /** What a connection may have on its way, and so in our memory. */
  readonly bufferedBytesMax: number
  /** The same of one stream, when its window has grown. */
  readonly streamBytesMax: number
}

export class Inflow {
  readonly #bounds: InflowBounds
  readonly #write: (text: string) => void
  #window: number
  #takenBytes = 0

  constructor(bounds: InflowBounds, write: (text: string) => void) {
    this.#bounds = bounds
    this.#write = write
    this.#window = bounds.bufferedBytesMax
  }

  /** A frame of so many bytes comes; false where the connection's window has no room for it. */
  begins(bytes: number): boolean {
    this.#window -= bytes
    return this.#window >= 0
  }

  /** Data of a frame: taken at once, or kept in a copy. */
  receive(stream: FlowStream, view: Buffer, at: number, end: number): void {
    stream.receivedBytes += end - at
    if (!stream.isFlowing || stream.arrived.length > 0) {
      stream.arrived.push(Buffer.from(view.subarray(at, end)))
      stream.arrivedBytes += end - at
      return
    }
    stream.takePiece(view.subarray(at, end))
    this.taken(stream, end - at)
  }

  /** Bytes that wait no longer, or never did: of a stream, or of one that is gone. */
  taken(stream: FlowStream | undefined, bytes: number): void {
    this.#takenBytes += bytes
    if (this.#takenBytes * 2 >= this.#bounds.bufferedBytesMax) {
      this.#window += this.#takenBytes
      this.#write(windowUpdateFrame(0, this.#takenBytes))
      this.#takenBytes = 0
    }
    if (stream === undefined || stream.isClosed || stream.isReceived) return
    stream.takenBytes += bytes
    if (stream.takenBytes * 2 >= stream.windowBytes) this.#open(stream)
  }

  /** Of a body that has filled its window twice more is to come: it gets a window twice as large. */
  #open(stream: FlowStream): void {
    const { windowBytes } = stream
    const isLong = stream.receivedBytes >= 2 * windowBytes
    const { streamBytesMax } = this.#bounds
    const grown = isLong
      ? Math.max(windowBytes, Math.min(2 * windowBytes, streamBytesMax))
      : windowBytes
    const increment = stream.takenBytes + grown - windowBytes
    stream.windowBytes = grown
    stream.takenBytes = 0
    stream.receiveWindow += increment
    this.#write(windowUpdateFrame(stream.id, increment))
  }

  /** Hands on what came while nobody took it. */
  deliver(stream: FlowStream): void {
    while (this.#hasPiece(stream)) {
      const piece = stream.arrived.shift()!
      stream.arrivedBytes -= piece.length
      stream.takePiece(piece)
      this.taken(stream, piece.length)
    }
  }

  #hasPiece({ isFlowing, isClosed, arrived }: FlowStream): boolean {
    return isFlowing && !isClosed && arrived.length > 0
  }

  /** What waits of a stream that is over is nobody's. */
  drop(stream: FlowStream): void {
    const { arrivedBytes } = stream
    if (arrivedBytes === 0) return
    stream.arrived = []
    stream.arrivedBytes = 0
    this.taken(undefined, arrivedBytes)
  }
}
