// Every kind of change, one after the other, under load: overlays, code of custom policies and what it
// imports, a configuration in TypeScript, modes, certificates, fields and paths. Each reply must be
// what one state says, whole, from the moment at which that is in force; what is broken never is.
import { type Random, seededRandom } from '../../src/base.ts'
import { makeCertificate } from '../certificates.ts'
import {
  changed,
  configFile,
  firstState,
  Folder,
  type Question,
  questions,
  renews,
  type State,
} from './aspects.ts'
import { type Broken, brokenLate, brokenSoon } from './broken.ts'
import { Client } from './client.ts'
import { type Effort, type Finding, finding, none } from './findings.ts'
import { Program } from './program.ts'
import { readingOf, restartsIn, scrape, sleep, until } from './readings.ts'
import { Service } from './service.ts'
import { isBad, type Standing, standingOf } from './standing.ts'
import { download, noise, type Transferred, upload } from './transfers.ts'

type Act = { readonly change: readonly (keyof State)[] } | { readonly broken: Broken }

const connections = 8
/** A transfer goes on until so many acts have come since it began. */
const actsSpanned = 3
const pieceBytesMax = 8 * 1024
const pieceGapMs = 5
/** Between two acts, so that each is met by whoever asks. */
const requestsBetween = 100

export async function changes(effort: Effort): Promise<readonly Finding[]> {
  await using stack = new AsyncDisposableStack()
  const folder = new Folder(2)
  const run = new Run(folder, effort)
  const { cert, key } = makeCertificate({ names: ['127.0.0.1'], issuer: folder.authority })
  const tls = { cert, key, ca: folder.authority.cert, requestCert: true }
  const source = () => run.pieces()
  folder.plainUrl = stack.use(await Service.open('plain', source)).url
  folder.secureUrl = stack.use(await Service.open('secure', source, tls)).url
  await using program = await Program.start(folder.filesOf(firstState), [], configFile)
  return await run.play(program, effort.long ? longActs(effort.seed) : shortActs)
}

/** Together what can be told apart, so that few reloads show much. */
const shortActs: readonly Act[] = [
  { change: ['overlay', 'headers', 'path', 'gate'] },
  { change: ['code', 'replies'] },
  { broken: brokenSoon[1]! },
  { change: ['imported', 'typed'] },
  { broken: brokenSoon[6]! },
  { change: ['certificate', 'settings', 'gate'] },
]

function longActs(seed: number): readonly Act[] {
  const random = seededRandom(seed)
  const shuffled = <T>(all: readonly T[]): T[] =>
    all
      .map((one) => [random(), one] as const)
      .toSorted(([a], [b]) => a - b)
      .map(([, one]) => one)
  const aspects = Object.keys(firstState) as (keyof State)[]
  const each: Act[] = aspects.map((aspect) => ({ change: [aspect] }))
  const bad: Act[] = brokenSoon.map((broken) => ({ broken }))
  const rounds = Array.from({ length: 3 }, () => shuffled([...each, ...bad])).flat()
  return [...rounds, ...brokenLate.map((broken) => ({ broken })), ...each]
}

class Run {
  readonly #folder: Folder
  readonly #effort: Effort
  readonly #random: Random
  readonly #take: (bytes: number) => Buffer
  /** In the order in which they were written; broken ones are none. */
  readonly #states: State[] = [firstState]
  readonly #inForceMs = { swapped: [] as number[], renewed: [] as number[] }
  readonly #wrong: string[] = []
  readonly #lost: string[] = []
  readonly #transfers: Transferred[] = []
  readonly #refused: string[] = []
  readonly #threads: number[] = []
  /** The first state that may answer whoever asks now. */
  #least = 0
  #acts = 0
  #answered = 0
  #isOver = false

  constructor(folder: Folder, effort: Effort) {
    this.#folder = folder
    this.#effort = effort
    this.#random = seededRandom(effort.seed)
    this.#take = noise(effort.seed)
  }

