// Connections without a network, for tests of pools: each opens, fails and ends when the test says so.
import { type Limits, limitsWith, manualClock, type Occupancy } from '../base.ts'
import {
  type ByteSink,
  type ByteSocket,
  type Call,
  compileReplyReading,
  type Connect,
  Sweeper,
} from '../wire.ts'
import type { Taker } from './pool.ts'

/** A connection on its way, in the hands of the test. */
export class Line {
  written = ''
  gone = false
  readonly open: () => void
  readonly #sink: ByteSink

  readonly preface: Uint8Array | undefined

  constructor(sink: ByteSink, opened: () => void, preface: Uint8Array | undefined) {
    this.#sink = sink
    this.preface = preface
    this.open = opened
  }

  /** As sockets do it: the end is told later. */
  fail(code?: string): void {
    this.gone = true
    this.#sink.closed(code === undefined ? undefined : Object.assign(new Error(code), { code }))
  }

  receive(text: string): void {
    this.#sink.bytes(Buffer.from(text, 'latin1'), text.length)
  }

  get socket(): ByteSocket {
    const destroy = () => {
      if (!this.gone) queueMicrotask(() => this.fail())
      this.gone = true
    }
    const write = (text: string) => {
      this.written += text
      return true
    }
    return {
      full: false,
      queuedBytes: 0,
      sentBytes: 0,
      write,
      writeSoon: write,
      flush() {},
      pause() {},
      resume() {},
      destroy,
      reset: destroy,
    } as unknown as ByteSocket
  }
}

export class Waiter implements Taker {
  readonly route: Taker['route']
  connection: Call | undefined
  refused: string | undefined

  constructor(port = 5) {
    this.route = { from: { address: '192.0.2.1', port }, to: { address: '192.0.2.2', port: 80 } }
  }

  connected(connection: Call): void {
    this.connection = connection
    connection.begin(deaf, 'GET', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', 'done', terms)
  }

  unconnected(why: string, reason: string): void {
    this.refused = `${why}: ${reason}`
  }
}

const terms = {
  reading: compileReplyReading({ drop: [], add: [] }),
  fieldsWanted: false,
  firstByteTimeoutMs: 100_000,
  replyIdleTimeoutMs: 100_000,
  deadlineMs: Number.MAX_SAFE_INTEGER,
}

const deaf: Parameters<Call['begin']>[0] = {
  replyInterim() {},
  replyHead() {},
  replyPiece() {},
  replyEnded() {},
  callFailed() {},
  upstreamWritable() {},
}

export const whole = 'HTTP/1.1 204 No Content\r\n\r\n'

export const soon = () => new Promise<void>((resolve) => queueMicrotask(resolve))

/** What a pool needs; `lines` are the connections that it opens. */
export function openLines(limits: Partial<Limits> = {}, occupancy?: Occupancy) {
  const clock = manualClock(1_000)
  const bugs: unknown[] = []
  const lines: Line[] = []
  const bug = (error: unknown) => bugs.push(error)
  const connect: Connect = (_address, sink, opened, preface) => {
    lines.push(new Line(sink, opened, preface))
    return lines.at(-1)!.socket
  }
  const sweeper = new Sweeper(clock, bug)
  const tools = { clock, sweeper, limits: limitsWith(limits), bug, connect, occupancy }
  return { bugs, clock, lines, tools }
}
