// What the authority is to be answered right now: for orders of this process, and for those of
// others that share the folder, for it may come to any of us.
import type { Clock } from '../base.ts'
import { challengeCertificate, type Identity } from './certificates.ts'
import type { KeptChallenge } from './kept.ts'
import type { AcmeStore } from './store.ts'

export interface AnswersSetup {
  readonly clock: Clock
  readonly store: AcmeStore
  /** Comes back when every thread answers as `shown` has it. */
  readonly changed: () => Promise<void>
}

export interface ShownAnswers {
  readonly challenges: readonly { name: string; cert: string; key: string }[]
  readonly answers: readonly { token: string; keyAuthorization: string }[]
}

export class Answers {
  readonly #setup: AnswersSetup
  readonly #own = new Map<string, KeptChallenge>()
  #shared: readonly KeptChallenge[] = []
  /** Made once for each key authorization. */
  readonly #made = new Map<string, Identity>()
  #isLooking = false

  constructor(setup: AnswersSetup) {
    this.#setup = setup
  }

  /** When it comes back all threads answer it; what it gives ends that. */
  async add(challenge: KeptChallenge): Promise<() => void> {
    const { domain } = challenge
    this.#own.set(domain, challenge)
    await this.#setup.changed()
    return () => {
      if (this.#own.get(domain) !== challenge) return
      this.#own.delete(domain)
      void this.#setup.changed()
    }
  }

  /** Looks what others are asked. */
  async look(): Promise<void> {
    if (this.#isLooking) return
    this.#isLooking = true
    try {
      const { clock, store, changed } = this.#setup
      const found = await store.challenges(clock.epochMs())
      const shared = found.filter(({ domain }) => !this.#own.has(domain))
      const isSame = JSON.stringify(shared) === JSON.stringify(this.#shared)
      this.#shared = shared
      if (!isSame) await changed()
    } catch {
      // A disk that cannot be read says so where certificates are kept.
    } finally {
      this.#isLooking = false
    }
  }

  get shown(): ShownAnswers {
    const all = [...this.#own.values(), ...this.#shared]
    const wanted = new Set(all.map(({ keyAuthorization }) => keyAuthorization))
    for (const made of this.#made.keys()) if (!wanted.has(made)) this.#made.delete(made)
    return {
      challenges: all
        .filter(({ type }) => type === 'tls-alpn-01')
        .map((one) => ({ name: one.domain, ...this.#identityFor(one) })),
      answers: all
        .filter(({ type }) => type === 'http-01')
        .map(({ token, keyAuthorization }) => ({ token, keyAuthorization })),
    }
  }

  #identityFor({ domain, keyAuthorization }: KeptChallenge): Identity {
    const made =
      this.#made.get(keyAuthorization) ??
      challengeCertificate(domain, keyAuthorization, this.#setup.clock.epochMs())
    this.#made.set(keyAuthorization, made)
    return made
  }
}
