// A snapshot linked: plans made into what runs. Built whole, then swapped in by one reference;
// exchanges under way keep theirs.
import { assert, keeping, type Limits, limitsWith, type Random } from '../base.ts'
import { readTypeTest } from '../contract.ts'
import {
  acceptMatcher,
  bodyTypeMatcher,
  compileTrust,
  mediaTypeMatcher,
  mergeEdits,
  mergeRequestEdits,
  type ReplyEdit,
  type RequestEdit,
  type Step,
} from '../http.ts'
import {
  type EventStreamTerms,
  type FinishStep,
  type LinkedSteps,
  linkSteps,
  type MappedFields,
  type PolicyPlan,
  type Registry,
  type StateNeed,
  type Tools,
} from '../policy.ts'
import { compileHosts, openRouter, type Router } from '../route.ts'
import { linkSchemas } from '../schema.ts'
import type { OpenSnapshot, OperationPlan } from '../snapshot.ts'
import type { Observe } from '../telemetry.ts'
import type { Upstream } from '../upstream.ts'
import { compileReplyReading, type ReplyReading } from '../wire.ts'
import { blobOf } from './blobs.ts'
import { linkMappedFields, type MapFields } from './mapped-fields.ts'
import type { LinkedVerify } from './reply-checks.ts'
import { compileRequestEdit, type EditLines } from './request-fields.ts'
import { inShadow } from './shadowing.ts'
import type { States } from './states.ts'
import type { LinkedTunnel } from './tunnel.ts'
import { type NamedPolicy, namedSteps } from './step-names.ts'

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
  /** Of bodies that stream. */
  readonly watches: readonly LinkedWatch[]
  readonly prepare: readonly Step[]
  /** What is set on and taken from requests; undefined: nothing. */
  readonly editLines: EditLines | undefined
  /** The same as data. */
  readonly requestEdit: RequestEdit
  readonly verify: readonly LinkedVerify[]
  /** What becomes of fields whose presence `reading` notes; undefined: nobody looks. */
  readonly mapFields: MapFields | undefined
  readonly finish: readonly FinishStep[]
  /** What is added to and taken from every reply's head before `finish`. */
  readonly edit: ReplyEdit
  readonly reading: ReplyReading
  /** Undefined: it takes no upgrade. */
  readonly tunnel: LinkedTunnel | undefined
  /** Undefined: its replies are no streams of events, or are taken for ordinary ones. */
  readonly eventStream: EventStreamTerms | undefined
  readonly accepts: (accept: string | undefined) => boolean
  readonly takesType: (contentType: string | undefined) => boolean
  /** Whether a body of this type is held whole and checked. */
  readonly holdsType: (contentType: string | undefined) => boolean
  /** Whether the contract declares replies with this status. */
  readonly declares: (status: number) => boolean
}

export interface LinkedWatch extends NamedPolicy {
  readonly watch: NonNullable<LinkedSteps['watch']>
}

/** What one policy links to, and its name. */
interface LinkedPolicy extends LinkedSteps {
  readonly by: NamedPolicy
}

export interface LinkTools {
  /** All that the snapshot's plans name. */
  readonly registry: Registry
  readonly random: Random
  readonly nowMs: () => number
  readonly states: States
  readonly upstreams: readonly Upstream[]
  /** What the gateway answers itself. */
  readonly own?: Upstream | undefined
  /** Takes what a step in shadow throws. */
  readonly bug: (error: unknown) => void
  readonly observers: readonly Observe[]
}

type Linking = LinkTools & Pick<Tools, 'check' | 'blob' | 'upstreamHosts'>

export function linkSnapshot(plan: OpenSnapshot, tools: LinkTools): Snapshot {
  const linking = linkingOf(plan, tools)
  const link = (one: PolicyPlan, at: number) => linkPolicy(one, at, '', plan.limits, linking)
  return {
    plan,
    admit: plan.admit.flatMap((one, at) => link(one, at).admit ?? []),
    ...linkFinish(plan.finish.map(link)),
    router: openRouter(plan.table),
    isHost: compileHosts(plan.hosts),
    isTrustedHop: compileTrust(plan.trustedHops),
    operation: operationsOf(plan, tools),
    observers: tools.observers,
  }
}

/** Gives the ids of an operation that was linked, -1 for what is of none. */
export function policiesInShadow({ plan, operation }: Snapshot) {
  return (index: number): string[] => {
    const { policies } = index < 0 ? { policies: plan.admit } : operation(index).plan
    return policies.filter(({ mode }) => mode === 'shadow').map(({ policy }) => policy)
  }
}

