// The heads that the gateway passes on: of a request to its upstream, of a reply to its client.
import {
  type Client,
  compileForwarding,
  editFields,
  type Forwarding,
  isForwardingField,
  type RequestHead,
  type Stream,
} from '../http.ts'
import type { Endpoint } from '../upstream.ts'
import { type Http1ReplyHead, linesOf } from '../wire.ts'
import type { Runtime } from './runtime.ts'
import type { LinkedOperation, Snapshot } from './snapshot.ts'

/** What an exchange has made of its request so far. */
export interface Outgoing {
  readonly id: string
  readonly client: Client
  readonly query: string | undefined
}

/**
 * The request as the upstream gets it: the client's own target and end-to-end fields, byte for
 * byte, then what the gateway adds. A body that came in chunks goes on in chunks, or with its
 * length where it was `held`.
 */
export function requestLines(
  { id, client, query }: Outgoing,
  { head, forwardable, takesTrailers }: Stream,
  { basePath, authority }: Endpoint,
  forwarding: Forwarding,
  held: Buffer | undefined,
): string {
  const target = query === head.query ? head.target : targetWith(head.path, query)
  const host = authority ?? head.host
  let framing = ''
  if (head.bodyLength === 'streamed') {
    framing =
      held === undefined ? 'Transfer-Encoding: chunked\r\n' : `Content-Length: ${held.length}\r\n`
  }
  const trailers = takesTrailers ? 'TE: trailers\r\nConnection: TE\r\n' : ''
  const from = client.viaTrustedHop ? trustedLines(head, forwarding) : forwarding.lines(head)
  return `${head.method} ${basePath}${target} HTTP/1.1\r\nHost: ${host}\r\n${forwardable}${framing}${trailers}${from}X-Request-Id: ${id}\r\n\r\n`
}

const targetWith = (path: string, query: string | undefined): string =>
  query === undefined ? path : `${path}?${query}`

/** Of what trusted hops said, what is not said anew goes on. */
function trustedLines(head: RequestHead, forwarding: Forwarding): string {
  const kept: string[] = []
  const { headers } = head
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i]!
    if (isForwardingField(name) && !forwarding.replaces(name)) kept.push(name, headers[i + 1]!)
  }
  return linesOf(kept) + forwarding.lines(head)
}

/** The fields of a reply as the client gets them. */
export function replyLines(
  { status, forwardable, headers, noted, isDated }: Http1ReplyHead,
  { edit, finish, reading }: LinkedOperation,
  id: string,
  httpDate: () => string,
): string {
  // RFC 9110 §6.6.1: whoever passes on a reply without a date gives it one.
  const own = `${isDated ? '' : `Date: ${httpDate()}\r\n`}X-Request-Id: ${id}\r\n`
  const added = noted === 0 ? reading.addedLines : reading.linesWithout(noted)
  if (finish.length === 0) return `${forwardable}${added}${own}`
  const finishing = { status, headers: editFields(headers, edit) }
  for (let i = 0; i < finish.length; i++) finish[i]!(finishing)
  return `${linesOf(finishing.headers)}${own}`
}

interface Remembered {
  readonly snapshot: Snapshot
  readonly forwarding: Forwarding
}

/** What is said of a client connection; made once for it and a snapshot. */
export function forwardingOf(runtime: Runtime, snapshot: Snapshot, { peer }: Stream): Forwarding {
  const known = peer.memo as Remembered | undefined
  if (known?.snapshot === snapshot) return known.forwarding
  const { isTrustedHop: isTrusted } = snapshot
  const { pseudonym } = runtime
  // Most hops write `X-Forwarded-For` alone and pass on a `Forwarded` that their client forged.
  const believed = 'x-forwarded-for'
  const forwarding = compileForwarding({ peer, proto: 'http', isTrusted, pseudonym, believed })
  peer.memo = { snapshot, forwarding } satisfies Remembered
  return forwarding
}
