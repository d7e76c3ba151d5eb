// What is sent over each protocol, and by whom: the gateways do nothing but relay it.
import type { Goal } from '../cases.ts'
import type { RivalName } from '../rivals.ts'

export interface ProtocolCase {
  readonly name: string
  readonly about: string
  readonly goal: Goal
  readonly beside: readonly RivalName[]
  /** What makes the load, and what one of its requests is. */
  readonly load: 'wrk' | 'h2load' | 'sockets' | 'events'
  /** Undefined: `/small`, or what the load is for. */
  readonly path?: string
  /** What the gateways speak to the service. */
  readonly upstream: 'http1' | 'http2' | 'grpc' | 'live'
}

/** Of nginx's CPU, for every protocol alike. */
const goal: Goal = { cpuRatio: { nginx: 1.3 } }

export const protocolCases: readonly ProtocolCase[] = [
  {
    name: 'tls',
    about: 'GET over TLS 1.3 and HTTP/1.1, a reply of 158 bytes',
    goal,
    beside: ['nginx', 'haproxy'],
    load: 'wrk',
    upstream: 'http1',
  },
  {
    name: 'h2-h1',
    about: 'GET over TLS and HTTP/2 to a service of HTTP/1.1',
    goal,
    beside: ['nginx', 'haproxy'],
    load: 'h2load',
    upstream: 'http1',
  },
  {
    name: 'h2-64k',
    about: 'the same with replies of 64 kB',
    goal,
    beside: ['nginx', 'haproxy'],
    load: 'h2load',
    upstream: 'http1',
    path: '/large',
  },
  {
    name: 'h2-h2',
    about: 'GET over TLS and HTTP/2 to a service of HTTP/2',
    goal,
    beside: ['nginx', 'haproxy'],
    load: 'h2load',
    upstream: 'http2',
  },
  {
    name: 'grpc',
    about: 'unary calls of gRPC, 137 bytes either way, their statuses as trailers',
    goal,
    beside: ['nginx', 'haproxy'],
    load: 'h2load',
    upstream: 'grpc',
  },
  {
    name: 'websocket',
    about: 'messages of 100 bytes there and back on 64 WebSockets: each way counts as one request',
    goal,
    beside: ['nginx', 'haproxy'],
    load: 'sockets',
    upstream: 'live',
  },
  {
    name: 'sse',
    about: 'events of 120 bytes to 200 clients, one every 10 ms to each: an event is a request',
    goal,
    beside: ['nginx', 'haproxy'],
    load: 'events',
    upstream: 'live',
  },
]
