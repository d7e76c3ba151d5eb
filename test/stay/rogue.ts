// Code of others that hangs a worker, eats its memory, throws or answers junk; services that break
// off a handshake, and a Unix socket that goes and comes: each costs what it touches and nothing else.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, request, type Reply } from './client.ts'
import { type Effort, type Finding, finding, none } from './findings.ts'
import { Program } from './program.ts'
import { readingOf, scrape, sleep, sumOf, until } from './readings.ts'
import {
  deadly,
  endless,
  filesOf,
  harmless,
  NoTls,
  rogueField,
  UnixService,
  type Upstream,
} from './rogue-files.ts'
import { Service } from './service.ts'

/** So that a worker runs out of it soon. */
const heapMb = 96
const exchangeTimeoutMs = 1_500
const limits = { connectTimeoutMs: 300, exchangeTimeoutMs }
const bystanders = 16
const thinkMs = 5

export async function rogue(effort: Effort): Promise<readonly Finding[]> {
  await using stack = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'concordat-unix-'))
  stack.defer(() => rmSync(folder, { recursive: true, force: true }))
  const unix = stack.use(new UnixService(join(folder, 'service.sock')))
  await unix.come()
  const [stalls, garbage, closes] = (['stalls', 'garbage', 'closes'] as const).map((how) =>
    stack.use(new NoTls(how)),
  )
  const endpoints = {
    plain: stack.use(await Service.open('plain')).url,
    stalls: await stalls!.open(),
    garbage: await garbage!.open(),
    closes: await closes!.open(),
    unix: `unix:${unix.path}`,
  }
  const program = stack.use(
    await Program.start(filesOf(endpoints, { limits }), [], undefined, heapMb),
  )
  const others = stack.use(new Bystanders(program))
  await others.begin()
  const rounds = effort.long ? 10 : 1
  const findings: Finding[] = []
  for (let round = 0; round < rounds; round++) {
    findings.push(await harmlessOnes(program, others))
    findings.push(await brokenServices(program, others, unix))
    for (const how of effort.long ? deadly : deadly.slice(0, 2)) {
      findings.push(await deadlyOne(how, program, others))
    }
    effort.progress(`round ${round + 1}: ${readingOf(program.pid).descriptors} descriptors`)
  }
  return [...findings, none('wrong replies to others', others.wrong)]
}

async function harmlessOnes(program: Program, others: Bystanders): Promise<Finding> {
  const lostBefore = others.lost
  const all = [...harmless, endless]
  const told = await Promise.all(all.map((how) => asked(program, 'plain', how)))
  const ok = told.every((one) => one === '500') && others.lost === lostBefore
  const shown = all.map((how, at) => `${how} ${told[at]}`).join(', ')
  return finding(
    'throws and junk of a policy are 500',
    `${shown}; ${others.lost - lostBefore} others lost`,
    ok,
  )
}

async function brokenServices(
  program: Program,
  others: Bystanders,
  unix: UnixService,
): Promise<Finding> {
  const lostBefore = others.lost
  const wanted: readonly [Upstream, readonly string[]][] = [
    ['stalls', ['502', '504']],
    ['garbage', ['502']],
    ['closes', ['502']],
    ['unix', ['200']],
  ]
  const told = await Promise.all(wanted.map(([name]) => asked(program, name)))
  await unix.go()
  const gone = await asked(program, 'unix')
  await unix.come()
  const back = await until(
    'the socket is back',
    () => asked(program, 'unix'),
    (status) => status === '200',
    { withinMs: 10_000 },
  ).catch((error: Error) => error.message)
  const ok =
    wanted.every(([, statuses], at) => statuses.includes(told[at]!)) &&
    ['502', '503', '504'].includes(gone) &&
    back === '200'
  const shown = wanted.map(([name], at) => `${name} ${told[at]}`).join(', ')
  return finding(
    'services that break off are told of, and the next is served',
    `${shown}, without its socket ${gone}, with it again ${back}; ${others.lost - lostBefore} others lost`,
    ok && others.lost === lostBefore,
  )
}

async function deadlyOne(
  how: (typeof deadly)[number],
  program: Program,
  others: Bystanders,
): Promise<Finding> {
  await both(program)
  // Who came while one was missing is with the other.
  await others.spread()
  const before = await restarts(program)
  const { lost, answered } = others
  const startMs = performance.now()
  const own = asked(program, 'plain', how)
  await until(
    `the worker that met '${how}' is replaced`,
    () => restarts(program),
    (many) => many > before,
  )
  const ms = performance.now() - startMs
  const meanwhile = others.answered - answered
  await both(program)
  await others.recovered()
  const after = await restarts(program)
  const shown = `${await own}, replaced after ${ms.toFixed(0)} ms; ${others.lost - lost} others lost, ${meanwhile} answered meanwhile`
  return finding(`${how}: one worker is replaced`, shown, after === before + 1 && meanwhile > 0)
}

const restarts = async ({ adminUrl }: Program): Promise<number> =>
  sumOf(await scrape(adminUrl), 'concordat_worker_restarts_total')

/** Both workers serve. */
async function both({ adminUrl }: Program): Promise<void> {
  const serving = async () => {
    const { data } = (await (await fetch(`${adminUrl}/readyz`)).json()) as {
      data: { details: { workers: { serving: number } } }
    }
    return data.details.workers.serving
  }
  await until('both workers serve', serving, (many) => many === 2)
}

/** The status of a reply; `lost` where none came. */
async function asked({ port }: Program, name: Upstream, how?: string): Promise<string> {
  const client = await Client.connect({ port })
  const fields = how === undefined ? [] : [`${rogueField}: ${how}`]
  try {
    return String((await client.ask(request(`GET /${name}`, fields))).status)
  } catch {
    return 'lost'
  } finally {
    client.close()
  }
}

/** Who asks for nothing special, and comes again where it is cut off. */
class Bystanders implements AsyncDisposable {
  readonly wrong: string[] = []
  answered = 0
  lost = 0
  readonly #port: number
  #loops: readonly Promise<void>[] = []
  /** Those that have come since they were spread last. */
  #in = 0
  #round = 0
  #isOver = false

  constructor({ port }: Program) {
    this.#port = port
  }

  async begin(): Promise<void> {
    this.#loops = Array.from({ length: bystanders }, () => this.#loop())
    await this.recovered()
  }

  async recovered(): Promise<void> {
    await until(
      'all others are in',
      () => this.#in,
      (many) => many === bystanders,
    )
  }

  /** All leave, and come to whoever takes them. */
  async spread(): Promise<void> {
    this.#round += 1
    this.#in = 0
    await this.recovered()
  }

  async #loop(): Promise<void> {
    while (!this.#isOver) {
      const client = await Client.connect({ port: this.#port }).catch(() => undefined)
      if (client === undefined) this.lost += 1
      else await this.#asks(client)
      client?.close()
    }
  }

  async #asks(client: Client): Promise<void> {
    const round = this.#round
    let isIn = false
    try {
      while (!this.#isOver && round === this.#round && client.state === 'open') {
        this.#take(await client.ask(request('GET /plain')))
        if (!isIn && round === this.#round) this.#in += 1
        isIn = true
        await sleep(thinkMs)
      }
      if (client.state === 'lost') this.lost += 1
    } catch {
      this.lost += 1
    }
    if (isIn && round === this.#round) this.#in -= 1
  }

  #take({ status }: Reply): void {
    this.answered += 1
    if (status !== 200) this.wrong.push(String(status))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#loops)
  }
}
