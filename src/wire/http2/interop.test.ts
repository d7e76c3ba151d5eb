// Our server against clients that others wrote: Node's own (nghttp2), curl and h2load.
import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2'
import { test, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import { defaultLimits, systemClock } from '../../base.ts'
import type { Piece, Stream } from '../../http.ts'
import { linesOf } from '../lines.ts'
import { listen, type WireServer } from '../server.ts'
import { Sweeper } from '../sweeper.ts'

type Serve = (stream: Stream) => void

async function listenerWith(t: TestContext, serve: Serve): Promise<WireServer> {
  const sweeper = new Sweeper(systemClock, assert.ifError)
  const server = await listen({
    at: { host: '127.0.0.1', port: 0 },
    clock: systemClock,
    sweeper,
    limits: () => defaultLimits,
    isTrustedHop: () => false,
    overloaded: () => '',
    exchange: serve,
    malformed: (stream) => cutStream(stream),
    bug: assert.ifError,
  })
  t.after(() => {
    server.destroy()
    sweeper.stop()
  })
  return server
}

const originOf = ({ port }: WireServer): string => `http://127.0.0.1:${port}`

const serverWith = async (t: TestContext, serve: Serve): Promise<string> =>
  originOf(await listenerWith(t, serve))

function cutStream(stream: Stream): void {
  stream.attach(deaf)
  stream.cut()
}

const deaf = {
  requestPiece() {},
  requestEnded() {},
  requestBroken() {},
  clientWritable() {},
  clientGone() {},
}

function sessionTo(t: TestContext, origin: string): ClientHttp2Session {
  // All that is sent in a test may wait in the client.
  const session = connect(origin, { maxSessionMemory: 1_000 })
  t.after(() => session.destroy())
  return session
}

/** Sends the body back as it comes, as fast as the client takes it, with the trailers. */
function echo(stream: Stream): void {
  stream.attach({
    ...deaf,
    requestPiece(piece: Piece) {
      if (!stream.sendPiece(piece)) stream.pauseBody()
    },
    requestEnded: (trailers) => stream.sendEnd(trailers),
    clientWritable: () => stream.readBody(),
  })
  stream.sendHead('200 OK', '', 'streamed')
  if (stream.head.bodyLength === 'none') stream.sendEnd([])
  else stream.readBody()
}

/** Reproducible: a seed that fails can be tried again. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const names = [
  'a',
  'b-c',
  'x-long-name',
  'accept',
  'user-agent',
  'authorization',
  'x-token',
  'etag',
]
const characters = ' !"#$%&\'()*+,-./0123456789:;<=>?@ABCXYZ[]^_`abcxyz{|}~'

function randomFields(below: (max: number) => number): [name: string, value: string][] {
  const chosen = names.filter(() => below(2) === 0)
  return chosen.map((name) => {
    const length = below(3) === 0 ? below(300) : below(12)
    const value = Array.from({ length }, () => characters[below(characters.length)]).join('')
    return [name, value.trim()]
  })
}

test('fields come through as Node sends them, and go out as Node reads them', async (t) => {
  const seed = Math.floor(Math.random() * 2 ** 31)
  const below = randomFrom(seed)
  const outgoing = new Map<string, [string, string][]>()
  const incoming = new Map<string, readonly string[]>()
  const origin = await serverWith(t, (stream) => {
    stream.attach(deaf)
    const { path, headers } = stream.head
    incoming.set(path, headers)
    const fields = outgoing.get(path)!
    // Names as an upstream of HTTP/1.1 may write them.
    const lines = linesOf(fields.flatMap(([name, value]) => [name.toUpperCase(), value]))
    stream.sendHead('200 OK', lines, 'none')
    stream.sendEnd([])
  })
  const session = sessionTo(t, origin)
  for (let i = 0; i < 500; i++) {
    const path = `/${i}`
    const sent = randomFields(below)
    const replied = randomFields(below)
    outgoing.set(path, replied)
    const request = session.request({ ':path': path, ...Object.fromEntries(sent) })
    const [got] = (await once(request, 'response')) as [Record<string, unknown>]
    const says = `seed ${seed}, exchange ${i}`
    assert.deepEqual(incoming.get(path)!.slice(2), sent.flat(), says)
    const read = Object.entries(got).filter(([name]) => !name.startsWith(':'))
    assert.deepEqual(read, replied, says)
    request.close()
  }
})

test('a head larger than a frame comes in several', async (t) => {
  const value = 'x'.repeat(40_000)
  const origin = await serverWith(t, (stream) => {
    stream.attach(deaf)
    stream.sendHead('200 OK', `X-Large: ${value}\r\nX-Last: y\r\n`, 'none')
    stream.sendEnd([])
  })
  const request = sessionTo(t, origin).request({ ':path': '/' })
  const [got] = (await once(request, 'response')) as [Record<string, string>]
  assert.deepEqual([got['x-large'], got['x-last']], [value, 'y'])
  request.close()
})

const bytesOf = async (stream: ClientHttp2Stream): Promise<Buffer> =>
  Buffer.concat((await stream.toArray()) as Buffer[])

test('large bodies go both ways at once, on many streams, with trailers', async (t) => {
  const session = sessionTo(t, await serverWith(t, echo))
  const body = Buffer.alloc(3_000_000, 'abcdefg')
  const exchanges = Array.from({ length: 8 }, async (_, i) => {
    const request = session.request({ ':path': '/', ':method': 'POST' }, { waitForTrailers: true })
    const trailers = once(request, 'trailers')
    request.on('wantTrailers', () => request.sendTrailers({ 'x-number': `${i}` }))
    request.end(body)
    assert.ok((await bytesOf(request)).equals(body))
    const [fields] = (await trailers) as [Record<string, string>]
    assert.equal(fields['x-number'], `${i}`)
  })
  await Promise.all(exchanges)
})

test('a client that takes nothing holds up its own stream alone', async (t) => {
  let told = 0
  const origin = await serverWith(t, (stream) => {
    const fill = () => {
      while (stream.sendPiece(Buffer.alloc(16_000))) told++
    }
    stream.attach({ ...deaf, clientWritable: fill })
    if (stream.head.path !== '/endless') return echo(stream)
    stream.sendHead('200 OK', '', 'streamed')
    fill()
  })
  const session = sessionTo(t, origin)
  const endless = session.request({ ':path': '/endless' })
  await once(endless, 'response')
  const request = session.request({ ':path': '/', ':method': 'POST' })
  request.end('abc')
  assert.equal(`${await bytesOf(request)}`, 'abc')
  assert.ok(told < 100, `${told} pieces were taken`)
})

test('either side may leave an exchange', async (t) => {
  let gone = ''
  const origin = await serverWith(t, (stream) => {
    stream.attach({ ...deaf, clientGone: (fault) => (gone = fault) })
    if (stream.head.path === '/cut') {
      stream.sendHead('200 OK', '', 'streamed')
      stream.cut()
    }
  })
  const session = sessionTo(t, origin)
  const cut = session.request({ ':path': '/cut' })
  const [error] = (await once(cut, 'error')) as [Error]
  assert.match(error.message, /INTERNAL_ERROR/)
  const left = session.request({ ':path': '/left' })
  session.ping(() => left.close(8))
  await once(left, 'close')
  await new Promise((pinged) => session.ping(pinged))
  assert.equal(gone, 'CLIENT_CLOSED')
})

test('a listener that closes says so, and is done when the last exchange is', async (t) => {
  const asked: Stream[] = []
  const server = await listenerWith(t, (stream) => {
    stream.attach(deaf)
    asked.push(stream)
  })
  const session = sessionTo(t, originOf(server))
  await once(session, 'connect')
  const request = session.request({ ':path': '/' })
  await new Promise((pinged) => session.ping(pinged))
  assert.equal(server.connections, 1)
  const goaway = once(session, 'goaway')
  const closed = server.close()
  await goaway
  asked[0]!.sendHead('204 No Content', '', 'none')
  asked[0]!.sendEnd([])
  const [{ ':status': status }] = (await once(request, 'response')) as [Record<string, number>]
  assert.equal(status, 204)
  request.close()
  await closed
  assert.equal(server.connections, 0)
})

test('HTTP/1.1 and HTTP/2 come to the same port', async (t) => {
  const origin = await serverWith(t, (stream) => {
    stream.attach(deaf)
    const { version } = stream.head
    stream.sendHead('200 OK', `Content-Length: ${version.length}\r\n`, version.length)
    stream.sendPiece(version)
    stream.sendEnd([])
  })
  assert.equal(await (await fetch(origin)).text(), '1.1')
  const request = sessionTo(t, origin).request({ ':path': '/' })
  assert.equal(`${await bytesOf(request)}`, '2')
})

const run = promisify(execFile)
const absence = (program: string): string | false =>
  spawnSync(program, ['--version']).error === undefined ? false : `${program} is not installed`

test('curl speaks it by prior knowledge', { skip: absence('curl') }, async (t) => {
  const origin = await serverWith(t, echo)
  const large = 'x'.repeat(100_000)
  const asked = run('curl', [
    '--http2-prior-knowledge',
    '-s',
    '-S',
    '-w',
    ' %{http_version}',
    '-d',
    '@-',
    origin,
  ])
  asked.child.stdin!.end(large)
  assert.equal((await asked).stdout, `${large} 2`)
})

test('h2load has all of its requests answered', { skip: absence('h2load') }, async (t) => {
  const origin = await serverWith(t, echo)
  const { stdout } = await run('h2load', ['-n', '2000', '-c', '4', '-m', '50', origin])
  assert.match(stdout, /2000 succeeded, 0 failed/)
})
