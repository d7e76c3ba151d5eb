// The heads that the gateway passes on: of a request to its upstream, of a reply to its client.
import { assert } from '../base.ts'
import {
  type Client,
  compileForwarding,
  editFields,
  type Exchange,
  type Forwarding,
  isForwardingField,
  type RequestHead,
  type Stream,
} from '../http.ts'
import type { Endpoint } from '../upstream.ts'
import { type CallReplyHead, linesOf } from '../wire.ts'
import type { Runtime } from './runtime.ts'
import { fieldsOf } from './mapped-fields.ts'
import { isAuthorityText, isPathText, type OwnFields, withOwnFields } from './request-fields.ts'
import type { LinkedOperation, Snapshot } from './snapshot.ts'

/** What an exchange has made of its request so far. */
export interface Outgoing {
  readonly id: string
  readonly client: Client
  readonly query: string | undefined
  readonly path: string
  readonly upstreamHost: string | undefined
  readonly ownFields: OwnFields | undefined
}

/** What of a request its upstream gets in another way than it came. */
interface Sent {
  /** Its body, held whole. */
  readonly held: Buffer | undefined
  /** Whether the upstream is asked for the upgrade that the client asks for. */
  readonly isUpgrade: boolean
}

/**
 * The request as the upstream gets it: the client's own target and end-to-end fields, byte for
 * byte, then what the gateway adds. A body that came in chunks goes on in chunks, or with its
 * length where it was `held`.
 */
export function requestLines(
  outgoing: Outgoing,
  { head, forwardable, takesTrailers }: Stream,
  { basePath, authority }: Endpoint,
  forwarding: Forwarding,
  { held, isUpgrade }: Sent,
  { editLines }: Pick<LinkedOperation, 'editLines'>,
): string {
  const { id, client, query, path, upstreamHost, ownFields } = outgoing
  const target =
    query === head.query && path === head.path ? head.target : targetWith(head, path, query)
  const host = upstreamHost === undefined ? (authority ?? head.host) : checkedHost(upstreamHost)
  let lines = editLines === undefined ? forwardable : editLines(forwardable, head.headers)
  if (ownFields !== undefined) lines = withOwnFields(lines, ownFields)
  let framing = ''
  if (head.bodyLength === 'streamed') {
    framing =
      held === undefined ? 'Transfer-Encoding: chunked\r\n' : `Content-Length: ${held.length}\r\n`
  }
  const trailers = takesTrailers ? 'TE: trailers\r\nConnection: TE\r\n' : ''
  if (isUpgrade) framing = `Connection: Upgrade\r\nUpgrade: ${head.upgrade}\r\n`
  const from = client.viaTrustedHop ? trustedLines(head, forwarding) : forwarding.lines(head)
  return `${head.method} ${basePath}${target} HTTP/1.1\r\nHost: ${host}\r\n${lines}${framing}${trailers}${from}X-Request-Id: ${id}\r\n\r\n`
}

function targetWith(head: RequestHead, path: string, query: string | undefined): string {
  assert(path === head.path || isPathText(path), 'a path that a policy sets is one')
  return query === undefined ? path : `${path}?${query}`
}

function checkedHost(host: string): string {
  assert(isAuthorityText(host), 'a host that a policy sets is one')
  return host
}

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
  { status, forwardable, headers, noted, isDated }: CallReplyHead,
  { edit, finish, mapFields, reading }: LinkedOperation,
  exchange: Exchange,
  httpDate: () => string,
): string {
  // RFC 9110 §6.6.1: whoever passes on a reply without a date gives it one.
  const own = `${isDated ? '' : `Date: ${httpDate()}\r\n`}X-Request-Id: ${exchange.id}\r\n`
  const isMapped = mapFields !== undefined && (noted & reading.watchedBit) !== 0
  if (finish.length === 0) {
    const lines = isMapped ? linesOf(mapFields(fieldsOf(forwardable), exchange)) : forwardable
    return `${lines}${noted === 0 ? reading.addedLines : reading.linesWithout(noted)}${own}`
  }
  const mapped = isMapped ? mapFields(headers, exchange) : headers
  const finishing = { status, headers: editFields(mapped, edit) }
  for (let i = 0; i < finish.length; i++) finish[i]!(finishing, exchange)
  return `${linesOf(finishing.headers)}${own}`
}

/** The fields of an interim reply: of those that are watched for, as in the final one. */
export function interimLines(
  { forwardable, noted }: CallReplyHead,
  { mapFields, reading }: LinkedOperation,
  exchange: Exchange,
): string {
  if (mapFields === undefined || (noted & reading.watchedBit) === 0) return forwardable
  return linesOf(mapFields(fieldsOf(forwardable), exchange))
}

/** The fields of a reply of the gateway's own. */
export function ownReplyLines(
  headers: readonly string[],
  length: number | 'none',
  id: string,
  httpDate: () => string,
): string {
  const lengthLine = length === 'none' ? '' : `Content-Length: ${length}\r\n`
  return `${linesOf(headers)}${lengthLine}Date: ${httpDate()}\r\nX-Request-Id: ${id}\r\n`
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
  const proto = peer.isSecure === true ? 'https' : 'http'
  const forwarding = compileForwarding({ peer, proto, isTrusted, pseudonym, believed })
  peer.memo = { snapshot, forwarding } satisfies Remembered
  return forwarding
}
