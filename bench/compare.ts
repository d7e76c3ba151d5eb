// One case: Concordat and others before the same service in turn. All are measured saturated; half
// load is for Concordat and nginx alone, at one rate that both can bear.
import { alternate, ratios } from './alternate.ts'
import type { Effort } from './alternate.ts'
import type { Case, Goal } from './cases.ts'
import { offer, requestsIn, saturate } from './measure.ts'
import type { Offered, Saturated } from './measure.ts'
import type { Rival, RivalName } from './rivals.ts'
import type { Server } from './servers.ts'
import { median, spread } from './stats.ts'
import type { Spread } from './stats.ts'

export interface Figures {
  readonly cpuUs: Spread
  readonly perSecond: Spread
  readonly p50Us: Spread
  readonly p99Us: Spread
  readonly coreLoad: Spread
}

export interface HalfFigures {
  readonly p50Us: Spread
  readonly p99Us: Spread
  readonly stalled: Spread
}

/** Another gateway, measured in the same rounds. */
export interface Beside {
  readonly name: RivalName
  readonly figures: Figures
  /** Concordat's CPU per request over this one's. */
  readonly cpuRatio: Spread
}

export interface HalfLoad {
  /** The same for both: half of what the slower one can do. */
  readonly perSecond: number
  readonly concordat: HalfFigures
  readonly nginx: HalfFigures
  readonly p99Ratio: Spread
}

export interface Comparison {
  readonly name: string
  readonly about: string
  readonly goal: Goal
  readonly concordat: Figures
  readonly beside: readonly Beside[]
  readonly half: HalfLoad | undefined
}

const warmUpSeconds = 2

export async function compare(
  one: Case,
  concordat: Server,
  rivals: readonly Rival[],
  effort: Effort,
): Promise<Comparison> {
  const { name, about, goal, requests } = one
  const sent = requestsIn(effort.folder, name, requests)
  const servers = [concordat, ...rivals]
  effort.progress(`${name}: warming up`)
  for (const server of servers) await saturate(server, sent, warmUpSeconds)
  const [ours = [], ...theirs] = await alternate(servers, effort, `${name}: saturated`, (server) =>
    saturate(server, sent, effort.seconds),
  )
  const beside = rivals.map((rival, at) => besideOf(rival.name, ours, theirs[at] ?? []))
  const at = rivals.findIndex((rival) => rival.name === 'nginx')
  const nginx = one.halfLoad ? rivals[at] : undefined
  const half =
    nginx === undefined
      ? undefined
      : await halfLoad(one, { concordat, nginx, sent }, halfOf(ours, theirs[at] ?? []), effort)
  return { name, about, goal, concordat: figures(ours), beside, half }
}

export function besideOf(
  name: RivalName,
  ours: readonly Saturated[],
  theirs: readonly Saturated[],
): Beside {
  const cpuRatio = ratios(ours.map(cpuUs), theirs.map(cpuUs))
  return { name, figures: figures(theirs), cpuRatio }
}

const cpuUs = (round: Saturated): number => round.cpuUs
const p99Us = (round: Offered): number => round.p99Us

const halfOf = (...all: (readonly Saturated[])[]): number =>
  Math.min(...all.map((rounds) => median(rounds.map((round) => round.perSecond)))) / 2

async function halfLoad(
  { name }: Case,
  { concordat, nginx, sent }: { concordat: Server; nginx: Server; sent: string },
  perSecond: number,
  effort: Effort,
): Promise<HalfLoad> {
  const [ours = [], theirs = []] = await alternate(
    [concordat, nginx],
    effort,
    `${name}: half load`,
    (server) => offer(server, sent, perSecond, effort.seconds),
  )
  return {
    perSecond,
    concordat: halfFigures(ours),
    nginx: halfFigures(theirs),
    p99Ratio: ratios(ours.map(p99Us), theirs.map(p99Us)),
  }
}

export const figures = (rounds: readonly Saturated[]): Figures => ({
  cpuUs: spread(rounds.map(cpuUs)),
  perSecond: spread(rounds.map((round) => round.perSecond)),
  p50Us: spread(rounds.map((round) => round.p50Us)),
  p99Us: spread(rounds.map((round) => round.p99Us)),
  coreLoad: spread(rounds.map((round) => round.coreLoad)),
})

const halfFigures = (rounds: readonly Offered[]): HalfFigures => ({
  p50Us: spread(rounds.map((round) => round.p50Us)),
  p99Us: spread(rounds.map((round) => round.p99Us)),
  stalled: spread(rounds.map((round) => round.stalled)),
})
