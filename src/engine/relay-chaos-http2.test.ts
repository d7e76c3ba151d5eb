// Clients of HTTP/1.1 and HTTP/2 before endpoints of both, by a seed: bodies in pieces, windows that
// open when somebody likes, resets, GOAWAYs and cuts at any moment, a snapshot that changes under
// way, a gateway that drains. What anybody sees was said, in its order; nothing that was cut passes
// for whole; each exchange has one record, and nothing is left of any.
// `CHAOS_CASES=500 CHAOS_SEED=7 node --test src/engine/relay-chaos-http2.test.ts` is the long form.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { eventually, type Peer, RawEndpoint, settled } from '../../test/raw-peer.ts'
import { type Random, seededRandom } from '../base.ts'
import { type Actor, Http1Client, Http2Client } from './chaos-clients-for-tests.ts'
import { Http1Endpoint, Http2Endpoint } from './chaos-endpoints-for-tests.ts'
import { Ledger } from './chaos-ledger-for-tests.ts'
import { openRelay, type Relay } from './relay-for-tests.ts'

const cases = Number(process.env['CHAOS_CASES'] ?? 30)
const firstSeed = Number(process.env['CHAOS_SEED'] ?? 1)

const turns = 80
const windowBytes = 65_536

interface Place {
  readonly endpoint: RawEndpoint
  readonly isHttp2: boolean
}

class Life {
  readonly ledger: Ledger
  readonly #relay: Relay
  readonly #places: readonly Place[]
  readonly #clients: Actor[] = []
  readonly #endpoints = new Map<Peer, Actor>()

  constructor(relay: Relay, places: readonly Place[], random: Random) {
    this.ledger = new Ledger(random)
    this.#relay = relay
    this.#places = places
  }

  async run(): Promise<void> {
    const { clock, server, swap } = this.#relay
    for (let turn = 0; turn < turns; turn++) {
      if (this.#clients.length < 6 && this.ledger.chance(0.2)) await this.#newClient()
      await this.#turn()
      if (this.ledger.chance(0.3)) clock.advance(this.ledger.random() * 1_000)
      if (this.ledger.chance(0.02)) swap()
      if (turn > turns / 2 && this.ledger.chance(0.01)) server.drain()
    }
    this.ledger.isCalm = true
    await this.#rest()
  }

  async #newClient(): Promise<void> {
    const peer = await this.#relay.client()
    const Client = this.ledger.chance(0.7) ? Http2Client : Http1Client
    this.#clients.push(new Client(peer, this.ledger))
  }

  /** Everybody has a turn, in any order. */
  async #turn(): Promise<void> {
    this.#findEndpoints()
    const actors = [...this.#clients, ...this.#endpoints.values()]
    while (actors.length > 0) {
      const at = Math.floor(this.ledger.random() * actors.length)
      actors.splice(at, 1)[0]!.turn()
    }
    for (let i = this.ledger.random() * 3; i > 0; i--) {
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  #findEndpoints(): void {
    for (const { endpoint, isHttp2 } of this.#places) {
      for (const peer of endpoint.peers) {
        if (this.#endpoints.has(peer)) continue
        const Endpoint = isHttp2 ? Http2Endpoint : Http1Endpoint
        this.#endpoints.set(peer, new Endpoint(peer, this.ledger))
      }
    }
  }

  /** Every byte that came went back to its window. */
  async checkWindows(): Promise<void> {
    for (const client of this.#clients) {
      if (client instanceof Http2Client) await client.fillWindow(windowBytes)
    }
    for (const endpoint of this.#endpoints.values()) {
      if (!(endpoint instanceof Http2Endpoint) || !endpoint.frames.isOpen) continue
      assert.ok(endpoint.frames.sendWindow * 2 > windowBytes, 'the window of a call is given back')
    }
  }

  /** What was begun comes to an end, by itself or with time. */
  async #rest(): Promise<void> {
    const { clock, runtime } = this.#relay
    for (let turn = 0; turn < 400; turn++) {
      await this.#turn()
      const isDone = this.#clients.every((client) => client.isDone)
      if (isDone && runtime.active === 0) break
      if (turn > 150) clock.advance(500)
    }
    await settled()
    await this.#turn()
    assert.equal(runtime.active, 0, 'nothing hangs')
  }
}

const limits = (random: Random) => ({
  http2StreamsMax: 4,
  http2BufferedBytesMax: windowBytes,
  http2ResetsPerSecondMax: 1_000,
  http2ControlFramesPerSecondMax: 10_000,
  endpointConnectionsMax: 1 + Math.floor(random() * 4),
  endpointQueueMax: Math.floor(random() * 8),
  connectTimeoutMs: 2_000,
  firstByteTimeoutMs: 8_000,
  replyIdleTimeoutMs: 8_000,
  exchangeTimeoutMs: 30_000,
  bodyIdleTimeoutMs: 8_000,
  headTimeoutMs: 5_000,
  idleTimeoutMs: 60_000,
  endpointIdleTimeoutMs: 60_000,
})

async function play(t: TestContext, seed: number): Promise<void> {
  const random = seededRandom(seed)
  const places: Place[] = []
  for (let left = 1 + Math.floor(random() * 2); left > 0; left--) {
    const endpoint = await RawEndpoint.open()
    t.after(() => endpoint.close())
    places.push({ endpoint, isHttp2: random() < 0.7 })
  }
  const endpoints = places.map(({ endpoint, isHttp2 }) => ({
    host: '127.0.0.1',
    port: endpoint.port,
    basePath: '',
    ...(isHttp2 && { http: 2 as const }),
  }))
  const relay = await openRelay(t, { limits: limits(random), upstream: { endpoints } })
  const life = new Life(relay, places, random)
  await life.run()
  assert.deepEqual(relay.bugs, [])
  life.ledger.checkRecords(relay.records)
  await life.checkWindows()
  for (const one of relay.upstreams.states()) {
    assert.deepEqual([one.activeConnections, one.waiting], [0, 0])
  }
  relay.clock.advance(70_000)
  await eventually('idle connections close', () =>
    relay.upstreams.states().every(({ idleConnections }) => idleConnections === 0),
  )
  await relay.close()
  for (const { endpoint } of places) endpoint.close()
}

test(`${cases} seeded lives of clients and endpoints of both protocols lose nothing`, async (t) => {
  for (let seed = firstSeed; seed < firstSeed + cases; seed++) {
    try {
      await play(t, seed)
    } catch (error) {
      throw new Error(`seed ${seed}: CHAOS_SEED=${seed} CHAOS_CASES=1`, { cause: error })
    }
  }
})
