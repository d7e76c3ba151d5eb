// The end of the program while long bodies are under way: it says at once that it is not ready, still
// serves for its notice, then takes nobody new, and lets what it began come to its end, up to a bound.
import { once } from 'node:events'
import { connect } from 'node:net'
import { seededRandom } from '../../src/base.ts'
import { Client, request } from './client.ts'
import { type Effort, type Finding, finding } from './findings.ts'
import { type Exit, Program } from './program.ts'
import { sleep, until } from './readings.ts'
import { Service } from './service.ts'
import { download, noise, piecesOf, type Transferred, upload } from './transfers.ts'
import { filesOf } from './versions.ts'

const mb = 1024 * 1024
const endlessMs = 600_000
/** Long enough to look around in, on a busy machine too. */
const noticeMs = 2_000
const shortNoticeMs = 100
/** The same wish twice within half a second is one wish. */
const sameWishMs = 600

export async function drain(effort: Effort): Promise<readonly Finding[]> {
  return [
    ...(await transfersEnd(effort)),
    ...(await secondSignal(effort)),
    ...(await boundReached(effort)),
  ]
}

/** One download and one upload that stop half way until somebody opens the gate. */
class Transfers implements AsyncDisposable {
  readonly #gate = Promise.withResolvers<void>()
  readonly #half = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const
  readonly #seed: number
  readonly #bytes: number
  readonly service: Promise<Service>
  readonly #clients: Client[] = []

