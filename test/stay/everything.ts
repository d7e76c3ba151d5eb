// All at once, for minutes at a moderate load: replies that are enforced and replies that are shadowed,
// forms in parts, lines that stream, code of others, a service over TLS, PROXY headers in front, and
// another proxy's questions. No reply may be wrong, and memory and descriptors stay where they are.
import { type Random, seededRandom } from '../../src/base.ts'
import { makeAuthority, makeCertificate } from '../certificates.ts'
import { Client, type Reply, request } from './client.ts'
import { type Effort, type Finding, finding, none } from './findings.ts'
import { type Files, Program } from './program.ts'
import { megabytes, type Reading, readingOf, restartsIn, scrape, sleep } from './readings.ts'
import { Service } from './service.ts'
import { afterWarmUp, trendOf } from './trend.ts'

interface Pace {
  readonly ms: number
  readonly sampleMs: number
  readonly clients: number
}

const shortPace: Pace = { ms: 1_500, sampleMs: 500, clients: 6 }
const longPace: Pace = { ms: 120_000, sampleMs: 2_000, clients: 12 }
const thinkMsMax = 8
const requestsPerConnection = 200
/** Of the mean, over the last two thirds. */
const growthMax = 0.05

export async function everything(effort: Effort): Promise<readonly Finding[]> {
  const pace = effort.long ? longPace : shortPace
  await using stack = new AsyncDisposableStack()
  const authority = makeAuthority()
  const { cert, key } = makeCertificate({ names: ['127.0.0.1'], issuer: authority })
  const { url } = stack.use(await Service.open('secure', undefined, { cert, key }))
  await using program = await Program.start(filesOf(url, authority.cert))
  const load = new Load(program, effort.seed)
  const loops = Array.from({ length: pace.clients }, () => load.run())
  const readings: Reading[] = []
  const endMs = performance.now() + pace.ms
  while (performance.now() < endMs) {
    await sleep(pace.sampleMs)
    readings.push(readingOf(program.pid))
    effort.progress(`${load.answered} answered, RSS ${megabytes(readings.at(-1)!.residentBytes)}`)
  }
  load.end()
  await Promise.all(loops)
  const restarts = restartsIn(await scrape(program.adminUrl))
  const counts = [...load.counts].map(([what, count]) => `${what} ${count}`).join(', ')
  return [
    finding('requests answered', counts, load.counts.size === kinds.length),
    none('wrong replies', load.wrong),
    finding('workers that ended', restarts, restarts === 0),
    // A trend needs time.
    ...(effort.long ? [flat('resident bytes', readings, (one) => one.residentBytes)] : []),
    ...(effort.long ? [flat('descriptors', readings, (one) => one.descriptors)] : []),
  ]
}

function flat(what: string, readings: readonly Reading[], of: (one: Reading) => number): Finding {
  const { growth, doubt, mean } = trendOf(afterWarmUp(readings.map(of)))
  const found = [mean, growth, doubt].map((one) => one.toFixed(1))
  return finding(
    `${what}: flat over the last two thirds`,
    `mean ${found[0]}, growth ${found[1]} ± ${found[2]}`,
    growth <= mean * growthMax,
  )
}

interface Kind {
  readonly what: string
  readonly bytes: string
  readonly holds: (reply: Reply) => boolean
  /** Who it is by the PROXY header: a hop that asks is trusted. */
  readonly from: string
}

const octets = (bytes: string, type: string, path: string): string =>
  request(`POST ${path}`, [`Content-Type: ${type}`, `Content-Length: ${bytes.length}`], bytes)

const part = (name: string, text: string, more = ''): string =>
  `--B\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${text}\r\n`

const form = (title: string): string =>
  `${part('title', title)}${part('file', 'x'.repeat(100_000), '; filename="a"')}--B--\r\n`

const lines = (quantity: string): string => `{"quantity":${quantity}}\n`.repeat(500)
const formType = 'multipart/form-data; boundary=B'
const linesType = 'application/x-ndjson'
const client = '192.0.2.9'
const hop = '127.0.0.1'
const is =
  (...statuses: readonly number[]) =>
  ({ status }: Reply): boolean =>
    statuses.includes(status)

const asking = (uri: string): string =>
  request('GET /.concordat/auth', ['X-Forwarded-Method: GET', `X-Forwarded-Uri: ${uri}`])

const stamped = ({ status, fields }: Reply): boolean =>
  status === 200 && fields.get('x-code') === 'ours'

