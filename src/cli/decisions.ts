// What each policy said of one exchange, in the order in which they ran. A refusal ends an exchange,
// so who stands before the one that refused has let it pass, and who stands behind was not asked.
import { type FaultCode, faults } from '../base.ts'
import type { PolicyOrigin } from '../control.ts'
import type { KeptExchange } from '../telemetry.ts'

/** `applies`: it says nothing of requests, and works on whatever is replied. */
export type Verdict =
  | 'passed'
  | 'refused'
  | 'would refuse'
  | 'not reached'
  | 'applies'
  | 'off'
  | 'not known'

export interface Decision {
  readonly policy: string
  readonly mode: string
  readonly verdict: Verdict
  /** What it refused, or in shadow would have. */
  readonly fault: FaultCode | undefined
  readonly reason: string | undefined
  /** `file:line:column`, or whose default it is. */
  readonly origin: string
  /** Its configuration. */
  readonly words: string
}

export type Told = Omit<Decision, 'verdict' | 'fault' | 'reason'> & Pick<PolicyOrigin, 'phase'>

/** When policies of a phase run. `several` begins with `check`, and its rest needs no rank. */
const ranks: Readonly<Record<PolicyOrigin['phase'], number>> = {
  admit: 0,
  check: 1,
  several: 1,
  content: 2,
  prepare: 3,
  verify: 4,
  finish: 5,
}

type Exchange = Pick<
  KeptExchange,
  'status' | 'fault' | 'reason' | 'refusedBy' | 'refusedAt' | 'shadows' | 'endpoint' | 'operation'
>

/** `told` as the operation has them; they are sorted as they run. */
export function decisionsOf(told: readonly Told[], exchange: Exchange): Decision[] {
  const refuser = refuserOf(told, exchange)
  const order = told
    .map((one, at) => ({ one, at }))
    .toSorted((a, b) => ranks[a.one.phase] - ranks[b.one.phase])
  const refusedAt = order.findIndex(({ at }) => at === refuser)
  return order.map(({ one, at }, place) => {
    const note = shadowOf(told, at, exchange)
    const refused = at === refuser
    const { phase: _phase, ...rest } = one
    return {
      ...rest,
      verdict: refused ? 'refused' : verdictOf(one, note, place < refusedAt, refuser, exchange),
      fault: refused ? exchange.fault : note?.fault,
      reason: refused ? exchange.reason : note?.reason,
    }
  })
}

/** The place in `told` of the policy that refused; -1 where none did. */
function refuserOf(told: readonly Told[], { refusedBy, refusedAt }: Exchange): number {
  if (refusedBy === undefined) return -1
  const running = runningOf(told)
  const exact = refusedAt === undefined ? undefined : running[refusedAt]
  if (exact !== undefined && told[exact]!.policy === refusedBy) return exact
  return running.find((at) => told[at]!.policy === refusedBy) ?? -1
}

/** Places of those that are not off: as the snapshot counts them. */
const runningOf = (told: readonly Told[]): number[] =>
  told.flatMap(({ mode }, at) => (mode === 'off' ? [] : at))

function shadowOf(told: readonly Told[], at: number, { shadows }: Exchange) {
  const { policy, mode } = told[at]!
  if (mode !== 'shadow') return undefined
  const place = runningOf(told).indexOf(at)
  return shadows.find((one) => one.policy === policy && (one.at ?? place) === place)
}

function verdictOf(
  { mode, phase }: Told,
  note: unknown,
  isBeforeRefuser: boolean,
  refuser: number,
  exchange: Exchange,
): Verdict {
  if (mode === 'off') return 'off'
  if (note !== undefined) return 'would refuse'
  if (phase === 'finish' || (phase === 'verify' && !isReplied(exchange))) return 'applies'
  // What was sent upstream had passed all of them; a refusal after that is of the reply.
  if (isBeforeRefuser || exchange.endpoint !== undefined) return 'passed'
  if (refuser >= 0) return 'not reached'
  const passed = rankPassed(exchange)
  if (passed === undefined) return 'not known'
  return ranks[phase] <= passed ? 'passed' : 'not reached'
}

/** Whether there was a reply of the upstream that nobody minded. */
const isReplied = ({ fault, status }: Exchange): boolean => fault === undefined && status > 0

/** How far an exchange came that the gateway itself ended, or that was answered. */
function rankPassed({ fault, operation }: Exchange): number | undefined {
  if (fault === undefined || operation < 0) return ranks.finish
  if (fault === 'CONTENT_TOO_LARGE') return ranks.admit
  if (faults[fault].blame === 'upstream' || fault === 'UPSTREAM_BUSY') return ranks.finish
  return undefined
}
