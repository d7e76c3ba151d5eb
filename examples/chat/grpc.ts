// chat.v1.Chat: the same rules and the same store as the REST operations, for other services of the
// house. Which methods there are and how their messages look says chat.binpb.
import { readFileSync } from 'node:fs'
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import path from 'node:path'
import { createFileRegistry, fromBinary, type JsonObject, type JsonValue } from '@bufbuild/protobuf'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { callerOf } from './caller.ts'
import type { EndReason, Reader } from './feed.ts'
import { GrpcCall, Malformed, ok, type Outcome } from './grpc-call.ts'
import { isRefusal, type Refusal, type Reply } from './reply.ts'
import type { Caller, Service } from './service.ts'
import type { Channel, Message, Store } from './store.ts'

const descriptors = fromBinary(
  FileDescriptorSetSchema,
  readFileSync(path.join(import.meta.dirname, 'chat.binpb')),
)
const { methods: described } = createFileRegistry(descriptors).getService('chat.v1.Chat')!

/** What a client may send, in the JSON form of chat.proto. */
interface NewMessage {
  readonly content: string
  readonly type: string | number
}

interface Addressed {
  readonly channelId: string
  readonly message?: NewMessage
}

interface Join {
  readonly channelId: string
  readonly cursor: string
}

interface Step {
  readonly join?: Join
  readonly message?: NewMessage
}

interface Parts {
  readonly service: Service
  readonly caller: Caller
  readonly call: GrpcCall
}

/** Gives what the call ends with. */
type Method = (parts: Parts) => Promise<Outcome>

const methods: Readonly<Record<string, Method>> = {
  async SendMessage(parts) {
    const { channelId, message } = await onlyRequest<Addressed>(parts.call)
    const reply = said(parts, channelId, message)
    if (isRefusal(reply)) return outcomeOf(reply)
    parts.call.send({ message: messageJson(reply.body as Message) })
    return ok
  },

  async GetChannel({ service, caller, call }) {
    const { channelId } = await onlyRequest<Addressed>(call)
    const reply = service.getChannel({ caller, id: channelId, query: noQuery, body: undefined })
    if (isRefusal(reply)) return outcomeOf(reply)
    call.send({ channel: channelJson(reply.body as Channel) })
    return ok
  },

  async WatchMessages(parts) {
    return listened(parts, await onlyRequest<Join>(parts.call)) ?? parts.call.ended
  },

  async ImportMessages(parts) {
    let importedCount = 0
    for await (const request of parts.call.requests()) {
      const { channelId, message } = request as unknown as Addressed
      const reply = said(parts, channelId, message)
      if (isRefusal(reply)) return afterSome(outcomeOf(reply), importedCount)
      importedCount++
    }
    parts.call.send({ importedCount })
    return ok
  },

  async Converse(parts) {
    let channelId: string | undefined
    for await (const request of parts.call.requests()) {
      const { join, message } = request as unknown as Step
      if ((join === undefined) === (channelId === undefined)) return joinOnce
      const refused =
        join === undefined ? refusedIn(said(parts, channelId!, message)) : listened(parts, join)
      if (refused !== undefined) return refused
      channelId ??= join?.channelId
    }
    return ok
  },
}

const noQuery = new URLSearchParams()

const joinOnce: Outcome = {
  status: 'INVALID_ARGUMENT',
  message: 'The first request joins a channel, and no other does.',
}

const closings: Readonly<Record<EndReason, Outcome>> = {
  closing: { status: 'UNAVAILABLE', message: 'The service closes.' },
  not_a_member: { status: 'PERMISSION_DENIED', message: 'No longer a member of the channel.' },
}

