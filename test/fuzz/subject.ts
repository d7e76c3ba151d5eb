// The real engine on the network in memory: one case in, what it sent to either side out.
import { manualClock } from '../../src/base.ts'
import { Engine } from '../../src/engine/engine.ts'
import { SharedStates } from '../../src/engine/shared-states.ts'
import { snapshotNeeds } from '../../src/snapshot.ts'
import { fuzzBundle } from './contract.ts'
import type { Dice } from './dice.ts'
import { installMemoryNet, type MemoryNet, settle, type Wire } from './memory-net.ts'
import { readRequest, type RequestRead, readReplies, type ReplyRead } from './messages.ts'
import type { ReplyCase } from './replies.ts'

/** What one exchange left in the access log. */
export interface LoggedExchange {
  readonly id: string
  readonly method: string
  readonly path: string
  readonly status: number
  readonly fault?: string
  readonly requestBytes: number
}

export interface Outcome {
  /** Requests that reached the upstream whole, in order. */
  readonly requests: readonly RequestRead[]
  /** Bytes of requests that did not. */
  readonly torn: readonly string[]
  readonly replies: readonly ReplyRead[]
  readonly ending: Wire['ending']
  readonly log: readonly LoggedExchange[]
  /** What must never be; each names the law that is broken. */
  readonly broken: readonly string[]
}

export interface Subject {
  /** Sends bytes to the gateway, in one piece or cut in two. */
  request(bytes: string, cutAt: number | undefined, pressure: Dice | undefined): Outcome
  /** Sends sound requests; the upstream answers as the case says, one reply cut in two. */
  reply(one: ReplyCase, cut: Cut | undefined, pressure: Dice | undefined): Outcome
  /** Exchanges that were begun and never recorded. */
  active(): number
  close(): Promise<void>
}

/** Which reply of a case comes in two pieces, and where it is cut. */
export interface Cut {
  readonly turn: number
  readonly at: number
}

export async function startSubject(): Promise<Subject> {
  const bundle = await fuzzBundle()
  const memory = installMemoryNet()
  const log: LoggedExchange[] = []
  const bugs: string[] = []
  const engine = new Engine({
    // Time stands still: nothing here is late.
    clock: manualClock(),
    random: Math.random,
    redact: [],
    announce() {},
    lines: {
      line: (text) => void log.push(JSON.parse(text) as LoggedExchange),
      dropped: () => 0,
      close: async () => {},
    },
    bug: (error) => void bugs.push(error instanceof Error ? error.stack! : String(error)),
    warn: (sentence) => void bugs.push(sentence),
  })
  engine.prepare(bundle, new SharedStates().for(snapshotNeeds(bundle)))()
  await engine.listen({ host: '127.0.0.1', port: 0 })
  const table = { memory, log, bugs }
  return {
    request: (bytes, cutAt, pressure) => driveRequest(table, bytes, cutAt, pressure),
    reply: (one, cut, pressure) => driveReply(table, one, cut, pressure),
    active: () => engine.gauges().activeExchanges,
    close: () => engine.close(0),
  }
}

interface Table {
  readonly memory: MemoryNet
  readonly log: LoggedExchange[]
  readonly bugs: string[]
}

type Answer = (request: RequestRead, wire: Wire, turn: number) => void

/** The upstream's side of every connection that the gateway opens in one case. */
class Upstream {
  readonly requests: RequestRead[] = []
  readonly #wires: Wire[] = []
  readonly #taken = new Map<Wire, number>()

  constructor(memory: MemoryNet, answer: Answer, pressure: Dice | undefined) {
    memory.accept = (wire) => {
      this.#wires.push(wire)
      if (pressure !== undefined) wire.isFull = () => pressure.chance(0.3)
      wire.heard = () => this.#hear(wire, answer)
    }
  }

