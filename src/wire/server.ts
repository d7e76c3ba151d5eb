// The listener: takes connections up to the bounds and hands each to its own state machine.
//
// Beyond a bound a connection is answered 503, and lingers until the client has read that. What is
// beyond the bounds of all, not of one address, and finds too many lingering, pauses accepting:
// who comes then waits in the kernel's queue until half of them have left, two seconds at most.
// With descriptors about to run out accepting pauses too: the kernel would drop whom it takes in.
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { MessagePort } from 'node:worker_threads'
import { type Clock, type Limits, type Occupancy, soleOccupancy } from '../base.ts'
import { Acceptor, type ListenAt } from './acceptor.ts'
import { Announcement, type AnnouncementOwner } from './announced.ts'
import { adoptSocket, type ByteSocket, type ByteStream } from './bytes.ts'
import { type Descriptors, refusalsMax, socketsMax, systemDescriptors } from './descriptors.ts'
import { HandshakeLine } from './handshake-line.ts'
import { openHttp2 } from './http2/server-connection.ts'
import type { ClientRoute, End } from './proxy-header.ts'
import { Refusals } from './refusals.ts'
import type { ConnectionOwner, Served } from './served.ts'
import { ServerConnection } from './server-connection.ts'
import type { Sweepable, Sweeper } from './sweeper.ts'
import type { TlsIdentities } from './tls-identities.ts'
import { Handshake, type HandshakeOwner, type Server, type Spoken } from './tls-server.ts'

export interface ServerOptions {
  readonly at: ListenAt
  readonly clock: Clock
  readonly sweeper: Sweeper
  /** Asked at each connection, so that a new snapshot's bounds count at once. */
  readonly limits: () => Limits
  /** Addresses whose connections are not counted: hops in front of us. */
  readonly isTrustedHop: (address: string) => boolean
  /** Whether a new connection begins with a PROXY header, and so must be a trusted hop's. */
  readonly isAnnounced?: () => boolean
  /** What a new connection proves its server by in a handshake; undefined: it comes in clear. */
  readonly identities?: () => TlsIdentities | undefined
  /** Where handshakes of the thread wait for their turn; without it those of this one alone. */
  readonly handshakes?: HandshakeLine
  /** Header lines that replies on secure connections have beside their own. */
  readonly replyLines?: () => string
  /** The whole reply to a connection beyond the bounds, as text. */
  readonly overloaded: () => string
  readonly exchange: ConnectionOwner['exchange']
  readonly malformed: ConnectionOwner['malformed']
  readonly bug: ConnectionOwner['bug']
  /** What all threads hold; without it this one is alone. */
  readonly occupancy?: Occupancy
  /** Those of the machine, where nothing else is given. */
  readonly descriptors?: Descriptors
  /** Hears, now and then, why connections are not accepted. */
  readonly warn?: (sentence: string) => void
}

export interface WireServer {
  /** 0 where connections are given. */
  readonly port: number
  readonly connections: number
  readonly refusedConnections: number
  /** Whether whoever comes has to wait. */
  readonly isPaused: boolean
  /** How often accepting was paused so far. */
  readonly pauses: number
  /** Takes a connection that another thread accepted, and from which nothing was read yet. */
  adopt(socket: Socket): void
  /**
   * Stops accepting and gives the listening server up, parked, for another thread: nobody who waits
   * in its queue is lost. Connections go on. Undefined where there is none that could move.
   */
  release(): MessagePort | undefined
  /** From now on each reply is the last of its connection; accepting goes on. */
  drain(): void
  /**
   * Stops listening, lets exchanges end, and is done when the last connection is gone. For so long
   * those at rest may ask once more, and are told with the reply; then they are closed.
   */
  close(noticeMs?: number): Promise<void>
  /** Ends every connection now. */
  destroy(): void
}

/** Rejects with the system's error (`EADDRINUSE`, `EACCES`, …) where it cannot listen. */
export async function listen(options: ServerOptions): Promise<WireServer> {
  const listener = new Listener(options)
  await listener.open()
  return listener
}

/** Descriptors that are left when accepting pauses: some are opened between two looks. */
const spareDescriptors = 16
/** How long it pauses for want of them, and how often that is said. */
const descriptorPauseMs = 1_000
const warnPeriodMs = 10_000

