// Requests under load while the configuration changes, each change in routes, schemas, policies and
// upstreams at once, with long bodies under way in both directions. Every reply names the version that
// made it, and must be exactly what that version says.
import { type Random, seededRandom } from '../../src/base.ts'
import { Client, request } from './client.ts'
import { type Effort, type Finding, finding, none } from './findings.ts'
import { Program } from './program.ts'
import { restartsIn, scrape, sleep, until } from './readings.ts'
import { ReloadChecks } from './reload-checks.ts'
import { Service } from './service.ts'
import { download, noise, type Transferred, upload } from './transfers.ts'
import { contractName, filesOf, type VersionSetup } from './versions.ts'

interface Size {
  readonly requests: number
  readonly changes: number
  readonly connections: number
  /** Each way. */
  readonly streams: number
}

const shortSize: Size = { requests: 2_000, changes: 4, connections: 16, streams: 2 }
const longSize: Size = { requests: 100_000, changes: 50, connections: 64, streams: 4 }

/** A stream goes on until so many versions have come since it began. */
const versionsSpanned = 3
const streamPieceBytes = 8 * 1024
const streamGapMs = 5
const restingConnections = 8

export async function reload(effort: Effort): Promise<readonly Finding[]> {
  const size = effort.long ? longSize : shortSize
  await using services = new AsyncDisposableStack()
  const run = new Run(size, effort)
  for (const name of ['a', 'b', 'c']) {
    run.services.push(services.use(await Service.open(name, () => run.pieces())))
  }
  // Connections at rest must outlive the run, so that nothing but a reload could end them.
  const config = { limits: { idleTimeoutMs: 600_000 } }
  const setup = { endpoints: run.services.map(({ url }) => url), workers: 2, config }
  await using program = await Program.start(filesOf(0, setup))
  return await run.play(program, setup)
}

class Run {
  readonly services: Service[] = []
  readonly #size: Size
  readonly #effort: Effort
  readonly #random: Random
  readonly #take: (bytes: number) => Buffer
  readonly #checks = new ReloadChecks()
  readonly #inForceMs: number[] = []
  readonly #lost: string[] = []
  readonly #transfers: Transferred[] = []
  /** The least version that each connection of the load may still meet. */
  readonly #seen = new Map<number, number>()
  #written = 0
  #asked = 0
  #spoiled = 0
  #isOver = false

  constructor(size: Size, effort: Effort) {
    this.#size = size
    this.#effort = effort
    this.#random = seededRandom(effort.seed)
    this.#take = noise(effort.seed)
  }

  async play(program: Program, setup: VersionSetup): Promise<readonly Finding[]> {
    const { connections, streams } = this.#size
    const load = Array.from({ length: connections }, (_, at) => this.#load(program, at))
    const transfers = Array.from({ length: streams }, () => [
      this.#transfer(program, (client) => download(client, 'f1')),
      this.#transfer(program, (client) => upload(client, 'f1', this.pieces())),
    ])
    const resting = await this.#askOnAll(program, [])
    await this.#change(program, setup)
    await Promise.all([...load, ...transfers.flat()])
    await this.#askOnAll(program, resting)
    for (const client of resting) client.close()
    return this.#verdict(restartsIn(await scrape(program.adminUrl)))
  }

  /** On connections that rest from the first version to the last. */
  async #askOnAll(program: Program, resting: readonly Client[]): Promise<readonly Client[]> {
    const clients = await Promise.all(
      Array.from({ length: restingConnections }, async (_, at) => {
        const client = resting[at] ?? (await Client.connect({ port: program.port }))
        await client.ask(request('GET /items/item1')).catch((error: Error) => {
          this.#lost.push(`a connection at rest: ${error.message}`)
        })
        return client
      }),
    )
    return clients
  }

  /** Of one stream: until it has lived through some changes. */
  async *pieces(): AsyncGenerator<Buffer> {
    const last = this.#written + versionsSpanned
    while (this.#written < last && !this.#isOver) {
      yield this.#take(1 + Math.floor(this.#random() * streamPieceBytes))
      await sleep(streamGapMs)
    }
  }

