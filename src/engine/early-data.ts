// Requests that may have come in early data of TLS (RFC 8470): whoever saw them can send them again,
// and nobody could tell. What changes nothing may pass; all else must wait for the handshake.
import { headerValue, type RequestHead } from '../http.ts'

const safe: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

/** Our own handshakes take none: it is a hop in front of us that says so (RFC 8470 §5.1). */
export const isTooEarly = ({ method, headers }: RequestHead): boolean =>
  !safe.has(method) && headerValue(headers, 'early-data') === '1'
