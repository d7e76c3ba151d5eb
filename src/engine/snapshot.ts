// A snapshot linked: plans made into what runs. Built whole, then swapped in by one reference;
// exchanges under way keep theirs.
import { assert, keeping, type Limits, limitsWith, type Random } from '../base.ts'
import { readTypeTest } from '../contract.ts'
import {
  acceptMatcher,
  bodyTypeMatcher,
  compileTrust,
  type Exchange,
  mediaTypeMatcher,
  mergeEdits,
  type ReplyEdit,
  type Step,
  type Verdict,
} from '../http.ts'
import {
  type AnyPolicy,
  type FinishStep,
  type LinkedSteps,
  policyById,
  type PolicyPlan,
  type StateNeed,
  type Tools,
} from '../policy.ts'
import { compileHosts, openRouter, type Router } from '../route.ts'
import { linkSchemas } from '../schema.ts'
import type { OpenSnapshot, OperationPlan } from '../snapshot.ts'
import type { Observe } from '../telemetry.ts'
import type { Upstream } from '../upstream.ts'
import { compileReplyReading, type ReplyReading } from '../wire.ts'
import type { States } from './states.ts'

export interface Snapshot {
  readonly plan: OpenSnapshot
  readonly router: Router
  readonly isHost: (host: string) => boolean
  readonly isTrustedHop: (address: string) => boolean
  /** Links at first use: of a large contract most operations are rarely called. */
  readonly operation: (index: number) => LinkedOperation
  /** For requests of no operation and their replies, as in `LinkedOperation`. */
  readonly admit: readonly Step[]
  readonly finish: readonly FinishStep[]
  readonly edit: ReplyEdit
  /** Each takes every record, once. */
  readonly observers: readonly Observe[]
}

/** One operation, ready to run: arrays of steps, empty where no policy takes part. */
export interface LinkedOperation {
  readonly index: number
  readonly plan: OperationPlan
  readonly limits: Limits
  readonly upstream: Upstream
  readonly admit: readonly Step[]
  readonly check: readonly Step[]
  readonly content: readonly Step[]
  readonly finish: readonly FinishStep[]
  /** What is added to and taken from every reply's head before `finish`. */
  readonly edit: ReplyEdit
  readonly reading: ReplyReading
  readonly accepts: (accept: string | undefined) => boolean
  readonly takesType: (contentType: string | undefined) => boolean
  /** Whether a body of this type is held whole and checked. */
  readonly holdsType: (contentType: string | undefined) => boolean
  /** Whether the contract declares replies with this status. */
  readonly declares: (status: number) => boolean
}

export interface LinkTools {
  readonly random: Random
  readonly nowMs: () => number
  readonly states: States
  readonly upstreams: readonly Upstream[]
  /** Takes what a step in shadow throws. */
  readonly bug: (error: unknown) => void
  readonly observers: readonly Observe[]
}

type Linking = LinkTools & Pick<Tools, 'check' | 'blob'>

/** An exchange as a policy in shadow sees it: what would have been refused is noted there. */
export interface Shadowing extends Exchange {
  noteShadow(policy: string): void
}

export function linkSnapshot(plan: OpenSnapshot, tools: LinkTools): Snapshot {
  const linking = linkingOf(plan, tools)
  const link = (one: PolicyPlan) => linkPolicy(one, '', plan.limits, linking)
  return {
    plan,
    admit: plan.admit.flatMap((one) => link(one).admit ?? []),
    ...linkFinish(plan.finish.map(link)),
    router: openRouter(plan.table),
    isHost: compileHosts(plan.hosts),
    isTrustedHop: compileTrust(plan.trustedHops),
    operation: operationsOf(plan, tools),
    observers: tools.observers,
  }
}

const blobOf = (blobs: OpenSnapshot['blobs']) => (number: number) => {
  const bytes = blobs.at(number)
  assert(bytes !== undefined, 'a plan names bytes of its snapshot')
  return bytes
}

const linkingOf = (plan: OpenSnapshot, tools: LinkTools): Linking => ({
  ...tools,
  check: linkSchemas(plan.schemas),
  blob: blobOf(plan.blobs),
})

/**
 * Operations as they are called, at 6 kB and more. At the bound all are let go, with the schemas
 * that they linked: those still called are linked again, at 20 µs each.
 */
function operationsOf(plan: OpenSnapshot, tools: LinkTools): Snapshot['operation'] {
  let link = operationLinker(plan, tools)
  const linked = new Map<number, LinkedOperation>()
  return (index) => {
    const known = linked.get(index)
    if (known !== undefined) return known
    if (linked.size >= linkedMax) {
      linked.clear()
      link = operationLinker(plan, tools)
    }
    const made = link(index)
    linked.set(index, made)
    return made
  }
}

const linkedMax = 10_000

