// How the certificates stand, as a scrape says it. Names come from the configuration alone.
import { familyHead, label, sample } from '../telemetry.ts'
import type { NameStanding } from './name.ts'

export function acmeMetrics(standings: readonly NameStanding[]): string {
  if (standings.length === 0) return ''
  const orders = 'concordat_acme_orders_total'
  const failing = 'concordat_acme_failing_since_timestamp_seconds'
  const next = 'concordat_acme_next_try_timestamp_seconds'
  const each = (name: string, valueOf: (one: NameStanding) => number | undefined): string[] =>
    standings.flatMap((one) => {
      const value = valueOf(one)
      return value === undefined ? [] : [sample(name, label('domain', one.domain), value)]
    })
  return [
    familyHead(orders, 'counter', 'Orders of certificates by ACME, by what became of them.'),
    ...standings.flatMap(({ domain, obtained, failed }) => {
      const of = (outcome: string) => `${label('domain', domain)},${label('outcome', outcome)}`
      return [sample(orders, of('obtained'), obtained), sample(orders, of('failed'), failed)]
    }),
    familyHead(failing, 'gauge', 'Since when orders fail; absent where the last one did not.'),
    ...each(failing, (one) => seconds(one.failing?.sinceEpochMs)),
    familyHead(next, 'gauge', 'When the next order begins.'),
    ...each(next, ({ nextEpochMs }) => seconds(nextEpochMs)),
  ].join('')
}

const seconds = (epochMs: number | undefined): number | undefined =>
  epochMs === undefined ? undefined : epochMs / 1_000
