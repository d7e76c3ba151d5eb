// Names that are certified while a gateway serves: what is written is followed, what is certified
// goes to the listeners. Where nothing is written it costs nothing, and loads nothing.
import { systemClock, within } from '../base.ts'
import type { Shown } from './keeper.ts'
import type { AcmeEvent, NameStanding } from './name.ts'
import type { KeptCertificates } from './plans.ts'
import type { AcmePlan } from './settings.ts'

type Refused = { readonly problem: string } | undefined

export interface CertifiedSetup {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Where certificates are kept that no `storage` has a place for. */
  readonly folder: string | undefined
  /** Takes what listeners prove themselves by; comes back when all of them do. */
  readonly take: (certified: Shown) => Promise<Refused>
  readonly told: (event: AcmeEvent) => void
}

const closeMsMax = 2_000
const takeMsMax = 10_000

export class CertifiedNames {
  readonly #setup: CertifiedSetup
  #kept: KeptCertificates | undefined
  #isBegun = false

  constructor(setup: CertifiedSetup) {
    this.#setup = setup
  }

  /** Listeners have what is kept, or placeholders, when it comes back. A sentence where it cannot. */
  async follow(plans: readonly AcmePlan[]): Promise<Refused> {
    if (plans.length === 0 && this.#kept === undefined) return undefined
    const kept = (this.#kept ??= await this.#made())
    const problem = plans.map((plan) => kept.problemOf(plan)).find((one) => one !== undefined)
    if (problem !== undefined) return { problem }
    await kept.follow(plans)
    if (this.#isBegun) kept.begin()
    return undefined
  }

  /** From now on challenges can be answered. */
  begin(): void {
    if (this.#isBegun) return
    this.#isBegun = true
    this.#kept?.begin()
  }

  get standings(): readonly NameStanding[] {
    return this.#kept?.standings ?? []
  }

  metrics(): string {
    return this.#kept?.metrics() ?? ''
  }

  /** A disk that answers no more holds nobody up. */
  async close(): Promise<void> {
    if (this.#kept !== undefined) await within(systemClock, closeMsMax, this.#kept.close())
  }

  async #made(): Promise<KeptCertificates> {
    const { env, folder, take, told } = this.#setup
    const { KeptCertificates } = await import('./plans.ts')
    return new KeptCertificates({
      env,
      folder,
      clock: systemClock,
      random: Math.random,
      show: async (certified) => {
        // A thread that is late is told again with whatever comes next.
        const refused = await within(systemClock, takeMsMax, take(certified))
        if (refused !== undefined) throw new Error(refused.problem)
      },
      told,
    })
  }
}
