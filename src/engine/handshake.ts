// The handshake of a WebSocket between a client and an endpoint, each of which may speak HTTP/1.1
// or HTTP/2 (RFC 6455 §4, RFC 8441 §5). Each side has its own: what one of them offered, the other
// must have been able to take. Of extensions permessage-deflate alone is let through: what others
// make of frames nobody here knows.
import { hash, randomBytes } from 'node:crypto'
import { headerValue, type RequestHead } from '../http.ts'
import type { CallReplyHead } from '../wire.ts'

/** What the two ends agreed upon. */
export interface Agreed {
  readonly isDeflated: boolean
}

const extensionsLine = /^sec-websocket-extensions:[ \t]*(.*)\r\n/gim
const protocolLine = /^sec-websocket-protocol:[ \t]*(.*)\r\n/gim
const keyLine = /^sec-websocket-key:[ \t]*(\S*)[ \t]*\r\n/im
const versionLine = /^sec-websocket-version:/im
const acceptLine = /^sec-websocket-accept:[ \t]*(\S*)[ \t]*\r\n/gim

export class Handshake {
  /** The head of the request, with an offer that the gateway can hold to. */
  readonly head: string
  readonly #accept: string
  readonly #protocols: readonly string[]
  readonly #offersDeflate: boolean
  readonly #clientKey: string | undefined

  /** Where messages are looked into, they must come as they are. */
  constructor(request: RequestHead, head: string, looksInside: boolean) {
    const offers = membersOf(head, extensionsLine).filter(isDeflate)
    const taken = looksInside ? [] : offers
    const key = keyLine.exec(head)?.[1]
    const ownKey = key ?? randomBytes(16).toString('base64')
    this.head = withLines(head.replace(extensionsLine, ''), [
      ...taken.map((offer) => `Sec-WebSocket-Extensions: ${offer}`),
      ...(key === undefined ? [`Sec-WebSocket-Key: ${ownKey}`] : []),
      ...(versionLine.test(head) ? [] : ['Sec-WebSocket-Version: 13']),
    ])
    this.#accept = acceptOf(ownKey)
    this.#protocols = membersOf(head, protocolLine)
    this.#offersDeflate = taken.length > 0
    this.#clientKey = headerValue(request.headers, 'sec-websocket-key')
  }

  /** What an endpoint that took the upgrade agreed upon, or why it did not take this one. */
  judge({ forwardable }: CallReplyHead): Agreed | string {
    const accepts = [...forwardable.matchAll(acceptLine)].map(([, accept]) => accept)
    if (accepts.length !== 1 || accepts[0] !== this.#accept) {
      return 'Sec-WebSocket-Accept does not answer the key'
    }
    const protocols = membersOf(forwardable, protocolLine)
    if (protocols.length > 1 || protocols.some((one) => !this.#protocols.includes(one))) {
      return 'the subprotocol was not offered'
    }
    const extensions = membersOf(forwardable, extensionsLine)
    const isOffered = extensions.every((one) => isDeflate(one) && this.#offersDeflate)
    if (extensions.length > 1 || !isOffered) return 'the extension was not offered'
    return { isDeflated: extensions.length > 0 }
  }

  /** The reply as the client gets it: over HTTP/1.1 with the answer to its own key. */
  reply(head: CallReplyHead): CallReplyHead {
    const key = this.#clientKey
    const answer = key === undefined ? [] : ['Sec-WebSocket-Accept', acceptOf(key)]
    const line = key === undefined ? '' : `Sec-WebSocket-Accept: ${answer[1]}\r\n`
    return {
      ...head,
      headers: [...withoutAccept(head.headers), ...answer],
      forwardable: head.forwardable.replace(acceptLine, '') + line,
    }
  }
}

/** RFC 6455 §4.2.2. */
const acceptOf = (key: string): string =>
  hash('sha1', `${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`, 'base64')

const isDeflate = (extension: string): boolean =>
  /^permessage-deflate[ \t]*(?:;|$)/i.test(extension)

/** The members of a list, which may stand on several lines (RFC 9110 §5.6.1). */
function membersOf(head: string, line: RegExp): string[] {
  const values = [...head.matchAll(line)].map(([, value]) => value!)
  return values
    .flatMap((value) => value.match(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/g) ?? [])
    .map((member) => member.trim())
    .filter((member) => member !== '')
}

/** Behind the others, before the empty line. */
const withLines = (head: string, lines: readonly string[]): string =>
  lines.length === 0
    ? head
    : `${head.slice(0, -2)}${lines.map((line) => `${line}\r\n`).join('')}\r\n`

const withoutAccept = (headers: readonly string[]): string[] =>
  headers.filter((_, i) => headers[i - (i % 2)]!.toLowerCase() !== 'sec-websocket-accept')
