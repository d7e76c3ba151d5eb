// One stream of HTTP/2 as its connection knows it, whichever side opened it: what is in flight both
// ways, and whether either side has ended (RFC 9113 §5.1, §5.2). Who owns the message extends it.
import type { Gathered } from '../gathered.ts'
import { errorCode } from './frames.ts'

/** Why a stream ends before its messages have. */
export interface StreamEnd {
  /** Who broke it: the peer by a reset or by a fault, the connection by its end, we ourselves. */
  readonly by: 'reset' | 'fault' | 'connection'
  readonly code: number
  readonly reason: string
}

export abstract class FlowStream {
  id: number

  // Sending.
  /** What the peer lets us send. */
  sendWindow: number
  /** What waits for the windows or the socket, from `heldAt` on in the first. */
  readonly held: Buffer[] = []
  heldBytes = 0
  heldAt = 0
  /** The section that ends the message, where it waits behind what is held; empty: none. */
  ending: string | undefined
  isInLine = false
  sentBytes = 0
  /** Of a message of known length: what is still to be sent; the last frame of it ends the stream. */
  leftBytes: number | undefined
  isSent = false

  // Receiving.
  /** What the peer may still send. */
  receiveWindow: number
  /** As large as the window is when all was taken. */
  windowBytes: number
  /** Taken, and not told to the peer yet. */
  takenBytes = 0
  /** A copy of what came before anybody took it. */
  arrived: Gathered | undefined
  /** Whether anything had to wait since its window was last opened. */
  wasHeldUp = false
  receivedBytes = 0
  /** By the message's own length; undefined where it has none. */
  expectedBytes: number | undefined
  isFlowing = false
  isReceived = false
  /** The peer has ended, and all of it was taken. */
  isTaken = false
  /** Whether what the peer still says is wanted when we have said all. */
  wantsRest = true
  /** What is said of the peer's message, if anything, when ours is through. */
  endCode: number = errorCode.noError
  /** Both ended, or broken: nothing goes either way. */
  isClosed = false

  constructor(id: number, sendWindow: number, receiveWindow: number) {
    this.id = id
    this.sendWindow = sendWindow
    this.receiveWindow = receiveWindow
    this.windowBytes = receiveWindow
  }

  /** A piece of the message, valid during the call only. */
  abstract takePiece(piece: Buffer): void
  /** All pieces were taken, and the peer has ended. */
  abstract takeEnd(): void
  /** What was held is sent, after a send said false. */
  abstract writable(): void
  /** It is over; comes at most once, and nothing after it. */
  abstract broken(end: StreamEnd): void
}
