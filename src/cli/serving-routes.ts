// What the admin port tells of single exchanges and of policies in shadow, as JSON: what
// `concordat explain` and `concordat shadow` print, and whoever else reads.
import { refuse } from '../base.ts'
import type { Reloader } from '../control.ts'
import { adminJson, type AdminRoute, type Gateway } from '../gateway.ts'
import { openSnapshot } from '../snapshot.ts'
import { acceptableId, keptExchangesMax, type KeptExchange } from '../telemetry.ts'
import { explainKept, type Sources } from './explanation.ts'
import { shadowJson } from './shadow-json.ts'

type Running = Pick<Reloader, 'running'>

export function servingRoutes(
  gateway: Pick<Gateway, 'recall' | 'shadows'>,
  reloads: Running,
  cwd: string,
): AdminRoute[] {
  return [
    {
      method: 'GET',
      path: '/explain',
      about: 'why an exchange was refused: ?id= the id of the request',
      answer: async (query) => {
        const id = query.get('id')
        if (id === null || !acceptableId(id)) return noId
        const kept = await gateway.recall(id)
        if (kept === undefined) return notKept
        return adminJson(200, explainKept(kept, sourcesOf(kept, reloads, cwd)))
      },
    },
    {
      method: 'GET',
      path: '/shadow',
      about: 'what policies in shadow would have refused, by client',
      answer: async () => {
        const body = shadowJson(await gateway.shadows())
        return { status: 200, type: 'application/json', body }
      },
    },
  ]
}

const noId = refuse('INVALID_INPUT', "Say which request: '?id=' with its id.")

const notKept = refuse(
  'NOT_FOUND',
  `No exchange with this id is kept: each thread keeps the last ${keptExchangesMax} that were refused, that failed, or that a policy in shadow would have refused; those that went well are not kept.`,
)

/** Undefined where what ran it is in force no more. */
function sourcesOf(
  { revision }: KeptExchange,
  { running }: Running,
  cwd: string,
): Sources | undefined {
  const snapshot = openSnapshot(running.snapshot)
  return snapshot.revision === revision ? { snapshot, origins: running.origins, cwd } : undefined
}
