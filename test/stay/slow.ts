// Thousands of clients that are slow in every way at once: each is cut at its deadline, nothing of
// them stays, and the others are served as if they were not there.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { Client, request } from './client.ts'
import { type Effort, type Finding, finding, none } from './findings.ts'
import { Latencies } from './latencies.ts'
import { type Files, Program } from './program.ts'
import {
  megabytes,
  type Reading,
  readingOf,
  restartsIn,
  scrape,
  sleep,
  sumOf,
  until,
} from './readings.ts'
import { Service } from './service.ts'
import {
  type Counts,
  noCuts,
  type SlowKind,
  slowKinds,
  type Standing,
  type Wave,
} from './slow-kinds.ts'

interface Size {
  /** A third each: heads, bodies, readers. */
  readonly slowOnes: number
  readonly arrivalMs: number
  /** For a head, and for silence within a body or a reply. */
  readonly deadlineMs: number
  readonly probes: number
  /** Between two requests of a probe. */
  readonly pauseMs: number
  readonly quietMs: number
  /** Beyond a deadline: the sweep, and a machine that is busy with all the others. */
  readonly slackMs: number
}

const shortSize: Size = {
  slowOnes: 204,
  arrivalMs: 200,
  deadlineMs: 1_000,
  probes: 4,
  pauseMs: 10,
  quietMs: 300,
  slackMs: Infinity,
}
const longSize: Size = {
  slowOnes: 4_002,
  arrivalMs: 2_000,
  deadlineMs: 12_000,
  probes: 8,
  pauseMs: 20,
  quietMs: 8_000,
  slackMs: 2_500,
}

/** A transfer whose rate counts must have begun after so long. */
const graceMs = 5_000
/** What a reader takes buys it some time, and the kernel takes some for it. */
const boughtMs = 5_000

function deadlineOf(kind: SlowKind, { deadlineMs }: Size): { fromMs: number; toMs: number } {
  const toBegin = Math.min(graceMs, deadlineMs)
  if (kind === 'head') return { fromMs: deadlineMs, toMs: deadlineMs }
  if (kind.endsWith('-body')) return { fromMs: toBegin, toMs: toBegin }
  return { fromMs: toBegin, toMs: deadlineMs + boughtMs }
}

const p99RatioMax = 2
/** What the process may grow by for each of them, and for what passes through it meanwhile. */
const bytesEachMax = 128 * 1024
const passingBytesMax = 192 * 1024 * 1024

export async function slow(effort: Effort): Promise<readonly Finding[]> {
  const size = effort.long ? longSize : shortSize
  const peers = fork(join(import.meta.dirname, 'slow-peers.ts'))
  try {
    const [port] = (await once(peers, 'message')) as [number]
    await using service = await Service.open('quick')
    const slowUrl = `http://127.0.0.1:${port}`
    await using program = await Program.start(filesOf(slowUrl, service.url, size))
    const probes = new Probes(program.port, Number(new URL(service.url).port), size)
    return await siege({ program, peers, probes, size, effort })
  } finally {
    peers.removeAllListeners('message').kill('SIGKILL')
  }
}

interface Siege {
  readonly program: Program
  readonly peers: ChildProcess
  readonly probes: Probes
  readonly size: Size
  readonly effort: Effort
}

/**
 * Readers come first, and are given time: what the kernel takes for each of them makes gigabytes,
 * and whatever is measured meanwhile is the machine's speed, not what it is to hold the slow.
 */
