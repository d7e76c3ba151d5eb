// What a step answers later, while the exchange has time. One that never answers must not keep its
// client for ever; for one in shadow the record alone waits, and not for long.
import { type Clock, refuse, within } from '../base.ts'
import type { Verdict } from '../http.ts'
import type { Runtime } from './runtime.ts'
import type { NamedPolicy } from './step-names.ts'

export async function inTime(
  verdict: Promise<Verdict>,
  leftMs: number,
  clock: Clock,
  by: NamedPolicy | undefined,
): Promise<Verdict> {
  const settled = verdict.then((late) => ({ late }))
  const answer = await within(clock, leftMs, settled)
  if (answer !== undefined) return answer.late
  const reason = `the policy '${by?.policy}' did not answer while the exchange had time`
  return refuse('INTERNAL_ERROR', undefined, { reason })
}

/** What the record of an exchange may wait for policies in shadow. */
const shadowWaitMsMax = 1_000

/** Calls `record` once they have said what they have to say. */
export function whenSaid(
  asides: readonly Promise<Verdict>[],
  { clock, bug, lateRecords }: Runtime,
  record: () => void,
): void {
  const late = within(clock, shadowWaitMsMax, Promise.allSettled(asides))
    .then(record)
    .catch(bug)
    .finally(() => lateRecords.delete(late))
  lateRecords.add(late)
}