const kinds: readonly Kind[] = [
  { what: 'enforced', bytes: request('GET /items/1'), holds: stamped, from: client },
  { what: 'broken, enforced', bytes: request('GET /broken'), holds: is(502), from: client },
  { what: 'broken, in shadow', bytes: request('GET /shadowed'), holds: is(200), from: client },
  { what: 'parts', bytes: octets(form('a'), formType, '/forms'), holds: is(201), from: client },
  // What streams may have been begun to be answered, or the client still be sending.
  {
    what: 'bad parts',
    bytes: octets(form('no'), formType, '/forms'),
    holds: is(400),
    from: client,
  },
  { what: 'lines', bytes: octets(lines('1'), linesType, '/lines'), holds: is(201), from: client },
  {
    what: 'bad lines',
    bytes: octets(lines('"a"'), linesType, '/lines'),
    holds: is(400),
    from: client,
  },
  { what: 'a question', bytes: asking('/items/1'), holds: is(204), from: hop },
  { what: 'a bad question', bytes: asking('/nowhere'), holds: is(404), from: hop },
  { what: 'a forged question', bytes: asking('/items/1'), holds: is(404), from: client },
]

class Load {
  readonly wrong: string[] = []
  readonly counts = new Map<string, number>()
  answered = 0
  readonly #port: number
  readonly #random: Random
  #isOver = false

  constructor({ port }: Program, seed: number) {
    this.#port = port
    this.#random = seededRandom(seed)
  }

  end(): void {
    this.#isOver = true
  }

  async run(): Promise<void> {
    while (!this.#isOver) {
      const from = this.#random() < 0.2 ? hop : client
      const own = kinds.filter((kind) => kind.from === from)
      const first = `PROXY TCP4 ${from} 192.0.2.1 4711 80\r\n`
      const socket = await Client.connect({ port: this.#port, first })
      for (let at = 0; at < requestsPerConnection && socket.state === 'open'; at++) {
        if (this.#isOver) break
        await this.#ask(socket, own[Math.floor(this.#random() * own.length)]!)
        await sleep(this.#random() * thinkMsMax)
      }
      socket.close()
    }
  }

  async #ask(socket: Client, { what, bytes, holds }: Kind): Promise<void> {
    try {
      const reply = await socket.ask(bytes)
      this.answered += 1
      this.counts.set(what, (this.counts.get(what) ?? 0) + 1)
      if (!holds(reply)) this.wrong.push(`${what}: ${reply.status}`)
    } catch (error) {
      this.wrong.push(`${what}: ${(error as Error).message}`)
    }
  }
}

const told = { type: 'object', required: ['path', 'sha256'] }
const untold = { type: 'object', required: ['what no reply has'] }

const replying = (status: number, schema: object, mode = 'enforce'): object => ({
  'x-concordat': { policies: { 'reply-validation': { mode } } },
  responses: { [status]: { description: 'Done.', content: { 'application/json': { schema } } } },
})

const taking = (type: string, schema: object): object => ({
  post: {
    requestBody: { required: true, content: { [type]: schema } },
    ...replying(201, told),
  },
})

const text = { type: 'string' }
const parts = {
  type: 'object',
  required: ['title', 'file'],
  properties: { title: { ...text, maxLength: 1 }, file: { ...text, format: 'binary' } },
}
const line = { type: 'object', properties: { quantity: { type: 'integer' } } }
const id = { name: 'id', in: 'path', required: true, schema: text }

const contract = {
  openapi: '3.2.0',
  info: { title: 'Everything', version: '1' },
  paths: {
    '/items/{id}': { parameters: [id], get: replying(200, told) },
    '/broken': { get: replying(200, untold) },
    '/shadowed': { get: replying(200, untold, 'shadow') },
    '/forms': taking('multipart/form-data', { schema: parts }),
    '/lines': taking(linesType, { itemSchema: line }),
  },
}

const stamp = `import { definePolicy } from 'concordat'

export default definePolicy({
  id: 'stamp',
  about: 'Says that it runs.',
  phase: 'finish',
  link: () => (reply) => { reply.headers.push('X-Code', 'ours') },
})
`

const filesOf = (url: string, ca: string): Files => ({
  'openapi.json': JSON.stringify(contract),
  'ca.pem': ca,
  'stamp.ts': stamp,
  'concordat.yaml': JSON.stringify({
    contract: 'openapi.json',
    listen: { host: '127.0.0.1', port: 0, proxyProtocol: true },
    admin: { host: '127.0.0.1', port: 0 },
    trustedHops: ['127.0.0.0/8'],
    forwardAuth: true,
    workers: 2,
    log: { access: '/dev/null' },
    customPolicies: ['stamp.ts'],
    upstreams: { service: { endpoints: [url], tls: { ca: 'ca.pem' } } },
    policies: { limit: { mode: 'off' }, stamp: {} },
  }),
})
