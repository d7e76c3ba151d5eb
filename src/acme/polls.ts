// Asking again until something has changed: slower each time, as the server says, and not for ever.
import { type AcmeFailure, failure, isFailure } from './failure.ts'
import { pause } from './pause.ts'
import type { AcmeSession, Reply } from './session.ts'

const firstWaitMs = 500
const waitMsMax = 10_000
/** A server that asks for more is asked in another try. */
const askedWaitMsMax = 60_000
const pollsMax = 60
const allMsMax = 300_000

export class Polls {
  readonly #session: AcmeSession
  readonly #untilMs: number
  #count = 0
  #waitMs = firstWaitMs

  constructor(session: AcmeSession) {
    this.#session = session
    this.#untilMs = session.clock.nowMs() + allMsMax
  }

  /** What the resource says after a while; `retryAfterMs` as its last answer had it. */
  async next(
    url: string,
    kid: string,
    retryAfterMs: number | undefined,
  ): Promise<Reply | AcmeFailure> {
    const { clock, signal } = this.#session
    if (++this.#count > pollsMax || clock.nowMs() >= this.#untilMs) {
      return failure('unavailable', 'it came to no end within five minutes')
    }
    await pause(clock, Math.min(retryAfterMs ?? this.#waitMs, askedWaitMsMax), signal)
    this.#waitMs = Math.min(this.#waitMs * 1.5, waitMsMax)
    if (signal.aborted) return failure('stopped', 'it was stopped')
    const reply = await this.#session.post(url, undefined, kid)
    const isPassing = isFailure(reply) && reply.failed === 'unavailable'
    return isPassing ? this.next(url, kid, reply.retryAfterMs) : reply
  }
}
