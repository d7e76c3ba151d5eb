// Time to check a typical body against its schema, beside ajv in the same process: medians of
// alternations, so that a busy machine slows both alike. Run: node bench/schema.ts [--json]
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { createSchemaCompiler, linkSchemas, readJson } from '../src/schema.ts'

/** The same schema without patterns and formats, whose cost depends on how they are written. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, one: unknown) =>
      key === 'pattern' || key === 'format' ? undefined : one,
    ),
  )
}

const text = { type: 'string', minLength: 1, maxLength: 4000 }
const id = { type: 'string', pattern: '^[a-z]+_[A-Za-z0-9]+$', maxLength: 64 }

const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['id', 'channelId', 'text', 'createdAt'],
  properties: {
    id,
    channelId: id,
    authorId: id,
    text,
    attachments: {
      type: 'array',
      maxItems: 10,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['id', 'url'],
        properties: {
          id: { type: 'string', maxLength: 20 },
          url: { type: 'string', maxLength: 500 },
          width: { type: 'integer', minimum: 1, maximum: 10_000 },
          height: { type: 'integer', minimum: 1, maximum: 10_000 },
        },
      },
    },
    mentions: { type: 'array', items: id, maxItems: 100, uniqueItems: true },
    pinned: { type: 'boolean' },
    priority: { enum: ['low', 'normal', 'high'] },
    createdAt: { type: 'string', format: 'date-time' },
    replyTo: { type: ['string', 'null'], maxLength: 64 },
  },
}

const body = {
  id: 'msg_01HZX3J6',
  channelId: 'c_1234567890',
  authorId: 'u_0987654321',
  text: 'Hello there, how are you doing today?',
  attachments: [{ id: 'a1', url: 'https://cdn.example.com/a/b/c.png', width: 640, height: 480 }],
  mentions: ['u_1', 'u_2', 'u_3'],
  pinned: false,
  priority: 'normal',
  createdAt: '2026-11-20T10:00:00Z',
  replyTo: null,
}

/** The schema as its own document, in our checker. */
function ours(schemaValue: unknown): (value: unknown) => boolean {
  const uri = 'bench:schema'
  const compiler = createSchemaCompiler({
    documents: new Map([[uri, schemaValue]]),
    formats: 'assert',
  })
  const number = compiler.add({ uri, pointer: '' }, '2020-12')
  const { plan } = compiler.finish()
  return linkSchemas(plan)(number).valid
}

function theirs(schemaValue: object): (value: unknown) => boolean {
  const ajv = new Ajv2020({ strict: false })
  addFormats.default(ajv)
  return ajv.compile(schemaValue)
}

/**
 * Our closures of many schemas share their machine code, which each schema makes less special;
 * ajv's do not. So a gateway's worth of other schemas is checked first.
 */
function runOthers(): void {
  for (let at = 0; at < 300; at++) {
    const part = [text, id, { type: 'integer', minimum: at }, { enum: ['a', at] }][at % 4]
    const other = {
      required: [`a${at % 7}`],
      properties: { [`a${at % 7}`]: part, b: { type: ['array', 'string'], items: part } },
      ...(at % 3 === 0 ? { patternProperties: { '^x': part } } : { minProperties: at % 2 }),
      ...(at % 5 === 0 ? { oneOf: [{ type: 'object' }, part] } : { not: part }),
    }
    const check = ours(other)
    for (let round = 0; round < 200; round++) check({ [`a${round % 9}`]: round, b: ['x', round] })
  }
}

const bytes = new TextEncoder().encode(JSON.stringify(body))
const bounds = { depthMax: 64, valuesMax: 100_000 }
const values = Array.from({ length: 64 }, () => JSON.parse(JSON.stringify(body)) as unknown)

/** What reply-validation does with a list of such bodies: reads it, and checks it. */
const listBytes = new TextEncoder().encode(
  JSON.stringify({ data: Array.from({ length: 30 }, () => body) }),
)
const checkList = ours({ type: 'object', properties: { data: { type: 'array', items: schema } } })

function readAndChecked(): boolean {
  const read = readJson(listBytes, bounds)
  return 'value' in read && checkList(read.value)
}

/** A long body is read less often. */
const shareOfTimes = (name: string): number => (name === 'reply, 10 kB' ? 1 / 30 : 1)

function timed(check: (value: unknown) => boolean, times: number): number {
  const startMs = performance.now()
  for (let at = 0; at < times; at++) {
    if (!check(values[at % values.length])) throw new Error('the body must be valid')
  }
  return ((performance.now() - startMs) * 1000) / times
}

const median = (list: number[]): number => list.toSorted((a, b) => a - b)[list.length >> 1] ?? NaN

const runs = {
  ours: ours(schema),
  ajv: theirs(schema),
  'ours, plain': ours(plain(schema)),
  'ajv, plain': theirs(plain(schema) as object),
  readJson: () => 'value' in readJson(bytes, bounds),
  'JSON.parse': () => typeof JSON.parse(new TextDecoder().decode(bytes)) === 'object',
  'reply, 10 kB': readAndChecked,
}
runOthers()
const results: Record<string, number[]> = {}
for (let round = 0; round < 21; round++) {
  for (const [name, check] of Object.entries(runs))
    (results[name] ??= []).push(timed(check, 20_000 * shareOfTimes(name)))
}
const figures = Object.fromEntries(
  Object.entries(results).map(([name, list]) => [name, Number(median(list).toFixed(3))]),
)
const report = { bodyBytes: bytes.length, microseconds: figures }
if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(report)}\n`)
else {
  process.stdout.write(`a body of ${bytes.length} bytes, median of 21 rounds\n`)
  for (const [name, us] of Object.entries(figures))
    process.stdout.write(`${name.padEnd(12)} ${us} µs\n`)
}
