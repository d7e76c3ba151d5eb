// How many descriptors the process may open, how many it has open, and how they are shared. Node
// raises its soft bound to the hard one by itself. With none left the kernel takes nobody in: libuv
// then accepts and closes whoever waits, without a word to us.
import { readdirSync, readFileSync, statSync } from 'node:fs'

/** Of the whole process. */
export interface Descriptors {
  /** As many as it may open; undefined where nothing bounds them, or nobody can tell. */
  readonly max: number | undefined
  /** As many as are open; undefined where that is not to be had at once. */
  open(): number | undefined
}

export function systemDescriptors(): Descriptors {
  const max = readMax()
  return { max, open: max === undefined ? () => undefined : quickCount }
}

function readMax(): number | undefined {
  try {
    const limits = readFileSync('/proc/self/limits', 'latin1')
    const soft = /^Max open files\s+(?<soft>\d+)/m.exec(limits)?.groups!['soft']
    return soft === undefined ? undefined : Number(soft)
  } catch {
    return reportedMax()
  }
}

/** Where there is no /proc. Takes three milliseconds. */
function reportedMax(): number | undefined {
  if (process.report === undefined) return undefined
  // Else it looks up the names of all peers.
  Object.assign(process.report, { excludeNetwork: true })
  const { userLimits } = process.report.getReport() as {
    userLimits?: { open_files?: { soft: number | 'unlimited' } }
  }
  const soft = userLimits?.open_files?.soft
  return typeof soft === 'number' ? soft : undefined
}

/** Linux has told the number since 6.2, in 12 µs; listing 10,000 takes 6 ms. */
function quickCount(): number | undefined {
  try {
    return statSync('/proc/self/fd').size || undefined
  } catch {
    return undefined
  }
}

/** For a scrape: listed where it is not to be had at once. */
export function countDescriptors(): number | undefined {
  try {
    return quickCount() ?? readdirSync('/proc/self/fd').length
  } catch {
    return undefined
  }
}

/**
 * Kept for what is no connection: files, timers, threads, the admin port, lingering refusals. A
 * quarter, within these; two workers that do nothing have 40.
 */
const reserveMin = 96
const reserveMax = 1_024

function reserveOf(max: number): number {
  const least = Math.min(reserveMin, Math.floor(max / 2))
  return Math.max(least, Math.min(reserveMax, Math.floor(max / 4)))
}

/** Connections of both sides that fit. */
export function socketsMax({ max }: Descriptors): number {
  return max === undefined ? Infinity : max - reserveOf(max)
}

/** Refusals that may linger at once in each thread: together a quarter of the reserve. */
export function refusalsMax({ max }: Descriptors, threads: number): number {
  const share = max === undefined ? Infinity : Math.floor(reserveOf(max) / 4 / threads)
  return Math.max(4, Math.min(64, share))
}

/**
 * How many client connections fit beside those to endpoints, which get half of the room at most: a
 * client has one exchange at a time, so more of them cannot be busy.
 */
export function fittingConnections(
  connectionsMax: number,
  endpointConnectionsMax: number,
  descriptors: Descriptors,
): number {
  const room = socketsMax(descriptors)
  const forEndpoints = Math.min(endpointConnectionsMax, Math.floor(room / 2))
  return Math.min(connectionsMax, room - forEndpoints)
}
