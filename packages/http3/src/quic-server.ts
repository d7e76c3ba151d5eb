// One native server: a certificate, a thread of Rust, a port on the loopback interface. Its events
// go to the connections that they are about.
import type { StreamListenerSetup } from 'concordat'
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
const streamsMax = 100
/** So long a thread may take to end before it is left to itself. */
const endTimeoutMs = 1_000

export async function startQuicServer(
  setup: StreamListenerSetup,
  identity: Identity,
  keys: { readonly threadId: Buffer; readonly ticketKeys: Uint8Array },
): Promise<QuicServer> {
  const server = new QuicServer(setup, identity)
  await withKeyFile(() => server.listen(keys.threadId, keys.ticketKeys))
  return server
}

export class QuicServer {
  readonly identity: Identity
  /** No new connection is given to it. */
  isLeaving = false
  port = 0
  readonly #setup: StreamListenerSetup
  readonly #flows = new Map<number, Flow>()
  readonly #connections = new Map<number, Connection>()
  #native: NativeServer | undefined
  #ended = Promise.withResolvers<void>()

  constructor(setup: StreamListenerSetup, identity: Identity) {
    this.#setup = setup
    this.identity = identity
  }

  listen(threadId: Buffer, ticketKeys: Uint8Array): void {
    const { NativeWorkerServer } = native()
    const { limits } = this.#setup
    this.#native = new NativeWorkerServer(
      {
        key: Buffer.from(this.identity.key),
        cert: Buffer.from(this.identity.cert),
        // `fast` is io_uring, which containers forbid more often than not.
        runtimeMode: 'portable',
        quicLb: true,
        serverId: threadId,
        maxIdleTimeoutMs: limits().idleTimeoutMs,
        initialMaxData: windowBytes,
        initialMaxStreamsBidi: streamsMax,
        maxConnections: limits().connectionsMax,
        disableActiveMigration: true,
        // Nothing that a client says stays in a table of ours.
        qpackMaxTableCapacity: 0,
        qpackBlockedStreams: 0,
        sessionTicketKeys: Buffer.from(ticketKeys),
      },
      (_, events) => this.#take(events),
    )
    this.port = this.#native.listen(0, '127.0.0.1').port
  }

  /** A flow whose packets come from that port. */
  expect(port: number, flow: Flow): void {
    this.#flows.set(port, flow)
  }

  forget(flow: Flow): void {
    for (const [port, one] of this.#flows) {
      if (one === flow) this.#flows.delete(port)
    }
  }

  get isUnused(): boolean {
    return this.#flows.size === 0
  }

  #take(events: readonly NativeEvent[]): void {
    try {
      for (const event of events) this.#takeOne(event)
    } finally {
      this.#native?.ackEventBatch(events.length)
    }
  }

  #takeOne(event: NativeEvent): void {
    try {
      this.#dispatch(event)
    } catch (error) {
      this.#setup.bug(error)
      this.#connections.get(event.connHandle)?.stop('a bug of the gateway')
    }
  }

  #dispatch(event: NativeEvent): void {
    const { eventType, connHandle } = event
    if (eventType === eventTypes.newSession) return this.#open(event)
    if (eventType === eventTypes.shutdownComplete) return this.#ended.resolve()
    if (eventType === eventTypes.writeReady) return this.#writable()
    const connection = this.#connections.get(connHandle)
    if (connection === undefined) return
    switch (eventType) {
      case eventTypes.handshakeComplete:
        return connection.handshaken()
      case eventTypes.headers:
        return connection.headers(event)
      case eventTypes.data:
        return connection.data(event)
      case eventTypes.finished:
        return connection.finished(event)
      case eventTypes.reset:
        return connection.reset(event)
      case eventTypes.error:
        return connection.failed(event)
      case eventTypes.drain:
        return connection.writable()
      case eventTypes.sessionClose: {
        this.#connections.delete(connHandle)
        const reason = event.meta?.errorReason ?? ''
        connection.closed(`the client closed the connection${reason && ` (${reason})`}`)
      }
    }
  }

  #open({ connHandle, meta }: NativeEvent): void {
    const flow = this.#flows.get(meta?.remotePort ?? 0)
    // Whoever on this machine talks to the port behind our back is nobody's client.
    if (flow === undefined) return void this.#native?.closeSession(connHandle, 0, '')
    const { address, port } = flow.client
    const peer = { address, port, isSecure: true, memo: undefined }
    const connection = new Connection(this.#setup, flow, this.#native!, connHandle, peer)
    this.#connections.set(connHandle, connection)
    flow.opened(connection)
  }

  #writable(): void {
    for (const connection of this.#connections.values()) connection.writable()
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
