// From the start of the process to the first reply, and the most memory it held until then, as the
// contract grows. Cold: nothing is cached. Warm: it has been started before.
import { mkdtempSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Effort } from './alternate.ts'
import { sizes } from './operations.ts'
import { operationsPerResource, scaleContract, scaleRequest } from './scale-contract.ts'
import { freePorts } from '../test/free-ports.ts'
import { firstReply } from './start.ts'
import type { FirstReply } from './start.ts'
import { spread } from './stats.ts'
import type { Spread } from './stats.ts'

export interface Loading {
  readonly operations: number
  readonly contractBytes: number
  readonly cold: Loaded
  readonly warm: Loaded
}

export interface Loaded {
  readonly ms: Spread
  readonly peakBytes: Spread
}

/** For the largest contract, cold or warm. */
export const loadingGoals = { operations: 100_000, ms: 15_000, peakBytes: 2e9 } as const

const roundsMax = 3

export async function loadings(upstreamPort: number, effort: Effort): Promise<Loading[]> {
  const found: Loading[] = []
  for (const operations of sizes(effort))
    found.push(await loadingOf(operations, upstreamPort, effort))
  return found
}

async function loadingOf(
  operations: number,
  upstreamPort: number,
  { folder, progress, rounds }: Effort,
): Promise<Loading> {
  const contract = join(mkdtempSync(join(folder, 'loading-')), 'openapi.json')
  writeFileSync(contract, JSON.stringify(scaleContract(operations)))
  // The last resource's: reading one thing by its id.
  const request = scaleRequest(operations - operationsPerResource + 2)
  const cold: FirstReply[] = []
  const warm: FirstReply[] = []
  const roundsHere = Math.min(rounds, roundsMax)
  for (let round = 1; round <= roundsHere; round += 1) {
    progress(`loading: ${operations} operations, ${round} of ${roundsHere}`)
    const cache = mkdtempSync(join(folder, 'cache-'))
    // With other ports it would be another build.
    const [port = 0, adminPort = 0] = await freePorts(2)
    const started = { name: `${operations} operations`, contract, request }
    const ports = { upstreamPort, port, adminPort }
    cold.push(await firstReply(started, ports, cache))
    warm.push(await firstReply(started, ports, cache))
  }
  const contractBytes = statSync(contract).size
  return { operations, contractBytes, cold: loaded(cold), warm: loaded(warm) }
}

const loaded = (replies: readonly FirstReply[]): Loaded => ({
  ms: spread(replies.map(({ afterMs }) => afterMs)),
  peakBytes: spread(replies.map(({ peakBytes }) => peakBytes)),
})
