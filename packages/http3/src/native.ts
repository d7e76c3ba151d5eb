// What is used of the native part of @currentspace/http3 (quiche, in threads of Rust): its server of
// QUIC alone. That of HTTP/3 takes memory for the whole of a frame when its head has come: 600 bytes
// from a client cost 1.6 GB. The package's own door has no bounds on bodies; so the native part is
// loaded past it, and the version is pinned exactly.
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

export interface NativeEvent {
  readonly eventType: number
  readonly connHandle: number
  readonly streamId: number
  readonly data?: Buffer
  readonly fin?: boolean
  readonly meta?: {
    readonly errorCode?: number
    readonly errorReason?: string
    readonly remoteAddr?: string
    readonly remotePort?: number
  }
}

/** Numbers of the native part's events. */
export const eventTypes = {
  newSession: 1,
  newStream: 2,
  data: 4,
  finished: 5,
  reset: 6,
  sessionClose: 7,
  drain: 8,
  error: 10,
  handshakeComplete: 11,
  shutdownComplete: 15,
  writeReady: 18,
} as const

export interface NativeOptions {
  readonly key: Buffer
  readonly cert: Buffer
  readonly alpn: readonly string[]
  readonly runtimeMode: 'portable'
  readonly maxIdleTimeoutMs: number
  readonly initialMaxData: number
  readonly initialMaxStreamsBidi: number
  readonly maxConnections: number
  readonly disableActiveMigration: boolean
  readonly sessionTicketKeys: Buffer
}

export interface NativeServer {
  listen(port: number, host: string): { readonly port: number }
  /** `status` 0: the bytes are copied and queued; else none of them are. */
  streamSend(
    connection: number,
    stream: number,
    data: Buffer,
    fin: boolean,
  ): { readonly status: number; readonly written: number }
  /** Ends both directions: RESET_STREAM and STOP_SENDING. */
  streamClose(connection: number, stream: number, errorCode: number): boolean
  closeSession(connection: number, errorCode: number, reason: string): boolean
  /** Without it the native part stops reading once many events are out. */
  ackEventBatch(count: number): void
  requestShutdown(): boolean
  /** Waits for the thread, which must have been told to shut down. */
  joinWorker(): void
}

export interface Native {
  readonly NativeQuicServer: new (
    options: NativeOptions,
    events: (error: Error | null, events: readonly NativeEvent[]) => void,
  ) => NativeServer
}

const require = createRequire(import.meta.url)

let loaded: Native | undefined

export function native(): Native {
  const door = require.resolve('@currentspace/http3')
  loaded ??= require(join(dirname(door), '..', 'index.js')) as Native
  return loaded
}
