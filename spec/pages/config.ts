// The page of the configuration and the published JSON Schemas, all read off the one schema that
// checks what is written.
import { configJsonSchema, defaultsTable, settingsJsonSchema } from '../../src/control.ts'
import { generatedFrom, table } from './markdown.ts'

interface Schema {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly string[]
  readonly const?: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
}

const config = (await configJsonSchema()) as Schema
const settings = (await settingsJsonSchema()) as Schema

const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`

export const configSchemaPage = (): string => json(config)

export const settingsSchemaPage = (): string => json(settings)

const intro = `# Configuration

\`concordat.yaml\` says where the gateway listens, which services stand behind it and what holds for the whole API. What
holds for a part of it stands in the contract, under \`x-concordat\` on the document, a path item or an operation.
[concordat.schema.json](concordat.schema.json) and [x-concordat.schema.json](x-concordat.schema.json) are their schemas,
for editors.

\`\`\`yaml
contract: openapi.yaml
audience: partner
listen: { host: 0.0.0.0, port: 8080 }
trustedHops: [10.0.0.0/8]
upstreams:
  chat: { endpoints: ['http://10.0.0.7:3000', 'http://10.0.0.8:3000'] }
limits: { bodyBytesMax: 10485760 }
policies:
  auth: upstream
  limit: { requestsMax: 600, windowMs: 60000, burstMax: 100 }
\`\`\`

An unknown key is an error, with its place and what was probably meant. So is a setting without effect. Names end in
their unit: \`windowMs\` is milliseconds, \`bodyBytesMax\` bytes.

## Levels

Settings add up: defaults of the audience, \`concordat.yaml\`, the document, the path item, the operation. The first that
speaks for the whole API replaces a default. From there on an inner level may tighten what holds outside; where it is
looser it must say so by name:

\`\`\`yaml
x-concordat:
  loosen: [validation, exchangeTimeoutMs]
  policies: { validation: { mode: shadow } }
  limits: { exchangeTimeoutMs: 3600000 }
\`\`\`

A limit by address does not replace the outer one, it comes in addition; with \`loosen: [limit]\` it stands alone. So
do [lists of addresses](policies/ip.md).
A policy takes a \`mode\`: \`enforce\`, \`shadow\` (let through and count what would be refused) or \`off\`; what refuses
nobody, such as \`secure-headers\`, has no shadow.
`

export function configPage(): string {
  return [
    generatedFrom('`src/control/config.ts`'),
    intro,
    `## concordat.yaml\n\n${keysTable(config)}`,
    `## x-concordat\n\n${keysTable(settings)}`,
    `## Policies\n\nUnder \`policies\` in either. What holds where nothing is written stands below.\n\n${policiesTable()}`,
    `## Defaults of policies\n\n${defaults()}`,
  ].join('\n')
}

/** Bounds and policies have a table of their own. */
const elsewhere = new Set(['limits', 'policies'])

function keysTable(schema: Schema): string {
  return table(['Key', 'Type', 'Default', 'What'], rowsOf(schema, ''))
}

/** Their defaults depend on the audience. */
function policiesTable(): string {
  const rows = rowsOf(config.properties!['policies']!, '')
  return table(
    ['Key', 'Type', 'What'],
    rows.map(([key, type, , what]) => [key!, type!, what!]),
  )
}

function rowsOf(schema: Schema, above: string): string[][] {
  const properties = Object.entries(objectOf(schema)?.properties ?? {})
  return properties.flatMap(([name, one]) => {
    const path = `${above}${name}`
    const row = [`\`${path}\``, typeOf(one), defaultOf(one), one.description ?? '']
    if (elsewhere.has(name)) return [[row[0]!, `[${name}](${links[name]})`, '', row[3]!]]
    return [row, ...rowsOf(one, `${path}.`), ...namedRows(one, path)]
  })
}

const links: Readonly<Record<string, string>> = { limits: 'limits.md', policies: '#policies' }

const objectOf = (schema: Schema): Schema | undefined =>
  schema.properties === undefined ? schema.anyOf?.find((one) => one.properties) : schema

/** Rows of what stands under names of the writer's own. */
function namedRows({ additionalProperties }: Schema, path: string): string[][] {
  if (typeof additionalProperties !== 'object') return []
  if (objectOf(additionalProperties) === undefined) {
    return [[`\`${path}.<name>\``, typeOf(additionalProperties), '', '']]
  }
  return rowsOf(additionalProperties, `${path}.<name>.`)
}

function typeOf(schema: Schema): string {
  if (schema.enum !== undefined) return schema.enum.map((one) => `\`${one}\``).join(', ')
  if (schema.const !== undefined) return `\`${String(schema.const)}\``
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(typeOf))].join(' or ')
  if (schema.type === 'array') return `list of ${typeOf(schema.items ?? {})}`
  if (schema.type === 'integer') return `${schema.minimum} – ${schema.maximum}`
  return schema.type ?? ''
}

function defaultOf({ default: value }: Schema): string {
  if (value === undefined || (typeof value === 'object' && value !== null)) return ''
  return `\`${String(value)}\``
}

function defaults(): string {
  const rows = defaultsTable('rows')
    .filter(({ kind }) => kind === 'policy')
    .map(({ name, value }) => [`\`${name}\``, ...valuesOf(value)])
  return table(['Policy', 'Public', 'Partner', 'Internal'], rows)
}

/** A long value that is the same for all stands once. */
function valuesOf({ public: first, partner, internal }: DefaultsValue): string[] {
  const isSame = first === partner && partner === internal
  return isSame && first.length > 20 ? [first, '"', '"'] : [first, partner, internal]
}

type DefaultsValue = ReturnType<typeof defaultsTable>[number]['value']
