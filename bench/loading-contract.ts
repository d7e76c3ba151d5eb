// A contract of somebody's, as it starts and what it takes: from the start of the process to the first
// reply, and its memory with one worker once each operation has been asked for, above the chat
// contract's. Cold: nothing is cached. Warm: it has been started before.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, statSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Effort } from './alternate.ts'
import { ask } from './ask.ts'
import { residentBytes } from './memory.ts'
import { freePorts } from '../test/free-ports.ts'
import { concordatRun } from './servers.ts'
import { chatContract, startCold } from './start.ts'
import { spread } from './stats.ts'
import type { Spread } from './stats.ts'

export interface ContractLoading {
  readonly name: string
  readonly operations: number
  readonly contractBytes: number
  readonly coldMs: Spread
  readonly warmMs: Spread
  /** Above the chat contract's, after the second start. */
  readonly aboveChatBytes: Spread
}

/** For the largest public contracts. */
export const contractGoals = { coldMs: 5_000, warmMs: 2_000, aboveChatBytes: 150e6 } as const

const roundsMax = 3
/** Until what a start has left behind is collected. */
const restMs = 2_000

interface Served {
  readonly coldMs: number
  readonly warmMs: number
  readonly bytes: number
}

export async function contractLoading(
  file: string,
  upstreamPort: number,
  effort: Effort,
): Promise<ContractLoading> {
  const contract = resolve(file)
  const name = basename(contract)
  const requests = requestsOf(contract)
  const chatRequests = requestsOf(chatContract)
  const found: Served[] = []
  const above: number[] = []
  const rounds = Math.min(effort.rounds, roundsMax)
  for (let round = 1; round <= rounds; round += 1) {
    effort.progress(`loading: ${name}, ${round} of ${rounds}`)
    const served = await serve(contract, requests, upstreamPort, effort)
    const chat = await serve(chatContract, chatRequests, upstreamPort, effort)
    found.push(served)
    above.push(served.bytes - chat.bytes)
  }
  return {
    name,
    operations: requests.length,
    contractBytes: statSync(contract).size,
    coldMs: spread(found.map(({ coldMs }) => coldMs)),
    warmMs: spread(found.map(({ warmMs }) => warmMs)),
    aboveChatBytes: spread(above),
  }
}

interface Row {
  readonly method: string
  readonly path: string
}

/** A request to each operation, good enough to be looked at by all that it is held to. */
function requestsOf(contract: string): string[] {
  const program = join(import.meta.dirname, '..', 'bin', 'concordat')
  const args = [program, 'routes', contract, '--json']
  const printed = execFileSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 2 ** 28 })
  return (JSON.parse(printed) as Row[]).map(({ method, path }) => {
    const head = `${method} ${path.replaceAll(/\{[^}]*\}/g, '1')} HTTP/1.1\r\nHost: localhost\r\n`
    const credential = 'Authorization: Bearer some-token\r\n'
    if (method === 'GET' || method === 'HEAD') return `${head}${credential}\r\n`
    const body = 'Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}'
    return `${head}${credential}${body}`
  })
}

/** Started twice; asked for everything the second time. */
async function serve(
  contract: string,
  requests: readonly string[],
  upstreamPort: number,
  { folder }: Effort,
): Promise<Served> {
  const [port = 0, adminPort = 0] = await freePorts(2)
  const cache = mkdtempSync(join(folder, 'cache-'))
  const args = [...concordatRun({ upstreamPort, port, adminPort }), contract, '--workers', '1']
  const overlay = unlimited(folder)
  const started = () => startCold([...args, '--overlay', overlay], cache)
  const [first = ''] = requests
  const cold = started()
  const { afterMs: coldMs } = await cold.answers(contract, port, first).finally(cold.stop)
  const warm = started()
  try {
    const { afterMs: warmMs } = await warm.answers(contract, port, first)
    for (const request of requests) await ask(port, request)
    await wait(restMs)
    return { coldMs, warmMs, bytes: residentBytes(warm.pid) }
  } finally {
    await warm.stop()
  }
}

/** Beside the contract, which is not ours to change: one client asks for all of it at once. */
function unlimited(folder: string): string {
  const file = join(folder, 'unlimited.overlay.json')
  const update = { 'x-concordat': { policies: { limit: { mode: 'off' } } } }
  const info = { title: 'No limit of requests', version: '1' }
  writeFileSync(
    file,
    JSON.stringify({ overlay: '1.0.0', info, actions: [{ target: '$', update }] }),
  )
  return file
}
