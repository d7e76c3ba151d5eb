// Why an exchange went as it did, or would: which operation it meant, what held there, what each
// policy said, and how it ended. One shape for a request that is tried and for one that was kept, and
// for people, programs and the admin port.
import { defaultLimits, type Detail, type LimitName, limitTable, limitsWith } from '../base.ts'
import { type Origin, type Origins, originsOf } from '../control.ts'
import type { OpenSnapshot } from '../snapshot.ts'
import type { KeptExchange } from '../telemetry.ts'
import { type Decision, decisionsOf, type Told } from './decisions.ts'
import { placeShown } from './problems.ts'

export interface Explanation {
  readonly request: ExplainedRequest
  readonly revision: string
  readonly operation: {
    readonly id: string
    readonly method: string
    readonly template: string
  } | null
  readonly upstream: string | null
  /** What it is spoken to in, where that is not HTTP/1.1. */
  readonly protocol?: string
  readonly bounds: readonly ExplainedBound[]
  readonly decisions: readonly Decision[]
  readonly outcome: ExplainedOutcome
  /** What a reader should know beside. */
  readonly notes: readonly string[]
}

export interface ExplainedRequest {
  /** Null where it was only tried. */
  readonly id: string | null
  /** When it ended (RFC 3339). */
  readonly at: string | null
  readonly durationMs: number | null
  readonly method: string
  readonly path: string
  readonly client: string
}

/** One that differs from its default. */
export interface ExplainedBound {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly default: number
  readonly origin: string
}

export type ExplainedOutcome =
  | {
      readonly result: 'refused'
      /** The policy; null: the gateway itself. */
      readonly by: string | null
      readonly fault: string
      readonly status: number
      readonly message: string | null
      readonly details: readonly Detail[]
      readonly reason: string | null
    }
  | { readonly result: 'sent'; readonly to: string; readonly status: number | null }
  | { readonly result: 'answered'; readonly status: number }

/** What is in force, or would be. */
export interface Sources {
  readonly snapshot: OpenSnapshot
  readonly origins: Origins | undefined
  readonly cwd: string
}

/** Of an exchange that is kept; `sources` undefined where what ran it is in force no more. */
export function explainKept(kept: KeptExchange, sources: Sources | undefined): Explanation {
  const { id, revision, named, finishedEpochMs, durationMs } = kept
  const request = { ...requestOf(kept), id, at: timeText(finishedEpochMs), durationMs }
  const outcome = outcomeOf(kept)
  if (sources === undefined) {
    const decisions = keptDecisions(kept)
    const rest = { upstream: null, bounds: [], decisions, outcome, notes: [changed] }
    return { request, revision, operation: named ?? null, ...rest }
  }
  return { request, revision, ...explainOperation(sources, kept), outcome, notes: [] }
}

const timeText = (epochMs: number): string => new Date(epochMs).toISOString()

const changed =
  'another configuration is in force by now: which policies let it pass is not known any more'

/** What is known of policies whatever is in force: who said something. */
function keptDecisions({ shadows, refusedBy, fault, reason }: KeptExchange): Decision[] {
  const unknown = { origin: '', words: '' }
  return [
    ...shadows.map(({ policy, fault: code, reason: why }): Decision => {
      const said = { verdict: 'would refuse', fault: code, reason: why } as const
      return { policy, mode: 'shadow', ...said, ...unknown }
    }),
    ...(refusedBy === undefined
      ? []
      : [
          {
            policy: refusedBy,
            mode: 'enforce',
            verdict: 'refused',
            fault,
            reason,
            ...unknown,
          } as const,
        ]),
  ]
}

function requestOf({ method, path, clientAddress }: KeptExchange): ExplainedRequest {
  return { id: null, at: null, durationMs: null, method, path, client: clientAddress }
}

type Explained = Pick<Explanation, 'operation' | 'upstream' | 'protocol' | 'bounds' | 'decisions'>

/** What holds for the operation of an exchange, and what was said of it there. */
export function explainOperation(sources: Sources, kept: Exchange): Explained {
  const { snapshot, origins } = sources
  const plan = kept.operation < 0 ? undefined : snapshot.operations.at(kept.operation)
  const limits = limitsWith(plan?.limits ?? {}, snapshot.limits)
  const found = origins && originsOf(origins, kept.operation)
  const told = found?.policies.map((one) => ({ ...one, origin: originText(one.origin, sources) }))
  const written = new Map(found?.limits.map(({ name, origin }) => [name, origin]))
  const names = Object.keys(limitTable) as LimitName[]
  return {
    operation: plan === undefined ? null : nameOf(plan),
    ...upstreamShown(plan && snapshot.upstreams[plan.upstream]),
    bounds: names
      .filter((name) => limits[name] !== defaultLimits[name])
      .map((name) => ({
        name,
        value: limits[name],
        unit: limitTable[name].unit,
        default: defaultLimits[name],
        origin: originText(written.get(name) ?? { at: 'default' }, sources),
      })),
    decisions: decisionsOf(told ?? unplaced(sources, kept.operation), kept),
  }
}

function upstreamShown(
  upstream: OpenSnapshot['upstreams'][number] | undefined,
): Pick<Explanation, 'upstream' | 'protocol'> {
  if (upstream === undefined) return { upstream: null }
  const { name, endpoints } = upstream
  const many = endpoints.filter(({ http }) => http === 2).length
  if (many === 0) return { upstream: name }
  return { upstream: name, protocol: many < endpoints.length ? 'HTTP/2 in part' : 'HTTP/2' }
}

type Exchange = Parameters<typeof decisionsOf>[1] & Pick<KeptExchange, 'operation'>

const nameOf = ({ id, method, template }: NonNullable<Explanation['operation']>) => ({
  id,
  method,
  template,
})

/** Where nobody knows where they were written. */
function unplaced({ snapshot }: Sources, operation: number): Told[] {
  const policies = operation < 0 ? snapshot.admit : snapshot.operations.at(operation)!.policies
  return policies.map(({ policy, mode }) => {
    return { policy, mode, phase: 'several', origin: '', words: '' }
  })
}

function originText(origin: Origin, { snapshot, cwd }: Sources): string {
  switch (origin.at) {
    case 'default':
      return `default of audience ${snapshot.audience}`
    case 'level':
      return origin.level
    case 'place':
      return placeShown(origin.place, cwd)
  }
}

export function outcomeOf(kept: KeptExchange): ExplainedOutcome {
  const { fault, status, refusedBy, message, details, reason, endpoint } = kept
  if (fault === undefined) return { result: 'sent', to: endpoint ?? '', status }
  return {
    result: 'refused',
    by: refusedBy ?? null,
    fault,
    status,
    message: message ?? null,
    details,
    reason: reason ?? null,
  }
}
