// How the side that counts, in each thread of the data plane, and the side that shows, in the main
// thread, understand each other: cells in shared memory, and a word about each when it comes to be.
//
// A cell has one writer, its thread, so plain stores of doubles suffice: no machine that Node runs
// on writes an aligned one by halves. A reader may see a count whose sum is still to come, which the
// next scrape mends. A thread may end between any two stores: at worst half an exchange is missing.
import { type FaultCode, faults } from '../base.ts'
import { histogramCells } from './histogram.ts'

/** Small enough to be cloned with each first use; none comes where everything was counted before. */
export type CountsNews =
  /** Memory; the cells that follow lie in it, until there is more. */
  | { readonly news: 'slab'; readonly memory: SharedArrayBuffer }
  | { readonly news: 'cells'; readonly at: number; readonly of: Counted }
  /** All operations begin anew in other cells; those of these templates go on from what they had. */
  | { readonly news: 'renewed'; readonly templates: ReadonlySet<string> }

/** What a run of cells counts. */
export type Counted =
  | { readonly what: 'thread' }
  | (OfOperation & { readonly what: 'operation' })
  | (OfOperation & { readonly what: 'status'; readonly status: number })
  | (OfOperation & { readonly what: 'shadow'; readonly policy: string })
  | (OfOperation & { readonly what: 'grpc' })

export interface OfOperation {
  readonly method: string
  /** Empty where no operation was found. */
  readonly template: string
}

/** What a thread counts beside exchanges, always rising. */
export const threadTotals = ['refusedConnections', 'logLinesDropped', 'acceptPauses'] as const
export type ThreadTotals = Readonly<Record<(typeof threadTotals)[number], number>>

export const faultCodes = Object.keys(faults) as readonly FaultCode[]

/** Cells of a thread: its totals, then each fault of the catalogue. */
export const faultsAt = threadTotals.length

/** Cells of an operation: its histogram without the upstream's part, that of the upstream, bytes. */
export const upstreamAt = histogramCells
export const requestBytesAt = 2 * histogramCells
export const replyBytesAt = requestBytesAt + 1

/** Statuses of gRPC go from 0 to 16. */
export const grpcStatusesMax = 17

export const cellsOf: Readonly<Record<Counted['what'], number>> = {
  thread: faultsAt + faultCodes.length,
  operation: replyBytesAt + 1,
  status: histogramCells,
  shadow: 1,
  // One for each status of gRPC, and one for all that are none.
  grpc: grpcStatusesMax + 1,
}

/** A status beyond the bound on statuses; no real one is negative. */
export const otherStatus = -1
export const otherName = '_OTHER'

/** Operations that are counted by name where nothing else is said; the rest is counted together. */
export const operationsMaxDefault = 10_000

/** The key that `map` may have, or that of all others where it has so many already. */
export function boundedKey<K>(map: ReadonlyMap<K, unknown>, key: K, keysMax: number, other: K): K {
  return map.size < keysMax || map.has(key) ? key : other
}

// An upstream picks its statuses, so their number needs a bound; contracts rarely declare ten.
export const statusesMax = 16
export const shadowsMax = 64
