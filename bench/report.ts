// The results as a person reads them; report-scale.ts has what grows with size.
import { styleText } from 'node:util'
import type { Comparison, Figures, HalfFigures } from './compare.ts'
import { milliseconds, percent, ranged, table, whole } from './format.ts'
import { verdicts } from './goals.ts'
import type { Verdict } from './goals.ts'
import type { PolicyCost } from './policies.ts'
import { contracts, idle, loading, operations, transfers, workers } from './report-scale.ts'
import type { Results } from './results.ts'
import type { StartTimes } from './start.ts'

/** A body of no more lines than a table's head has nothing to say, and is left out. */
type Section = readonly [title: string, body: string]

/** Under this share of its core a gateway waits for the load, and its CPU per request means less. */
const saturatedFrom = 0.97
/** Over this share of the time off its core the load measures its own waits too. */
const stalledMax = 0.005

export function report(results: Results, heading = ''): string {
  const sections: Section[] = [
    ...results.comparisons.map((one): Section => [`${one.name}: ${one.about}`, compared(one)]),
    ...results.protocols.map((one): Section => [`${one.name}: ${one.about}`, compared(one)]),
    ['transfer: 1 GiB each way', transfers(results.transfers)],
    ['idle: connections at rest', idle(results.idle)],
    ['idle-websockets: WebSockets that say nothing', idle(results.idleSockets)],
    ['operations: CPU per request as the contract grows', operations(results.operations)],
    ['loading: from the start of the process to the first reply', loading(results.loadings)],
    ['loading: one contract, with one worker', contracts(results.contracts)],
    ['workers: threads of the data plane, both cores free', workers(results.workers)],
    ['policies: what each costs', table([policyHead, ...results.policies.map(policyRow)])],
    ['start: ready to serve', table([startHead, ...results.starts.map(startRow)])],
    ['Goals', table([goalHead, ...verdicts(results).map(goalRow)])],
  ]
  return sections
    .filter(([, body]) => body.split('\n').length > 2)
    .map(([title, body]) => `${heading}${title}\n\n${body}`)
    .join('\n\n')
}

function compared({ concordat, beside, half, ...rest }: Comparison): string {
  const others = beside.map(({ name, figures, cpuRatio }) => [
    ...figureRow(name, figures),
    ranged(cpuRatio, 2),
    ...halfCells(name === 'nginx' ? half?.nginx : undefined),
  ])
  const rows = [
    ['', 'CPU µs/request', 'requests/s', 'p50 ms', 'p99 ms', 'Concordat is', ...halfHead],
    ...others,
    [...figureRow('Concordat', concordat), '', ...halfCells(half?.concordat)],
  ]
  const shown = half === undefined ? rows.map((row) => row.slice(0, -halfHead.length)) : rows
  const notes = [...halfNote(half), ...warnings({ concordat, beside, half, ...rest })]
  return [table(shown), ...(notes.length === 0 ? [] : ['', notes.join(' ')])].join('\n')
}

const halfHead = ['half: p50 ms', 'half: p99 ms']

const halfCells = (half: HalfFigures | undefined): string[] =>
  half === undefined ? ['', ''] : [milliseconds(half.p50Us), milliseconds(half.p99Us)]

const figureRow = (name: string, figures: Figures): string[] => [
  name,
  ranged(figures.cpuUs, 1),
  whole(figures.perSecond.median),
  milliseconds(figures.p50Us),
  milliseconds(figures.p99Us),
]

const halfNote = (half: Comparison['half']): string[] =>
  half === undefined
    ? []
    : [
        `Half load: ${whole(half.perSecond)} requests/s offered to both; Concordat's p99 is ` +
          `${ranged(half.p99Ratio, 2)} × nginx's.`,
      ]

function warnings({ concordat, beside, half }: Comparison): string[] {
  const saturated = [{ name: 'Concordat', figures: concordat }, ...beside]
  const idleCores = saturated
    .filter(({ figures }) => figures.coreLoad.median < saturatedFrom)
    .map(
      ({ name, figures }) =>
        `${name} was not saturated (${percent(figures.coreLoad.median)} of its core).`,
    )
  const loads = half === undefined ? {} : { Concordat: half.concordat, nginx: half.nginx }
  const stalls = Object.entries(loads)
    .filter(([, { stalled }]) => stalled.median > stalledMax)
    .map(
      ([name, { stalled }]) =>
        `The load for ${name} was off its core ${percent(stalled.median)} of the time.`,
    )
  return [...idleCores, ...stalls]
}

const policyHead = ['', 'CPU µs/request', '95 % interval', 'pairs']

const policyRow = ({ name, costUs }: PolicyCost): string[] => [
  name,
  costUs.mean.toFixed(2),
  `${costUs.low.toFixed(2)} to ${costUs.high.toFixed(2)}`,
  String(costUs.pairs),
]

const startHead = ['', 'first start, ms', 'second start, ms']

const startRow = ({ name, coldMs, warmMs }: StartTimes): string[] => [
  name,
  ranged(coldMs, 0),
  ranged(warmMs, 0),
]

const goalHead = ['', 'found', 'goal', '']

const goalRow = ({ what, found, goal, met }: Verdict): string[] => [
  what,
  found,
  goal,
  met ? 'met' : 'MISSED',
]

/** For a terminal: verdicts in colour where it wants any. */
export const coloured = (text: string): string =>
  text
    .replaceAll(/ met /g, () => styleText('green', ' met '))
    .replaceAll(/ MISSED /g, () => styleText('red', ' MISSED '))
