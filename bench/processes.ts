// Processes of the bench: pinned to a core, bounded in time by coreutils' timeout even if the bench
// itself dies, and ended by process group. Their CPU time is read from the kernel's scheduler.
import { spawn } from 'node:child_process'
import type { ChildProcess, StdioOptions } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'

/** The gateway has a core of its own; the load and the service share the other. */
export const gatewayCore = 0
export const loadCore = 1

const lifetimeSecondsMax = 1800
const stopWaitMsMax = 5000

export interface Started {
  readonly pid: number
  readonly child: ChildProcess
  /** What it has said on standard output and error so far, its end alone if it says much. */
  readonly said: () => string
  readonly stop: () => Promise<void>
}

export interface StartOptions {
  readonly core: number | '0,1'
  readonly env?: Readonly<Record<string, string>>
  /** Open a channel for `child.send`; what it prints on standard output is let go of, unread. */
  readonly channel?: boolean
}

const running = new Set<number>()

process.on('exit', () => running.forEach((pid) => killGroup(pid, 'SIGKILL')))
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => process.exit(1))

export function start(command: string, args: readonly string[], options: StartOptions): Started {
  const bounded = ['--kill-after=2', String(lifetimeSecondsMax)]
  const pinned = ['taskset', '-c', String(options.core), command, ...args]
  const stdio: StdioOptions = options.channel
    ? ['ignore', 'ignore', 'pipe', 'ipc']
    : ['ignore', 'pipe', 'pipe']
  const child = spawn('timeout', [...bounded, ...pinned], {
    stdio,
    detached: true,
    env: { ...process.env, PATH: pathWithSbin(), ...options.env },
  })
  const pid = child.pid
  if (pid === undefined) throw new Error(`${command} did not start: is coreutils' timeout there?`)
  running.add(pid)
  let text = ''
  const keepEnd = (piece: Buffer) => {
    text = (text + piece.toString()).slice(-8192)
  }
  child.stdout?.on('data', keepEnd)
  child.stderr?.on('data', keepEnd)
  return { pid, child, said: () => text.trim(), stop: () => stop(child, pid) }
}

async function stop(child: ChildProcess, pid: number): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    // Not through timeout, which would tell the program twice: that means hurry.
    for (const program of childrenOf(pid, pid)) process.kill(program, 'SIGTERM')
    const impatient = setTimeout(() => killGroup(pid, 'SIGKILL'), stopWaitMsMax)
    await ended
    clearTimeout(impatient)
  }
  // What outlived its leader goes too.
  killGroup(pid, 'SIGKILL')
  running.delete(pid)
}

function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch {
    // The group has already ended.
  }
}

/** Runs a command to its end and returns what it printed. */
export async function run(
  command: string,
  args: readonly string[],
  options: StartOptions,
): Promise<string> {
  const started = start(command, args, options)
  const code = await new Promise((resolve) => started.child.once('close', resolve))
  running.delete(started.pid)
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${started.said()}`)
  return started.said()
}

/** nginx lives in /usr/sbin, which is not on every user's path. */
export const pathWithSbin = (): string => `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`

/** CPU microseconds, user and system, of a process and all below it, every thread counted. */
export function cpuMicroseconds(pid: number): number {
  return family(pid).reduce((sum, member) => sum + ownCpuMicroseconds(member), 0)
}

// `schedstat` counts nanoseconds where `stat` counts ticks of 10 ms, which would be 1 % of a second.
function ownCpuMicroseconds(pid: number): number {
  let nanoseconds = 0
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const [onCpu] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')
    nanoseconds += Number(onCpu)
  }
  return nanoseconds / 1000
}

/** A process and all below it. */
export function family(pid: number): number[] {
  const members = [pid]
  for (const member of members)
    for (const thread of readdirSync(`/proc/${member}/task`))
      members.push(...childrenOf(member, Number(thread)))
  return members
}

function childrenOf(pid: number, thread: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').trim()
  return text === '' ? [] : text.split(' ').map(Number)
}

export interface CoreTicks {
  readonly busy: number
  readonly all: number
}

/** Ticks of a core since boot; two readings give its load. */
export function coreTicks(core: number): CoreTicks {
  const line =
    new RegExp(`^cpu${core} (.*)$`, 'm').exec(readFileSync('/proc/stat', 'utf8'))?.[1] ?? ''
  const ticks = line.split(' ').slice(0, 8).map(Number)
  const all = ticks.reduce((sum, value) => sum + value, 0)
  return { busy: all - (ticks[3] ?? 0) - (ticks[4] ?? 0), all }
}

export const coreLoad = (from: CoreTicks, to: CoreTicks): number =>
  (to.busy - from.busy) / Math.max(1, to.all - from.all)
