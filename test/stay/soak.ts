// An hour at half load, with connections that come, go and are broken off, and a reload each minute:
// memory must be flat and no descriptor may leak. First it is measured how much can be served at all.
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { Client, request } from './client.ts'
import { type Effort, type Finding, finding, none } from './findings.ts'
import { plot } from './plot.ts'
import { Program } from './program.ts'
import {
  cpuShare,
  megabytes,
  type Reading,
  readingOf,
  restartsIn,
  scrape,
  type Series,
  sleep,
  sumOf,
  until,
} from './readings.ts'
import type { SoakLoadOptions, SoakReport } from './soak-load.ts'
import { afterWarmUp, trendOf } from './trend.ts'
import { contractName, filesOf, markerField, type VersionSetup } from './versions.ts'

interface Pace {
  readonly capacityMs: number
  readonly sampleMs: number
  readonly samples: number
  readonly samplesPerReload: number
}

interface Sample extends Reading {
  readonly minute: number
  readonly heapBytes: number
  readonly cpu: number
  readonly report: SoakReport
}

const connections = 64
/** Of the mean, over the last two thirds of the run. */
const growthMax = 0.05

export async function soak(effort: Effort): Promise<readonly Finding[]> {
  const pace = paceOf(effort)
  await using services = await startServices(2)
  const setup: VersionSetup = {
    endpoints: services.urls,
    workers: Math.min(2, availableParallelism()),
    config: {
      log: { access: '/dev/null' },
      // At half load the last connections of the generator may rest for longer than the default.
      limits: { idleTimeoutMs: 3_600_000 },
    },
  }
  await using program = await Program.start(filesOf(0, setup))
  const perSecond = Math.round((await capacityOf(program, pace, effort)) / 2)
  effort.progress(`half load: ${perSecond} requests a second`)
  const load = startLoad({
    port: program.port,
    perSecond,
    reportMs: pace.sampleMs,
    connections,
    seed: effort.seed,
  })
  const samples: Sample[] = []
  const start = readingOf(program.pid)
  const reloads = new Reloads(program, setup)
  try {
    for await (const report of reportsOf(load, pace.samples)) {
      samples.push(await sampleOf(program, report, samples, start, pace))
      effort.progress(lineOf(samples.at(-1)!))
      if (effort.results !== undefined) keep(effort.results, samples)
      if (samples.length % pace.samplesPerReload === 0) await reloads.next()
    }
  } finally {
    load.kill()
  }
  if (effort.results !== undefined) effort.progress(`kept in ${effort.results}`)
  return await verdict(samples, reloads, program)
}

function paceOf({ long, minutes }: Effort): Pace {
  if (!long) return { capacityMs: 500, sampleMs: 400, samples: 6, samplesPerReload: 2 }
  const sampleMs = 10_000
  const samples = Math.max(6, Math.round((minutes * 60_000) / sampleMs))
  return { capacityMs: 8_000, sampleMs, samples, samplesPerReload: 6 }
}

async function startServices(count: number): Promise<AsyncDisposable & { urls: string[] }> {
  const file = join(import.meta.dirname, 'quick-service.ts')
  const children = Array.from({ length: count }, () => fork(file))
  const ports = await Promise.all(children.map(async (child) => (await once(child, 'message'))[0]))
  return {
    urls: ports.map((port) => `http://127.0.0.1:${port}`),
    async [Symbol.asyncDispose]() {
      for (const child of children) child.kill()
    },
  }
}

function startLoad(options: SoakLoadOptions): ChildProcess {
  return fork(join(import.meta.dirname, 'soak-load.ts'), [JSON.stringify(options)])
}

async function* reportsOf(load: ChildProcess, count: number): AsyncGenerator<SoakReport> {
  const ended = once(load, 'exit').then(() => undefined)
  for (let at = 0; at < count; at++) {
    const message = await Promise.race([once(load, 'message'), ended])
    if (message === undefined) throw new Error('the load has ended')
    yield message[0] as SoakReport
  }
}

/** Requests a second when every connection asks again as soon as it is answered. */
async function capacityOf(
  program: Program,
  pace: Pace,
  { seed, progress }: Effort,
): Promise<number> {
  const reportMs = pace.capacityMs
  const load = startLoad({ port: program.port, perSecond: 0, reportMs, connections, seed })
  try {
    let last: SoakReport | undefined
    // The first report is of a program that is still being compiled.
    for await (const report of reportsOf(load, 2)) last = report
    progress(`capacity: ${Math.round(last!.perSecond)} requests a second`)
    return last!.perSecond
  } finally {
    load.kill()
  }
}

async function sampleOf(
  program: Program,
  report: SoakReport,
  before: readonly Sample[],
  start: Reading,
  { sampleMs }: Pace,
): Promise<Sample> {
  const reading = readingOf(program.pid)
  const series = await scrape(program.adminUrl)
  return {
    ...reading,
    minute: ((before.length + 1) * sampleMs) / 60_000,
    heapBytes: heapOf(series),
    cpu: cpuShare(before.at(-1) ?? start, reading, sampleMs / 1000),
    report,
  }
}

/** Of all threads, where each says its own. */
const heapOf = (series: Series): number => sumOf(series, 'nodejs_heap_used_bytes')

/** A reload is in force when a reply carries its number. */
class Reloads {
  readonly slow: string[] = []
  done = 0
  readonly #program: Program
  readonly #setup: VersionSetup

