// What can be read of a running gateway from outside: memory, descriptors and CPU from the kernel,
// counts from its metrics. Linux alone.
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'

/** Passed as a test's `skip`. */
export const procAbsent: string | false =
  process.platform === 'linux' ? false : 'readings come from /proc, which Linux alone has'

export interface Reading {
  readonly residentBytes: number
  readonly descriptors: number
  /** User and system, every thread, since the start. */
  readonly cpuSeconds: number
  readonly threads: number
}

const ticksPerSecond = 100

export function readingOf(pid: number): Reading {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const field = (name: string) =>
    Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(status)?.[1] ?? 0)
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name in parentheses may hold anything, so count from its end: utime and stime are 12 on.
  const columns = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return {
    residentBytes: field('VmRSS') * 1024,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    cpuSeconds: (Number(columns[11]) + Number(columns[12])) / ticksPerSecond,
    threads: field('Threads'),
  }
}

/** Every series of a scrape, by name with labels. */
export type Series = ReadonlyMap<string, number>

export async function scrape(adminUrl: string): Promise<Series> {
  return seriesIn(await (await fetch(`${adminUrl}/metrics`)).text())
}

export function seriesIn(text: string): Series {
  return new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const at = line.lastIndexOf(' ')
        return [line.slice(0, at), Number(line.slice(at + 1))]
      }),
  )
}

/** The sum of all series of one name, whatever their labels. */
export function sumOf(series: Series, name: string): number {
  let sum = 0
  for (const [key, value] of series) {
    if (key === name || key.startsWith(`${name}{`)) sum += value
  }
  return sum
}

/** Workers that ended unasked. */
export const restartsIn = (series: Series): number =>
  sumOf(series, 'concordat_worker_restarts_total')

/** What only grows, by its name: a fall means that counts were lost. */
export function fallen(before: Series, after: Series): string[] {
  return [...before]
    .filter(([key]) => /_(?:total|count|sum|bucket)(?:\{|$)/.test(key))
    .filter(([key, value]) => (after.get(key) ?? 0) < value)
    .map(([key, value]) => `${key} ${value} → ${after.get(key) ?? 'absent'}`)
}

/** All cores' worth of CPU between two readings, as a share of the machine. */
export function cpuShare(before: Reading, after: Reading, seconds: number): number {
  return (after.cpuSeconds - before.cpuSeconds) / seconds / availableParallelism()
}

export const megabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MB`

export const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms))

/** Asks every `everyMs` until the answer holds; rejects with the last answer after `withinMs`. */
export async function until<T>(
  says: string,
  ask: () => T | Promise<T>,
  holds: (answer: T) => boolean,
  { withinMs = 20_000, everyMs = 10 } = {},
): Promise<T> {
  const endMs = performance.now() + withinMs
  for (;;) {
    const answer = await ask()
    if (holds(answer)) return answer
    if (performance.now() > endMs) {
      throw new Error(`within ${withinMs} ms it never came to be that ${says}: ${String(answer)}`)
    }
    await sleep(everyMs)
  }
}
