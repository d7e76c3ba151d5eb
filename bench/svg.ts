// The little drawing that the charts need: SVG that reads in light and in dark, by its own colours
// and on its own ground, without a font from elsewhere.

const colours = `<style>
  .ground { fill: #ffffff } .text { fill: #1f2933 } .faint { fill: #52606d }
  .rule { stroke: #d3d9df; stroke-width: 1 } .axis { stroke: #7b8794; stroke-width: 1 }
  .ours { fill: #2563a8 } .other { fill: #98a4b1 } .band { fill: #2563a8; opacity: 0.12 }
  .goal { stroke: #b3261e; stroke-width: 2; stroke-dasharray: 4 3 }
  .line { fill: none; stroke: #2563a8; stroke-width: 2 }
  .second { fill: none; stroke: #98a4b1; stroke-width: 2 }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117 } .text { fill: #e6edf3 } .faint { fill: #9aa7b4 }
    .rule { stroke: #30363d } .axis { stroke: #6e7681 }
    .ours { fill: #5b9bea } .other { fill: #6e7a87 } .band { fill: #5b9bea; opacity: 0.18 }
    .goal { stroke: #ff7b72 } .line { stroke: #5b9bea } .second { stroke: #8b98a6 }
  }
</style>`

export const width = 720

export interface Drawing {
  readonly title: string
  /** What to know to read it, under the title. */
  readonly hint: string
  readonly height: number
  readonly parts: readonly string[]
}

export function svg({ title, hint, height, parts }: Drawing): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"
  viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="13">
<title>${escaped(title)}</title>
${colours}
<rect class="ground" width="100%" height="100%" rx="6"/>
${text(16, 26, title, { weight: 'bold', size: 15 })}
${text(16, 45, hint, { faint: true, size: 12 })}
${parts.join('\n')}
</svg>
`
}

export interface TextStyle {
  readonly anchor?: 'start' | 'middle' | 'end'
  readonly weight?: 'bold'
  readonly size?: number
  readonly faint?: boolean
}

export function text(x: number, y: number, said: string, style: TextStyle = {}): string {
  const { anchor = 'start', weight, size, faint = false } = style
  const own = [
    weight === undefined ? '' : ` font-weight="${weight}"`,
    size === undefined ? '' : ` font-size="${size}"`,
    anchor === 'start' ? '' : ` text-anchor="${anchor}"`,
  ]
  const name = faint ? 'faint' : 'text'
  return `<text class="${name}" x="${at(x)}" y="${at(y)}"${own.join('')}>${escaped(said)}</text>`
}

export type Fill = 'ours' | 'other' | 'band'

export const box = (fill: Fill, x: number, y: number, wide: number, high: number): string =>
  `<rect class="${fill}" x="${at(x)}" y="${at(y)}" width="${at(wide)}" height="${at(high)}"/>`

export type Stroke = 'rule' | 'axis' | 'goal'

export const line = (stroke: Stroke, x1: number, y1: number, x2: number, y2: number): string =>
  `<line class="${stroke}" x1="${at(x1)}" y1="${at(y1)}" x2="${at(x2)}" y2="${at(y2)}"/>`

export type Point = readonly [x: number, y: number]

export const path = (stroke: 'line' | 'second', points: readonly Point[]): string =>
  `<polyline class="${stroke}" points="${points.map(([x, y]) => `${at(x)},${at(y)}`).join(' ')}"/>`

export const dot = (fill: 'ours' | 'other', [x, y]: Point): string =>
  `<circle class="${fill}" cx="${at(x)}" cy="${at(y)}" r="4"/>`

const at = (value: number): string => String(Math.round(value * 10) / 10)

const escaped = (said: string): string =>
  said.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
