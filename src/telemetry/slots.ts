// What one thread counts of each operation. A slot is made at the first request of its operation and
// found by method and template, so it outlives the snapshot; its cells lie in shared memory.
import { recordMs } from './histogram.ts'
import {
  boundedKey,
  type Counted,
  grpcStatusesMax,
  type OfOperation,
  otherName,
  otherStatus,
  replyBytesAt,
  requestBytesAt,
  shadowsMax,
  statusesMax,
  upstreamAt,
} from './news.ts'
import type { ExchangeRecord } from './record.ts'

/** Gives zeroed cells that others can read. */
export type TakeCells = (of: Counted) => Float64Array

export interface Slot extends OfOperation {
  /** Durations without the upstream's part. */
  readonly own: Float64Array
  readonly upstream: Float64Array
  readonly bytes: Float64Array
  /** Whole durations, by status. */
  readonly statuses: Map<number, Float64Array>
  /** Refusals in shadow, by policy. */
  readonly shadows: Map<string, Float64Array>
  /** Replies by status of gRPC; undefined before the first. */
  grpc: Float64Array | undefined
}

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

/** Up to here (5 MB) operations that are gone may be back with the next snapshot. */
const renewAtLeast = 1_000

export class Slots {
  readonly #take: TakeCells
  readonly #slotsMax: number
  readonly #named = new Map<string, Slot>()
  /** Of no operation, or of those beyond the bound: two for each method at most. */
  readonly #unnamed = new Map<string, Slot>()
  #renewAt: number
  #age = 0

  constructor(take: TakeCells, slotsMax: number) {
    this.#take = take
    this.#slotsMax = slotsMax
    this.#renewAt = Math.min(slotsMax, renewAtLeast)
  }

  /** A slot that was found at another age counts no more. */
  get age(): number {
    return this.#age
  }

  /** The slot for a method as it came and a template of the contract; made when missing. */
  slot(method: string, template: string): Slot {
    return this.slotOfContract(methods.has(method) ? method : otherName, template)
  }

  /** The same for a method of the contract, whatever it is: a client cannot make more of these. */
  slotOfContract(method: string, template: string): Slot {
    const key = `${method} ${template}`
    const isNamed = template !== '' && template !== otherName
    const slots = isNamed ? this.#named : this.#unnamed
    const known = slots.get(key)
    if (known !== undefined) return known
    if (isNamed && slots.size >= this.#slotsMax) return this.slotOfContract(method, otherName)
    const slot = newSlot(method, template, this.#take)
    slots.set(key, slot)
    return slot
  }

  /**
   * Begins anew where some slots are of none of these templates, and gives the templates of the
   * others. Looks only when there are so many slots that it matters: contracts may be large.
   */
  renew(templates: () => ReadonlySet<string>): ReadonlySet<string> | undefined {
    const slots = this.#named.size
    if (slots < this.#renewAt) return undefined
    const there = templates()
    const kept = [...this.#named.values()].filter(({ template }) => there.has(template))
    this.#renewAt = Math.min(this.#slotsMax, Math.max(renewAtLeast, 2 * kept.length))
    if (kept.length === slots) return undefined
    this.#named.clear()
    this.#unnamed.clear()
    this.#age++
    return new Set(kept.map(({ template }) => template))
  }
}

function newSlot(method: string, template: string, take: TakeCells): Slot {
  const cells = take({ what: 'operation', method, template })
  return {
    method,
    template,
    own: cells.subarray(0, upstreamAt),
    upstream: cells.subarray(upstreamAt, requestBytesAt),
    bytes: cells.subarray(requestBytesAt, replyBytesAt + 1),
    statuses: new Map(),
    shadows: new Map(),
    grpc: undefined,
  }
}

/** Counts one exchange. */
export function count(slot: Slot, record: ExchangeRecord, take: TakeCells): void {
  const { durationMs, grpcStatus, upstreamMs, shadows, status } = record
  recordMs(slot.statuses.get(status) ?? statusCells(slot, status, take), durationMs)
  recordMs(slot.own, durationMs - upstreamMs)
  if (upstreamMs > 0) recordMs(slot.upstream, upstreamMs)
  const { bytes } = slot
  bytes[0] = bytes[0]! + record.requestBytes
  bytes[1] = bytes[1]! + record.replyBytes
  for (const { policy } of shadows) countShadow(slot, policy, take)
  if (grpcStatus !== undefined) countGrpc(slot, grpcStatus, take)
}

function countGrpc(slot: Slot, status: number, take: TakeCells): void {
  const { method, template } = slot
  slot.grpc ??= take({ what: 'grpc', method, template })
  const at = Math.min(status, grpcStatusesMax)
  slot.grpc[at] = slot.grpc[at]! + 1
}

function statusCells(slot: Slot, given: number, take: TakeCells): Float64Array {
  const { method, statuses, template } = slot
  const status = boundedKey(statuses, given, statusesMax, otherStatus)
  const known = statuses.get(status)
  if (known !== undefined) return known
  const cells = take({ what: 'status', method, template, status })
  statuses.set(status, cells)
  return cells
}

function countShadow({ method, shadows, template }: Slot, given: string, take: TakeCells): void {
  const policy = boundedKey(shadows, given, shadowsMax, otherName)
  const cells = shadows.get(policy) ?? take({ what: 'shadow', method, template, policy })
  shadows.set(policy, cells)
  cells[0] = cells[0]! + 1
}
