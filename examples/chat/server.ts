// The chat over HTTP: which operation a request means, who calls, and the bytes of the reply. What
// a gateway does better (limits, idempotency, checking the contract) is left to the gateway.
import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { credentialHash, seedDemo } from './demo.ts'
import { invalid } from './input.ts'
import { errorReply, isRefusal, refuse, type Refusal, type Reply } from './reply.ts'
import {
  type Caller,
  createService,
  type OperationId,
  type Service,
  type World,
} from './service.ts'
import { openStore, type Store } from './store.ts'

export interface Chat {
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void
  readonly close: () => void
}

const bodyBytesMax = 64 * 1024

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** The contract's paths; `*` stands for an id. */
const routes: Readonly<Record<string, Readonly<Record<string, OperationId>>>> = {
  '/v1/channels': { GET: 'listChannels', POST: 'createChannel' },
  '/v1/channels/*': { GET: 'getChannel', PUT: 'replaceChannel', PATCH: 'updateChannel' },
  '/v1/channels/*/messages': { GET: 'listMessages', POST: 'sendMessage' },
  '/v1/messages/*': { DELETE: 'deleteMessage' },
  '/v1/messages/*/translate': { POST: 'translateMessage' },
  '/v1/users/*/channels': { GET: 'listUserChannels' },
  '/v1/users/*/messages': { GET: 'listUserMessages' },
}

/** Path up to an id, the id, the path after it, and the query. */
const targetParts = /^(\/v1\/\w+\/?)([^/?]*)([^?]*)\??(.*)$/s

const systemWorld: World = {
  epochMs: Date.now,
  newId: (prefix) => `${prefix}_${randomBytes(8).toString('hex')}`,
}

/** Opens the database (a file, or `:memory:`), with the demonstration data on its first start. */
export function createChat({ database, world = systemWorld }: ChatOptions): Chat {
  const store = openStore(database)
  seedDemo(store)
  const service = createService(store, world)
  return {
    handle: (request, response) => void respond(service, store, request, response),
    close: () => store.close(),
  }
}

export interface ChatOptions {
  readonly database: string
  readonly world?: World
}

async function respond(
  service: Service,
  store: Store,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const requestId = requestIdOf(request)
  try {
    send(response, await answer(service, store, request), requestId)
  } catch (error) {
    if (request.errored) return // The client went away: nobody is left to answer.
    console.error(error)
    send(response, refuse('INTERNAL_ERROR', 'The service failed.'), requestId)
  }
}

async function answer(
  service: Service,
  store: Store,
  request: IncomingMessage,
): Promise<Reply | Refusal> {
  const [, path = '', id = '', rest = '', query = ''] = targetParts.exec(request.url ?? '') ?? []
  const methods = routes[`${path}${id && '*'}${rest}`]
  if (methods === undefined) return refuse('NOT_FOUND', 'There is nothing at this path.')
  const operation = methods[request.method === 'HEAD' ? 'GET' : (request.method ?? '')]
  if (operation === undefined) {
    const Allow = Object.keys(methods).join(', ')
    return refuse('METHOD_NOT_ALLOWED', `This path takes ${Allow}.`, { headers: { Allow } })
  }
  const caller = callerOf(store, request)
  if (caller === undefined) {
    const headers = { 'WWW-Authenticate': 'Bearer' }
    return refuse('UNAUTHENTICATED', 'A known token or service key is required.', { headers })
  }
  const body = await readJson(request)
  if (body !== undefined && isRefusal(body)) return body
  return service[operation]({ caller, id, query: new URLSearchParams(query), body: body?.json })
}

function callerOf(store: Store, request: IncomingMessage): Caller | undefined {
  const key = request.headers['x-api-key']
  if (typeof key === 'string') {
    const name = store.serviceOfKey(credentialHash(key))
    return name === undefined ? undefined : { kind: 'service', name }
  }
  const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
  const userId = token === undefined ? undefined : store.userOfToken(credentialHash(token))
  return userId === undefined ? undefined : { kind: 'user', userId }
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
  const body = reply.body === undefined ? undefined : JSON.stringify(reply.body)
  response.writeHead(reply.status, {
    ...reply.headers,
    'X-Request-Id': requestId,
    ...(body !== undefined && {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
    }),
  })
  response.end(body)
}

/** The id that a gateway gave the request, so that both logs can be joined; else one of our own. */
function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id']
  if (typeof given === 'string' && /^[\w.-]{1,64}$/.test(given)) return given
  return randomBytes(16).toString('hex')
}
