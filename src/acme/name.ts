// One name that is certified: what it is served by, when it is looked after next, and how it stands.
import type { Clock, Random } from '../base.ts'
import type { Answers } from './answers.ts'
import type { Authority } from './authority.ts'
import { type Identity, placeholder } from './certificates.ts'
import { type AcmeFailure, failure, isFailure } from './failure.ts'
import {
  type ChallengeType,
  challengeTypes,
  type KeptCertificate,
  type KeptFailures,
} from './kept.ts'
import { dueOf, dueOfFresh, waitAfter } from './schedule.ts'

/** For whoever is told in sentences. */
export interface AcmeEvent {
  readonly event: 'obtained' | 'failed' | 'warning'
  readonly text: string
}

export interface NameSetup {
  readonly domain: string
  readonly authority: Authority
  readonly answers: Answers
  readonly clock: Clock
  readonly random: Random
  /** It is served by another certificate. */
  readonly changed: () => Promise<void>
  readonly told: (event: AcmeEvent) => void
}

/** For operators. */
export interface NameStanding {
  readonly domain: string
  /** Host of the authority. */
  readonly authority: string
  readonly state: 'served' | 'placeholder' | 'expired'
  readonly isOrdering: boolean
  readonly fromEpochMs: number | undefined
  readonly untilEpochMs: number | undefined
  /** When the next try or the renewal begins. */
  readonly nextEpochMs: number
  readonly failing: Pick<KeptFailures, 'count' | 'sinceEpochMs' | 'text'> | undefined
  /** By this process. */
  readonly obtained: number
  readonly failed: number
}

/** While another process orders, this one looks so often whether it has. */
const elsewhereMs = 15_000
/** Whether another process has succeeded, or an operator wants it tried at once. */
const failingLookMs = 60_000

export class Name {
  readonly #setup: NameSetup
  #placeholder: Identity | undefined
  #certificate: KeptCertificate | undefined
  #dueEpochMs = 0
  /** It is served, and the disk has not taken it yet. */
  #unkept: KeptCertificate | undefined
  #failing: KeptFailures | undefined
  #isFailingKept = true
  #busyElsewhereUntilMs = 0
  /** When the disk was looked at last. */
  #lookedEpochMs = 0
  #tending: Promise<void> | undefined
  #isOrdering = false
  #obtained = 0
  #failed = 0

  constructor(setup: NameSetup) {
    this.#setup = setup
  }

  /** Takes what is kept. */
  async open(): Promise<void> {
    try {
      await this.#adoptKept()
    } catch (error) {
      await this.#note(diskFailure(error))
    }
  }

  get served(): { names: readonly string[]; cert: string; key: string } {
    const { clock, domain } = this.#setup
    const identity =
      this.#certificate ?? (this.#placeholder ??= placeholder(domain, clock.epochMs()))
    return { names: [domain], cert: identity.cert, key: identity.key }
  }

  get isBusy(): boolean {
    return this.#tending !== undefined
  }

