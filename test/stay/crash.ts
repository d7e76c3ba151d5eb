// Workers that come to grief under load, in each way a thread can: one is replaced in time, and who
// was connected to another notices nothing. The gateway runs in this process, so that its workers can
// be of a program that does as it is told.
import { setFlagsFromString } from 'node:v8'
import { BroadcastChannel } from 'node:worker_threads'
import { seededRandom, systemClock } from '../../src/base.ts'
import { compileText } from '../../src/control/testing.ts'
import type { Gateway } from '../../src/gateway.ts'
import { startFleet } from '../../src/gateway/fleet.ts'
import { encodeSnapshot } from '../../src/snapshot.ts'
import { Client, request } from './client.ts'
import { type Grief, griefChannel, type GriefOrder, type GriefReport, griefs } from './griefs.ts'
import { type Effort, type Finding, finding, none } from './findings.ts'
import { fallen, type Series, seriesIn, sleep, sumOf, until } from './readings.ts'
import { Service } from './service.ts'
import { filesOf } from './versions.ts'

const workers = 3
/** So that a worker runs out of it soon, on any machine. */
const heapMb = 128
const replacedMsMax = 3_000
/** A client thinks so long before it asks again, at most. */
const thinkMsMax = 20
const requestsTotal = 'http_server_request_duration_seconds_count'

export async function crash(effort: Effort): Promise<readonly Finding[]> {
  await using service = await Service.open('only')
  const ends: number[] = []
  await using gateway = await startedGateway(service, ends)
  await using watch = new Watch()
  await using load = new Load(gateway.port, watch, effort)
  // Who came earlier would all be with the first.
  await allServe(gateway)
  await load.begin(effort.long ? 48 : 12)
  const findings: Finding[] = []
  const rounds = effort.long ? 3 : 1
  for (let round = 0; round < rounds; round++) {
    for (const grief of griefs) {
      effort.progress(`round ${round + 1}: a worker meets ${grief}`)
      findings.push(...(await incident(grief, { gateway, watch, load, effort, ends })))
    }
  }
  const series = await seriesOf(gateway)
  return [
    ...findings,
    none('lost on connections that another worker had taken', load.lostElsewhere),
    none('wrong replies', load.wrong),
    finding(
      'requests counted, and answered',
      `${sumOf(series, requestsTotal)}, ${load.answered}`,
      sumOf(series, requestsTotal) >= load.answered,
    ),
    finding('ends of workers that were told', ends.length, ends.length >= griefs.length),
    restartsIn(series, rounds * griefs.length),
  ]
}

/** `ends` gets the time whenever it tells that a worker has ended. */
async function startedGateway(
  service: Service,
  ends: number[],
): Promise<Gateway & AsyncDisposable> {
  const files = filesOf(0, { endpoints: [service.url], workers })
  const { plan, said } = compileText(files['api-0.json']!, files['concordat.yaml']!, [])
  if (plan === undefined) throw new Error(said.join('\n'))
  const settings = {
    bundle: encodeSnapshot(plan),
    listen: [{ host: '127.0.0.1', port: 0 }],
    log: { access: 'off', redact: [] },
    workers,
  }
  setFlagsFromString(`--max-old-space-size=${heapMb}`)
  const gateway = await startFleet(settings, {
    clock: systemClock,
    bug: (error) => console.error(error),
    warn: () => void ends.push(performance.now()),
    program: new URL('crashing-worker.ts', import.meta.url),
  })
  if ('problem' in gateway) throw new Error(gateway.problem)
  return Object.assign(gateway, { [Symbol.asyncDispose]: () => gateway.close(1_000) })
}

interface Scene {
  readonly gateway: Gateway
  readonly watch: Watch
  readonly load: Load
  readonly effort: Effort
  readonly ends: readonly number[]
}

async function incident(
  grief: Grief,
  { gateway, watch, load, effort, ends }: Scene,
): Promise<readonly Finding[]> {
  await allServe(gateway)
  await sleep(200)
  const before = await seriesOf(gateway)
  const victim = watch.busiest()
  const lostBefore = load.lost
  const untakenBefore = load.untaken
  const servedBefore = watch.began.length
  const startMs = performance.now()
  load.unlucky = victim
  watch.send({ thread: victim, grief })
  await until(
    `another worker takes the place of the one that met ${grief}`,
    () => watch.began.length,
    (began) => began > servedBefore,
  )
  await allServe(gateway)
  // A leak is an event when there is no memory left, not when it begins.
  const eventMs = grief === 'memory' ? ends.at(-1)! : startMs
  const ms = performance.now() - eventMs
  await load.recovered()
  const fell = fallen(before, await seriesOf(gateway))
  return [
    finding(
      `${grief}: replaced`,
      `after ${ms.toFixed(0)} ms; lost: ${load.lost - lostBefore} on its connections, ` +
        `${load.untaken - untakenBefore} that waited for it`,
      !effort.long || ms <= replacedMsMax,
    ),
    none(`${grief}: counters that fell`, fell),
  ]
}

