// The port of the gateway, taken once for all of its threads.
//
// Where Node can move bound sockets between threads, each worker listens on a socket of its own
// and the kernel deals connections out (SO_REUSEPORT). That alone would let a second gateway share
// the port unseen, so the port is first taken exclusively, and a socket that never listens keeps it
// for as long as we run. Elsewhere the main thread accepts and hands sockets over.
import { lookup } from 'node:dns/promises'
import net, { type BoundSocket, createServer, isIP, type Server, type Socket } from 'node:net'
import type { MessagePort } from 'node:worker_threads'
import { acceptSettings, backlogMax, dropParked, probeTransfer } from '../wire.ts'
import { listenProblem } from './listen-problem.ts'
import type { ListenShare } from './orders.ts'

/** What a worker gets to take connections from. */
export type Share = Exclude<ListenShare, { readonly parked: MessagePort }>

export interface Port {
  readonly port: number
  share(): Share
  /** Where the main thread accepts: hands the sockets on from now on. */
  deal(take: (socket: Socket) => void): void
  /** Lets go of a listening server that a worker has parked, and of who waits in its queue. */
  drop(parked: MessagePort): void
  /** Lets go of it, however often it is asked; what listens elsewhere goes on listening. */
  close(): void
}

/** A listening server that nobody has; on which port tells who may take it over. */
export interface Parked {
  readonly port: Port
  readonly parked: MessagePort
}

export interface ListenAddress {
  readonly host: string
  readonly port: number
}

/** A free port may be taken by another process between our two binds. */
const freePortTries = 5

/** A sentence where the port cannot be taken. `dealt`: the main thread accepts in any case. */
export async function takePort(
  at: ListenAddress,
  dealt = !probeTransfer().server,
): Promise<Port | { readonly problem: string }> {
  try {
    return dealt ? await openDealtPort(at) : await bindSharedPort(at)
  } catch (error) {
    return { problem: listenProblem('the gateway', at, error as NodeJS.ErrnoException) }
  }
}

async function bindSharedPort({ host, port }: ListenAddress): Promise<Port> {
  const address = isIP(host) === 0 ? (await lookup(host)).address : host
  for (let tries = 1; ; tries++) {
    try {
      return new SharedPort(address, takenExclusively(address, port))
    } catch (error) {
      if (port !== 0 || tries === freePortTries) throw error
    }
  }
}

/** Throws where anybody listens, those who would share it too. Gives the port's number. */
function takenExclusively(host: string, port: number): number {
  const probe = new net.BoundSocket({ host, port })
  const taken = (probe.address() as { port: number }).port
  probe.close()
  return taken
}

class SharedPort implements Port {
  readonly port: number
  readonly #host: string
  #kept: BoundSocket | undefined

  constructor(host: string, port: number) {
    this.#host = host
    this.port = port
    this.#kept = this.#bind()
  }

  #bind(): BoundSocket {
    return new net.BoundSocket({ host: this.#host, port: this.port, reusePort: true })
  }

  share(): Share {
    return { bound: this.#bind() }
  }

  deal(): void {}

  drop(parked: MessagePort): void {
    dropParked(parked)
  }

  close(): void {
    this.#kept?.close()
    this.#kept = undefined
  }
}

async function openDealtPort({ host, port }: ListenAddress): Promise<Port> {
  const dealt = new DealtPort()
  await dealt.open(host, port)
  return dealt
}

class DealtPort implements Port {
  // Nothing may be read before the worker has the socket; what is set of the socket goes with it.
  readonly #server: Server = createServer(acceptSettings, (socket) => this.#take(socket))
  // Until somebody takes connections they have nowhere to go.
  #take: (socket: Socket) => void = (socket) => socket.destroy()

  get port(): number {
    return (this.#server.address() as { port: number }).port
  }

  open(host: string, port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen({ host, port, backlog: backlogMax, exclusive: true }, () => {
        // A failed accept (descriptors used up) costs that connection, nothing else.
        this.#server.off('error', reject).on('error', () => {})
        resolve()
      })
    })
  }

  share(): Share {
    return 'given'
  }

  deal(take: (socket: Socket) => void): void {
    this.#take = take
  }

  drop(): void {}

  close(): void {
    this.#server.close()
  }
}
