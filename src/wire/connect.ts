// Opening a connection to an endpoint, by its address: over TCP, or to a Unix socket.
import { connect } from 'node:net'
import { type Address, ByteSocket, type Connect, handle, sharedRead } from './bytes.ts'

/** Opens a plain connection. */
export const connectSocket: Connect = (address, sink, opened, preface) => {
  const socket = connect({ ...placeOf(address), ...plainSettings, onread: sharedRead(sink) })
  // Node keeps it until the connection stands.
  if (preface !== undefined) socket.write(preface)
  socket.once('connect', () => handle(sink, opened))
  return new ByteSocket(socket, sink)
}

export const plainSettings = { allowHalfOpen: true, noDelay: true } as const

export const placeOf = (address: Address) =>
  'socketPath' in address
    ? { path: address.socketPath }
    : { host: address.host, port: address.port }
