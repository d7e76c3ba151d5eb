// What the gateway serves while it is flooded, and bounds on time that are short enough to wait
// for.
const done = { '200': { description: 'Done.' } }
const bytes = { required: true, content: { 'application/octet-stream': {} } }
const messages = { required: true, content: { 'application/grpc': {} } }
const events = { '200': { description: 'Events.', content: { 'text/event-stream': {} } } }
const opens = { '101': { description: 'Open.' } }

const of = (upstream: string, policies: object = {}) => ({
  'x-concordat': { upstream, policies },
})

/** A WebSocket into which the gateway looks. */
const bounds = {
  messageBytesMax: 65_536,
  messagesPerSecondMax: 50,
  idleTimeoutMs: 1_000,
  checkUtf8: true,
}

export const contract = {
  openapi: '3.1.0',
  info: { title: 'Flooded', version: '1' },
  paths: {
    '/quick': { get: { responses: done, ...of('quick') } },
    '/seen': {
      get: { responses: done, ...of('service') },
      post: { requestBody: bytes, responses: done, ...of('service') },
    },
    '/held': { post: { requestBody: bytes, responses: done, ...of('service') } },
    '/large': { get: { responses: done, ...of('service') } },
    '/news': {
      get: { responses: events, ...of('service', { 'event-stream': { heartbeatMs: 1_000 } }) },
    },
    '/events': { get: { responses: events, ...of('service') } },
    '/socket': { get: { responses: opens, ...of('service') } },
    '/bounded': { get: { responses: opens, ...of('service', { websocket: bounds }) } },
    '/hostile': { get: { responses: done, ...of('hostile') } },
    '/chat.v1.Chat/Send': { post: { requestBody: messages, responses: done, ...of('hostile') } },
  },
}

export interface Ports {
  readonly quick: number
  readonly service: number
  readonly endpoint: number
}

export const limits = {
  headTimeoutMs: 1_000,
  tlsHandshakeTimeoutMs: 1_000,
  idleTimeoutMs: 1_500,
  bodyIdleTimeoutMs: 1_000,
  firstByteTimeoutMs: 1_500,
  replyIdleTimeoutMs: 1_500,
}

export const configOf = ({ quick, service, endpoint }: Ports) => ({
  contract: 'api.json',
  listen: [
    { host: '127.0.0.1', port: 0 },
    {
      host: '127.0.0.1',
      port: 0,
      tls: { certificates: [{ cert: 'own.pem', key: 'own.key' }] },
    },
  ],
  admin: { host: '127.0.0.1', port: 0 },
  audience: 'internal',
  workers: 1,
  log: { access: 'off' },
  limits,
  upstreams: {
    quick: { endpoints: [`http://127.0.0.1:${quick}`] },
    service: { endpoints: [`http://127.0.0.1:${service}`] },
    hostile: { endpoints: [`h2c://127.0.0.1:${endpoint}`] },
  },
})
