// Plans of policies: for each operation, and for what is of none. A policy that needs to know
// nothing of an operation is compiled once for each level that writes it, however many operations
// that level reaches.
import { dirname, resolve } from 'node:path'
import { assert, type Limits } from '../base.ts'
import type { Operation } from '../contract.ts'
import type { NamedFiles } from '../load.ts'
import type { AnyPolicy, ApiSite, Blob, NamedFile, PolicyPlan } from '../policy.ts'
import type { SnapshotPlan } from '../snapshot.ts'
import { type Origins, OriginsMaker } from './origins.ts'
import { errorAt } from './problem-list.ts'
import type { PolicySetting, Settled, Settling } from './settings.ts'

export interface PolicyPlansTools {
  readonly settling: Settling
  readonly share: <T>(value: T) => T
  readonly files: Pick<NamedFiles, 'read'>
}

/** What a plan is made for. */
interface Target {
  readonly operation: Operation
  readonly limits: Limits
}

export class PolicyPlans {
  readonly #tools: PolicyPlansTools
  readonly #ofLevels = new Map<PolicySetting, PolicyPlan | undefined>()
  readonly #blobs = new Map<string, Blob>()
  readonly #origins = new OriginsMaker()

  constructor(tools: PolicyPlansTools) {
    this.#tools = tools
  }

  /** What plans name by its number. */
  get blobs(): Uint8Array[] {
    return [...this.#blobs.values()].map(({ bytes }) => bytes)
  }

  /** Where all of it was written. */
  get origins(): Origins {
    return this.#origins.all()
  }

  ofOperation(operation: Operation, settled: Settled): PolicyPlan[] {
    const plans: PolicyPlan[] = []
    const told = this.#inOrder(settled).filter((setting) => {
      const plan = this.#plan(setting, { operation, limits: settled.limits })
      if (plan !== undefined) plans.push(plan)
      return plan !== undefined || setting.mode === 'off'
    })
    this.#origins.ofOperation(told, settled)
    return plans
  }

  /** For requests and replies of no operation: what is said of the whole API. */
  ofNone(settled: Settled): Pick<SnapshotPlan, 'admit' | 'finish'> {
    const told = this.#inOrder(settled)
      .filter(({ policy }) => isOfLevel(policy))
      .filter((one) => this.#plan(one, undefined) !== undefined || one.mode === 'off')
    this.#origins.ofNone(told, settled)
    const plansOf = (fits: (policy: AnyPolicy) => boolean) =>
      this.#inOrder(settled)
        .filter(({ policy }) => fits(policy))
        .map((setting) => this.#plan(setting, undefined))
        .filter((plan) => plan !== undefined)
    return { admit: plansOf(isOfRequests), finish: plansOf(isOfReplies) }
  }

  #inOrder(settled: Settled): PolicySetting[] {
    const { policies } = this.#tools.settling.registry
    return policies.flatMap(({ id }) => settled.policies.get(id) ?? [])
  }

  #plan(setting: PolicySetting, target: Target | undefined): PolicyPlan | undefined {
    const { policy, config } = setting
    if (!isOfLevel(policy)) {
      assert(target !== undefined, 'what needs an operation compiles for one')
      return this.#made(setting, policy.compile(config, Object.assign(this.#site(setting), target)))
    }
    if (!this.#ofLevels.has(setting)) {
      const plan = policy.compile(config, this.#site(setting))
      this.#ofLevels.set(setting, this.#made(setting, plan))
    }
    return this.#ofLevels.get(setting)
  }

  /** A policy that is off is compiled too: only so is known whether that decides anything. */
  #made({ policy, mode, written }: PolicySetting, plan: unknown): PolicyPlan | undefined {
    if (plan === undefined) return undefined
    for (const one of written.values()) one.effective = true
    return mode === 'off' ? undefined : this.#tools.share({ policy: policy.id, mode, plan })
  }

  #site(setting: PolicySetting): ApiSite {
    const { mode, scope, place } = setting
    const { settling } = this.#tools
    const report = mode === 'off' ? () => undefined : settling.report
    return {
      audience: settling.audience,
      scope,
      // Finding a place is slow, and hardly any policy asks for it.
      get place() {
        return place?.()
      },
      report,
      file: (name, pointer) => this.#file(setting, report, name, pointer),
      blob: (key, make) => this.blob(`${setting.policy.id} ${key}`, make),
    }
  }

  /** A file is named relative to the file that names it. */
  #file(
    { origin }: PolicySetting,
    report: Settling['report'],
    name: string,
    pointer: string,
  ): NamedFile | undefined {
    assert(origin !== undefined, 'a default names no file')
    const place = origin.locate(pointer)
    const path = resolve(dirname(place.file), name)
    const read = this.#tools.files.read(path, origin.namedBy, place.file)
    if ('text' in read) return { path, text: read.text }
    report(errorAt(place, read.problem))
    return undefined
  }

  /** Keeps bytes in the snapshot, those of a key once. */
  blob(key: string, make: () => Uint8Array): Blob {
    const known = this.#blobs.get(key) ?? { number: this.#blobs.size, bytes: make() }
    this.#blobs.set(key, known)
    return known
  }
}

type OfLevel = Extract<
  AnyPolicy,
  { phase: 'finish' } | { everyRequest: true } | { everyReply: true }
>

const isOfLevel = (policy: AnyPolicy): policy is OfLevel =>
  isOfRequests(policy) || isOfReplies(policy)

const isOfRequests = (policy: AnyPolicy): boolean =>
  policy.phase === 'admit' && policy.everyRequest === true

const isOfReplies = (policy: AnyPolicy): boolean =>
  policy.phase === 'finish' || (policy.phase === 'several' && policy.everyReply === true)
