// The seam to a transport of QUIC, which a package brings that a worker imports where a listener
// asks for HTTP/3. It moves bytes on streams and keeps to the bounds of connections; what the bytes
// mean, and who serves them, is decided here (`http3/`), as for every other protocol.
import type { Clock, Limits, Occupancy } from '../base.ts'
import type { StreamPeer } from '../http.ts'
import type { TlsMaterial } from './tls-material.ts'

/** One client's connection, as who speaks a protocol over it sees it. Streams go by their ids. */
export interface QuicConnection {
  readonly peer: StreamPeer
  /** What was sent and has not left, and what has. */
  readonly queuedBytes: number
  readonly sentBytes: number
  /**
   * Sends bytes, which are copied, whatever it says: false asks to wait for `writable`. `isLast`
   * ends our side of the stream.
   */
  send(stream: number, bytes: Buffer, isLast: boolean): boolean
  /** Ends both sides of a stream, what has not left included. */
  reset(stream: number, code: number): void
  /** Ends the connection at once. */
  close(code: number, reason: string): void
  /** Ends it when all that was sent has left, and had some time to arrive. */
  finish(code: number): void
  /** Slows the client down as long as it holds: more has come than anybody takes. */
  hold(isHeld: boolean): void
}

/** What a connection brings. */
export interface QuicSink {
  /** The handshake is through. */
  opened(): void
  /** Bytes of a stream, in order, to be kept as long as one likes; the client's side may end with them. */
  bytes(stream: number, bytes: Buffer, isLast: boolean): void
  /** The client gave a stream up, or takes no more of it. */
  broken(stream: number, reason: string): void
  /** Bytes can be sent again. */
  writable(): void
  /** Comes once, last. */
  closed(reason: string): void
  /** New requests shall go elsewhere; those under way go on. */
  drain(): void
  /** The same, and the end as soon as none is under way. */
  closeSoon(): void
  /** Ends now. */
  stop(): void
  /** Told what one of the others threw. */
  threw(error: unknown): void
}

export interface QuicSetup {
  /** An address and the number of a port: those of the listener on TCP. */
  readonly host: string
  readonly port: number
  readonly protocol: string
  readonly material: TlsMaterial
  readonly clock: Clock
  /** Asked again and again, so that a new snapshot's bounds count at once. */
  readonly limits: () => Limits
  /** Addresses whose connections are not counted: hops in front of us. */
  readonly isTrustedHop: (address: string) => boolean
  readonly occupancy: Occupancy
  readonly accept: (connection: QuicConnection) => QuicSink
  readonly bug: (error: unknown) => void
  /** Takes a sentence for the operator. */
  readonly warn: (sentence: string) => void
}

export interface QuicListener {
  readonly connections: number
  readonly refusedConnections: number
  /** From now on new connections are proved with it; those that stand go on. */
  renew(material: TlsMaterial): void
  drain(): void
  /**
   * Takes no new connection, lets exchanges end, and is done when the last connection is gone. For
   * so long those at rest may go on.
   */
  close(noticeMs?: number): Promise<void>
  /** Ends every connection now. */
  destroy(): void
}

/** What such a package exports. */
export interface QuicPackage {
  /** Rejects with the system's error where it cannot listen. */
  listenQuic(setup: QuicSetup): Promise<QuicListener>
}
