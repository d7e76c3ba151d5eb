// Bytes of bodies on their way in, and the windows that bound them (RFC 9113 §5.2): what nobody
// takes yet waits here, as much as its stream's window and that of the connection let come. The
// windows open as it is taken, by half of themselves at a time.
import { Gathered } from '../gathered.ts'
import type { FlowStream } from './flow-stream.ts'
import { windowUpdateFrame } from './frames.ts'

export interface InflowBounds {
  /** What a connection may have on its way, and so in our memory. */
  readonly bufferedBytesMax: number
  /** The same of one stream, when its window has grown. */
  readonly streamBytesMax: number
  /**
   * Whether the window of the connection opens for whatever comes: no stream whose bytes wait holds
   * up another then, and what waits is bounded by their own windows alone.
   */
  readonly waitsForNobody: boolean
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
    const bytes = end - at
    stream.receivedBytes += bytes
    const { arrived } = stream
    if (stream.isFlowing && arrived === undefined) {
      stream.takePiece(view.subarray(at, end))
      return this.taken(stream, bytes)
    }
    stream.wasHeldUp = true
    // Together: of frames with a byte each a copy apiece would be a hundred times their size.
    if (arrived === undefined) stream.arrived = new Gathered(view, at, end)
    else arrived.add(view.subarray(at, end), bytes)
    if (this.#bounds.waitsForNobody) this.#left(bytes)
  }

  /** Bytes that wait no longer, or never did: of a stream, or of one that is gone. */
  taken(stream: FlowStream | undefined, bytes: number): void {
    this.#left(bytes)
    if (stream !== undefined) this.#takenOf(stream, bytes)
  }

  /** The window of the connection opens again. */
  #left(bytes: number): void {
    this.#takenBytes += bytes
    if (this.#takenBytes * 2 < this.#bounds.bufferedBytesMax) return
    this.#window += this.#takenBytes
    this.#write(windowUpdateFrame(0, this.#takenBytes))
    this.#takenBytes = 0
  }

  #takenOf(stream: FlowStream, bytes: number): void {
    if (stream.isClosed || stream.isReceived) return
    stream.takenBytes += bytes
    if (stream.takenBytes * 2 >= stream.windowBytes) this.#open(stream)
  }

  /** Of a body that has filled its window twice more is to come: it gets one twice as large. */
  #open(stream: FlowStream): void {
    const { windowBytes } = stream
    const isLong = stream.receivedBytes >= 2 * windowBytes
    const { streamBytesMax } = this.#bounds
    const grown =
      isLong && !stream.wasHeldUp
        ? Math.max(windowBytes, Math.min(2 * windowBytes, streamBytesMax))
        : windowBytes
    const increment = stream.takenBytes + grown - windowBytes
    stream.windowBytes = grown
    stream.wasHeldUp = false
    stream.takenBytes = 0
    stream.receiveWindow += increment
    this.#write(windowUpdateFrame(stream.id, increment))
  }

  /** Hands on what came while nobody took it. */
  deliver(stream: FlowStream): void {
    const { arrived } = stream
    if (arrived === undefined) return
    stream.arrived = undefined
    stream.takePiece(arrived.bytes.subarray(0, arrived.length))
    arrived.release()
    if (!this.#bounds.waitsForNobody) this.#left(arrived.length)
    this.#takenOf(stream, arrived.length)
  }

  /** What waits of a stream that is over is nobody's. */
  drop(stream: FlowStream): void {
    const { arrived } = stream
    if (arrived === undefined) return
    stream.arrived = undefined
    arrived.release()
    if (!this.#bounds.waitsForNobody) this.#left(arrived.length)
  }
}
