// Clients of each protocol as one: a request is a writable, its reply a readable. They are Node's
// own, so that the gateway is read by other eyes than those that wrote it.
import { Agent, type ClientRequest, type IncomingMessage, request as ask1 } from 'node:http'
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
} from 'node:http2'
import { connect as connectCarrier, type Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import { connect as startTls } from 'node:tls'

export interface Asked {
  readonly method?: string
  readonly path: string
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string | string[]>>
  /** Whether a body follows, to be written to `body`. */
  readonly hasBody?: boolean
  readonly trailers?: Readonly<Record<string, string>>
}

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Readable
  /** Once the body has ended. */
  readonly trailers: () => Readonly<Record<string, string | string[] | undefined>>
}

export interface Exchange {
  readonly body: Writable
  /** Rejects where none comes. */
  readonly reply: Promise<Reply>
  /** Statuses of interim replies so far. */
  readonly interims: readonly number[]
  /** Leaves it as it stands. */
  readonly abort: () => void
}

export interface Client {
  ask(asked: Asked): Exchange
  close(): void
}

export interface Where {
  readonly port: number
  readonly tlsPort: number
  /** PEM of who signed the gateway's certificate. */
  readonly ca: string
}

export interface ClientKind {
  readonly name: string
  readonly version: '1.1' | '2' | '3'
  /** Of what it can send and take; undefined: the largest that is tried. */
  readonly bodyBytesMax?: number
  /** Exchanges of the suite that the client itself cannot make, each with the reason. */
  readonly lacks?: Readonly<Record<string, string>>
  readonly open: (where: Where) => Client | Promise<Client>
}

export const clientKinds: readonly ClientKind[] = [
  { name: 'HTTP/1.1', version: '1.1', open: ({ port }) => new Http1Client({ port }) },
  {
    name: 'HTTP/1.1 over TLS',
    version: '1.1',
    open: ({ tlsPort, ca }) => new Http1Client({ port: tlsPort, ca }),
  },
  {
    name: 'h2c',
    version: '2',
    open: ({ port }) => new Http2Client(connect(`http://127.0.0.1:${port}`)),
  },
  {
    name: 'HTTP/2',
    version: '2',
    open: ({ tlsPort, ca }) => new Http2Client(connect(`https://localhost:${tlsPort}`, { ca })),
  },
]

/** Under each socket of TLS, which cannot be reset itself. */
const carriers = new WeakMap<Socket, Socket>()

function overCarrier(port: number, ca: string): Socket {
  const carrier = connectCarrier(port, '127.0.0.1')
  const socket = startTls({ socket: carrier, ca, servername: 'localhost' })
  carriers.set(socket, carrier)
  return socket
}

/** While a FIN waits Node can neither reset a socket nor close it any more: its process never ends. */
function reset(socket: Socket): void {
  const carrier = carriers.get(socket) ?? socket
  if (socket.writableEnded || carrier.writableEnded) socket.destroy()
  else carrier.resetAndDestroy()
}

class Http1Client implements Client {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 200 })
  readonly #at: { readonly port: number; readonly ca?: string }
  readonly #requests = new Set<ClientRequest>()

  constructor(at: { port: number; ca?: string }) {
    this.#at = at
  }

  ask({ method = 'GET', path, headers = {}, hasBody = false, trailers }: Asked): Exchange {
    const { port, ca } = this.#at
    const named = trailers === undefined ? {} : { trailer: Object.keys(trailers).join(', ') }
    const place = { port, method, path, headers: { host: 'api.test', ...headers, ...named } }
    const request =
      ca === undefined
        ? ask1({ ...place, host: '127.0.0.1', agent: this.#agent })
        : ask1({ ...place, createConnection: () => overCarrier(port, ca) })
    this.#requests.add(request)
    const interims: number[] = []
    request.on('information', ({ statusCode }) => interims.push(statusCode))
    const reply = new Promise<Reply>((resolve, reject) => {
      request.once('error', reject)
      request.once('response', (message: IncomingMessage) => {
        resolve({
          status: message.statusCode!,
          headers: message.headers,
          body: message,
          trailers: () => message.trailers,
        })
      })
    })
    // Whoever does not wait for the reply is told by the body.
    reply.catch(() => undefined)
    request.on('error', () => undefined)
    if (trailers !== undefined) request.addTrailers(trailers)
    if (!hasBody) request.end()
    else request.flushHeaders()
    // A FIN alone would say that no more is sent, and the reply still be wanted (RFC 9112 §9.6).
    const abort = () => request.socket && reset(request.socket)
    return { body: request, reply, interims, abort }
  }

  close(): void {
    for (const request of this.#requests) request.destroy()
    this.#agent.destroy()
  }
}

class Http2Client implements Client {
  readonly #session: ClientHttp2Session

  constructor(session: ClientHttp2Session) {
    this.#session = session
    session.on('error', () => undefined)
  }

  ask({ method = 'GET', path, headers = {}, hasBody = false, trailers }: Asked): Exchange {
    const pseudo = { ':method': method, ':path': path, ':authority': 'api.test' }
    const endStream = !hasBody
    const waitForTrailers = trailers !== undefined
    const stream = this.#session.request({ ...pseudo, ...headers }, { endStream, waitForTrailers })
    stream.on('error', () => undefined)
    stream.on('wantTrailers', () => stream.sendTrailers({ ...trailers }))
    const interims: number[] = []
    stream.on('headers', (fields) => interims.push(Number(fields[':status'])))
    const reply = replyOf(stream)
    reply.catch(() => undefined)
    return { body: stream, reply, interims, abort: () => stream.close(constants.NGHTTP2_CANCEL) }
  }

  close(): void {
    this.#session.destroy()
  }
}

function replyOf(stream: ClientHttp2Stream): Promise<Reply> {
  return new Promise((resolve, reject) => {
    let trailers: IncomingHttpHeaders = {}
    stream.once('error', reject)
    stream.once('close', () => reject(new Error(`closed with ${stream.rstCode}`)))
    stream.once('trailers', (fields) => {
      trailers = fields
    })
    stream.once('response', (headers) => {
      const status = headers[':status']!
      resolve({ status, headers, body: stream, trailers: () => trailers })
    })
  })
}
