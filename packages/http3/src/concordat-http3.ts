// concordat-http3: HTTP/3 from clients, for listeners that ask for it. A worker of the gateway
// imports it; it imports nothing of the gateway but types.
export { openListener } from './listener.ts'
