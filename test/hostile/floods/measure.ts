// What floods cost: CPU and memory of the whole process of the gateway, and what others wait
// meanwhile, beside what they waited just before.
import { readdirSync, readFileSync } from 'node:fs'
import { readingOf } from '../../stay/readings.ts'
import type { Arena } from './arena.ts'
import { sleep } from './attacker.ts'
import { type Flood, isEnded } from './flood.ts'

export interface Measured {
  readonly name: string
  readonly told: string
  readonly isEnded: boolean
  readonly cpuMs: number
  readonly memoryKb: number
  /** How often it was begun anew in its time. */
  readonly rounds: number
  readonly p99Ms: number
  readonly quietP99Ms: number
  /** To what others waited without it; and the same of who asks past the gateway. */
  readonly ratio: number
  readonly directRatio: number
  readonly wrong: readonly string[]
}

export interface Effort {
  /** How long others are asked while it lasts, and while nothing does. */
  readonly windowMs: number
  readonly rounds: number
  /** How often it is begun anew, where it ends before; 0: at once. */
  readonly everyMs: number
}

/** Of every thread that runs, in nanoseconds of the scheduler: ticks of 10 ms are too coarse. */
export function cpuMsOf(pid: number): number {
  const threads = `/proc/${pid}/task`
  let ns = 0
  for (const thread of readdirSync(threads)) {
    ns += Number(readFileSync(`${threads}/${thread}/schedstat`, 'utf8').split(' ', 1)[0])
  }
  return ns / 1e6
}

export async function measure(arena: Arena, flood: Flood, effort: Effort): Promise<Measured> {
  // What is compiled and allocated the first time is not what it costs.
  const told = await flood.attack(arena)
  const runs = []
  for (let i = 0; i < effort.rounds; i++) runs.push(await measureOnce(arena, flood, effort))
  // One round or another falls together with what else the machine does.
  const middle = runs.toSorted((a, b) => a.ratio - b.ratio)[Math.floor(runs.length / 2)]!
  const strange = runs.find((run) => !run.isEnded)
  return {
    ...(strange ?? middle),
    told: strange?.told ?? told,
    cpuMs: Math.max(...runs.map(({ cpuMs }) => cpuMs)),
    memoryKb: Math.max(...runs.map(({ memoryKb }) => memoryKb)),
    wrong: runs.flatMap(({ wrong }) => wrong),
  }
}

async function measureOnce(arena: Arena, flood: Flood, effort: Effort): Promise<Measured> {
  const { windowMs, everyMs } = effort
  const { pid } = arena.program
  await arena.bystander()
  const quietCpuMs = cpuMsOf(pid)
  await sleep(windowMs)
  const quiet = await arena.bystander()
  const idleCpuMs = (cpuMsOf(pid) - quietCpuMs) / quiet.answered
  const beforeCpuMs = cpuMsOf(pid)
  const watch = new MemoryWatch(pid)
  const startMs = performance.now()
  const tells: string[] = []
  while (tells.length === 0 || performance.now() - startMs < windowMs) {
    tells.push(await flood.attack(arena))
    await sleep(Math.max(0, tells.length * everyMs - (performance.now() - startMs)))
  }
  const others = await arena.bystander()
  const cpuMs = cpuMsOf(pid) - beforeCpuMs - idleCpuMs * others.answered
  const strange = tells.find((told) => !isEnded(flood, told))
  return {
    name: flood.name,
    told: strange ?? tells[0]!,
    isEnded: strange === undefined,
    cpuMs: Math.max(0, cpuMs / tells.length),
    memoryKb: watch.stop() / 1024,
    rounds: tells.length,
    p99Ms: others.p99Ms,
    quietP99Ms: quiet.p99Ms,
    ratio: others.p99Ms / quiet.p99Ms,
    directRatio: others.directP99Ms / quiet.directP99Ms,
    wrong: [...quiet.wrong, ...others.wrong],
  }
}

/** How much more than at its beginning the process ever holds. */
class MemoryWatch {
  readonly #pid: number
  readonly #before: number
  #peak: number
  readonly #timer: NodeJS.Timeout

  constructor(pid: number) {
    this.#pid = pid
    this.#before = readingOf(pid).residentBytes
    this.#peak = this.#before
    this.#timer = setInterval(() => this.#look(), 10)
  }

  #look(): void {
    this.#peak = Math.max(this.#peak, readingOf(this.#pid).residentBytes)
  }

  stop(): number {
    clearInterval(this.#timer)
    this.#look()
    return this.#peak - this.#before
  }
}
