// One reply of Server-Sent Events on its way out (WHATWG HTML, section 9.2): a heartbeat where
// nothing else goes, and an end between two events. It looks at the ends of lines alone.
import type { Piece, Stream } from '../http.ts'
import type { EventStreamTerms } from '../policy.ts'
import type { CallReplyHead } from '../wire.ts'
import type { Lasting, LeaveReason, Runtime } from './runtime.ts'

/** A line that says nothing: it may stand between any two others. */
const heartbeat = ':\n'

/** Between two events as if the reply had come to its end, else so that the client notices. */
type End = (how: 'whole' | 'cut') => void

/** Where an event ends: an empty line behind any other. */
const eventEnd = /\n\r?\n|\r\r/

/** Of the last three bytes that were sent, the latest lowest. */
const endsLine = (tail: number): boolean => (tail & 0xff) === 0x0a
const endsEvent = (tail: number): boolean =>
  (tail & 0xffff) === 0x0a0a || (tail & 0xffffff) === 0x0a0d0a || (tail & 0xffff) === 0x0d0d

const textOf = (piece: Piece): string =>
  typeof piece === 'string' ? piece : piece.toString('latin1')

/** Undefined where the reply is none: an error, say, in another media type. */
export function beginEventStream(
  { forwardable, bodyLength }: CallReplyHead,
  stream: Pick<Stream, 'sendPiece' | 'last'>,
  terms: EventStreamTerms,
  runtime: StreamRuntime,
  end: End,
): EventStream | undefined {
  if (bodyLength !== 'streamed' || !isEventStream.test(forwardable)) return undefined
  const isReadable = !/^content-encoding:/im.test(forwardable)
  // A client that is gone keeps its place no longer than we need to hear of it.
  stream.last?.()
  return new EventStream(stream, terms, runtime, isReadable, end)
}

const isEventStream = /^content-type:[ \t]*text\/event-stream[ \t]*[;\r]/im

type StreamRuntime = Pick<Runtime, 'clock' | 'lasting' | 'random'>

/** As tunnels do. */
const spreadMs = 5_000

export class EventStream implements Lasting {
  readonly #stream: Pick<Stream, 'sendPiece'>
  readonly #runtime: StreamRuntime
  readonly #end: End
  readonly #isReadable: boolean
  readonly #stops: (() => void)[] = []
  /** The last three bytes that were sent: a number, for events are many. */
  #tail = 0x0a0a
  #isFull = false
  #isSilent = true
  #isLeaving = false

  /** Of what is coded as a whole (`isReadable` false) nobody here can tell where an event ends. */
  constructor(
    stream: Pick<Stream, 'sendPiece'>,
    { heartbeatMs, lifetimeMs }: EventStreamTerms,
    runtime: StreamRuntime,
    isReadable: boolean,
    end: End,
  ) {
    this.#stream = stream
    this.#runtime = runtime
    this.#isReadable = isReadable
    this.#end = end
    const { clock, lasting } = runtime
    lasting.add(this)
    if (heartbeatMs > 0 && isReadable) {
      this.#stops.push(clock.every(heartbeatMs, () => this.#beat()))
    }
    if (lifetimeMs > 0) this.#stops.push(clock.after(lifetimeMs, () => this.#leave()))
  }

  /** False asks to wait until the client takes bytes again, or says that it has ended. */
  sendPiece(piece: Piece): boolean {
    this.#isSilent = false
    if (this.#isLeaving) return this.#sendLast(piece)
    this.#noteTail(piece)
    this.#isFull = !this.#stream.sendPiece(piece)
    return !this.#isFull
  }

  clientWritable(): void {
    this.#isFull = false
  }

  #beat(): void {
    const isDue = this.#isSilent && !this.#isFull && endsLine(this.#tail)
    this.#isSilent = true
    if (isDue) this.#isFull = !this.#stream.sendPiece(heartbeat)
  }

  /** Where another thread takes over not all clients come again at once. */
  leave(why: LeaveReason): void {
    const { clock, random } = this.#runtime
    if (why === 'stops') this.#leave()
    else this.#stops.push(clock.after(random() * spreadMs, () => this.#leave()))
  }

  #leave(): void {
    if (this.#isLeaving) return
    this.#isLeaving = true
    if (!this.#isReadable) this.#end('cut')
    else if (endsEvent(this.#tail)) this.#end('whole')
  }

  /** What is left of the event under way; what comes behind it is for the next connection. */
  #sendLast(piece: Piece): boolean {
    const before = String.fromCharCode((this.#tail >> 8) & 0xff, this.#tail & 0xff)
    const end = eventEnd.exec(before + textOf(piece))
    if (end === null) {
      this.#noteTail(piece)
      return this.#stream.sendPiece(piece)
    }
    const bytes = end.index + end[0].length - before.length
    this.#stream.sendPiece(
      typeof piece === 'string' ? piece.slice(0, bytes) : piece.subarray(0, bytes),
    )
    this.#end('whole')
    return false
  }

  #noteTail(piece: Piece): void {
    for (let at = Math.max(0, piece.length - 3); at < piece.length; at++) {
      const byte = typeof piece === 'string' ? piece.charCodeAt(at) : piece[at]!
      this.#tail = (this.#tail << 8) | byte
    }
  }

  /** It has ended, whoever did it. */
  release(): void {
    this.#runtime.lasting.delete(this)
    for (const stop of this.#stops.splice(0)) stop()
  }
}