  get #state(): State {
    return this.#states.at(-1)!
  }

  async play(program: Program, acts: readonly Act[]): Promise<readonly Finding[]> {
    const load = Array.from({ length: connections }, () => this.#load(program))
    const transfers = [
      this.#transfer(program, 'a download', (client) => download(client, 'f1')),
      this.#transfer(program, 'a download over TLS', (client) =>
        download(client, 'f1', '/secure-files'),
      ),
      this.#transfer(program, 'an upload', (client) => upload(client, 'f1', this.pieces())),
    ]
    try {
      await this.#whenAsked()
      for (const act of acts) {
        if ('change' in act) await this.#change(program, act.change)
        else await this.#spoil(program, act.broken)
        this.#acts += 1
        await this.#whenAsked()
        this.#threads.push(readingOf(program.pid).threads)
      }
    } finally {
      this.#isOver = true
      await Promise.all([...load, ...transfers])
    }
    return this.#verdict(acts, restartsIn(await scrape(program.adminUrl)))
  }

  /** Of one transfer: until it has lived through some acts. */
  async *pieces(): AsyncGenerator<Buffer> {
    const last = this.#acts + actsSpanned
    while (this.#acts < last && !this.#isOver) {
      yield this.#take(1 + Math.floor(this.#random() * pieceBytesMax))
      await sleep(pieceGapMs)
    }
  }

  async #whenAsked(): Promise<void> {
    const enough = this.#answered + requestsBetween
    await until(
      'requests are answered',
      () => this.#answered,
      (answered) => answered >= enough,
    )
  }

  async #change(program: Program, aspects: readonly (keyof State)[]): Promise<void> {
    const before = await standingOf(program)
    const next = changed(this.#state, aspects)
    const [from, to] = [this.#folder.filesOf(this.#state), this.#folder.filesOf(next)]
    this.#states.push(next)
    const startMs = performance.now()
    for (const [name, text] of Object.entries(to)) {
      if (text !== from[name]) program.write(name, text)
    }
    await this.#told(program, `${aspects.join()} in force`, ({ state, revision }) => {
      return state === 'current' && revision !== before.revision
    })
    this.#least = this.#states.length - 1
    const ms = performance.now() - startMs
    this.#inForceMs[renews(this.#states.at(-2)!, next) ? 'renewed' : 'swapped'].push(ms)
    this.#effort.progress(`${aspects.join()} in force after ${ms.toFixed(0)} ms`)
  }

  async #spoil(program: Program, { what, file, text, withinMs }: Broken): Promise<void> {
    const files = this.#folder.filesOf(this.#state)
    program.write(file, text(files))
    const { state } = await this.#told(program, `${what} is refused`, isBad, withinMs)
    this.#refused.push(what)
    this.#effort.progress(`${what}: ${state}`)
    await this.#whenAsked()
    program.write(file, files[file]!)
    await this.#told(program, 'it is taken back', (one) => one.state === 'current')
  }

  async #told(
    program: Program,
    says: string,
    holds: (standing: Standing) => boolean,
    withinMs = 20_000,
  ): Promise<Standing> {
    return until(says, () => standingOf(program), holds, { withinMs, everyMs: 20 }).catch(
      async (error: Error) => {
        throw new Error(JSON.stringify(await standingOf(program)), { cause: error })
      },
    )
  }

  async #load(program: Program): Promise<void> {
    while (!this.#isOver) {
      const client = await this.#dial(program)
      while (!this.#isOver && client.state === 'open') {
        const question = questions[Math.floor(this.#random() * questions.length)]!
        await this.#ask(client, question).catch((error: Error) => this.#lose(error.message))
      }
      client.close()
    }
  }

  async #ask(client: Client, question: Question): Promise<void> {
    const least = this.#least
    const reply = await client.ask(question.bytes)
    this.#answered += 1
    // Who was connected before a renewal has one more reply of the threads that leave.
    const first = client.state === 'announced' ? Math.max(0, least - 1) : least
    const allowed = this.#states.slice(first).map(question.wanted)
    const told = question.told(reply)
    if (!allowed.includes(told)) {
      this.#wrong.push(
        `${question.bytes.split('\r\n', 1)[0]}: ${told}, not ${allowed.join(' or ')}`,
      )
    }
  }

  /** Whoever cannot get in is lost, and tries again. */
  async #dial({ port }: Program): Promise<Client> {
    for (;;) {
      try {
        return await Client.connect({ port })
      } catch (error) {
        this.#lose(`a connection: ${(error as Error).message}`)
        await sleep(100)
      }
    }
  }

  async #transfer(
    program: Program,
    what: string,
    move: (client: Client) => Promise<Transferred>,
  ): Promise<void> {
    while (!this.#isOver) {
      // A connection that a renewal met in the midst of a reply cannot be told: it ends behind it.
      const client = await this.#dial(program)
      await move(client).then(
        (one) => this.#transfers.push(one),
        (error: Error) => this.#lose(`${what}: ${error.message}`),
      )
      client.close()
    }
  }

  #lose(what: string): void {
    this.#lost.push(what)
    this.#effort.progress(`lost: ${what}`)
  }

  #verdict(acts: readonly Act[], restarts: number): readonly Finding[] {
    const { swapped, renewed } = this.#inForceMs
    const wanted = acts.filter((act) => 'change' in act).length
    const bytes = this.#transfers.reduce((sum, one) => sum + one.bytes, 0)
    const threads = Math.max(...this.#threads)
    return [
      finding('requests answered', this.#answered, this.#answered > 0),
      none('replies that are of no state, or of one that is over', this.#wrong),
      none('requests and transfers lost with their connection', this.#lost),
      finding(
        'changes in force',
        `${swapped.length} ${timesOf(swapped)}, ${renewed.length} with new threads ${timesOf(renewed)}`,
        swapped.length + renewed.length === wanted,
      ),
      finding(
        'broken ones that left in force what was',
        this.#refused.length,
        this.#refused.length === acts.length - wanted,
      ),
      finding(
        'transfers across changes',
        `${this.#transfers.length}, ${(bytes / 1024 / 1024).toFixed(1)} MB`,
        this.#transfers.length > 0,
      ),
      none(
        'transfers that are not whole',
        this.#transfers.flatMap(({ wrong }) => wrong ?? []),
      ),
      finding('workers that ended', restarts, restarts === 0),
      finding('threads of the process, at most', threads, threads > 0),
    ]
  }
}

function timesOf(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b)
  const middle = sorted[Math.floor(sorted.length / 2)] ?? 0
  return `in ${middle.toFixed(0)} ms by the median, ${(sorted.at(-1) ?? 0).toFixed(0)} ms at most`
}