/** The fatal alert `internal_error`: before the handshake there are no words. */
const overloadedAlert = '\x15\x03\x03\x00\x02\x02\x50'

const clearText = 'This port speaks TLS: ask for https:// here.\n'
const clearReply = [
  'HTTP/1.1 400 Bad Request',
  'Content-Type: text/plain',
  `Content-Length: ${clearText.length}`,
  'Connection: close',
  '',
  clearText,
].join('\r\n')

/** Who came, by what is known before the first request. */
interface Arrival {
  readonly client: End
  readonly arrivedAt: () => End | undefined
}

class Listener implements WireServer, Sweepable {
  sweepIndex = -1
  readonly restUntilMs = 0
  readonly #options: ServerOptions
  readonly #acceptor: Acceptor
  readonly #owner: ConnectionOwner
  readonly #occupancy: Occupancy
  readonly #descriptors: Descriptors
  readonly #socketsMax: number
  readonly #refusals: Refusals
  /** Each with the address that it counts for; undefined for hops in front of us. */
  readonly #connections = new Map<Served, string | undefined>()
  readonly #announcements: AnnouncementOwner
  readonly #handshakes: HandshakeLine
  #refused = 0
  #pauses = 0
  #draining = false
  /** Descriptors are looked at no earlier; while paused for want of them, until then. */
  #lookMs = 0
  #short = false
  #warnedMs = -Infinity
  #warnedOfPeersMs = -Infinity
  readonly #whenEmpty: (() => void)[] = []

