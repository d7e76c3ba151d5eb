// What a request costs as the contract grows, for a few busy operations and for all alike.
import { alternate, ratios } from './alternate.ts'
import type { Effort } from './alternate.ts'
import { quiet, roomyLimit } from './cases.ts'
import { requestsIn, saturate } from './measure.ts'
import { anyRequests, hotRequests, scaleContract } from './scale-contract.ts'
import { startConcordat } from './servers.ts'
import type { Server } from './servers.ts'
import { spread } from './stats.ts'
import type { Spread } from './stats.ts'

export interface OperationsCost {
  readonly operations: number
  /** CPU microseconds for each request to one of ten operations spread over the table. */
  readonly hotUs: Spread
  /** The same for operations drawn at random out of all. */
  readonly anyUs: Spread
  /** `hotUs` over that of the smallest contract. */
  readonly hotRatio: Spread
}

/** Either way from the smallest contract's. */
export const operationsGoal = 0.1

/** As many as the smallest contract has: only the table around them grows. */
const hotMax = 10
const anyCount = 100_000
const warmUpSeconds = 3
/** Long enough to have asked for nearly all once: the first request to an operation links it. */
const warmAllSeconds = 6
const roundsMax = 5
const readyMsMax = 90_000

export const sizes = ({ quick }: Pick<Effort, 'quick'>): readonly number[] =>
  quick ? [10, 1000, 10_000] : [10, 1000, 10_000, 100_000]

interface Sized extends Server {
  readonly operations: number
  readonly hot: string
  readonly any: string
}

export async function operationsCosts(
  upstreamPort: number,
  effort: Effort,
): Promise<OperationsCost[]> {
  const servers: Sized[] = []
  for (const operations of sizes(effort))
    servers.push(await startSized(operations, upstreamPort, effort))
  const atMost = { ...effort, rounds: Math.min(effort.rounds, roundsMax) }
  const hot = await alternate(servers, atMost, 'operations: 10 of them busy', (server) =>
    cpuUs(server, server.hot, effort.seconds),
  )
  for (const server of servers) await cpuUs(server, server.any, warmAllSeconds)
  const any = await alternate(servers, atMost, 'operations: all of them busy', (server) =>
    cpuUs(server, server.any, effort.seconds),
  )
  for (const { started } of servers) await started.stop()
  return servers.map(({ operations }, at) => ({
    operations,
    hotUs: spread(hot[at] ?? []),
    anyUs: spread(any[at] ?? []),
    hotRatio: ratios(hot[at] ?? [], hot[0] ?? []),
  }))
}

async function startSized(
  operations: number,
  upstreamPort: number,
  { folder, progress }: Effort,
): Promise<Sized> {
  progress(`operations: ${operations}, starting and warming up`)
  const name = `operations-${operations}`
  const contract = () => scaleContract(operations)
  const config = { ...quiet, policies: { limit: roomyLimit } }
  const written = { name, contract, config }
  const server = await startConcordat(folder, written, upstreamPort, { readyMsMax })
  const hot = requestsIn(folder, `${name}-hot`, hotRequests(operations, hotMax))
  const any = requestsIn(folder, `${name}-any`, anyRequests(operations, anyCount))
  const sized = { ...server, operations, hot, any }
  await cpuUs(sized, hot, warmUpSeconds)
  return sized
}

const cpuUs = async (server: Server, requestsFile: string, seconds: number): Promise<number> =>
  (await saturate(server, requestsFile, seconds)).cpuUs
