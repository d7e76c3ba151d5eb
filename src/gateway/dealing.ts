// What the main thread has for workers: connections that it accepted, and listening servers that
// workers gave up. They are dealt in turn, and wait where no worker is there to take them.
import type { Socket } from 'node:net'
import type { MessagePort } from 'node:worker_threads'
import type { WorkerThread } from './worker-thread.ts'

const waitingSocketsMax = 1_024

export interface DealingSetup {
  /** The workers that take connections. */
  readonly serving: () => readonly WorkerThread[]
  /** Lets go of a listening server: whoever waits in its queue is lost. */
  readonly drop: (parked: MessagePort) => void
}

export class Dealing {
  readonly #setup: DealingSetup
  readonly #sockets: Socket[] = []
  readonly #parked: MessagePort[] = []
  #turn = 0
  #isOver = false

  constructor(setup: DealingSetup) {
    this.#setup = setup
  }

  deal(socket: Socket): void {
    if (this.#isOver) return void socket.destroy()
    const serving = this.#setup.serving()
    if (serving.length > 0) this.#inTurn(serving).give(socket)
    else if (this.#sockets.length < waitingSocketsMax) this.#sockets.push(socket)
    else socket.destroy()
  }

  /** Takes listening servers that nobody has. */
  keep(parked: readonly MessagePort[]): void {
    this.#parked.push(...parked)
    this.handOut()
  }

  /** Gives back the listening servers that wait. */
  parked(): MessagePort[] {
    return this.#parked.splice(0)
  }

  drop(parked: readonly MessagePort[]): void {
    for (const one of parked) this.#setup.drop(one)
  }

  /** To be called when a worker is there for what waits. */
  handOut(): void {
    if (this.#isOver) return this.drop(this.parked())
    const serving = this.#setup.serving()
    if (serving.length === 0) return
    for (const socket of this.#sockets.splice(0)) this.deal(socket)
    for (const parked of this.parked()) {
      // One that ends meanwhile has lost it with its own.
      this.#inTurn(serving)
        .listen({ parked })
        .catch(() => {})
    }
  }

  /** From now on everything is let go of. */
  end(): void {
    this.#isOver = true
    for (const socket of this.#sockets.splice(0)) socket.destroy()
    this.handOut()
  }

  #inTurn(workers: readonly WorkerThread[]): WorkerThread {
    return workers[this.#turn++ % workers.length]!
  }
}
