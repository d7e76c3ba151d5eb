// One GiB down and one GiB up: how long it takes through Concordat and through nginx in both of its
// ways, what CPU it costs, and how much memory the gateway grows by meanwhile.
import { join } from 'node:path'
import { alternate, ratios } from './alternate.ts'
import type { Effort } from './alternate.ts'
import { relayOnly } from './cases.ts'
import { relayContract } from './contracts.ts'
import { forgetPeak, peakBytes, residentBytes } from './memory.ts'
import { cpuMicroseconds, loadCore, run, start } from './processes.ts'
import { startRival } from './rivals.ts'
import { freePorts } from '../test/free-ports.ts'
import { ready, startConcordat } from './servers.ts'
import type { Server } from './servers.ts'
import { median, spread } from './stats.ts'
import type { Spread } from './stats.ts'

export type Direction = 'down' | 'up'

export interface Carrier {
  readonly name: string
  readonly seconds: Spread
  /** Of CPU, for the whole GiB. */
  readonly cpuSeconds: Spread
  /** The most memory held during the transfers, less what was held before the first of them. */
  readonly growthBytes: number
}

export interface Transfer {
  readonly direction: Direction
  /** With no gateway between: what the two ends themselves can do. */
  readonly directSeconds: Spread
  readonly concordat: Carrier
  readonly nginx: readonly Carrier[]
  /** Concordat's throughput over nginx's in its better way. */
  readonly throughputRatio: Spread
}

export const transferGoals = { throughputRatio: 0.8, growthBytes: 64e6 } as const

const totalBytes = 2 ** 30
/** A transfer differs less from round to round than a second of requests does. */
const roundsMax = 5
const script = join(import.meta.dirname, 'far-ends.ts')

interface Round {
  readonly seconds: number
  readonly cpuSeconds: number
  readonly growthBytes: number
}

export async function transfers(effort: Effort): Promise<Transfer[]> {
  const service = await startService()
  const written = { name: 'transfer', contract: relayContract, config: relayOnly }
  const concordat = await startConcordat(effort.folder, written, service.port)
  const buffered = await startRival('nginx', effort.folder, service.port, 'on')
  const passing = await startRival('nginx', effort.folder, service.port, 'off')
  const gateways = [
    concordat,
    { ...buffered, name: 'nginx, buffering on' },
    { ...passing, name: 'nginx, buffering off' },
  ]
  const found: Transfer[] = []
  for (const direction of ['down', 'up'] as const)
    found.push(await measured(direction, service, gateways, effort))
  for (const { started } of [service, ...gateways]) await started.stop()
  return found
}

async function startService(): Promise<Server> {
  const [port = 0] = await freePorts(1)
  const args = [script, 'serve', String(port), String(totalBytes)]
  return ready({
    name: 'service',
    port,
    started: start(process.execPath, args, { core: loadCore }),
  })
}

async function measured(
  direction: Direction,
  service: Server,
  gateways: readonly Server[],
  effort: Effort,
): Promise<Transfer> {
  const atMost = { ...effort, rounds: Math.min(effort.rounds, roundsMax) }
  const before = gateways.map(({ started }) => residentBytes(started.pid))
  const ends = [...gateways, service]
  const rounds = await alternate(ends, atMost, `transfer: 1 GiB ${direction}`, (server) =>
    once(direction, server, before[gateways.indexOf(server)] ?? 0),
  )
  const [ours = [], on = [], off = [], direct = []] = rounds
  const better = median(secondsOf(on)) < median(secondsOf(off)) ? on : off
  const carriers = gateways.map(({ name }, at) => carrier(name, rounds[at] ?? []))
  const [concordat = carrier('Concordat', ours), ...nginx] = carriers
  return {
    direction,
    directSeconds: spread(secondsOf(direct)),
    concordat,
    nginx,
    throughputRatio: ratios(secondsOf(better), secondsOf(ours)),
  }
}

const secondsOf = (rounds: readonly Round[]): number[] => rounds.map(({ seconds }) => seconds)

async function once(direction: Direction, server: Server, beforeBytes: number): Promise<Round> {
  const { pid } = server.started
  forgetPeak(pid)
  const cpuBefore = cpuMicroseconds(pid)
  const args = [script, direction, String(server.port), String(totalBytes)]
  const { seconds } = JSON.parse(await run(process.execPath, args, { core: loadCore })) as {
    seconds: number
  }
  const cpuSeconds = (cpuMicroseconds(pid) - cpuBefore) / 1e6
  return { seconds, cpuSeconds, growthBytes: peakBytes(pid) - beforeBytes }
}

const carrier = (name: string, rounds: readonly Round[]): Carrier => ({
  name,
  seconds: spread(secondsOf(rounds)),
  cpuSeconds: spread(rounds.map(({ cpuSeconds }) => cpuSeconds)),
  growthBytes: Math.max(0, ...rounds.map(({ growthBytes }) => growthBytes)),
})
