// What a thread keeps of exchanges that did not go as asked: the last that were refused, that failed,
// or that a policy in shadow would have refused. For whoever holds a request id and asks why. Those
// that went well cost a look at two fields.
import { type Detail, type FaultCode, keeping, type Listed, type Refusal } from '../base.ts'
import { detached } from '../http.ts'
import type { ExchangeRecord, Observe, ObservedOperation, ShadowNote } from './record.ts'
import { pathRedaction } from './redact.ts'

/** Plain data: it is handed from thread to thread. No query, no value of a field, no body. */
export interface KeptExchange extends Pick<
  ExchangeRecord,
  'id' | 'operation' | 'method' | 'path' | 'host' | 'clientAddress' | 'status' | 'fault'
> {
  /** Of the snapshot that ran it: `operation` counts its operations. */
  readonly revision: string
  /** The operation by name; undefined where none was found. */
  readonly named: ObservedOperation | undefined
  readonly reason: string | undefined
  readonly refusedBy: string | undefined
  readonly refusedAt: number | undefined
  /** What the client was told. */
  readonly message: string | undefined
  readonly details: readonly Detail[]
  readonly shadows: readonly KeptShadow[]
  readonly endpoint: string | undefined
  readonly durationMs: number
  readonly upstreamMs: number
  readonly finishedEpochMs: number
}

/** What a policy in shadow would have said. */
export interface KeptShadow {
  readonly policy: string
  readonly at: number | undefined
  readonly fault: FaultCode
  readonly reason: string | undefined
}

export const keptExchangesMax = 1_000

const pathCharsMax = 1_024
const hostCharsMax = 255
const reasonCharsMax = 512
const fieldCharsMax = 256
const detailsMax = 20
const shadowsMax = 16

export interface KeptOptions {
  /** Names of path parameters whose values are not kept. */
  readonly redact: readonly string[]
  readonly keptMax?: number
}

export class KeptExchanges {
  readonly #redact: readonly string[]
  readonly #keptMax: number
  /** A ring; `#next` is the oldest once it is full. */
  readonly #kept: KeptExchange[] = []
  #next = 0

  constructor({ redact, keptMax = keptExchangesMax }: KeptOptions) {
    this.#redact = redact
    this.#keptMax = keptMax
  }

  /** An observer for one snapshot. */
  bind(operations: Listed<ObservedOperation>, revision: string): Observe {
    const redaction = pathRedaction(operations, this.#redact)
    const nameOf = keeping((operation): ObservedOperation => {
      const { id, method, template } = operations.at(operation)!
      return { id, method, template }
    })
    return (record) => {
      if (record.fault === undefined && record.shadows.length === 0) return
      const { operation } = record
      const path = redaction.path(operation, record.path)
      const named = operation < 0 ? undefined : nameOf(operation)
      this.#keep({ ...keptOf(record, path), revision, named })
    }
  }

  /** The last one with this id: hops that are trusted may have sent it twice. */
  find(id: string): KeptExchange | undefined {
    const from = this.#next
    for (let back = 1; back <= this.#kept.length; back++) {
      const kept = this.#kept[(from - back + this.#kept.length) % this.#kept.length]!
      if (kept.id === id) return kept
    }
    return undefined
  }

  #keep(one: KeptExchange): void {
    this.#kept[this.#next] = one
    this.#next = (this.#next + 1) % this.#keptMax
  }
}

function keptOf(record: ExchangeRecord, path: string): Omit<KeptExchange, 'revision' | 'named'> {
  const { refusal, refusedBy, refusedAt } = record
  return {
    id: detached(record.id),
    operation: record.operation,
    method: detached(record.method),
    path: cut(path, pathCharsMax),
    host: cut(record.host, hostCharsMax),
    clientAddress: detached(record.clientAddress),
    status: record.status,
    fault: record.fault,
    reason: record.reason && cut(record.reason, reasonCharsMax),
    refusedBy,
    refusedAt,
    message: refusal && cut(refusal.message, reasonCharsMax),
    details: detailsOf(refusal),
    shadows: record.shadows.slice(0, shadowsMax).map(shadowOf),
    endpoint: record.endpoint,
    durationMs: record.durationMs,
    upstreamMs: record.upstreamMs,
    finishedEpochMs: record.finishedEpochMs,
  }
}

/** In memory of its own: a slice would hold the whole head that it was read from. */
const cut = (text: string, charsMax: number): string => detached(text.slice(0, charsMax))

const detailsOf = (refusal: Refusal | undefined): Detail[] =>
  (refusal?.details ?? [])
    .slice(0, detailsMax)
    .map((detail) => ({ ...detail, field: cut(detail.field, fieldCharsMax) }))

const shadowOf = ({ policy, at, refusal }: ShadowNote): KeptShadow => ({
  policy,
  at,
  fault: refusal.code,
  reason: refusal.reason && cut(refusal.reason, reasonCharsMax),
})
