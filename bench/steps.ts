// What single policies add to a request, in one thread without sockets: medians of alternations
// with and without, so that a busy machine slows both alike. Run: node bench/steps.ts [--json]
import { manualClock, soleOccupancy } from '../src/base.ts'
import { compileText } from '../src/control/testing.ts'
import { beginReplyChecks, ReplyChecks } from '../src/engine/reply-checks.ts'
import type { Shadowing } from '../src/engine/shadowing.ts'
import { type LinkedOperation, linkSnapshot } from '../src/engine/snapshot.ts'
import { States } from '../src/engine/states.ts'
import type { HeaderList, Step } from '../src/http.ts'
import { definePolicy, ownRegistry, registryWith } from '../src/policy.ts'
import { exchangeWith } from '../src/policy/testing.ts'
import { encodeSnapshot, openSnapshot } from '../src/snapshot.ts'
import { parseReplyHead } from '../src/wire/reply-head.ts'
import { Upstreams } from '../src/upstream.ts'
import { Sweeper } from '../src/wire.ts'

const rounds = 21

const contract = (policies: object): string =>
  JSON.stringify({
    openapi: '3.1.0',
    info: { title: 'Steps', version: '1' },
    'x-concordat': { policies },
    paths: {
      '/things/{id}': {
        parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
        get: {
          responses: {
            200: { description: 'all', content: { 'application/json': { schema: things } } },
          },
        },
      },
    },
  })

const thing = {
  type: 'object',
  required: ['id', 'name', 'createdAt'],
  additionalProperties: false,
  properties: {
    id: { type: 'string', maxLength: 40 },
    name: { type: 'string', minLength: 1, maxLength: 200 },
    price: { type: 'number', minimum: 0 },
    stock: { type: 'integer', minimum: 0 },
    tags: { type: 'array', items: { type: 'string', maxLength: 20 }, maxItems: 10 },
    state: { enum: ['new', 'used', 'gone'] },
    createdAt: { type: 'string', format: 'date-time' },
  },
}
const things = { type: 'array', items: thing }

const bug = (error: unknown): never => {
  throw error
}

/** The one operation, linked under these policies and nothing else. */
function linked(policies: Readonly<Record<string, object>>): LinkedOperation {
  const off = { mode: 'off' }
  const rest = { limit: off, validation: off, topology: off, 'secure-headers': off, ...policies }
  const { plan, said } = compileText(contract(rest), 'audience: public')
  if (plan === undefined) throw new Error(said.join('\n'))
  const clock = manualClock(0)
  const pools = { clock, sweeper: new Sweeper(clock, bug), limits: plan.limits, bug }
  const snapshot = linkSnapshot(openSnapshot(encodeSnapshot(plan)), {
    registry: ownRegistry,
    random: () => 0.5,
    nowMs: () => 0,
    states: new States({}),
    upstreams: new Upstreams().use(plan.upstreams, pools),
    bug,
    observers: [],
  })
  return snapshot.operation(0)
}

