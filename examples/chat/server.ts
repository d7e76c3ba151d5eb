// The chat over HTTP: which operation a request means, who calls, and the bytes of the reply. What
// a gateway does better (limits, idempotency, checking the contract) is left to the gateway.
import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http'
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { callerOf } from './caller.ts'
import { seedDemo } from './demo.ts'
import { eventReader } from './events.ts'
import type { Reader } from './feed.ts'
import { grpcServer } from './grpc.ts'
import { invalid } from './input.ts'
import { pageFile } from './page.ts'
import { errorReply, isRefusal, refuse, type Refusal, type Reply } from './reply.ts'
import { createService, type OperationId, type Service, type World } from './service.ts'
import { openSocket, upgradeRequired } from './socket.ts'
import { openStore, type Store } from './store.ts'

export interface Chat {
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void
  /** Whether an upgrade is wanted that there is. */
  readonly takesUpgrade: (request: IncomingMessage) => boolean
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
  /** A call of the gRPC service. */
  readonly call: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void
  /** How many listen, in all ways. */
  readonly readerCount: () => number
  /** Ends whoever listens: they come back to another process, or later. */
  readonly endStreams: () => void
  readonly close: () => void
}

const bodyBytesMax = 64 * 1024

const utf8 = new TextDecoder('utf-8', { fatal: true })

type Route = OperationId | 'streamMessages' | 'openSocket' | 'readPage'

/** The contract's paths; `*` stands for an id. */
const routes: Readonly<Record<string, Readonly<Record<string, Route>>>> = {
  '/v1/channels': { GET: 'listChannels', POST: 'createChannel' },
  '/v1/channels/*': { GET: 'getChannel', PUT: 'replaceChannel', PATCH: 'updateChannel' },
  '/v1/channels/*/messages': { GET: 'listMessages', POST: 'sendMessage' },
  '/v1/channels/*/messages/stream': { GET: 'streamMessages' },
  '/v1/channels/*/socket': { GET: 'openSocket' },
  '/v1/messages/*': { DELETE: 'deleteMessage' },
  '/v1/messages/*/translate': { POST: 'translateMessage' },
  '/v1/users/*/channels': { GET: 'listUserChannels' },
  '/v1/users/*/messages': { GET: 'listUserMessages' },
  '/v1/app': { GET: 'readPage' },
  '/v1/app/*': { GET: 'readPage' },
}

/** Path up to an id, the id, the path after it, and the query. */
const targetParts = /^(\/v1\/\w+\/?)([^/?]*)([^?]*)\??(.*)$/s

const systemWorld: World = {
  epochMs: Date.now,
  newId: (prefix) => `${prefix}_${randomBytes(8).toString('hex')}`,
}

/** What answers a request: the rules, and who is known. */
interface Parts {
  readonly service: Service
  readonly store: Store
}

/** Opens the database (a file, or `:memory:`), with the demonstration data on its first start. */
export function createChat({ database, world = systemWorld }: ChatOptions): Chat {
  const store = openStore(database)
  seedDemo(store)
  const service = createService(store, world)
  const parts = { service, store }
  return {
    handle: (request, response) => void respond(parts, request, response),
    takesUpgrade: (request) => targetOf(request).operation === 'openSocket',
    upgrade: (request, socket, head) => upgrade(parts, request, socket, head),
    call: grpcServer(service, store),
    readerCount: service.readerCount,
    endStreams: service.close,
    close: () => {
      service.close()
      store.close()
    },
  }
}

export interface ChatOptions {
  readonly database: string
  readonly world?: World
}

/** The chat of the moment behind HTTP/1.1: the test of the chat takes a new one for each test. */
export function httpServer(chat: () => Chat): Server {
  const options = {
    shouldUpgradeCallback: (request: IncomingMessage) => chat().takesUpgrade(request),
  }
  return createServer(options, (request, response) => chat().handle(request, response)).on(
    'upgrade',
    (request, socket, head) => chat().upgrade(request, socket, head),
  )
}

async function respond(
  parts: Parts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const requestId = requestIdOf(request)
  try {
    const outcome = await answer(parts, request, response, requestId)
    if (outcome !== undefined) send(response, outcome, requestId)
  } catch (error) {
    if (request.errored) return // The client went away: nobody is left to answer.
    console.error(error)
    send(response, refuse('INTERNAL_ERROR', 'The service failed.'), requestId)
  }
}

