// The listener: takes connections up to the bounds and hands each to its own state machine.
import type { Socket } from 'node:net'
import type { MessagePort } from 'node:worker_threads'
import type { Clock, Limits } from '../base.ts'
import { Acceptor, type ListenAt } from './acceptor.ts'
import { adoptSocket } from './bytes.ts'
import { type ConnectionOwner, ServerConnection } from './server-connection.ts'
import type { Sweeper } from './sweeper.ts'

export interface ServerOptions {
  readonly at: ListenAt
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
  /** 0 where connections are given. */
  readonly port: number
  readonly connections: number
  readonly refusedConnections: number
  /** Takes a connection that another thread accepted, and from which nothing was read yet. */
  adopt(socket: Socket): void
  /**
   * Stops accepting and gives the listening server up, parked, for another thread: nobody who waits
   * in its queue is lost. Connections go on. Undefined where there is none that could move.
   */
  release(): MessagePort | undefined
  /** From now on each reply is the last of its connection; accepting goes on. */
  drain(): void
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
  readonly #acceptor: Acceptor
  readonly #owner: ConnectionOwner
  readonly #connections = new Set<ServerConnection>()
  readonly #perAddress = new Map<string, number>()
  #refused = 0
  #draining = false
  readonly #whenEmpty: (() => void)[] = []

  constructor(options: ServerOptions) {
    this.#options = options
    // A failed accept (descriptors used up) costs that connection, nothing else.
    this.#acceptor = new Acceptor((socket) => this.adopt(socket), options.bug)
    this.#owner = {
      exchange: options.exchange,
      malformed: options.malformed,
      bug: options.bug,
      left: (connection) => this.#left(connection),
    }
  }

  get port(): number {
    return this.#acceptor.port
  }

  get connections(): number {
    return this.#connections.size
  }

  get refusedConnections(): number {
    return this.#refused
  }

  open(): Promise<void> {
    return this.#acceptor.open(this.#options.at)
  }

  release(): MessagePort | undefined {
    return this.#acceptor.release()
  }

  drain(): void {
    this.#draining = true
    for (const connection of this.#connections) connection.drain()
  }

  adopt(socket: Socket): void {
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
    if (this.#draining) connection.drain()
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
    this.#acceptor.close()
    for (const connection of this.#connections) connection.closeSoon()
    if (this.#connections.size > 0) {
      await new Promise<void>((resolve) => {
        this.#whenEmpty.push(resolve)
      })
    }
  }

  destroy(): void {
    this.#acceptor.close()
    for (const connection of this.#connections) connection.stop()
  }
}
