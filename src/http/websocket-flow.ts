// The messages of one direction of a WebSocket on their way through: spliced where nobody asks
// anything of them, counted and measured by the heads of their frames, or held until each is whole
// and was judged. A message that was held goes on as one frame, with what was judged in it.
import { Gathered } from './gathered.ts'
import { joined } from './joined.ts'
import { Utf8Check } from './utf8.ts'
import { frameOf, type Mask, opcodes } from './websocket-frames.ts'
import {
  type Breach,
  type ControlFrame,
  FrameReader,
  type FrameRules,
  type FrameTaker,
} from './websocket-reader.ts'

/** What is asked of the messages of one direction; nothing: they are spliced. */
export interface MessageRules {
  /** Of one message, all its fragments together. */
  readonly bytesMax?: number | undefined
  /** In the long run, and as many at once. */
  readonly perSecondMax?: number | undefined
  /** Whether texts must be UTF-8. */
  readonly areTextsChecked?: boolean | undefined
  /** Judges a whole message, for which `bytesMax` must be set: it is held up to there. */
  readonly judge?: ((payload: Uint8Array, isText: boolean) => Breach | undefined) | undefined
}

export interface FlowTerms extends FrameRules {
  readonly controlFramesPerSecondMax: number
  readonly messages: MessageRules
  /** Whether breaches of the rules of messages are only noted. */
  readonly isShadow: boolean
}

/** Who has both directions. Bytes are valid during the call only. */
export interface FlowOwner {
  send(bytes: Uint8Array): void
  /** Whether it goes on. */
  control(frame: ControlFrame): boolean
  /** A frame of a message begins. */
  moved(): void
  /** A breach that is only noted. */
  noted(breach: Breach): void
  /** For a frame that is made here; undefined where none is masked. */
  newMask(): Mask | undefined
  /** Takes or gives back room for what is held; false where there is none. */
  hold(bytes: number): boolean
  nowMs(): number
}

const noRules: MessageRules = Object.freeze({})

export class MessageFlow implements FrameTaker {
  readonly #terms: FlowTerms
  readonly #owner: FlowOwner
  readonly #reader: FrameReader
  readonly #controls: Rate
  #rules: MessageRules
  #rate: Rate | undefined
  /** Of the message under way. */
  #isText = false
  #messageBytes = 0
  #text: Utf8Check | undefined
  #gathered: Gathered | undefined
  #isFinishing = false
  /** What passes in one push beside held messages. */
  #out: Uint8Array[] = []

  constructor(terms: FlowTerms, owner: FlowOwner) {
    this.#terms = terms
    this.#owner = owner
    this.#rules = terms.messages
    this.#controls = new Rate(terms.controlFramesPerSecondMax)
    const { perSecondMax } = terms.messages
    if (perSecondMax !== undefined) this.#rate = new Rate(perSecondMax)
    this.#reader = new FrameReader(terms, this)
  }

  /** Whether another frame may be put behind what was sent. */
  get isBetween(): boolean {
    return this.#reader.isBetween
  }

  /** Whether its Close has come. */
  get isClosed(): boolean {
    return this.#reader.isClosed
  }

