// Who calls: the credential in the fields of a request, or in the metadata of a gRPC call.
import type { IncomingHttpHeaders } from 'node:http'
import { credentialHash } from './demo.ts'
import { refuse, type Refusal } from './reply.ts'
import type { Caller } from './service.ts'
import type { Store } from './store.ts'

/** What the two sides of a WebSocket speak. A token may stand beside it: `chat.v1, bearer.TOKEN`. */
export const socketProtocol = 'chat.v1'

export function callerOf(store: Store, headers: IncomingHttpHeaders): Caller | Refusal {
  const key = headers['x-api-key']
  if (typeof key === 'string') {
    const name = store.serviceOfKey(credentialHash(key))
    return name === undefined ? unknown() : { kind: 'service', name }
  }
  const token = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? protocolToken(headers)
  const userId = token === undefined ? undefined : store.userOfToken(credentialHash(token))
  return userId === undefined ? unknown() : { kind: 'user', userId }
}

/**
 * A page in a browser can set no field of a WebSocket's handshake but this one. The token is in no
 * address, so no log and no history has it; the reply names the protocol alone.
 */
function protocolToken({ upgrade, 'sec-websocket-protocol': protocols }: IncomingHttpHeaders) {
  if (upgrade === undefined) return undefined
  return /(?:^|,) *bearer\.([^\s,]+)/.exec(protocols ?? '')?.[1]
}

function unknown(): Refusal {
  const headers = { 'WWW-Authenticate': 'Bearer' }
  return refuse('UNAUTHENTICATED', 'A known token or service key is required.', { headers })
}
