// The way of one client's packets: from the front's socket to a native server on the loopback
// interface and back, through a socket of its own, whose port is what the native part knows the
// client by.
import { createSocket, type Socket } from 'node:dgram'
import type { Carrier, Connection } from './connection.ts'
import type { QuicServer } from './quic-server.ts'

export interface FlowClient {
  readonly address: string
  readonly port: number
}

export interface FlowOwner {
  nowMs(): number
  /** A packet for the client. */
  send(packet: Buffer, client: FlowClient): void
  opened(flow: Flow): void
  left(flow: Flow): void
  failed(flow: Flow, error: Error): void
}

/**
 * What every path takes. Both ends send larger packets to see what becomes of them: here they are
 * lost, lest the native part takes the loopback interface, which carries 16 kB, for the client's path.
 */
const packetBytesMax = 1_452
/** The native part sends a thousand packets at once. */
const bufferBytes = 2 * 1024 * 1024
/** Packets that come before the socket is there. */
const earlyPacketsMax = 8
/** Smaller packets hold acknowledgements and pass in any case: replies go on. */
const heldBytesMin = 200
/**
 * Of those that are held back one passes now and then, so that the client gets somewhere: browsers
 * take a path on which they get nowhere for five seconds for broken.
 */
const heldPassMs = 75

export class Flow implements Carrier {
  readonly client: FlowClient
  readonly server: QuicServer
  /** When its first packet came. */
  readonly sinceMs: number
  connection: Connection | undefined
  readonly #owner: FlowOwner
  readonly #socket: Socket
  #port = 0
  #early: Buffer[] | undefined = []
  #isHeld = false
  #passMs = 0
  #isOver = false

  constructor(owner: FlowOwner, client: FlowClient, server: QuicServer, nowMs: number) {
    this.client = client
    this.server = server
    this.sinceMs = nowMs
    this.#owner = owner
    this.#socket = createSocket({ type: 'udp4', recvBufferSize: bufferBytes })
    this.#socket.on('error', (error) => this.#owner.failed(this, error))
    this.#socket.on('message', (packet) => {
      if (packet.length > packetBytesMax) return
      this.connection?.packetSent(packet.length)
      this.#owner.send(packet, client)
    })
    this.#socket.bind({ address: '127.0.0.1', port: 0, exclusive: true }, () => this.#connect())
  }

  #connect(): void {
    if (this.#isOver) return
    this.#port = this.#socket.address().port
    this.server.expect(this.#port, this)
    this.#socket.connect(this.server.port, '127.0.0.1', () => {
      const early = this.#early ?? []
      this.#early = undefined
      for (const packet of early) this.take(packet)
    })
  }

  /** A packet from the client. */
  take(packet: Buffer): void {
    if (this.#isOver || packet.length > packetBytesMax || this.#isDropped(packet)) return
    // A packet that cannot be sent is a packet that was lost.
    if (this.#early === undefined) this.#socket.send(packet, () => {})
    else if (this.#early.length < earlyPacketsMax) this.#early.push(packet)
  }

  #isDropped(packet: Buffer): boolean {
    if (!this.#isHeld || packet.length <= heldBytesMin) return false
    const nowMs = this.#owner.nowMs()
    if (nowMs < this.#passMs) return true
    this.#passMs = nowMs + heldPassMs
    return false
  }

  opened(connection: Connection): void {
    this.connection = connection
    this.#owner.opened(this)
  }

  hold(isHeld: boolean): void {
    this.#isHeld = isHeld
  }

  left(): void {
    this.#owner.left(this)
  }

  close(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.server.forget(this.#port)
    this.#socket.close()
  }
}
