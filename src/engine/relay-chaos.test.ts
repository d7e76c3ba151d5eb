// Clients and endpoints that do anything at any moment, by a seed: send halves, pause, reset, break
// the protocol. No exchange may be lost, recorded twice or left hanging once every deadline has
// passed. `CHAOS_CASES=5000 CHAOS_SEED=7 node --test src/engine/relay-chaos.test.ts` is the long form.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { eventually, Peer, settled } from '../../test/raw-peer.ts'
import { type Random, seededRandom } from '../base.ts'
import { ask, openRelay, type Relay, reply } from './relay-for-tests.ts'
import { bad, type DrawnSteps, drawSteps } from './steps-for-chaos.ts'

const cases = Number(process.env['CHAOS_CASES'] ?? 60)
const firstSeed = Number(process.env['CHAOS_SEED'] ?? 1)

const chunked = 'Transfer-Encoding: chunked'
const bodies = `3\r\nabc\r\n${'5'.padStart(3, '0')};x\r\nhello\r\n0\r\n\r\n`
const json = 'Content-Type: application/json'

const requests: readonly string[] = [
  ask('GET /a'),
  ask('HEAD /a'),
  ask('GET /a', 'TE: trailers'),
  ask('GET /a', 'Connection: close'),
  'GET /a HTTP/1.0\r\n\r\n',
  'GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
  ask('GET /a').repeat(4),
  ask('GET /nowhere'),
  `${ask('POST /nowhere', 'Content-Length: 9')}123456789`,
  `${ask('POST /a', 'Content-Length: 9')}123456789`,
  `${ask('POST /a', 'Content-Length: 9')}123bad789`,
  `${ask('POST /a', chunked)}3\r\n12b\r\n3\r\nad4\r\n3\r\nabc\r\n0\r\n\r\n`,
  `${ask('POST /a', chunked)}1\r\n!\r\n0\r\n\r\n`,
  `${ask('POST /a', 'Content-Length: 200000')}${'x'.repeat(200_000)}`,
  `${ask('POST /a', chunked)}${bodies}`,
  `${ask('POST /a', chunked)}3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n`,
  `${ask('POST /a', chunked)}3\r\nabcd\r\n`,
  `${ask('POST /a', 'Expect: 100-continue', 'Content-Length: 3')}abc`,
  ask('POST /nowhere', 'Expect: 100-continue', 'Content-Length: 3'),
  `${ask('PUT /held', json, 'Content-Length: 4')}null`,
  `${ask('PUT /held', json, chunked)}${bodies}`,
  ask('POST /a', 'Content-Length: 3', chunked),
  'GET / HTTP/1.1\n\n',
  '\0\x01\x02',
  '\r\n',
]

const replies: readonly string[] = [
  reply('small'),
  reply('a bad one'),
  reply(`${'x'.repeat(80_000)}bad${'x'.repeat(80_000)}`),
  reply('x'.repeat(900_000)),
  `HTTP/1.1 200 OK\r\n${chunked}\r\n\r\n3\r\n12b\r\n3\r\nad4\r\n3\r\nabc\r\n0\r\n\r\n`,
  `HTTP/1.1 200 OK\r\n${chunked}\r\n\r\n1\r\n!\r\n0\r\n\r\n`,
  'HTTP/1.1 200 OK\r\n\r\nbad until close',
  reply('x'.repeat(300_000)),
  reply('bye', 'Connection: close'),
  `HTTP/1.1 200 OK\r\n${chunked}\r\n\r\n${bodies}`,
  `HTTP/1.1 200 OK\r\n${chunked}\r\n\r\n3\r\nabc\r\n0\r\nX-End: 1\r\n\r\n`,
  'HTTP/1.1 204 No Content\r\n\r\n',
  'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n',
  `HTTP/1.1 103 Early Hints\r\n\r\n${reply('late')}`,
  'HTTP/1.1 200 OK\r\n\r\nuntil close',
  `${reply('one')}${reply('two')}`,
  `HTTP/1.1 500 Oops\r\nContent-Length: 3\r\n\r\nabc`,
  'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort',
  `HTTP/1.1 200 OK\r\n${chunked}\r\n\r\nzz\r\n`,
  'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc',
  'HTTP/1.1 200 OK\r\nCont',
  'junk',
  '',
]

class Chaos {
  readonly #random: Random
  readonly #relay: Relay
  readonly #drawn: DrawnSteps | undefined
  readonly #peers: Peer[] = []

