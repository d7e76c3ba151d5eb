// The service behind the gateway, in this thread: says who answered and what it was given, so that
// a client can tell whether both arrived as they were sent.
import { createHash, type Hash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { roomIn } from './room.ts'

/** The pieces of one download, at whatever pace. */
export type Source = (id: string) => AsyncIterable<Buffer>

export const serviceField = 'x-service'

export class Service implements AsyncDisposable {
  readonly name: string
  readonly #server: Server
  readonly #source: Source

  constructor(name: string, source: Source) {
    this.name = name
    this.#source = source
    this.#server = createServer((request, response) => this.#serve(request, response))
    // It never closes a connection by itself: what ends, the gateway has ended.
    this.#server.keepAliveTimeout = 0
    this.#server.requestTimeout = 0
  }

  static async open(name: string, source: Source = noSource): Promise<Service> {
    const service = new Service(name, source)
    await new Promise<void>((done) => service.#server.listen(0, '127.0.0.1', 4_096, done))
    return service
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? ''
    response.on('error', () => {})
    if (request.method === 'GET' && path.startsWith('/files/')) {
      void this.#download(path.slice('/files/'.length), response)
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
    const body = JSON.stringify({ path: request.url, bytes, sha256: hash.digest('hex') })
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

/** Bytes of the hash that ends a download. */
export const hashBytes = 32

async function* noSource(): AsyncGenerator<Buffer> {}
