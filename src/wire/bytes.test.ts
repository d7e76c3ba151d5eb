// A socket as the engine sees it, made in each of the ways: accepted, its handle moved under a read
// buffer of our own or fallen back to 'data' events; connected over TCP, to a Unix socket, over TLS.
// All must look the same from above.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { connect, createServer, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { TLSSocket } from 'node:tls'
import { makeCertificate } from '../../test/certificates.ts'
import { eventually, Peer, settled } from '../../test/raw-peer.ts'
import { adoptSocket, type ByteSink, type ByteStream } from './bytes.ts'
import { type Address, type Connect, connectSocket } from './connect.ts'
import { tlsConnect, tlsContext } from './tls.ts'

class Recorder implements ByteSink {
  socket!: ByteStream
  heard = ''
  readonly events: string[] = []
  readonly thrown: unknown[] = []
  onBytes: (text: string) => void = () => {}

  bytes(buffer: Buffer, length: number): void {
    const text = buffer.toString('latin1', 0, length)
    this.heard += text
    this.onBytes(text)
  }

  ended(): void {
    this.events.push('ended')
  }

  drained(): void {
    this.events.push('drained')
  }

  closed(error: NodeJS.ErrnoException | undefined): void {
    this.events.push(`closed${error === undefined ? '' : ` ${error.code}`}`)
  }

  threw(error: unknown): void {
    this.thrown.push(error)
    this.socket.reset()
  }
}

/** A socket that is no plain one, as a TLS socket is not: its handle stays where it is. */
class OtherSocket extends Socket {}

type Way = 'moved' | 'fallback' | 'connected' | 'unix' | 'tls'
const ways: readonly Way[] = ['moved', 'fallback', 'connected', 'unix', 'tls']

const certificate = makeCertificate({ names: ['127.0.0.1'] })
const context = tlsContext({ ca: certificate.cert })

/** The far end of a Unix socket, which knows no reset: its peer sees an end. */
class UnixPeer extends Peer {
  override cut(): void {
    this.socket.destroy()
  }
}

/** The far end of a connection over TLS: what lies below it is what can be cut. */
class SecurePeer extends Peer {
  readonly #below: Socket

  constructor(below: Socket) {
    super(new TLSSocket(below, { isServer: true, ...certificate }))
    this.#below = below
  }

  override cut(): void {
    this.#below.resetAndDestroy()
  }
}

interface Pair {
  readonly ours: Recorder
  readonly theirs: Peer
}

/** A pair: ours as the engine has it, theirs raw. */
async function pair(t: TestContext, way: Way): Promise<Pair> {
  return way === 'moved' || way === 'fallback' ? acceptedPair(t, way) : connectedPair(t, way)
}

async function acceptedPair(t: TestContext, way: Way): Promise<Pair> {
  const ours = new Recorder()
  const { address, accepted } = await listening(t, way, true)
  const socket = connect({ ...(address as { port: number }), allowHalfOpen: true })
  t.after(() => socket.destroy())
  const one = await accepted
  if (way === 'fallback') Object.setPrototypeOf(one, OtherSocket.prototype)
  ours.socket = adoptSocket(one, ours)
  return { ours, theirs: new Peer(socket) }
}

async function connectedPair(t: TestContext, way: Way): Promise<Pair> {
  const ours = new Recorder()
  const { address, accepted } = await listening(t, way, false)
  const opened = Promise.withResolvers<void>()
  const open: Connect =
    way === 'tls' ? tlsConnect({ context, serverName: undefined }) : connectSocket
  ours.socket = open(address, ours, () => opened.resolve())
  const one = await accepted
  const theirs = farEnd(way, one)
  t.after(() => theirs.socket.destroy())
  await opened.promise
  return { ours, theirs }
}

async function listening(t: TestContext, way: Way, pauseOnConnect: boolean) {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect })
  const socketPath = join(tmpdir(), `concordat-${process.pid}-${performance.now()}.sock`)
  if (way === 'unix') server.listen(socketPath)
  else server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    rmSync(socketPath, { force: true })
  })
  const accepted = once(server, 'connection').then(([socket]) => socket as Socket)
  const { port } = server.address() as { port: number }
  const address: Address = way === 'unix' ? { socketPath } : { host: '127.0.0.1', port }
  return { address, accepted }
}

