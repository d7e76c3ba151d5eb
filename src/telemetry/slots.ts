// What is counted of each operation. A slot is made at the first request of its operation and
// found by method and template, so it outlives the snapshot; all of its numbers lie in typed arrays
// from one allocator, which may hand out shared memory.
import { histogramCells, recordMs } from './histogram.ts'
import type { ExchangeRecord } from './record.ts'

/** Gives this many zeroed cells; on its own memory, or on shared memory. */
export type Allocate = (cells: number) => Float64Array

/** The whole durations of exchanges that ended with one status. */
export interface StatusSeries {
  readonly status: number
  readonly duration: Float64Array
}

export interface Slot {
  readonly method: string
  /** Empty where no operation was found. */
  readonly template: string
  readonly series: StatusSeries[]
  /** Durations without the upstream's part. */
  readonly own: Float64Array
  /** Made when the first exchange went upstream. */
  upstream: Float64Array | undefined
  /** Bytes of request bodies, bytes of reply bodies. */
  readonly bytes: Float64Array
  /** Refusals in shadow, by policy. */
  readonly shadows: Map<string, number>
}

/** A status beyond the bound on statuses; no real one is negative. */
export const otherStatus = -1
export const otherName = '_OTHER'

// An upstream picks its statuses, so their number needs a bound; contracts rarely declare ten.
const statusesMax = 16
const shadowsMax = 64
const methods = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'QUERY',
  'TRACE',
  'CONNECT',
])

export interface SlotStore {
  /** The slot for a method as it came and a template of the contract; made when missing. */
  slot(method: string, template: string): Slot
  /** Lets go of slots that are not among these templates, if the bound is reached. */
  retain(templates: () => ReadonlySet<string>): void
  all(): Slot[]
}

export function createSlots(allocate: Allocate, slotsMax: number): SlotStore {
  const named = new Map<string, Slot>()
  // Of no operation, or of those beyond the bound: two for each method at most.
  const unnamed = new Map<string, Slot>()
  const slotFor = (method: string, template: string): Slot => {
    const key = `${method} ${template}`
    const slots = template === '' || template === otherName ? unnamed : named
    const known = slots.get(key)
    if (known !== undefined) return known
    if (slots === named && named.size >= slotsMax) return slotFor(method, otherName)
    const slot = newSlot(method, template, allocate)
    slots.set(key, slot)
    return slot
  }
  return {
    slot: (method, template) => slotFor(methods.has(method) ? method : otherName, template),
    retain(templates) {
      if (named.size < slotsMax) return
      const kept = templates()
      for (const [key, { template }] of named) if (!kept.has(template)) named.delete(key)
    },
    all: () => [...named.values(), ...unnamed.values()],
  }
}

function newSlot(method: string, template: string, allocate: Allocate): Slot {
  return {
    method,
    template,
    series: [],
    own: allocate(histogramCells),
    upstream: undefined,
    bytes: allocate(2),
    shadows: new Map(),
  }
}

/** Counts one exchange. */
export function count(slot: Slot, record: ExchangeRecord, allocate: Allocate): void {
  const { durationMs, upstreamMs, shadows } = record
  recordMs(seriesFor(slot, record.status, allocate).duration, durationMs)
  recordMs(slot.own, durationMs - upstreamMs)
  if (upstreamMs > 0) recordMs((slot.upstream ??= allocate(histogramCells)), upstreamMs)
  slot.bytes[0] = slot.bytes[0]! + record.requestBytes
  slot.bytes[1] = slot.bytes[1]! + record.replyBytes
  for (const policy of shadows) countShadow(slot.shadows, policy)
}

function seriesFor(slot: Slot, status: number, allocate: Allocate): StatusSeries {
  const { series } = slot
  for (let i = 0; i < series.length; i++) {
    if (series[i]!.status === status) return series[i]!
  }
  if (series.length >= statusesMax && status !== otherStatus) {
    return seriesFor(slot, otherStatus, allocate)
  }
  const added = { status, duration: allocate(histogramCells) }
  series.push(added)
  return added
}

function countShadow(shadows: Map<string, number>, policy: string): void {
  const name = shadows.size < shadowsMax || shadows.has(policy) ? policy : otherName
  shadows.set(name, (shadows.get(name) ?? 0) + 1)
}
