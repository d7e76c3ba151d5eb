// Stands between an endpoint and an exchange whose replies are verified: what it lets through is
// passed on as it would have come.
import type { Refusal } from '../base.ts'
import type { Piece } from '../http.ts'
import type { CallEvents, CallFailure, CallReplyHead } from '../wire.ts'
import {
  beginReplyChecks,
  type LinkedVerify,
  type RefusedReply,
  type ReplyChecks,
  type ReplyChecksTools,
} from './reply-checks.ts'
import type { Shadowing } from './shadowing.ts'

/** An exchange as it takes a reply. */
export interface PassedReply extends Shadowing, CallEvents {
  /** What is sent in place of a reply with this status; such a one is not verified. */
  mappedReply(status: number): Refusal | undefined
  replyRefused(refusal: Refusal, policy: string | undefined): void
  replyRead(): void
  /** False asks to wait until the client takes bytes again. */
  replyPiece(piece: Piece): boolean
  replyEnded(trailers: readonly string[], sent?: () => void): void
  bug(error: unknown): void
}

const pieceBytes = 64 * 1024

const noBytes = Buffer.alloc(0)

export class VerifiedReply implements CallEvents {
  readonly #to: PassedReply
  readonly #verify: readonly LinkedVerify[]
  readonly #tools: ReplyChecksTools
  #checks: ReplyChecks | undefined
  /** The head of a reply that is held until it has been judged. */
  #held: CallReplyHead | undefined
  /** Of a reply that was held and is good: what the client has not taken yet. */
  #rest: { readonly bytes: Buffer; readonly trailers: readonly string[] } | undefined

  constructor(to: PassedReply, verify: readonly LinkedVerify[], tools: ReplyChecksTools) {
    this.#to = to
    this.#verify = verify
    this.#tools = tools
  }

  replyInterim(reply: CallReplyHead): void {
    this.#to.replyInterim(reply)
  }

  replyHead(reply: CallReplyHead): void {
    try {
      if (this.#to.mappedReply(reply.status) === undefined) {
        const checks = beginReplyChecks(this.#verify, this.#to, reply, this.#tools)
        if (checks !== undefined && 'refusal' in checks) return this.#refuse(checks)
        this.#checks = checks
        if (checks?.holds === true) {
          this.#held = reply
          return
        }
      }
    } catch (error) {
      return this.#to.bug(error)
    }
    this.#to.replyHead(reply)
  }

  replyPiece(piece: Piece): void {
    const checks = this.#checks
    if (checks !== undefined) {
      const refused = this.#guarded(() => checks.piece(piece))
      if (refused === 'threw') return
      if (refused !== undefined) return this.#refuse(refused)
      if (checks.holds) return
    }
    this.#to.replyPiece(piece)
  }

  replyEnded(trailers: readonly string[]): void {
    const checks = this.#checks
    if (checks === undefined) return this.#to.replyEnded(trailers)
    this.#to.replyRead()
    const refused = this.#guarded(() => checks.end())
    if (refused === 'threw') return
    if (refused !== undefined) return this.#refuse(refused)
    if (this.#held !== undefined) this.#to.replyHead(this.#held)
    this.#rest = { bytes: this.#held === undefined ? noBytes : checks.bytes, trailers }
    this.clientWritable()
  }

  /** What was held counts as such until the client has taken it, at its own pace. */
  clientWritable(): void {
    if (this.#rest === undefined) return
    const { bytes, trailers } = this.#rest
    let goesOn = true
    let at = 0
    while (goesOn && at < bytes.length) {
      goesOn = this.#to.replyPiece(bytes.subarray(at, at + pieceBytes))
      at += pieceBytes
    }
    this.#rest = at < bytes.length ? { bytes: bytes.subarray(at), trailers } : undefined
    // What is judged in shadow is judged when the client has it.
    if (at >= bytes.length) this.#to.replyEnded(trailers, () => this.#checks?.judgeSent())
  }

  callFailed(failure: CallFailure): void {
    this.#to.callFailed(failure)
  }

  upstreamWritable(): void {
    this.#to.upstreamWritable()
  }

  /** Gives back the memory of what was held. */
  release(): void {
    this.#checks?.release()
  }

  #refuse({ refusal, policy }: RefusedReply): void {
    this.#to.replyRefused(refusal, policy)
  }

  #guarded<T>(run: () => T): T | 'threw' {
    try {
      return run()
    } catch (error) {
      this.#to.bug(error)
      return 'threw'
    }
  }
}
