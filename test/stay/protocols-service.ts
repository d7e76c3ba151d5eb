// What stands behind the clients of every protocol: replies that say what was asked, WebSockets that
// say everything again, events that go on where the last connection ended. In HTTP/1.1 and HTTP/2.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttp2, type Http2ServerRequest } from 'node:http2'
import type { AddressInfo, Server, Socket } from 'node:net'
import { WebSocketServer } from 'ws'

const eventGapMs = 10

export class ProtocolsService implements AsyncDisposable {
  readonly near: string
  /** Asked in HTTP/2. */
  readonly far: string
  readonly #servers: readonly Server[]
  readonly #sockets = new Set<Socket>()

  private constructor(servers: readonly Server[]) {
    const ports = servers.map((server) => (server.address() as AddressInfo).port)
    this.#servers = servers
    this.near = `http://127.0.0.1:${ports[0]}`
    this.far = `h2c://127.0.0.1:${ports[1]}`
    for (const server of servers) {
      server.on('connection', (socket: Socket) => {
        this.#sockets.add(socket)
        socket.on('close', () => this.#sockets.delete(socket))
      })
    }
  }

  static async open(): Promise<ProtocolsService> {
    const near = createServer((request, response) => {
      if (request.url!.startsWith('/events')) tellEvents(request, response)
      else void answer(request, response)
    })
    const sockets = new WebSocketServer({ server: near, clientTracking: false })
    sockets.on('connection', (socket) => {
      socket.on('error', () => {})
      socket.on('message', (said, isBinary) => socket.send(said, { binary: isBinary }))
    })
    const far = createHttp2((request, response) => {
      void answer(request, response as unknown as ServerResponse)
    })
    for (const server of [near, far]) {
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
    }
    return new ProtocolsService([near, far])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    for (const server of this.#servers) server.close()
  }
}

/** The path and, of a body, how many bytes came. */
async function answer(
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse,
): Promise<void> {
  let bytes = 0
  try {
    for await (const piece of request) bytes += (piece as Buffer).length
  } catch {
    return
  }
  const body = JSON.stringify({ path: request.url, bytes })
  response.writeHead(200, { 'content-type': 'application/json' }).end(body)
}

/** Numbers in order, from behind the last one that the client had. */
function tellEvents(request: IncomingMessage, response: ServerResponse): void {
  let next = Number(request.headers['last-event-id'] ?? 0) + 1
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const timer = setInterval(() => {
    response.write(`id: ${next}\nda`)
    response.write(`ta: ${next++}\n\n`)
  }, eventGapMs)
  response.on('close', () => clearInterval(timer))
}
