// A picture of a terminal from the lines that a command would write to one. Blocks are drawn as
// rectangles: fonts leave gaps between them, and differ.

const cell = { width: 8.4, height: 18 }
const margin = 16
const barHeight = 30

const colours = { back: '#10151d', bar: '#1b2330', text: '#d5dbe5', dim: '#728096' }

/** By the code that begins them. */
const tints: Readonly<Record<string, string>> = {
  31: '#ff6b6b',
  32: '#57d98a',
  33: '#f2c14e',
  36: '#4cc3e0',
}

interface Run {
  readonly text: string
  /** Of its first character. */
  readonly column: number
  readonly colour: string
  readonly bold: boolean
}

export function terminalSvg(lines: readonly string[], columns: number, title: string): string {
  const width = Math.ceil(columns * cell.width + 2 * margin)
  const height = lines.length * cell.height + barHeight + 2 * margin
  const rows = lines.map((line, row) =>
    runsOf(line)
      .map((run) => drawn(run, row))
      .join(''),
  )
  const dots = ['#ff5f57', '#febc2e', '#28c840'].map(
    (fill, i) => `<circle cx="${18 + 20 * i}" cy="15" r="6" fill="${fill}"/>`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">
<rect width="${width}" height="${height}" rx="10" fill="${colours.back}"/>
<path d="M0 ${barHeight}V10A10 10 0 0 1 10 0H${width - 10}A10 10 0 0 1 ${width} 10V${barHeight}Z" fill="${colours.bar}"/>
${dots.join('')}
<text x="${width / 2}" y="20" text-anchor="middle" font-family="system-ui, sans-serif" font-size="13" fill="${colours.dim}">${escaped(title)}</text>
<g font-family="ui-monospace, 'SF Mono', 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14" xml:space="preserve">
${rows.filter((row) => row !== '').join('\n')}
</g>
</svg>
`
}

// Of control characters only ESC stands in painted lines.
const token = /\p{Cc}\[(?<code>\d+)m|(?<text>\P{Cc}+)/gu

function runsOf(line: string): Run[] {
  const runs: Run[] = []
  let [colour, bold, column] = [colours.text, false, 0]
  for (const { groups } of line.matchAll(token)) {
    const { code, text } = groups!
    if (text !== undefined) {
      runs.push({ text, column, colour, bold })
      column += [...text].length
    } else if (code === '1') bold = true
    else if (code === '22') [bold, colour] = [false, colours.text]
    else if (code === '2') colour = colours.dim
    else colour = tints[code!] ?? colours.text
  }
  return runs
}

/** Words and blocks of a run, each where its column is. */
function drawn({ bold, colour, column, text }: Run, row: number): string {
  const top = barHeight + margin + row * cell.height
  const weight = bold ? ' font-weight="bold"' : ''
  return [...text.matchAll(/[▁-█▉-▏]+|[^\s▁-▏]+(?: [^\s▁-▏]+)*/gu)]
    .map(({ 0: part, index }) => {
      const before = Array.from(text.slice(0, index))
      const x = margin + (column + before.length) * cell.width
      if (/^[▁-▏]/u.test(part)) return blocks(part, x, top, colour)
      const length = rounded([...part].length * cell.width)
      return `<text x="${rounded(x)}" y="${top + 13}" textLength="${length}" fill="${colour}"${weight}>${escaped(part)}</text>`
    })
    .join('')
}

const lowest = '▁'.codePointAt(0)!
const full = '█'.codePointAt(0)!

/** From ▁ to █ they rise by eighths, from █ to ▏ they narrow by eighths. */
function blocks(text: string, x: number, top: number, colour: string): string {
  const rects = [...text].map((one, i) => {
    const code = one.codePointAt(0)!
    const high = ((Math.min(code, full) - lowest + 1) / 8) * (cell.height - 3)
    const wide = code <= full ? cell.width : cell.width * (1 - (code - full) / 8)
    const y = top + cell.height - 1 - high
    return `M${rounded(x + i * cell.width)} ${rounded(y)}h${rounded(wide)}v${rounded(high)}h-${rounded(wide)}z`
  })
  return `<path fill="${colour}" d="${rects.join('')}"/>`
}

const rounded = (value: number): number => Math.round(value * 100) / 100

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
