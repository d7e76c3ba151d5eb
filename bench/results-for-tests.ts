// Results made up, for tests of what is said and drawn of them.
import type { Comparison, Figures, HalfLoad } from './compare.ts'
import type { Results } from './results.ts'
import type { Spread } from './stats.ts'
import type { Transfer } from './transfer.ts'

export const spread = (median: number): Spread => ({ median, min: median, max: median, rounds: 9 })

export const figures = (cpuUs: number, own: Partial<Figures> = {}): Figures => ({
  cpuUs: spread(cpuUs),
  perSecond: spread(50_000),
  p50Us: spread(900),
  p99Us: spread(2000),
  coreLoad: spread(1),
  ...own,
})

const halfFigures = { p50Us: spread(100), p99Us: spread(400), stalled: spread(0) }

export const half = (own: Partial<HalfLoad> = {}): HalfLoad => ({
  perSecond: 25_000,
  concordat: halfFigures,
  nginx: halfFigures,
  p99Ratio: spread(2.5),
  ...own,
})

export const comparison = (own: Partial<Comparison> = {}): Comparison => ({
  name: 'relay',
  about: 'a GET',
  goal: { cpuRatio: { nginx: 1.35, Caddy: 0.4 }, p99Ratio: 2 },
  concordat: figures(13),
  beside: [
    { name: 'nginx', figures: figures(10), cpuRatio: spread(1.3) },
    { name: 'Caddy', figures: figures(26), cpuRatio: spread(0.5) },
  ],
  half: half(),
  ...own,
})

const carrier = (name: string, seconds: number, growthBytes: number) => ({
  name,
  seconds: spread(seconds),
  cpuSeconds: spread(seconds),
  growthBytes,
})

export const transfer = (own: Partial<Transfer> = {}): Transfer => ({
  direction: 'down',
  directSeconds: spread(0.4),
  concordat: carrier('Concordat', 1, 30e6),
  nginx: [carrier('nginx, buffering on', 0.9, 1e6), carrier('nginx, buffering off', 1.1, 1e6)],
  throughputRatio: spread(0.9),
  ...own,
})

const machine = {
  cpu: 'a processor',
  cores: 2,
  memoryGb: 4,
  kernel: '6.1',
  node: 'v26.10.0',
  nginx: '1.22.1',
  haproxy: '2.6.12',
  caddy: undefined,
  wrk: '4.1.0',
}

export const results = (own: Partial<Results> = {}): Results => ({
  date: '2026-03-12T10:30:00.000Z',
  machine,
  rounds: 9,
  seconds: 3,
  comparisons: [],
  transfers: [],
  protocols: [],
  idle: [],
  idleSockets: [],
  operations: [],
  loadings: [],
  contracts: [],
  workers: [],
  policies: [],
  starts: [],
  bodyCheck: undefined,
  steps: undefined,
  ...own,
})
