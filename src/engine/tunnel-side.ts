// One side of a tunnel of WebSocket: what comes from it is read as frames and goes to the other;
// how long it has been silent; which Closes have come and gone.
import {
  type Breach,
  type ControlFrame,
  type FlowOwner,
  type FlowTerms,
  frameOf,
  type Mask,
  MessageFlow,
  opcodes,
} from '../http.ts'
import { newMask } from './masks.ts'

/** The stream of the client, or the call of the endpoint. */
export interface Way {
  /** False: wait until it takes bytes again. */
  send(bytes: Buffer): boolean
  pause(): void
  resume(): void
  /** No more is sent; what still comes is heard. */
  end(): void
  cut(): void
}

export interface SideOwner {
  nowMs(): number
  /** A Close of a side has come; whether it goes on to the other. */
  closeCame(side: Side, payload: Uint8Array): boolean
  noted(side: Side, breach: Breach): void
  hold(bytes: number): boolean
  moved(atMs: number): void
}

/** Told apart from what the sides ask each other. */
const pingPayload = new TextEncoder().encode('concordat')

export class Side implements FlowOwner {
  readonly who: 'client' | 'upstream'
  /** Of what comes from it. */
  readonly flow: MessageFlow
  other!: Side
  heardMs: number
  /** When it was asked whether it is there; 0: nothing is asked. */
  askedMs = 0
  /** A Close has gone to it: nothing more may. */
  isToldToClose = false
  /** Nothing more comes from it that counts. */
  isDeaf = false
  /** It takes nothing more. */
  isGone = false
  /** Bytes from it, and to it. */
  came = 0
  went = 0
  readonly #way: Way
  readonly #owner: SideOwner
  #close: Uint8Array | undefined
  #hasEnded = false
  #isPaused = false
  #isFull = false

  constructor(who: Side['who'], way: Way, owner: SideOwner, terms: FlowTerms) {
    this.who = who
    this.#way = way
    this.#owner = owner
    this.heardMs = owner.nowMs()
    this.flow = new MessageFlow(terms, this)
  }

  /** Takes what it sent. */
  push(bytes: Uint8Array): Breach | undefined {
    this.came += bytes.length
    this.heardMs = this.#owner.nowMs()
    this.askedMs = 0
    if (this.isDeaf) return undefined
    const breach = this.flow.push(bytes)
    if (breach !== undefined) this.isDeaf = true
    return breach
  }

  // What its flow tells.

  send(bytes: Uint8Array): void {
    if (!this.other.take(bytes)) this.#pause()
  }

  control({ opcode, payload }: ControlFrame): boolean {
    if (opcode === opcodes.close) return this.#owner.closeCame(this, payload)
    return opcode !== opcodes.pong || !isAnswer(payload)
  }

  moved(): void {
    this.#owner.moved(this.heardMs)
  }

  noted(breach: Breach): void {
    this.#owner.noted(this, breach)
  }

  /** Frames of the client go on to an endpoint, to which we are one. */
  newMask(): Mask | undefined {
    return this.who === 'client' ? newMask() : undefined
  }

  hold(bytes: number): boolean {
    return this.#owner.hold(bytes)
  }

  nowMs(): number {
    return this.#owner.nowMs()
  }

  // What goes to it.

  /** False asks to wait. */
  take(bytes: Uint8Array): boolean {
    if (this.isGone || this.#hasEnded) return true
    this.went += bytes.length
    this.#isFull = !this.#way.send(bufferOf(bytes))
    return !this.#isFull
  }

  writable(): void {
    this.#isFull = false
    this.other.#resume()
  }

  #pause(): void {
    this.#isPaused = true
    this.#way.pause()
  }

  #resume(): void {
    if (!this.#isPaused || this.isGone) return
    this.#isPaused = false
    this.heardMs = this.#owner.nowMs()
    this.#way.resume()
  }

  /** Whether silence is its own: it was not held up, and could have been asked. */
  get isAskable(): boolean {
    const isHeldUp = this.#isPaused || this.#isFull || !this.other.flow.isBetween
    return !isHeldUp && !this.isGone && !this.isToldToClose
  }

  /** Its silence says nothing. */
  excuse(nowMs: number): void {
    this.heardMs = nowMs
    this.askedMs = 0
  }

  ask(): void {
    this.askedMs = this.#owner.nowMs()
    this.take(frameOf(opcodes.ping, pingPayload, this.other.newMask()))
  }

  /** Tells it to close as soon as no frame is under way to it; no further one begins. */
  tellToClose(frame: (mask: Mask | undefined) => Uint8Array): void {
    if (this.isToldToClose) return
    this.#close ??= frame(this.other.newMask())
    this.other.flow.finish()
    this.settle()
  }

  /** Puts what waits for the end of a frame, and ends what is over. */
  settle(): void {
    if (this.#close !== undefined && !this.isToldToClose && this.other.flow.isBetween) {
      this.take(this.#close)
      this.isToldToClose = true
    }
    if (this.isDone && !this.isGone) this.end()
  }

  /** Both Closes have been exchanged with it, or it says nothing more. */
  get isDone(): boolean {
    return this.isGone || (this.isToldToClose && (this.flow.isClosed || this.isDeaf))
  }

  end(): void {
    if (this.#hasEnded || this.isGone) return
    this.#hasEnded = true
    this.#way.end()
  }

  cut(): void {
    if (this.isGone) return
    this.isGone = true
    this.#way.cut()
  }
}

const isAnswer = (payload: Uint8Array): boolean =>
  payload.length === pingPayload.length && payload.every((byte, i) => byte === pingPayload[i])

const bufferOf = (bytes: Uint8Array): Buffer =>
  bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
