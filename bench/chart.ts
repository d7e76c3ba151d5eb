// CPU per request as a bar chart in SVG: for each case a bar of each gateway, and a line at the goal.
import type { Comparison } from './compare.ts'

const labelWidth = 90
const plotWidth = 460
const barHeight = 18
const caseHeight = 64
const colours = { nginx: '#8a94a0', Concordat: '#2563a8', goal: '#b3261e', text: '#3c4650' }

export function chart(comparisons: readonly Comparison[]): string {
  const most = Math.max(...comparisons.flatMap(figuresOf))
  const x = (cpuUs: number) => labelWidth + (cpuUs / most) * plotWidth
  const height = 40 + comparisons.length * caseHeight
  const groups = comparisons.map((one, row) => group(one, 34 + row * caseHeight, x))
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${labelWidth + plotWidth + 90} ${height}"
  font-family="system-ui, sans-serif" font-size="12" fill="${colours.text}">
<title>CPU per request of Concordat and of nginx</title>
<rect width="100%" height="100%" fill="#fff"/>
<text x="${labelWidth}" y="18">CPU µs per request (less is better); the red line is the goal</text>
${groups.join('\n')}
</svg>
`
}

const figuresOf = ({ concordat, nginx, goal }: Comparison): number[] => [
  concordat.cpuUs.median,
  nginx.cpuUs.median * (goal.cpuRatio ?? 1),
]

function group(comparison: Comparison, top: number, x: (cpuUs: number) => number): string {
  const { name, concordat, nginx, goal } = comparison
  const bars = [
    bar('nginx', nginx.cpuUs.median, top, x),
    bar('Concordat', concordat.cpuUs.median, top + barHeight + 4, x),
  ]
  const label = `<text x="${labelWidth - 8}" y="${top + barHeight + 6}" text-anchor="end">${name}</text>`
  return [label, ...bars, ...goalLine(nginx.cpuUs.median, goal.cpuRatio, top, x)].join('\n')
}

function bar(
  name: 'nginx' | 'Concordat',
  cpuUs: number,
  top: number,
  x: (cpuUs: number) => number,
): string {
  const width = (x(cpuUs) - labelWidth).toFixed(1)
  const text = `<text x="${(x(cpuUs) + 8).toFixed(1)}" y="${top + 13}">${name} ${cpuUs.toFixed(1)}</text>`
  return `<rect x="${labelWidth}" y="${top}" width="${width}" height="${barHeight}" fill="${colours[name]}"/>${text}`
}

function goalLine(
  nginxUs: number,
  ratio: number | undefined,
  top: number,
  x: (cpuUs: number) => number,
): string[] {
  if (ratio === undefined) return []
  const at = x(nginxUs * ratio).toFixed(1)
  const end = top + 2 * barHeight + 8
  return [
    `<line x1="${at}" x2="${at}" y1="${top - 4}" y2="${end}" stroke="${colours.goal}" stroke-width="2"/>`,
  ]
}
