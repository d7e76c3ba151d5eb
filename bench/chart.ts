// CPU per request as a bar chart in SVG: for each case a bar of each gateway, and a line at the goal.
import type { Comparison } from './compare.ts'

const barsFrom = 210
const plotWidth = 420
const barHeight = 18
const caseHeight = 64
const colours = { nginx: '#8a94a0', Concordat: '#2563a8', goal: '#b3261e', text: '#3c4650' }

type Scale = (cpuUs: number) => number

export function chart(comparisons: readonly Comparison[]): string {
  const most = Math.max(...comparisons.flatMap(figuresOf))
  const x: Scale = (cpuUs) => barsFrom + (cpuUs / most) * plotWidth
  const size = `0 0 ${barsFrom + plotWidth + 20} ${40 + comparisons.length * caseHeight}`
  const groups = comparisons.map((one, row) => group(one, 40 + row * caseHeight, x))
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${size}"
  font-family="system-ui, sans-serif" font-size="13" fill="${colours.text}">
<title>CPU per request of Concordat and of nginx</title>
<rect width="100%" height="100%" fill="#fff"/>
<text x="16" y="22">CPU µs per request, less is better; a red line is the goal</text>
${groups.join('\n')}
</svg>
`
}

const figuresOf = ({ concordat, nginx, goal }: Comparison): number[] => [
  concordat.cpuUs.median,
  nginx.cpuUs.median * (goal.cpuRatio ?? 1),
]

function group({ name, concordat, nginx, goal }: Comparison, top: number, x: Scale): string {
  const second = top + barHeight + 4
  return [
    `<text x="16" y="${second + 2}" font-weight="bold">${name}</text>`,
    bar('nginx', nginx.cpuUs.median, top, x),
    bar('Concordat', concordat.cpuUs.median, second, x),
    goal.cpuRatio === undefined ? '' : goalLine(x(nginx.cpuUs.median * goal.cpuRatio), top),
  ].join('\n')
}

function bar(name: 'nginx' | 'Concordat', cpuUs: number, top: number, x: Scale): string {
  const label = `${name} ${cpuUs.toFixed(1)}`
  const width = (x(cpuUs) - barsFrom).toFixed(1)
  return `<text x="${barsFrom - 8}" y="${top + 13}" text-anchor="end">${label}</text>
<rect x="${barsFrom}" y="${top}" width="${width}" height="${barHeight}" fill="${colours[name]}"/>`
}

const goalLine = (at: number, top: number): string =>
  `<rect x="${at.toFixed(1)}" y="${top - 4}" width="2" height="${2 * barHeight + 12}" fill="${colours.goal}"/>`
