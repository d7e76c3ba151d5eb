// What lasts, by a seed: WebSockets and event streams whose sides say what they like in any pieces,
// stop reading, say Close or break off, while time passes and the thread leaves. Messages come in
// order and once, nothing comes behind a Close, an event stream that ends whole ends between events.
// `CHAOS_CASES=500 CHAOS_SEED=7 node --test src/engine/relay-chaos-lasting.test.ts` is the long form.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { bodyEndOf, MessageReader } from '../../test/message-reader.ts'
import { type Peer, settled } from '../../test/raw-peer.ts'
import { type Random, seededRandom } from '../base.ts'
import { frameOf, opcodes } from '../http.ts'
import { ask, openRelay, type Relay, reply } from './relay-for-tests.ts'
import { fromClient, fromService, taken, tunnelSteps, upgrade } from './websocket-for-tests.ts'

const cases = Number(process.env['CHAOS_CASES'] ?? 40)
const firstSeed = Number(process.env['CHAOS_SEED'] ?? 1)

const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)]!

/** Sends what waits in pieces of any size. */
class Sender {
  readonly peer: Peer
  readonly said: string[] = []
  hasClosed = false
  hasLeft = false
  #pending = ''

  constructor(peer: Peer) {
    this.peer = peer
    peer.keepBytesMax = Infinity
  }

  put(bytes: string): void {
    this.#pending += bytes
  }