  /** One change after the other, spread over the requests. */
  async #change(program: Program, setup: VersionSetup): Promise<void> {
    const { changes, requests, connections } = this.#size
    for (let version = 1; version <= changes; version++) {
      await this.#whenAsked((version * requests) / (changes + 1))
      if (version === changes) await this.#spoil(program)
      const startMs = performance.now()
      this.#put(program, setup, version)
      const behind = () => [...this.#seen.values()].filter((seen) => seen < version).length
      await until(`version ${version} is in force everywhere`, behind, (many) => many === 0)
      this.#inForceMs.push(performance.now() - startMs)
      program.remove(contractName(version - 1))
      this.#effort.progress(
        `version ${version} in force on ${connections} connections after ` +
          `${this.#inForceMs.at(-1)!.toFixed(0)} ms, ${this.#asked} requests`,
      )
    }
    await this.#whenAsked(requests)
    this.#isOver = true
  }

  async #whenAsked(requests: number): Promise<void> {
    const enough = (asked: number) => asked >= requests
    await until(`${requests} are asked`, () => this.#asked, enough, { withinMs: 120_000 })
  }

  /** What is written cannot be in force: what was is, and that it is behind is told. */
  async #spoil(program: Program): Promise<void> {
    program.write('concordat.yaml', '{"contract": "nowhere.json"}')
    program.signal('SIGHUP')
    const current = async () =>
      (await scrape(program.adminUrl)).get('concordat_configuration_current')
    await until('a bad configuration is told', current, (told) => told === 0)
    this.#spoiled = 1
  }

  /** Half of the changes are told by a signal, the others are seen in the file. */
  #put(program: Program, setup: VersionSetup, version: number): void {
    this.#written = version
    for (const [name, text] of Object.entries(filesOf(version, setup))) program.write(name, text)
    if (version % 2 === 0) program.signal('SIGHUP')
  }

  async #load(program: Program, at: number): Promise<void> {
    while (!this.#isOver) {
      const client = await this.#dial(program)
      // Another connection may have come to another thread, which may be behind the last one.
      this.#seen.set(at, 0)
      while (!this.#isOver && client.state === 'open') {
        await this.#askOne(client, at)
      }
      client.close()
    }
    this.#seen.delete(at)
  }

  /** Whoever cannot get in is lost, and tries again. */
  async #dial(program: Program): Promise<Client> {
    for (;;) {
      try {
        return await Client.connect({ port: program.port })
      } catch (error) {
        this.#lost.push(`a connection: ${(error as Error).message}`)
        await sleep(100)
      }
    }
  }

  async #askOne(client: Client, at: number): Promise<void> {
    const written = this.#written
    const check = this.#checks.pick(this.#random, written)
    this.#asked += 1
    try {
      const reply = await client.ask(check.bytes)
      const version = this.#checks.hold(check, reply, this.services)
      const least = this.#seen.get(at) ?? 0
      if (version > this.#written || version < least) {
        this.#checks.wrong.push(`version ${version} after ${least}, ${this.#written} is written`)
      }
      this.#seen.set(at, Math.max(least, version))
    } catch (error) {
      this.#lost.push(`${check.what}: ${(error as Error).message}`)
    }
  }

  async #transfer(program: Program, move: (client: Client) => Promise<Transferred>): Promise<void> {
    while (!this.#isOver) {
      const client = await this.#dial(program)
      while (!this.#isOver && client.state === 'open') {
        try {
          this.#transfers.push(await move(client))
        } catch (error) {
          this.#lost.push(`a transfer: ${(error as Error).message}`)
        }
      }
      client.close()
    }
  }

  #verdict(restarts: number): readonly Finding[] {
    const { requests, changes } = this.#size
    const { wrong, answered, scarceGranted } = this.#checks
    const sorted = this.#inForceMs.toSorted((a, b) => a - b)
    const times = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)].map((ms = 0) =>
      ms.toFixed(0),
    )
    const bytes = this.#transfers.reduce((sum, one) => sum + one.bytes, 0)
    const changed = this.#transfers.flatMap((one) => one.wrong ?? [])
    return [
      finding('requests answered', answered, answered >= requests),
      none('replies that are not what their version says', wrong),
      none('requests and transfers lost with their connection', this.#lost),
      finding(
        'changes in force',
        `${sorted.length}, in ${times[0]} ms by the median, ${times[1]} ms at most`,
        sorted.length === changes,
      ),
      finding(
        'transfers across changes',
        `${this.#transfers.length}, ${(bytes / 1024 / 1024).toFixed(0)} MB`,
        this.#transfers.length > 0,
      ),
      none('transfers that are not whole', changed),
      finding('workers that ended', restarts, restarts === 0),
      finding('granted by a limit of one a day', scarceGranted, scarceGranted === 1),
      finding(
        'bad configurations that left the old one in force',
        this.#spoiled,
        this.#spoiled === 1,
      ),
    ]
  }
}
