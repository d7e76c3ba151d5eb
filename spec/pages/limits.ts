// The page of limits: every bound with its default, its range and what breaks it.
import { type Limit, type LimitName, limitTable } from '../../src/base.ts'
import { generatedFrom, table } from './markdown.ts'

const intro = `# Limits

Everything is bounded. Each bound below can be set under \`limits:\` in \`concordat.yaml\`, as a whole number of bytes or
milliseconds as its name says; those of an operation also under \`x-concordat\` in the contract. Beyond a bound a request
is refused with the fault named beside it; where none is named, nothing is refused: the gateway closes or leaves out.
`

const scopes: readonly (readonly [Limit['scope'], string])[] = [
  ['gateway', 'Clients: connections, heads, framing'],
  ['operation', 'One operation'],
  ['upstream', 'Upstreams'],
]

export function limitsPage(): string {
  return [generatedFrom('`src/base/limits.ts`'), intro, ...scopes.map(section)].join('\n')
}

function section([scope, title]: readonly [Limit['scope'], string]): string {
  const rows = (Object.entries(limitTable) as [LimitName, Limit][])
    .filter(([, limit]) => limit.scope === scope)
    .map(([name, limit]) => [
      `\`${name}\``,
      limit.about,
      amount(limit.default, limit.unit),
      `${amount(limit.min, limit.unit)} – ${amount(limit.max, limit.unit)}`,
      limit.fault === undefined
        ? '–'
        : `[\`${limit.fault}\`](faults.md#${limit.fault.toLowerCase()})`,
    ])
  return `## ${title}\n\n${table(['Name', 'Bounds', 'Default', 'Range', 'Beyond it'], rows)}`
}

const units = {
  bytes: [
    [1024 ** 3, 'GiB'],
    [1024 ** 2, 'MiB'],
    [1024, 'KiB'],
    [1, 'bytes'],
  ],
  'bytes/s': [
    [1024 ** 2, 'MiB/s'],
    [1024, 'KiB/s'],
    [1, 'bytes/s'],
  ],
  ms: [
    [3_600_000, 'h'],
    [60_000, 'min'],
    [1_000, 's'],
    [1, 'ms'],
  ],
  count: [[1, '']],
} as const satisfies Record<Limit['unit'], readonly (readonly [number, string])[]>

// In the largest unit that leaves a whole number.
function amount(value: number, unit: Limit['unit']): string {
  const [size, name] = units[unit].find(([one]) => value >= one && value % one === 0) ?? [1, '']
  return `${(value / size).toLocaleString('en')} ${name}`.trim()
}
