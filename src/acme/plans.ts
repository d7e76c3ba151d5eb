// The certificates of a configuration: a keeper for each authority, joined to one whole that is
// served. A changed configuration starts and ends keepers; those that stay notice nothing.
import { isDeepStrictEqual } from 'node:util'
import type { Clock, Random } from '../base.ts'
import type { ExternalAccount } from './account-key.ts'
import { type Asking, type AskingTerms, askOverHttps } from './asking.ts'
import { type Disk, FolderDisk } from './disk.ts'
import { isGone, ownHolder } from './holder.ts'
import { AcmeKeeper, type Shown } from './keeper.ts'
import { acmeMetrics } from './metrics.ts'
import type { AcmeEvent, NameStanding } from './name.ts'
import type { AcmePlan } from './settings.ts'

export interface AcmeSetup {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Where certificates are kept that no `storage` has a place for. */
  readonly folder: string | undefined
  readonly clock: Clock
  readonly random: Random
  /** Takes all that is served, whenever it changes; comes back when every thread serves it. */
  readonly show: (shown: Shown) => Promise<void>
  readonly told: (event: AcmeEvent) => void
  /** A test hands in its own. */
  readonly asking?: (terms: AskingTerms) => Asking
  readonly diskOf?: (folder: string) => Disk
}

interface Kept {
  readonly plan: AcmePlan
  readonly keeper: AcmeKeeper
  readonly asking: Asking
}

export class KeptCertificates {
  readonly #setup: AcmeSetup
  #all: readonly Kept[] = []
  #isBegun = false
  #showing: Promise<void> = Promise.resolve()
  #waiting: Promise<void> | undefined

  constructor(setup: AcmeSetup) {
    this.#setup = setup
  }

  /** Why a plan cannot be followed, in a sentence. */
  problemOf({ externalAccount, storage }: AcmePlan): string | undefined {
    const { env, folder } = this.#setup
    if (storage === undefined && folder === undefined) {
      return "certificates by ACME need a folder: name it with 'storage', or set HOME"
    }
    if (externalAccount === undefined) return undefined
    const { macKeyEnv } = externalAccount
    const macKey = env[macKeyEnv] ?? ''
    if (/^[\w-]{16,}=*$/.test(macKey)) return undefined
    return `the environment has no key for an external account in ${macKeyEnv} (base64url)`
  }

  /** From now on these are followed; those that were followed before go on undisturbed. */
  async follow(plans: readonly AcmePlan[]): Promise<void> {
    const before = this.#all
    this.#all = plans.map(
      (plan) => before.find((one) => isDeepStrictEqual(one.plan, plan)) ?? this.#made(plan),
    )
    const isNew = (one: Kept) => !before.includes(one)
    await Promise.all(this.#all.filter(isNew).map(({ keeper }) => keeper.open()))
    await this.#show()
    if (this.#isBegun) for (const { keeper } of this.#all.filter(isNew)) keeper.begin()
    await Promise.all(before.filter((one) => !this.#all.includes(one)).map(ended))
  }

  /** Orders from now on: challenges can be answered. */
  begin(): void {
    this.#isBegun = true
    for (const { keeper } of this.#all) keeper.begin()
  }

  get shown(): Shown {
    const all = this.#all.map(({ keeper }) => keeper.shown)
    return {
      certificates: all.flatMap(({ certificates }) => certificates),
      challenges: all.flatMap(({ challenges }) => challenges),
      answers: all.flatMap(({ answers }) => answers),
    }
  }

  get standings(): NameStanding[] {
    return this.#all.flatMap(({ keeper }) => keeper.standings)
  }

  metrics(): string {
    return acmeMetrics(this.standings)
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map(ended))
  }

  #made(plan: AcmePlan): Kept {
    const { clock, env, random, told } = this.#setup
    const { asking: make = askOverHttps, diskOf = (folder) => new FolderDisk(folder) } = this.#setup
    const asking = make({ ca: plan.directoryCa, clock })
    const keeper = new AcmeKeeper({
      plan,
      externalAccount: externalAccountOf(plan, env),
      ask: asking.ask,
      disk: diskOf(plan.storage ?? this.#setup.folder ?? ''),
      clock,
      random,
      holder: ownHolder(),
      isGone,
      changed: () => this.#show(),
      told,
    })
    return { plan, keeper, asking }
  }

  /**
   * One after the other: an older state must not come last. Who comes while one waits is served by
   * that one, for it takes what is there when its turn comes.
   */
  #show(): Promise<void> {
    const { show, told } = this.#setup
    this.#waiting ??= this.#showing
      .then(() => {
        this.#waiting = undefined
        return show(this.shown)
      })
      .catch((error: unknown) => told({ event: 'warning', text: String(error) }))
    this.#showing = this.#waiting
    return this.#showing
  }
}

async function ended({ keeper, asking }: Kept): Promise<void> {
  await keeper.close()
  asking.close()
}

function externalAccountOf(
  { externalAccount }: AcmePlan,
  env: AcmeSetup['env'],
): ExternalAccount | undefined {
  if (externalAccount === undefined) return undefined
  const { keyId, macKeyEnv } = externalAccount
  return { keyId, macKey: env[macKeyEnv] ?? '' }
}