  constructor(options: ServerOptions) {
    this.#options = options
    this.#acceptor = new Acceptor(
      (socket) => this.adopt(socket),
      (error) => this.#acceptFailed(error),
    )
    this.#owner = {
      exchange: options.exchange,
      malformed: options.malformed,
      bug: options.bug,
      left: (connection) => this.#left(connection),
    }
    this.#announcements = {
      announced: (self, route) => this.#announced(self, route),
      unannounced: (reason) => this.#turnAway(reason),
      left: (self) => this.#left(self),
      bug: options.bug,
    }
    this.#handshakes = options.handshakes ?? new HandshakeLine(() => options.clock.nowMs())
    this.#occupancy = options.occupancy ?? soleOccupancy(Math.random)
    this.#descriptors = options.descriptors ?? systemDescriptors()
    this.#socketsMax = socketsMax(this.#descriptors)
    this.#refusals = new Refusals(options, refusalsMax(this.#descriptors, this.#occupancy.threads))
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

  get isPaused(): boolean {
    return this.#acceptor.isPaused
  }

  get pauses(): number {
    return this.#pauses
  }

  async open(): Promise<void> {
    await this.#acceptor.open(this.#options.at)
    this.#options.sweeper.add(this)
  }

  release(): MessagePort | undefined {
    return this.#acceptor.release()
  }

  drain(): void {
    this.#draining = true
    for (const connection of this.#connections.keys()) connection.drain()
  }

  // Taking and refusing.

  adopt(socket: Socket): void {
    // Asked now: once the peer has reset, nobody can tell whose requests are still to be read.
    const { remoteAddress: address, remotePort: port } = socket
    if (address === undefined || port === undefined) {
      socket.destroy()
      return
    }
    const limits = this.#options.limits()
    if (this.#isFull(limits)) return this.#refuseAll(socket)
    // Only a host program hands over what it has decrypted.
    const isSecure = (socket as Partial<TLSSocket>).encrypted === true
    if (!isSecure && this.#options.isAnnounced?.() === true) {
      return this.#awaitHeader(socket, { address, port }, limits)
    }
    const counted = this.#countedAddress(address)
    if (this.#hasTooMany(counted, limits)) return this.#refuse(socket)
    if (!isSecure && this.#isTls) return this.#awaitHandshake(socket, { address, port }, counted)
    const connection = this.#newConnection(this.#owner)
    this.#hold(connection, counted)
    const adopted = adoptSocket(socket, connection)
    const arrivedAt = () => adopted.arrivedAt()
    connection.open(adopted, { address, port, isSecure, arrivedAt, memo: undefined })
  }

  #newConnection(owner: ConnectionOwner): ServerConnection {
    const { clock, limits, sweeper } = this.#options
    const connection = new ServerConnection({ clock, sweeper, limits: limits(), owner })
    if (this.#draining) connection.drain()
    return connection
  }

  #hold(one: Served, counted: string | undefined): void {
    this.#connections.set(one, counted)
    this.#note(counted, 1)
  }

  #countedAddress(address: string): string | undefined {
    return this.#options.isTrustedHop(address) ? undefined : address
  }

  #hasTooMany(counted: string | undefined, limits: Limits): boolean {
    if (counted === undefined) return false
    return this.#occupancy.ofAddress(counted) >= limits.connectionsPerAddressMax
  }

  // Connections that a hop announces.

  #awaitHeader(socket: Socket, hop: End, limits: Limits): void {
    if (!this.#options.isTrustedHop(hop.address)) {
      this.#turnAway(`${hop.address} is no trusted hop, of whom a PROXY header would be believed`)
      socket.destroy()
      return
    }
    const announcement = new Announcement({
      sweeper: this.#options.sweeper,
      owner: this.#announcements,
      bytesMax: limits.proxyHeaderBytesMax,
      timeoutMs: limits.headTimeoutMs,
    })
    this.#hold(announcement, undefined)
    announcement.open(adoptSocket(socket, announcement), hop)
    if (this.#draining) announcement.drain()
  }

  #announced(self: Announcement, route: ClientRoute | undefined): Server {
    const { socket, hop } = self
    const counted = route && this.#countedAddress(route.from.address)
    if (this.#hasTooMany(counted, this.#options.limits())) {
      this.#left(self)
      this.#refused++
      return this.#refusals.takeOver(socket, this.#refusal)
    }
    this.#connections.set(self, counted)
    if (counted !== undefined) this.#occupancy.noteAddress(counted, 1)
    const arrival = {
      client: route?.from ?? hop,
      arrivedAt: () => route?.to ?? socket.arrivedAt(),
    }
    const left = () => this.#left(self)
    if (this.#isTls) return this.#newHandshake(socket, arrival, left)
    return this.#serve(socket, 'http/1.1', arrival, left, false)
  }

  #serve(
    socket: ByteStream,
    spoken: Spoken,
    { client, arrivedAt }: Arrival,
    left: () => void,
    isSecure: boolean,
  ): Server {
    const owner = { ...this.#owner, left }
    const replyLines = isSecure ? this.#options.replyLines : undefined
    const peer = { ...client, isSecure, arrivedAt, replyLines, memo: undefined }
    if (spoken === 'http/1.1') {
      const connection = this.#newConnection(owner)
      connection.open(socket, peer)
      return connection
    }
    const { clock, limits, sweeper } = this.#options
    const connection = openHttp2(socket, peer, { clock, sweeper, limits: limits(), owner })
    if (this.#draining) connection.drain()
    return connection
  }

  // Connections that begin with a handshake.

  get #isTls(): boolean {
    return this.#options.identities?.() !== undefined
  }

  #awaitHandshake(socket: Socket, client: End, counted: string | undefined): void {
    const left = () => this.#left(handshake)
    const arrivedAt = () => adopted.arrivedAt()
    const handshake: Handshake = this.#makeHandshake({ client, arrivedAt }, left)
    this.#hold(handshake, counted)
    const adopted = adoptSocket(socket, handshake)
    handshake.open(adopted)
  }

  #newHandshake(socket: ByteSocket, arrival: Arrival, left: () => void): Handshake {
    const handshake = this.#makeHandshake(arrival, left)
    handshake.open(socket)
    return handshake
  }

  #makeHandshake(arrival: Arrival, left: () => void): Handshake {
    const { limits: ask, sweeper, identities, bug } = this.#options
    const limits = ask()
    const owner: HandshakeOwner = {
      identities: () => identities?.(),
      secured: (socket, spoken) => this.#serve(socket, spoken, arrival, left, true),
      clear: (socket) => {
        left()
        this.#refused++
        return this.#refusals.takeOver(socket, clearReply)
      },
      left,
      bug,
    }
    return new Handshake({
      sweeper,
      line: this.#handshakes,
      owner,
      protocols: ['h2', 'http/1.1'],
      timeoutMs: limits.tlsHandshakeTimeoutMs,
      max: limits.tlsHandshakesMax,
    })
  }

  get #refusal(): string {
    return this.#isTls ? overloadedAlert : this.#options.overloaded()
  }

  /** Closed without a reply; whoever set it up wrongly must learn of it. */
  #turnAway(reason: string): void {
    this.#refused++
    const { nowMs } = this.#options.sweeper
    if (nowMs - this.#warnedOfPeersMs < warnPeriodMs) return
    this.#warnedOfPeersMs = nowMs
    this.#options.warn?.(`closed a connection: ${reason}`)
  }

  /** Whether the gateway as a whole has no room: every thread sees the same. */
  #isFull(limits: Limits): boolean {
    const connections = this.#occupancy.total('connections')
    if (connections >= limits.connectionsMax) return true
    return connections + this.#occupancy.total('endpointConnections') >= this.#socketsMax
  }

  #note(counted: string | undefined, change: number): void {
    this.#occupancy.note('connections', change)
    if (counted !== undefined) this.#occupancy.noteAddress(counted, change)
  }

  #refuse(socket: Socket): void {
    this.#refused++
    this.#refusals.take(socket, this.#refusal)
  }

  #refuseAll(socket: Socket): void {
    this.#refuse(socket)
    if (this.#refusals.isFull) this.#pause()
  }

  #left(connection: Served): void {
    const counted = this.#connections.get(connection)
    if (!this.#connections.delete(connection)) return
    this.#note(counted, -1)
    if (this.#connections.size > 0) return
    for (const tell of this.#whenEmpty.splice(0)) tell()
  }

  // Pausing.

  #pause(): void {
    if (!this.#acceptor.isPaused && this.#acceptor.pause()) this.#pauses++
  }

  sweep(nowMs: number): void {
    if (nowMs >= this.#lookMs) {
      this.#lookMs = nowMs + descriptorPauseMs
      this.#short = this.#isShort()
      if (this.#short) this.#pauseShort(`${this.#descriptors.max} descriptors are nearly used up`)
    }
    if (this.#short || !this.#acceptor.isPaused) return
    if (this.#refusals.isHalfFree || !this.#isFull(this.#options.limits())) this.#acceptor.resume()
  }

  #isShort(): boolean {
    const { max } = this.#descriptors
    return max !== undefined && max - (this.#descriptors.open() ?? 0) < spareDescriptors
  }

  /** A failed accept costs that connection, and would fail again at once. */
  #acceptFailed(error: NodeJS.ErrnoException): void {
    this.#short = true
    this.#lookMs = this.#options.sweeper.nowMs + descriptorPauseMs
    this.#pauseShort(error.message)
  }

  #pauseShort(why: string): void {
    this.#pause()
    const { nowMs } = this.#options.sweeper
    if (nowMs - this.#warnedMs < warnPeriodMs) return
    this.#warnedMs = nowMs
    this.#options.warn?.(`accepting no connection for a while: ${why}`)
  }

  threw(error: unknown): void {
    this.#options.bug(error)
    // A sweep lets go of what throws: nobody would end the pause.
    this.#options.sweeper.add(this)
  }

  // Ending.

  async close(noticeMs = 0): Promise<void> {
    this.#options.sweeper.remove(this)
    this.#acceptor.close()
    this.drain()
    const cancel = this.#closeRest(noticeMs)
    if (this.#connections.size > 0) {
      await new Promise<void>((resolve) => {
        this.#whenEmpty.push(resolve)
      })
    }
    cancel()
  }

  #closeRest(noticeMs: number): () => void {
    const closeAll = () => {
      for (const connection of this.#connections.keys()) connection.closeSoon()
    }
    if (noticeMs > 0) return this.#options.clock.after(noticeMs, closeAll)
    closeAll()
    return () => {}
  }

  destroy(): void {
    this.#options.sweeper.remove(this)
    this.#acceptor.close()
    this.#refusals.destroy()
    for (const connection of this.#connections.keys()) connection.stop()
  }
}
