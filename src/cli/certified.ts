// Names that an authority certifies while the gateway serves: what is written is followed, what is
// certified goes to the listeners, and how each name stands is told to operators.
import {
  type AcmeEvent,
  acmeMetrics,
  type AcmePlan,
  type AcmeSetup,
  type KeptCertificates,
  keptCertificates,
  type NameStanding,
} from '../acme.ts'
import { systemClock } from '../base.ts'
import { stateFolder } from '../control.ts'
import { adminJson, type AdminRoute, type MaterialKeeper } from '../gateway.ts'
import type { World } from './world.ts'

export interface CertifiedSetup {
  readonly keeper: Pick<MaterialKeeper, 'takeCertified'>
  readonly env: World['env']
  readonly told: (event: AcmeEvent) => void
}

export class CertifiedNames {
  readonly #setup: CertifiedSetup
  #kept: KeptCertificates | undefined
  #isBegun = false

  constructor(setup: CertifiedSetup) {
    this.#setup = setup
  }

  /** Listeners have what is kept, or placeholders, when it comes back. A sentence where it cannot. */
  async follow(plans: readonly AcmePlan[]): Promise<{ readonly problem: string } | undefined> {
    if (plans.length === 0 && this.#kept === undefined) return undefined
    const kept = (this.#kept ??= await keptCertificates(this.#acmeSetup()))
    const problem = plans.map((plan) => kept.problemOf(plan)).find((one) => one !== undefined)
    if (problem !== undefined) return { problem }
    await kept.follow(plans)
    if (this.#isBegun) kept.begin()
    return undefined
  }

  /** From now on challenges can be answered. */
  begin(): void {
    this.#isBegun = true
    this.#kept?.begin()
  }

  get standings(): readonly NameStanding[] {
    return this.#kept?.standings ?? []
  }

  metrics(): string {
    return acmeMetrics(this.standings)
  }

  async close(): Promise<void> {
    await this.#kept?.close()
  }

  #acmeSetup(): AcmeSetup {
    const { env, keeper, told } = this.#setup
    const folder = stateFolder(env)
    return {
      env,
      folder: folder === undefined ? undefined : `${folder}/acme`,
      clock: systemClock,
      random: Math.random,
      show: async (certified) => {
        const refused = await keeper.takeCertified(certified)
        if (refused !== undefined) throw new Error(refused.problem)
      },
      told,
    }
  }
}

export function certificateRoute(names: Pick<CertifiedNames, 'standings'>): AdminRoute {
  return {
    method: 'GET',
    path: '/certificates',
    about: 'how names stand that are certified by ACME: until when, and what is wrong',
    answer: () => adminJson(200, names.standings.map(standingJson)),
  }
}

/** Failing names are for probes to see too; they are no reason to serve no more. */
export function failingJson({ standings }: Pick<CertifiedNames, 'standings'>): object {
  const failing = standings.filter((one) => one.failing !== undefined)
  return failing.length === 0 ? {} : { certificates: failing.map(standingJson) }
}

function standingJson(standing: NameStanding): object {
  const { domain, authority, state, isOrdering, failing } = standing
  return {
    domain,
    authority,
    state,
    ordering: isOrdering,
    validFrom: isoTime(standing.fromEpochMs),
    validUntil: isoTime(standing.untilEpochMs),
    next: isoTime(standing.nextEpochMs),
    ...(failing === undefined
      ? {}
      : {
          failingSince: isoTime(failing.sinceEpochMs),
          tries: failing.count,
          problem: failing.text,
        }),
  }
}

const isoTime = (epochMs: number | undefined): string | undefined =>
  epochMs === undefined ? undefined : new Date(epochMs).toISOString()
