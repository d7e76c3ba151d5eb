// Figures to the lines of a screen. Nothing here knows of terminals: lines are text, coloured by a
// brush that may leave it as it is.
import { clipped, counted, type Paint, plainWidth, type Tint } from './style.ts'
import type { Figures, Traffic } from './top-figures.ts'
import {
  bytesText,
  countText,
  durationText,
  fitted,
  left,
  nothing,
  rateText,
  right,
  shareText,
  spanText,
} from './top-format.ts'
import type { Sort } from './top-sorts.ts'
import type { Readiness, Workers } from './top-source.ts'
import { operationLines, sorted } from './top-table.ts'
import { sparkline, type TrendPoint } from './top-trend.ts'
import type { Scene } from './top-watch.ts'

export interface Frame {
  /** Where it was asked. */
  readonly admin: string
  readonly epochMs: number
  readonly paused: boolean
  readonly width: number
  /** Of the whole frame; undefined where it may be as long as it likes. */
  readonly height: number | undefined
  readonly rowsMax: number
  readonly sort: Sort
  /** The first row of the table that is shown. */
  readonly from: number
}

export function linesOf(scene: Scene, frame: Frame, paint: Paint): string[] {
  return allLines(scene, frame, paint).map((line) => clipped(line, frame.width))
}

function allLines(scene: Scene, frame: Frame, paint: Paint): string[] {
  const lines = titleLines(scene, frame, paint)
  const { figures } = scene
  if (figures === undefined) return lines.concat(paint('dim', ' waiting for its first answer …'))
  // What is not of this moment is not coloured as if it were.
  const brush: Paint = scene.condition.at === 'gone' ? (_, text) => paint('dim', text) : paint
  lines.push(...summaryLines(scene, figures, frame.width, brush), '')
  if (figures.traffic === undefined) return lines.concat(paint('dim', ' measuring …'))
  const all = sorted(figures.traffic.operations, frame.sort)
  const rows = pageOf(frame)
  const from = Math.max(0, Math.min(frame.from, all.length - rows))
  lines.push(...operationLines(all, { ...frame, rows, from }, brush))
  if (frame.height === undefined) return lines
  return [...lines, ...footer({ ...frame, rows, from }, all.length, lines.length, paint)]
}

// Title, eight of summary, the head of the table, keys, and two that part them.
const linesBesideTable = 13

/** How many operations a frame has room for. */
export function pageOf({ height = Infinity, rowsMax }: Pick<Frame, 'height' | 'rowsMax'>): number {
  return Math.max(0, Math.min(rowsMax, height - linesBesideTable))
}

/** State, then as many facts as there is room for; the reason, if any, has a line of its own. */
function titleLines(scene: Scene, frame: Frame, paint: Paint): string[] {
  const { figures } = scene
  const { admin, epochMs, paused, width } = frame
  const [tint, state, reason = ''] = conditionText(scene)
  const name = figures === undefined ? 'concordat' : `concordat ${figures.version}`
  const pause = paused ? `${paint('yellow', '❚❚ paused')}  ` : ''
  const start = ` ${paint('bold', name)}  ${pause}${paint(tint, `● ${state}`)}`
  const facts = factsOf(scene, epochMs)
  const room = width - plainWidth(start)
  while (facts.length > 0 && facts.join('').length > room) facts.pop()
  const line = `${start}${paint('dim', facts.join(''))}`
  const space = width - plainWidth(line) - admin.length - 1
  const where = space < 2 ? '' : `${' '.repeat(space)}${paint('dim', admin)}`
  return [line + where, reason === '' ? '' : ` ${paint(tint, reason)}`]
}

function factsOf({ condition, figures }: Scene, epochMs: number): string[] {
  if (figures === undefined) return []
  const revision = `   revision ${figures.revision.slice(0, 12)}`
  // Nobody knows whether one that does not answer still runs.
  if (condition.at === 'gone') return [revision]
  return [revision, `   up ${spanText(epochMs - figures.startedEpochMs)}`]
}

function conditionText({
  condition,
  figures,
  readiness,
}: Scene): [tint: Tint, says: string, why?: string | undefined] {
  if (condition.at === 'gone') return ['red', 'no answer', condition.reason]
  if (condition.at === 'unready') return ['yellow', condition.reason]
  const { configuration } = readiness ?? {}
  if (configuration !== undefined) return ['yellow', configuration.says, configuration.why]
  if (figures?.configurationCurrent === false) return ['yellow', 'configuration refused']
  return ['green', 'ready']
}

const labelWidth = 11
const valueWidth = 10
const detailWidth = 40

