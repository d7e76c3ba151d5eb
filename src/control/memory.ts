// What the policies of an API may come to remember of its clients, all together.
import type { Place, Problem } from '../base.ts'
import type { PolicyPlan, Registry, StateNeed } from '../policy.ts'

/** Up to here a small machine need not notice. */
const quietBytesMax = 64 * 1024 * 1024

/** All that policies remember, each name once. */
export function stateNeeds(plans: readonly PolicyPlan[], { byId }: Registry): StateNeed[] {
  const needs = new Map<string, StateNeed>()
  for (const { policy, plan } of new Set(plans)) {
    for (const need of byId.get(policy)?.states?.(plan) ?? []) needs.set(need.name, need)
  }
  return [...needs.values()]
}

/** A note where it is much: each limit of its own keeps a table of its own. */
export function memoryNote(needs: readonly StateNeed[], place: Place): Problem | undefined {
  const total = needs.reduce((sum, { bytesMax }) => sum + bytesMax, 0)
  if (total <= quietBytesMax) return undefined
  const message =
    `${needs.length} tables of client addresses may grow to ${Math.round(total / 1024 ** 2)} MiB ` +
    "together, one for each level with a 'limit' of its own: 'addressesMax' makes them smaller"
  return { severity: 'note', message, place }
}