async function siege({ program, peers, probes, size, effort }: Siege): Promise<readonly Finding[]> {
  const { port } = program
  const watch = new PeerWatch(program, peers)
  await probes.measured(() => sleep(size.quietMs))
  const quiet = await probes.measured(() => sleep(size.quietMs))
  const before = readingOf(program.pid)
  effort.progress(`quiet: p99 ${quiet.p99Ms.toFixed(1)} ms`)
  const { arrivalMs } = size
  const { readers, senders } = countsOf(size)
  const filling = await probes.measured(async () => {
    peers.send({ port, counts: readers, arrivalMs } satisfies Wave)
    await watch.stuck(totalOf(readers))
  })
  effort.progress(`readers are there: p99 ${filling.p99Ms.toFixed(1)} ms meanwhile`)
  const held = await probes.measured(async () => {
    peers.send({ port, counts: senders, arrivalMs } satisfies Wave)
    await watch.allCut(totalOf(readers) + totalOf(senders)).catch((error: Error) => {
      effort.progress(error.message)
    })
  })
  const left = await settledConnections(program)
  const restarts = restartsIn(await scrape(program.adminUrl))
  return [
    ...deadlines({ ...readers, ...senders }, watch.standing, size),
    none('slow ones that ended otherwise', Object.entries(watch.standing.strange).map(String)),
    finding('others were answered', held.answered, held.answered > 0),
    none('others that were not', [...filling.wrong, ...held.wrong]),
    ...(effort.long ? [latencies(quiet, held)] : []),
    ...traces(before, program, watch.peakBytes, size),
    finding('connections of clients left', left, left === 0),
    finding('workers that were given up', restarts, restarts === 0),
  ]
}

/** Follows what the peers tell, and the memory of the gateway meanwhile. */
class PeerWatch {
  standing: Standing = { cuts: noCuts, opened: 0, pouredBytes: 0, strange: {} }
  peakBytes = 0

  constructor(program: Program, peers: ChildProcess) {
    peers.on('message', (message: Standing) => {
      this.standing = message
      this.peakBytes = Math.max(this.peakBytes, readingOf(program.pid).residentBytes)
    })
  }

  /** All have come, and nothing more has moved for a while. */
  async stuck(wanted: number): Promise<void> {
    let moved = -1
    const stands = () => {
      const before = moved
      moved = this.standing.pouredBytes
      return this.standing.opened >= wanted && moved === before
    }
    await until('readers take no more', stands, (stand) => stand, { everyMs: 400 })
  }

  async allCut(wanted: number): Promise<void> {
    const cut = () => totalOf(cutsOf(this.standing))
    await until('every slow one is cut', cut, (many) => many >= wanted, { withinMs: 60_000 })
  }
}

const cutsOf = ({ cuts }: Standing): Counts =>
  Object.fromEntries(slowKinds.map((kind) => [kind, cuts[kind].count]))

const totalOf = (counts: Counts): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0)

function countsOf({ slowOnes }: Size): { readers: Counts; senders: Counts } {
  const third = slowOnes / 3
  const half = third / 2
  return {
    readers: { 'silent-reader': half, 'slow-reader': half },
    senders: { head: third, 'silent-body': half, 'slow-body': half },
  }
}

function deadlines(counts: Counts, { cuts }: Standing, size: Size): readonly Finding[] {
  return slowKinds.map((kind) => {
    const { count, soonestMs, latestMs } = cuts[kind]
    const { fromMs, toMs } = deadlineOf(kind, size)
    return finding(
      `${kind}: cut at its deadline, ${fromMs}${toMs > fromMs ? ` to ${toMs}` : ''} ms`,
      `${count} of ${counts[kind]}, after ${soonestMs.toFixed(0)} to ${latestMs.toFixed(0)} ms`,
      count === counts[kind] && soonestMs >= fromMs * 0.9 && latestMs <= toMs + size.slackMs,
    )
  })
}

function traces(
  before: Reading,
  program: Program,
  peakBytes: number,
  { slowOnes, probes }: Size,
): readonly Finding[] {
  const { descriptors } = readingOf(program.pid)
  return [
    finding(
      'memory at the most',
      `${megabytes(peakBytes)}, ${megabytes(before.residentBytes)} before`,
      peakBytes - before.residentBytes <= bytesEachMax * slowOnes + passingBytesMax,
    ),
    finding(
      'descriptors after and before',
      `${descriptors}, ${before.descriptors}`,
      descriptors <= before.descriptors + probes,
    ),
  ]
}