  /** When there is something to look after. */
  get lookEpochMs(): number {
    if (this.#failing === undefined) return this.#nextEpochMs
    return Math.min(this.#nextEpochMs, this.#lookedEpochMs + failingLookMs)
  }

  get #nextEpochMs(): number {
    const tryEpochMs = this.#failing?.nextEpochMs ?? 0
    const isWaiting = this.#unkept !== undefined
    const workEpochMs = isWaiting ? tryEpochMs : Math.max(this.#dueEpochMs, tryEpochMs)
    return Math.max(workEpochMs, this.#busyElsewhereUntilMs)
  }

  /** When nothing of it is under way. */
  get settled(): Promise<void> {
    return this.#tending ?? Promise.resolve()
  }

  get standing(): NameStanding {
    const { authority, clock, domain } = this.#setup
    const { fromEpochMs, untilEpochMs } = this.#certificate ?? {}
    const isOver = untilEpochMs !== undefined && untilEpochMs <= clock.epochMs()
    return {
      domain,
      authority: authority.host,
      state: untilEpochMs === undefined ? 'placeholder' : isOver ? 'expired' : 'served',
      isOrdering: this.#isOrdering,
      fromEpochMs,
      untilEpochMs,
      nextEpochMs: this.#nextEpochMs,
      failing: this.#failing,
      obtained: this.#obtained,
      failed: this.#failed,
    }
  }

  /** Does what is due. Never rejects. */
  tend(): Promise<void> {
    this.#tending ??= this.#tend()
      .catch((error: unknown) => this.#note(diskFailure(error)))
      .finally(() => {
        this.#tending = undefined
      })
    return this.#tending
  }

  async #tend(): Promise<void> {
    if (await this.#isSettled()) return
    if (this.#unkept !== undefined) return this.#keep(this.#unkept)
    const { authority, clock, domain } = this.#setup
    const lease = await authority.leases.take(domain)
    if (lease === undefined) {
      this.#busyElsewhereUntilMs = clock.epochMs() + elsewhereMs
      return
    }
    try {
      // Another may have had the lease, and ended, since we looked.
      if (!(await this.#isSettled())) await this.#order()
    } finally {
      await lease.release()
    }
  }

  /** Whether there is nothing to do now, for what this process or another has done. */
  async #isSettled(): Promise<boolean> {
    await this.#adoptKept()
    return this.#nextEpochMs > this.#setup.clock.epochMs()
  }

  async #adoptKept(): Promise<void> {
    const { authority, clock, domain } = this.#setup
    this.#lookedEpochMs = clock.epochMs()
    const kept = await authority.store.certificate(domain)
    if (kept !== undefined && kept.untilEpochMs > (this.#certificate?.untilEpochMs ?? 0)) {
      await this.#adopt(kept, dueOf(kept, this.#setup.random))
    }
    const failing = await authority.store.failures(domain)
    // What the disk would not take is not forgotten for it.
    if (failing !== undefined || this.#isFailingKept) this.#failing = failing
  }

  async #adopt(certificate: KeptCertificate, dueEpochMs: number): Promise<void> {
    this.#certificate = certificate
    this.#unkept = undefined
    this.#dueEpochMs = dueEpochMs
    await this.#setup.changed()
  }

  async #order(): Promise<void> {
    const { authority, answers, domain } = this.#setup
    this.#isOrdering = true
    try {
      const outcome = await authority.order({
        domain,
        current: this.#certificate,
        challenges: this.#challenges(),
        answer: (challenge) => answers.add(challenge),
      })
      await (isFailure(outcome) ? this.#note(outcome) : this.#take(outcome))
    } finally {
      this.#isOrdering = false
    }
  }

  /** What did not help the last time comes last. */
  #challenges(): readonly ChallengeType[] {
    const { challenge } = this.#setup.authority.plan
    if (challenge !== undefined) return [challenge]
    const isOdd = (this.#failing?.count ?? 0) % 2 === 1
    return isOdd ? challengeTypes.toReversed() : challengeTypes
  }

  /** It is served before it is kept: a full disk must not cost what was granted. */
  async #take(certificate: KeptCertificate): Promise<void> {
    const { authority, clock, domain, random, told } = this.#setup
    this.#obtained++
    this.#forgive()
    await this.#adopt(certificate, dueOfFresh(certificate, random, clock.epochMs()))
    this.#unkept = certificate
    const until = new Date(certificate.untilEpochMs).toISOString()
    told({ event: 'obtained', text: `${domain} is certified by ${authority.host} until ${until}` })
    await this.#keep(certificate)
  }

  async #keep(certificate: KeptCertificate): Promise<void> {
    const { authority, domain } = this.#setup
    const { store } = authority
    await store.dropFailures(domain)
    await store.keepCertificate(domain, certificate)
    this.#unkept = undefined
    this.#forgive()
    // One that is left is known by its key, and not gone on with.
    await store.dropOrder(domain).catch(() => {})
  }

  #forgive(): void {
    this.#failing = undefined
    this.#isFailingKept = true
  }

  async #note(outcome: AcmeFailure): Promise<void> {
    if (outcome.failed === 'stopped') return
    const { authority, clock, domain, random, told } = this.#setup
    const nowMs = clock.epochMs()
    const count = (this.#failing?.count ?? 0) + 1
    const failing: KeptFailures = {
      count,
      sinceEpochMs: this.#failing?.sinceEpochMs ?? nowMs,
      nextEpochMs: nowMs + waitAfter(outcome, count, random),
      kind: outcome.failed,
      text: outcome.text,
    }
    this.#failed++
    this.#failing = failing
    const what =
      this.#unkept === undefined ? 'is not certified by' : 'has a certificate that is not kept, of'
    const next = new Date(failing.nextEpochMs).toISOString()
    const text = `${domain} ${what} ${authority.host}: ${outcome.text}; next try at ${next}`
    told({ event: 'failed', text })
    this.#isFailingKept = await authority.store.keepFailures(domain, failing).then(
      () => true,
      () => false,
    )
  }
}

const diskFailure = (error: unknown): AcmeFailure =>
  failure('storage', `the disk refuses: ${(error as Error).message}`)
