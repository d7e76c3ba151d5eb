// The seam for listeners of another kind: those of a package of its own, which a worker imports
// where a listener asks for it. It brings streams; what a head is, which bounds hold, and who serves
// is handed to it, so that it decides nothing that must be the same for every protocol.
import type { Clock, Limits, Occupancy, Refusal } from '../base.ts'
import type { RequestHead, Stream } from '../http.ts'
import type { TlsMaterial } from './tls-material.ts'

/** A head whose fields came one by one, names and values as bytes. */
export interface FieldHead {
  readonly head: RequestHead
  /** Header lines that may go on, each with CRLF. */
  readonly forwardable: string
  readonly takesTrailers: boolean
}

/** Whether a peer keeps pace, looked at now and then. */
export interface PaceLook {
  isLate(nowMs: number, bytes: number): boolean
}

export interface StreamListenerSetup {
  /** An address, and the number of a port: that of the listener on TCP. */
  readonly host: string
  readonly port: number
  readonly material: TlsMaterial
  readonly clock: Clock
  /** Asked again and again, so that a new snapshot's bounds count at once. */
  readonly limits: () => Limits
  /** Addresses whose connections are not counted: hops in front of us. */
  readonly isTrustedHop: (address: string) => boolean
  readonly occupancy: Occupancy
  /**
   * Reads the fields of a request, name and value in turn, pseudo-fields first, all as latin1 text
   * of their bytes: as strict as every other protocol is read. Or the stream has ended with them.
   */
  readonly readHead: (fields: readonly string[], ended: boolean) => FieldHead | Refusal
  /** The fields behind a body that may go on. */
  readonly readTrailers: (fields: readonly string[]) => readonly string[] | Refusal
  /** A peer's pace from now on; `bytes` have moved so far. */
  readonly pace: (nowMs: number, bytes: number) => PaceLook
  readonly refuse: (code: 'REQUEST_TIMEOUT' | 'MALFORMED_REQUEST', reason: string) => Refusal
  readonly exchange: (stream: Stream) => void
  /** A request that is none: to be answered on its stream. */
  readonly malformed: (stream: Stream, refusal: Refusal) => void
  readonly bug: (error: unknown) => void
  /** Takes a sentence for the operator. */
  readonly warn: (sentence: string) => void
}

export interface StreamListener {
  readonly connections: number
  readonly refusedConnections: number
  /** From now on new connections are proved with it; those that stand go on. */
  renew(material: TlsMaterial): void
  /** From now on connections end with the exchanges under way. */
  drain(): void
  /** Takes no new connection, lets exchanges end, and is done when the last connection is gone. */
  close(noticeMs?: number): Promise<void>
  /** Ends every connection now. */
  destroy(): void
}

/** What such a package exports. */
export interface StreamListenerPackage {
  /** Rejects with the system's error where it cannot listen. */
  openListener(setup: StreamListenerSetup): Promise<StreamListener>
}
