// The connections to one endpoint. Newest first: when load falls the oldest go unused and time
// out, so the pool shrinks by itself.
import type { Clock, Limits, Occupancy } from '../base.ts'
import {
  type Call,
  ClientConnection,
  type ClientRoute,
  type Connect,
  type ConnectionKeeper,
  type Sweeper,
  type Unopened,
} from '../wire.ts'
import type { Transport } from './transport.ts'
import { type LineOwner, WaitingLine } from './waiting-line.ts'

/** An exchange that asks for a connection; told once, within `take` or later. */
export interface Taker {
  /** Whose exchange it is, for endpoints that are told below HTTP. */
  readonly route: ClientRoute
  connected(connection: Call): void
  unconnected(why: Unconnected, reason: string): void
}

/**
 * Why there was no connection to be had; `exhausted`: this machine can open no more; `insecure`:
 * the endpoint did not prove who it is.
 */
export type Unconnected = 'unreachable' | 'insecure' | 'busy' | 'timeout' | 'exhausted'

/** What an endpoint's connections are to those who use them, however they are kept. */
export interface EndpointConnections {
  readonly idleConnections: number
  readonly activeConnections: number
  readonly waiting: number
  /** A connection that is ready now, without waiting. */
  takeIdle(): Call | undefined
  /** Gives a connection as soon as there is one; a `fresh` one has served nobody before. */
  take(taker: Taker, fresh?: boolean): void
  /** Takes back a connection that its taker has no use for; it has served nobody. */
  giveBack(connection: Call): void
  /** Forgets a taker that waits. */
  cancel(taker: Taker): void
  /**
   * No snapshot in force uses it: idle connections close now, busy ones when they are free. `over`
   * is called each time that nothing is left of it: an older snapshot may still take.
   */
  retire(over: () => void): void
  /** A snapshot uses it, under its own bounds: they count from the next connection on. */
  use(tools: PoolTools): void
  /** Ends every connection now. */
  destroy(): void
}

export interface PoolTools {
  readonly clock: Clock
  readonly sweeper: Sweeper
  readonly limits: Limits
  readonly bug: (error: unknown) => void
  /** What all threads hold, to be told of connections; undefined: nobody asks. */
  readonly occupancy?: Occupancy | undefined
  /** How connections are opened, where not as the plan says. */
  readonly connect?: Connect | undefined
}

export class Pool implements EndpointConnections, ConnectionKeeper, LineOwner {
  readonly transport: Transport
  tools: PoolTools
  readonly #idle: ClientConnection[] = []
  readonly #all = new Set<ClientConnection>()
  /** Of them; as many as clients have, and not what requests wait for. */
  readonly #tunnels = new Set<ClientConnection>()
  readonly line = new WaitingLine(this)
  #connecting = 0
  /** Told when nothing is left of a pool that retired; undefined while a snapshot uses it. */
  #retired: (() => void) | undefined

  constructor(transport: Transport, tools: PoolTools) {
    this.transport = transport
    this.tools = tools
  }

  get idleConnections(): number {
    return this.#idle.length
  }

  get activeConnections(): number {
    return this.#all.size - this.#idle.length - this.#connecting
  }

  get #shared(): number {
    return this.#all.size - this.#tunnels.size
  }

  get #isFull(): boolean {
    return this.#shared >= this.tools.limits.endpointConnectionsMax
  }

  get waiting(): number {
    return this.line.length
  }

  takeIdle(): ClientConnection | undefined {
    for (;;) {
      const connection = this.#idle.pop()
      if (connection === undefined || connection.usable) return connection
      connection.close()
    }
  }

  take(taker: Taker, fresh = false): void {
    const idle = fresh ? undefined : this.takeIdle()
    if (idle !== undefined) return taker.connected(idle)
    const { limits } = this.tools
    const full = this.#isFull
    if (full && this.line.length >= limits.endpointQueueMax) {
      return taker.unconnected('busy', 'the queue for connections is full')
    }
    // A full pool has no room for a fresh one until somebody leaves.
    if (full && fresh) this.#idle.shift()?.close()
    this.line.join(taker, fresh)
    this.#connectMore()
  }

  giveBack(connection: ClientConnection): void {
    // Later: a queue of takers who all have no use for it must not become a stack as deep.
    queueMicrotask(() => {
      if (connection.usable) this.freed(connection)
    })
  }

  cancel(taker: Taker): void {
    this.line.leave(taker)
  }

  retire(over: () => void): void {
    this.#retired = over
    for (const connection of this.#idle.splice(0)) connection.close()
    this.line.settle()
  }

  use(tools: PoolTools): void {
    this.tools = tools
    this.#retired = undefined
  }

  destroy(): void {
    for (const connection of this.#all) connection.close()
  }

  /** A connection on its way for each one that waits, as far as the bound goes. */
  #connectMore(): void {
    const { limits, sweeper, bug, connect, occupancy } = this.tools
    while (this.#connecting < this.line.length && !this.#isFull) {
      this.#connecting++
      const tools = { sweeper, limits, keeper: this, bug }
      const { transport } = this
      const opens = connect ?? transport.connect
      this.#all.add(new ClientConnection(transport.address, tools, opens))
      occupancy?.note('endpointConnections', 1)
    }
  }

  opened(connection: ClientConnection): void {
    this.#connecting--
    const next = this.line.next()
    if (next !== undefined) next.connected(connection)
    else this.#keep(connection)
  }

  freed(connection: ClientConnection): void {
    const next = this.line.nextOfAny()
    if (next !== undefined) next.connected(connection)
    else this.#keep(connection)
  }

  upgraded(connection: ClientConnection): void {
    this.#tunnels.add(connection)
    this.#connectMore()
  }

  #keep(connection: ClientConnection): void {
    // Who still waits wants a fresh one: where the pool is full this one makes room.
    if (this.#retired !== undefined || this.line.length > this.#connecting) connection.close()
    else this.#idle.push(connection)
  }

  closed(connection: ClientConnection, unopened: Unopened | undefined): void {
    this.#all.delete(connection)
    this.#tunnels.delete(connection)
    this.tools.occupancy?.note('endpointConnections', -1)
    const at = this.#idle.lastIndexOf(connection)
    if (at >= 0) this.#idle.splice(at, 1)
    if (unopened !== undefined) {
      this.#connecting--
      // Who waits has a deadline of its own: whose connection timed out is not the next one's loss.
      if (unopened.why !== 'late') {
        const reason = `the connection ${unopened.reason}`
        this.line.next()?.unconnected(failureOf(unopened), reason)
      }
    }
    this.#connectMore()
    this.line.settle()
  }

  settled(): void {
    if (this.#all.size === 0) this.#retired?.()
  }

  late(): readonly [why: Unconnected, reason: string] {
    return this.#isFull && this.activeConnections > 0
      ? ['busy', 'no connection became free in time']
      : ['timeout', 'no connection opened in time']
  }
}

/** What a connection that failed at once says of its endpoint. */
export function failureOf({ why }: Unopened): Unconnected {
  return why === 'exhausted' || why === 'insecure' ? why : 'unreachable'
}