  get looks(): boolean {
    const { areTextsChecked, judge } = this.#rules
    return judge !== undefined || (areTextsChecked === true && this.#isText)
  }

  get holds(): boolean {
    return (this.#rules.judge !== undefined && !this.#terms.isShadow) || this.#isFinishing
  }

  /** After a breach nothing more may come. */
  push(bytes: Uint8Array): Breach | undefined {
    const breach = this.#reader.push(bytes)
    if (this.#out.length > 0) this.#flush()
    return breach
  }

  /** The frame under way goes on to its end, and none that begins later: but for Closes to notice. */
  finish(): void {
    this.#isFinishing = true
    this.#rules = noRules
    this.#rate = undefined
    this.release()
  }

  /** Forgets what it holds. */
  release(): void {
    this.#owner.hold(-(this.#gathered?.capacity ?? 0))
    this.#gathered = undefined
  }

  #flush(): void {
    const out = this.#out
    this.#out = []
    this.#owner.send(out.length === 1 ? out[0]! : joined(...out))
  }

  // What the reader tells.

  pass(bytes: Uint8Array): void {
    // Beside held messages it must keep its place.
    if (this.holds) this.#out.push(bytes)
    else this.#owner.send(bytes)
  }

  message(isText: boolean): Breach | undefined {
    this.#isText = isText
    this.#messageBytes = 0
    this.#text?.reset()
    if (this.#rate === undefined || this.#rate.take(this.#owner.nowMs())) return undefined
    return this.#refused({ kind: 'rate', reason: 'too many messages' })
  }

  fragment(payloadBytes: number): Breach | undefined {
    this.#owner.moved()
    this.#messageBytes += payloadBytes
    const { bytesMax } = this.#rules
    if (bytesMax === undefined || this.#messageBytes <= bytesMax) return undefined
    return this.#refused({ kind: 'size', reason: `a message of more than ${bytesMax} bytes` })
  }

  payload(bytes: Uint8Array, isLast: boolean): Breach | undefined {
    const breach = this.#textBreach(bytes, isLast)
    if (breach !== undefined) return this.#refused(breach)
    return this.#rules.judge === undefined ? undefined : this.#gather(bytes, isLast)
  }

  control(frame: ControlFrame): boolean | Breach {
    const goesOn = this.#owner.control(frame) && !this.#isFinishing
    const isClose = frame.opcode === opcodes.close
    if (isClose || this.#controls.take(this.#owner.nowMs())) return goesOn
    return { kind: 'rate', reason: 'too many pings or pongs' }
  }

  #textBreach(bytes: Uint8Array, isLast: boolean): Breach | undefined {
    if (!this.#isText || this.#rules.areTextsChecked !== true) return undefined
    this.#text ??= new Utf8Check()
    return this.#text.push(bytes) && !(isLast && this.#text.isWithin) ? undefined : notUtf8
  }

  /** Most messages come in one piece, and are judged where they lie. */
  #gather(bytes: Uint8Array, isLast: boolean): Breach | undefined {
    if (isLast && this.#gathered === undefined) return this.#judge(bytes)
    const gathered = (this.#gathered ??= new Gathered())
    const before = gathered.capacity
    gathered.add(bytes)
    if (!this.#owner.hold(gathered.capacity - before)) return this.#refused(noRoom)
    if (!isLast) return undefined
    const breach = this.#judge(gathered.take())
    this.release()
    return breach
  }

  #judge(payload: Uint8Array): Breach | undefined {
    const breach = this.#rules.judge?.(payload, this.#isText)
    if (breach !== undefined) return this.#refused(breach)
    if (!this.holds) return undefined
    const opcode = this.#isText ? opcodes.text : opcodes.binary
    this.#out.push(frameOf(opcode, payload, this.#owner.newMask()))
    return undefined
  }

  /** In shadow the first breach is noted, and nothing more is asked. */
  #refused(breach: Breach): Breach | undefined {
    if (!this.#terms.isShadow) return breach
    this.#rules = noRules
    this.#rate = undefined
    this.release()
    this.#owner.noted(breach)
    return undefined
  }
}

const notUtf8: Breach = { kind: 'encoding', reason: 'text that is not UTF-8' }
const noRoom: Breach = { kind: 'room', reason: 'no room to hold the message' }

/** So many in a second in the long run, and as many at once (GCRA). */
class Rate {
  readonly #stepMs: number
  #dueMs = 0

  constructor(perSecondMax: number) {
    this.#stepMs = 1000 / perSecondMax
  }

  take(nowMs: number): boolean {
    const dueMs = Math.max(this.#dueMs, nowMs) + this.#stepMs
    if (dueMs > nowMs + 1000 + this.#stepMs / 2) return false
    this.#dueMs = dueMs
    return true
  }
}
