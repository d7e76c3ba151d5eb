// The charts that stand in RESULTS.md: what each case costs beside the others, what a growing
// contract costs, transfers and memory, workers.
import { panelsDrawn, panelsHeight } from './bars.ts'
import type { Panel } from './bars.ts'
import type { Beside, Comparison } from './compare.ts'
import { percent, whole } from './format.ts'
import { idleGoals } from './idle.ts'
import type { Idle } from './idle.ts'
import { operationsGoal } from './operations.ts'
import type { OperationsCost } from './operations.ts'
import type { Results } from './results.ts'
import { box, dot, line, path, svg, text, width } from './svg.ts'
import type { Point } from './svg.ts'
import { transferGoals } from './transfer.ts'
import type { Carrier, Transfer } from './transfer.ts'
import { workersGoal } from './workers.ts'
import type { WorkersCost } from './workers.ts'

export interface Chart {
  readonly file: string
  readonly title: string
  readonly drawn: string
}

/** A chart of each kind for which there is something to draw. */
export const charts = (results: Results): Chart[] => [
  ...(results.comparisons.length === 0 ? [] : [ratiosChart(results.comparisons, gatewayRatios)]),
  ...(results.protocols.length === 0 ? [] : [ratiosChart(results.protocols, protocolRatios)]),
  ...(results.operations.length === 0 ? [] : [operationsChart(results.operations)]),
  ...(results.transfers.length + results.idle.length === 0
    ? []
    : [transfersChart(results.transfers, results.idle)]),
  ...(results.workers.length === 0 ? [] : [workersChart(results.workers)]),
]

const gatewayRatios = { file: 'results.svg', title: 'CPU per request: Concordat over others' }
const protocolRatios = {
  file: 'results-protocols.svg',
  title: 'CPU per request by protocol: Concordat over others',
}

function ratiosChart(
  comparisons: readonly Comparison[],
  { file, title }: Pick<Chart, 'file' | 'title'>,
): Chart {
  const hint = 'In proportion: left of the line Concordat takes less. A broken line is a goal.'
  const rows = comparisons.flatMap(({ name, goal, beside }) =>
    beside.map((other) => ({ name, other, goal: goal.cpuRatio?.[other.name] })),
  )
  const height = ratiosTop + rows.length * ratioHeight + 34
  const parts = [...ratioScale(height - 30), ...rows.map(ratioRow)]
  return { file, title, drawn: svg({ title, hint, height, parts }) }
}

const ratiosTop = 66
const ratioHeight = 26
const ratiosFrom = 190
/** As many doublings from one either way as are drawn. */
const doublings = { below: 3, above: 3 }

/** Doublings are as wide as halvings: 0.5 stands as far from 1 as 2 does. */
const ratioX = (ratio: number): number => {
  const share = (Math.log2(ratio) + doublings.below) / (doublings.below + doublings.above)
  return ratiosFrom + Math.min(1, Math.max(0, share)) * (width - ratiosFrom - 90)
}

const ratioScale = (bottom: number): string[] =>
  [1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8].flatMap((ratio) => [
    line(ratio === 1 ? 'axis' : 'rule', ratioX(ratio), ratiosTop - 8, ratioX(ratio), bottom),
    text(ratioX(ratio), bottom + 16, ratio < 1 ? `1/${1 / ratio}` : String(ratio), {
      anchor: 'middle',
      size: 11,
      faint: true,
    }),
  ])

interface RatioRow {
  readonly name: string
  readonly other: Beside
  readonly goal: number | undefined
}

function ratioRow({ name, other, goal }: RatioRow, row: number): string {
  const y = ratiosTop + row * ratioHeight
  const found = other.cpuRatio.median
  const [left, right] = [Math.min(1, found), Math.max(1, found)].map(ratioX) as [number, number]
  const goalAt = goal === undefined ? undefined : ratioX(goal)
  return [
    text(ratiosFrom - 8, y + 13, `${name} / ${other.name}`, { anchor: 'end' }),
    box('ours', left, y, right - left, 16),
    text(width - 16, y + 13, `${found.toFixed(2)} ×`, { anchor: 'end', weight: 'bold' }),
    goalAt === undefined ? '' : line('goal', goalAt, y - 3, goalAt, y + 19),
  ].join('\n')
}

function operationsChart(found: readonly OperationsCost[]): Chart {
  const title = 'CPU per request as the contract grows'
  const hint = `µs by number of operations; the band is ± ${percent(operationsGoal, 0)} of the smallest contract.`
  const most = Math.max(...found.flatMap(({ hotUs, anyUs }) => [hotUs.median, anyUs.median]))
  const plot = operationsPlot(found, most * 1.15)
  const base = found[0]?.hotUs.median ?? 0
  const [bandTop, bandBottom] = [
    plot.y(base * (1 + operationsGoal)),
    plot.y(base * (1 - operationsGoal)),
  ]
  const hot = found.map((one): Point => [plot.x(one.operations), plot.y(one.hotUs.median)])
  const any = found.map((one): Point => [plot.x(one.operations), plot.y(one.anyUs.median)])
  const parts = [
    ...plot.frame,
    box('band', plot.left, bandTop, plot.right - plot.left, bandBottom - bandTop),
    path('second', any),
    path('line', hot),
    ...any.map((point) => dot('other', point)),
    ...hot.map((point) => dot('ours', point)),
    ...lastLabel(any, 'all busy', hot),
    ...lastLabel(hot, '10 busy', any),
    ...found.flatMap((one, at) => figureLabels(one, hot[at] ?? [0, 0], any[at] ?? [0, 0])),
  ]
  return { file: 'results-operations.svg', title, drawn: svg({ title, hint, height: 340, parts }) }
}