  #hear(wire: Wire, answer: Answer): void {
    const at = this.#taken.get(wire) ?? 0
    const request = readRequest(wire.sent, at)
    if (request === undefined) return
    this.#taken.set(wire, at + request.text.length)
    this.requests.push(request)
    answer(request, wire, this.requests.length - 1)
  }

  /** What no whole request accounts for. */
  torn(): string[] {
    return this.#wires
      .map((wire) => wire.sent.slice(this.#taken.get(wire) ?? 0))
      .filter((rest) => rest !== '')
  }

  /** Torn requests on connections that were left as if they were whole. */
  untold(): Wire[] {
    return this.#wires.filter(
      (wire) => wire.ending === 'open' && wire.sent.length > (this.#taken.get(wire) ?? 0),
    )
  }

  /** Ends what is open, and what is opened anew when the end lets a waiting request begin. */
  close(): void {
    let ended = 0
    while (ended < this.#wires.length) {
      for (; ended < this.#wires.length; ended++) this.#wires[ended]!.finish()
      settle()
    }
  }
}

const answerOk: Answer = ({ method }, wire) =>
  wire.deliver(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n${method === 'HEAD' ? '' : 'ok'}`)

function driveRequest(
  table: Table,
  bytes: string,
  cutAt: number | undefined,
  pressure: Dice | undefined,
): Outcome {
  return drive(table, cutAt === undefined ? [bytes] : cutIn(bytes, cutAt), answerOk, pressure)
}

function driveReply(
  table: Table,
  { turns, version, path, takesTrailers }: ReplyCase,
  cut: Cut | undefined,
  pressure: Dice | undefined,
): Outcome {
  const answer: Answer = (_request, wire, at) => {
    const turn = turns[at]
    if (turn === undefined) return wire.breakOff()
    const pieces = cut?.turn === at ? cutIn(turn.reply, cut.at) : [turn.reply]
    for (const piece of pieces) wire.deliver(piece)
    if (turn.ending === 'finished') wire.finish()
    if (turn.ending === 'reset') wire.breakOff()
  }
  const te = takesTrailers ? 'TE: trailers\r\nConnection: TE\r\n' : ''
  const kept = version === '1.0' ? 'Connection: keep-alive\r\n' : ''
  const requests = turns.map(
    ({ method }) => `${method} ${path} HTTP/${version}\r\nHost: a\r\n${kept}${te}\r\n`,
  )
  return drive(table, [requests.join('')], answer, pressure)
}

const cutIn = (text: string, at: number): string[] => [text.slice(0, at), text.slice(at)]

function drive(
  { memory, log, bugs }: Table,
  pieces: readonly string[],
  answer: Answer,
  pressure: Dice | undefined,
): Outcome {
  log.length = 0
  bugs.length = 0
  const upstream = new Upstream(memory, answer, pressure)
  const client = memory.dial()
  if (pressure !== undefined) client.isFull = () => pressure.chance(0.3)
  for (const piece of pieces) {
    if (piece !== '') client.deliver(piece)
    settle()
  }
  // Nothing more comes, and no reply that waits for its upstream's end waits for ever.
  client.finish()
  settle()
  upstream.close()
  client.breakOff()
  settle()
  upstream.close()
  return judged(client, upstream, [...log], bugs)
}

function judged(
  client: Wire,
  upstream: Upstream,
  log: readonly LoggedExchange[],
  bugs: readonly string[],
): Outcome {
  const isEnded = client.ending === 'finished'
  // Records of pipelined exchanges need not come in order.
  const logged = new Map(log.map((one) => [one.id, one]))
  const methodOf = (id: string) => logged.get(id)?.method
  const { replies, rest } = readReplies(client.sent, methodOf, isEnded)
  const broken = [...bugs]
  if (upstream.untold().length > 0) broken.push('a torn request was left on an open connection')
  if (logged.size !== log.length) broken.push('an exchange was recorded twice')
  for (const { id, status } of replies) {
    if (logged.get(id)!.status !== status)
      broken.push(`a reply has status ${status}, its record not`)
  }
  const recordedReplies = log.filter(({ status, fault }) => status > 0 && fault === undefined)
  if (!isInterim(rest)) broken.push('behind the last reply stand bytes that are none')
  if (replies.length < recordedReplies.length) broken.push('a recorded reply was not sent')
  return {
    requests: upstream.requests,
    torn: upstream.torn(),
    replies,
    ending: client.ending,
    log,
    broken,
  }
}

/** A client that is bidden to go on and leaves has had no reply. */
const isInterim = (text: string): boolean =>
  /^(?:HTTP\/1\.1 1\d\d [^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n)*$/.test(text)

/** Ids differ from run to run; nothing else may. */
export const withoutIds = (text: string): string => text.replaceAll(/[0-9a-f]{32}/g, '<id>')
