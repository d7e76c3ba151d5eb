// Readings over time as SVG: one strip for each figure, all over the same minutes.
export interface Strip {
  readonly title: string
  readonly unit: string
  /** One for each moment. */
  readonly values: readonly number[]
}

const width = 760
const stripHeight = 96
const left = 130
const right = 16
const colours = { line: '#2563a8', rule: '#d5dae0', text: '#3c4650' }

export function plot(title: string, minutes: readonly number[], strips: readonly Strip[]): string {
  const height = 48 + strips.length * stripHeight + 28
  const lastMinute = Math.max(...minutes, 0.001)
  const x = (minute: number) => left + (minute / lastMinute) * (width - left - right)
  const drawn = strips.map((strip, at) => stripOf(strip, 48 + at * stripHeight, minutes, x))
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}"
  font-family="system-ui, sans-serif" font-size="12" fill="${colours.text}">
<title>${title}</title>
<rect width="100%" height="100%" fill="#fff"/>
<text x="16" y="26" font-size="15" font-weight="bold">${title}</text>
${drawn.join('\n')}
<text x="${left}" y="${height - 10}">0</text>
<text x="${width - right}" y="${height - 10}" text-anchor="end">${lastMinute.toFixed(1)} min</text>
</svg>
`
}

function stripOf(
  { title, unit, values }: Strip,
  top: number,
  minutes: readonly number[],
  x: (minute: number) => number,
): string {
  const most = Math.max(...values, 0) || 1
  const bottom = top + stripHeight - 20
  const y = (value: number) => bottom - (value / most) * (stripHeight - 32)
  const points = values.map((value, at) => `${x(minutes[at]!).toFixed(1)},${y(value).toFixed(1)}`)
  const last = values.at(-1) ?? 0
  return `<text x="16" y="${top + 24}" font-weight="bold">${title}</text>
<text x="16" y="${top + 40}">${shown(last)} ${unit}</text>
<text x="16" y="${top + 56}" opacity="0.7">at most ${shown(most)}</text>
<line x1="${left}" x2="${width - right}" y1="${bottom}" y2="${bottom}" stroke="${colours.rule}"/>
<polyline points="${points.join(' ')}" fill="none" stroke="${colours.line}" stroke-width="1.3"/>`
}

const shown = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(2))
