// What came of a request that was tried and not sent.
import type { Rehearsed } from '../engine.ts'
import { eachOf } from '../base.ts'
import { ownRegistry } from '../policy.ts'
import type { KeptExchange } from '../telemetry.ts'
import type { Decision } from './decisions.ts'
import {
  explainOperation,
  type ExplainedOutcome,
  type Explanation,
  outcomeOf,
  type Sources,
} from './explanation.ts'
import type { Message } from './message.ts'
import { nearestTemplates } from './nearest-templates.ts'
import { type Sending, sendingOf } from './sending.ts'

export interface Tried extends Explanation {
  /** What would go upstream; null where nothing would. */
  readonly sending: Sending | null
}

export interface BuiltRequest {
  readonly bundle: Uint8Array
  readonly sources: Sources
  /** Whether it is known where the service is. */
  readonly isPlaced: boolean
}

export function triedOf(
  { kept, sent, status = 0 }: Rehearsed,
  message: Message,
  client: string,
  { sources, isPlaced }: BuiltRequest,
): Tried {
  const { revision } = sources.snapshot
  const [method = '', path = ''] = message.head.split('\r\n', 1)[0]!.split(' ')
  const sending = sent === undefined ? null : sendingOf(message.head, sent)
  const outcome: ExplainedOutcome =
    sending !== null
      ? {
          result: 'sent',
          to: (isPlaced ? kept?.endpoint : undefined) ?? 'the service',
          status: null,
        }
      : kept === undefined
        ? { result: 'answered', status }
        : outcomeOf(kept)
  // That its client leaves is how a rehearsal ends.
  const isOver = sending !== null || kept === undefined
  const exchange = isOver ? { ...(kept ?? noExchange), fault: undefined } : kept
  const explained = explainOperation(sources, exchange)
  const unrun = notRun(sources.snapshot, kept)
  const isUnrun = ({ policy, verdict }: Decision) => verdict === 'passed' && unrun.includes(policy)
  return {
    request: { id: null, at: null, durationMs: null, method, path, client },
    revision,
    ...explained,
    decisions: explained.decisions.map((one) =>
      isUnrun(one) ? { ...one, verdict: 'not known' } : one,
    ),
    outcome,
    notes: [
      ...notesOf(sources, kept, sending !== null && !isPlaced),
      ...unrun.map((id) => `'${id}' was not run, and says nothing here: --trust runs it`),
    ],
    sending,
  }
}

/** Answered by the gateway itself, which keeps nothing of it. */
const noExchange = {
  operation: -1,
  status: 0,
  reason: undefined,
  refusedBy: undefined,
  refusedAt: undefined,
  shadows: [],
  endpoint: undefined,
}

function notesOf(
  { snapshot }: Sources,
  kept: KeptExchange | undefined,
  isHomeless: boolean,
): string[] {
  const isLost = kept?.fault === 'NOT_FOUND' || kept?.fault === 'METHOD_NOT_ALLOWED'
  const near = isLost ? nearestTemplates(kept.path, eachOf(snapshot.names)) : []
  return [
    ...(near.length > 0 ? [`nearest: ${near.join(', ')}`] : []),
    ...(snapshot.states.length > 0 ? [freshState] : []),
    ...(isHomeless ? ['nobody said where the service is: --to URL'] : []),
  ]
}

/** Ids of custom policies whose code is not there: they are names. */
function notRun(snapshot: Sources['snapshot'], kept: KeptExchange | undefined): string[] {
  if (snapshot.code !== undefined || kept === undefined) return []
  const { policies = [] } = snapshot.operations.at(kept.operation) ?? {}
  return policies.map(({ policy }) => policy).filter((id) => !ownRegistry.byId.has(id))
}

const freshState = 'what policies remember, such as used-up limits, is empty at each try'