  constructor(program: Program, setup: VersionSetup) {
    this.#program = program
    this.#setup = setup
  }

  async next(): Promise<void> {
    const version = this.done + 1
    for (const [name, text] of Object.entries(filesOf(version, this.#setup))) {
      this.#program.write(name, text)
    }
    this.#program.signal('SIGHUP')
    await until(
      `version ${version} is in force`,
      () => this.#version(),
      (found) => found === String(version),
      { everyMs: 50 },
    ).catch((error: Error) => this.slow.push(error.message))
    this.#program.remove(contractName(version - 1))
    this.done = version
  }

  async #version(): Promise<string | undefined> {
    const client = await Client.connect({ port: this.#program.port })
    const reply = await client.ask(request('GET /items/item1'))
    client.close()
    return reply.fields.get(markerField)
  }
}

function lineOf({ minute, residentBytes, heapBytes, descriptors, cpu, report }: Sample): string {
  const wrong = Object.entries(report.wrong).map(([what, count]) => `${count} × ${what}`)
  return [
    `${minute.toFixed(1)} min`,
    `${Math.round(report.perSecond)}/s`,
    `p50 ${report.p50Ms.toFixed(2)} p99 ${report.p99Ms.toFixed(1)} ms`,
    `RSS ${megabytes(residentBytes)}`,
    `heap ${megabytes(heapBytes)}`,
    `${descriptors} fds`,
    `CPU ${(cpu * 100).toFixed(0)} %`,
    ...wrong,
  ].join('  ')
}

const columns: readonly [name: string, of: (sample: Sample) => number][] = [
  ['minute', ({ minute }) => minute],
  ['residentBytes', ({ residentBytes }) => residentBytes],
  ['heapBytes', ({ heapBytes }) => heapBytes],
  ['descriptors', ({ descriptors }) => descriptors],
  ['cpuShare', ({ cpu }) => cpu],
  ['perSecond', ({ report }) => report.perSecond],
  ['p50Ms', ({ report }) => report.p50Ms],
  ['p99Ms', ({ report }) => report.p99Ms],
  ['sentLateMs', ({ report }) => report.sentLateMs],
  ['connectionsOpened', ({ report }) => report.opened],
  ['connectionsBrokenOff', ({ report }) => report.aborted],
  ['wrong', ({ report }) => wrongIn(report)],
]

const wrongIn = ({ wrong }: SoakReport): number =>
  Object.values(wrong).reduce((sum, count) => sum + count, 0)

/** Written again at each sample, so that a run that is cut short leaves what it has seen. */
function keep(folder: string, samples: readonly Sample[]): void {
  mkdirSync(folder, { recursive: true })
  const rows = samples.map((sample) => columns.map(([, of]) => Number(of(sample).toFixed(3))))
  const lines = [columns.map(([name]) => name), ...rows].map((row) => row.join(','))
  writeFileSync(join(folder, 'soak.csv'), `${lines.join('\n')}\n`)
  const minutes = samples.map(({ minute }) => minute)
  writeFileSync(join(folder, 'soak.svg'), plot('Soak at half load', minutes, stripsOf(samples)))
}

function stripsOf(samples: readonly Sample[]) {
  const strip = (title: string, unit: string, of: (sample: Sample) => number) => ({
    title,
    unit,
    values: samples.map(of),
  })
  const mb = 1024 * 1024
  return [
    strip('Resident memory', 'MB', ({ residentBytes }) => residentBytes / mb),
    strip('Heap', 'MB', ({ heapBytes }) => heapBytes / mb),
    strip('Descriptors', '', ({ descriptors }) => descriptors),
    strip('p99', 'ms', ({ report }) => report.p99Ms),
    strip('CPU', '% of all', ({ cpu }) => cpu * 100),
    strip('Requests', 'a second', ({ report }) => report.perSecond),
  ]
}

async function verdict(
  samples: readonly Sample[],
  reloads: Reloads,
  program: Program,
): Promise<readonly Finding[]> {
  const wrong = samples.flatMap(({ report }) =>
    Object.entries(report.wrong).map(([what, count]) => `${count} × ${what}`),
  )
  const answered = samples.reduce((sum, { report }) => sum + report.answered, 0)
  // The load has gone: what is still open is what the gateway keeps for itself.
  await sleep(500)
  const series = await scrape(program.adminUrl)
  const left = sumOf(series, 'concordat_client_connections')
  const restarts = restartsIn(series)
  const findings = [
    finding('requests are answered', answered, answered > 0),
    none('wrong', wrong),
    finding('reloads', reloads.done, reloads.done > 0),
    none('reloads that did not come into force', reloads.slow),
    finding('connections left when the clients have gone', left, left === 0),
    finding('workers that ended', restarts, restarts === 0),
  ]
  // A trend needs time; a short run only shows that it is measured.
  if (samples.length < 30) return findings
  return [
    ...findings,
    flat(
      'resident memory',
      samples.map(({ residentBytes }) => residentBytes),
      megabytes,
    ),
    flat(
      'descriptors',
      samples.map(({ descriptors }) => descriptors),
      (value) => value.toFixed(1),
    ),
  ]
}

function flat(what: string, values: readonly number[], show: (value: number) => string): Finding {
  const { growth, doubt, mean } = trendOf(afterWarmUp(values))
  const found = `mean ${show(mean)}, growth ${show(growth)} ± ${show(doubt)}`
  return finding(`${what}: flat over the last two thirds`, found, growth <= mean * growthMax)
}
