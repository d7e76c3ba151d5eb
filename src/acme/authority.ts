// One authority as its names see it: where what it gave is kept, which process orders, the account.
import { createHash } from 'node:crypto'
import type { Clock } from '../base.ts'
import { forgetAccount, isForgotten, keptAccount, openAccount } from './account.ts'
import { accountKeyOf, type ExternalAccount } from './account-key.ts'
import type { Ask } from './asking.ts'
import type { Disk } from './disk.ts'
import { type AcmeFailure, failure, isFailure } from './failure.ts'
import { Leases } from './lease.ts'
import { obtain } from './order.ts'
import { AcmeSession } from './session.ts'
import type { AcmePlan } from './settings.ts'
import type { ChallengeType, KeptCertificate, KeptChallenge } from './kept.ts'
import { AcmeStore } from './store.ts'

export interface AuthoritySetup {
  readonly plan: AcmePlan
  readonly externalAccount: ExternalAccount | undefined
  readonly ask: Ask
  readonly disk: Disk
  readonly clock: Clock
  readonly holder: string
  readonly isGone: (holder: string) => boolean
  readonly signal: AbortSignal
  readonly warn: (sentence: string) => void
}

/** What is wished for. */
export interface Wish {
  readonly domain: string
  readonly current: KeptCertificate | undefined
  readonly challenges: readonly ChallengeType[]
  readonly answer: (challenge: KeptChallenge) => Promise<() => void>
}

export class Authority {
  readonly store: AcmeStore
  readonly leases: Leases
  readonly plan: AcmePlan
  readonly signal: AbortSignal
  readonly #setup: AuthoritySetup

  constructor(setup: AuthoritySetup) {
    const { clock, disk, holder, isGone, plan, signal, warn } = setup
    const folder = folderOf(plan.directory)
    this.#setup = setup
    this.plan = plan
    this.signal = signal
    this.store = new AcmeStore({ disk, folder, warn })
    this.leases = new Leases({ disk, clock, folder: `${folder}/leases`, holder, isGone })
  }

  get host(): string {
    return new URL(this.plan.directory).host
  }

  /** A certificate, or why there is none. What the disk throws is a failure too. */
  async order(wish: Wish): Promise<KeptCertificate | AcmeFailure> {
    try {
      return await this.#order(wish)
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      // What has no code of the system's is a bug of ours: it is told as it is.
      return failure('storage', code === undefined ? String(error) : `the disk refuses: ${message}`)
    }
  }

  async #order(wish: Wish): Promise<KeptCertificate | AcmeFailure> {
    const { ask, clock, externalAccount } = this.#setup
    const { plan, signal, store } = this
    const key = await accountKeyOf((await keptAccount(store)).key)
    const session = new AcmeSession({ ask, clock, signal, key, directoryUrl: plan.directory })
    const kid = await openAccount(session, store, { email: plan.email, externalAccount })
    if (typeof kid !== 'string') return kid
    const outcome = await obtain({ session, kid, store, ...wish })
    if (isFailure(outcome) && isForgotten(outcome)) await forgetAccount(store)
    return outcome
  }
}

/** Readable, and of one authority alone. */
function folderOf(directory: string): string {
  const { hostname } = new URL(directory)
  const name = hostname.replaceAll(/[^a-z\d.-]/g, '')
  return `${name}-${createHash('sha256').update(directory).digest('hex').slice(0, 12)}`
}
