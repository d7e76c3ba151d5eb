// Where an exchange comes from, as endpoints are told it below HTTP.
import type { Client, StreamPeer } from '../http.ts'
import type { ClientRoute } from '../wire.ts'

/** The client in whom the gateway believes; behind trusted hops its port is mostly unknown: 0. */
export function clientRoute({ address, port }: Client, peer: StreamPeer): ClientRoute {
  return { from: { address, port }, to: peer.arrivedAt?.() ?? nowhere }
}

const nowhere = { address: '', port: 0 }