  constructor(relay: Relay, drawn: DrawnSteps | undefined, seed: number) {
    this.#relay = relay
    this.#drawn = drawn
    this.#random = seededRandom(seed)
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random() * from.length)]!
  }

  #chance(share: number): boolean {
    return this.#random() < share
  }

  /** Some turns of everybody, then time for every deadline to pass. */
  async run(): Promise<void> {
    const { endpoints, clock } = this.#relay
    const known = new Set<Peer>()
    for (let turn = 0; turn < 40; turn++) {
      for (const peer of endpoints.flatMap(({ peers }) => peers)) {
        if (!known.has(peer)) known.add(peer)
        this.#answer(peer)
      }
      await this.#ask()
      if (this.#chance(0.3)) this.#disturb(this.#pick([...this.#peers, ...known]))
      if (this.#chance(0.5)) clock.advance(this.#random() * 3_000)
      for (let i = this.#random() * 4; i > 0; i--) {
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
    for (const { socket } of [...this.#peers, ...known]) socket.resume()
  }

  /** What was refused nobody has got a byte of. */
  checkBytes(): void {
    const { judgesReplies = false, judgesRequests = false } = this.#drawn ?? {}
    const endpointPeers = this.#relay.endpoints.flatMap(({ peers }) => peers)
    if (judgesReplies) for (const { received } of this.#peers) assert.ok(!received.includes(bad))
    if (judgesRequests) for (const { received } of endpointPeers) assert.ok(!received.includes(bad))
  }

  async #ask(): Promise<void> {
    if (this.#peers.length < 8 && this.#chance(0.4)) this.#peers.push(await this.#relay.client())
    const peer = this.#peers.length === 0 ? undefined : this.#pick(this.#peers)
    if (peer === undefined || peer.socket.writableEnded || peer.socket.destroyed) return
    this.#send(peer, this.#pick(requests))
  }

  #answer(peer: Peer): void {
    const asked = peer.received.indexOf('\r\n\r\n')
    if (asked < 0 || peer.socket.writableEnded || peer.socket.destroyed) return
    if (this.#chance(0.3)) return
    if (this.#drawn?.judgesRequests === true) assert.ok(!peer.received.includes(bad))
    peer.received = peer.received.slice(asked + 4)
    this.#send(peer, this.#pick(replies))
    if (this.#chance(0.15)) peer.finish()
  }

  /** Whole, a part of it, or in two parts. */
  #send(peer: Peer, text: string): void {
    const cut = Math.floor(this.#random() * text.length)
    const kind = this.#random()
    peer.send(kind < 0.6 ? text : text.slice(0, cut))
    if (kind > 0.75) setImmediate(() => !peer.socket.writableEnded && peer.send(text.slice(cut)))
  }

  #disturb(peer: Peer | undefined): void {
    if (peer === undefined) return
    const what = this.#random()
    if (what < 0.25) peer.cut()
    else if (what < 0.45) peer.finish()
    else if (what < 0.75) peer.socket.pause()
    else peer.socket.resume()
  }
}

async function play(t: TestContext, seed: number): Promise<void> {
  const random = seededRandom(seed)
  const stepBugs: unknown[] = []
  const drawn = drawSteps(random, (error) => stepBugs.push(error))
  const relay = await openRelay(t, {
    endpoints: 1 + Math.floor(random() * 2),
    audience: random() < 0.5 ? 'public' : 'internal',
    ...(drawn && { steps: drawn.steps }),
    operation: { statuses: random() < 0.5 ? ['200'] : ['default'] },
    limits: {
      ...(random() < 0.5 ? { heldBytesMax: 1_048_576 } : {}),
      endpointConnectionsMax: 1 + Math.floor(random() * 4),
      endpointQueueMax: Math.floor(random() * 4),
      connectTimeoutMs: 2_000,
      firstByteTimeoutMs: 5_000,
      replyIdleTimeoutMs: 5_000,
      exchangeTimeoutMs: 20_000,
      bodyIdleTimeoutMs: 5_000,
      headTimeoutMs: 5_000,
      idleTimeoutMs: 5_000,
      endpointIdleTimeoutMs: 5_000,
    },
  })
  const { bugs, clock, runtime, server, upstreams } = relay
  const chaos = new Chaos(relay, drawn, seed)
  await chaos.run()
  // A step that never answers takes all the time that each of many pipelined requests has.
  for (let step = 0; step < 60 || (step < 600 && server.connections > 0); step++) {
    clock.advance(1_000)
    await settled()
  }
  chaos.checkBytes()
  assert.deepEqual([bugs, stepBugs], [[], []])
  assert.equal(runtime.active, 0, 'every deadline has passed: no exchange hangs')
  await eventually('every client is left', () => server.connections === 0)
  for (const one of upstreams.states()) {
    assert.deepEqual([one.activeConnections, one.idleConnections, one.waiting], [0, 0, 0])
  }
  await relay.close()
}

test(`${cases} seeded lives of connections lose, double or hang no exchange`, async (t) => {
  for (let seed = firstSeed; seed < firstSeed + cases; seed++) {
    try {
      await play(t, seed)
    } catch (error) {
      throw new Error(`seed ${seed}: CHAOS_SEED=${seed} CHAOS_CASES=1`, { cause: error })
    }
  }
})
