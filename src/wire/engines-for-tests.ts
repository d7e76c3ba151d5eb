// Both engines without sockets: bytes in, what they understood out. For tests that feed them
// thousands of messages, whole and cut.
import { defaultLimits, type Limits, manualClock } from '../base.ts'
import type { Piece, Stream } from '../http.ts'
import type { ByteSocket } from './bytes.ts'
import { ClientConnection } from './client-connection.ts'
import { ServerConnection } from './server-connection.ts'
import { compileReplyReading } from './roles.ts'
import { Sweeper } from './sweeper.ts'

const reading = compileReplyReading({ drop: [], add: [] })

/** A message as an engine understood it. */
export interface Heard {
  /** Method and target, or the status. */
  readonly line: string
  readonly headers: readonly string[]
  body: string
  trailers: readonly string[]
  whole: boolean
}

export interface Hearing {
  readonly heard: Heard[]
  /** Why the bytes were refused; undefined where they were not. */
  refused: string | undefined
  readonly bugs: unknown[]
  /** What was written to the peer. */
  written: string
  closed: boolean
  /** Whether nothing more will be heard, though the peer may go on. */
  finished: boolean
}

const newHearing = (): Hearing => ({
  heard: [],
  refused: undefined,
  bugs: [],
  written: '',
  closed: false,
  finished: false,
})

/** Takes everything at once and never fills. */
function silentSocket(hearing: Hearing): ByteSocket {
  const close = () => {
    hearing.closed = true
    hearing.finished = true
  }
  const write = (piece: Piece) => {
    hearing.written += typeof piece === 'string' ? piece : piece.toString('latin1')
    return true
  }
  const socket = {
    open: true,
    full: false,
    queuedBytes: 0,
    sentBytes: 0,
    write,
    writePiece: write,
    flush() {},
    pause() {},
    resume() {},
    finish() {
      hearing.finished = true
    },
    destroy: close,
    reset: close,
  }
  return socket as unknown as ByteSocket
}

/** Feeds parts as reads into one buffer that is overwritten each time, as the sockets do. */
function feed(
  parts: readonly Buffer[],
  hearing: Hearing,
  bytes: (buffer: Buffer, length: number) => void,
): void {
  const buffer = Buffer.alloc(64 * 1024)
  for (const part of parts) {
    if (hearing.closed) return
    buffer.fill(0x0a)
    part.copy(buffer)
    bytes(buffer, part.length)
  }
}

const textOf = (piece: Piece): string =>
  typeof piece === 'string' ? piece : piece.toString('latin1')

/** What the server side makes of the bytes of a client, each request being answered at its end. */
export function hearRequests(
  parts: readonly Buffer[],
  { end = false, limits = defaultLimits }: { end?: boolean; limits?: Limits } = {},
): Hearing {
  const hearing = newHearing()
  const clock = manualClock(1_000)
  const sweeper = new Sweeper(clock, (error) => hearing.bugs.push(error))
  const connection = new ServerConnection({
    clock,
    sweeper,
    limits,
    owner: {
      exchange: (stream) => takeRequest(stream, hearing),
      malformed(stream, refusal) {
        hearing.refused = refusal.reason ?? refusal.code
        answer(stream, '400 Bad Request')
      },
      bug: (error) => hearing.bugs.push(error),
      left() {},
    },
  })
  connection.open(silentSocket(hearing), { address: '127.0.0.1', port: 1, memo: undefined })
  feed(parts, hearing, (buffer, length) => connection.bytes(buffer, length))
  if (end && !hearing.closed) connection.ended()
  sweeper.stop()
  return hearing
}

function takeRequest(stream: Stream, hearing: Hearing): void {
  const { method, target, headers } = stream.head
  const one = { line: `${method} ${target}`, headers, body: '', trailers: [], whole: false }
  const heard: Heard = one
  hearing.heard.push(heard)
  const finish = (trailers: readonly string[]) => {
    heard.whole = true
    heard.trailers = trailers
    answer(stream, '200 OK')
  }
  stream.attach({
    requestPiece(piece) {
      heard.body += textOf(piece)
    },
    requestEnded: finish,
    requestBroken(refusal) {
      hearing.refused = refusal.reason ?? refusal.code
      answer(stream, '400 Bad Request')
    },
    clientWritable() {},
    clientGone() {},
  })
  const { bodyLength } = stream.head
  if (bodyLength === 'none' || bodyLength === 0) finish([])
  else stream.readBody()
}

function answer(stream: Stream, statusText: string): void {
  stream.sendHead(statusText, 'Content-Length: 0\r\n', 0)
  stream.sendEnd([])
}

/** What the client side makes of the bytes of an upstream that was asked once. */
export function hearReplies(
  parts: readonly Buffer[],
  method = 'GET',
  { end = false, limits = defaultLimits }: { end?: boolean; limits?: Limits } = {},
): Hearing {
  const hearing = newHearing()
  const sweeper = new Sweeper(manualClock(1_000), (error) => hearing.bugs.push(error))
  let opened: (() => void) | undefined
  const connection: ClientConnection = new ClientConnection(
    { host: '', port: 0 },
    {
      sweeper,
      limits,
      bug: (error) => hearing.bugs.push(error),
      keeper: { opened: ask, freed() {}, upgraded() {}, closed() {} },
    },
    (_address, _sink, whenOpened) => {
      opened = whenOpened
      return silentSocket(hearing)
    },
  )
  function ask(): void {
    const terms = {
      reading,
      fieldsWanted: true,
      firstByteTimeoutMs: 1_000,
      replyIdleTimeoutMs: 1_000,
      deadlineMs: 10_000,
    }
    connection.begin(listenTo(hearing), method, '', 'done', terms)
  }
  opened!()
  feed(parts, hearing, (buffer, length) => connection.bytes(buffer, length))
  if (end && !hearing.closed) connection.ended()
  sweeper.stop()
  return hearing
}

function listenTo(hearing: Hearing): Parameters<ClientConnection['begin']>[0] {
  let heard: Heard | undefined
  const begin = (status: number, headers: readonly string[], whole: boolean) => {
    heard = { line: `${status}`, headers: [...headers], body: '', trailers: [], whole }
    hearing.heard.push(heard)
  }
  return {
    replyInterim: ({ status, headers }) => begin(status, headers, true),
    replyHead: ({ status, headers }) => begin(status, headers, false),
    replyPiece(piece) {
      heard!.body += textOf(piece)
    },
    replyEnded(trailers) {
      heard!.whole = true
      heard!.trailers = trailers
    },
    callFailed(failure) {
      hearing.refused = failure.reason
    },
    upstreamWritable() {},
  }
}