  /** Less than all may leave a frame cut in the middle. */
  flush(bytesMax: number): void {
    const { closed, socket } = this.peer
    if (closed || socket.writableEnded || socket.destroyed || this.#pending === '') return
    this.peer.send(this.#pending.slice(0, bytesMax))
    this.#pending = this.#pending.slice(bytesMax)
  }

  disturb(random: Random): void {
    const what = random()
    this.hasLeft ||= what < 0.02
    if (what < 0.01) this.peer.cut()
    else if (what < 0.02) this.peer.finish()
    else if (what < 0.1) this.peer.socket.pause()
    else if (what < 0.4) this.peer.socket.resume()
  }
}

const frameKinds = { client: fromClient, service: fromService }

/** Something to say, as the one side or the other says it. */
function speak(sender: Sender, who: 'client' | 'service', random: Random): void {
  const frames = frameKinds[who]
  const what = random()
  if (sender.hasClosed) return
  if (what < 0.03) {
    sender.hasClosed = true
    return sender.put(frames.close(1000))
  }
  if (what < 0.2) return sender.put(frames.ping('p'))
  const text = `${who} ${sender.said.length} `.padEnd(pick(random, [10, 200, 70_000]), '.')
  sender.said.push(text)
  const mask = who === 'client' ? Uint8Array.of(1, 2, 3, 4) : undefined
  const frame = frameOf(opcodes.text, Buffer.from(text), mask)
  sender.put(Buffer.from(frame).toString('latin1'))
}

/** The messages of what came, whose last frame may be cut; nothing stands behind a Close. */
function messagesIn(received: string): string[] {
  const bytes = Buffer.from(received, 'latin1')
  const messages: string[] = []
  for (let at = 0; at + 10 <= bytes.length;) {
    const short = bytes[at + 1]! & 0x7f
    const isMasked = bytes[at + 1]! >= 0x80
    const maskAt = at + 2 + (short === 127 ? 8 : short === 126 ? 2 : 0)
    const start = maskAt + (isMasked ? 4 : 0)
    const length =
      short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : bytes.readUInt32BE(at + 6)
    const end = start + length
    if (end > bytes.length) break
    const payload = bytes
      .subarray(start, end)
      .map((byte, i) => (isMasked ? byte ^ bytes[maskAt + (i & 3)]! : byte))
    const opcode = bytes[at]! & 0x0f
    if (opcode === opcodes.text) messages.push(Buffer.from(payload).toString())
    if (opcode === opcodes.close) assert.equal(end, bytes.length, 'a Close is the last')
    at = end
  }
  return messages
}

function checkHeard(heard: string, said: readonly string[]): void {
  const messages = messagesIn(heard)
  assert.deepEqual(messages, said.slice(0, messages.length), 'messages come as they were said')
}

/** Over the same connection a request may have gone before. */
async function openTunnel({ endpoint, sent }: Relay, random: Random): Promise<[Peer, Peer]> {
  let upstream: Peer | undefined
  if (random() < 0.5) {
    const before = await sent(ask('GET /a'))
    upstream = await endpoint.next()
    await upstream.until('\r\n\r\n')
    const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'
    upstream.send(pick(random, [chunked, reply('ok')]))
    await before.until(/ok/)
    before.cut()
    upstream.received = ''
  }
  const client = await sent(upgrade())
  upstream ??= await endpoint.next()
  await upstream.until('\r\n\r\n')
  upstream.send(taken())
  await client.until('\r\n\r\n')
  client.received = upstream.received = ''
  return [client, upstream]
}

const judge = () => undefined

async function playTunnel(t: TestContext, random: Random): Promise<void> {
  const rules = pick(random, [{}, { bytesMax: 100_000 }, { bytesMax: 100_000, judge }])
  const times = { pingMs: pick(random, [0, 2_000]), idleTimeoutMs: pick(random, [0, 5_000]) }
  const own = { ...times, client: rules, server: rules, controlFramesPerSecondMax: 1_000 }
  const relay = await openRelay(t, { steps: tunnelSteps(own) })
  const [clientPeer, upstreamPeer] = await openTunnel(relay, random)
  const [client, service] = [new Sender(clientPeer), new Sender(upstreamPeer)]
  for (let turn = 0; turn < 40; turn++) {
    if (random() < 0.5) speak(client, 'client', random)
    if (random() < 0.5) speak(service, 'service', random)
    for (const side of [client, service]) {
      side.flush(Math.ceil(random() * 100_000))
      side.disturb(random)
    }
    await goOn(relay, random)
  }
  for (const side of [client, service]) side.peer.socket.resume()
  await settled()
  const broken = relay.records.some(({ fault }) => fault === 'UPSTREAM_CLOSED')
  assert.ok(!broken || service.hasLeft, 'who stays is not said to have gone')
  await rest([client.peer, service.peer])
  checkHeard(client.peer.received, service.said)
  checkHeard(service.peer.received, client.said)
  await left(relay)
}

const events = Array.from({ length: 400 }, (_, i) => `id: ${i}\r\nda\ndata: ${i}\n\n`).join('')
const eventsHead =
  'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n'

async function playEvents(t: TestContext, random: Random): Promise<void> {
  const terms = { heartbeatMs: pick(random, [0, 500]), lifetimeMs: pick(random, [0, 8_000]) }
  const relay = await openRelay(t, { steps: { eventStream: terms } })
  const client = await relay.sent(ask('GET /a'))
  client.keepBytesMax = Infinity
  const service = new Sender(await relay.endpoint.next())
  await service.peer.until('\r\n\r\n')
  service.put(eventsHead)
  for (let at = 0; at < events.length;) {
    const piece = events.slice(at, at + 1 + Math.floor(random() * 300))
    service.put(`${piece.length.toString(16)}\r\n${piece}\r\n`)
    at += piece.length
  }
  for (let turn = 0; turn < 40; turn++) {
    if (random() < 0.7) service.flush(Math.ceil(random() * 500))
    new Sender(client).disturb(random)
    if (random() < 0.01) service.peer.cut()
    await goOn(relay, random)
  }
  client.socket.resume()
  await rest([client, service.peer])
  checkEvents(client.received)
  await left(relay)
}

/** Without the comments it is the beginning of what was said, and whole it ends between events. */
function checkEvents(received: string): void {
  let text = ''
  let isWhole = false
  const reader = new MessageReader({
    head: (head) => bodyEndOf(head.replaceAll('\r', ''), 'close'),
    data: (piece) => void (text += piece),
    ended: () => void (isWhole = true),
  })
  reader.push(received)
  if (!received.startsWith('HTTP/1.1 200')) return
  const said = text.replace(/^:\n/gm, '')
  assert.ok(events.startsWith(said), 'what came was said, and comments stand between lines')
  assert.ok(!isWhole || said === '' || said.endsWith('\n\n'), 'it ends between events')
}

/** Time passes, and perhaps the thread leaves. */
async function goOn({ clock, runtime }: Relay, random: Random): Promise<void> {
  if (random() < 0.4) clock.advance(random() * 800)
  if (random() < 0.01) {
    runtime.leaves = pick(random, ['stops', 'renews'])
    for (const one of runtime.lasting) one.leave(runtime.leaves)
  }
  for (let i = random() * 3; i > 0; i--) await new Promise((resolve) => setImmediate(resolve))
}

/** What is on its way arrives, then whoever still stays goes. */
async function rest(peers: readonly Peer[]): Promise<void> {
  await settled()
  for (const peer of peers) peer.cut()
  await settled()
}

async function left(relay: Relay): Promise<void> {
  for (let i = 0; i < 20 && relay.runtime.active > 0; i++) await relay.pass(1_000)
  assert.deepEqual([relay.bugs, relay.runtime.lasting.size, relay.runtime.active], [[], 0, 0])
  await relay.close()
}

for (const [what, play] of [
  ['WebSockets', playTunnel],
  ['event streams', playEvents],
] as const) {
  test(`${cases} seeded lives of ${what} lose, double or leave nothing`, async (t) => {
    for (let seed = firstSeed; seed < firstSeed + cases; seed++) {
      try {
        await play(t, seededRandom(seed))
      } catch (error) {
        throw new Error(`seed ${seed}: CHAOS_SEED=${seed} CHAOS_CASES=1`, { cause: error })
      }
    }
  })
}
