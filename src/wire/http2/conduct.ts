// What a peer may do, and how often: frames that carry nothing, streams that come to nothing, and
// what still comes for streams that are over (RFC 9113 §5.1). Too much of it ends the connection.
import type { Limits } from '../../base.ts'
import { Allowance } from './allowance.ts'
import { ClosedStreams } from './closed-streams.ts'
import { errorCode } from './frames.ts'
import type { ConnectionFault } from './peer-settings.ts'

/** What a request may take in frames of control, as if it were bytes. */
const requestEarnsBytes = 8 * 1024

/**
 * The same of what we send of a body, however small: gRPC's own libraries answer with a window's update
 * for the stream and one for the connection, and with a PING by which they measure the way.
 */
const pieceEarnsBytes = 3 * 1024

const bytesOfOne = 1_024

export class Conduct {
  /** The highest id that was opened, by whoever opens streams. */
  lastId = 0
  readonly #isServer: boolean
  readonly #nowMs: () => number
  readonly #control: Allowance
  readonly #resets: Allowance
  readonly #closed = new ClosedStreams()

  /** `isServer`: the peer opens streams, and is bounded in how many it wastes. */
  constructor(isServer: boolean, limits: Limits, nowMs: () => number) {
    this.#isServer = isServer
    this.#nowMs = nowMs
    this.#control = new Allowance(limits.http2ControlFramesPerSecondMax, nowMs())
    this.#resets = new Allowance(limits.http2ResetsPerSecondMax, nowMs())
  }

  /** Bytes of a body came. */
  received(bytes: number): void {
    this.#control.earn(bytes)
  }

  /** A piece of a body went out. */
  sent(bytes: number): void {
    this.#control.earn(Math.max(bytes, pieceEarnsBytes))
  }

  /** A stream began. */
  opened(id: number): void {
    if (id <= this.lastId) return
    this.lastId = id
    this.#control.earn(requestEarnsBytes)
  }

  closed(id: number, how: 'ended' | 'reset'): void {
    this.#closed.note(id, how)
  }

  /** A frame that carries nothing; a large one of them counts as many. */
  control(bytes = 0): ConnectionFault | undefined {
    const count = 1 + Math.floor(bytes / bytesOfOne)
    return this.#control.spend(this.#nowMs(), count) ? undefined : tooManyFrames
  }

  /**
   * A stream was reset, or what it did calls for it. Only of a client's streams: our own calls are
   * as many as our own clients make.
   */
  reset(): ConnectionFault | undefined {
    return !this.#isServer || this.#resets.spend(this.#nowMs()) ? undefined : tooManyResets
  }

  /** A frame of a stream that is not open, and that may be over. */
  late(id: number, what: string): ConnectionFault | undefined {
    if (id % 2 === 1 && id <= this.lastId) return undefined
    return protocolError(`${what} of a stream that was not opened`)
  }

  /** A message's frame of a stream that is not open. */
  misplaced(id: number, what: string): ConnectionFault | undefined {
    const unopened = this.late(id, what)
    if (unopened !== undefined) return unopened
    const how = this.#closed.how(id)
    if (how === 'ended') {
      return { code: errorCode.streamClosed, reason: `${what} of a stream that has ended` }
    }
    // What was on its way when we reset the stream, it was free to send; of an endpoint, whose
    // streams may be a thousand, nobody remembers.
    if (how === 'reset' || !this.#isServer) return this.control()
    return protocolError(`${what} of a stream that is long over`)
  }
}

const protocolError = (reason: string): ConnectionFault => ({
  code: errorCode.protocolError,
  reason,
})

const tooManyFrames: ConnectionFault = {
  code: errorCode.enhanceYourCalm,
  reason: 'too many frames that carry nothing',
}

const tooManyResets: ConnectionFault = {
  code: errorCode.enhanceYourCalm,
  reason: 'too many streams were reset',
}
