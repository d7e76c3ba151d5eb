// One round over one protocol: what a gateway's CPU was for each request, message or event.
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Saturated } from '../measure.ts'
import {
  coreLoad,
  coreTicks,
  cpuMicroseconds,
  gatewayCore,
  loadCore,
  run,
  start,
} from '../processes.ts'
import { quantile } from '../stats.ts'
import type { ProtocolCase } from './cases.ts'
import type { Front, Services } from './servers.ts'

/** Connections, and how many requests are under way on each. */
const [clients, streams] = [16, 4]
const [sockets, listeners] = [64, 200]

/** A reply, or a message of gRPC, is longer. */
const replyBytesMin = 100

/** What was asked in a round, and how long that took. */
interface Asked {
  readonly requests: number
  readonly perSecond: number
  readonly p50Us: number
  readonly p99Us: number
}

export function measured(one: ProtocolCase, front: Front, services: Services, seconds: number) {
  switch (one.load) {
    case 'wrk':
      return around(front, () => wrk(front, seconds))
    case 'h2load':
      return around(front, () => h2load(one, front, services, seconds))
    case 'sockets':
      return live(front, 'sockets', sockets, seconds)
    case 'events':
      return live(front, 'events', listeners, seconds)
  }
}

async function around(front: Front, ask: () => Promise<Asked>): Promise<Saturated> {
  const stop = watch(front)
  const asked = await ask()
  return stop(asked)
}

function watch(front: Front): (asked: Asked) => Saturated {
  const { pid } = front.started
  const [cpuBefore, ticksBefore] = [cpuMicroseconds(pid), coreTicks(gatewayCore)]
  return ({ requests, perSecond, p50Us, p99Us }) => {
    const cpuUs = (cpuMicroseconds(pid) - cpuBefore) / requests
    return {
      cpuUs,
      perSecond,
      p50Us,
      p99Us,
      coreLoad: coreLoad(ticksBefore, coreTicks(gatewayCore)),
    }
  }
}

async function wrk({ tlsPort }: Front, seconds: number): Promise<Asked> {
  const args = ['-t1', '-c64', `-d${seconds}s`, '--latency', `https://127.0.0.1:${tlsPort}/small`]
  const said = await run('wrk', args, { core: loadCore })
  if (/Non-2xx|Socket errors/.test(said)) throw new Error(`wrk: ${said}`)
  const requests = Number(/(\d+) requests in/.exec(said)?.[1])
  return {
    requests,
    perSecond: Number(/Requests\/sec: +([\d.]+)/.exec(said)?.[1]),
    p50Us: microseconds(/50% +(\S+)/.exec(said)?.[1]),
    p99Us: microseconds(/99% +(\S+)/.exec(said)?.[1]),
  }
}

function microseconds(text = ''): number {
  const units: Record<string, number> = { us: 1, ms: 1000, s: 1_000_000 }
  const [, value, unit = ''] = /^([\d.]+)([a-z]+)$/.exec(text) ?? []
  return Number(value) * (units[unit] ?? NaN)
}

async function h2load(
  one: ProtocolCase,
  { name, tlsPort }: Front,
  { message }: Services,
  seconds: number,
): Promise<Asked> {
  const log = join(message, '..', `${one.name}-${name}.log`)
  rmSync(log, { force: true })
  const path = one.upstream === 'grpc' ? '/chat.v1.Chat/SendMessage' : (one.path ?? '/small')
  const grpc = ['-d', message, '-H', 'content-type: application/grpc', '-H', 'te: trailers']
  const args = [
    '-t1',
    `-c${clients}`,
    `-m${streams}`,
    `-D${seconds}`,
    `--log-file=${log}`,
    ...(one.upstream === 'grpc' ? grpc : []),
    `https://127.0.0.1:${tlsPort}${path}`,
  ]
  const said = await run('h2load', args, { core: loadCore })
  const [, done, failed] = /(\d+) succeeded, (\d+) failed/.exec(said) ?? []
  if (done === undefined || failed !== '0') throw new Error(`${name}: h2load: ${said}`)
  const requests = Number(done)
  // A refusal in gRPC has the status 200 as well, but no message.
  const dataBytes = Number(/ \((\d+)\) data/.exec(said)?.[1])
  if (!(dataBytes >= requests * replyBytesMin)) throw new Error(`${name} refused: ${said}`)
  const latenciesUs = readFileSync(log, 'latin1')
    .split('\n')
    .map((line) => Number(line.split('\t')[2]))
    .filter((us) => !Number.isNaN(us))
  rmSync(log)
  return {
    requests,
    perSecond: requests / seconds,
    p50Us: quantile(latenciesUs, 0.5),
    p99Us: quantile(latenciesUs, 0.99),
  }
}

/** The load warms itself up and says when it counts. */
async function live(
  front: Front,
  kind: 'sockets' | 'events',
  count: number,
  seconds: number,
): Promise<Saturated> {
  const load = startLive(kind, front.port, count, seconds)
  const gone = new Promise<never>((_, reject) =>
    load.child.once('exit', () => reject(new Error(`${kind}: ${load.said()}`))),
  )
  const message = () => new Promise<unknown>((resolve) => load.child.once('message', resolve))
  await Promise.race([message(), gone])
  const stop = watch(front)
  const asked = (await Promise.race([message(), gone])) as Asked & { counted: number }
  const found = stop({ ...asked, requests: asked.counted })
  gone.catch(() => undefined)
  await load.stop()
  return found
}

export function startLive(kind: string, port: number, clientCount: number, seconds: number) {
  const script = join(import.meta.dirname, 'live-load.ts')
  const args = [script, kind, String(port), String(clientCount), String(seconds)]
  return start(process.execPath, args, { core: loadCore, channel: true })
}
