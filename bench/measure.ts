// One round of each kind of measurement: saturation by wrk, and a fixed rate by bench/load.ts.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { coreLoad, coreTicks, cpuMicroseconds, gatewayCore, loadCore, run } from './processes.ts'
import type { Server } from './servers.ts'

export const connections = 64

/** Raw requests in a file, as wrk.lua and load.ts read them. */
export interface Requests {
  readonly file: string
  readonly list: readonly string[]
}

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
}

export function requestsIn(folder: string, name: string, list: readonly string[]): Requests {
  const file = join(folder, `${name}.requests`)
  writeFileSync(file, list.join('\0'), 'latin1')
  return { file, list }
}

export async function saturate(
  server: Server,
  requests: Requests,
  seconds: number,
): Promise<Saturated> {
  const cpuBefore = cpuMicroseconds(server.process.pid)
  const ticksBefore = coreTicks(gatewayCore)
  const said = await run('wrk', wrkArguments(server, requests, seconds), { core: loadCore })
  const cpuUs = cpuMicroseconds(server.process.pid) - cpuBefore
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

function wrkArguments(server: Server, requests: Requests, seconds: number): string[] {
  const script = join(import.meta.dirname, 'wrk.lua')
  const load = ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', script]
  return [...load, `http://127.0.0.1:${server.port}/`, '--', requests.file]
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
  requests: Requests,
  perSecond: number,
  seconds: number,
): Promise<Offered> {
  const script = join(import.meta.dirname, 'load.ts')
  const numbers = [connections, Math.round(perSecond), seconds].map(String)
  const args = [script, String(server.port), requests.file, ...numbers]
  return JSON.parse(await run(process.execPath, args, { core: loadCore })) as Offered
}