const headers: HeaderList = [
  ['Host', 'api.example.com'],
  ['User-Agent', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36'],
  ['Accept', 'application/json'],
  ['Accept-Language', 'en-GB,en;q=0.8'],
  ['Accept-Encoding', 'gzip, deflate, br'],
  ['Authorization', 'Bearer 0123456789abcdef0123456789abcdef'],
  ['X-Debug', '1'],
  ['Cookie', 'session=0123456789abcdef'],
].flat()
const lines = headers
  .slice(2)
  .map((text, i) => (i % 2 === 0 ? `${text}: ` : `${text}\r\n`))
  .join('')

const replyText = `HTTP/1.1 200 OK\r\nDate: Fri, 20 Nov 2026 10:00:00 GMT\r\nContent-Type: application/json\r\nContent-Length: 158\r\nCache-Control: no-cache\r\nETag: "0123456789"\r\nVary: Accept\r\nX-Cost: 7\r\n\r\n`
const replyBytes = Buffer.from(replyText, 'latin1')

function readReply({ reading }: LinkedOperation): unknown {
  const end = replyText.length - 2
  const head = parseReplyHead(replyText, end, 'GET', 100, replyBytes, 0, reading.roles, false)
  if ('broken' in head) throw new Error(head.broken)
  return (
    head.forwardable + (head.noted === 0 ? reading.addedLines : reading.linesWithout(head.noted))
  )
}

const exchange = exchangeWith(headers) as Shadowing

const bare = linked({})
const edited = linked({
  headers: {
    request: { set: { 'X-Env': 'prod' }, remove: ['X-Debug'] },
    reply: { set: { 'Cache-Control': 'no-store' }, remove: ['X-Cost'] },
  },
})
const hidden = linked({ topology: {} })
const rewritten = linked({ rewrite: { path: '/v2/things/{id}' } })

/** As the exchange runs them: in turn, until one refuses. */
function runSteps(steps: readonly Step[]): unknown {
  for (let i = 0; i < steps.length; i++) {
    const verdict = steps[i]!(exchange)
    if (verdict !== undefined) return verdict
  }
  return undefined
}

const empty = definePolicy({
  id: 'empty',
  about: 'Nothing.',
  phase: 'admit',
  link: () => () => undefined,
})
const custom = registryWith([empty as never]).byId.get('empty')!
if (custom.phase !== 'admit') throw new Error('it is of the phase that it names')
const customSteps: readonly Step[] = [custom.link({}, {} as never)]
const noSteps: readonly Step[] = []

const list = Array.from({ length: 58 }, (_, i) => ({
  id: `thing_${i}_0123456789`,
  name: `A thing of some name, number ${i}`,
  price: i + 0.5,
  stock: i,
  tags: ['red', 'large', 'round'],
  state: 'new',
  createdAt: '2026-11-20T10:00:00Z',
}))
const body = Buffer.from(JSON.stringify(list))
const verified = linked({ 'reply-validation': { mode: 'shadow' } })
const reply = { status: 200, headers: ['Content-Type', 'application/json'] }
const occupancy = soleOccupancy(() => 0.5)
const tools = {
  occupancy,
  heldBytesMax: 1e9,
  bug,
}
const shadowing = {
  ...exchange,
  noteShadow: () => {
    throw new Error('the reply is good')
  },
} as Shadowing

function verify(): unknown {
  const checks = beginReplyChecks(verified.verify, shadowing, reply, tools)
  if (!(checks instanceof ReplyChecks)) throw new Error('the reply is checked')
  checks.piece(body)
  checks.judgeSent()
  checks.release()
  return checks
}

type Run = () => unknown

const runs: readonly [name: string, times: number, without: Run, with_: Run][] = [
  ['headers, request', 200_000, () => lines, () => edited.editLines!(lines, headers)],
  ['headers, reply', 100_000, () => readReply(bare), () => readReply(edited)],
  ['rewrite', 200_000, () => exchange.path, () => runSteps(rewritten.prepare)],
  ['topology', 100_000, () => readReply(bare), () => readReply(hidden)],
  ['custom, empty', 500_000, () => runSteps(noSteps), () => runSteps(customSteps)],
  ['reply-validation', 400, () => body, verify],
]

let kept: unknown

function timedUs(run: Run, times: number): number {
  const before = process.threadCpuUsage()
  for (let i = 0; i < times; i++) kept = run()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / times
}

const median = (all: number[]): number =>
  all.toSorted((a, b) => a - b)[all.length >> 1] ?? Number.NaN

const costsUs = Object.fromEntries(
  runs.map(([name, times, without, with_]) => {
    const differences: number[] = []
    for (let round = 0; round < rounds; round++) {
      const first = timedUs(without, times)
      differences.push(timedUs(with_, times) - first)
    }
    return [name, Number(median(differences).toFixed(3))]
  }),
)
if (kept === null) throw new Error('what is run gives something')
const report = { replyBytes: body.length, costsUs }
if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(report)}\n`)
else {
  process.stdout.write(
    `added to a request, median of ${rounds} rounds; a reply of ${body.length} bytes\n`,
  )
  for (const [name, us] of Object.entries(costsUs))
    process.stdout.write(`${name.padEnd(18)}${us} µs\n`)
}
