// The suite: exchanges between a client and a service of any protocol.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { test, type TestContext } from 'node:test'
import { eventually, settled } from '../raw-peer.ts'
import type { Client, ClientKind } from './clients.ts'
import { openGateway } from './gateway.ts'
import type { Service, ServiceKind } from './services.ts'

interface Pair {
  readonly client: Client
  readonly service: Service
  readonly from: ClientKind
  readonly to: ServiceKind
}

type Run = (pair: Pair) => Promise<void>

/** Held up, a stream may be ahead by what sockets and windows hold, and not by the whole of it. */
const aheadBytesMax = 16 * 1024 * 1024

const exchanges: Readonly<Record<string, Run>> = {
  async 'a body of any size comes back as it was sent'({ client, from }) {
    const { bodyBytesMax = Infinity } = from
    for (const bytes of [0, 1, 16_384, 65_537, 1_000_000, 5_000_000]) {
      if (bytes > bodyBytesMax) break
      const sent = randomBytes(bytes)
      const asked = client.ask({ method: 'POST', path: '/echo', headers: octets, hasBody: true })
      const back = asked.reply.then(({ body }) => collected(body))
      const [got] = await Promise.all([back, pipelined(sent, asked.body)])
      assert.equal(digest(got), digest(sent), `${bytes} bytes`)
    }
  },

  async 'a body with a length keeps it'({ client, service }) {
    const asked = client.ask({
      method: 'POST',
      path: '/echo',
      headers: { ...octets, 'content-length': '5' },
      hasBody: true,
    })
    asked.body.end('hello')
    assert.equal((await collected((await asked.reply).body)).toString(), 'hello')
    assert.equal(service.noticed.last?.headers['content-length'], '5')
    const { headers } = await client.ask({ path: '/sized' }).reply
    assert.equal(headers['content-length'], '5')
  },

  async 'fields keep their values, and those that stand twice stay two'({ client, service }) {
    const asked = client.ask({
      path: '/sized?a=%20b',
      headers: { 'x-one': '1', accept: 'text/plain;q=0.5, */*', cookie: 'a=1; b=2' },
    })
    const { headers, body } = await asked.reply
    await collected(body)
    assert.deepEqual(headers['set-cookie'], ['a=1', 'b=2'])
    assert.deepEqual([headers['x-a'], headers['x-b']], ['1', '2'])
    const { last } = service.noticed
    assert.equal(last?.url, '/sized?a=%20b')
    assert.equal(last?.headers['x-one'], '1')
    assert.equal(last?.headers['accept'], 'text/plain;q=0.5, */*')
    assert.equal(last?.headers['cookie'], 'a=1; b=2')
  },

  async 'what concerns one connection ends at it'({ client, service, from }) {
    const hop = from.version === '1.1' ? { connection: 'x-mine, keep-alive', 'x-mine': '1' } : {}
    const { headers, body } = await client.ask({ path: '/sized', headers: hop }).reply
    await collected(body)
    assert.equal(headers['transfer-encoding'], undefined)
    const { last } = service.noticed
    assert.equal(last?.headers['x-mine'], undefined)
    assert.equal(last?.headers['x-forwarded-host'] ?? 'api.test', 'api.test')
    assert.match(String(last?.headers['x-request-id']), /^[0-9a-f]{32}$/)
  },

  async 'a reply without content has none'({ client }) {
    for (const [method, path, status] of [
      ['GET', '/none', 204],
      ['GET', '/unchanged', 304],
      ['HEAD', '/sized', 200],
    ] as const) {
      const reply = await client.ask({ method, path }).reply
      assert.equal(reply.status, status)
      assert.equal((await collected(reply.body)).length, 0, path)
    }
  },

  async 'trailers go through in both directions'({ client, service, from }) {
    const asked = client.ask({
      method: 'POST',
      path: '/echo',
      headers: {
        ...octets,
        te: 'trailers',
        ...(from.version === '1.1' ? { connection: 'TE' } : {}),
      },
      hasBody: true,
      trailers: { 'x-sum': '42' },
    })
    asked.body.end('hello')
    const reply = await asked.reply
    await collected(reply.body)
    assert.equal(reply.trailers()['x-got'], '5')
    assert.equal(service.noticed.trailers['x-sum'], '42')
  },

  async 'hints come before the reply'({ client }) {
    const asked = client.ask({ path: '/hinted' })
    const { status, body } = await asked.reply
    assert.equal((await collected(body)).toString(), 'hinted')
    assert.deepEqual([asked.interims, status], [[103], 200])
  },

  async 'a client that does not read holds up its own reply alone'({ client, service }) {
    const slow = await client.ask({ path: '/large' }).reply
    await stands(() => service.noticed.writtenBytes)
    const ahead = service.noticed.writtenBytes
    assert.ok(ahead < aheadBytesMax, `the service could write ${ahead} bytes`)
    const other = await client.ask({ path: '/sized' }).reply
    assert.equal((await collected(other.body)).toString(), 'hello')
    let bytes = 0
    for await (const piece of slow.body) bytes += (piece as Buffer).length
    assert.equal(bytes, 64 * 1024 * 1024)
  },

  async 'a service that does not read holds up its own request alone'({ client }) {
    const asked = client.ask({ method: 'POST', path: '/deaf', headers: octets, hasBody: true })
    let written = 0
    const piece = Buffer.alloc(64 * 1024)
    while (written < 4 * aheadBytesMax && asked.body.write(piece)) written += piece.length
    asked.body.on('drain', () => {
      while (written < 4 * aheadBytesMax && asked.body.write(piece)) written += piece.length
    })
    await stands(() => written)
    assert.ok(written < aheadBytesMax, `the client could write ${written} bytes`)
    const other = await client.ask({ path: '/sized' }).reply
    assert.equal((await collected(other.body)).toString(), 'hello')
    asked.abort()
  },

  async 'a reply may come before the request is whole'({ client }) {
    const asked = client.ask({ method: 'POST', path: '/early', headers: octets, hasBody: true })
    asked.body.on('error', () => undefined)
    asked.body.write(Buffer.alloc(1000))
    const { status, body } = await asked.reply
    assert.equal(status, 403)
    assert.equal((await collected(body)).toString(), 'early')
    asked.abort()
  },

  async 'both directions flow at once'({ client }) {
    const asked = client.ask({ method: 'POST', path: '/echo', headers: octets, hasBody: true })
    asked.body.write('one')
    const { body } = await asked.reply
    for (const word of ['one', 'two', 'three']) {
      if (word !== 'one') asked.body.write(word)
      assert.equal(await next(body), word)
    }
    asked.body.end()
    await collected(body)
  },

  async 'a client that leaves is left by the service’s side too'({ client, service }) {
    const begun = client.ask({ path: '/begun' })
    const { body } = await begun.reply
    assert.equal(await next(body), 'begun')
    begun.abort()
    await eventually('the service sees it', () => service.noticed.aborted === 1)
    const silent = client.ask({ path: '/silent' })
    await eventually('the service is asked', () => service.noticed.requests === 2)
    silent.abort()
    await eventually('the service sees it again', () => service.noticed.aborted === 2)
    const upload = client.ask({ method: 'POST', path: '/silent', headers: octets, hasBody: true })
    upload.body.on('error', () => undefined)
    upload.body.write('half')
    await eventually('the service is asked again', () => service.noticed.requests === 3)
    upload.abort()
    await eventually('the service sees the third', () => service.noticed.aborted === 3)
  },

  async 'a service that breaks off before its reply is a 502'({ client }) {
    const { status, headers, body } = await client.ask({ method: 'POST', path: '/breaks-before' })
      .reply
    assert.equal(status, 502)
    assert.match(String(headers['content-type']), /^application\/json/)
    const { error } = JSON.parse((await collected(body)).toString()) as { error: { code: string } }
    assert.equal(error.code, 'UPSTREAM_CLOSED')
  },

  async 'a reply that breaks off is never taken for a whole one'({ client }) {
    // Of a stream that is reset even the head may be lost.
    const whole = client.ask({ path: '/breaks-within' }).reply.then(({ body }) => collected(body))
    await assert.rejects(whole)
  },

  async 'refusals are the same whatever the protocol'({ client, service }) {
    const rows: [path: string, headers: Record<string, string>, method: string, status: number][] =
      [
        ['/nowhere', {}, 'GET', 404],
        ['/sized', {}, 'DELETE', 405],
        [`/sized?${'q'.repeat(9_000)}`, {}, 'GET', 414],
        ['/sized', { 'x-large': 'x'.repeat(15_000) }, 'GET', 431],
        ['/echo', { 'content-type': 'text/plain', 'content-length': '1' }, 'POST', 415],
      ]
    for (const [path, headers, method, status] of rows) {
      const asked = client.ask({
        path,
        headers: { ...headers, 'x-pad': 'y'.repeat(1_500) },
        method,
        hasBody: method === 'POST',
      })
      asked.body.on('error', () => undefined)
      if (method === 'POST') asked.body.end('x')
      const reply = await asked.reply
      assert.equal(reply.status, status, path.slice(0, 20))
      const { error } = JSON.parse((await collected(reply.body)).toString()) as {
        error: { code: string; requestId: string }
      }
      assert.equal(reply.headers['x-request-id'], error.requestId)
    }
    assert.equal(service.noticed.requests, 0)
  },

  async 'a service that says nothing is a 504'({ client }) {
    const { status } = await client.ask({ path: '/silent' }).reply
    assert.equal(status, 504)
  },

  async 'a hundred exchanges at once each get their own'({ client }) {
    const all = Array.from({ length: 100 }, async (_, at) => {
      const asked = client.ask({ method: 'POST', path: '/echo', headers: octets, hasBody: true })
      const sent = Buffer.alloc(1000 + at, at)
      asked.body.end(sent)
      const got = await collected((await asked.reply).body)
      assert.ok(got.equals(sent), `exchange ${at}`)
    })
    await Promise.all(all)
  },
}

