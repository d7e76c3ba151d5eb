// The service behind the gateway, in this thread: says who answered and what it was given, so that
// a client can tell whether both arrived as they were sent.
import { createHash, type Hash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { roomIn } from './room.ts'

/** The pieces of one download, at whatever pace. */
export type Source = (id: string) => AsyncIterable<Buffer>

export const serviceField = 'x-service'

export class Service implements AsyncDisposable {
  readonly name: string
  readonly #server: Server
  readonly #source: Source
  readonly #scheme: 'http' | 'https'

  constructor(name: string, source: Source, tls: ServerOptions | undefined) {
    this.name = name
    this.#source = source
    this.#scheme = tls === undefined ? 'http' : 'https'
    const serve = (request: IncomingMessage, response: ServerResponse) =>
      this.#serve(request, response)
    this.#server = tls === undefined ? createServer(serve) : createSecureServer(tls, serve)
    // It never closes a connection by itself: what ends, the gateway has ended.
    this.#server.keepAliveTimeout = 0
    this.#server.requestTimeout = 0
  }

  static async open(
    name: string,
    source: Source = noSource,
    tls?: ServerOptions,
  ): Promise<Service> {
    const service = new Service(name, source, tls)
    await new Promise<void>((done) => service.#server.listen(0, '127.0.0.1', 4_096, done))
    return service
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? ''
    response.on('error', () => {})
    const file = /^\/(?:\w+-)?files\/(\w+)$/.exec(path)?.[1]
    if (request.method === 'GET' && file !== undefined) {
      void this.#download(file, response)
      return
    }
    const hash = createHash('sha256')
    let bytes = 0
    request.on('data', (piece: Buffer) => {
      hash.update(piece)
      bytes += piece.length
    })
    request.on('error', () => {})
    request.on('end', () => this.#tell(request, response, hash, bytes))
  }

  #tell(request: IncomingMessage, response: ServerResponse, hash: Hash, bytes: number): void {
    const body = JSON.stringify({
      path: request.url,
      bytes,
      sha256: hash.digest('hex'),
      fields: request.headers,
      peer: nameOf(request),
    })
    response.writeHead(request.method === 'POST' ? 201 : 200, {
      [serviceField]: this.name,
      'content-type': 'application/json',
      'content-length': body.length,
    })
    response.end(body)
  }

  /** In chunks; the end of the body tells what came before it. */
  async #download(id: string, response: ServerResponse): Promise<void> {
    const hash = createHash('sha256')
    response.writeHead(200, {
      [serviceField]: this.name,
      'content-type': 'application/octet-stream',
    })
    for await (const piece of this.#source(id)) {
      if (response.destroyed) return
      hash.update(piece)
      if (!response.write(piece)) await roomIn(response)
    }
    response.end(hash.digest())
  }
}

/** What the certificate of who asks says; undefined: it showed none. */
function nameOf({ socket }: IncomingMessage): string | undefined {
  const name = (socket as Partial<TLSSocket>).getPeerCertificate?.().subject?.CN
  return Array.isArray(name) ? name[0] : name
}

/** Bytes of the hash that ends a download. */
export const hashBytes = 32

async function* noSource(): AsyncGenerator<Buffer> {}
