// A network in memory, put in the place of `node:net` for the thread that calls `installMemoryNet`:
// the real engine runs on it unchanged, a hundred times faster than on loopback and in an order
// that depends on nothing but the case. Reads go through the buffer that the engine hands over,
// as the kernel's do, so what an earlier read left there lies behind the bytes of this one.
import { EventEmitter } from 'node:events'
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'

type Ending = 'open' | 'finished' | 'destroyed' | 'reset'

interface ReadInto {
  readonly buffer: Buffer
  readonly callback: (length: number) => boolean
}

interface SocketOptions {
  readonly handle?: Wire
  readonly onread?: ReadInto
}

/** What waits to happen to the gateway, in order: each is one turn of its event loop. */
const tasks: (() => void)[] = []
/** What waits to happen at the far ends. */
const farTasks: (() => void)[] = []

/** Runs until nothing is left to happen; `around` may look at what each turn costs. */
export function settle(around: (task: () => void) => void = (task) => task()): void {
  for (;;) {
    runAll(farTasks, (task) => task())
    if (tasks.length === 0) return
    runAll(tasks, around)
  }
}

function runAll(list: (() => void)[], around: (task: () => void) => void): void {
  for (let i = 0; i < list.length; i++) around(list[i]!)
  list.length = 0
}

/** One connection as the test holds its far end. */
export class Wire {
  /** What the gateway has written, as latin1. */
  sent = ''
  ending: Ending = 'open'
  /** Called after each write of the gateway. */
  heard: () => void = () => {}
  /** Whether a write of the gateway finds the queue full. */
  isFull: () => boolean = () => false
  socket: MemorySocket | undefined
  // What the engine knows of a socket's handle.
  bytesWritten = 0
  readonly writeQueueSize = 0

  /** As Node's handle: 0 where all was taken, else a request whose completion is told later. */
  writeLatin1String(_request: null, text: string): 0 | { oncomplete: (status: number) => void } {
    this.take(text)
    if (!this.isFull()) return 0
    const request = { oncomplete: (_status: number) => {} }
    tasks.push(() => request.oncomplete(0))
    return request
  }

  take(text: string): void {
    this.sent += text
    this.bytesWritten += text.length
    farTasks.push(() => this.heard())
  }

  /** Sends bytes, or latin1 text, to the gateway. */
  deliver(data: string | Buffer): void {
    const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : data
    tasks.push(() => this.socket?.take(bytes))
  }

  /** Sends the last byte (FIN). */
  finish(): void {
    tasks.push(() => this.socket?.takeEnd())
  }

  breakOff(): void {
    tasks.push(() => this.socket?.breakOff())
  }
}

class MemorySocket extends EventEmitter {
  _handle: Wire | null
  remoteAddress = '192.0.2.7'
  remotePort = 7_007
  readonly writableLength = 0
  readonly connecting = false
  writableNeedDrain = false
  readonly #into: ReadInto | undefined
  readonly #incoming: Buffer[] = []
  #paused = false
  #incomingEnded = false
  #endTold = false
  #finished = false
  #destroyed = false

  constructor({ handle, onread }: SocketOptions = {}) {
    super()
    this._handle = handle ?? null
    this.#into = onread
    if (handle !== undefined) handle.socket = this
  }

  // The near end: what the engine uses of a socket.

  get writable(): boolean {
    return !this.#finished && !this.#destroyed
  }

  get bytesWritten(): number {
    return this._handle?.bytesWritten ?? 0
  }

  write(data: string | Buffer, coding: 'latin1' = 'latin1'): boolean {
    if (this.#destroyed || this.#finished) return false
    const wire = this._handle!
    wire.take(typeof data === 'string' ? data : data.toString(coding))
    if (!this.writableNeedDrain && wire.isFull()) {
      this.writableNeedDrain = true
      tasks.push(() => this.#drain())
    }
    return !this.writableNeedDrain
  }

  #drain(): void {
    if (this.#destroyed) return
    this.writableNeedDrain = false
    this.emit('drain')
  }

  pause(): this {
    this.#paused = true
    return this
  }

  resume(): this {
    this.#paused = false
    tasks.push(() => this.#pump())
    return this
  }

  end(): this {
    if (this.#finished || this.#destroyed) return this
    this.#finished = true
    this.#endAs('finished')
    this.#closeWhenOver()
    return this
  }

  destroy(): this {
    this.#endAs('destroyed')
    this.#close(undefined)
    return this
  }

  resetAndDestroy(): this {
    this.#endAs('reset')
    this.#close(undefined)
    return this
  }

  #endAs(ending: Ending): void {
    const wire = this._handle
    if (wire !== null && wire.ending === 'open') wire.ending = ending
  }

  #close(error: Error | undefined): void {
    if (this.#destroyed) return
    this.#destroyed = true
    tasks.push(() => {
      if (error !== undefined) this.emit('error', error)
      this.emit('close')
    })
  }

  #closeWhenOver(): void {
    if (this.#finished && this.#endTold) this.#close(undefined)
  }

  // The far end: what the network does to it.

  take(bytes: Buffer): void {
    if (this.#destroyed) return
    this.#incoming.push(bytes)
    this.#pump()
  }

  takeEnd(): void {
    this.#incomingEnded = true
    this.#pump()
  }

  breakOff(): void {
    if (this._handle !== null) this.#endAs('destroyed')
    this.#close(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }))
  }

  get destroyed(): boolean {
    return this.#destroyed
  }

  isPaused(): boolean {
    return this.#paused
  }

  /** Goes on after the near end has had enough for a turn. */
  read(): void {
    this.#pump()
  }

  #pump(): void {
    const into = this.#into!
    while (!this.#paused && !this.#destroyed) {
      const bytes = this.#incoming[0]
      if (bytes === undefined) return this.#tellEnd()
      const length = bytes.copy(into.buffer)
      if (length === bytes.length) this.#incoming.shift()
      else this.#incoming[0] = bytes.subarray(length)
      if (into.callback.call(this, length) === false) return
    }
  }

  #tellEnd(): void {
    if (!this.#incomingEnded || this.#endTold) return
    this.#endTold = true
    this.emit('end')
    this.#closeWhenOver()
  }
}

export interface MemoryNet {
  /** A client's connection to the gateway. */
  dial(): Wire
  /** Called with each connection that the gateway opens. */
  accept: (wire: Wire) => void
}

export function installMemoryNet(): MemoryNet {
  const server = new MemoryServer()
  const memory: MemoryNet = {
    accept: () => {},
    dial() {
      const wire = new Wire()
      server.emit('connection', new MemorySocket({ handle: wire }))
      return wire
    },
  }
  Object.assign(net, {
    Socket: MemorySocket,
    connect(options: { readonly onread: ReadInto }) {
      const wire = new Wire()
      const socket = new MemorySocket({ handle: wire, onread: options.onread })
      tasks.push(() => {
        memory.accept(wire)
        socket.emit('connect')
      })
      return socket
    },
    createServer: () => server,
  })
  syncBuiltinESMExports()
  // The end of a turn comes behind whatever the turn has brought.
  globalThis.setImmediate = (<Given extends unknown[]>(
    run: (...given: Given) => void,
    ...given: Given
  ) => tasks.push(() => run(...given))) as unknown as typeof setImmediate
  return memory
}

class MemoryServer extends EventEmitter {
  address(): { port: number } {
    return { port: 1 }
  }

  listen(_options: object, listening: () => void): void {
    listening()
  }

  close(): void {}
}
