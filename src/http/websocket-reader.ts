// One direction of a WebSocket, read from bytes as they come (RFC 6455 §5): each head is judged
// before anything behind it goes on, payloads are not touched unless somebody asks for them, and
// what passes as it came passes in as large pieces as it came in. Only a head or a control frame
// that is not whole is kept, so whatever has been passed on ends within a payload or between two
// frames: `isBetween` tells which, and between two frames another one may be put.
import { joined } from './joined.ts'
import {
  controlBytesMax,
  type FrameHead,
  isCloseCode,
  isControl,
  type Mask,
  newFrameHead,
  noCloseCode,
  opcodes,
  readFrameHead,
  unmask,
} from './websocket-frames.ts'
import { Utf8Check } from './utf8.ts'

/** What a direction breaks: its framing, a bound, or what was said of its messages. */
export interface Breach {
  readonly kind: 'framing' | 'size' | 'rate' | 'encoding' | 'content' | 'type' | 'room'
  /** For the Close: at most 123 bytes, and nothing of what was sent. */
  readonly reason: string
}

export interface FrameRules {
  /** Frames of clients are, those of servers are not (§5.1). */
  readonly isMasked: boolean
  /** Whether messages may be compressed: permessage-deflate was negotiated (RFC 7692 §6). */
  readonly mayBeDeflated: boolean
  /** Of one message. */
  readonly fragmentsMax: number
}

export interface ControlFrame {
  readonly opcode: number
  /** Without its mask. */
  readonly payload: Uint8Array
}

/** Who takes what is read. What is handed over is valid during the call only. */
export interface FrameTaker {
  /** Bytes that go on as they came. */
  pass(bytes: Uint8Array): void
  /** A message begins. */
  message(isText: boolean): Breach | undefined
  /** A frame of the message under way begins; only some of the payload has come, or none. */
  fragment(payloadBytes: number): Breach | undefined
  /** Payload without its mask, where `looks`; `isLast`: the message is whole. */
  payload(bytes: Uint8Array, isLast: boolean): Breach | undefined
  /** Whether it goes on. */
  control(frame: ControlFrame): boolean | Breach
  /** Whether payloads are wanted, and whether messages then do not pass by themselves. */
  readonly looks: boolean
  readonly holds: boolean
}

const scratch = new Uint8Array(16 * 1024)
const nothing = new Uint8Array(0)

export class FrameReader {
  readonly #rules: FrameRules
  readonly #taker: FrameTaker
  readonly #head = newFrameHead()
  readonly #mask: Mask = new Uint8Array(4)
  /** What has come of a head or of a control frame. */
  #kept: Uint8Array | undefined
  #isWithinMessage = false
  #fragments = 0
  #isClosed = false
  /** Of the payload under way: what is to come, and how much came. */
  #left = 0
  #phase = 0
  /** Whether it passes as it is; settled as its frame begins. */
  #passes = true

  // During a push: what is read, how far it is read and passed on, and where the frame under way
  // begins, which is -1 where that has gone on already.
  #bytes: Uint8Array = nothing
  #at = 0
  #passed = 0
  #frameAt = -1

  constructor(rules: FrameRules, taker: FrameTaker) {
    this.#rules = rules
    this.#taker = taker
  }

  /** Whether what was passed on ends with a whole frame. */
  get isBetween(): boolean {
    return this.#left === 0 || !this.#passes
  }

  /** Whether a Close has come: nothing behind it counts (§5.5.1). */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Takes the next bytes. After a breach none may come. */
  push(piece: Uint8Array): Breach | undefined {
    this.#bytes = this.#kept === undefined ? piece : joined(this.#kept, piece)
    this.#kept = undefined
    this.#at = 0
    this.#passed = 0
    this.#frameAt = -1
    let breach: Breach | undefined
    while (breach === undefined && this.#at < this.#bytes.length && !this.#isClosed) {
      breach = this.#left > 0 ? this.#readPayload() : this.#readFrame()
    }
    if (breach !== undefined) this.#stop()
    this.#passTo(this.#at)
    this.#bytes = nothing
    return breach
  }

  /** Where nothing of the frame under way has gone on, nothing of it does. */
  #stop(): void {
    if (this.#frameAt < 0) return
    this.#at = this.#frameAt
    this.#left = 0
  }

