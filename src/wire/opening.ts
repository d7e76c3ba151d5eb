// A connection on its way to an endpoint that HTTP/2 is spoken to: known beforehand, or agreed upon
// in the handshake. Once it stands, whoever speaks the protocol hears what comes.
//
//   connecting ──▶ greeting ──▶ open        (greeting: HTTP/2 awaits the endpoint's settings)
//        └─────────────┴──────▶ unopened
import type { ByteSink, ByteStream } from './bytes.ts'
import type { Carrier, CarrierTools } from './carrier.ts'
import { type Address, type Connect, connectSocket } from './connect.ts'
import { type Greeted, Http2ClientConnection } from './http2/client-connection.ts'
import { OneCall } from './one-call.ts'
import type { Sweepable } from './sweeper.ts'
import { failureText, type Unopened, whyUnopened } from './unopened.ts'

/** Whether HTTP/2 is spoken without asking, or where the handshake says so. */
export type Http2Choice = 'known' | 'negotiated'

export class Opening implements ByteSink, Sweepable, Greeted {
  sweepIndex = -1
  readonly restUntilMs: number
  readonly #tools: CarrierTools
  readonly #choice: Http2Choice
  readonly #socket: ByteStream
  #at: 'connecting' | 'greeting' | 'open' = 'connecting'
  #carrier: (Carrier & { readonly sink: ByteSink }) | undefined
  /** Why what answers there is of no use. */
  #refused: string | undefined
  #isLate = false

  constructor(
    address: Address,
    tools: CarrierTools,
    choice: Http2Choice,
    connect: Connect = connectSocket,
  ) {
    this.#tools = tools
    this.#choice = choice
    this.restUntilMs = tools.sweeper.nowMs + tools.limits.connectTimeoutMs
    tools.sweeper.add(this)
    this.#socket = connect(address, this, (protocol) => this.#connected(protocol))
  }

  close(): void {
    this.#socket.destroy()
  }

  #connected(protocol: string | undefined): void {
    const isNegotiated = this.#choice === 'negotiated'
    if (isNegotiated && protocol !== 'h2') {
      const carrier = new OneCall(this.#socket, this.#tools, this)
      this.#carrier = carrier
      return carrier.start()
    }
    this.#at = 'greeting'
    this.#carrier = new Http2ClientConnection(this.#socket, isNegotiated, this.#tools, this)
  }

  greeted(): void {
    this.#at = 'open'
    this.#tools.sweeper.remove(this)
    this.#tools.keeper.opened(this, this.#carrier!)
  }

  ungreeted(reason: string): void {
    this.#refused ??= reason
  }

  bytes(buffer: Buffer, length: number): void {
    if (this.#at === 'greeting' && buffer.toString('latin1', 0, Math.min(length, 5)) === 'HTTP/') {
      this.#refused = 'it speaks HTTP/1.1, and is asked in HTTP/2 (h2c:// or `http: 2`)'
    }
    this.#carrier?.sink.bytes(buffer, length)
  }

  ended(): void {
    if (this.#carrier === undefined) this.#socket.destroy()
    else this.#carrier.sink.ended()
  }

  drained(): void {
    this.#carrier?.sink.drained()
  }

  closed(error: NodeJS.ErrnoException | undefined): void {
    const { keeper, sweeper } = this.#tools
    this.#carrier?.sink.closed(error)
    if (this.#at === 'open') return
    sweeper.remove(this)
    keeper.unopened(this, this.#whyUnopened(error))
  }

  #whyUnopened(error: NodeJS.ErrnoException | undefined): Unopened {
    if (this.#refused !== undefined) {
      return { why: 'failed', reason: `brought no HTTP/2: ${this.#refused}` }
    }
    if (error === undefined && this.#at === 'greeting' && !this.#isLate) {
      return { why: 'failed', reason: 'closed before a word of HTTP/2' }
    }
    const reason = error === undefined ? 'did not open in time' : failureText(error)
    return { why: whyUnopened(error), reason }
  }

  threw(error: unknown): void {
    if (this.#at === 'open') return this.#carrier!.sink.threw(error)
    this.#tools.bug(error)
    this.#socket.reset()
  }

  sweep(): void {
    this.#isLate = true
    this.#socket.destroy()
  }
}