function farEnd(way: Way, accepted: Socket): Peer {
  if (way === 'unix') return new UnixPeer(accepted)
  return way === 'tls' ? new SecurePeer(accepted) : new Peer(accepted)
}

const isCut = (way: Way, { reset, ended }: Peer): boolean => (way === 'unix' ? ended : reset)

for (const way of ways) {
  test(`${way}: bytes go both ways, and each side closes by itself`, async (t) => {
    const { ours, theirs } = await pair(t, way)
    ours.socket.write('hello')
    await theirs.until('hello')
    theirs.send('to you\0\xff')
    theirs.finish()
    await eventually('the FIN comes', () => ours.events.includes('ended'))
    assert.equal(ours.heard, 'to you\0\xff')
    ours.socket.write(' behind')
    ours.socket.finish()
    assert.equal(await theirs.gone(), 'hello behind')
    await eventually('it is closed', () => ours.events.includes('closed'))
    assert.deepEqual(ours.events, ['ended', 'closed'])
    assert.equal(ours.socket.open, false)
  })

  test(`${way}: a paused socket hears nothing, not even the end, until it resumes`, async (t) => {
    const { ours, theirs } = await pair(t, way)
    theirs.send('a')
    await eventually('a byte comes', () => ours.heard === 'a')
    ours.socket.pause()
    theirs.send('b'.repeat(100_000))
    theirs.finish()
    await settled()
    assert.equal(ours.heard, 'a')
    assert.deepEqual(ours.events, [])
    ours.socket.resume()
    await eventually('all comes', () => ours.events.includes('ended'))
    assert.equal(ours.heard.length, 100_001)
    ours.socket.finish()
  })

  test(`${way}: pausing within a read keeps the rest for later`, async (t) => {
    const { ours, theirs } = await pair(t, way)
    ours.onBytes = () => ours.socket.pause()
    theirs.send('x'.repeat(1_000_000))
    await eventually('a piece comes', () => ours.heard !== '')
    const first = ours.heard.length
    await settled()
    assert.equal(ours.heard.length, first)
    ours.onBytes = () => {}
    ours.socket.resume()
    await eventually('the rest comes', () => ours.heard.length === 1_000_000)
    ours.socket.destroy()
  })

  test(`${way}: a full socket says so, counts what waits, and tells when it is drained`, async (t) => {
    const { ours, theirs } = await pair(t, way)
    theirs.socket.pause()
    const piece = Buffer.alloc(1_000_000, 'x')
    let sent = 0
    while (ours.socket.writePiece(piece)) sent++
    while (ours.socket.queuedBytes === 0) {
      ours.socket.writePiece(piece)
      sent++
    }
    assert.ok(ours.socket.full)
    const taken = ours.socket.sentBytes
    theirs.socket.resume()
    await eventually('it is drained', () => ours.events.includes('drained'))
    assert.ok(!ours.socket.full)
    assert.equal(ours.socket.queuedBytes, 0)
    assert.ok(ours.socket.sentBytes > taken, 'what the kernel took is told')
    assert.ok(ours.socket.sentBytes >= sent * piece.length)
    ours.socket.destroy()
  })

  test(`${way}: text that the kernel does not take at once follows in order, and is told`, async (t) => {
    const { ours, theirs } = await pair(t, way)
    theirs.socket.pause()
    theirs.keepBytesMax = 100_000_000
    let want = ''
    const put = (piece: string) => {
      want += piece
      return ours.socket.writePiece(piece)
    }
    for (let i = 0; put(String.fromCharCode(97 + (i % 26)).repeat(15_000)); i++);
    assert.ok(ours.socket.full && ours.socket.queuedBytes > 0)
    put('a little more ')
    const large = Buffer.alloc(100_000, 'L')
    want += large.toString('latin1')
    ours.socket.writePiece(large)
    put(' and text again')
    assert.ok(ours.socket.sentBytes < want.length)
    theirs.socket.resume()
    await eventually('it is drained', () => ours.events.includes('drained') && !ours.socket.full)
    ours.socket.write(' end')
    ours.socket.finish()
    assert.ok((await theirs.gone()) === `${want} end`, 'every byte in its place')
    await eventually('nothing waits', () => ours.socket.queuedBytes === 0)
    // What TLS adds is sent too.
    if (way === 'tls') assert.ok(ours.socket.sentBytes > want.length + 4)
    else assert.equal(ours.socket.sentBytes, want.length + 4)
    theirs.finish()
    await eventually('it is closed', () => ours.events.includes('closed'))
  })

  test(`${way}: a peer that resets while text waits for it ends the socket once`, async (t) => {
    const { ours, theirs } = await pair(t, way)
    theirs.socket.pause()
    while (ours.socket.write('x'.repeat(15_000)));
    ours.socket.write('y'.repeat(15_000))
    theirs.cut()
    await eventually('it is closed', () => ours.events.some((event) => event.startsWith('closed')))
    await settled()
    assert.equal(ours.events.length, 1)
    assert.match(ours.events[0]!, /ECONNRESET|EPIPE/)
  })

  test(`${way}: a socket that is destroyed while text waits ends once`, async (t) => {
    const { ours, theirs } = await pair(t, way)
    theirs.socket.pause()
    while (ours.socket.write('x'.repeat(15_000)));
    ours.socket.destroy()
    await eventually('it is closed', () => ours.events.length > 0)
    await settled()
    assert.deepEqual(ours.events, ['closed'])
  })

  test(`${way}: a reset ends a socket whose FIN waits behind what nobody takes`, async (t) => {
    const { ours, theirs } = await pair(t, way)
    theirs.socket.pause()
    while (ours.socket.write('x'.repeat(15_000)));
    ours.socket.finish()
    await settled()
    ours.socket.reset()
    await eventually('it is closed', () => ours.events.length > 0)
    assert.deepEqual(ours.events, ['closed'])
  })

  test(`${way}: what is written while an event is handled leaves in order, and copies its pieces`, async (t) => {
    const { ours, theirs } = await pair(t, way)
    const shared = Buffer.alloc(20_000)
    ours.onBytes = () => {
      ours.socket.write('head ')
      ours.socket.writePiece(shared.fill('a').subarray(0, 10))
      ours.socket.writePiece(shared.fill('b'))
      ours.socket.writePiece('text')
      ours.socket.writePiece(shared.fill('c').subarray(0, 5))
      shared.fill('z')
      ours.socket.finish()
    }
    theirs.send('go')
    assert.equal(await theirs.gone(), `head ${'a'.repeat(10)}${'b'.repeat(20_000)}textccccc`)
  })

  test(`${way}: what was gathered dies with a socket that is reset`, async (t) => {
    const { ours, theirs } = await pair(t, way)
    ours.onBytes = () => {
      ours.socket.write('half of a reply')
      ours.socket.reset()
      ours.socket.write('more')
    }
    theirs.send('go')
    await eventually('it is cut off', () => isCut(way, theirs))
    assert.equal(theirs.received, '')
    await eventually('ours is closed', () => ours.events.includes('closed'))
  })

  test(`${way}: what a sink throws ends its own connection, and the next event is handled`, async (t) => {
    const { ours, theirs } = await pair(t, way)
    const other = await pair(t, way)
    const bug = new Error('bug')
    ours.onBytes = () => {
      other.ours.socket.write('gathered before')
      throw bug
    }
    other.ours.onBytes = () => other.ours.socket.write(' still here')
    theirs.send('go')
    await eventually('it is cut off', () => isCut(way, theirs))
    assert.deepEqual(ours.thrown, [bug])
    other.theirs.send('go')
    await other.theirs.until('gathered before still here')
    other.ours.socket.destroy()
  })

  test(`${way}: a peer that resets is told with its error, once`, async (t) => {
    const { ours, theirs } = await pair(t, way)
    theirs.send('x')
    await eventually('a byte comes', () => ours.heard === 'x')
    theirs.cut()
    await eventually('it is closed', () => ours.events.length > 0)
    ours.socket.write('nobody reads this')
    ours.socket.finish()
    ours.socket.destroy()
    ours.socket.reset()
    await settled()
    const unix = ['ended', 'closed EPIPE']
    assert.deepEqual(ours.events, way === 'unix' ? unix : ['closed ECONNRESET'])
  })
}

test('a connection that cannot be opened is closed with the reason', async (t) => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  const ours = new Recorder()
  ours.socket = connectSocket({ host: '127.0.0.1', port }, ours, () => t.assert.fail('it opened'))
  await eventually('it is closed', () => ours.events.length > 0)
  assert.deepEqual(ours.events, ['closed ECONNREFUSED'])
})