function operationsPlot(found: readonly OperationsCost[], most: number) {
  const [left, right, top, bottom] = [60, width - 100, 66, 300]
  const logs = found.map(({ operations }) => Math.log10(operations))
  const [low, high] = [Math.min(...logs), Math.max(...logs)]
  const x = (operations: number) =>
    left + 30 + ((Math.log10(operations) - low) / Math.max(1, high - low)) * (right - left - 60)
  const y = (cpuUs: number) => bottom - (cpuUs / most) * (bottom - top)
  const step = most > 60 ? 20 : most > 25 ? 10 : 5
  const levels = Array.from({ length: Math.floor(most / step) + 1 }, (_, at) => at * step)
  const frame = [
    ...levels.flatMap((level) => [
      line(level === 0 ? 'axis' : 'rule', left, y(level), right, y(level)),
      text(left - 8, y(level) + 4, String(level), { anchor: 'end', size: 11, faint: true }),
    ]),
    ...found.map(({ operations }) =>
      text(x(operations), bottom + 20, whole(operations), { anchor: 'middle', faint: true }),
    ),
  ]
  return { left, right, x, y, frame }
}

/** Named at its right end, out of the way of the other line. */
function lastLabel(points: readonly Point[], said: string, others: readonly Point[]): string[] {
  const [last, other] = [points.at(-1), others.at(-1)]
  if (last === undefined || other === undefined) return []
  const close = Math.abs(last[1] - other[1]) < 16
  const shift = close ? (last[1] <= other[1] ? -8 : 10) : 0
  return [text(last[0] + 44, last[1] + 4 + shift, said, { weight: 'bold', size: 12 })]
}

function figureLabels({ hotUs, anyUs }: OperationsCost, hot: Point, any: Point): string[] {
  const [upper, lower] = any[1] <= hot[1] ? [any, hot] : [hot, any]
  const said = (point: Point) => (point === hot ? hotUs : anyUs).median.toFixed(1)
  return [
    text(upper[0], upper[1] - 10, said(upper), { anchor: 'middle', size: 12 }),
    text(lower[0], lower[1] + 20, said(lower), { anchor: 'middle', size: 12 }),
  ]
}

function transfersChart(found: readonly Transfer[], idle: readonly Idle[]): Chart {
  const title = 'Transfers and memory'
  const hint = 'A broken line is a goal: throughput reaches it, memory stays under it.'
  const panels = [
    ...found.map(throughputPanel),
    ...(found.length === 0 ? [] : [growthPanel(found)]),
    ...(idle.length === 0 ? [] : [idlePanel(idle)]),
  ]
  const height = panelsHeight(panels)
  const parts = panelsDrawn(panels)
  return { file: 'results-transfers.svg', title, drawn: svg({ title, hint, height, parts }) }
}

function throughputPanel({ direction, concordat, nginx }: Transfer): Panel {
  const better = Math.min(...nginx.map(({ seconds }) => seconds.median))
  const bar = (one: Carrier) => ({
    label: one.name,
    value: 1 / one.seconds.median,
    said: `${(1 / one.seconds.median).toFixed(2)} GiB/s`,
    ours: one === concordat,
  })
  return {
    title: `1 GiB ${direction}, throughput`,
    bars: [concordat, ...nginx].map(bar),
    goal: transferGoals.throughputRatio / better,
  }
}

function growthPanel(found: readonly Transfer[]): Panel {
  const bars = found.flatMap(({ direction, concordat, nginx }) =>
    [concordat, ...nginx].map((one) => ({
      label: `${direction}: ${one.name}`,
      value: one.growthBytes,
      said: `${(one.growthBytes / 1e6).toFixed(1)} MB`,
      ours: one === concordat,
    })),
  )
  return { title: 'Memory gained by 1 GiB', bars, goal: transferGoals.growthBytes }
}

function idlePanel(idle: readonly Idle[]): Panel {
  const bars = idle.map(({ name, bytesEach }) => ({
    label: name,
    value: bytesEach,
    said: `${(bytesEach / 1000).toFixed(1)} kB`,
    ours: name === 'Concordat',
  }))
  const count = whole(idle[0]?.connections ?? 0)
  return {
    title: `Memory of each of ${count} connections at rest`,
    bars,
    goal: idleGoals.bytesEach,
  }
}

function workersChart(found: readonly WorkersCost[]): Chart {
  const title = 'CPU per request by number of workers'
  const hint = 'Both cores free to each. A broken line is the goal for two: 1.1 × one.'
  const one = found.find(({ workers }) => workers === 1)
  const bars = found.map(({ workers, cpuUs, perSecond }) => ({
    label: ['main thread', 'one worker', 'two workers'][workers] ?? `${workers} workers`,
    value: cpuUs.median,
    said: `${cpuUs.median.toFixed(1)} µs, ${whole(perSecond.median)}/s`,
    ours: true,
  }))
  const goal = one === undefined ? {} : { goal: one.cpuUs.median * workersGoal }
  const panels = [{ title: 'µs a request, and requests each second', bars, ...goal }]
  const height = panelsHeight(panels)
  const parts = panelsDrawn(panels)
  return { file: 'results-workers.svg', title, drawn: svg({ title, hint, height, parts }) }
}
