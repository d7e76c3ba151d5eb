// What a request costs with the data plane in the main thread, in one worker and in two. Both cores
// are free to all, and the load shares them: the figure that counts is CPU per request. Each worker
// has as many clients as the one: what a turn of the event loop gathers decides a good part of it.
import { alternate, ratios } from './alternate.ts'
import type { Effort } from './alternate.ts'
import { cases } from './cases.ts'
import { requestsIn, saturate } from './measure.ts'
import { startConcordat } from './servers.ts'
import type { Server } from './servers.ts'
import { spread } from './stats.ts'
import type { Spread } from './stats.ts'

export interface WorkersCost {
  readonly workers: number
  readonly cpuUs: Spread
  readonly perSecond: Spread
  /** `cpuUs` over that of one worker. */
  readonly ratio: Spread
}

/** Two workers over one. */
export const workersGoal = 1.1

const counts = [1, 2, 0]
const warmUpSeconds = 3
const clientsEach = 64

interface Counted extends Server {
  readonly clients: number
}

export async function workersCosts(upstreamPort: number, effort: Effort): Promise<WorkersCost[]> {
  const base = cases.find(({ name }) => name === 'contract')
  if (base === undefined) throw new Error('there is a case named contract')
  const sent = requestsIn(effort.folder, 'workers', base.requests)
  const measure = ({ clients, ...server }: Counted, seconds: number) =>
    saturate(server, sent, seconds, { core: '0,1', clients })
  const servers: Counted[] = []
  for (const workers of counts) {
    effort.progress(`workers: ${workers}, starting and warming up`)
    const options = { workers, core: '0,1' } as const
    const server = await startConcordat(effort.folder, base, upstreamPort, options)
    const counted = { ...server, clients: clientsEach * Math.max(1, workers) }
    await measure(counted, warmUpSeconds)
    servers.push(counted)
  }
  const rounds = await alternate(servers, effort, 'workers', (server) =>
    measure(server, effort.seconds),
  )
  for (const { started } of servers) await started.stop()
  const cpuUs = rounds.map((of) => of.map((round) => round.cpuUs))
  return counts.map((workers, at) => ({
    workers,
    cpuUs: spread(cpuUs[at] ?? []),
    perSecond: spread(rounds[at]?.map((round) => round.perSecond) ?? []),
    ratio: ratios(cpuUs[at] ?? [], cpuUs[0] ?? []),
  }))
}
