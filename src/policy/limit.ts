// limit: a token bucket for each client address. Behind trusted hops the address is the one that
// they vouch for; IPv6 counts by /64. Levels add up: a request must find a token in the bucket of
// the API and in that of its operation.
import { refuse, type Refusal } from '../base.ts'
import type { Exchange } from '../http.ts'
import { addressKey, readAddress } from './address.ts'
import { bucketRate, bucketTableBytes, BucketTable } from './buckets.ts'
import { definePolicy, type Audience, type StateNeed, type Zod } from './policy.ts'

export interface LimitConfig {
  /** Requests in a window, in the long run. */
  readonly requestsMax: number
  readonly windowMs: number
  /** Requests at once after a pause. */
  readonly burstMax: number
  /** Addresses told apart at one time; those beyond it share one bucket. */
  readonly addressesMax: number
}

export interface LimitPlan extends LimitConfig {
  /** Names the buckets, with the numbers. */
  readonly scope: string
}

const dayMs = 86_400_000

export const limit = definePolicy<LimitConfig, LimitPlan>({
  id: 'limit',
  about: 'A token bucket for each client address (IPv6: each /64).',
  phase: 'admit',
  everyRequest: true,
  stacks: true,
  schema: limitSchema,
  defaultFor,
  compile: (config, site) => ({ ...config, scope: site.scope }),
  states: (plan) => [tableNeed(plan)],
  link(plan, tools) {
    const table = tools.state(tableNeed(plan), (memory) => new BucketTable(memory, tools.random))
    const rate = bucketRate(plan.windowMs / plan.requestsMax, plan.burstMax)
    return (exchange: Exchange) => {
      readAddress(exchange.client.address)
      const { startedMs } = exchange
      const { high, low } = addressKey
      if (table.take(high, low, rate, startedMs) === 0) return undefined
      // This thread may have stood still since, while others took tokens of a later time.
      const waitMs = table.take(high, low, rate, Math.max(startedMs, tools.nowMs()))
      return waitMs === 0 ? undefined : exceeded(plan, waitMs)
    }
  },
})

/**
 * Of another size or rate it is another table: an empty bucket of two requests a minute would be
 * one of hundreds of thousands that are owed, and its client kept out long after a limit was raised.
 */
function tableNeed({ scope, addressesMax, requestsMax, windowMs, burstMax }: LimitPlan): StateNeed {
  const slots = slotsFor(addressesMax)
  const name = `limit ${scope} ${slots} ${requestsMax}/${windowMs}/${burstMax}`
  return { name, bytesMax: bucketTableBytes(slots) }
}

function limitSchema(zod: Zod) {
  return zod.strictObject({
    requestsMax: zod.int().min(1).max(1_000_000_000).describe('requests in a window'),
    windowMs: zod.int().min(1).max(dayMs).describe('the window in milliseconds'),
    burstMax: zod.int().min(1).max(1_000_000_000).describe('requests at once after a pause'),
    addressesMax: zod
      .int()
      .min(1_000)
      .max(10_000_000)
      .describe(
        'addresses told apart at one time, up to 32 bytes each; those beyond share a bucket',
      ),
  })
}

/** Generous to an office behind one address, tight for a scraper. */
function defaultFor(audience: Audience): LimitConfig | undefined {
  if (audience === 'internal') return undefined
  const times = audience === 'partner' ? 10 : 1
  return {
    requestsMax: 1_200 * times,
    windowMs: 60_000,
    burstMax: 300 * times,
    addressesMax: 50_000,
  }
}

/** A power of two, at least twice as many: in a table half empty hardly an address finds no slot. */
function slotsFor(addressesMax: number): number {
  return 2 ** Math.ceil(Math.log2(addressesMax * 2))
}

/** `RateLimit` fields as in draft-ietf-httpapi-ratelimit-headers: seconds, rounded up. */
function exceeded(plan: LimitPlan, waitMs: number): Refusal {
  const seconds = Math.ceil(waitMs / 1000)
  const name = plan.scope.startsWith('operation ') ? 'operation' : 'address'
  const windowSeconds = Math.max(1, Math.round(plan.windowMs / 1000))
  return refuse('LIMIT_EXCEEDED', `${plan.requestsMax} requests per ${plan.windowMs} ms`, {
    retryAfterMs: Math.ceil(waitMs),
    headers: [
      'RateLimit-Policy',
      `"${name}";q=${plan.requestsMax};w=${windowSeconds}`,
      'RateLimit',
      `"${name}";r=0;t=${seconds}`,
    ],
    reason: `limit of ${plan.scope}`,
  })
}
