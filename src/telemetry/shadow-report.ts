// What policies in shadow would have refused since the gateway began, summed in the main thread over
// all threads and reloads. Its memory is bounded whatever clients do: of each policy the clients with
// the most refusals are told apart, the others are summed. A flood of addresses that come once each
// therefore puts out itself, and not those who come often.
import type { ShadowJudged, ShadowNews, ShadowRefused } from './shadow-counts.ts'

/** Plain data. Times are in milliseconds since 1970. */
export interface ShadowReport {
  /** Since when is counted: the start of the gateway. */
  readonly sinceEpochMs: number
  readonly policies: readonly ShadowPolicy[]
}

export interface ShadowPolicy {
  readonly policy: string
  /** When its first request was counted. */
  readonly sinceEpochMs: number
  /** Requests that it judged. */
  readonly requests: number
  /** Of them, those that it would have refused. */
  readonly refused: number
  /** Clients that are told apart. */
  readonly clients: number
  /** The most refused first; the last may stand for clients that are not told apart. */
  readonly rows: readonly ShadowRow[]
}

export interface ShadowRow extends Omit<ShadowRefused, 'count' | 'policy'> {
  readonly refused: number
  /** Of the operation, by whomever; undefined where it is not known for this row. */
  readonly requests: number | undefined
}

export interface ShadowReportOptions {
  readonly sinceEpochMs: number
  readonly clientsMax?: number
  readonly policiesMax?: number
  readonly routesMax?: number
}

const clientsMaxDefault = 1_000
const policiesMaxDefault = 64
const routesMaxDefault = 10_000

type Sum = { -readonly [Key in keyof ShadowRefused]: ShadowRefused[Key] }

interface Policy {
  readonly sinceEpochMs: number
  /** By route. */
  readonly requests: Map<string, number>
  requestsOfAll: number
  refused: number
  /** By route and client. */
  sums: Map<string, Sum>
  others: Sum | undefined
}

export class ShadowSums {
  readonly #options: Required<ShadowReportOptions>
  readonly #policies = new Map<string, Policy>()

  constructor(options: ShadowReportOptions) {
    this.#options = {
      clientsMax: clientsMaxDefault,
      policiesMax: policiesMaxDefault,
      routesMax: routesMaxDefault,
      ...options,
    }
  }

  /** What a thread told, `nowEpochMs`. */
  take({ judged, refused }: ShadowNews, nowEpochMs: number): void {
    for (const one of judged) this.#judged(one, nowEpochMs)
    for (const one of refused) this.#refused(one)
  }

  report(): ShadowReport {
    const policies = [...this.#policies].map(([policy, sums]) => reportOf(policy, sums))
    return {
      sinceEpochMs: this.#options.sinceEpochMs,
      policies: policies.toSorted((a, b) => b.refused - a.refused),
    }
  }

  #judged({ policy: id, route, requests }: ShadowJudged, nowEpochMs: number): void {
    const policy = this.#policies.get(id) ?? this.#begun(id, nowEpochMs)
    if (policy === undefined) return
    policy.requestsOfAll += requests
    const before = policy.requests.get(route)
    if (before === undefined && policy.requests.size >= this.#options.routesMax) return
    policy.requests.set(route, (before ?? 0) + requests)
  }

  #begun(id: string, sinceEpochMs: number): Policy | undefined {
    if (this.#policies.size >= this.#options.policiesMax) return undefined
    const policy: Policy = {
      sinceEpochMs,
      requests: new Map(),
      requestsOfAll: 0,
      refused: 0,
      sums: new Map(),
      others: undefined,
    }
    this.#policies.set(id, policy)
    return policy
  }

  #refused(one: ShadowRefused): void {
    const policy = this.#policies.get(one.policy)
    if (policy === undefined) return
    policy.refused += one.count
    if (one.client === undefined) return foldIn(policy, one)
    const key = `${one.route} ${one.client}`
    const sum = policy.sums.get(key)
    if (sum === undefined) policy.sums.set(key, { ...one })
    else addTo(sum, one)
    // Seldom, and many at once: so each new one costs little.
    if (policy.sums.size > 2 * this.#options.clientsMax) fold(policy, this.#options.clientsMax)
  }
}

/** Leaves those with the most, and of equals the latest. */
function fold(policy: Policy, clientsMax: number): void {
  const sorted = ranked(policy)
  policy.sums = new Map(sorted.slice(0, clientsMax))
  for (const [, sum] of sorted.slice(clientsMax)) foldIn(policy, sum)
}

const ranked = ({ sums }: Policy): [string, Sum][] =>
  [...sums].toSorted(([, a], [, b]) => b.count - a.count || b.lastEpochMs - a.lastEpochMs)

function foldIn(policy: Policy, one: ShadowRefused): void {
  if (policy.others === undefined) policy.others = { ...one, route: '', client: undefined }
  else addTo(policy.others, one)
}

function addTo(sum: Sum, more: ShadowRefused): void {
  sum.count += more.count
  sum.firstEpochMs = Math.min(sum.firstEpochMs, more.firstEpochMs)
  if (more.lastEpochMs < sum.lastEpochMs) return
  sum.lastEpochMs = more.lastEpochMs
  sum.requestId = more.requestId
  sum.fault = more.fault
}

function reportOf(id: string, policy: Policy): ShadowPolicy {
  const { sinceEpochMs, requests, requestsOfAll, refused, others } = policy
  const sums = ranked(policy).map(([, sum]) => sum)
  const rows = sums.map((sum) => rowOf(sum, requests.get(sum.route)))
  return {
    policy: id,
    sinceEpochMs,
    requests: requestsOfAll,
    refused,
    clients: new Set(sums.map(({ client }) => client)).size,
    rows: others === undefined ? rows : [...rows, rowOf(others, undefined)],
  }
}

function rowOf(sum: Sum, requests: number | undefined): ShadowRow {
  const { route, client, count, firstEpochMs, lastEpochMs, requestId, fault } = sum
  return { route, client, refused: count, requests, firstEpochMs, lastEpochMs, requestId, fault }
}
