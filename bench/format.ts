// Figures as text, and tables that are right on a terminal and in Markdown.
import type { Spread } from './stats.ts'

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

/** The median with the lowest and the highest. */
export const ranged = ({ median, min, max }: Spread, digits: number): string =>
  `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`

export const scaled = ({ median, min, max, rounds }: Spread, by: number): Spread => ({
  median: median / by,
  min: min / by,
  max: max / by,
  rounds,
})

export const milliseconds = ({ median }: Spread): string => (median / 1000).toFixed(2)

export const percent = (share: number, digits = 1): string => `${(share * 100).toFixed(digits)} %`

export const whole = (value: number): string => Math.round(value).toLocaleString('en-US')

export const megabytes = (bytes: number): string => `${whole(bytes / 1e6)} MB`

/** Over `than` or under it: `+3.1 %`. */
export const difference = (ratio: number): string =>
  `${ratio < 1 ? '−' : '+'}${Math.abs((ratio - 1) * 100).toFixed(1)} %`
