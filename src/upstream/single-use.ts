// Connections to an endpoint that is told, before anything else on each, who the client is. What is
// told holds for the whole connection, so each serves one exchange and is closed: nothing of one
// client can be taken for another's. The price is a connection, and with TLS a handshake, for each
// request.
import { ClientConnection, type ConnectionKeeper, type Unopened } from '../wire.ts'
import {
  type EndpointConnections,
  failureOf,
  type PoolTools,
  type Taker,
  type Unconnected,
} from './pool.ts'
import type { Transport } from './transport.ts'
import { type LineOwner, WaitingLine } from './waiting-line.ts'

export class SingleUse implements EndpointConnections, ConnectionKeeper, LineOwner {
  readonly transport: Transport
  tools: PoolTools
  /** Each with whom it is opened for; undefined once it serves, or where nobody awaits it. */
  readonly #all = new Map<ClientConnection, Taker | undefined>()
  readonly #connecting = new Set<ClientConnection>()
  /** As many as clients have, and not what requests wait for. */
  readonly #tunnels = new Set<ClientConnection>()
  readonly line = new WaitingLine(this)
  #retired: (() => void) | undefined

  constructor(transport: Transport, tools: PoolTools) {
    this.transport = transport
    this.tools = tools
  }

  readonly idleConnections = 0

  get activeConnections(): number {
    return this.#all.size - this.#connecting.size
  }

  get waiting(): number {
    return this.line.length + this.#awaited()
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
    const { limits } = this.tools
    const shared = this.#all.size - this.#tunnels.size
    if (shared < limits.endpointConnectionsMax) return this.#open(taker)
    if (this.line.length >= limits.endpointQueueMax) {
      return taker.unconnected('busy', 'the queue for connections is full')
    }
    this.line.join(taker, true)
  }

  #open(taker: Taker): void {
    const { bug, limits, occupancy, sweeper } = this.tools
    const { address, prefaceFor } = this.transport
    const connect = this.tools.connect ?? this.transport.connect
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
    for (const connection of this.#connecting) {
      if (this.#all.get(connection) !== taker) continue
      // Who left is not told how it ended.
      this.#all.set(connection, undefined)
      connection.close()
    }
    this.line.leave(taker)
  }

  retire(over: () => void): void {
    this.#retired = over
    this.line.settle()
  }

  use(tools: PoolTools): void {
    this.tools = tools
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
    this.tools.occupancy?.note('endpointConnections', -1)
    if (!this.#tunnels.delete(connection)) this.#openNext()
    this.line.settle()
    if (taker === undefined || unopened === undefined) return
    if (unopened.why === 'late') taker.unconnected('timeout', 'no connection opened in time')
    else taker.unconnected(failureOf(unopened), `the connection ${unopened.reason}`)
  }

  upgraded(connection: ClientConnection): void {
    this.#tunnels.add(connection)
    this.#openNext()
  }

  #openNext(): void {
    const next = this.line.next()
    if (next !== undefined) this.#open(next)
  }

  settled(): void {
    if (this.#all.size === 0) this.#retired?.()
  }

  late(): readonly [why: Unconnected, reason: string] {
    return ['busy', 'no connection became free in time']
  }
}
