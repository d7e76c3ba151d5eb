// The listener: takes connections up to the bounds and hands each to its own state machine.
import { createServer, type Server, type Socket } from 'node:net'
import type { Clock, Limits } from '../base.ts'
import { adoptSocket } from './bytes.ts'
import { type ConnectionOwner, ServerConnection } from './server-connection.ts'
import type { Sweeper } from './sweeper.ts'

export interface ServerOptions {
  readonly host: string
  readonly port: number
  readonly clock: Clock
  readonly sweeper: Sweeper
  /** Asked at each connection, so that a new snapshot's bounds count at once. */
  readonly limits: () => Limits
  /** Addresses whose connections are not counted: hops in front of us. */
  readonly isTrustedHop: (address: string) => boolean
  /** The whole reply to a connection beyond the bounds, as text. */
  readonly overloaded: () => string
  readonly exchange: ConnectionOwner['exchange']
  readonly malformed: ConnectionOwner['malformed']
  readonly bug: ConnectionOwner['bug']
}

export interface WireServer {
  readonly port: number
  readonly connections: number
  readonly refusedConnections: number
  /** Stops listening, lets exchanges end, and is done when the last connection is gone. */
  close(): Promise<void>
  /** Ends every connection now. */
  destroy(): void
}

/** Rejects with the system's error (`EADDRINUSE`, `EACCES`, …) where it cannot listen. */
export async function listen(options: ServerOptions): Promise<WireServer> {
  const listener = new Listener(options)
  await listener.open()
  return listener
}

class Listener implements WireServer {
  readonly #options: ServerOptions
  readonly #server: Server
  readonly #owner: ConnectionOwner
  readonly #connections = new Set<ServerConnection>()
  readonly #perAddress = new Map<string, number>()
  #refused = 0
  readonly #whenEmpty: (() => void)[] = []

  constructor(options: ServerOptions) {
    this.#options = options
    // Nothing is read before the connection has taken the socket over.
    const settings = { allowHalfOpen: true, pauseOnConnect: true, noDelay: true }
    this.#server = createServer(settings, (socket) => this.#accept(socket))
    this.#owner = {
      exchange: options.exchange,
      malformed: options.malformed,
      bug: options.bug,
      left: (connection) => this.#left(connection),
    }
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  get connections(): number {
    return this.#connections.size
  }

  get refusedConnections(): number {
    return this.#refused
  }

  open(): Promise<void> {
    const { host, port } = this.#options
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen({ host, port, backlog: 4_096 }, () => {
        this.#server.off('error', reject)
        // A failed accept (descriptors used up) costs that connection, nothing else.
        this.#server.on('error', this.#options.bug)
        resolve()
      })
    })
  }

  #accept(socket: Socket): void {
    const limits = this.#options.limits()
    // Asked now: once the peer has reset, nobody can tell whose requests are still to be read.
    const { remoteAddress: address, remotePort: port } = socket
    if (address === undefined || port === undefined) {
      socket.destroy()
      return
    }
    const count = (this.#perAddress.get(address) ?? 0) + 1
    const tooMany = count > limits.connectionsPerAddressMax && !this.#options.isTrustedHop(address)
    if (tooMany || this.#connections.size >= limits.connectionsMax) {
      this.#refused++
      socket.on('error', () => {})
      socket.end(this.#options.overloaded(), () => socket.destroy())
      return
    }
    const { clock, sweeper } = this.#options
    const connection = new ServerConnection({ clock, sweeper, limits, owner: this.#owner })
    this.#perAddress.set(address, count)
    this.#connections.add(connection)
    connection.open(adoptSocket(socket, connection), { address, port, memo: undefined })
  }

  #left(connection: ServerConnection): void {
    if (!this.#connections.delete(connection)) return
    const { address } = connection.peer
    const count = (this.#perAddress.get(address) ?? 1) - 1
    if (count === 0) this.#perAddress.delete(address)
    else this.#perAddress.set(address, count)
    if (this.#connections.size > 0) return
    for (const tell of this.#whenEmpty.splice(0)) tell()
  }

  async close(): Promise<void> {
    this.#server.close()
    for (const connection of this.#connections) connection.closeSoon()
    if (this.#connections.size > 0) {
      await new Promise<void>((resolve) => {
        this.#whenEmpty.push(resolve)
      })
    }
  }

  destroy(): void {
    this.#server.close()
    for (const connection of this.#connections) connection.stop()
  }
}
