// The front: the UDP port that clients see. A packet of a client that is known goes its way; one
// that begins a connection opens a way to the native server with the right certificate; all others
// are handed to the thread that they are for, or dropped. So certificates are replaced, threads come
// and go, and packets are held back, while the native part knows of one port on the loopback
// interface alone.
import { randomBytes, randomUUID } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import type { QuicListener, QuicSetup } from 'concordat'
import { certificateFor } from './certificate-for.ts'
import { Flow, type FlowClient, type FlowOwner } from './flow.ts'
import { Neighbours, type NeighboursOwner } from './neighbours.ts'
import { Undecided } from './undecided.ts'
import { readPacket, versionOffer } from './packets.ts'
import { type Identity, QuicServer, startQuicServer } from './quic-server.ts'

type TlsMaterial = QuicSetup['material']

/** Ways that have brought no connection yet: anybody can open one with one packet and any address. */
const unprovenMax = 1_024
const unprovenMs = 5_000
const sweepPeriodMs = 250
const bufferBytes = 2 * 1024 * 1024

export async function listenQuic(setup: QuicSetup): Promise<QuicListener> {
  const front = new Front(setup)
  await front.open()
  return front
}

class Front implements QuicListener, FlowOwner, NeighboursOwner {
  refusedConnections = 0
  readonly #setup: QuicSetup
  #socket!: Socket
  #neighbours: Neighbours | undefined
  #material: TlsMaterial
  /** Serving, and those that only end what they have begun. */
  #servers: QuicServer[] = []
  readonly #leaving = new Set<QuicServer>()
  #renewing: Promise<void> = Promise.resolve()
  readonly #flows = new Map<string, Flow>()
  /** Those without a connection yet, oldest first. */
  readonly #unproven = new Set<Flow>()
  readonly #undecided = new Undecided()
  #isClosing = false
  readonly #empty = Promise.withResolvers<void>()
  #closing: Promise<void> | undefined
  #stopSweep = () => {}

  constructor(setup: QuicSetup) {
    this.#setup = setup
    this.#material = setup.material
  }

  get connections(): number {
    return this.#flows.size - this.#unproven.size
  }

