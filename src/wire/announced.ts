// A connection that begins with a PROXY header: read before all else, within its bounds, and then
// handed on, with whatever came behind it in the same packet. What is no such header is closed
// without a word: nobody can tell who would read it.
import type { ByteSink, ByteSocket } from './bytes.ts'
import { Gathered } from './gathered.ts'
import { type ClientRoute, type End, readProxyHeader } from './proxy-header.ts'
import type { Sweepable, Sweeper } from './sweeper.ts'
import type { Server } from './tls-server.ts'

export interface AnnouncementOwner {
  /**
   * For whom the connection is; undefined: for the hop itself. Gives who serves it from now on, or
   * who only tells it that there is no room.
   */
  announced(self: Announcement, route: ClientRoute | undefined): Server
  /** It brought no header that can be believed. */
  unannounced(reason: string): void
  /** It ended before it was handed on. */
  left(self: Announcement): void
  bug(error: unknown): void
}

export interface AnnouncementTools {
  readonly sweeper: Sweeper
  readonly owner: AnnouncementOwner
  readonly bytesMax: number
  readonly timeoutMs: number
}

export class Announcement implements ByteSink, Sweepable {
  sweepIndex = -1
  readonly restUntilMs = 0
  readonly #tools: AnnouncementTools
  readonly #sinceMs: number
  #socket!: ByteSocket
  #hop!: End
  #pending: Gathered | undefined
  /** Who serves it once the header has come. */
  #next: Server | undefined
  #draining = false
  #over = false

  constructor(tools: AnnouncementTools) {
    this.#tools = tools
    this.#sinceMs = tools.sweeper.nowMs
    tools.sweeper.add(this)
  }

  /** Must follow the constructor at once. */
  open(socket: ByteSocket, hop: End): void {
    this.#socket = socket
    this.#hop = hop
  }

  get hop(): End {
    return this.#hop
  }

  get socket(): ByteSocket {
    return this.#socket
  }

  drain(): void {
    this.#draining = true
    this.#next?.drain?.()
  }

  closeSoon(): void {
    if (this.#next === undefined) this.#socket.destroy()
    else this.#next.closeSoon?.()
  }

  stop(): void {
    if (this.#next === undefined) this.#socket.destroy()
    else this.#next.stop?.()
  }

  bytes(buffer: Buffer, length: number): void {
    if (this.#next !== undefined) return this.#next.bytes(buffer, length)
    if (this.#over) return
    const pending = this.#pending
    if (pending === undefined) return this.#read(buffer, length)
    pending.add(buffer, length)
    this.#read(pending.bytes, pending.length)
  }

  #read(view: Buffer, length: number): void {
    const reading = readProxyHeader(view, length, this.#tools.bytesMax)
    switch (reading.at) {
      case 'partial':
        this.#pending ??= new Gathered(view, 0, length)
        return
      case 'refused':
        return this.#refuse(reading.reason)
      case 'whole':
        return this.#handOn(reading.route, view.subarray(reading.bytes, length))
    }
  }

  #handOn(route: ClientRoute | undefined, rest: Buffer): void {
    this.#pending = undefined
    this.#tools.sweeper.remove(this)
    this.#next = this.#tools.owner.announced(this, route)
    if (this.#draining) this.#next.drain?.()
    if (rest.length > 0) this.#next.bytes(rest, rest.length)
  }

  #refuse(reason: string): void {
    this.#over = true
    this.#tools.sweeper.remove(this)
    this.#tools.owner.unannounced(reason)
    this.#socket.destroy()
  }

  ended(): void {
    if (this.#next !== undefined) return this.#next.ended()
    // Who comes and goes without a word only looked whether the port is open.
    if (this.#pending !== undefined) this.#refuse('it ended within its PROXY header')
    else this.#socket.destroy()
  }

  drained(): void {
    this.#next?.drained()
  }

  closed(error: NodeJS.ErrnoException | undefined): void {
    if (this.#next !== undefined) return this.#next.closed(error)
    this.#tools.sweeper.remove(this)
    this.#tools.owner.left(this)
  }

  threw(error: unknown): void {
    if (this.#next !== undefined) return this.#next.threw(error)
    this.#tools.owner.bug(error)
    this.#socket.reset()
  }

  sweep(nowMs: number): void {
    if (nowMs - this.#sinceMs > this.#tools.timeoutMs) {
      this.#refuse('its PROXY header did not come in time')
    }
  }
}
