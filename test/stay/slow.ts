// Thousands of clients that are slow in every way at once: each is cut at its deadline, nothing of
// them stays, and the others are served as if they were not there.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { Client, request } from './client.ts'
import { type Effort, type Finding, finding, none } from './findings.ts'
import { Latencies } from './latencies.ts'
import { type Files, Program } from './program.ts'
import { megabytes, readingOf, scrape, sleep, sumOf, until } from './readings.ts'
import { Service } from './service.ts'
import { type Attack, type SlowKind, slowKinds, type Standing } from './slow-kinds.ts'

interface Size {
  /** A third each: heads, bodies, readers. */
  readonly slowOnes: number
  readonly arrivalMs: number
  /** For a head, and for silence within a body. */
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
  arrivalMs: 3_000,
  deadlineMs: 6_000,
  probes: 8,
  pauseMs: 20,
  quietMs: 8_000,
  slackMs: 2_500,
}

/** While a reply moves, each byte that the kernel takes buys time: to fill its buffers takes some. */
const fillMs = 3_000
/** A mean rate is held against its least after so long at the latest. */
const graceMs = 5_000

function deadlineOf(kind: SlowKind, { deadlineMs }: Size): { fromMs: number; toMs: number } {
  const body = Math.min(graceMs, deadlineMs)
  if (kind === 'head') return { fromMs: deadlineMs, toMs: deadlineMs }
  if (kind.endsWith('-body')) return { fromMs: body, toMs: body }
  return { fromMs: body, toMs: deadlineMs + fillMs }
}

const p99RatioMax = 2
/** What the process may grow by for each of them, and for what passes through it meanwhile. */
const bytesEachMax = 128 * 1024
const passingBytesMax = 192 * 1024 * 1024

export async function slow(effort: Effort): Promise<readonly Finding[]> {
  const size = effort.long ? longSize : shortSize
  const counts = countsOf(size)
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0)
  const peers = fork(join(import.meta.dirname, 'slow-peers.ts'))
  try {
    const [port] = (await once(peers, 'message')) as [number]
    await using service = await Service.open('quick')
    await using program = await Program.start(
      filesOf(`http://127.0.0.1:${port}`, service.url, size),
    )
    const probes = new Probes(program.port, size)
    await probes.measured(() => sleep(size.quietMs))
    const quiet = await probes.measured(() => sleep(size.quietMs))
    const before = readingOf(program.pid)
    effort.progress(`quiet: p99 ${quiet.p99Ms.toFixed(1)} ms; ${all} slow ones come`)
    let peakBytes = 0
    let standing: Standing | undefined
    peers.on('message', (message: Standing) => {
      standing = message
      peakBytes = Math.max(peakBytes, readingOf(program.pid).residentBytes)
    })
    const attack: Attack = { port: program.port, counts, arrivalMs: size.arrivalMs }
    const arriving = await probes.measured(async () => {
      peers.send(attack)
      await sleep(size.arrivalMs)
    })
    effort.progress(`they came: p99 ${arriving.p99Ms.toFixed(1)} ms`)
    const crowded = await probes.measured(async () => {
      await until(
        'every slow one is cut',
        () => cutIn(standing),
        (cut) => cut >= all,
        {
          withinMs: 60_000,
        },
      ).catch((error: Error) => effort.progress(error.message))
    })
    const left = await settledConnections(program)
    const after = readingOf(program.pid)
    return [
      finding('slow ones came', standing?.opened ?? 0, standing?.opened === all),
      ...slowKinds.map((kind) => deadline(kind, standing, counts[kind], size)),
      none('that ended otherwise', Object.entries(standing?.strange ?? {}).map(String)),
      finding('others were answered', crowded.answered, crowded.answered > 0),
      none('others that were not', [...arriving.wrong, ...crowded.wrong]),
      ...(effort.long ? [latencies(quiet, crowded)] : []),
      finding(
        'memory at the most',
        `${megabytes(peakBytes)}, ${megabytes(before.residentBytes)} before`,
        peakBytes - before.residentBytes <= bytesEachMax * all + passingBytesMax,
      ),
      finding('connections of clients left', left, left === 0),
      finding(
        'descriptors after and before',
        `${after.descriptors}, ${before.descriptors}`,
        after.descriptors <= before.descriptors + size.probes,
      ),
    ]
  } finally {
    end(peers)
  }
}

function end(child: ChildProcess): void {
  child.removeAllListeners('message').kill('SIGKILL')
}

const cutIn = (standing: Standing | undefined): number =>
  Object.values(standing?.cutMs ?? {}).reduce((sum, cuts) => sum + cuts.length, 0)

function countsOf({ slowOnes }: Size): Readonly<Record<SlowKind, number>> {
  const third = slowOnes / 3
  const half = third / 2
  return {
    head: third,
    'silent-body': half,
    'slow-body': half,
    'silent-reader': half,
    'slow-reader': half,
  }
}

function deadline(
  kind: SlowKind,
  standing: Standing | undefined,
  wanted: number,
  size: Size,
): Finding {
  const cuts = standing?.cutMs[kind].toSorted((a, b) => a - b) ?? []
  const [first = 0, last = 0] = [cuts[0], cuts.at(-1)]
  const { fromMs, toMs } = deadlineOf(kind, size)
  return finding(
    `${kind}: cut at its deadline, ${fromMs}${toMs > fromMs ? ` to ${toMs}` : ''} ms`,
    `${cuts.length} of ${wanted}, after ${first.toFixed(0)} to ${last.toFixed(0)} ms`,
    cuts.length === wanted && first >= fromMs * 0.9 && last <= toMs + size.slackMs,
  )
}

function latencies(quiet: Measured, crowded: Measured): Finding {
  const ratio = crowded.p99Ms / quiet.p99Ms
  return finding(
    'p99 of others while all of them are there, beside its quiet value',
    `${crowded.p99Ms.toFixed(1)} ms, ${quiet.p99Ms.toFixed(1)} ms: × ${ratio.toFixed(2)}`,
    ratio <= p99RatioMax,
  )
}

/** The probes have gone too; what is counted is a moment old. */
async function settledConnections(program: Program): Promise<number> {
  const count = async () => sumOf(await scrape(program.adminUrl), 'concordat_client_connections')
  return until('no client is connected', count, (many) => many === 0, { withinMs: 5_000 }).catch(
    count,
  )
}

interface Measured {
  readonly answered: number
  readonly p99Ms: number
  readonly wrong: readonly string[]
}

/** Well-behaved clients, each on a connection of its own. */
class Probes {
  readonly #port: number
  readonly #size: Size

  constructor(port: number, size: Size) {
    this.#port = port
    this.#size = size
  }

  async measured(meanwhile: () => Promise<unknown>): Promise<Measured> {
    const taken = new Latencies()
    const wrong: string[] = []
    const round = { isOver: false }
    const probes = Array.from({ length: this.#size.probes }, async () => {
      const client = await Client.connect({ port: this.#port })
      while (!round.isOver) {
        const startMs = performance.now()
        try {
          const { status } = await client.ask(request('GET /quick'))
          taken.add(performance.now() - startMs)
          if (status !== 200) wrong.push(String(status))
        } catch (error) {
          wrong.push((error as Error).message)
          break
        }
        await sleep(this.#size.pauseMs)
      }
      client.close()
    })
    await meanwhile()
    round.isOver = true
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
