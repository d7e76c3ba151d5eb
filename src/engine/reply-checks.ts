// A reply held against what policies say of it. Where one of them has a say, the reply is held
// whole before any of it is sent, up to a bound, or watched as it streams and cut; in shadow it
// streams at once, and is judged when the client has it.
import { type Refusal, refuse } from '../base.ts'
import type { Piece, ReplyCheck, ReplyHead, VerifyStep } from '../http.ts'
import { overloaded } from './causes.ts'
import { HeldBody, type HeldTerms } from './held-body.ts'
import { type Shadowing, silent, untouchable } from './shadowing.ts'
import type { NamedPolicy } from './step-names.ts'
import { Watches, type Watching } from './watches.ts'

export interface LinkedVerify extends NamedPolicy {
  readonly step: VerifyStep
}

/** What a policy refused. */
export interface RefusedReply {
  readonly refusal: Refusal
  /** Undefined where the engine itself refuses. */
  readonly policy: string | undefined
}

export interface ReplyChecksTools extends Pick<HeldTerms, 'occupancy' | 'heldBytesMax'> {
  readonly bug: (error: unknown) => void
}

interface Whole {
  readonly by: LinkedVerify
  readonly bytesMax: number
  readonly body: (bytes: Uint8Array) => Refusal | undefined
}

/** Asks each policy; undefined where none of them looks at the body. */
export function beginReplyChecks(
  verify: readonly LinkedVerify[],
  exchange: Shadowing,
  reply: ReplyHead,
  tools: ReplyChecksTools,
): ReplyChecks | RefusedReply | undefined {
  let checks: ReplyChecks | undefined
  for (const by of verify) {
    const asked = ask(by, exchange, reply, tools)
    if (asked === undefined) continue
    if ('check' in asked) {
      checks ??= new ReplyChecks(exchange, tools)
      checks.take(by, asked.check)
    } else if (by.isShadow === true) exchange.noteShadow(by, asked.refusal)
    else {
      checks?.release()
      return { refusal: asked.refusal, policy: by.policy }
    }
  }
  return checks
}

function ask(by: LinkedVerify, exchange: Shadowing, reply: ReplyHead, { bug }: ReplyChecksTools) {
  if (by.isShadow !== true) return by.step(exchange, reply)
  try {
    return by.step(untouchable(exchange), reply)
  } catch (error) {
    bug(error)
    return undefined
  }
}

export class ReplyChecks {
  readonly #exchange: Shadowing
  readonly #tools: ReplyChecksTools
  #wholes: Whole[] = []
  readonly #watching: Watching[] = []
  #held: HeldBody | undefined
  #watches: Watches | undefined
  #bytesMax = 0
  #length = 0
  /** Whether nothing is sent before the whole has been judged. */
  #holds = false

  constructor(exchange: Shadowing, tools: ReplyChecksTools) {
    this.#exchange = exchange
    this.#tools = tools
  }

  get holds(): boolean {
    return this.#holds
  }

  /** What was held, to be sent once it has been judged. */
  get bytes(): Buffer {
    return this.#held?.bytes ?? noBytes
  }

  take(by: LinkedVerify, check: ReplyCheck): void {
    const { isShadow = false } = by
    if (check.how === 'watch') {
      const note = (refusal: Refusal) => this.#exchange.noteShadow(by, refusal)
      const watch = isShadow ? silent(check.watch, note, this.#tools.bug) : check.watch
      this.#watching.push({ ...by, watch })
      return
    }
    this.#wholes.push({ by, bytesMax: check.bytesMax, body: check.body })
    this.#bytesMax = Math.max(this.#bytesMax, check.bytesMax)
    if (!isShadow) this.#holds = true
  }

  piece(piece: Piece): RefusedReply | undefined {
    if (this.#watching.length > 0) {
      this.#watches ??= new Watches(this.#watching, this.#tools)
      const refused = this.#watches.piece(piece)
      if (refused !== undefined) return { refusal: refused.refusal, policy: refused.by?.policy }
    }
    return this.#wholes.length === 0 ? undefined : this.#hold(piece)
  }

  /** What those say who have a say, of a reply that came to its end. */
  end(): RefusedReply | undefined {
    const watches = this.#watches ?? new Watches(this.#watching, this.#tools)
    const refused = watches.end()
    if (refused !== undefined) return { refusal: refused.refusal, policy: refused.by?.policy }
    for (const { by, body } of this.#wholes) {
      const refusal = by.isShadow === true ? undefined : body(this.bytes)
      if (refusal !== undefined) return { refusal, policy: by.policy }
    }
    return undefined
  }

  /** What those say who have none, of a reply that was sent. */
  judgeSent(): void {
    for (const { by, body } of this.#wholes) {
      if (by.isShadow !== true) continue
      try {
        const refusal = body(this.bytes)
        if (refusal !== undefined) this.#exchange.noteShadow(by, refusal)
      } catch (error) {
        this.#tools.bug(error)
      }
    }
  }

  release(): void {
    this.#watches?.release()
    this.#held?.release()
  }

  /** Who has a say refuses what is too long for him; who only copies it goes without a judgement. */
  #hold(piece: Piece): RefusedReply | undefined {
    this.#length += piece.length
    for (const { by, bytesMax } of this.#wholes) {
      if (this.#length <= bytesMax) continue
      if (by.isShadow !== true) return { refusal: tooLarge(bytesMax), policy: by.policy }
      this.#exchange.noteShadow(by, tooLarge(bytesMax))
      this.#wholes = this.#wholes.filter((one) => one.by !== by)
    }
    if (this.#wholes.length === 0) return this.#letGo()
    this.#held ??= new HeldBody({ ...this.#tools, bytesMax: this.#bytesMax })
    if (this.#held.add(piece)) return undefined
    const heard = this.#wholes.find(({ by }) => by.isShadow !== true)
    return heard === undefined ? this.#letGo() : { refusal: noRoom, policy: heard.by.policy }
  }

  #letGo(): undefined {
    this.#wholes = []
    this.#held?.release()
    this.#held = undefined
  }
}

const tooLarge = (bytesMax: number): Refusal =>
  refuse('UPSTREAM_INVALID_REPLY', undefined, {
    reason: `the reply is longer than ${bytesMax} bytes, so that it cannot be checked`,
  })

const noRoom = overloaded('there was no room to hold the reply')

const noBytes = Buffer.alloc(0)
