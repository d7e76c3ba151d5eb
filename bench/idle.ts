// Ten thousand connections that have asked once and now rest: what each holds of the gateway's
// memory, and what CPU all of them take.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Effort } from './alternate.ts'
import { get, relayOnly } from './cases.ts'
import { relayContract } from './contracts.ts'
import { residentBytes } from './memory.ts'
import { requestsIn, saturate } from './measure.ts'
import { cpuMicroseconds, loadCore, start } from './processes.ts'
import { startRival } from './rivals.ts'
import { startConcordat } from './servers.ts'
import type { Server } from './servers.ts'

export interface Idle {
  readonly name: string
  readonly connections: number
  /** Resident memory for each connection; what the kernel keeps for it does not count. */
  readonly bytesEach: number
  /** Of one core, all connections together. */
  readonly cpuShare: number
}

export const idleGoals = { bytesEach: 8000, cpuShare: 0.01 } as const

const connectionsWanted = 10_000
/** Descriptors of a gateway that are not its clients': upstream connections, files, threads. */
const descriptorsKept = 1000
const warmUpSeconds = 3
const settleMs = 3000

export async function idleCosts(upstreamPort: number, effort: Effort): Promise<Idle[]> {
  const connections = Math.min(connectionsWanted, descriptorsMax() - descriptorsKept)
  if (connections < connectionsWanted)
    effort.progress(`idle: ${connections} connections, for descriptors are bounded (ulimit -Hn)`)
  const written = { name: 'idle', contract: relayContract, config: relayOnly }
  const makers = [
    () => startConcordat(effort.folder, written, upstreamPort),
    () => startRival('nginx', effort.folder, upstreamPort),
  ]
  const found: Idle[] = []
  for (const make of makers) found.push(await costOf(await make(), connections, effort))
  return found
}

/** Node raises its own bound to the hard one when it starts, and its children inherit that. */
function descriptorsMax(): number {
  const line = /^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))
  return Number(line?.[1] ?? Infinity)
}

async function costOf(server: Server, connections: number, effort: Effort): Promise<Idle> {
  const { pid } = server.started
  effort.progress(`idle: ${server.name}, warming up`)
  await saturate(server, requestsIn(effort.folder, 'idle', [get('/small')]), warmUpSeconds)
  await wait(settleMs)
  const before = residentBytes(pid)
  effort.progress(`idle: ${server.name}, opening ${connections} connections`)
  const clients = await startClients(server.port, connections)
  await wait(settleMs)
  const after = residentBytes(pid)
  effort.progress(`idle: ${server.name}, at rest`)
  const cpuShare = await cpuShareOf(pid, effort.seconds * 2000)
  await clients.stop()
  await server.started.stop()
  const bytesEach = (after - before) / connections
  return { name: server.name, connections, bytesEach, cpuShare }
}

async function startClients(port: number, connections: number) {
  const script = join(import.meta.dirname, 'idle-clients.ts')
  const args = [script, String(port), String(connections)]
  const started = start(process.execPath, args, { core: loadCore, channel: true })
  const ended = once(started.child, 'exit').then(() => {
    throw new Error(`idle clients: ${started.said()}`)
  })
  await Promise.race([once(started.child, 'message'), ended])
  ended.catch(() => undefined)
  return started
}

export async function cpuShareOf(pid: number, forMs: number): Promise<number> {
  const [cpuBefore, beforeMs] = [cpuMicroseconds(pid), performance.now()]
  await wait(forMs)
  return (cpuMicroseconds(pid) - cpuBefore) / 1000 / (performance.now() - beforeMs)
}
