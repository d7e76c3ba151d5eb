// concordat-http3: QUIC, and so HTTP/3, for listeners that ask for it. A worker of the gateway
// imports it; it imports nothing of the gateway but types.
export { listenQuic } from './listener.ts'
