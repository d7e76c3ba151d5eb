// Panels of horizontal bars, one below the other, each with its own scale and, where there is one,
// its goal as a broken line.
import { box, line, text, width } from './svg.ts'

export interface Bar {
  readonly label: string
  readonly value: number
  /** What stands to its right. */
  readonly said: string
  readonly ours: boolean
}

export interface Panel {
  readonly title: string
  readonly bars: readonly Bar[]
  readonly goal?: number
}

const top = 58
const barsFrom = 190
const saidWidth = 150
const rowHeight = 24
const barHeight = 16
const titleHeight = 26
const gap = 18

const heightOf = ({ bars }: Panel): number => titleHeight + bars.length * rowHeight + gap

export const panelsHeight = (panels: readonly Panel[]): number =>
  panels.reduce((sum, panel) => sum + heightOf(panel), top)

export function panelsDrawn(panels: readonly Panel[]): string[] {
  let y = top
  return panels.flatMap((panel) => {
    const drawn = panelDrawn(panel, y)
    y += heightOf(panel)
    return drawn
  })
}

function panelDrawn({ title, bars, goal }: Panel, y: number): string[] {
  const most = Math.max(...bars.map(({ value }) => value), goal ?? 0)
  const wide = (value: number) => (Math.max(0, value) / most) * (width - barsFrom - saidWidth)
  const from = y + titleHeight
  const to = from + bars.length * rowHeight
  const drawn = bars.map((bar, row) => barDrawn(bar, from + row * rowHeight, wide(bar.value)))
  const goalAt = goal === undefined ? undefined : barsFrom + wide(goal)
  return [
    text(16, y + 16, title, { weight: 'bold' }),
    ...drawn,
    line('axis', barsFrom, from - 2, barsFrom, to),
    ...(goalAt === undefined ? [] : [line('goal', goalAt, from - 4, goalAt, to + 2)]),
  ]
}

function barDrawn({ label, said, ours }: Bar, y: number, wide: number): string {
  return [
    text(barsFrom - 8, y + 13, label, { anchor: 'end' }),
    box(ours ? 'ours' : 'other', barsFrom, y, wide, barHeight),
    // Away from the bars, where no goal crosses it.
    text(width - 16, y + 13, said, { anchor: 'end', faint: !ours }),
  ].join('\n')
}
