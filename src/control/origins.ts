// Where what is in force was written: for each operation its policies and bounds, each with the
// place of the level that wrote it. Most operations of a large contract share one list. Finding a
// place is slow, so of very many written settings only the first are found; of the others their
// level is named.
import type { LimitName, Place } from '../base.ts'
import type { AnyPolicy, Mode, Phase } from '../policy.ts'
import type { PolicySetting, Settled, Written } from './settings.ts'
import { wordsOf } from './words.ts'

export type Origin =
  /** Nobody wrote it: the audience, or the gateway itself, decides. */
  | { readonly at: 'default' }
  | { readonly at: 'place'; readonly place: Place }
  /** Written at this level, whose place was not looked for. */
  | { readonly at: 'level'; readonly level: string }

export interface PolicyOrigin {
  readonly policy: string
  readonly phase: Phase | 'several' | 'verify'
  readonly mode: Mode
  readonly origin: Origin
  /** The configuration in a few words. */
  readonly words: string
}

export interface LimitOrigin {
  readonly name: LimitName
  readonly value: number
  readonly origin: Origin
}

/** Numbers of policies and bounds. */
export interface OriginList {
  /** In the order in which they run; those that are off among them. */
  readonly policies: readonly number[]
  readonly limits: readonly number[]
}

/** Plain data: it crosses threads and the disk. */
export interface Origins {
  readonly policies: readonly PolicyOrigin[]
  readonly limits: readonly LimitOrigin[]
  readonly lists: readonly OriginList[]
  /** By operation of the snapshot, the number of its list. */
  readonly operations: readonly number[]
  /** For requests of no operation. */
  readonly none: number
}

const placesMax = 10_000

export class OriginsMaker {
  readonly #policies: PolicyOrigin[] = []
  readonly #limits: LimitOrigin[] = []
  readonly #lists: OriginList[] = []
  readonly #operations: number[] = []
  #none = 0
  readonly #numbers = new Map<PolicySetting, number>()
  readonly #limitsOf = new Map<Settled['limitsWritten'], readonly number[]>()
  readonly #listNumbers = new Map<string, number>()
  #places = 0

  /** Comes for each operation, in their order. */
  ofOperation(settings: readonly PolicySetting[], settled: Settled): void {
    this.#operations.push(this.#list(settings, settled))
  }

  ofNone(settings: readonly PolicySetting[], settled: Settled): void {
    this.#none = this.#list(settings, settled)
  }

  all(): Origins {
    return {
      policies: this.#policies,
      limits: this.#limits,
      lists: this.#lists,
      operations: this.#operations,
      none: this.#none,
    }
  }

  #list(settings: readonly PolicySetting[], settled: Settled): number {
    const policies = settings.map((setting) => this.#policy(setting))
    const limits = this.#limitsWritten(settled)
    const key = `${policies.join()} ${limits.join()}`
    const known = this.#listNumbers.get(key)
    if (known !== undefined) return known
    const number = this.#lists.push({ policies, limits }) - 1
    this.#listNumbers.set(key, number)
    return number
  }

  #policy(setting: PolicySetting): number {
    const known = this.#numbers.get(setting)
    if (known !== undefined) return known
    const { policy, mode, scope, place, config } = setting
    const origin: Origin = place === undefined ? { at: 'default' } : this.#origin(place, scope)
    const { id } = policy
    const made = { policy: id, phase: phaseOf(policy), mode, origin, words: wordsOf(config) }
    const number = this.#policies.push(made) - 1
    this.#numbers.set(setting, number)
    return number
  }

  #limitsWritten({ limits, limitsWritten }: Settled): readonly number[] {
    const known = this.#limitsOf.get(limitsWritten)
    if (known !== undefined) return known
    const numbers = ([...limitsWritten] as [LimitName, Written][]).map(([name, { place }]) => {
      const origin = this.#origin(place, 'a level within')
      return this.#limits.push({ name, value: limits[name], origin }) - 1
    })
    this.#limitsOf.set(limitsWritten, numbers)
    return numbers
  }

  #origin(place: () => Place, level: string): Origin {
    return ++this.#places > placesMax ? { at: 'level', level } : { at: 'place', place: place() }
  }
}

/** What is of replies alone has a phase of its own here. */
function phaseOf(policy: AnyPolicy): PolicyOrigin['phase'] {
  if (policy.judgesReplies === true) return 'verify'
  return policy.phase === 'several' && policy.everyReply === true ? 'finish' : policy.phase
}

/** What holds for an operation of the snapshot; -1 for requests of none. */
export function originsOf(
  origins: Origins,
  operation: number,
): { readonly policies: readonly PolicyOrigin[]; readonly limits: readonly LimitOrigin[] } {
  const number = operation < 0 ? origins.none : origins.operations[operation]
  const list = number === undefined ? undefined : origins.lists[number]
  return {
    policies: (list?.policies ?? []).map((one) => origins.policies[one]!),
    limits: (list?.limits ?? []).map((one) => origins.limits[one]!),
  }
}
