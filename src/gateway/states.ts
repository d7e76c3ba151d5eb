// What policies remember, by names of their own. It outlives the snapshot that first asked for it,
// and is let go when neither the snapshot in force nor the one before names it.
import { assert } from '../base.ts'
import { policyById, type PolicyPlan } from '../policy.ts'
import type { SnapshotPlan } from '../snapshot.ts'

export class States {
  readonly #made = new Map<string, unknown>()
  #named: ReadonlySet<string> = new Set()

  /** What is remembered under a name that the plan gives; made on first use. */
  get<S>(name: string, plan: PolicyPlan, make: () => S): S {
    assert(namesIn(plan).includes(name), 'a policy names what it remembers')
    if (!this.#made.has(name)) this.#made.set(name, make())
    return this.#made.get(name) as S
  }

  /** A snapshot comes into force. Exchanges of the one before it may still ask for theirs. */
  swap({ operations, finish }: SnapshotPlan): void {
    const plans = new Set([...operations.flatMap(({ policies }) => policies), ...finish])
    const named = new Set([...plans].flatMap(namesIn))
    for (const name of this.#made.keys()) {
      if (!named.has(name) && !this.#named.has(name)) this.#made.delete(name)
    }
    this.#named = named
  }
}

const namesIn = ({ policy, plan }: PolicyPlan): readonly string[] =>
  policyById
    .get(policy)
    ?.states?.(plan)
    .map(({ name }) => name) ?? []
