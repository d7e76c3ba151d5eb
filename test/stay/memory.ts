// Many reloads, each to a configuration that never was: whatever belongs to a version must go when
// the version goes, so the memory of a process that has seen hundreds is that of one that has seen few.
import { seededRandom } from '../../src/base.ts'
import { Client, request } from './client.ts'
import { type Effort, type Finding, finding, none } from './findings.ts'
import { Program } from './program.ts'
import { megabytes, readingOf, scrape, type Series, sleep, sumOf, until } from './readings.ts'
import { ReloadChecks } from './reload-checks.ts'
import { Service } from './service.ts'
import { contractName, endpointsOf, filesOf, seasonPath, type VersionSetup } from './versions.ts'

interface Size {
  readonly reloads: number
  /** After so many the memory is that of a program that has warmed up. */
  readonly baseReloads: number
  /** V8 gives back what it has kept for more work when none has come for some seconds. */
  readonly quietMs: number
}

const shortSize: Size = { reloads: 20, baseReloads: 5, quietMs: 0 }
const longSize: Size = { reloads: 500, baseReloads: 20, quietMs: 12_000 }

const clients = 8
const requestsPerReload = 40
const growthMax = 1.2

export async function memory(effort: Effort): Promise<readonly Finding[]> {
  const size = effort.long ? longSize : shortSize
  await using stack = new AsyncDisposableStack()
  const services: Service[] = []
  for (const name of ['a', 'b', 'c']) services.push(stack.use(await Service.open(name)))
  const setup = { endpoints: services.map(({ url }) => url), workers: 2 }
  await using program = await Program.start(filesOf(0, setup))
  const traffic = new Traffic(program, services, effort.seed)
  await traffic.open()
  let baseBytes = 0
  const startMs = performance.now()
  for (let version = 1; version <= size.reloads; version++) {
    await change(program, setup, version, traffic)
    if (version === size.baseReloads) baseBytes = await quietBytes(program, size)
    if (version % 20 === 0) effort.progress(await lineOf(version, program))
  }
  const perReloadMs = (performance.now() - startMs) / size.reloads
  const endBytes = await quietBytes(program, size)
  const growth = endBytes / baseBytes
  const resident = finding(
    `resident memory after ${size.reloads} reloads is that after ${size.baseReloads}`,
    `${megabytes(endBytes)}, ${megabytes(baseBytes)}: × ${growth.toFixed(2)}`,
    growth <= growthMax,
  )
  return [
    finding('differing reloads', `${size.reloads}, ${perReloadMs.toFixed(0)} ms each`, true),
    none('replies that are not what their version says', traffic.wrong),
    ...retained(await scrape(program.adminUrl), setup, size.reloads),
    // A short run warms up all the way.
    ...(effort.long ? [resident] : []),
  ]
}

async function change(
  program: Program,
  setup: VersionSetup,
  version: number,
  traffic: Traffic,
): Promise<void> {
  for (const [name, text] of Object.entries(filesOf(version, setup))) program.write(name, text)
  program.signal('SIGHUP')
  await until(
    `version ${version} is in force everywhere`,
    () => traffic.least(version),
    (least) => least === version,
  )
  program.remove(contractName(version - 1))
  await traffic.some(version)
}

/** Light traffic on connections that stay, so that each thread is met. */
class Traffic {
  readonly #program: Program
  readonly #services: readonly Service[]
  readonly #checks = new ReloadChecks()
  readonly #random: () => number
  readonly #clients: Client[] = []

  constructor(program: Program, services: readonly Service[], seed: number) {
    this.#program = program
    this.#services = services
    this.#random = seededRandom(seed)
  }

  get wrong(): readonly string[] {
    return this.#checks.wrong
  }

  async open(): Promise<void> {
    const { port } = this.#program
    for (let at = 0; at < clients; at++) this.#clients.push(await Client.connect({ port }))
  }

  /** The least version that any connection meets; the operation of `season` is asked for. */
  async least(season: number): Promise<number> {
    const check = {
      what: `season ${season}`,
      bytes: request(`GET ${seasonPath(season)}`),
      statuses: (version: number) => [version === season ? 200 : 404],
    }
    const asked = this.#clients.map(async (_, at) => {
      const client = await this.#client(at)
      return this.#checks.hold(check, await client.ask(check.bytes), this.#services)
    })
    return Math.min(...(await Promise.all(asked)))
  }

  async some(version: number): Promise<void> {
    for (let at = 0; at < requestsPerReload; at++) {
      const check = this.#checks.pick(this.#random, version)
      const client = await this.#client(at % clients)
      this.#checks.hold(check, await client.ask(check.bytes), this.#services)
    }
  }

  /** A connection has so many requests, and the last is told. */
  async #client(at: number): Promise<Client> {
    const client = this.#clients[at]!
    if (client.state !== 'announced') return client
    client.close()
    return (this.#clients[at] = await Client.connect({ port: this.#program.port }))
  }
}

/** The least of several readings: a collection may be under way at one of them. */
async function quietBytes(program: Program, { quietMs }: Size): Promise<number> {
  let least = Infinity
  for (let at = 0; at <= 4; at++) {
    await sleep(quietMs / 4)
    least = Math.min(least, readingOf(program.pid).residentBytes)
  }
  return least
}

async function lineOf(version: number, program: Program): Promise<string> {
  const { residentBytes, descriptors, threads } = readingOf(program.pid)
  const series = await scrape(program.adminUrl)
  const byThread = (name: string) =>
    [...series]
      .filter(([key]) => key.startsWith(`${name}{`))
      .map(([key, bytes]) => `${/thread="(\w+)"/.exec(key)?.[1]} ${megabytes(bytes)}`)
      .join(', ')
  return [
    `${version} reloads: ${megabytes(residentBytes)}`,
    `${descriptors} fds, ${threads} threads`,
    `heap ${byThread('nodejs_heap_used_bytes')}`,
    `buffers ${byThread('nodejs_array_buffer_bytes')}`,
    `${series.size} series`,
  ].join('; ')
}

/** What is visible of earlier versions. */
function retained(series: Series, setup: VersionSetup, version: number): readonly Finding[] {
  const keys = [...series.keys()]
  const revisions = keys.filter((key) => key.startsWith('concordat_snapshot_info{'))
  const named = endpointsOf(version, setup.endpoints).map((url) => new URL(url).port)
  const pools = keys
    .filter((key) => key.startsWith('http_client_open_connections{'))
    .map((key) => /server_port="(\d+)"/.exec(key)?.[1] ?? '')
  const strangers = [...new Set(pools)].filter((port) => !named.includes(port))
  const connections = sumOf(series, 'concordat_client_connections')
  return [
    finding('snapshots in force', revisions.length, revisions.length === 1),
    none('pools of endpoints that this version does not have', strangers),
    finding('connections of clients, all kept', connections, connections === clients),
  ]
}
