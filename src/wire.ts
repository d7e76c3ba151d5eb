// wire: HTTP/1.1 (RFC 9112) and HTTP/2 (RFC 9113) on raw sockets, both sides. Strict: bytes that two
// readers could take in two ways end the connection. Policies and routes are unknown here.
export type {
  Call,
  CallBody,
  CallEvents,
  CallFailure,
  CallReplyHead,
  CallTerms,
  StreamTimes,
} from './wire/call.ts'
export type { Carrier, CarrierKeeper } from './wire/carrier.ts'
export { ClientConnection, type ConnectionKeeper } from './wire/client-connection.ts'
export type { ByteSink, ByteSocket } from './wire/bytes.ts'
export { type Address, type Connect, connectSocket } from './wire/connect.ts'
export {
  acceptSettings,
  backlogMax,
  dropParked,
  type ListenAt,
  probeTransfer,
} from './wire/acceptor.ts'
export {
  countDescriptors,
  type Descriptors,
  fittingConnections,
  systemDescriptors,
} from './wire/descriptors.ts'
export { listen, type ServerOptions, type WireServer } from './wire/server.ts'
export { unreadable } from './wire/http1-stream.ts'
export type { Http1RequestHead } from './wire/request-head.ts'
export { readRequestHead } from './wire/whole-head.ts'
export { type Sweepable, Sweeper } from './wire/sweeper.ts'
export { type Http2Choice, Opening } from './wire/opening.ts'
export { linesOf } from './wire/lines.ts'
export { type Accept, connectInMemory } from './wire/memory.ts'
export { compileReplyReading, type ReplyReading } from './wire/roles.ts'
export { tlsConnect, type TlsContext, tlsContext } from './wire/tls.ts'
export { type ClientRoute, proxyHeader } from './wire/proxy-header.ts'
export type { Unopened } from './wire/unopened.ts'
export {
  noTlsMaterial,
  ticketKeysBytes,
  type TlsAnswer,
  type TlsCertificate,
  type TlsChallenge,
  type TlsIdentity,
  type TlsMaterial,
} from './wire/tls-material.ts'
export { HandshakeLine } from './wire/handshake-line.ts'
export { materialProblem, servingContext, TlsIdentities } from './wire/tls-identities.ts'
export { Http3Connection } from './wire/http3/http3-connection.ts'
export type { QuicConnection, QuicListener, QuicPackage, QuicSetup, QuicSink } from './wire/quic.ts'
