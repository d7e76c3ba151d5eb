// The listening socket of a thread: bound here, or given by another thread, and given up again
// without loss, for what waits in the kernel's queue moves with it.
//
// Node cannot stop a server from accepting and keep it listening. A server that is on its way to
// another thread does just that, so a pause sends it into a channel that nobody reads: whoever
// connects meanwhile waits in the kernel's queue.
import net, { type BoundSocket, type Server, type Socket } from 'node:net'
import {
  MessageChannel,
  type MessagePort,
  receiveMessageOnPort,
  type Transferable,
} from 'node:worker_threads'

/** Where connections come from. */
export type ListenAt =
  /** A port that is bound here. */
  | { readonly host: string; readonly port: number }
  /** A port that another thread bound. */
  | { readonly bound: BoundSocket }
  /** A listening server that another thread has parked: connections wait in its queue. */
  | { readonly parked: MessagePort }
  /** Nowhere: another thread accepts them. */
  | 'given'

/** As many as the kernel lets wait (`net.core.somaxconn`). */
export const backlogMax = 4_096

/** Nothing is read before the connection has taken the socket over. */
export const acceptSettings = { allowHalfOpen: true, pauseOnConnect: true, noDelay: true }

type State =
  | { readonly at: 'open'; readonly server: Server }
  | { readonly at: 'parked'; readonly parked: MessagePort }
  | { readonly at: 'none' }

const none: State = { at: 'none' }

export class Acceptor {
  readonly #taken: (socket: Socket) => void
  readonly #failed: (error: NodeJS.ErrnoException) => void
  #state: State = none
  #port = 0

  /** `failed` hears of connections that could not be accepted. */
  constructor(taken: (socket: Socket) => void, failed: (error: NodeJS.ErrnoException) => void) {
    this.#taken = taken
    this.#failed = failed
  }

  get port(): number {
    return this.#port
  }

  get isPaused(): boolean {
    return this.#state.at === 'parked'
  }

  /** Rejects with the system's error where it cannot listen. */
  async open(at: ListenAt): Promise<void> {
    if (at === 'given') return
    const server = 'parked' in at ? unparked(at.parked)! : net.createServer(acceptSettings)
    if (!('parked' in at)) await listening(server, at)
    this.#attach(server)
    this.#port = portOf(server)
  }

  /** Takes no more, and lets them wait; false where it cannot: this Node, or for now. */
  pause(): boolean {
    const state = this.#state
    if (state.at !== 'open') return state.at === 'parked'
    const parked = park(state.server)
    if (parked !== undefined) this.#state = { at: 'parked', parked }
    return parked !== undefined
  }

  resume(): void {
    if (this.#state.at !== 'parked') return
    this.#attach(unparked(this.#state.parked)!)
  }

  /**
   * Gives the server up for another thread, parked: nobody who waits in its queue is lost.
   * Undefined where there is none that could move.
   */
  release(): MessagePort | undefined {
    if (!this.pause() || this.#state.at !== 'parked') return undefined
    const { parked } = this.#state
    this.#state = none
    return parked
  }

  close(): void {
    this.resume()
    if (this.#state.at === 'open') this.#state.server.close()
    this.#state = none
  }

  #attach(server: Server): void {
    Object.assign(server, acceptSettings)
    server.on('connection', this.#taken)
    server.on('error', this.#failed)
    widenBacklog(server)
    this.#state = { at: 'open', server }
  }
}

/** The inside of a server that we use where it is as we know it. */
interface Handle {
  /** Below 0 once the handle has gone to another thread. */
  readonly fd?: number
  listen?(backlog: number): number
}

interface WithHandle {
  _handle?: Handle | null
}

function park(server: Server): MessagePort | undefined {
  const { port1, port2 } = new MessageChannel()
  const inner = server as WithHandle
  const handle = inner._handle
  try {
    port1.postMessage(server, [server as unknown as Transferable])
  } catch {
    port1.close()
    return undefined
  }
  if ((handle?.fd ?? -1) < 0) return port2
  // With no descriptor left to move it by, Node drops the message and says nothing: the server
  // would listen for nobody. It is still ours.
  inner._handle = handle!
  port1.close()
  return undefined
}

function unparked(parked: MessagePort): Server | undefined {
  const server = receiveMessageOnPort(parked)?.message as Server | undefined
  parked.close()
  return server
}

/** Lets go of a parked server, and of who waits in its queue. */
export function dropParked(parked: MessagePort): void {
  unparked(parked)?.close()
}

function listening(server: Server, at: Exclude<ListenAt, 'given' | { parked: MessagePort }>) {
  return new Promise<void>((resolve, reject) => {
    const listens = () => {
      server.off('error', reject)
      resolve()
    }
    server.once('error', reject)
    if ('bound' in at) server.listen(at.bound, backlogMax, listens)
    else server.listen({ host: at.host, port: at.port, backlog: backlogMax }, listens)
  })
}

const portOf = (server: Server): number => {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** A server that came from another thread listens anew, with a queue of 511. */
function widenBacklog(server: Server): void {
  const inner = server as WithHandle
  inner._handle?.listen?.(backlogMax)
}

/** What this Node, on this system, can move between threads. */
interface TransferFacts {
  /** With others on its port. */
  readonly boundSocket: boolean
  /** Listening. */
  readonly server: boolean
  /** Connected, nothing read from it yet. */
  readonly socket: boolean
}

/** Tries it, on a port of the loopback that nobody asked for. */
export function probeTransfer(): TransferFacts {
  if (typeof net.BoundSocket !== 'function') return noTransfer
  const server = net.createServer()
  try {
    server.listen(moved(new net.BoundSocket({ host: '127.0.0.1', reusePort: true })))
    moved(server).close()
    return { boundSocket: true, server: true, socket: isSocketTransferable }
  } catch {
    const boundSocket = server.listening
    server.close()
    return { ...noTransfer, boundSocket }
  }
}

const noTransfer: TransferFacts = { boundSocket: false, server: false, socket: false }

/** A connection to try it with would take turns of the event loop. */
const isSocketTransferable = Object.getOwnPropertySymbols(net.Socket.prototype).some(
  ({ description }) => description === 'messaging_transfer_symbol',
)

function moved<T>(thing: T): T {
  const { port1, port2 } = new MessageChannel()
  try {
    port1.postMessage(thing, [thing as unknown as Transferable])
    return receiveMessageOnPort(port2)?.message as T
  } finally {
    port1.close()
  }
}