/** What does not differ between operations is made once: that spares memory and its caches. */
function operationLinker(plan: OpenSnapshot, tools: LinkTools): Snapshot['operation'] {
  const linking = linkingOf(plan, tools)
  const limitsOf = keeping((own: Partial<Limits>) => limitsWith(own, plan.limits))
  const acceptsOf = keeping(acceptMatcher)
  const declaresOf = keeping(declaredStatuses)
  const takesOf = keeping((types: readonly string[]) => {
    const takes = bodyTypeMatcher(types)
    return (contentType: string | undefined) => takes(contentType) === 'ok'
  })
  const repliesOf = sharedReplies()
  return (index) => {
    const operation = plan.operations.at(index)
    assert(operation !== undefined, 'a route leads to an operation of its snapshot')
    const upstream = tools.upstreams[operation.upstream]
    assert(upstream !== undefined, 'an operation has an upstream of its snapshot')
    const limits = limitsOf(operation.limits)
    const steps = operation.policies.map((one) => linkPolicy(one, operation.id, limits, linking))
    return {
      index,
      plan: operation,
      limits,
      upstream,
      admit: steps.flatMap(({ admit }) => admit ?? []),
      check: steps.flatMap(({ check }) => check ?? []),
      content: steps.flatMap(({ content }) => content ?? []),
      ...repliesOf(linkFinish(steps)),
      accepts: acceptsOf(operation.replyTypes),
      takesType: takesOf(operation.bodyTypes),
      holdsType: mediaTypeMatcher(readTypeTest(operation.bodyTypes, operation.heldTypes)),
      declares: declaresOf(operation.statuses),
    }
  }
}

type Replies = Pick<LinkedOperation, 'finish' | 'edit' | 'reading'>

/** Equal edits are one, and so is the reading that they make. */
function sharedReplies(): (replies: Pick<Replies, 'finish' | 'edit'>) => Replies {
  const known = new Map<string, Pick<Replies, 'edit' | 'reading'>>()
  return ({ finish, edit }) => {
    const key = JSON.stringify(edit)
    const shared = known.get(key) ?? { edit, reading: compileReplyReading(edit) }
    known.set(key, shared)
    return { finish, ...shared }
  }
}

function linkFinish(steps: readonly LinkedSteps[]): Pick<Snapshot, 'finish' | 'edit'> {
  return {
    finish: steps.flatMap(({ finish }) => finish ?? []),
    edit: mergeEdits(steps.flatMap(({ edit }) => edit ?? [])),
  }
}

function linkPolicy(
  policyPlan: PolicyPlan,
  operationId: string,
  limits: Limits,
  { bug, check, blob, random, nowMs, states }: Linking,
): LinkedSteps {
  const { policy: id, mode, plan } = policyPlan
  const policy = policyById.get(id)
  assert(policy !== undefined, `the policy ${id} exists`)
  const state = <S>(need: StateNeed, make: (memory: SharedArrayBuffer) => S): S =>
    states.get(need, make)
  const linked = linkPhases(policy, plan, {
    check,
    blob,
    limits,
    operationId,
    random,
    nowMs,
    state,
  })
  return mode === 'shadow' ? inShadow(id, linked, bug) : linked
}

function linkPhases(policy: AnyPolicy, plan: unknown, tools: Tools): LinkedSteps {
  switch (policy.phase) {
    case 'several':
      return policy.link(plan, tools)
    case 'finish': {
      const linked = policy.link(plan, tools)
      return typeof linked === 'function' ? { finish: linked } : { edit: linked }
    }
    default:
      return { [policy.phase]: policy.link(plan, tools) }
  }
}

type Bug = LinkTools['bug']

/** The same steps without a say. A policy in shadow edits no reply either. */
function inShadow(id: string, { admit, check, content }: LinkedSteps, bug: Bug): LinkedSteps {
  return {
    ...(admit && { admit: shadow(id, admit, bug) }),
    ...(check && { check: shadow(id, check, bug) }),
    ...(content && { content: shadow(id, content, bug) }),
  }
}

/** What it throws is a bug like any other, but costs the exchange nothing. */
export function shadow(id: string, step: Step, bug: Bug): Step {
  const note = (exchange: Exchange, verdict: Verdict): undefined => {
    if (verdict !== undefined) (exchange as Shadowing).noteShadow(id)
  }
  const contain = (error: unknown): undefined => {
    bug(error)
  }
  return (exchange) => {
    const { query } = exchange
    try {
      const verdict = step(exchange)
      return verdict instanceof Promise
        ? verdict.then((late) => note(exchange, late)).catch(contain)
        : note(exchange, verdict)
    } catch (error) {
      return contain(error)
    } finally {
      // What a step in shadow would have sent on is not sent.
      exchange.query = query
    }
  }
}

function declaredStatuses(statuses: readonly string[]): (status: number) => boolean {
  if (statuses.includes('default')) return () => true
  const exact = new Set(statuses.filter((status) => /^\d{3}$/.test(status)).map(Number))
  const classes = new Set(
    statuses.filter((status) => /^\dXX$/i.test(status)).map((s) => Number(s[0])),
  )
  return (status) => exact.has(status) || classes.has(Math.floor(status / 100))
}
