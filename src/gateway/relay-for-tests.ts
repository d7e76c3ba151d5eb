// The data plane between raw sockets, for tests of what happens on connections: clients and
// endpoints write the very bytes that a test wants, and time stands still until it is moved.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { type Limits, limitsWith, manualClock } from '../base.ts'
import type { OperationPlan, SnapshotPlan } from '../snapshot.ts'
import { createIds, type ExchangeRecord } from '../telemetry.ts'
import { Upstreams } from '../upstream.ts'
import { listen, Sweeper } from '../wire.ts'
import { GatewayExchange } from './exchange.ts'
import type { Runtime } from './runtime.ts'
import { linkSnapshot } from './snapshot.ts'

/** More turns of the event loop than bytes on the loopback ever need. */
const turnsMax = 20_000

/** Waits, turn by turn of the event loop, until something holds. */
export async function eventually(says: string, holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < turnsMax; turn++) {
    if (holds()) return
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.fail(`it never came to be that ${says}`)
}

/** Lets whatever is on its way arrive: to show that nothing comes. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** One end of a raw connection. */
export class Peer {
  received = ''
  receivedBytes = 0
  /** What it keeps of what it receives; the rest is counted. */
  keepBytesMax = 1024 * 1024
  ended = false
  closed = false
  /** Whether the other end cut the connection. */
  reset = false
  readonly socket: Socket

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (data: Buffer) => {
      this.receivedBytes += data.length
      if (this.received.length < this.keepBytesMax) this.received += data.toString('latin1')
    })
    socket.on('end', () => {
      this.ended = true
    })
    socket.on('close', () => {
      this.closed = true
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.reset ||= error.code === 'ECONNRESET' || error.code === 'EPIPE'
    })
  }

  send(text: string): void {
    this.socket.write(text, 'latin1')
  }

  /** Waits until what was received ends, or holds, as told. */
  async until(want: string | RegExp): Promise<string> {
    const holds = () =>
      typeof want === 'string' ? this.received.endsWith(want) : want.test(this.received)
    await eventually(`${String(want)} came`, () => holds() || this.closed)
    assert.ok(
      holds(),
      `${JSON.stringify(this.received.slice(0, 2_000))} ends before ${String(want)}`,
    )
    return this.received
  }

  /** Waits for the other end to close, and gives all that came. */
  async gone(): Promise<string> {
    await eventually('the other end closes', () => this.ended || this.closed)
    return this.received
  }

  finish(): void {
    this.socket.end()
  }

  cut(): void {
    this.socket.resetAndDestroy()
  }
}

/** An endpoint that does nothing by itself. */
export class RawEndpoint {
  readonly peers: Peer[] = []
  readonly #server: Server
  #taken = 0

  constructor(server: Server) {
    this.#server = server
    server.on('connection', (socket) => this.peers.push(new Peer(socket)))
  }

  static async open(): Promise<RawEndpoint> {
    const server = createServer({ allowHalfOpen: true, noDelay: true })
    const endpoint = new RawEndpoint(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return endpoint
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port
  }

  /** The next connection that the gateway opens. */
  async next(): Promise<Peer> {
    await eventually('the gateway connects', () => this.peers.length > this.#taken)
    return this.peers[this.#taken++]!
  }

  /** Answers each request head with the same bytes. */
  always(reply: string): void {
    this.#server.on('connection', (socket) => {
      let seen = ''
      socket.on('data', (data: Buffer) => {
        seen += data.toString('latin1')
        for (let end = seen.indexOf('\r\n\r\n'); end >= 0; end = seen.indexOf('\r\n\r\n')) {
          seen = seen.slice(end + 4)
          socket.write(reply, 'latin1')
        }
      })
    })
  }

  /** From now on nobody is let in; who is in stays. */
  async refuse(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close()
      setImmediate(resolve)
    })
  }

  close(): void {
    this.#server.close()
    for (const { socket } of this.peers) socket.destroy()
  }
}

export interface RelayOptions {
  readonly limits?: Partial<Limits>
  readonly endpoints?: number
  readonly operation?: Partial<OperationPlan>
  readonly audience?: SnapshotPlan['audience']
}

const methods = ['GET', 'HEAD', 'PUT', 'POST', 'DELETE']

