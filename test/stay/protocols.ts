// Clients of every protocol through changes of the configuration and renewals of the workers, then
// through the end of the gateway: nothing is asked in vain, WebSockets are told to come again, event
// streams end between two events and go on, and nothing of it stays behind.
import { makeAuthority, makeCertificate } from '../certificates.ts'
import { type Effort, type Finding, finding, none } from './findings.ts'
import { type Files, Program } from './program.ts'
import {
  eventsClient,
  http2Client,
  newNoted,
  type Noted,
  socketClient,
  type World,
} from './protocols-clients.ts'
import { ProtocolsService } from './protocols-service.ts'
import { megabytes, readingOf, restartsIn, scrape, sleep, sumOf, until } from './readings.ts'

interface Size {
  readonly reloads: number
  readonly renewals: number
  readonly gapMs: number
  /** Of each kind. */
  readonly clients: number
}

const shortSize: Size = { reloads: 2, renewals: 1, gapMs: 300, clients: 4 }
const longSize: Size = { reloads: 20, renewals: 6, gapMs: 1_500, clients: 12 }
type NotedByKind = Readonly<Record<'h2c' | 'h2' | 'sockets' | 'events', Noted>>

export async function protocols(effort: Effort): Promise<readonly Finding[]> {
  const size = effort.long ? longSize : shortSize
  await using service = await ProtocolsService.open()
  const authority = makeAuthority()
  const own = makeCertificate({ names: ['127.0.0.1'], issuer: authority })
  const files = (version: number, log: string) => filesOf(service, own, version, log)
  await using program = await Program.start(files(0, 'off'))
  const [port = 0, securePort = 0] = program.urls.map((url) => Number(new URL(url).port))
  const world: World = { isOver: false, isLast: false, port, securePort, ca: authority.cert }
  const noted = { h2c: newNoted(), h2: newNoted(), sockets: newNoted(), events: newNoted() }
  const before = readingOf(program.pid).descriptors
  const clients = Array.from({ length: size.clients }, () => clientsOf(world, noted)).flat()
  await change(program, files, { size, noted, effort })
  world.isOver = true
  await Promise.all(clients)
  await until('nothing is open', () => liveStreams(program), isNothing)
  const restarts = restartsIn(await scrape(program.adminUrl))
  const after = await descriptorsAtRest(program, before + descriptorsMore)
  const kinds = Object.entries(noted)
  return [
    ...kinds.map(([what, of]) => finding(`${what}: answered`, shown(of), of.answered > 0)),
    ...kinds.map(([what, { wrong }]) => none(`${what}: wrong or lost`, wrong)),
    finding('workers that ended', restarts, restarts === 0),
    finding('descriptors', `${before}, then ${after}`, after <= before + descriptorsMore),
    ...(await farewell(program, world)),
  ]
}

const clientsOf = (world: World, { h2c, h2, sockets, events }: NotedByKind): Promise<void>[] => [
  http2Client(world, false, h2c),
  http2Client(world, true, h2),
  socketClient(world, sockets),
  eventsClient(world, events),
]

interface Run {
  readonly size: Size
  readonly noted: NotedByKind
  readonly effort: Effort
}

/** Reloads first, then renewals: what the log is workers begin with. */
async function change(
  program: Program,
  files: (version: number, log: string) => Files,
  { size, noted, effort }: Run,
): Promise<void> {
  let version = 0
  const put = async (log: string) => {
    await sleep(size.gapMs)
    program.write('concordat.yaml', files(++version, log)['concordat.yaml']!)
    program.signal('SIGHUP')
  }
  for (let i = 0; i < size.reloads; i++) await put('off')
  const told = () => noted.sockets.ends.get(comeAgain) ?? 0
  for (let i = 1; i <= size.renewals; i++) {
    await put(i % 2 === 1 ? '/dev/null' : 'off')
    const areAll = (many: number) => many >= i * size.clients
    await until('all WebSockets are told to come again', told, areAll)
    const memory = megabytes(readingOf(program.pid).residentBytes)
    effort.progress(`renewal ${i}: ${shown(noted.sockets)}, RSS ${memory}`)
  }
}

/** The end of the gateway, as those see it who would stay. */
async function farewell(program: Program, world: World): Promise<readonly Finding[]> {
  world.isOver = false
  const [sockets, events] = [newNoted(), newNoted()]
  const clients = [socketClient(world, sockets), eventsClient(world, events)]
  const least = () => Math.min(sockets.answered, events.answered)
  await until('both are at it', least, (many) => many > 0)
  world.isLast = true
  program.signal('SIGTERM')
  const exit = await program.ended
  await Promise.all(clients)
  return [
    finding('at its end WebSockets', shown(sockets), sockets.ends.has(stops)),
    none('at its end, wrong or lost', [...sockets.wrong, ...events.wrong]),
    finding('it ends', `exit code ${exit.code}`, exit.code === 0),
  ]
}

/** Connections to services that are kept, and the log of a renewal. */
const descriptorsMore = 40

const comeAgain = '1012 come again'
const stops = '1001 the gateway stops'

const shown = ({ answered, ends }: Noted): string =>
  `${answered}; ${[...ends].map((end) => end.join(' × ')).join(', ')}`

const liveStreams = async ({ adminUrl }: Program): Promise<number> =>
  sumOf(await scrape(adminUrl), 'concordat_live_streams')
const isNothing = (many: number): boolean => many === 0

/** What is idle closes by itself, and workers that were replaced end. */
async function descriptorsAtRest({ pid }: Program, most: number): Promise<number> {
  const now = () => readingOf(pid).descriptors
  await until('few descriptors are left', now, (many) => many <= most)
  return now()
}

const ok = (content?: object): object => ({ '200': { description: 'Done.', ...content } })
const id = { name: 'id', in: 'path', required: true, schema: { type: 'string' } }
const file = { required: true, content: { 'application/octet-stream': {} } }
const things = (more: object = {}): object => ({
  parameters: [id],
  get: { responses: ok(), ...more },
  post: { requestBody: { ...file, required: false }, responses: ok(), ...more },
})

const contract = {
  openapi: '3.1.0',
  info: { title: 'Protocols', version: '1' },
  paths: {
    '/items/{id}': things(),
    '/far/{id}': things({ 'x-concordat': { upstream: 'far' } }),
    '/socket': {
      get: {
        responses: { '101': { description: 'Open.' } },
        'x-concordat': { policies: { websocket: {} } },
      },
    },
    '/events': { get: { responses: ok({ content: { 'text/event-stream': {} } }) } },
  },
}

function filesOf(
  { near, far }: ProtocolsService,
  { cert, key }: { cert: string; key: string },
  version: number,
  access: string,
): Files {
  const host = '127.0.0.1'
  const config = {
    contract: 'openapi.json',
    listen: [
      { host, port: 0 },
      { host, port: 0, tls: { certificates: [{ cert: 'own.pem', key: 'own.key' }] } },
    ],
    admin: { host, port: 0 },
    workers: 2,
    log: { access },
    drain: { noticeMs: 0, timeoutMs: 10_000 },
    upstream: 'service',
    upstreams: { service: { endpoints: [near] }, far: { endpoints: [far] } },
    policies: {
      limit: { mode: 'off' },
      'secure-headers': { fields: { 'x-version': String(version) } },
    },
  }
  return {
    'openapi.json': JSON.stringify(contract),
    'own.pem': cert,
    'own.key': key,
    'concordat.yaml': JSON.stringify(config),
  }
}