/** Where others keep the machine busy, who asks the service itself waits longer too. */
function latencies(quiet: Measured, held: Measured): Finding {
  const ratio = held.p99Ms / quiet.p99Ms
  const direct = held.directP99Ms / quiet.directP99Ms
  return finding(
    'p99 of others while all of them are there, beside its quiet value',
    `${held.p99Ms.toFixed(1)} ms, ${quiet.p99Ms.toFixed(1)} ms: × ${ratio.toFixed(2)}; ` +
      `past the gateway × ${direct.toFixed(2)}`,
    ratio <= p99RatioMax * Math.max(1, direct),
  )
}

/** The probes have gone too; what is counted is a moment old. */
async function settledConnections(program: Program): Promise<number> {
  const count = async () => sumOf(await scrape(program.adminUrl), 'concordat_client_connections')
  return until('no client is connected', count, (many) => many === 0, { withinMs: 5_000 }).catch(
    count,
  )
}

interface Asked {
  readonly answered: number
  readonly p99Ms: number
  readonly wrong: readonly string[]
}

interface Measured extends Asked {
  /** Of the service asked directly at the same time. */
  readonly directP99Ms: number
}

/** Well-behaved clients, each on a connection of its own. */
class Probes {
  readonly #port: number
  readonly #directPort: number
  readonly #size: Size

  constructor(port: number, directPort: number, size: Size) {
    this.#port = port
    this.#directPort = directPort
    this.#size = size
  }

  async measured(meanwhile: () => Promise<unknown>): Promise<Measured> {
    const round = { isOver: false }
    const both = Promise.all([
      this.#asking(this.#port, round),
      this.#asking(this.#directPort, round),
    ])
    await meanwhile()
    round.isOver = true
    const [asked, direct] = await both
    return { ...asked, directP99Ms: direct.p99Ms }
  }

  async #asking(port: number, round: { readonly isOver: boolean }): Promise<Asked> {
    const taken = new Latencies()
    const wrong: string[] = []
    const probes = Array.from({ length: this.#size.probes }, async () => {
      const client = await Client.connect({ port })
      while (!round.isOver && client.state === 'open') {
        const startMs = performance.now()
        try {
          const { status } = await client.ask(request('GET /quick'))
          taken.add(performance.now() - startMs)
          if (status !== 200) wrong.push(String(status))
        } catch (error) {
          wrong.push((error as Error).message)
        }
        await sleep(this.#size.pauseMs)
      }
      client.close()
    })
    await Promise.all(probes)
    return { answered: taken.count, p99Ms: taken.quantile(0.99), wrong }
  }
}

function filesOf(slowUrl: string, quickUrl: string, { deadlineMs }: Size): Files {
  const ok = { '200': { description: 'Done.' } }
  const id = { name: 'id', in: 'path', required: true, schema: { type: 'string' } }
  const file = { required: true, content: { 'application/octet-stream': {} } }
  const contract = {
    openapi: '3.1.0',
    info: { title: 'Slow', version: '1' },
    paths: {
      '/quick': {
        get: { operationId: 'quick', responses: ok, 'x-concordat': { upstream: 'quick' } },
      },
      '/files/{id}': {
        parameters: [id],
        get: { operationId: 'download', responses: ok },
        put: { operationId: 'upload', requestBody: file, responses: ok },
      },
    },
  }
  const config = {
    contract: 'api.json',
    listen: { host: '127.0.0.1', port: 0 },
    admin: { host: '127.0.0.1', port: 0 },
    workers: 2,
    log: { access: 'off' },
    upstream: 'slow',
    upstreams: { slow: { endpoints: [slowUrl] }, quick: { endpoints: [quickUrl] } },
    policies: { limit: { mode: 'off' } },
    limits: {
      headTimeoutMs: deadlineMs,
      bodyIdleTimeoutMs: deadlineMs,
      bodyBytesPerSecondMin: 65_536,
      endpointConnectionsMax: 10_000,
    },
  }
  return { 'api.json': JSON.stringify(contract), 'concordat.yaml': JSON.stringify(config) }
}
