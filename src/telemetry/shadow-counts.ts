// What policies in shadow would have refused, as one thread of the data plane counts it between two
// words to the main thread, about a second apart: a thread that dies loses no more. An operation
// without a policy in shadow costs one look-up.
import { type FaultCode, keeping, type Listed } from '../base.ts'
import { detached } from '../http.ts'
import type { ExchangeRecord, Observe, ObservedOperation, ShadowNote } from './record.ts'

/** What a thread saw since it last told. */
export interface ShadowNews {
  readonly judged: readonly ShadowJudged[]
  readonly refused: readonly ShadowRefused[]
}

/** Requests of an operation that a policy judged in shadow. */
export interface ShadowJudged {
  readonly policy: string
  /** `METHOD /template`; empty for requests of no operation. */
  readonly route: string
  readonly requests: number
}

/** Of them, those of one client that it would have refused. */
export interface ShadowRefused {
  readonly policy: string
  readonly route: string
  /** An address; undefined: of several clients that are not told apart. */
  readonly client: string | undefined
  readonly count: number
  readonly firstEpochMs: number
  readonly lastEpochMs: number
  /** Of the last one: for `concordat explain`. */
  readonly requestId: string
  readonly fault: FaultCode
}

/** Clients that are told apart in one second; a flood of addresses beyond them is one row. */
const clientsMaxDefault = 1_000

export interface ShadowCountsOptions {
  readonly clientsMax?: number
}

type Row = { -readonly [Key in keyof ShadowRefused]: ShadowRefused[Key] }

interface Watched {
  readonly route: string
  readonly policies: readonly string[]
  requests: number
}

/** Stands for every operation without a policy in shadow. */
const unwatched: Watched = { route: '', policies: [], requests: 0 }

export class ShadowCounts {
  readonly #clientsMax: number
  /** Operations that were called since it was last told. */
  #called: Watched[] = []
  readonly #rows = new Map<string, Row>()

  constructor({ clientsMax = clientsMaxDefault }: ShadowCountsOptions = {}) {
    this.#clientsMax = clientsMax
  }

  /**
   * An observer for one snapshot. `inShadow` names the policies in shadow of an operation, -1 for
   * what is of none; it is asked once for each that is called, and again where there are very many.
   */
  bind(
    operations: Listed<ObservedOperation>,
    inShadow: (operation: number) => readonly string[],
  ): Observe {
    const watchedOf = keeping((operation) => watch(operations, operation, inShadow(operation)))
    return (record) => {
      const watched = watchedOf(record.operation)
      if (watched === unwatched) return
      if (watched.requests++ === 0) this.#called.push(watched)
      for (const note of record.shadows) this.#note(watched.route, note, record)
    }
  }

  #note(route: string, { policy, refusal }: ShadowNote, record: ExchangeRecord): void {
    const row = this.#row(policy, route, record)
    row.count++
    row.lastEpochMs = record.finishedEpochMs
    row.requestId = detached(record.id)
    row.fault = refusal.code
  }

  #row(policy: string, route: string, record: ExchangeRecord): Row {
    const isFull = this.#rows.size >= this.#clientsMax
    const own = `${policy} ${route} ${record.clientAddress}`
    const known = this.#rows.get(own)
    if (known !== undefined) return known
    const key = isFull ? policy : own
    const shared = this.#rows.get(key)
    if (shared !== undefined) return shared
    const row: Row = {
      policy,
      route,
      client: isFull ? undefined : detached(record.clientAddress),
      count: 0,
      firstEpochMs: record.finishedEpochMs,
      lastEpochMs: record.finishedEpochMs,
      requestId: '',
      fault: 'INTERNAL_ERROR',
    }
    this.#rows.set(detached(key), row)
    return row
  }

  /** What there is to tell since it was last asked; undefined where there is nothing. */
  take(): ShadowNews | undefined {
    if (this.#called.length === 0) return undefined
    const judged = this.#called.flatMap(({ route, policies, requests }) =>
      policies.map((policy) => ({ policy, route, requests })),
    )
    for (const watched of this.#called) watched.requests = 0
    this.#called = []
    const refused = [...this.#rows.values()]
    this.#rows.clear()
    return { judged, refused }
  }
}

function watch(
  operations: Listed<ObservedOperation>,
  operation: number,
  inShadow: readonly string[],
): Watched {
  if (inShadow.length === 0) return unwatched
  const policies = [...new Set(inShadow)]
  const named = operation < 0 ? undefined : operations.at(operation)
  const route = named === undefined ? '' : `${named.method} ${named.template}`
  return { route, policies, requests: 0 }
}
