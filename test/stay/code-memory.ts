// Many reloads, each with other code of custom policies: every one ends threads and begins others, and
// none may leave anything behind. In the main thread (`workers: 0`) code stays: what of it is measured.
// The long form also lays overlays over many operations whose replies are checked.
import { makeCertificate } from '../certificates.ts'
import { changed, configFile, firstState, Folder, type State } from './aspects.ts'
import { Client, type Reply, request } from './client.ts'
import { type Effort, type Finding, finding, none } from './findings.ts'
import { Program } from './program.ts'
import { megabytes, readingOf, restartsIn, scrape, sleep, until } from './readings.ts'
import { Service } from './service.ts'
import { standingOf } from './standing.ts'

interface Size {
  readonly reloads: number
  /** After so many the memory is that of a program that has warmed up. */
  readonly baseReloads: number
}

const shortSize: Size = { reloads: 5, baseReloads: 3 }
const longSize: Size = { reloads: 100, baseReloads: 20 }
const overlaidSize: Size = { reloads: 300, baseReloads: 60 }
const manyOperations = 300

/** V8 gives back what it has kept for more work when none has come for some seconds. */
const quietMs = 12_000
const growthMax = 1.2
const clients = 4
const requestsPerReload = 40

export async function codeMemory(effort: Effort): Promise<readonly Finding[]> {
  const size = effort.long ? longSize : shortSize
  const inWorkers = { workers: effort.long ? 2 : 1, operations: 0, aspect: 'code', size } as const
  const findings = await reloaded(inWorkers, effort)
  if (!effort.long) return findings
  const inMain = { ...inWorkers, workers: 0 }
  const overlaid = {
    ...inWorkers,
    aspect: 'overlay',
    operations: manyOperations,
    size: overlaidSize,
  } as const
  return [...findings, ...(await reloaded(inMain, effort)), ...(await reloaded(overlaid, effort))]
}

interface Plan {
  readonly workers: number
  readonly operations: number
  readonly aspect: keyof State
  readonly size: Size
}

async function reloaded(plan: Plan, effort: Effort): Promise<readonly Finding[]> {
  const { workers, operations, aspect, size } = plan
  await using stack = new AsyncDisposableStack()
  const folder = new Folder(workers, operations)
  const { cert, key } = makeCertificate({ names: ['127.0.0.1'], issuer: folder.authority })
  folder.plainUrl = stack.use(await Service.open('plain')).url
  folder.secureUrl = stack.use(await Service.open('secure', undefined, { cert, key })).url
  await using program = await Program.start(folder.filesOf(firstState), [], configFile)
  const asker = new Asker(program)
  const threads = readingOf(program.pid).threads
  let state = firstState
  let baseBytes = 0
  for (let at = 1; at <= size.reloads; at++) {
    const next = changed(state, [aspect])
    await put(program, folder, state, next)
    state = next
    await asker.ask(aspect === 'code' ? 'x-code' : 'x-overlay', String(at))
    if (at === size.baseReloads) baseBytes = await quietBytes(program, effort)
    if (at % 10 === 0) effort.progress(lineOf(program, at, plan))
  }
  const endBytes = await quietBytes(program, effort)
  const ended = (many: number) => many <= threads
  await until('old threads have ended', () => readingOf(program.pid).threads, ended)
  const says = `${aspect} in ${workers} workers`
  const restarts = restartsIn(await scrape(program.adminUrl))
  return [
    none(`${says}: replies of other code, and lost ones`, asker.wrong),
    finding(`${says}: workers that ended unasked`, restarts, restarts === 0),
    ...(effort.long ? [grown(plan, says, baseBytes, endBytes)] : []),
  ]
}

function grown(plan: Plan, says: string, baseBytes: number, endBytes: number): Finding {
  const { reloads, baseReloads } = plan.size
  const growth = endBytes / baseBytes
  const each = (endBytes - baseBytes) / (reloads - baseReloads)
  return finding(
    `${says}: resident memory after ${reloads} reloads is that after ${baseReloads}`,
    `${megabytes(endBytes)}, ${megabytes(baseBytes)}: × ${growth.toFixed(2)}, ${(each / 1024).toFixed(0)} kB each`,
    // Where code stays it is measured: there is no bound to hold.
    plan.workers === 0 || growth <= growthMax,
  )
}

async function put(program: Program, folder: Folder, from: State, to: State): Promise<void> {
  const before = await standingOf(program)
  const files = folder.filesOf(from)
  for (const [name, text] of Object.entries(folder.filesOf(to))) {
    if (text !== files[name]) program.write(name, text)
  }
  program.signal('SIGHUP')
  await until(
    'it is in force',
    () => standingOf(program),
    ({ state, revision }) => state === 'current' && revision !== before.revision,
    { everyMs: 20 },
  )
}

/** Asks on connections that are kept for as long as nobody says that they end. */
class Asker {
  readonly wrong: string[] = []
  readonly #program: Program
  readonly #clients: Client[] = []

  constructor(program: Program) {
    this.#program = program
  }

  async ask(field: string, wanted: string): Promise<void> {
    for (let at = 0; at < requestsPerReload; at++) {
      const client = await this.#client(at % clients)
      const reply = await client.ask(request('GET /items/item1')).catch((error: Error) => error)
      const problem = problemOf(reply, field, wanted, client.state === 'announced')
      if (problem !== undefined) this.wrong.push(problem)
    }
  }

  async #client(at: number): Promise<Client> {
    const client = this.#clients[at]
    if (client?.state === 'open') return client
    client?.close()
    return (this.#clients[at] = await Client.connect({ port: this.#program.port }))
  }
}

/** Who is told that the connection ends may be told so by the threads before. */
function problemOf(
  reply: Reply | Error,
  field: string,
  wanted: string,
  isLast: boolean,
): string | undefined {
  if (reply instanceof Error) return reply.message
  const found = reply.fields.get(field)
  const isFine = reply.status === 200 && (found === wanted || isLast)
  return isFine ? undefined : `${reply.status} ${found} for ${wanted}`
}

/** The least of several readings: a collection may be under way at one of them. */
async function quietBytes({ pid }: Program, { long }: Effort): Promise<number> {
  let least = Infinity
  for (let at = 0; at <= 4; at++) {
    await sleep(long ? quietMs / 4 : 0)
    least = Math.min(least, readingOf(pid).residentBytes)
  }
  return least
}

function lineOf({ pid }: Program, at: number, { aspect, workers }: Plan): string {
  const { residentBytes, descriptors, threads } = readingOf(pid)
  const now = `${megabytes(residentBytes)}, ${descriptors} fds, ${threads} threads`
  return `${at} × ${aspect}, ${workers} workers: ${now}`
}