/** Undefined where the reply is a stream, which has begun. */
async function answer(
  { service, store }: Parts,
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
): Promise<Reply | Refusal | undefined> {
  const { methods, operation, id, query } = targetOf(request)
  if (methods === undefined) return refuse('NOT_FOUND', 'There is nothing at this path.')
  if (operation === undefined) {
    const Allow = Object.keys(methods).join(', ')
    return refuse('METHOD_NOT_ALLOWED', `This path takes ${Allow}.`, { headers: { Allow } })
  }
  if (operation === 'readPage') return pageFile(id)
  const caller = callerOf(store, request.headers)
  if (isRefusal(caller)) return caller
  if (operation === 'openSocket') return upgradeRequired()
  if (operation === 'streamMessages') {
    const reader = eventReader(caller, response, requestId)
    return stream(service, id, reader, request, response)
  }
  const body = await readJson(request)
  if (body !== undefined && isRefusal(body)) return body
  return service[operation]({ caller, id, query, body: body?.json })
}

function targetOf(request: IncomingMessage) {
  const [, path = '', id = '', rest = '', query = ''] = targetParts.exec(request.url ?? '') ?? []
  const methods = routes[`${path}${id && '*'}${rest}`]
  const operation = methods?.[request.method === 'HEAD' ? 'GET' : (request.method ?? '')]
  return { methods, operation, id, query: new URLSearchParams(query) }
}

function stream(
  service: Service,
  channelId: string,
  reader: Reader,
  request: IncomingMessage,
  response: ServerResponse,
): Refusal | undefined {
  const cursor = request.headers['last-event-id']?.toString()
  const cursorIn = ['header', 'Last-Event-ID'] as const
  const leave = service.listen({ channelId, cursor, cursorIn }, reader)
  if (typeof leave !== 'function') return leave
  response.on('close', leave)
  if (request.method === 'HEAD') response.end()
  return undefined
}

/** Becomes a WebSocket, or answers why not and ends. */
function upgrade(
  { service, store }: Parts,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  socket.on('error', () => socket.destroy())
  socket.unshift(head)
  const { id: channelId, query } = targetOf(request)
  const requestId = requestIdOf(request)
  const caller = callerOf(store, request.headers)
  const cursor = query.get('cursor') ?? undefined
  const refusal = isRefusal(caller)
    ? caller
    : openSocket({ service, caller, channelId, cursor, request, requestId, socket })
  if (refusal === undefined) return
  const response = new ServerResponse(request)
  response.assignSocket(socket as Socket)
  response.shouldKeepAlive = false
  response.on('finish', () => socket.end())
  send(response, refusal, requestId)
}

/** The body's JSON value in a wrapper, undefined where there is no body. */
async function readJson(
  request: IncomingMessage,
): Promise<{ json: unknown } | Refusal | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes <= bodyBytesMax) chunks.push(chunk)
  }
  if (bytes > bodyBytesMax) return refuse('CONTENT_TOO_LARGE', `More than ${bodyBytesMax} bytes.`)
  if (bytes === 0) return undefined
  try {
    return { json: JSON.parse(utf8.decode(Buffer.concat(chunks))) }
  } catch {
    return invalid('body', '', 'invalid_json', 'The body must be JSON in UTF-8.')
  }
}

function send(response: ServerResponse, outcome: Reply | Refusal, requestId: string): void {
  const reply = isRefusal(outcome) ? errorReply(outcome, requestId) : outcome
  const body = bytesOf(reply.body)
  response.writeHead(reply.status, {
    ...(body !== undefined && {
      'Content-Type': 'application/json',
      'Content-Length': body.length,
    }),
    ...reply.headers,
    'X-Request-Id': requestId,
  })
  response.end(body)
}

function bytesOf(body: unknown): Buffer | undefined {
  if (body === undefined || body instanceof Buffer) return body
  return Buffer.from(JSON.stringify(body))
}

/** The id that a gateway gave the request, so that both logs can be joined; else one of our own. */
function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id']
  if (typeof given === 'string' && /^[\w.-]{1,64}$/.test(given)) return given
  return randomBytes(16).toString('hex')
}
