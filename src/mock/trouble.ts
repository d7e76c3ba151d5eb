// Trouble on purpose: how long replies take and how many of them fail, decided by seed and count
// alone, so that a run can be had again.
import { type Random, seededRandom } from '../base.ts'
import { seedOf } from './seeds.ts'

/** Milliseconds: between two bounds, or around a median with a long tail. */
export type Latency =
  | { readonly kind: 'between'; readonly leastMs: number; readonly mostMs: number }
  | { readonly kind: 'tail'; readonly p50Ms: number; readonly p99Ms: number }

export const noLatency: Latency = { kind: 'between', leastMs: 0, mostMs: 0 }

export type Trouble = 'none' | 'status' | 'reset' | 'slow'

export interface Fate {
  readonly delayMs: number
  readonly trouble: Trouble
  /** For the choice among statuses. */
  readonly random: Random
}

/** A reply that is slow on purpose takes this much longer. */
const slowMs = 3_000

/** Of what fails: most by a status, as in life. */
const resetShare = 0.15
const slowShare = 0.15

const latencyMsMax = 60_000

/** `100`, `50..200`, or `p50=20,p99=400`; undefined where it is none of them. */
export function readLatency(text: string): Latency | undefined {
  const between = /^(\d{1,6})(?:\.\.(\d{1,6}))?$/.exec(text)
  if (between !== null) {
    const leastMs = Number(between[1])
    const mostMs = Number(between[2] ?? between[1])
    const isSound = leastMs <= mostMs && mostMs <= latencyMsMax
    return isSound ? { kind: 'between', leastMs, mostMs } : undefined
  }
  const tail = /^p50=(\d{1,6}),p99=(\d{1,6})$/.exec(text)
  if (tail === null) return undefined
  const [p50Ms, p99Ms] = [Number(tail[1]), Number(tail[2])]
  const isSound = p50Ms > 0 && p50Ms <= p99Ms && p99Ms <= latencyMsMax
  return isSound ? { kind: 'tail', p50Ms, p99Ms } : undefined
}

/** What becomes of the reply with that number. */
export function fateOf(
  setup: { readonly seed: number; readonly latency: Latency; readonly faults: number },
  count: number,
): Fate {
  const random = seededRandom(seedOf(setup.seed, 'fate', count))
  const delayMs = delayOf(setup.latency, random)
  const fails = random() < setup.faults
  const share = random()
  if (!fails) return { delayMs, trouble: 'none', random }
  if (share < resetShare) return { delayMs, trouble: 'reset', random }
  if (share < resetShare + slowShare) return { delayMs: delayMs + slowMs, trouble: 'slow', random }
  return { delayMs, trouble: 'status', random }
}

/** Of a normal distribution, 99 in 100 lie below the mean and this many deviations. */
const deviations99 = 2.326

function delayOf(latency: Latency, random: Random): number {
  if (latency.kind === 'between') {
    return Math.round(latency.leastMs + random() * (latency.mostMs - latency.leastMs))
  }
  const spread = Math.log(latency.p99Ms / latency.p50Ms) / deviations99
  // Box and Muller: two even numbers make a normal one.
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  return Math.min(latencyMsMax, Math.round(latency.p50Ms * Math.exp(spread * normal)))
}
