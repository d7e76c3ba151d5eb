// A request that is tried and not sent: the data plane runs it as any other, its connections lead
// nowhere, and what it would have sent is caught. What policies remember is as at a start.
import type { Duplex } from 'node:stream'
import { systemClock, within } from '../base.ts'
import type { Piece, Stream, StreamEvents, StreamPeer } from '../http.ts'
import { openSnapshot, snapshotNeeds } from '../snapshot.ts'
import type { KeptExchange } from '../telemetry.ts'
import { connectInMemory, type Http1RequestHead, readRequestHead, unreadable } from '../wire.ts'
import { SharedStates } from './shared-states.ts'
import { startEngine } from './start-engine.ts'

export interface RehearsedRequest {
  /** In latin1: the request line and the fields, each with its CRLF. */
  readonly head: string
  readonly body: Buffer
  /** Who connects: an IP address. */
  readonly peer: string
}

export interface Rehearsed {
  /** What is kept of it; undefined where it was answered without a refusal (`OPTIONS`). */
  readonly kept: KeptExchange | undefined
  /** What the upstream would get up to the body, in latin1; undefined: it would get nothing. */
  readonly sent: string | undefined
  /** Status of the reply, where the gateway itself replies. */
  readonly status: number | undefined
}

/** Policies of others may wait; nobody does forever. */
const waitMsMax = 10_000

export async function rehearse(
  bundle: Uint8Array,
  request: RehearsedRequest,
): Promise<Rehearsed | { readonly problem: string }> {
  const sent = new Sent()
  // What throws is told as the reason of its refusal.
  const told = { announce: () => {}, warn: () => {}, bug: () => {} }
  const states = new SharedStates().for(snapshotNeeds(bundle))
  const options = { bundle, states, log: { access: 'off', redact: [] } }
  const parts = { connect: connectInMemory(sent.accept), rehearses: true }
  const engine = await startEngine(options, told, parts)
  if ('problem' in engine) return engine
  try {
    const head = readRequestHead(request.head, openSnapshot(bundle).limits)
    const isBroken = 'code' in head
    const stream = new RehearsedStream(isBroken ? unreadable : head, request, sent)
    engine.serve(stream, isBroken ? head : undefined)
    const over = await within(systemClock, waitMsMax, stream.over)
    stream.leave()
    if (over === undefined) return { problem: `nothing was decided within ${waitMsMax} ms` }
    const { status, id } = stream
    return { kept: engine.recall(id ?? sent.id ?? ''), sent: sent.head, status }
  } finally {
    await engine.close(0)
  }
}

/** What came at the endpoint that is none. */
class Sent {
  readonly #pieces: Buffer[] = []
  #changed = () => {}

  readonly accept = (socket: Duplex): void => {
    socket.on('data', (piece: Buffer) => {
      this.#pieces.push(piece)
      this.#changed()
    })
  }

  onChange(changed: () => void): void {
    this.#changed = changed
  }

  /** Up to the empty line, what is said below HTTP left out. */
  get head(): string | undefined {
    const text = Buffer.concat(this.#pieces).toString('latin1')
    const end = text.indexOf('\r\n\r\n')
    return end < 0 ? undefined : text.slice(0, end + 2)
  }

  get id(): string | undefined {
    return idIn(this.head ?? '')
  }
}

const idIn = (lines: string): string | undefined =>
  /^X-Request-Id: (?<id>[^\r]*)\r\n/m.exec(lines)?.groups!['id']

const pieceBytes = 64 * 1024

/** A stream without a connection: its body is at hand, its reply is looked at and dropped. */
class RehearsedStream implements Stream {
  readonly head: Http1RequestHead
  readonly peer: StreamPeer
  status: number | undefined
  /** Of the reply. */
  id: string | undefined
  readonly #body: Buffer
  readonly #sent: Sent
  readonly #over = Promise.withResolvers<true>()
  #events: StreamEvents | undefined
  #reading = false
  #deliveredBytes = 0
  #delivered: boolean

  constructor(head: Http1RequestHead, { body, peer }: RehearsedRequest, sent: Sent) {
    this.head = head
    this.peer = { address: peer, port: 0, memo: undefined }
    this.#body = body
    this.#sent = sent
    this.#delivered = head.bodyLength === 'none' || head.bodyLength === 0
    sent.onChange(() => this.#look())
  }

  get forwardable(): string {
    return this.head.forwardable
  }

  get takesTrailers(): boolean {
    return this.head.takesTrailers
  }

  /** Done when it was answered, or all of it sent. */
  get over(): Promise<true> {
    return this.#over.promise
  }

  attach(events: StreamEvents): void {
    this.#events = events
  }

  readBody(): void {
    if (this.#reading || this.#delivered) return
    this.#reading = true
    setImmediate(() => this.#deliver())
  }

  pauseBody(): void {
    this.#reading = false
  }

  #deliver(): void {
    while (this.#reading && this.#deliveredBytes < this.#body.length) {
      const end = this.#deliveredBytes + pieceBytes
      const piece = this.#body.subarray(this.#deliveredBytes, end)
      this.#deliveredBytes = end
      this.#events?.requestPiece(piece)
    }
    if (!this.#reading || this.#delivered) return
    this.#delivered = true
    this.#events?.requestEnded([])
    this.#look()
  }

  #look(): void {
    if (this.#delivered && this.#sent.head !== undefined) this.#over.resolve(true)
  }

  /** Ends the exchange, which then leaves what is known of it. */
  leave(): void {
    this.#events?.clientGone('CLIENT_CLOSED', 'a rehearsal is over')
  }

  sendInterim(): void {}

  sendHead(statusText: string, lines: string): void {
    this.status = Number(statusText.slice(0, 3))
    this.id = idIn(lines)
  }

  sendPiece(_piece: Piece): boolean {
    return true
  }

  sendEnd(): void {
    this.#reading = false
    this.#over.resolve(true)
  }

  cut(): void {
    this.#reading = false
    this.#over.resolve(true)
  }
}
