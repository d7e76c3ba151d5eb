// Connections to an endpoint that is told, before anything else on each, who the client is. What is
// told holds for the whole connection, so each serves one exchange and is closed: nothing of one
// client can be taken for another's. The price is a connection, and with TLS a handshake, for each
// request.
import { ClientConnection, type ConnectionKeeper, type Unopened } from '../wire.ts'
import { type EndpointConnections, failureOf, type PoolTools, type Taker } from './pool.ts'
import type { Transport } from './transport.ts'

interface Waiting {
  readonly taker: Taker
  readonly untilMs: number
}

export class SingleUse implements EndpointConnections, ConnectionKeeper {
  sweepIndex = -1
  readonly restUntilMs = 0
  readonly transport: Transport
  #tools: PoolTools
  /** Each with whom it is opened for; undefined once it serves, or where nobody awaits it. */
  readonly #all = new Map<ClientConnection, Taker | undefined>()
  readonly #connecting = new Set<ClientConnection>()
  /** As many as clients have, and not what requests wait for. */
  readonly #tunnels = new Set<ClientConnection>()
  #waiting: Waiting[] = []
  #retired: (() => void) | undefined

  constructor(transport: Transport, tools: PoolTools) {
    this.transport = transport
    this.#tools = tools
  }

  readonly idleConnections = 0

  get activeConnections(): number {
    return this.#all.size - this.#connecting.size
  }

  get waiting(): number {
    return this.#waiting.length + this.#awaited()
  }

  #awaited(): number {
    let count = 0
    for (const connection of this.#connecting) {
      if (this.#all.get(connection) !== undefined) count++
    }
    return count
  }

  takeIdle(): undefined {
    return undefined
  }

  take(taker: Taker): void {
    const { clock, limits, sweeper } = this.#tools
    const shared = this.#all.size - this.#tunnels.size
    if (shared < limits.endpointConnectionsMax) return this.#open(taker)
    if (this.#waiting.length >= limits.endpointQueueMax) {
      return taker.unconnected('busy', 'the queue for connections is full')
    }
    if (this.sweepIndex < 0) sweeper.add(this)
    this.#waiting.push({ taker, untilMs: clock.nowMs() + limits.connectTimeoutMs })
  }

  #open(taker: Taker): void {
    const { bug, limits, occupancy, sweeper } = this.#tools
    const { address, prefaceFor } = this.transport
    const connect = this.#tools.connect ?? this.transport.connect
    const preface = prefaceFor!(taker.route)
    const tools = { sweeper, limits, keeper: this, bug }
    const connection = new ClientConnection(address, tools, (at, sink, opened) =>
      connect(at, sink, opened, preface),
    )
    this.#all.set(connection, taker)
    this.#connecting.add(connection)
    occupancy?.note('endpointConnections', 1)
  }

  /** It has told of a client: nobody else can have it. */
  giveBack(connection: ClientConnection): void {
    connection.close()
  }

  cancel(taker: Taker): void {
    this.#waiting = this.#waiting.filter((one) => one.taker !== taker)
    for (const connection of this.#connecting) {
      if (this.#all.get(connection) !== taker) continue
      // Who left is not told how it ended.
      this.#all.set(connection, undefined)
      connection.close()
    }
    this.#settle()
  }

  retire(over: () => void): void {
    this.#retired = over
    this.#settle()
  }

  use(tools: PoolTools): void {
    this.#tools = tools
    this.#retired = undefined
  }

  destroy(): void {
    for (const connection of this.#all.keys()) connection.close()
  }

  opened(connection: ClientConnection): void {
    this.#connecting.delete(connection)
    const taker = this.#all.get(connection)
    this.#all.set(connection, undefined)
    if (taker === undefined) connection.close()
    else taker.connected(connection)
  }

  freed(connection: ClientConnection): void {
    connection.close()
  }

  closed(connection: ClientConnection, unopened: Unopened | undefined): void {
    const taker = this.#all.get(connection)
    this.#all.delete(connection)
    this.#connecting.delete(connection)
    this.#tools.occupancy?.note('endpointConnections', -1)
    if (!this.#tunnels.delete(connection)) this.#openNext()
    this.#settle()
    if (taker === undefined || unopened === undefined) return
    if (unopened.why === 'late') taker.unconnected('timeout', 'no connection opened in time')
    else taker.unconnected(failureOf(unopened), `the connection ${unopened.reason}`)
  }

  upgraded(connection: ClientConnection): void {
    this.#tunnels.add(connection)
    this.#openNext()
  }

  #openNext(): void {
    const next = this.#waiting.shift()
    if (next !== undefined) this.#open(next.taker)
  }

  #settle(): void {
    if (this.#waiting.length > 0) return
    this.#tools.sweeper.remove(this)
    if (this.#all.size === 0) this.#retired?.()
  }

  threw(error: unknown): void {
    this.#tools.bug(error)
    if (this.#waiting.length > 0) this.#tools.sweeper.add(this)
  }

  sweep(nowMs: number): void {
    while (this.#waiting.length > 0 && this.#waiting[0]!.untilMs <= nowMs) {
      this.#waiting.shift()!.taker.unconnected('busy', 'no connection became free in time')
    }
    this.#settle()
  }
}
