// From the start of the process to the first request answered through it, as a person waits for it.
// Cold: nothing is cached. Warm: it has been started before.
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fixturePath, fixturesAbsent } from '../test/fixtures.ts'
import { type Answer, ask } from './ask.ts'
import { get } from './cases.ts'
import type { Effort } from './alternate.ts'
import { peakBytes } from './memory.ts'
import { start, type Started as Process } from './processes.ts'
import { freePorts } from '../test/free-ports.ts'
import { concordatRun, type Ports } from './servers.ts'
import { spread } from './stats.ts'
import type { Spread } from './stats.ts'

export interface StartTimes {
  readonly name: string
  readonly coldMs: Spread
  readonly warmMs: Spread
  readonly goal: { readonly of: 'cold' | 'warm'; readonly ms: number }
}

interface Started {
  readonly name: string
  readonly contract: string
  readonly request: string
  readonly goal: StartTimes['goal']
}

const starts = 7
const readyMsMax = 120_000

export const chatContract = join(import.meta.dirname, '..', 'examples', 'chat', 'openapi.yaml')

const chat: Started = {
  name: 'chat (15 operations)',
  contract: chatContract,
  request: get('/v1/channels/ch_x9y8z7', ['Authorization: Bearer some-token']),
  goal: { of: 'warm', ms: 500 },
}

const discord: Started = {
  name: 'Discord (242 operations)',
  contract: fixturePath('contracts', 'discord.json'),
  request: get('/api/v10/gateway'),
  goal: { of: 'cold', ms: 2000 },
}

export async function startTimes(upstreamPort: number, effort: Effort): Promise<StartTimes[]> {
  if (fixturesAbsent !== false) effort.progress(`start of Discord's contract: ${fixturesAbsent}`)
  const contracts = fixturesAbsent === false ? [chat, discord] : [chat]
  const times: StartTimes[] = []
  for (const contract of contracts) times.push(await timesOf(contract, upstreamPort, effort))
  return times
}

async function timesOf(
  started: Started,
  upstreamPort: number,
  { folder, progress }: Effort,
): Promise<StartTimes> {
  const coldMs: number[] = []
  const warmMs: number[] = []
  for (let round = 1; round <= starts; round += 1) {
    progress(`start: ${started.name}, ${round} of ${starts}`)
    const cache = mkdtempSync(join(folder, 'cache-'))
    // A second start is the same command: with other ports it would be another build.
    const [port = 0, adminPort = 0] = await freePorts(2)
    const ports = { upstreamPort, port, adminPort }
    coldMs.push((await firstReply(started, ports, cache)).afterMs)
    warmMs.push((await firstReply(started, ports, cache)).afterMs)
  }
  const { name, goal } = started
  return { name, coldMs: spread(coldMs), warmMs: spread(warmMs), goal }
}

export interface FirstReply {
  readonly afterMs: number
  /** The most memory that the process held until then. */
  readonly peakBytes: number
}

export async function firstReply(
  { name, contract, request }: Pick<Started, 'name' | 'contract' | 'request'>,
  ports: Ports,
  cache: string,
): Promise<FirstReply> {
  const gateway = startCold([...concordatRun(ports), contract], cache)
  try {
    const { afterMs, answer } = await gateway.answers(name, ports.port, request)
    if (answer.status !== 200) throw new Error(`${name}: ${answer.status} ${answer.body}`)
    return { afterMs, peakBytes: peakBytes(gateway.pid) }
  } finally {
    await gateway.stop()
  }
}

export interface Starting extends Pick<Process, 'pid' | 'stop'> {
  /** The first answer, of whatever status, and how long after the start it was there. */
  answers(name: string, port: number, request: string): Promise<{ afterMs: number; answer: Answer }>
}

/** A gateway that may use both cores, and keeps its builds in a folder of its own. */
export function startCold(args: readonly string[], cache: string): Starting {
  const startedMs = performance.now()
  const gateway = start(process.execPath, args, { core: '0,1', env: { XDG_CACHE_HOME: cache } })
  return {
    pid: gateway.pid,
    stop: gateway.stop,
    async answers(name, port, request) {
      while (performance.now() - startedMs < readyMsMax) {
        const answer = await ask(port, request)
        if (answer !== undefined) return { afterMs: performance.now() - startedMs, answer }
        if (gateway.child.exitCode !== null) break
        await wait(2)
      }
      throw new Error(`${name} was not ready in ${readyMsMax} ms: ${gateway.said()}`)
    },
  }
}