const linkingOf = (plan: OpenSnapshot, tools: LinkTools): Linking => ({
  ...tools,
  check: linkSchemas(plan.schemas),
  blob: blobOf(plan.blobs),
  upstreamHosts: new Set(
    plan.upstreams.flatMap(({ endpoints }) =>
      endpoints.flatMap((one) => ('host' in one ? one.host.toLowerCase() : [])),
    ),
  ),
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
    const isOwn = operation.grpc?.answeredBy === 'gateway'
    const upstream = isOwn ? tools.own : tools.upstreams[operation.upstream]
    assert(upstream !== undefined, 'an operation has an upstream of its snapshot')
    const limits = limitsOf(operation.limits)
    const steps = operation.policies.map((one, at) =>
      linkPolicy(one, at, operation.id, limits, linking),
    )
    const requestEdit = mergeRequestEdits(steps.flatMap((one) => one.request ?? []))
    return {
      index,
      plan: operation,
      limits,
      upstream,
      admit: steps.flatMap(({ admit }) => admit ?? []),
      check: steps.flatMap(({ check }) => check ?? []),
      content: steps.flatMap(({ content }) => content ?? []),
      watches: steps.flatMap(({ by, watch }) => (watch ? { ...by, watch } : [])),
      prepare: steps.flatMap(({ prepare }) => prepare ?? []),
      editLines: compileRequestEdit(requestEdit),
      requestEdit,
      verify: steps.flatMap(({ by, verify }) => (verify ? { ...by, step: verify } : [])),
      mapFields: linkMappedFields(mappedOf(steps)),
      ...repliesOf({ ...linkFinish(steps), watched: watchedOf(steps) }),
      tunnel: steps.flatMap(({ by, tunnel }) => (tunnel ? { ...by, terms: tunnel } : [])).at(-1),
      eventStream: steps.findLast(({ eventStream }) => eventStream !== undefined)?.eventStream,
      accepts: acceptsOf(operation.replyTypes),
      takesType: takesOf(operation.bodyTypes),
      holdsType: mediaTypeMatcher(readTypeTest(operation.bodyTypes, operation.heldTypes)),
      declares: declaresOf(operation.statuses),
    }
  }
}

const mappedOf = (steps: readonly LinkedSteps[]): MappedFields[] =>
  steps.flatMap(({ mapped }) => mapped ?? [])

const watchedOf = (steps: readonly LinkedSteps[]): string[] => [
  ...new Set(mappedOf(steps).flatMap(({ names }) => names)),
]

type Replies = Pick<LinkedOperation, 'finish' | 'edit' | 'reading'>

interface ReplyParts extends Pick<Replies, 'finish' | 'edit'> {
  readonly watched: readonly string[]
}

/** Equal edits are one, and so is the reading that they make. */
function sharedReplies(): (parts: ReplyParts) => Replies {
  const known = new Map<string, Pick<Replies, 'edit' | 'reading'>>()
  return ({ finish, edit, watched }) => {
    const key = JSON.stringify([edit, watched])
    const shared = known.get(key) ?? { edit, reading: compileReplyReading(edit, watched) }
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
  at: number,
  operationId: string,
  limits: Limits,
  { registry, bug, check, blob, random, nowMs, states, upstreamHosts }: Linking,
): LinkedPolicy {
  const { policy: id, mode, plan } = policyPlan
  const policy = registry.byId.get(id)
  assert(policy !== undefined, `the policy ${id} exists`)
  const isShadow = mode === 'shadow'
  const state = <S>(need: StateNeed, make: (memory: SharedArrayBuffer) => S): S =>
    states.get(need, make)
  const linked = linkSteps(policy, plan, {
    check,
    blob,
    limits,
    operationId,
    random,
    nowMs,
    inShadow: isShadow,
    state,
    upstreamHosts,
  })
  const by = { policy: id, at, isShadow }
  return { ...namedSteps(by, isShadow ? inShadow(by, linked, bug) : linked), by }
}

function declaredStatuses(statuses: readonly string[]): (status: number) => boolean {
  if (statuses.includes('default')) return () => true
  const exact = new Set(statuses.filter((status) => /^\d{3}$/.test(status)).map(Number))
  const classes = new Set(
    statuses.filter((status) => /^\dXX$/i.test(status)).map((s) => Number(s[0])),
  )
  return (status) => exact.has(status) || classes.has(Math.floor(status / 100))
}
