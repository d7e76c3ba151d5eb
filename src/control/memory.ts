// What the policies of an API may come to remember of its clients, all together.
import type { Place, Problem } from '../base.ts'
import { policyById, type PolicyPlan } from '../policy.ts'

/** Up to here a small machine need not notice. */
const quietBytesMax = 64 * 1024 * 1024

/** A note where it is much: each limit of its own keeps a table of its own. */
export function memoryNote(plans: readonly PolicyPlan[], place: Place): Problem | undefined {
  const bytes = new Map<string, number>()
  for (const { policy, plan } of new Set(plans)) {
    for (const need of policyById.get(policy)?.states?.(plan) ?? []) {
      bytes.set(need.name, need.bytesMax)
    }
  }
  const total = [...bytes.values()].reduce((sum, one) => sum + one, 0)
  if (total <= quietBytesMax) return undefined
  const message =
    `${bytes.size} tables of client addresses may grow to ${Math.round(total / 1024 ** 2)} MiB ` +
    "together, one for each level with a 'limit' of its own: 'addressesMax' makes them smaller"
  return { severity: 'note', message, place }
}