  async open(): Promise<void> {
    await this.#serve(this.#material)
    try {
      await this.#bind()
    } catch (error) {
      await Promise.all(this.#servers.map((server) => server.end()))
      throw error
    }
    const { host, port, clock } = this.#setup
    this.#neighbours = new Neighbours(`${host} ${port}`, randomUUID(), this)
    this.#stopSweep = clock.every(sweepPeriodMs, () => this.#sweep(clock.nowMs()))
  }

  /** Threads share the port where the system lets them; elsewhere the first one has it. */
  async #bind(): Promise<void> {
    const { host, port } = this.#setup
    const place = { ...(await lookup(host)), port }
    try {
      this.#socket = await bound(place, true)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOTSUP') throw error
      this.#socket = await bound(place, false)
    }
    this.#socket.on('error', (error) => this.#setup.warn(`HTTP/3: ${error.message}`))
    this.#socket.on('message', (packet, { address, port: from }) =>
      this.#take(packet, { address, port: from }),
    )
  }

  // Packets.

  #take(packet: Buffer, client: FlowClient): void {
    const known = this.#flows.get(keyOf(client))
    if (known !== undefined) return known.take(packet)
    const read = readPacket(packet)
    if (read === undefined) return
    if (read.kind === 'later') return this.#neighbours?.show(packet, client)
    if (this.#isClosing) return this.#neighbours?.giveFirst(packet, client)
    if (read.kind === 'initial') return this.#begin(packet, read.destination, client)
    this.send(versionOffer(read.destination, read.source, randomBytes(1)[0]!), client)
  }

  shown(packet: Buffer, client: FlowClient, isFirst: boolean): void {
    const known = this.#flows.get(keyOf(client))
    if (known !== undefined) return known.take(packet)
    const read = isFirst && !this.#isClosing ? readPacket(packet) : undefined
    if (read?.kind === 'initial') this.#begin(packet, read.destination, client)
  }

  nowMs(): number {
    return this.#setup.clock.nowMs()
  }

  send(packet: Buffer, { address, port }: FlowClient): void {
    // A packet that cannot be sent is a packet that was lost.
    this.#socket.send(packet, port, address, () => {})
  }

  #begin(packet: Buffer, destination: Buffer, client: FlowClient): void {
    if (this.#servers.length < 2) return this.#open(this.#servers[0], client, [packet])
    const asked = this.#undecided.take(keyOf(client), destination, packet)
    if (asked === undefined) return
    const at = certificateFor(asked.name, this.#material.certificates)
    this.#open(this.#servers[at], client, asked.packets)
  }

  #open(server: QuicServer | undefined, client: FlowClient, packets: readonly Buffer[]): void {
    if (server === undefined || !this.#hasRoom(client.address)) {
      this.refusedConnections++
      return
    }
    const flow = new Flow(this, client, server, this.#setup.clock.nowMs())
    this.#flows.set(keyOf(client), flow)
    this.#unproven.add(flow)
    this.#note(client.address, 1)
    for (const packet of packets) flow.take(packet)
    if (this.#unproven.size > unprovenMax) this.left(this.#unproven.values().next().value!)
  }

  #hasRoom(address: string): boolean {
    const { occupancy, isTrustedHop } = this.#setup
    const { connectionsMax, connectionsPerAddressMax } = this.#setup.limits()
    if (occupancy.total('connections') >= connectionsMax) return false
    return isTrustedHop(address) || occupancy.ofAddress(address) < connectionsPerAddressMax
  }

  #note(address: string, change: number): void {
    const { occupancy, isTrustedHop } = this.#setup
    occupancy.note('connections', change)
    if (!isTrustedHop(address)) occupancy.noteAddress(address, change)
  }

  opened(flow: Flow): void {
    this.#unproven.delete(flow)
    if (this.#isClosing) flow.connection?.sink.closeSoon()
  }

  left(flow: Flow): void {
    if (!this.#flows.delete(keyOf(flow.client))) return
    this.#unproven.delete(flow)
    this.#note(flow.client.address, -1)
    flow.close()
    if (this.#isClosing && this.#flows.size === 0) this.#empty.resolve()
  }

  failed(flow: Flow, error: Error): void {
    this.#setup.warn(`HTTP/3: a connection was lost: ${error.message}`)
    this.left(flow)
  }

  #sweep(nowMs: number): void {
    for (const flow of this.#unproven) {
      if (nowMs - flow.sinceMs < unprovenMs) break
      this.left(flow)
    }
    for (const server of [...this.#servers, ...this.#leaving]) server.resume()
    for (const server of this.#leaving) if (server.isUnused) this.#end(server)
  }

  #end(server: QuicServer): void {
    this.#leaving.delete(server)
    server.end().catch(this.#setup.bug)
  }

  // Certificates.

  renew(material: TlsMaterial): void {
    this.#renewing = this.#renewing
      .then(() => this.#serve(material))
      .catch((error: unknown) => {
        this.#setup.warn(`HTTP/3 keeps its certificates: ${(error as Error).message}`)
      })
  }

  /** Servers for these certificates, those kept that stand; all or none. */
  async #serve(material: TlsMaterial): Promise<void> {
    const { ticketKeys } = material
    const isSameTicket = Buffer.compare(ticketKeys, this.#material.ticketKeys) === 0
    const fresh: QuicServer[] = []
    const started: QuicServer[] = []
    try {
      for (const identity of material.certificates) {
        const kept = isSameTicket && this.#servers.find((one) => isSame(one.identity, identity))
        const server = kept || (await startQuicServer(this.#setup, identity, ticketKeys))
        fresh.push(server)
        if (server !== kept) started.push(server)
      }
    } catch (error) {
      await Promise.all(started.map((server) => server.end()))
      throw error
    }
    for (const old of this.#servers) if (!fresh.includes(old)) this.#leaving.add(old)
    this.#servers = fresh
    this.#material = material
  }

  // Ending.

  drain(): void {
    for (const flow of this.#flows.values()) flow.connection?.sink.drain()
  }

  /** Asked again the shorter time counts. */
  async close(noticeMs = 0): Promise<void> {
    const cancel = this.#setup.clock.after(noticeMs, () => this.#closeRest())
    this.#closing ??= this.#close()
    await this.#closing
    cancel()
  }

  async #close(): Promise<void> {
    this.#isClosing = true
    this.#neighbours?.leave()
    this.drain()
    if (this.#flows.size > 0) await this.#empty.promise
    await this.#ended()
  }

  #closeRest(): void {
    for (const flow of this.#unproven) this.left(flow)
    for (const flow of this.#flows.values()) flow.connection?.sink.closeSoon()
  }

  async #ended(): Promise<void> {
    this.#stopSweep()
    this.#neighbours?.close()
    this.#neighbours = undefined
    await this.#renewing
    const servers = [...this.#servers.splice(0), ...this.#leaving]
    this.#leaving.clear()
    await Promise.all(servers.map((server) => server.end()))
    this.#socket.close()
  }

  destroy(): void {
    this.#isClosing = true
    for (const flow of this.#flows.values()) {
      flow.connection?.sink.stop()
      this.left(flow)
    }
  }
}

const keyOf = ({ address, port }: FlowClient): string => `${address} ${port}`

const isSame = (one: Identity, other: Identity): boolean =>
  one.cert === other.cert && one.key === other.key

interface Place {
  readonly address: string
  readonly family: number
  readonly port: number
}

function bound({ address, family, port }: Place, reusePort: boolean): Promise<Socket> {
  const type = family === 6 ? 'udp6' : 'udp4'
  const socket = createSocket({
    type,
    reusePort,
    recvBufferSize: bufferBytes,
    sendBufferSize: bufferBytes,
  })
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close()
      reject(error)
    })
    socket.bind({ address, port, exclusive: true }, () => {
      socket.removeAllListeners('error')
      resolve(socket)
    })
  })
}
