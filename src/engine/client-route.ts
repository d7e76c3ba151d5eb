// Where an exchange comes from, as endpoints are told it below HTTP.
import type { Client, StreamPeer } from '../http.ts'
import type { ClientRoute } from '../wire.ts'

/** The client in whom the gateway believes; of one behind trusted hops nobody knows the port. */
export function clientRoute({ address }: Client, peer: StreamPeer): ClientRoute {
  const port = address === peer.address ? peer.port : 0
  return { from: { address, port }, to: peer.arrivedAt?.() ?? nowhere }
}

const nowhere = { address: '', port: 0 }