function summaryLines(scene: Scene, figures: Figures, width: number, paint: Paint): string[] {
  const { traffic } = figures
  const besides = labelWidth + valueWidth + 4
  const sparkWidth = Math.max(8, Math.min(60, width - besides - detailWidth))
  const trendLine = (
    label: string,
    value: string,
    tint: Tint,
    of: (point: TrendPoint) => number,
    detail: string,
    full = 0,
  ): string => {
    const spark = sparkline(scene.trend, of, sparkWidth, full)
    const name = paint('dim', left(label, labelWidth))
    return ` ${name}${paint('bold', right(value, valueWidth))}  ${paint(tint, spark)}  ${detail}`
  }
  const say = (text: (traffic: Traffic) => string) => (traffic ? text(traffic) : nothing)
  const { errors, tint } = errorsOf(traffic)
  return [
    trendLine(
      'requests',
      say((one) => `${rateText(one.perSecond)}/s`),
      'cyan',
      (point) => point.perSecond,
      classText(traffic, paint),
    ),
    trendLine(
      'errors',
      say(() => `${rateText(errors)}/s`),
      tint,
      (point) => point.errorsPerSecond,
      errorText(traffic, errors),
    ),
    trendLine(
      'p99',
      say(({ latency }) => durationText(latency.p99Seconds)),
      'cyan',
      (point) => point.p99Seconds,
      latencyText(traffic),
    ),
    trendLine(
      'cpu',
      say((one) => `${Math.round(one.cpuPercent)} %`),
      'cyan',
      (point) => point.cpuPercent,
      `memory ${bytesText(figures.residentBytes)}`,
      100,
    ),
    listLine('clients', clientItems(figures), width, paint),
    listLine('upstreams', upstreamItems(figures), width, paint),
    listLine('threads', threadItems(figures, scene.readiness), width, paint),
    listLine('faults', faultItems(traffic), width, paint),
  ]
}

function errorsOf(traffic: Traffic | undefined): { errors: number; tint: Tint } {
  if (traffic === undefined) return { errors: 0, tint: 'yellow' }
  const { '4xx': client, '5xx': server, unanswered } = traffic.classes
  return { errors: client + server + unanswered, tint: server > 0 ? 'red' : 'yellow' }
}

function classText(traffic: Traffic | undefined, paint: Paint): string {
  if (traffic === undefined) return ''
  const tints = { '2xx': 'green', '3xx': 'cyan', '4xx': 'yellow', '5xx': 'red' } as const
  return Object.entries(tints)
    .map(([name, tint]) => {
      const perSecond = traffic.classes[name as keyof typeof tints]
      const text = `${name} ${rateText(perSecond)}`
      return perSecond > 0 ? paint(tint, text) : paint('dim', text)
    })
    .join('  ')
}

function errorText(traffic: Traffic | undefined, errors: number): string {
  if (traffic === undefined) return ''
  const { unanswered } = traffic.classes
  const share = `${shareText(errors, traffic.perSecond)} of all`
  const lost = unanswered > 0 ? `  unanswered ${rateText(unanswered)}/s` : ''
  return traffic.perSecond === 0 ? '' : `${share}${lost}`
}

function latencyText(traffic: Traffic | undefined): string {
  if (traffic === undefined) return ''
  const { p50Seconds, p999Seconds } = traffic.latency
  const own = `own ${durationText(traffic.ownP99Seconds)}`
  return `p50 ${durationText(p50Seconds)}  p99.9 ${durationText(p999Seconds)}  ${own}`
}

function clientItems({ activeExchanges, clientConnections, traffic }: Figures): string[] {
  const refused = traffic?.refusedConnectionsPerSecond ?? 0
  return [
    `${countText(clientConnections)} connected`,
    `${countText(activeExchanges)} requests under way`,
    ...(refused > 0 ? [`${rateText(refused)}/s turned away`] : []),
  ]
}

function upstreamItems({ upstream: { active, idle, waiting } }: Figures): string[] {
  return [`${countText(active)} active`, `${countText(idle)} idle`, `${countText(waiting)} waiting`]
}

function threadItems({ restarts, threads }: Figures, readiness: Readiness | undefined): string[] {
  const { workers } = readiness ?? {}
  const count = workers === undefined ? [] : [workersText(workers)]
  if (restarts !== undefined) count.push(counted(restarts, 'restart'))
  const each = threads.map(({ name, heapBytes, loopDelayP99Seconds }) => {
    const heap = heapBytes === undefined ? '' : `, ${bytesText(heapBytes)}`
    const thread = name === 'main' ? name : `#${name}`
    return `${thread} ${durationText(loopDelayP99Seconds)} late${heap}`
  })
  return [...count, ...each]
}

function faultItems(traffic: Traffic | undefined): string[] {
  const items = (traffic?.faults ?? []).map(
    ({ code, perSecond }) => `${code} ${rateText(perSecond)}/s`,
  )
  return items.length === 0 ? ['none'] : items
}

/** As many items as there is room for, and how many there was none for. */
function listLine(label: string, items: readonly string[], width: number, paint: Paint): string {
  const room = width - labelWidth - 2
  let text = items[0] ?? nothing
  for (const [i, item] of items.slice(1).entries()) {
    const more = items.length - i - 1
    const longer = `${text}   ${item}`
    const after = more > 1 ? `   +${more - 1} more`.length : 0
    if (longer.length + after > room) {
      text += `   +${more} more`
      break
    }
    text = longer
  }
  return ` ${paint('dim', left(label, labelWidth))} ${fitted(text, room)}`
}

function footer(
  { from, height = 0, rows, sort, width }: Frame & { rows: number },
  count: number,
  used: number,
  paint: Paint,
): string[] {
  const blank = Array.from({ length: Math.max(0, height - used - 1) }, () => '')
  const keys = ` q quit   p pause   s sort: ${sort}   ↑↓ scroll`
  const shown = count === 0 ? '' : `${from + 1}–${Math.min(count, from + rows)} of ${count} `
  const space = Math.max(1, width - keys.length - shown.length)
  return [...blank, paint('dim', fitted(`${keys}${' '.repeat(space)}${shown}`, width))]
}

const workersText = ({ serving, wanted }: Workers): string =>
  wanted === 0 ? 'the main one serves' : `${serving} of ${wanted} workers`
