// A channel over a WebSocket: the client sends messages as it would post them and hears every new
// one, its own too. What it may not do is said in a message, and the socket stays open.
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { socketProtocol } from './caller.ts'
import { lagBytesMax } from './events.ts'
import type { EndReason, Reader } from './feed.ts'
import { invalid } from './input.ts'
import { errorBody, isRefusal, refuse, type Refusal } from './reply.ts'
import type { Caller, Service } from './service.ts'
import { handshake, WebSocketPeer } from './websocket.ts'

export interface SocketWish {
  readonly service: Service
  readonly caller: Caller
  readonly channelId: string
  /** Where the client left off. */
  readonly cursor: string | undefined
  readonly request: IncomingMessage
  /** Of the handshake; errors carry it. */
  readonly requestId: string
  readonly socket: Duplex
}

const messageBytesMax = 64 * 1024
const pingMs = 15_000

const closings: Readonly<Record<EndReason, readonly [code: number, reason: string]>> = {
  closing: [1001, 'the service closes'],
  not_a_member: [1008, 'no longer a member'],
}

/** Undefined: the socket is open. */
export function openSocket(wish: SocketWish): Refusal | undefined {
  const { service, channelId, cursor, request, socket } = wish
  const offered = request.headers['sec-websocket-protocol']?.split(/ *, */) ?? []
  const head = handshake(request, offered.includes(socketProtocol) ? socketProtocol : undefined)
  if (head === undefined) return upgradeRequired()
  const reader = socketReader(wish, head)
  const leave = service.listen({ channelId, cursor, cursorIn: ['query', 'cursor'] }, reader)
  if (typeof leave !== 'function') return leave
  socket.on('close', leave)
  return undefined
}

export function upgradeRequired(): Refusal {
  const headers = { Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' }
  return refuse('UPGRADE_REQUIRED', 'This path is a WebSocket of version 13.', { headers })
}

function socketReader(wish: SocketWish, head: string): Reader {
  const { caller, socket } = wish
  let peer: WebSocketPeer | undefined
  const send = (message: object) => peer?.send(JSON.stringify(message))
  const onText = (text: string) => {
    const refusal = say(wish, text)
    if (refusal !== undefined) send(errorBody(refusal, wish.requestId))
  }
  return {
    caller,
    begin(cursor) {
      socket.write(head)
      peer = new WebSocketPeer(socket, { messageBytesMax, lagBytesMax, pingMs, onText })
      send({ cursor })
    },
    message: send,
    gap: (since, cursor) => send({ gap: { since }, cursor }),
    end: (reason) => peer?.close(...closings[reason]),
  }
}

/** Sends the message, which comes back to everybody; gives what is wrong with it. */
function say({ service, caller, channelId }: SocketWish, text: string): Refusal | undefined {
  const body = parsed(text)
  if (body === undefined) return invalid('body', '', 'invalid_json', 'The message must be JSON.')
  const query = new URLSearchParams()
  const outcome = service.sendMessage({ caller, id: channelId, query, body })
  return isRefusal(outcome) ? outcome : undefined
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