const octets = { 'content-type': 'application/octet-stream' }

/** Short where time must pass, so that nobody waits for it. */
const config = 'limits: { firstByteTimeoutMs: 1000 }'

/** Declares it; a client that lacks something of its own says so. */
export function exchangesOf(from: ClientKind, to: ServiceKind): void {
  test(`${from.name} to ${to.name}`, async (t) => {
    for (const [says, run] of Object.entries(exchanges)) {
      if (from.lacks?.[says] === undefined)
        await t.test(says, (inner) => within(inner, from, to, run))
      else t.diagnostic(`not tried: ${says}: ${from.lacks[says]}`)
    }
  })
}

async function within(t: TestContext, from: ClientKind, to: ServiceKind, run: Run): Promise<void> {
  const service = await to.open(t)
  const client = await from.open(await openGateway(t, service.url, config, from.version === '3'))
  t.after(() => client.close())
  await run({ client, service, from, to })
}

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

async function collected(body: Readable): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of body) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}

async function next(body: Readable): Promise<string> {
  for (;;) {
    const piece = body.read() as Buffer | null
    if (piece !== null) return piece.toString()
    await once(body, 'readable')
  }
}

const pipelined = (bytes: Buffer, body: Writable): Promise<void> =>
  pipeline(function* () {
    for (let at = 0; at < bytes.length; at += 60_000) yield bytes.subarray(at, at + 60_000)
  }, body)

/** Waits until a count has stood still through many turns of the event loop. */
async function stands(count: () => number): Promise<void> {
  for (let before = -1; before !== count();) {
    before = count()
    for (let turns = 0; turns < 5; turns++) await settled()
  }
}
