// A service of each protocol, Node's own, that does what its path says: `behaviours` lists them.
import { once } from 'node:events'
import {
  createServer as createServer1,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import {
  createServer as createServer2,
  type Http2Server,
  type Http2ServerRequest,
  type ServerHttp2Session,
} from 'node:http2'
import type { TestContext } from 'node:test'

type Request = IncomingMessage | Http2ServerRequest
/** Node's two kinds have the same methods, but for their types. */
type Response = ServerResponse

/** What a service has noticed of the exchange under way. */
export interface Noticed {
  requests: number
  /** Bytes of bodies that it got, and those that it could write. */
  readBytes: number
  writtenBytes: number
  /** Exchanges that ended before they were whole. */
  aborted: number
  last:
    | { readonly headers: Request['headers']; readonly method: string; readonly url: string }
    | undefined
  trailers: Request['trailers']
}

export interface Service {
  /** For `--to`. */
  readonly url: string
  readonly noticed: Noticed
}

export interface ServiceKind {
  readonly name: string
  readonly version: '1.1' | '2'
  readonly open: (t: TestContext) => Promise<Service>
}

export const serviceKinds: readonly ServiceKind[] = [
  { name: 'HTTP/1.1', version: '1.1', open: openHttp1 },
  { name: 'HTTP/2', version: '2', open: openHttp2 },
]

async function openHttp1(t: TestContext): Promise<Service> {
  const noticed = nothing()
  const server: Server = createServer1((request, response) => behave(request, response, noticed))
  server.on('checkContinue', (request, response) => {
    response.writeContinue()
    behave(request, response, noticed)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${portOf(server)}`, noticed }
}

async function openHttp2(t: TestContext): Promise<Service> {
  const noticed = nothing()
  const sessions = new Set<ServerHttp2Session>()
  const server: Http2Server = createServer2((request, response) =>
    behave(request, response as unknown as Response, noticed),
  )
  server.on('session', (session) => {
    sessions.add(session)
    session.on('error', () => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const session of sessions) session.destroy()
    server.close()
  })
  return { url: `h2c://127.0.0.1:${portOf(server)}`, noticed }
}

const portOf = (server: Server | Http2Server): number => (server.address() as { port: number }).port

const nothing = (): Noticed => ({
  requests: 0,
  readBytes: 0,
  writtenBytes: 0,
  aborted: 0,
  last: undefined,
  trailers: {},
})

type Behaviour = (request: Request, response: Response, noticed: Noticed) => void

/** What is sent where only its size counts. */
export const pieceBytes = 16 * 1024
const piece = Buffer.alloc(pieceBytes, 'x')

const behaviours: Readonly<Record<string, Behaviour>> = {
  /** The body comes back, its trailers as one field of the reply's. */
  '/echo'(request, response, noticed) {
    response.writeHead(200, { 'content-type': 'application/octet-stream', trailer: 'x-got' })
    request.on('data', (bytes: Buffer) => {
      noticed.readBytes += bytes.length
      if (!response.write(bytes)) request.pause()
    })
    response.on('drain', () => request.resume())
    request.on('end', () => {
      noticed.trailers = request.trailers
      response.addTrailers({ 'x-got': String(noticed.readBytes) })
      response.end()
    })
  },
  '/sized'(request, response) {
    request.resume()
    response.writeHead(200, {
      'content-length': '5',
      'set-cookie': ['a=1', 'b=2'],
      'x-b': '2',
      'x-a': '1',
    })
    response.end('hello')
  },
  '/none'(request, response) {
    request.resume()
    response.writeHead(204)
    response.end()
  },
  '/unchanged'(request, response) {
    request.resume()
    response.writeHead(304, { etag: '"1"' })
    response.end()
  },
  /** Hints first. */
  '/hinted'(request, response) {
    request.resume()
    response.writeEarlyHints({ link: '</style.css>; rel=preload' })
    response.end('hinted')
  },
  /** 64 MB, as fast as they are taken. */
  '/large'(request, response, noticed) {
    request.resume()
    const bytesMax = 64 * 1024 * 1024
    const go = () => {
      while (noticed.writtenBytes < bytesMax) {
        noticed.writtenBytes += pieceBytes
        if (!response.write(piece)) return
      }
      response.end()
    }
    response.on('drain', go)
    response.writeHead(200)
    go()
  },
  /** The head of a body that never ends by itself, and a first piece. */
  '/begun'(request, response) {
    request.resume()
    response.writeHead(200)
    response.write('begun')
  },
  /** Reads nothing until it is told to, which is never. */
  '/deaf'(request) {
    request.pause()
  },
  /** Says no before it has read anything. */
  '/early'(_request, response) {
    response.writeHead(403, { 'content-length': '5' })
    response.end('early')
  },
  '/silent'(request) {
    request.resume()
  },
  '/breaks-before'(request) {
    request.resume()
    cut(request)
  },
  '/breaks-within'(request, response) {
    request.resume()
    response.writeHead(200, { 'content-length': '100' })
    response.write('half')
    // Later: the half must have left.
    setImmediate(() => setImmediate(() => cut(request)))
  },
}

function behave(request: Request, response: Response, noticed: Noticed): void {
  const { headers, method = '', url = '' } = request
  noticed.requests++
  noticed.last = { headers, method, url }
  request.on('error', () => undefined)
  response.on('error', () => undefined)
  response.on('close', () => {
    const isWhole = 'stream' in request ? request.stream.rstCode === 0 : response.writableFinished
    if (!isWhole) noticed.aborted++
  })
  const behaviour = behaviours[url.split('?', 1)[0]!]
  if (behaviour !== undefined) return behaviour(request, response, noticed)
  response.writeHead(404)
  response.end()
}

function cut(request: Request): void {
  if ('stream' in request) request.stream.close(2)
  else request.socket.destroy()
}
