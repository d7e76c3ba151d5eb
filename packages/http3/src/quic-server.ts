// One native server: a certificate, a thread of Rust, a port on the loopback interface. Its events
// go to the connections that they are about.
import type { QuicSetup } from 'concordat'
import { Connection } from './connection.ts'
import type { Flow } from './flow.ts'
import { withKeyFile } from './key-file.ts'
import { eventTypes, native, type NativeEvent, type NativeServer } from './native.ts'

export interface Identity {
  readonly cert: string
  readonly key: string
}

/** What a client may send before any of it is taken, on all its streams together. */
const windowBytes = 1024 * 1024
/** So long a thread may take to end before it is left to itself. */
const endTimeoutMs = 1_000

export async function startQuicServer(
  setup: QuicSetup,
  identity: Identity,
  ticketKeys: Uint8Array,
): Promise<QuicServer> {
  const server = new QuicServer(setup, identity)
  await withKeyFile(() => server.listen(ticketKeys))
  return server
}

export class QuicServer {
  readonly identity: Identity
  port = 0
  readonly #setup: QuicSetup
  readonly #flows = new Map<number, Flow>()
  readonly #connections = new Map<number, { readonly made: Connection; readonly flow: Flow }>()
  #native: NativeServer | undefined
  #ended = Promise.withResolvers<void>()

  constructor(setup: QuicSetup, identity: Identity) {
    this.#setup = setup
    this.identity = identity
  }

  listen(ticketKeys: Uint8Array): void {
    const { NativeQuicServer } = native()
    const { limits, protocol } = this.#setup
    const { idleTimeoutMs, http2StreamsMax, connectionsMax } = limits()
    const made = new NativeQuicServer(
      {
        key: Buffer.from(this.identity.key),
        cert: Buffer.from(this.identity.cert),
        alpn: [protocol],
        // `fast` is io_uring, which containers forbid more often than not.
        runtimeMode: 'portable',
        maxIdleTimeoutMs: idleTimeoutMs,
        initialMaxData: windowBytes,
        initialMaxStreamsBidi: http2StreamsMax,
        maxConnections: connectionsMax,
        disableActiveMigration: true,
        sessionTicketKeys: Buffer.from(ticketKeys),
      },
      (_, events) => this.#take(made, events),
    )
    this.#native = made
    this.port = made.listen(0, '127.0.0.1').port
  }

  /** A flow whose packets come from that port. */
  expect(port: number, flow: Flow): void {
    this.#flows.set(port, flow)
  }

  forget(port: number): void {
    this.#flows.delete(port)
  }

  get isUnused(): boolean {
    return this.#flows.size === 0
  }

  #take(from: NativeServer, events: readonly NativeEvent[]): void {
    try {
      for (const event of events) this.#dispatch(event)
    } finally {
      // Also of one that ends: what is not acknowledged keeps all servers of the process waiting.
      from.ackEventBatch(events.length)
    }
  }

  #dispatch(event: NativeEvent): void {
    const { eventType, connHandle } = event
    if (eventType === eventTypes.newSession) return this.#open(event)
    if (eventType === eventTypes.shutdownComplete) return this.#ended.resolve()
    if (eventType === eventTypes.writeReady) return this.resume()
    const connection = this.#connections.get(connHandle)
    if (connection === undefined) return
    const { made, flow } = connection
    if (eventType === eventTypes.drain) return made.resume()
    try {
      if (eventType === eventTypes.sessionClose) {
        this.#connections.delete(connHandle)
        made.closed(reasonOf(event))
        flow.left()
      } else {
        tell(made, event)
      }
    } catch (error) {
      made.sink.threw(error)
    }
  }

  #open({ connHandle, meta }: NativeEvent): void {
    const flow = this.#flows.get(meta?.remotePort ?? 0)
    // Whoever on this machine talks to the port behind our back is nobody's client.
    if (flow === undefined) return void this.#native?.closeSession(connHandle, 0, '')
    const { address, port } = flow.client
    const peer = { address, port, isSecure: true, memo: undefined }
    const made = new Connection(this.#native!, connHandle, flow, peer, this.#setup.clock)
    made.sink = this.#setup.accept(made)
    this.#connections.set(connHandle, { made, flow })
    flow.opened(made)
  }

  /** What waits goes on, whatever the native part has told of it. */
  resume(): void {
    for (const { made } of this.#connections.values()) made.resume()
  }

  /** Ends its thread; its connections must be gone. */
  async end(): Promise<void> {
    const ending = this.#native
    if (ending === undefined) return
    this.#native = undefined
    ending.requestShutdown()
    const cancel = this.#setup.clock.after(endTimeoutMs, () => this.#ended.resolve())
    await this.#ended.promise
    cancel()
    ending.joinWorker()
  }
}

const nothing = Buffer.alloc(0)

function tell({ sink }: Connection, event: NativeEvent): void {
  const { eventType, streamId, data, fin, meta } = event
  switch (eventType) {
    case eventTypes.handshakeComplete:
      return sink.opened()
    case eventTypes.newStream:
    case eventTypes.data:
      return sink.bytes(streamId, data ?? nothing, fin === true)
    case eventTypes.finished:
      return sink.bytes(streamId, nothing, true)
    case eventTypes.reset:
    case eventTypes.error:
      if (streamId < 0) return
      return sink.broken(streamId, `the client gave it up (${meta?.errorReason ?? 'no reason'})`)
    default:
  }
}

function reasonOf({ meta }: NativeEvent): string {
  const why = meta?.errorReason ?? ''
  return why === '' ? 'the client closed the connection' : `the connection ended: ${why}`
}
