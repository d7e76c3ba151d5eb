// The shadow report as JSON, and back. Whatever answers at an admin port may say anything: what is
// not as it should be is none.
import type { ShadowPolicy, ShadowReport, ShadowRow } from '../telemetry.ts'
import { field } from './admin-client.ts'

/** In pieces, for there may be many rows: whoever sends them can rest in between. */
export function* shadowJson({ sinceEpochMs, policies }: ShadowReport): Generator<string> {
  yield `{"data":{"since":"${timeText(sinceEpochMs)}","policies":[`
  for (const [i, policy] of policies.entries()) {
    yield `${i === 0 ? '' : ','}${JSON.stringify(policyJson(policy))}`
  }
  yield ']}}\n'
}

const policyJson = (one: ShadowPolicy): object => ({
  policy: one.policy,
  since: timeText(one.sinceEpochMs),
  requests: one.requests,
  wouldRefuse: one.refused,
  clients: one.clients,
  rows: one.rows.map(rowJson),
})

function rowJson(row: ShadowRow): object {
  const { route, client, refused, requests, firstEpochMs, lastEpochMs, requestId, fault } = row
  return {
    operation: route === '' ? null : route,
    client: client ?? null,
    wouldRefuse: refused,
    requests: requests ?? null,
    first: timeText(firstEpochMs),
    last: timeText(lastEpochMs),
    requestId,
    fault,
  }
}

const timeText = (epochMs: number): string => new Date(epochMs).toISOString()

export interface Shadowed {
  readonly since: Date
  readonly policies: readonly ShadowedPolicy[]
}

export interface ShadowedPolicy {
  readonly policy: string
  readonly since: Date
  readonly requests: number
  readonly wouldRefuse: number
  readonly clients: number
  readonly rows: readonly ShadowedRow[]
}

export interface ShadowedRow {
  /** Null for requests of no operation, and for clients that are not told apart. */
  readonly operation: string | null
  /** Null for all those that are not told apart. */
  readonly client: string | null
  readonly wouldRefuse: number
  /** Of the operation, whoever sent them. */
  readonly requests: number | null
  readonly first: Date
  readonly last: Date
  readonly requestId: string
  readonly fault: string
}

export function readShadows(data: unknown): Shadowed | undefined {
  try {
    return { since: dateIn(data, 'since'), policies: listIn(data, 'policies').map(policyOf) }
  } catch (error) {
    if (error instanceof Unexpected) return undefined
    throw error
  }
}

/** Somebody else's JSON is not what it should be. */
class Unexpected extends Error {}

const policyOf = (data: unknown): ShadowedPolicy => ({
  policy: textIn(data, 'policy'),
  since: dateIn(data, 'since'),
  requests: numberIn(data, 'requests'),
  wouldRefuse: numberIn(data, 'wouldRefuse'),
  clients: numberIn(data, 'clients'),
  rows: listIn(data, 'rows').map(rowOf),
})

const rowOf = (data: unknown): ShadowedRow => ({
  operation: orNull(data, 'operation', textIn),
  client: orNull(data, 'client', textIn),
  wouldRefuse: numberIn(data, 'wouldRefuse'),
  requests: orNull(data, 'requests', numberIn),
  first: dateIn(data, 'first'),
  last: dateIn(data, 'last'),
  requestId: textIn(data, 'requestId'),
  fault: textIn(data, 'fault'),
})

function orNull<T>(data: unknown, name: string, read: (data: unknown, name: string) => T) {
  return field(data, name) === null ? null : read(data, name)
}

function textIn(data: unknown, name: string): string {
  const value = field(data, name)
  if (typeof value !== 'string') throw new Unexpected()
  return value
}

function numberIn(data: unknown, name: string): number {
  const value = field(data, name)
  if (typeof value !== 'number') throw new Unexpected()
  return value
}

function dateIn(data: unknown, name: string): Date {
  const date = new Date(textIn(data, name))
  if (Number.isNaN(date.getTime())) throw new Unexpected()
  return date
}

function listIn(data: unknown, name: string): readonly unknown[] {
  const value = field(data, name)
  if (!Array.isArray(value)) throw new Unexpected()
  return value
}
