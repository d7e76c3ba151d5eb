// One round of each kind of measurement: saturation by wrk, and a fixed rate by bench/load.ts.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { coreLoad, coreTicks, cpuMicroseconds, gatewayCore, loadCore, run } from './processes.ts'
import type { StartOptions } from './processes.ts'
import type { Server } from './servers.ts'

export const connections = 64

export interface Saturated {
  /** CPU microseconds of the gateway, all threads, for each request. */
  readonly cpuUs: number
  readonly perSecond: number
  readonly p50Us: number
  readonly p99Us: number
  /** Share of the gateway's core that was not idle: under 0.97 the gateway was not saturated. */
  readonly coreLoad: number
}

export interface Offered {
  readonly p50Us: number
  readonly p99Us: number
  /** Share of the time in which the load itself was kept off its core. */
  readonly stalled: number
}

/** Writes raw requests to a file as wrk.lua and load.ts read them, and returns its path. */
export function requestsIn(folder: string, name: string, requests: readonly string[]): string {
  const file = join(folder, `${name}.requests`)
  writeFileSync(file, requests.join('\0'), 'latin1')
  return file
}

export interface LoadOptions {
  readonly core?: StartOptions['core']
  /** Connections that ask at the same time. */
  readonly clients?: number
}

export async function saturate(
  server: Server,
  requestsFile: string,
  seconds: number,
  { core = loadCore, clients = connections }: LoadOptions = {},
): Promise<Saturated> {
  const cpuBefore = cpuMicroseconds(server.started.pid)
  const ticksBefore = coreTicks(gatewayCore)
  const said = await run('wrk', wrkArguments(server, requestsFile, seconds, clients), { core })
  const cpuUs = cpuMicroseconds(server.started.pid) - cpuBefore
  const load = coreLoad(ticksBefore, coreTicks(gatewayCore))
  const counted = wrkResult(said)
  if (counted.refused + counted.broken > 0)
    throw new Error(`${server.name}: ${counted.refused} refused, ${counted.broken} broken`)
  return {
    cpuUs: cpuUs / counted.requests,
    perSecond: (counted.requests / counted.durationUs) * 1e6,
    p50Us: counted.p50Us,
    p99Us: counted.p99Us,
    coreLoad: load,
  }
}

function wrkArguments(
  server: Server,
  requestsFile: string,
  seconds: number,
  clients: number,
): string[] {
  const script = join(import.meta.dirname, 'wrk.lua')
  const load = ['-t1', `-c${clients}`, `-d${seconds}s`, '-s', script]
  return [...load, `http://127.0.0.1:${server.port}/`, '--', requestsFile]
}

interface WrkResult {
  readonly requests: number
  readonly durationUs: number
  readonly p50Us: number
  readonly p99Us: number
  readonly refused: number
  readonly broken: number
}

function wrkResult(said: string): WrkResult {
  const line = /^RESULT (.*)$/m.exec(said)?.[1]
  if (line === undefined) throw new Error(`wrk printed no result: ${said}`)
  return JSON.parse(line) as WrkResult
}

export async function offer(
  server: Server,
  requestsFile: string,
  perSecond: number,
  seconds: number,
): Promise<Offered> {
  const script = join(import.meta.dirname, 'load.ts')
  const numbers = [connections, Math.round(perSecond), seconds].map(String)
  const args = [script, String(server.port), requestsFile, ...numbers]
  return JSON.parse(
    await run('chrt', ['--idle', '0', process.execPath, ...args], { core: loadCore }),
  ) as Offered
}
