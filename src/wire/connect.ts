// Opening a connection to an endpoint, by its address: over TCP, or to a Unix socket.
import { connect } from 'node:net'
import { type ByteSink, ByteSocket, type ByteStream, handle, sharedRead } from './bytes.ts'

/** Where an endpoint listens. */
export type Address = TcpAddress | UnixAddress

export interface TcpAddress {
  readonly host: string
  readonly port: number
}

export interface UnixAddress {
  readonly socketPath: string
}

/**
 * How a connection is opened; a test may hand in its own. `opened` comes once it stands, with the
 * protocol that was agreed upon where there was a choice, else `closed` with the error. The preface
 * goes before everything else, in clear.
 */
export type Connect = (
  address: Address,
  sink: ByteSink,
  opened: (protocol?: string) => void,
  preface?: Uint8Array,
) => ByteStream

/** Opens a plain connection. */
export const connectSocket: Connect = (address, sink, opened, preface) => {
  const ears = { sink }
  const socket = connect({ ...placeOf(address), ...plainSettings, onread: sharedRead(ears) })
  // Node keeps it until the connection stands.
  if (preface !== undefined) socket.write(preface)
  socket.once('connect', () => handle(sink, () => opened()))
  return new ByteSocket(socket, sink, ears)
}

export const plainSettings = { allowHalfOpen: true, noDelay: true } as const

export const placeOf = (address: Address) =>
  'socketPath' in address
    ? { path: address.socketPath }
    : { host: address.host, port: address.port }
