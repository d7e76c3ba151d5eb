// What the main thread has for workers: connections that it accepted, and listening servers that
// workers gave up. They are dealt in turn, and wait where no worker is there to take them.
import type { Socket } from 'node:net'
import type { Parked, Port } from './port.ts'
import type { WorkerThread } from './worker-thread.ts'

const waitingSocketsMax = 1_024

export interface DealingSetup {
  /** The workers that take connections. */
  readonly serving: () => readonly WorkerThread[]
}

/** A connection, and the port that it came by. */
interface Accepted {
  readonly socket: Socket
  readonly port: Port
}

export class Dealing {
  readonly #setup: DealingSetup
  readonly #sockets: Accepted[] = []
  readonly #parked: Parked[] = []
  #turn = 0
  #isOver = false

  constructor(setup: DealingSetup) {
    this.#setup = setup
  }

  deal(socket: Socket, port: Port): void {
    if (this.#isOver) return void socket.destroy()
    const serving = this.#servingOn(port)
    if (serving.length > 0) this.#inTurn(serving).give(socket, port)
    else if (this.#sockets.length < waitingSocketsMax) this.#sockets.push({ socket, port })
    else socket.destroy()
  }

  #servingOn(port: Port): readonly WorkerThread[] {
    return this.#setup.serving().filter(({ ports }) => ports.includes(port))
  }

  /** Takes listening servers that nobody has. */
  keep(parked: readonly Parked[]): void {
    this.#parked.push(...parked)
    this.handOut()
  }

  /** Gives back the listening servers that wait. */
  parked(): Parked[] {
    return this.#parked.splice(0)
  }

  /** Whoever waits in their queues is lost. */
  drop(parked: readonly Parked[]): void {
    for (const one of parked) one.port.drop(one.parked)
  }

  /** The port is no more. */
  forget(port: Port): void {
    const left = this.#sockets.splice(0)
    for (const one of left) {
      if (one.port === port) one.socket.destroy()
      else this.#sockets.push(one)
    }
  }

  /** To be called when a worker is there for what waits. */
  handOut(): void {
    if (this.#isOver) return this.drop(this.parked())
    if (this.#setup.serving().length === 0) return
    for (const { socket, port } of this.#sockets.splice(0)) this.deal(socket, port)
    for (const { port, parked } of this.parked()) {
      const serving = this.#servingOn(port)
      // One that ends meanwhile has lost it with its own.
      if (serving.length === 0) port.drop(parked)
      else
        this.#inTurn(serving)
          .listen(port, { parked })
          .catch(() => {})
    }
  }

  /** From now on everything is let go of. */
  end(): void {
    this.#isOver = true
    for (const { socket } of this.#sockets.splice(0)) socket.destroy()
    this.handOut()
  }

  #inTurn(workers: readonly WorkerThread[]): WorkerThread {
    return workers[this.#turn++ % workers.length]!
  }
}