/** Answers the streams of an HTTP/2 server. */
export function grpcServer(service: Service, store: Store) {
  return (stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void => {
    // A client that resets its stream, or is gone.
    stream.on('error', () => stream.destroy())
    if (!headers['content-type']?.startsWith('application/grpc')) {
      return stream.respond({ ':status': 415 }, { endStream: true })
    }
    void answer(service, store, stream, headers)
  }
}

async function answer(
  service: Service,
  store: Store,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
): Promise<void> {
  const name = /^\/chat\.v1\.Chat\/(\w+)$/.exec(String(headers[':path']))?.[1]
  const method = described.find((one) => one.name === name)
  // Of a method that is not there nothing is read: any will do to end the call.
  const call = new GrpcCall(stream, method ?? described[0]!, headers)
  if (method === undefined) return call.end({ status: 'UNIMPLEMENTED', message: 'No such method.' })
  const caller = callerOf(store, headers)
  if (isRefusal(caller)) return call.end(outcomeOf(caller))
  try {
    call.end(await methods[method.name]!({ service, caller, call }))
  } catch (error) {
    if (error instanceof Malformed) return call.end(error.outcome)
    if (stream.destroyed) return // The client went away: nobody is left to answer.
    console.error(error)
    call.end({ status: 'INTERNAL', message: 'The service failed.' })
  }
}

async function onlyRequest<T>(call: GrpcCall): Promise<T> {
  const requests: JsonValue[] = []
  for await (const request of call.requests()) {
    requests.push(request)
    if (requests.length > 1) break
  }
  if (requests.length === 1) return requests[0] as T
  throw new Malformed('INVALID_ARGUMENT', 'This method takes one message.')
}

function said(
  { service, caller }: Parts,
  channelId: string,
  message: NewMessage | undefined,
): Reply | Refusal {
  const type = types[message?.type ?? ''] ?? message?.type
  const body = { content: message?.content, type }
  return service.sendMessage({ caller, id: channelId, query: noQuery, body })
}

const types: Readonly<Record<string, Message['type']>> = {
  MESSAGE_TYPE_UNSPECIFIED: 'text',
  MESSAGE_TYPE_TEXT: 'text',
  MESSAGE_TYPE_MARKDOWN: 'markdown',
}

/** Undefined: the call hears the channel until it ends. */
function listened(
  { service, caller, call }: Parts,
  { channelId, cursor }: Join,
): Outcome | undefined {
  const from = cursor === '' ? undefined : cursor
  const reader = grpcReader(caller, call)
  const listening = { channelId, cursor: from, cursorIn: ['body', '/cursor'] } as const
  const leave = service.listen(listening, reader)
  if (typeof leave !== 'function') return outcomeOf(leave)
  void call.ended.then(leave)
  return undefined
}

function grpcReader(caller: Caller, call: GrpcCall): Reader {
  const send = (delivery: JsonObject) => call.send({ delivery })
  return {
    caller,
    begin: (cursor) => send({ cursor }),
    message: ({ message, cursor }) => send({ cursor, message: messageJson(message) }),
    gap: (since, cursor) => send({ cursor, gap: { since } }),
    end: (reason) => call.end(closings[reason]),
  }
}

function messageJson(message: Message): JsonObject {
  return { ...message, type: `MESSAGE_TYPE_${message.type.toUpperCase()}` }
}

function channelJson(channel: Channel): JsonObject {
  return { ...channel, memberIds: [...channel.memberIds] }
}

const statusOf: Readonly<Record<Refusal['refused'], Outcome['status']>> = {
  INVALID_INPUT: 'INVALID_ARGUMENT',
  UNAUTHENTICATED: 'UNAUTHENTICATED',
  FORBIDDEN: 'PERMISSION_DENIED',
  NOT_FOUND: 'NOT_FOUND',
  METHOD_NOT_ALLOWED: 'UNIMPLEMENTED',
  CONFLICT: 'ALREADY_EXISTS',
  CONTENT_TOO_LARGE: 'RESOURCE_EXHAUSTED',
  UPGRADE_REQUIRED: 'UNIMPLEMENTED',
  INTERNAL_ERROR: 'INTERNAL',
}

function outcomeOf({ refused, message, details = [] }: Refusal): Outcome {
  const parts = [message, ...details.map((one) => `${one.field}: ${one.message}`)]
  return { status: statusOf[refused], message: parts.join(' ') }
}

function refusedIn(reply: Reply | Refusal): Outcome | undefined {
  return isRefusal(reply) ? outcomeOf(reply) : undefined
}

function afterSome({ status, message }: Outcome, count: number): Outcome {
  return { status, message: `${message} ${count} were imported before it.` }
}
