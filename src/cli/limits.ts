// `concordat limits`: the table of bounds, and what holds for each audience where nothing is written.
import { limitTable, type Limit } from '../base.ts'
import { defaultsTable } from '../control.ts'
import { differs } from './defaults.ts'
import { paintFor, table } from './style.ts'
import type { ExitCode, World } from './world.ts'

export async function limits(options: { json?: boolean }, world: World): Promise<ExitCode> {
  const bounds = Object.entries<Limit>(limitTable)
  const defaults = defaultsTable().filter((row) => row.kind !== 'limit' || differs(row))
  if (options.json) {
    const json = { limits: limitTable, defaults }
    world.out.write(`${JSON.stringify(json, null, 2)}\n`)
    return 0
  }
  const paint = paintFor(world.out, world.env)
  const head = (...names: string[]) => names.map((name) => paint('bold', name))
  const boundRows = bounds.map(([name, one]) => [
    name,
    amount(one.default, one.unit),
    `${amount(one.min, one.unit)} – ${amount(one.max, one.unit)}`,
    one.scope,
    one.fault ?? '–',
    one.about,
  ])
  world.out.write(
    table([head('bound', 'default', 'range', 'scope', 'when broken', 'what'), ...boundRows]),
  )
  const common = defaults.filter((row) => !differs(row))
  const commonRows = common.map(({ name, value, about }) => [name, value.public, about])
  world.out.write('\nWhere nothing is written:\n')
  world.out.write(table([head('name', 'value', 'what'), ...commonRows]))
  const decidedRows = defaults
    .filter(differs)
    .flatMap(({ name, value, about }) =>
      stacked([name, value.public, value.partner, value.internal, about]),
    )
  world.out.write('\nWhere nothing is written, by audience:\n')
  world.out.write(table([head('name', 'public', 'partner', 'internal', 'what'), ...decidedRows]))
  return 0
}

const listWidthMax = 24

/** A row with its long lists one item a line: several rows. */
function stacked(row: readonly string[]): string[][] {
  const cells = row
    .slice(0, -1)
    .map((cell) => (cell.length > listWidthMax ? cell.split(/(?<=,) /) : [cell]))
  const height = Math.max(...cells.map((cell) => cell.length))
  return Array.from({ length: height }, (_, line) => [
    ...cells.map((cell) => cell[line] ?? ''),
    line === 0 ? row.at(-1)! : '',
  ])
}

const scales: Record<Limit['unit'], readonly [size: number, name: string][]> = {
  bytes: [
    [1024 ** 3, 'GiB'],
    [1024 ** 2, 'MiB'],
    [1024, 'KiB'],
    [1, 'B'],
  ],
  'bytes/s': [
    [1024 ** 2, 'MiB/s'],
    [1024, 'KiB/s'],
    [1, 'B/s'],
  ],
  ms: [
    [3_600_000, 'h'],
    [60_000, 'min'],
    [1000, 's'],
    [1, 'ms'],
  ],
  count: [[1, '']],
}

/** In the largest unit that leaves a whole number. */
function amount(value: number, unit: Limit['unit']): string {
  if (value === 0) return '0'
  const [size, name] = scales[unit].find(([scale]) => value % scale === 0)!
  return `${value / size} ${name}`.trimEnd()
}
