// The results as a person reads them: tables that are right on a terminal and in Markdown.
import { styleText } from 'node:util'
import type { BodyCheck } from './body-check.ts'
import type { Comparison, Figures } from './compare.ts'
import type { Machine } from './machine.ts'
import type { PolicyCost } from './policies.ts'
import type { StartTimes } from './start.ts'
import type { Spread } from './stats.ts'

export interface Results {
  readonly date: string
  readonly machine: Machine
  readonly rounds: number
  readonly seconds: number
  readonly comparisons: readonly Comparison[]
  readonly policies: readonly PolicyCost[]
  readonly starts: readonly StartTimes[]
  readonly bodyCheck: BodyCheck | undefined
}

export interface Verdict {
  readonly what: string
  readonly found: string
  readonly goal: string
  readonly met: boolean
}

/** Under this share of its core a gateway waits for the load, and its CPU per request means less. */
const saturatedFrom = 0.97
/** Over this share of the time off its core the load measures its own waits too. */
const stalledMax = 0.005

export const verdicts = (results: Results): Verdict[] => [
  ...results.comparisons.flatMap(comparisonVerdicts),
  ...results.starts.map(startVerdict),
  ...bodyCheckVerdict(results.bodyCheck),
]

function comparisonVerdicts({ name, goal, cpuRatio, p99Ratio }: Comparison): Verdict[] {
  return [
    ...judge(`${name}: CPU per request`, goal.cpuRatio, cpuRatio),
    ...judge(`${name}: p99 at half load`, goal.p99Ratio, p99Ratio),
  ]
}

const judge = (what: string, wanted: number | undefined, { median }: Spread): Verdict[] =>
  wanted === undefined
    ? []
    : [{ what, found: times(median), goal: `≤ ${times(wanted)}`, met: median <= wanted }]

function startVerdict({ name, coldMs, warmMs, goal }: StartTimes): Verdict {
  const { median } = goal.of === 'cold' ? coldMs : warmMs
  const what = `${goal.of} start, ${name}`
  return {
    what,
    found: `${whole(median)} ms`,
    goal: `≤ ${whole(goal.ms)} ms`,
    met: median <= goal.ms,
  }
}

function bodyCheckVerdict(found: BodyCheck | undefined): Verdict[] {
  if (found === undefined) return []
  const ratio = found.oursUs / found.ajvUs
  const what = `check of a body of ${found.bodyBytes} bytes`
  return [{ what, found: `${ratio.toFixed(2)} × ajv`, goal: '≤ 2.00 × ajv', met: ratio <= 2 }]
}

const times = (ratio: number): string => `${ratio.toFixed(2)} × nginx`

export function report(results: Results, heading = ''): string {
  const sections: [title: string, body: string][] = [
    ...results.comparisons.map((one): [string, string] => [
      `${one.name}: ${one.about}`,
      compared(one),
    ]),
    ['What each policy costs', table([policyHead, ...results.policies.map(policyRow)])],
    ['Ready to serve', table([startHead, ...results.starts.map(startRow)])],
    ['Goals', table([goalHead, ...verdicts(results).map(goalRow)])],
  ]
  return sections
    .filter(([, body]) => body.split('\n').length > 2)
    .map(([title, body]) => `${heading}${title}\n\n${body}`)
    .join('\n\n')
}

function compared(comparison: Comparison): string {
  const { concordat, nginx, cpuRatio, p99Ratio, halfPerSecond } = comparison
  const rows = [
    ['', 'CPU µs/request', 'requests/s', 'p50 ms', 'p99 ms', 'half: p50 ms', 'half: p99 ms'],
    figureRow('nginx', nginx),
    figureRow('Concordat', concordat),
    ['ratio', ranged(cpuRatio, 2), '', '', '', '', ranged(p99Ratio, 2)],
  ]
  const half = `Half load: ${whole(halfPerSecond)} requests/s offered to both.`
  return [table(rows), '', [half, ...warnings(comparison)].join(' ')].join('\n')
}

function figureRow(name: string, figures: Figures): string[] {
  return [
    name,
    ranged(figures.cpuUs, 1),
    whole(figures.perSecond.median),
    milliseconds(figures.p50Us),
    milliseconds(figures.p99Us),
    milliseconds(figures.halfP50Us),
    milliseconds(figures.halfP99Us),
  ]
}

function warnings({ concordat, nginx }: Comparison): string[] {
  return Object.entries({ Concordat: concordat, nginx }).flatMap(([name, figures]) => [
    ...(figures.coreLoad.median < saturatedFrom
      ? [`${name} was not saturated (${percent(figures.coreLoad)} of its core).`]
      : []),
    ...(figures.stalled.median > stalledMax
      ? [`The load for ${name} was off its core ${percent(figures.stalled)} of the time.`]
      : []),
  ])
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

/** Rows as a Markdown table, padded; the first row is its head. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, at) => pad(cell, widths[at] ?? 0, at)).join(' | ')} |`
  const rule = widths.map((width, at) =>
    at === 0 ? '-'.repeat(width) : '-'.repeat(width - 1) + ':',
  )
  const [head = [], ...body] = rows
  return [line(head), line(rule), ...body.map(line)].join('\n')
}

const pad = (cell: string, width: number, column: number): string =>
  column === 0 ? cell.padEnd(width) : cell.padStart(width)

/** For a terminal: verdicts in colour where it wants any. */
export const coloured = (text: string): string =>
  text
    .replaceAll(/ met /g, () => styleText('green', ' met '))
    .replaceAll(/ MISSED /g, () => styleText('red', ' MISSED '))

export const ranged = ({ median, min, max }: Spread, digits: number): string =>
  `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`

const milliseconds = ({ median }: Spread): string => (median / 1000).toFixed(2)

const percent = ({ median }: Spread): string => `${(median * 100).toFixed(1)} %`

const whole = (value: number): string => Math.round(value).toLocaleString('en-US')
