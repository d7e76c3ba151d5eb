// What a step answers later, while the exchange has time. One that never answers must not keep its
// client for ever, and one in shadow must not cost it anything.
import { type Clock, refuse, within } from '../base.ts'
import type { Verdict } from '../http.ts'
import type { NamedPolicy } from './step-names.ts'

/** What a policy in shadow may delay an exchange by. */
const shadowWaitMsMax = 1_000

export async function inTime(
  verdict: Promise<Verdict>,
  leftMs: number,
  clock: Clock,
  by: NamedPolicy | undefined,
): Promise<Verdict> {
  const isShadow = by?.isShadow === true
  const settled = verdict.then((late) => ({ late }))
  const answer = await within(clock, isShadow ? Math.min(leftMs, shadowWaitMsMax) : leftMs, settled)
  if (answer !== undefined) return answer.late
  if (isShadow) return undefined
  const reason = `the policy '${by?.policy}' did not answer while the exchange had time`
  return refuse('INTERNAL_ERROR', undefined, { reason })
}
