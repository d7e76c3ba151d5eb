// The data plane between raw sockets, for tests of what happens on connections: clients and
// endpoints write the very bytes that a test wants, and time stands still until it is moved.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { TestContext } from 'node:test'
import { eventually, Peer, RawEndpoint, settled } from '../../test/raw-peer.ts'
import { type Limits, limitsWith, manualClock, soleOccupancy } from '../base.ts'
import type { Stream } from '../http.ts'
import { ownRegistry } from '../policy.ts'
import { encodeSnapshot, openSnapshot, type OperationPlan, type SnapshotPlan } from '../snapshot.ts'
import { createIds, type ExchangeRecord } from '../telemetry.ts'
import { type UpstreamPlan, Upstreams } from '../upstream.ts'
import { listen, type ServerOptions, Sweeper } from '../wire.ts'
import { GatewayExchange } from './exchange.ts'
import { overloadedReply } from './overloaded.ts'
import { Places } from './places.ts'
import type { Runtime } from './runtime.ts'
import { type LinkedOperation, linkSnapshot } from './snapshot.ts'
import { States } from './states.ts'

export interface RelayOptions {
  readonly limits?: Partial<Limits>
  readonly endpoints?: number
  readonly operation?: Partial<OperationPlan>
  readonly audience?: SnapshotPlan['audience']
  /** In place of what endpoints of raw TCP need, and the bytes that it names. */
  readonly upstream?: Partial<UpstreamPlan>
  readonly blobs?: readonly Uint8Array[]
  /** Steps in the place of those that are linked; what they throw is expected. */
  readonly steps?: Partial<LinkedOperation>
  readonly server?: Partial<ServerOptions>
  /** Stands before the exchange, as what makes one protocol of another. */
  readonly decorate?: (stream: Stream) => Stream | undefined
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
    ...['PUT', 'QUERY'].map((method) => ({
      method,
      template: '/held',
      operation: 1,
      allow: [],
    })),
  ]
  const places = endpoints.map(({ port }) => ({ host: '127.0.0.1', port, basePath: '' }))
  return {
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
    upstreams: [{ name: 'service', endpoints: places, preserveHost: false, ...options.upstream }],
    schemas: { nodes: [] },
    blobs: options.blobs ?? [],
    admit: [],
    finish: [],
    states: [],
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
  const occupancy = options.server?.occupancy ?? soleOccupancy(() => 0.5)
  const upstreams = new Upstreams()
  const pools = { clock, sweeper, limits: plan.limits, bug, occupancy }
  const states = new States({})
  const link = () => {
    const linked = linkSnapshot(openSnapshot(encodeSnapshot(plan)), {
      registry: ownRegistry,
      random: () => 0.5,
      nowMs: () => clock.nowMs(),
      states,
      upstreams: upstreams.use(plan.upstreams, pools, (number) => plan.blobs[number]!),
      bug,
      observers: [(record) => records.push({ ...record })],
    })
    return {
      ...linked,
      operation: (index: number) => ({ ...linked.operation(index), ...options.steps }),
    }
  }
  let snapshot = link()
  const runtime: Runtime = {
    clock,
    newId: createIds((length) => Buffer.alloc(length)),
    pseudonym: 'test',
    occupancy,
    httpDate: () => 'Thu, 01 Jan 1970 00:00:00 GMT',
    active: 0,
    places: new Places(occupancy),
    lasting: new Set(),
    leaves: undefined,
    random: () => 0.5,
    lateRecords: new Set(),
    bug,
  }
  const server = await listen({
    at: { host: '127.0.0.1', port: 0 },
    clock,
    sweeper,
    limits: () => plan.limits,
    isTrustedHop: () => false,
    overloaded: () => overloadedReply(runtime, snapshot),
    exchange(stream) {
      begun++
      new GatewayExchange(runtime, snapshot, options.decorate?.(stream) ?? stream).run()
    },
    malformed(stream, refusal) {
      begun++
      new GatewayExchange(runtime, snapshot, stream).runMalformed(refusal)
    },
    bug,
    occupancy,
    ...options.server,
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

  /** Another snapshot of the same plan; exchanges under way end with the one before. */
  function swap(): void {
    snapshot = link()
  }

  let over = false

  /** Ends all and checks the laws; comes behind the test by itself. */
  async function close(): Promise<void> {
    if (over) return
    over = true
    for (const { socket } of clients) socket.destroy()
    await eventually('every exchange is over', () => runtime.active === 0)
    server.destroy()
    await server.close()
    upstreams.destroy()
    await eventually('no connection is left', () =>
      upstreams.states().every((one) => one.activeConnections + one.idleConnections === 0),
    )
    sweeper.stop()
    if (options.steps === undefined) assert.deepEqual(bugs, [], 'nothing of ours broke')
    assert.equal(records.length, begun, 'every exchange is recorded exactly once')
    assert.equal(server.connections, 0, 'no client connection is left')
    for (const held of ['connections', 'endpointConnections', 'heldBytes'] as const) {
      assert.equal(occupancy.total(held), 0, `of ${held} none are left`)
    }
    for (const one of upstreams.states()) assert.equal(one.waiting, 0, 'nobody waits')
    for (const one of endpoints) one.close()
  }
  t.after(close)

  const record = async (count = 1): Promise<ExchangeRecord> => {
    await eventually(`${count} exchanges are recorded`, () => records.length >= count)
    return records[count - 1]!
  }
  const endpoint = endpoints[0]!
  return {
    bugs,
    client,
    clock,
    close,
    endpoint,
    endpoints,
    pass,
    plan,
    record,
    records,
    runtime,
    sent,
    server,
    swap,
    upstreams,
  }
}

/** A request head with its lines. */
export const ask = (line: string, ...lines: string[]): string =>
  `${line} HTTP/1.1\r\n${['Host: a', ...lines, '', ''].join('\r\n')}`

/** A reply with a length. */
export const reply = (body: string, ...lines: string[]): string =>
  `HTTP/1.1 200 OK\r\n${[`Content-Length: ${body.length}`, ...lines, '', body].join('\r\n')}`
