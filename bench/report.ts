// The results as a person reads them: tables that are right on a terminal and in Markdown.
import { styleText } from 'node:util'
import type { Comparison, Figures } from './compare.ts'
import type { Spread } from './stats.ts'

export interface Verdict {
  readonly what: string
  readonly wanted: number
  readonly found: number
  readonly met: boolean
}

/** Under this share of its core a gateway waits for the load, and its CPU per request means less. */
const saturatedFrom = 0.97

export function verdicts({ name, goal, cpuRatio, p99Ratio }: Comparison): Verdict[] {
  const judge = (what: string, wanted: number | undefined, found: number): Verdict[] =>
    wanted === undefined ? [] : [{ what: `${name}: ${what}`, wanted, found, met: found <= wanted }]
  return [
    ...judge("CPU per request, of nginx's", goal.cpuRatio, cpuRatio.median),
    ...judge("p99 at half load, of nginx's", goal.p99Ratio, p99Ratio.median),
  ]
}

export function comparisonTable(comparison: Comparison): string {
  const { name, about, concordat, nginx, cpuRatio, p99Ratio, halfPerSecond } = comparison
  const rows = [
    ['', 'CPU µs/request', 'requests/s', 'p50', 'p99', 'core', 'half: p50', 'half: p99'],
    figureRow('nginx', nginx),
    figureRow('Concordat', concordat),
    ['ratio', ranged(cpuRatio, 2), '', '', '', '', '', ranged(p99Ratio, 2)],
  ]
  const half = `half: ${whole(halfPerSecond)} requests/s offered to both`
  return [`${name}: ${about}`, '', table(rows), '', half, ...warnings(comparison)].join('\n')
}

function figureRow(name: string, figures: Figures): string[] {
  return [
    name,
    ranged(figures.cpuUs, 1),
    whole(figures.perSecond.median),
    milliseconds(figures.p50Us),
    milliseconds(figures.p99Us),
    `${(figures.coreLoad.median * 100).toFixed(0)} %`,
    milliseconds(figures.halfP50Us),
    milliseconds(figures.halfP99Us),
  ]
}

const warnings = ({ concordat, nginx }: Comparison): string[] =>
  Object.entries({ Concordat: concordat, nginx })
    .filter(([, figures]) => figures.coreLoad.median < saturatedFrom)
    .map(([name]) => `${name} was not saturated: its CPU per request is an upper bound.`)

/** Rows as a Markdown table, padded; the first row is its head. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, at) => pad(cell, widths[at] ?? 0, at)).join(' | ')} |`
  const rule = widths.map((width, at) =>
    at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  )
  const [head = [], ...body] = rows
  return [line(head), line(rule), ...body.map(line)].join('\n')
}

const pad = (cell: string, width: number, column: number): string =>
  column === 0 ? cell.padEnd(width) : cell.padStart(width)

export const verdictLine = ({ what, wanted, found, met }: Verdict, colour = false): string => {
  const word = met ? 'pass' : 'MISS'
  const shown = colour ? styleText(met ? 'green' : 'red', word) : word
  return `${shown}  ${what}: ${found.toFixed(2)}, goal ≤ ${wanted}`
}

export const ranged = ({ median, min, max }: Spread, digits: number): string =>
  `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`

const milliseconds = ({ median }: Spread): string => `${(median / 1000).toFixed(2)} ms`

export const whole = (value: number): string => Math.round(value).toLocaleString('en-US')
