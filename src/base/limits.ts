// Every bound of the gateway in one table: its default, its unit, what it bounds, what breaks it.
// `concordat limits` prints it, `limits:` in the configuration overrides it, and a bound of scope
// `operation` may also stand under `x-concordat`.
import { assert } from './assert.ts'
import type { FaultCode } from './fault.ts'

export interface Limit {
  readonly default: number
  readonly min: number
  readonly max: number
  readonly unit: 'bytes' | 'ms' | 'count' | 'bytes/s'
  readonly scope: 'gateway' | 'upstream' | 'operation'
  readonly about: string
  /** What a client is told when it, or the upstream, breaks the bound; none: the connection ends. */
  readonly fault?: FaultCode
}

const kB = 1024
const MB = 1024 * kB
const GB = 1024 * MB
const second = 1000
const minute = 60 * second
const hour = 60 * minute

export const limitTable = {
  headBytesMax: {
    default: 16 * kB,
    min: kB,
    max: MB,
    unit: 'bytes',
    scope: 'gateway',
    about: 'request line and header fields together',
    fault: 'HEADERS_TOO_LARGE',
  },
  headFieldsMax: {
    default: 100,
    min: 8,
    max: 10_000,
    unit: 'count',
    scope: 'gateway',
    about: 'header fields of a request',
    fault: 'HEADERS_TOO_LARGE',
  },
  proxyHeaderBytesMax: {
    default: 4 * kB,
    min: 232,
    max: 64 * kB,
    unit: 'bytes',
    scope: 'gateway',
    about: 'a PROXY header of version 2, where connections begin with one',
  },
  uriBytesMax: {
    default: 8 * kB,
    min: 64,
    max: MB,
    unit: 'bytes',
    scope: 'gateway',
    about: 'request target',
    fault: 'URI_TOO_LONG',
  },
  headTimeoutMs: {
    default: 10 * second,
    min: 100,
    max: 10 * minute,
    unit: 'ms',
    scope: 'gateway',
    about: 'from the first byte of a request to the end of its head',
    fault: 'REQUEST_TIMEOUT',
  },
  tlsHandshakeTimeoutMs: {
    default: 10 * second,
    min: 100,
    max: 10 * minute,
    unit: 'ms',
    scope: 'gateway',
    about: 'from a connection to the end of its TLS handshake, or of what comes before',
  },
  tlsHandshakesMax: {
    default: 500,
    min: 1,
    max: 1_000_000,
    unit: 'count',
    scope: 'gateway',
    about: 'TLS handshakes under way in one thread; more of them wait',
  },
  idleTimeoutMs: {
    default: 75 * second,
    min: 100,
    max: hour,
    unit: 'ms',
    scope: 'gateway',
    about: 'a client connection between two requests, and before the first',
  },
  bodyIdleTimeoutMs: {
    default: 30 * second,
    min: 100,
    max: hour,
    unit: 'ms',
    scope: 'gateway',
    about: 'between two pieces of a request body, or of a reply that the client takes',
    fault: 'REQUEST_TIMEOUT',
  },
  bodyBytesPerSecondMin: {
    default: 128,
    min: 0,
    max: MB,
    unit: 'bytes/s',
    scope: 'gateway',
    about:
      'mean rate of a request body, and of a reply that the client takes, after the first five seconds; 0 for none',
    fault: 'REQUEST_TIMEOUT',
  },
  connectionsMax: {
    default: 20_000,
    min: 1,
    max: 1_000_000,
    unit: 'count',
    scope: 'gateway',
    about: 'client connections in all, of all threads; fewer where descriptors do not suffice',
    fault: 'OVERLOADED',
  },
  connectionsPerAddressMax: {
    default: 2_000,
    min: 1,
    max: 1_000_000,
    unit: 'count',
    scope: 'gateway',
    about: 'connections of one client address, of all threads; trusted hops are not counted',
    fault: 'OVERLOADED',
  },
  liveStreamsPerAddressMax: {
    default: 200,
    min: 1,
    max: 1_000_000,
    unit: 'count',
    scope: 'gateway',
    about: 'event streams and WebSockets of one client address at once, of all threads',
    fault: 'LIMIT_EXCEEDED',
  },
  liveStreamsPerConnectionMax: {
    default: 50,
    min: 1,
    max: 10_000,
    unit: 'count',
    scope: 'gateway',
    about: 'event streams and WebSockets on one client connection at once',
    fault: 'LIMIT_EXCEEDED',
  },
  heldBytesMax: {
    default: 256 * MB,
    min: MB,
    max: 64 * GB,
    unit: 'bytes',
    scope: 'gateway',
    about: 'all request bodies that are held whole at one moment, in all threads',
    fault: 'OVERLOADED',
  },
  requestsPerConnectionMax: {
    default: 100_000,
    min: 1,
    max: 1_000_000_000,
    unit: 'count',
    scope: 'gateway',
    about: 'requests on one client connection; the last reply says close',
  },
  chunkLineBytesMax: {
    default: 256,
    min: 16,
    max: 16 * kB,
    unit: 'bytes',
    scope: 'gateway',
    about: 'a chunk-size line, extensions included',
    fault: 'MALFORMED_REQUEST',
  },
  chunkExtensionBytesMax: {
    default: 4 * kB,
    min: 0,
    max: MB,
    unit: 'bytes',
    scope: 'gateway',
    about: 'all chunk extensions of one body',
    fault: 'MALFORMED_REQUEST',
  },
  trailerBytesMax: {
    default: 4 * kB,
    min: 0,
    max: MB,
    unit: 'bytes',
    scope: 'gateway',
    about: 'trailer fields of one body',
    fault: 'HEADERS_TOO_LARGE',
  },

  http2StreamsMax: {
    default: 100,
    min: 1,
    max: 10_000,
    unit: 'count',
    scope: 'gateway',
    about:
      'requests under way on one HTTP/2 connection of a client; more are refused, to be sent again',
  },
  http2StreamBytesMax: {
    default: 512 * kB,
    min: 64 * kB,
    max: 16 * MB,
    unit: 'bytes',
    scope: 'gateway',
    about: 'of one HTTP/2 body what waits to be taken, as its window grows',
  },
  http2BufferedBytesMax: {
    default: 1 * MB,
    min: 64 * kB,
    max: 256 * MB,
    unit: 'bytes',
    scope: 'gateway',
    about: 'of all bodies on one HTTP/2 connection what waits to be taken: its window',
  },
  http2TableBytesMax: {
    default: 4 * kB,
    min: 4 * kB,
    max: 64 * kB,
    unit: 'bytes',
    scope: 'gateway',
    about: 'the table of header fields (HPACK) that a peer fills, of each HTTP/2 connection',
  },
  http2ContinuationsMax: {
    default: 32,
    min: 1,
    max: 1_000,
    unit: 'count',
    scope: 'gateway',
    about: 'CONTINUATION frames of one header section; beyond them the HTTP/2 connection ends',
  },
  http2ResetsPerSecondMax: {
    default: 200,
    min: 1,
    max: 1_000_000,
    unit: 'count',
    scope: 'gateway',
    about:
      'requests a second that are reset, by the client or for what it did wrong, on one HTTP/2 connection; beyond them it ends',
  },
  http2ControlFramesPerSecondMax: {
    default: 1_000,
    min: 10,
    max: 1_000_000,
    unit: 'count',
    scope: 'gateway',
    about:
      'frames a second that carry nothing (SETTINGS, PING, empty DATA and the like) on one HTTP/2 connection, beside what transfers earn; beyond them it ends',
  },

  bodyBytesMax: {
    default: 1 * GB,
    min: 0,
    max: 1024 * GB,
    unit: 'bytes',
    scope: 'operation',
    about: 'a request body that streams through',
    fault: 'CONTENT_TOO_LARGE',
  },
  checkedBodyBytesMax: {
    default: 1 * MB,
    min: 0,
    max: 64 * MB,
    unit: 'bytes',
    scope: 'operation',
    about:
      'a request body that is checked (JSON, form, text), and so held whole; all fields of a multipart body but its files',
    fault: 'CONTENT_TOO_LARGE',
  },
  checkedReplyBytesMax: {
    default: 1 * MB,
    min: 0,
    max: 64 * MB,
    unit: 'bytes',
    scope: 'operation',
    about: 'a reply body that is checked (JSON, text), and so held whole',
    fault: 'UPSTREAM_INVALID_REPLY',
  },
  messageBytesMax: {
    default: 4 * MB,
    min: 16,
    max: 1 * GB,
    unit: 'bytes',
    scope: 'operation',
    about: 'one message of gRPC, of a request or a reply, as it is sent',
    fault: 'CONTENT_TOO_LARGE',
  },
  partsMax: {
    default: 1_000,
    min: 1,
    max: 100_000,
    unit: 'count',
    scope: 'operation',
    about: 'parts of a multipart body',
    fault: 'INVALID_INPUT',
  },
  partHeadBytesMax: {
    default: 8 * kB,
    min: 256,
    max: 64 * kB,
    unit: 'bytes',
    scope: 'operation',
    about: 'header lines of one part of a multipart body',
    fault: 'INVALID_INPUT',
  },
  fieldBytesMax: {
    default: 256 * kB,
    min: 0,
    max: 64 * MB,
    unit: 'bytes',
    scope: 'operation',
    about: 'one field of a multipart body that is no file, and so held whole',
    fault: 'INVALID_INPUT',
  },
  itemBytesMax: {
    default: 1 * MB,
    min: 16,
    max: 64 * MB,
    unit: 'bytes',
    scope: 'operation',
    about: 'one item of a body that streams them (JSON Lines, JSON sequences, events)',
  },
  jsonDepthMax: {
    default: 64,
    min: 1,
    max: 512,
    unit: 'count',
    scope: 'operation',
    about: 'nested objects and arrays of a JSON body',
    fault: 'INVALID_INPUT',
  },
  jsonValuesMax: {
    default: 100_000,
    min: 1,
    max: 10_000_000,
    unit: 'count',
    scope: 'operation',
    about: 'values in a JSON body',
    fault: 'INVALID_INPUT',
  },
  pairsMax: {
    default: 1_000,
    min: 1,
    max: 100_000,
    unit: 'count',
    scope: 'operation',
    about: 'pairs in a query, cookies or form',
    fault: 'INVALID_INPUT',
  },
  detailsMax: {
    default: 20,
    min: 1,
    max: 1_000,
    unit: 'count',
    scope: 'operation',
    about: 'entries of `details` in one refusal',
  },
  exchangeTimeoutMs: {
    default: 10 * minute,
    min: 10,
    max: 24 * hour,
    unit: 'ms',
    scope: 'operation',
    about: 'a whole exchange, from the end of the request head to the end of the reply',
    fault: 'UPSTREAM_TIMEOUT',
  },
  firstByteTimeoutMs: {
    default: 30 * second,
    min: 10,
    max: hour,
    unit: 'ms',
    scope: 'operation',
    about: 'from the end of the request to the head of the reply',
    fault: 'UPSTREAM_TIMEOUT',
  },
  replyIdleTimeoutMs: {
    default: 30 * second,
    min: 10,
    max: hour,
    unit: 'ms',
    scope: 'operation',
    about: 'between two pieces of the reply from the upstream',
    fault: 'UPSTREAM_TIMEOUT',
  },

  connectTimeoutMs: {
    default: 2 * second,
    min: 10,
    max: minute,
    unit: 'ms',
    scope: 'upstream',
    about: 'to open a connection to an endpoint, or to wait for a free one',
    fault: 'UPSTREAM_TIMEOUT',
  },
  endpointConnectionsMax: {
    default: 512,
    min: 1,
    max: 100_000,
    unit: 'count',
    scope: 'upstream',
    about:
      'connections to one endpoint, those that became WebSockets aside; each worker has its even share',
    fault: 'UPSTREAM_BUSY',
  },
  endpointQueueMax: {
    default: 1_024,
    min: 0,
    max: 1_000_000,
    unit: 'count',
    scope: 'upstream',
    about: 'exchanges that wait for a connection to one endpoint; each worker has its even share',
    fault: 'UPSTREAM_BUSY',
  },
  endpointIdleTimeoutMs: {
    default: 30 * second,
    min: 100,
    max: hour,
    unit: 'ms',
    scope: 'upstream',
    about: 'an unused connection to an endpoint',
  },
  replyHeadBytesMax: {
    default: 64 * kB,
    min: kB,
    max: 16 * MB,
    unit: 'bytes',
    scope: 'upstream',
    about: 'status line and header fields of a reply',
    fault: 'UPSTREAM_PROTOCOL',
  },
  replyHeadFieldsMax: {
    default: 200,
    min: 8,
    max: 10_000,
    unit: 'count',
    scope: 'upstream',
    about: 'header fields of a reply',
    fault: 'UPSTREAM_PROTOCOL',
  },
  interimRepliesMax: {
    default: 16,
    min: 0,
    max: 1_000,
    unit: 'count',
    scope: 'upstream',
    about: 'interim (1xx) replies in one exchange',
    fault: 'UPSTREAM_PROTOCOL',
  },
} as const satisfies Record<string, Limit>

export type LimitName = keyof typeof limitTable
export type Limits = Readonly<Record<LimitName, number>>

const names = Object.keys(limitTable) as LimitName[]

export const defaultLimits: Limits = Object.freeze(
  Object.fromEntries(names.map((name) => [name, limitTable[name].default])) as Record<
    LimitName,
    number
  >,
)

/** The defaults with overrides; each override must already lie within its bounds. */
export function limitsWith(overrides: Partial<Limits>, under: Limits = defaultLimits): Limits {
  const limits = { ...under, ...overrides }
  for (const name of names) {
    const { min, max } = limitTable[name]
    assert(limits[name] >= min && limits[name] <= max, `${name} lies within ${min} and ${max}`)
  }
  return Object.freeze(limits)
}