async function allServe(gateway: Gateway): Promise<void> {
  const serving = () =>
    (gateway.ready().details as { workers: { serving: number } }).workers.serving
  await until('all workers serve', serving, (many) => many === workers)
}

async function seriesOf(gateway: Gateway): Promise<Series> {
  let text = ''
  for await (const piece of gateway.metrics()) text += piece
  return seriesIn(text)
}

/** Which cause it was is for the gateway to say: a thread that runs out of memory may fall silent. */
function restartsIn(series: Series, wanted: number): Finding {
  const name = 'concordat_worker_restarts_total'
  const causes = [...series].filter(([key]) => key.startsWith(`${name}{`))
  const shown = causes.map(([key, count]) => `${/cause="(\w+)"/.exec(key)?.[1]} ${count}`)
  return finding('restarts counted, by cause', shown.join(', '), sumOf(series, name) === wanted)
}

/** What the workers tell: who serves, and whose connections they took. */
class Watch implements AsyncDisposable {
  /** Threads that have begun, in order. */
  readonly began: number[] = []
  readonly #ports = new Map<number, number>()
  readonly #channel = new BroadcastChannel(griefChannel)

  constructor() {
    this.#channel.addEventListener('message', (event) => {
      const report = (event as unknown as { data: GriefReport }).data
      if ('port' in report) this.#ports.set(report.port, report.thread)
      else this.began.push(report.thread)
    })
  }

  /** The thread that took the connection from this port; undefined: nobody has. */
  takerOf(port: number): number | undefined {
    return this.#ports.get(port)
  }

  /** The thread that took the most connections. */
  busiest(): number {
    const taken = new Map<number, number>()
    for (const thread of this.#ports.values()) taken.set(thread, (taken.get(thread) ?? 0) + 1)
    return [...taken].toSorted((a, b) => b[1] - a[1])[0]![0]
  }

  /** Its connections are gone with it. */
  forget(port: number): void {
    this.#ports.delete(port)
  }

  send(order: GriefOrder): void {
    this.#channel.postMessage(order)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#channel.close()
  }
}

/** Clients that ask, think, and come again where they were cut off. */
class Load implements AsyncDisposable {
  readonly lostElsewhere: string[] = []
  readonly wrong: string[] = []
  answered = 0
  lost = 0
  /** Connections that waited in the socket of a worker that went. */
  untaken = 0
  /** The thread that is to come to grief: what is lost with it is counted, and allowed. */
  unlucky = 0
  readonly #port: number
  readonly #watch: Watch
  readonly #random: () => number
  #loops: Promise<void>[] = []
  #connected = 0
  #isOver = false

  constructor(port: number, watch: Watch, { seed }: Effort) {
    this.#port = port
    this.#watch = watch
    this.#random = seededRandom(seed)
  }

  async begin(clients: number): Promise<void> {
    this.#loops = Array.from({ length: clients }, () => this.#client())
    await this.recovered()
    await until(
      'the load runs',
      () => this.answered,
      (answered) => answered > clients * 5,
    )
  }

  /** Every client is in again. */
  async recovered(): Promise<void> {
    const all = this.#loops.length
    await until(
      'every client is in',
      () => this.#connected,
      (connected) => connected === all,
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#loops)
  }

  async #client(): Promise<void> {
    while (!this.#isOver) {
      let client: Client | undefined
      try {
        client = await Client.connect({ port: this.#port })
        await this.#asks(client)
      } catch (error) {
        this.#note(client?.localPort ?? 0, error as Error)
      }
      client?.close()
    }
  }

  async #asks(client: Client): Promise<void> {
    let isIn = false
    try {
      while (!this.#isOver && client.state === 'open') {
        const reply = await client.ask(request('GET /items/item1'))
        if (!isIn) this.#connected += 1
        isIn = true
        this.answered += 1
        if (reply.status !== 200) this.wrong.push(String(reply.status))
        await sleep(this.#random() * thinkMsMax)
      }
    } finally {
      if (isIn) this.#connected -= 1
    }
    if (!this.#isOver) throw new Error('closed while nothing was asked')
  }

  #note(port: number, error: Error): void {
    const taker = this.#watch.takerOf(port)
    this.#watch.forget(port)
    if (port !== 0 && taker === undefined) this.untaken += 1
    else if (port !== 0 && taker === this.unlucky) this.lost += 1
    else this.lostElsewhere.push(`thread ${taker ?? 'none'}: ${error.message}`)
  }
}