  #passTo(end: number): void {
    if (end > this.#passed) {
      const isAll = this.#passed === 0 && end === this.#bytes.length
      this.#taker.pass(isAll ? this.#bytes : this.#bytes.subarray(this.#passed, end))
    }
    this.#passed = Math.max(end, this.#passed)
  }

  /** Leaves out what has been read up to here. */
  #leaveOut(from: number, to: number): void {
    this.#passTo(from)
    this.#passed = to
  }

  #readFrame(): undefined | Breach {
    const head = this.#head
    const start = readFrameHead(this.#bytes, this.#at, head)
    if (start < 0) return this.#keep()
    const breach = headBreach(head, this.#rules, this.#isWithinMessage)
    if (breach !== undefined) return breach
    return isControl(head.opcode) ? this.#readControl(start) : this.#begin(start)
  }

  /** Only where somebody will look under it. */
  #takeMask(): void {
    const { isMasked, maskAt } = this.#head
    if (isMasked) this.#mask.set(this.#bytes.subarray(maskAt, maskAt + 4))
  }

  #keep(): undefined {
    // Copied: who reads sockets reads into the same memory again.
    this.#kept = new Uint8Array(this.#bytes.subarray(this.#at))
    this.#leaveOut(this.#at, this.#bytes.length)
    this.#at = this.#bytes.length
  }

  #readControl(start: number): Breach | undefined {
    const { opcode, payloadBytes } = this.#head
    const end = start + payloadBytes
    if (end > this.#bytes.length) return this.#keep()
    this.#takeMask()
    const payload = this.#plain(start, end, 0)
    const breach = opcode === opcodes.close ? closeBreach(payload) : undefined
    const goesOn = breach ?? this.#taker.control({ opcode, payload })
    if (typeof goesOn === 'object') return goesOn
    if (!goesOn) this.#leaveOut(this.#at, end)
    this.#isClosed = opcode === opcodes.close
    this.#at = end
    return undefined
  }

  #begin(start: number): Breach | undefined {
    const { opcode, payloadBytes } = this.#head
    if (opcode !== opcodes.continuation) {
      this.#fragments = 0
      this.#isWithinMessage = true
      const breach = this.#taker.message(opcode === opcodes.text)
      if (breach !== undefined) return breach
    }
    if (++this.#fragments > this.#rules.fragmentsMax) return tooManyFragments
    const breach = this.#taker.fragment(payloadBytes)
    if (breach !== undefined) return breach
    this.#passes = !this.#taker.holds
    if (this.#taker.looks) this.#takeMask()
    if (this.#passes) this.#frameAt = this.#at
    else this.#leaveOut(this.#at, start)
    this.#at = start
    this.#left = payloadBytes
    this.#phase = 0
    return payloadBytes === 0 ? this.#readPayload() : undefined
  }

  #readPayload(): Breach | undefined {
    const end = Math.min(this.#bytes.length, this.#at + this.#left)
    const isWhole = end - this.#at === this.#left
    const isLast = isWhole && this.#head.isFinal
    const breach = this.#taker.looks ? this.#look(end, isLast) : undefined
    if (breach !== undefined) return breach
    this.#left -= end - this.#at
    this.#phase += end - this.#at
    this.#at = end
    if (!this.#passes) this.#passed = end
    if (isWhole) this.#frameAt = -1
    if (isLast) this.#isWithinMessage = false
    return undefined
  }

  #look(end: number, isLast: boolean): Breach | undefined {
    let at = this.#at
    let phase = this.#phase
    // What is masked is copied, some of it at a time.
    const stepBytes = this.#rules.isMasked ? scratch.length : end - at
    do {
      const next = Math.min(end, at + stepBytes)
      const breach = this.#taker.payload(this.#plain(at, next, phase), isLast && next === end)
      if (breach !== undefined) return breach
      phase += next - at
      at = next
    } while (at < end)
    return undefined
  }

  #plain(from: number, to: number, phase: number): Uint8Array {
    const bytes = this.#bytes.subarray(from, to)
    if (!this.#rules.isMasked) return bytes
    unmask(bytes, this.#mask, phase, scratch, 0)
    return scratch.subarray(0, to - from)
  }
}

const framing = (reason: string): Breach => ({ kind: 'framing', reason })

const unmaskedFrame = framing('a frame of a client without a mask')
const maskedFrame = framing('a frame of a server with a mask')
const unknownOpcode = framing('an unknown kind of frame')
const reservedBits = framing('reserved bits that no extension uses')
const longControl = framing('a control frame that is fragmented or too long')
const longForm = framing('a length that is not as short as it can be')
const strayContinuation = framing('a continuation without a message')
const strayMessage = framing('a message within another')
const tooManyFragments: Breach = { kind: 'size', reason: 'too many fragments' }
const tooLong: Breach = { kind: 'size', reason: 'a frame too long' }

const deflatedBit = 0x40

function headBreach(
  head: FrameHead,
  { isMasked, mayBeDeflated }: FrameRules,
  isWithinMessage: boolean,
): Breach | undefined {
  const { opcode, reserved } = head
  if (head.isMasked !== isMasked) return isMasked ? unmaskedFrame : maskedFrame
  if ((opcode > opcodes.binary && opcode < opcodes.close) || opcode > opcodes.pong) {
    return unknownOpcode
  }
  const beginsMessage = opcode === opcodes.text || opcode === opcodes.binary
  if (reserved !== 0 && !(reserved === deflatedBit && mayBeDeflated && beginsMessage)) {
    return reservedBits
  }
  if (!head.isMinimal) return longForm
  if (isControl(opcode)) {
    return head.isFinal && head.payloadBytes <= controlBytesMax ? undefined : longControl
  }
  if (beginsMessage === isWithinMessage) return beginsMessage ? strayMessage : strayContinuation
  return head.payloadBytes === Infinity ? tooLong : undefined
}

/** The code that a Close says; 1005 where it says none. */
export const closeCodeOf = (payload: Uint8Array): number =>
  payload.length < 2 ? noCloseCode : payload[0]! * 256 + payload[1]!

const badClose = framing('a Close that says nothing valid')
const notUtf8: Breach = { kind: 'encoding', reason: 'text that is not UTF-8' }

function closeBreach(payload: Uint8Array): Breach | undefined {
  if (payload.length === 0) return undefined
  if (payload.length === 1 || !isCloseCode(closeCodeOf(payload))) return badClose
  const reason = new Utf8Check()
  return reason.push(payload.subarray(2)) && !reason.isWithin ? undefined : notUtf8
}
