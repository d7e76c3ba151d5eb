// Forward authentication: another proxy asks whether it may pass a request on. What it asks about
// stands in `X-Forwarded-*` fields, so it is believed from trusted hops alone; the rest of its
// fields are the client's own. The exchange runs as any other, up to where it would be sent.
import { type Refusal, refuse } from '../base.ts'
import {
  type BodyLength,
  type RequestLength,
  headerValues,
  type Piece,
  type RequestHead,
  type Stream,
  type StreamEvents,
  type StreamPeer,
} from '../http.ts'
import { isAuthorityText } from './request-fields.ts'
import type { Snapshot } from './snapshot.ts'

/** Where proxies ask; below it a proxy that understands fewer statuses has a path of its own. */
const askingPath = '/.concordat/auth'
const nginxPath = '/.concordat/auth/nginx'

/** The status of a refusal for a proxy that takes 401 and 403 alone. */
const statusField = 'X-Concordat-Status'
/** The body of it, for that proxy drops bodies. */
const bodyField = 'X-Concordat-Body'
/** nginx takes heads of 4 kB, and fails on longer ones. */
const bodyCharsMax = 3_000

/** What is asked, as a stream whose head is that of the request in question. */
export function askedStream(
  stream: Stream,
  { plan, isTrustedHop }: Pick<Snapshot, 'plan' | 'isTrustedHop'>,
): Stream | Refusal | undefined {
  const { path } = stream.head
  if (path !== askingPath && path !== nginxPath) return undefined
  if (!isTrustedHop(stream.peer.address)) return undefined
  const head = askedHead(stream.head, plan.limits.uriBytesMax)
  if (typeof head === 'string') return refuse('MALFORMED_REQUEST', head)
  return path === nginxPath ? new NginxStream(stream, head) : new AskedStream(stream, head)
}

function askedHead(head: RequestHead, uriBytesMax: number): RequestHead | string {
  const { headers } = head
  const [method, secondMethod] = headerValues(headers, 'x-forwarded-method')
  const [target, secondTarget] = headerValues(headers, 'x-forwarded-uri')
  const [host = head.host, secondHost] = headerValues(headers, 'x-forwarded-host')
  if (method === undefined || secondMethod !== undefined || !/^[A-Z][A-Z-]{0,31}$/.test(method)) {
    return 'X-Forwarded-Method holds the method of the request, once.'
  }
  if (target === undefined || secondTarget !== undefined || !/^\/[!-"$-~]*$/.test(target)) {
    return 'X-Forwarded-Uri holds the path and query of the request, once.'
  }
  if (target.length > uriBytesMax) return 'X-Forwarded-Uri is longer than a target may be.'
  if (secondHost !== undefined || !isAuthorityText(host)) {
    return 'X-Forwarded-Host holds a host, once.'
  }
  const mark = target.indexOf('?')
  return {
    method,
    target,
    path: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? undefined : target.slice(mark + 1),
    host,
    version: head.version,
    headers,
    bodyLength: bodyLengthOf(method, headers),
  }
}

/** Bodies are not asked about: that there is one shows only in its type. */
const bodyLengthOf = (method: string, headers: RequestHead['headers']): RequestLength =>
  method !== 'GET' && method !== 'HEAD' && headerValues(headers, 'content-type').length > 0
    ? 'streamed'
    : 'none'

class AskedStream implements Stream {
  readonly head: RequestHead
  readonly asksOnly = true
  readonly forwardable = ''
  readonly takesTrailers = false
  protected readonly own: Stream

  constructor(own: Stream, head: RequestHead) {
    this.own = own
    this.head = head
  }

  get peer(): StreamPeer {
    return this.own.peer
  }

  attach(events: StreamEvents): void {
    this.own.attach(events)
  }

  readBody(): void {
    this.own.readBody()
  }

  pauseBody(): void {
    this.own.pauseBody()
  }

  sendInterim(): void {}

  sendHead(statusText: string, lines: string, length: BodyLength): void {
    this.own.sendHead(statusText, lines, length)
  }

  /** A HEAD is asked about like any other, but who asks by HEAD gets no body. */
  sendPiece(piece: Piece): boolean {
    return this.own.head.method === 'HEAD' || this.own.sendPiece(piece)
  }

  sendEnd(trailers: readonly string[]): void {
    this.own.sendEnd(trailers)
  }

  cut(): void {
    this.own.cut()
  }
}

/** nginx takes 2xx, 401 and 403 from whom it asks, fails on all else, and reads no body. */
class NginxStream extends AskedStream {
  #refusal: { readonly statusText: string; readonly lines: string } | undefined

  override sendHead(statusText: string, lines: string, length: BodyLength): void {
    if (statusText.startsWith('2')) this.own.sendHead(statusText, lines, length)
    // What it says is told with the body, which follows at once.
    else this.#refusal = { statusText, lines }
  }

  override sendPiece(piece: Piece): boolean {
    if (this.#refusal === undefined) return super.sendPiece(piece)
    const { statusText, lines } = this.#refusal
    this.#refusal = undefined
    const text = typeof piece === 'string' ? piece : piece.toString('utf8')
    const status = statusText.slice(0, 3)
    const own = status === '401' ? '401 Unauthorized' : '403 Forbidden'
    const fields = `${statusField}: ${status}\r\n${bodyField}: ${asField(text)}\r\n`
    this.own.sendHead(own, lines + fields, piece.length)
    return super.sendPiece(piece)
  }
}

/** The body of a refusal as the value of a field; what makes it too long is left out. */
function asField(json: string): string {
  const whole = inAscii(json)
  if (whole.length <= bodyCharsMax) return whole
  const body = JSON.parse(json) as { error?: object }
  const brief = inAscii(
    JSON.stringify(body.error === undefined ? brieflyOf(body) : { error: brieflyOf(body.error) }),
  )
  return brief.length <= bodyCharsMax ? brief : '{}'
}

const brieflyOf = (body: object): object => ({ ...body, details: undefined })

const inAscii = (json: string): string =>
  json.replaceAll(/[^ -~]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)