/** `/a` takes every method and streams; `/held` holds a JSON body whole. */
function planOf(endpoints: readonly RawEndpoint[], options: RelayOptions): SnapshotPlan {
  const streamed: OperationPlan = {
    id: 'streamed',
    method: '',
    template: '',
    upstream: 0,
    limits: {},
    body: 'streamed',
    heldTypes: [],
    bodyTypes: [],
    replyTypes: [],
    statuses: ['default'],
    policies: [],
    ...options.operation,
  }
  const held: OperationPlan = {
    ...streamed,
    id: 'held',
    body: 'held',
    bodyTypes: ['application/json'],
    heldTypes: ['application/json'],
  }
  const routes = [
    ...methods.map((method) => ({
      method,
      template: '/a',
      operation: 0,
      allow: [],
    })),
    { method: 'PUT', template: '/held', operation: 1, allow: [] },
  ]
  const places = endpoints.map(({ port }) => ({ host: '127.0.0.1', port, basePath: '' }))
  return {
    format: 1,
    revision: '0',
    title: 'test',
    audience: options.audience ?? 'internal',
    errorForm: 'concordat',
    faultDocs: undefined,
    hosts: [],
    trustedHops: [],
    limits: limitsWith(options.limits ?? {}),
    routes,
    operations: [streamed, held],
    upstreams: [{ name: 'service', endpoints: places, preserveHost: false }],
    schemas: { nodes: [] },
    finish: [],
  }
}

export type Relay = Awaited<ReturnType<typeof openRelay>>

/** Opens a gateway; behind the test the laws of every exchange are checked. */
export async function openRelay(t: TestContext, options: RelayOptions = {}) {
  const clock = manualClock(1_000)
  const bugs: unknown[] = []
  const records: ExchangeRecord[] = []
  const clients: Peer[] = []
  let begun = 0
  const bug = (error: unknown) => bugs.push(error)
  const endpoints = await Promise.all(
    Array.from({ length: options.endpoints ?? 1 }, () => RawEndpoint.open()),
  )
  t.after(() => endpoints.forEach((endpoint) => endpoint.close()))
  const plan = planOf(endpoints, options)
  const sweeper = new Sweeper(clock, bug)
  const upstreams = new Upstreams()
  const pools = { clock, sweeper, limits: plan.limits, bug }
  const snapshot = linkSnapshot(plan, {
    clock,
    random: () => 0.5,
    states: new Map(),
    upstreams: upstreams.use(plan.upstreams, pools),
    observers: [(record) => records.push({ ...record })],
  })
  const runtime: Runtime = {
    clock,
    newId: createIds((length) => Buffer.alloc(length)),
    pseudonym: 'test',
    httpDate: () => 'Thu, 01 Jan 1970 00:00:00 GMT',
    active: 0,
    bug,
  }
  const server = await listen({
    host: '127.0.0.1',
    port: 0,
    clock,
    sweeper,
    limits: () => plan.limits,
    isTrustedHop: () => false,
    exchange(stream) {
      begun++
      new GatewayExchange(runtime, snapshot, stream).run()
    },
    malformed(stream, refusal) {
      begun++
      new GatewayExchange(runtime, snapshot, stream).runMalformed(refusal)
    },
    bug,
  })

  async function client(): Promise<Peer> {
    const socket = connect({
      host: '127.0.0.1',
      port: server.port,
      allowHalfOpen: true,
      noDelay: true,
    })
    await once(socket, 'connect')
    const peer = new Peer(socket)
    clients.push(peer)
    return peer
  }

  /** A client that has sent something. */
  async function sent(text: string): Promise<Peer> {
    const peer = await client()
    peer.send(text)
    return peer
  }

  /** Moves time in steps that leave sockets their turn. */
  async function pass(ms: number): Promise<void> {
    await settled()
    for (let leftMs = ms; leftMs > 0; leftMs -= 500) {
      clock.advance(Math.min(500, leftMs))
      await settled()
    }
  }

  t.after(async () => {
    for (const { socket } of clients) socket.destroy()
    await eventually('every exchange is over', () => runtime.active === 0)
    server.destroy()
    await server.close()
    upstreams.destroy()
    await eventually('no connection is left', () =>
      upstreams.states().every((one) => one.activeConnections + one.idleConnections === 0),
    )
    sweeper.stop()
    assert.deepEqual(bugs, [], 'nothing of ours broke')
    assert.equal(records.length, begun, 'every exchange is recorded exactly once')
    assert.equal(server.connections, 0, 'no client connection is left')
    for (const one of upstreams.states()) assert.equal(one.waiting, 0, 'nobody waits')
  })

  const record = async (count = 1): Promise<ExchangeRecord> => {
    await eventually(`${count} exchanges are recorded`, () => records.length >= count)
    return records[count - 1]!
  }
  const endpoint = endpoints[0]!
  return {
    bugs,
    client,
    clock,
    endpoint,
    endpoints,
    pass,
    plan,
    record,
    records,
    runtime,
    sent,
    server,
    upstreams,
  }
}

/** A request head with its lines. */
export const ask = (line: string, ...lines: string[]): string =>
  `${line} HTTP/1.1\r\n${['Host: a', ...lines, '', ''].join('\r\n')}`

/** A reply with a length. */
export const reply = (body: string, ...lines: string[]): string =>
  `HTTP/1.1 200 OK\r\n${[`Content-Length: ${body.length}`, ...lines, '', body].join('\r\n')}`