  constructor({ long, seed }: Effort) {
    this.#seed = seed
    this.#bytes = long ? 1024 * mb : 8 * mb
    this.service = Service.open('only', () => this.#pieces(this.#half[0]))
  }

  /** Gives their ends, once both are half way. */
  async begin(port: number): Promise<Promise<Transferred>[]> {
    const clients = [await Client.connect({ port }), await Client.connect({ port })] as const
    this.#clients.push(...clients)
    const ends = [download(clients[0], 'f1'), upload(clients[1], 'f1', this.#pieces(this.#half[1]))]
    // Whoever cuts them is who the test asked to.
    for (const end of ends) end.catch(() => {})
    const early = Promise.race(ends).then((one) => Promise.reject(new Error(one.wrong ?? 'over')))
    await Promise.race([Promise.all(this.#half.map(({ promise }) => promise)), early])
    return ends
  }

  open(): void {
    this.#gate.resolve()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#gate.resolve()
    for (const client of this.#clients) client.close()
    await (await this.service)[Symbol.asyncDispose]()
  }

  async *#pieces(half: PromiseWithResolvers<void>): AsyncGenerator<Buffer> {
    const take = noise(this.#seed)
    const random = seededRandom(this.#seed)
    yield* piecesOf(this.#bytes / 2, take, random)
    half.resolve()
    await this.#gate.promise
    yield* piecesOf(this.#bytes / 2, take, random)
  }
}

async function started(
  transfers: Transfers,
  drainWithin: { noticeMs: number; timeoutMs: number },
): Promise<Program> {
  const config = {
    drain: drainWithin,
    limits: {
      bodyBytesMax: 2 * 1024 * mb,
      bodyIdleTimeoutMs: 600_000,
      replyIdleTimeoutMs: 600_000,
    },
  }
  const { url } = await transfers.service
  return Program.start(filesOf(0, { endpoints: [url], workers: 2, config }))
}

async function transfersEnd(effort: Effort): Promise<readonly Finding[]> {
  await using transfers = new Transfers(effort)
  await using program = await started(transfers, { noticeMs, timeoutMs: endlessMs })
  const { port } = program
  const kept = await Client.connect({ port })
  await kept.ask(request('GET /items/item1'))
  const ends = await transfers.begin(port)
  effort.progress('both transfers are half way: SIGTERM')
  program.signal('SIGTERM')
  const signalMs = performance.now()
  await until(
    'it is not ready',
    () => readiness(program),
    (status) => status === 503,
  )
  const notReadyMs = performance.now() - signalMs
  const onKept = await kept.ask(request('GET /items/item2'))
  const onFresh = await (await Client.connect({ port })).ask(request('GET /items/item3'))
  await until(
    'nobody new is let in',
    () => isRefused(port),
    (refused) => refused,
  )
  const refusedMs = performance.now() - signalMs
  const stillNotReady = await readiness(program)
  effort.progress('nobody new is let in: the transfers go on')
  transfers.open()
  const [down, up] = await Promise.all(ends)
  const exit = await program.ended
  return [
    finding('not ready', `${notReadyMs.toFixed(0)} ms after the signal`, true),
    finding(
      'during the notice',
      `${onKept.status} on a kept connection, ${onFresh.status} on a new one`,
      onKept.status === 200 && onFresh.status === 200,
    ),
    finding(
      'kept connections are told',
      `${closing(onKept)}, ${closing(onFresh)}`,
      closing(onKept) === 'close' && closing(onFresh) === 'close',
    ),
    finding(
      'nobody new is let in',
      `${refusedMs.toFixed(0)} ms after the signal, readiness ${stillNotReady}`,
      refusedMs >= noticeMs * 0.9 && stillNotReady === 503,
    ),
    whole('a download under way comes whole', down!),
    whole('an upload under way comes whole', up!),
    finding('then it ends', shown(exit), exit.code === 0),
  ]
}

async function secondSignal(effort: Effort): Promise<readonly Finding[]> {
  await using transfers = new Transfers({ ...effort, long: false })
  await using program = await started(transfers, { noticeMs: shortNoticeMs, timeoutMs: endlessMs })
  await transfers.begin(program.port)
  program.signal('SIGTERM')
  await until(
    'it is not ready',
    () => readiness(program),
    (status) => status === 503,
  )
  await sleep(sameWishMs)
  const startMs = performance.now()
  program.signal('SIGTERM')
  const exit = await program.ended
  const ms = performance.now() - startMs
  return [
    finding('a second signal ends it', `${shown(exit)} after ${ms.toFixed(0)} ms`, ms < 5_000),
  ]
}

async function boundReached(effort: Effort): Promise<readonly Finding[]> {
  const timeoutMs = 1_000
  await using transfers = new Transfers({ ...effort, long: false })
  await using program = await started(transfers, { noticeMs: shortNoticeMs, timeoutMs })
  const ends = await transfers.begin(program.port)
  const startMs = performance.now()
  program.signal('SIGTERM')
  const exit = await program.ended
  const ms = performance.now() - startMs
  // Only now: nothing but the bound could end them.
  transfers.open()
  const cut = await Promise.allSettled(ends)
  const shownCut = cut.map((end) => (end.status === 'fulfilled' ? 'came to its end' : 'cut'))
  const bound = shortNoticeMs + timeoutMs
  return [
    finding(
      'what goes on beyond the bound is cut',
      `${shownCut.join(', ')}; ${shown(exit)} after ${ms.toFixed(0)} ms, the bound is ${bound} ms`,
      cut.every(({ status }) => status === 'rejected') && ms >= timeoutMs && ms < bound + 5_000,
    ),
  ]
}

const whole = (claim: string, { bytes, wrong }: Transferred): Finding =>
  finding(claim, wrong ?? `${(bytes / mb).toFixed(0)} MB`, wrong === undefined)

const closing = ({ fields }: { fields: ReadonlyMap<string, string> }): string =>
  fields.get('connection') ?? 'nothing'

const shown = ({ code, signal }: Exit): string =>
  signal === null ? `exit code ${code}` : `ended by ${signal}`

async function readiness({ adminUrl }: Program): Promise<number> {
  return (await fetch(`${adminUrl}/readyz`)).status
}

async function isRefused(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED'
  } finally {
    socket.destroy()
  }
}
