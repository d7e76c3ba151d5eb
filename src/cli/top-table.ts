// The table of the busiest operations, as wide and as high as there is room.
import type { Paint } from './style.ts'
import type { OperationFigures } from './top-figures.ts'
import { bytesText, durationText, left, nothing, rateText, right, shareText } from './top-format.ts'
import type { Sort } from './top-sorts.ts'

const weights: Record<Sort, (one: OperationFigures) => readonly number[]> = {
  rate: (one) => [one.perSecond],
  p99: (one) => [one.p99Seconds ?? -1, one.perSecond],
  errors: (one) => [one.serverErrorsPerSecond, one.clientErrorsPerSecond, one.perSecond],
}

export function sorted(all: readonly OperationFigures[], sort: Sort): OperationFigures[] {
  const weight = weights[sort]
  return all.toSorted((a, b) => byWeight(weight(a), weight(b)) || byName(a, b))
}

function byWeight(a: readonly number[], b: readonly number[]): number {
  for (const [i, one] of a.entries()) if (one !== b[i]) return b[i]! - one
  return 0
}

const nameOf = ({ template, method }: OperationFigures): string => `${template} ${method}`

const byName = (a: OperationFigures, b: OperationFigures): number =>
  nameOf(a) < nameOf(b) ? -1 : 1

interface Column {
  readonly name: string
  readonly width: number
  readonly sort?: Sort
  readonly text: (one: OperationFigures) => string
  readonly tint?: (one: OperationFigures) => 'red' | 'yellow' | undefined
}

const rateColumns: readonly Column[] = [
  { name: 'req/s', width: 9, sort: 'rate', text: (one) => rateText(one.perSecond) },
  {
    name: '4xx',
    width: 6,
    text: (one) => shareText(one.clientErrorsPerSecond, one.perSecond),
    tint: (one) => (one.clientErrorsPerSecond > 0 ? 'yellow' : undefined),
  },
  {
    name: '5xx',
    width: 6,
    sort: 'errors',
    text: (one) => shareText(one.serverErrorsPerSecond, one.perSecond),
    tint: (one) => (one.serverErrorsPerSecond > 0 ? 'red' : undefined),
  },
  { name: 'p50', width: 8, text: (one) => durationText(one.p50Seconds) },
  { name: 'p99', width: 8, sort: 'p99', text: (one) => durationText(one.p99Seconds) },
]

const byteColumns: readonly Column[] = [
  { name: 'in/s', width: 9, text: (one) => bytesOrNothing(one, one.requestBytesPerSecond) },
  { name: 'out/s', width: 9, text: (one) => bytesOrNothing(one, one.replyBytesPerSecond) },
]

const bytesOrNothing = (one: OperationFigures, bytes: number): string =>
  one.perSecond === 0 ? nothing : bytesText(bytes)

const templateWidthMin = 32
const barWidthMax = 16

interface Layout {
  readonly method: number
  readonly template: number
  readonly columns: readonly Column[]
  readonly bar: number
}

/** Bytes give way to a template that can be read; what is left over draws bars. */
function layoutFor(all: readonly OperationFigures[], width: number): Layout {
  const method = Math.max(6, ...all.map((one) => one.method.length))
  const longest = Math.max(9, ...all.map((one) => templateText(one).length))
  const room = (columns: readonly Column[]) =>
    width - method - 3 - columns.reduce((sum, one) => sum + one.width, 0)
  const whole = [...rateColumns, ...byteColumns]
  const columns = room(whole) >= Math.min(longest, templateWidthMin) ? whole : rateColumns
  const template = Math.max(1, Math.min(longest, room(columns)))
  const rest = room(columns) - template - 2
  return { method, template, columns, bar: rest >= 6 ? Math.min(barWidthMax, rest) : 0 }
}

const templateText = ({ template }: OperationFigures): string =>
  template === '' ? '(no operation)' : template

export interface TableView {
  readonly sort: Sort
  readonly width: number
  /** Rows shown, from this one on. */
  readonly from: number
  readonly rows: number
}

/** The head and the rows; `all` is sorted already. */
export function operationLines(
  all: readonly OperationFigures[],
  { from, rows, sort, width }: TableView,
  paint: Paint,
): string[] {
  const layout = layoutFor(all, width)
  const busiest = Math.max(0, ...all.map((one) => one.perSecond))
  const shown = all.slice(from, from + rows)
  return [
    headLine(layout, sort, paint),
    ...shown.map((one) => rowLine(one, layout, busiest, paint)),
  ]
}

function headLine({ columns, method, template }: Layout, sort: Sort, paint: Paint): string {
  const names = columns.map((one) => {
    const isSort = one.sort === sort
    const text = right(isSort ? `▾${one.name}` : one.name, one.width)
    return paint(isSort ? 'bold' : 'dim', text)
  })
  const start = ` ${left('', method)} ${left('operation', template)}`
  return `${paint('dim', start)}${names.join('')}`
}

function rowLine(one: OperationFigures, layout: Layout, busiest: number, paint: Paint): string {
  const { bar, columns, method, template } = layout
  const path = left(templateText(one), template)
  if (one.perSecond === 0) {
    const cells = columns.map((column) => right(column.text(one), column.width))
    return paint('dim', ` ${left(one.method, method)} ${path}${cells.join('')}`)
  }
  const cells = columns.map((column) => {
    const text = right(column.text(one), column.width)
    const tint = column.tint?.(one)
    return tint === undefined ? text : paint(tint, text)
  })
  const length = bar === 0 ? '' : `  ${paint('cyan', barText(one.perSecond / busiest, bar))}`
  return ` ${paint('bold', left(one.method, method))} ${path}${cells.join('')}${length}`
}

const barEighths = [...'▏▎▍▌▋▊▉']

function barText(share: number, width: number): string {
  const eighthsWide = Math.max(1, Math.round(share * width * 8))
  const rest = eighthsWide % 8
  return '█'.repeat(Math.floor(eighthsWide / 8)) + (rest === 0 ? '' : barEighths[rest - 1]!)
}
