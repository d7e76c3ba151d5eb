// One case: Concordat and nginx before the same service in turn (A B A B …), so that whatever else
// the machine does falls on both; ratios are taken round by round.
import type { Case, Goal } from './cases.ts'
import { offer, requestsIn, saturate } from './measure.ts'
import type { Offered, Saturated } from './measure.ts'
import type { Server } from './servers.ts'
import { median, spread } from './stats.ts'
import type { Spread } from './stats.ts'

export interface Figures {
  readonly cpuUs: Spread
  readonly perSecond: Spread
  readonly p50Us: Spread
  readonly p99Us: Spread
  readonly coreLoad: Spread
  readonly halfP50Us: Spread
  readonly halfP99Us: Spread
  readonly stalled: Spread
}

export interface Comparison {
  readonly name: string
  readonly about: string
  readonly goal: Goal
  /** The same for both: half of what the slower one can do. */
  readonly halfPerSecond: number
  readonly concordat: Figures
  readonly nginx: Figures
  readonly cpuRatio: Spread
  readonly p99Ratio: Spread
}

export interface Effort {
  readonly rounds: number
  readonly seconds: number
  /** Where files of this run may lie. */
  readonly folder: string
  readonly progress: (text: string) => void
}

interface Pair<T> {
  readonly concordat: T
  readonly nginx: T
}

const warmUpSeconds = 2

export async function compare(
  { name, about, goal, requests }: Case,
  servers: Pair<Server>,
  effort: Effort,
): Promise<Comparison> {
  const sent = requestsIn(effort.folder, name, requests)
  effort.progress(`${name}: warming up`)
  await saturate(servers.concordat, sent, warmUpSeconds)
  await saturate(servers.nginx, sent, warmUpSeconds)
  const full = await alternate(servers, effort, `${name}: saturated`, (server) =>
    saturate(server, sent, effort.seconds),
  )
  const halfPerSecond = Math.min(fullRate(full.concordat), fullRate(full.nginx)) / 2
  const half = await alternate(servers, effort, `${name}: half load`, (server) =>
    offer(server, sent, halfPerSecond, effort.seconds),
  )
  return {
    name,
    about,
    goal,
    halfPerSecond,
    concordat: figures(full.concordat, half.concordat),
    nginx: figures(full.nginx, half.nginx),
    cpuRatio: ratio(full, (round) => round.cpuUs),
    p99Ratio: ratio(half, (round) => round.p99Us),
  }
}

async function alternate<Round>(
  servers: Pair<Server>,
  { rounds, progress }: Effort,
  what: string,
  measure: (server: Server) => Promise<Round>,
): Promise<Pair<Round[]>> {
  const concordat: Round[] = []
  const nginx: Round[] = []
  for (let round = 1; round <= rounds; round += 1) {
    progress(`${what}, round ${round} of ${rounds}`)
    concordat.push(await measure(servers.concordat))
    nginx.push(await measure(servers.nginx))
  }
  return { concordat, nginx }
}

const fullRate = (rounds: readonly Saturated[]): number =>
  median(rounds.map((round) => round.perSecond))

function figures(full: readonly Saturated[], half: readonly Offered[]): Figures {
  return {
    cpuUs: spread(full.map((round) => round.cpuUs)),
    perSecond: spread(full.map((round) => round.perSecond)),
    p50Us: spread(full.map((round) => round.p50Us)),
    p99Us: spread(full.map((round) => round.p99Us)),
    coreLoad: spread(full.map((round) => round.coreLoad)),
    halfP50Us: spread(half.map((round) => round.p50Us)),
    halfP99Us: spread(half.map((round) => round.p99Us)),
    stalled: spread(half.map((round) => round.stalled)),
  }
}

function ratio<Round>(pair: Pair<readonly Round[]>, of: (round: Round) => number): Spread {
  const nginx = pair.nginx.map(of)
  return spread(pair.concordat.map((round, at) => of(round) / (nginx[at] ?? NaN)))
}
