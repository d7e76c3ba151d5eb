// Probes and metrics over a real socket; everything else is refused in the product's own form.
import assert from 'node:assert/strict'
import { request } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { test, type TestContext } from 'node:test'
import { manualClock } from '../base.ts'
import { type Admin, type AdminSetup, createAdmin } from './admin.ts'
import type { Readiness } from './admin-routes.ts'

interface Got {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

interface Asking {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

type Ask = (path: string, more?: Asking) => Promise<Got>

async function started(t: TestContext, more: Partial<AdminSetup> = {}) {
  let readiness: Readiness = { ready: true, details: { revision: 'r1' } }
  const reported: unknown[] = []
  const admin: Admin = createAdmin({
    host: '127.0.0.1',
    port: 0,
    sources: { metrics: () => ['a 1\n', 'b 2\n'], ready: () => readiness },
    requestId: () => 'req-1',
    report: (error) => reported.push(error),
    ...more,
  })
  const listening = await admin.listen()
  assert.ok('port' in listening)
  const { port } = listening
  t.after(() => admin.close())
  const ask: Ask = (path, { body, headers = {}, method = 'GET' } = {}) =>
    new Promise((resolve, reject) => {
      const asked = request({ host: '127.0.0.1', port, path, method, headers, agent: false })
      asked.on('error', reject).on('response', (reply) => {
        text(reply).then(
          (got) => resolve({ status: reply.statusCode!, headers: reply.headers, body: got }),
          reject,
        )
      })
      asked.end(body)
    })
  const become = (next: Readiness) => {
    readiness = next
  }
  return { admin, ask, become, port, reported }
}

const alwaysReady = (): Readiness => ({ ready: true, details: {} })

const codeOf = ({ body }: Got) => (JSON.parse(body) as { error: { code: string } }).error.code

test('livez answers', async (t) => {
  const { ask } = await started(t)
  const { status, body } = await ask('/livez')
  assert.equal(status, 200)
  assert.deepEqual(JSON.parse(body), { data: { live: true } })
})

test('readyz turns to 503 with the details while not ready', async (t) => {
  const { ask, become } = await started(t)
  assert.equal((await ask('/readyz')).status, 200)
  become({ ready: false, details: { draining: true } })
  const { status, body } = await ask('/readyz')
  assert.equal(status, 503)
  assert.deepEqual(JSON.parse(body), { data: { ready: false, details: { draining: true } } })
})

test('metrics come as Prometheus text, all pieces in order', async (t) => {
  const { ask } = await started(t)
  const { status, body, headers } = await ask('/metrics?x=1')
  assert.equal(status, 200)
  assert.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
  assert.equal(body, 'a 1\nb 2\n')
})

test('between pieces of metrics a probe is answered', async (t) => {
  const gate = Promise.withResolvers<void>()
  async function* metrics() {
    yield 'a 1\n'
    await gate.promise
    yield 'b 2\n'
  }
  const { ask } = await started(t, {
    sources: { metrics, ready: alwaysReady },
  })
  const scrape = ask('/metrics')
  assert.equal((await ask('/livez')).status, 200)
  gate.resolve()
  assert.equal((await scrape).body, 'a 1\nb 2\n')
})

test('the index names every route, and every reply carries the security fields', async (t) => {
  const { ask } = await started(t)
  const { body, headers } = await ask('/')
  for (const path of ['/livez', '/readyz', '/metrics']) assert.ok(body.includes(`href="${path}"`))
  for (const got of [headers, (await ask('/none')).headers]) {
    assert.equal(got['x-content-type-options'], 'nosniff')
    assert.equal(got['cache-control'], 'no-store')
    assert.match(String(got['content-security-policy']), /default-src 'none'/)
  }
})

test('HEAD has no body, and nothing is made for it', async (t) => {
  let made = 0
  function* metrics() {
    made++
    yield 'a 1\n'
  }
  const { ask } = await started(t, { sources: { metrics, ready: alwaysReady } })
  const { status, body } = await ask('/metrics', { method: 'HEAD' })
  assert.deepEqual([status, body, made], [200, '', 0])
})

test('a probe is answered while pieces are made without a pause of their own', async (t) => {
  const begun = Promise.withResolvers<void>()
  const piecesMax = 5_000
  let made = 0
  function* metrics() {
    begun.resolve()
    while (made < piecesMax) {
      made++
      yield 'x\n'
    }
  }
  const { ask } = await started(t, { sources: { metrics, ready: alwaysReady } })
  const scrape = ask('/metrics')
  await begun.promise
  await ask('/livez')
  assert.ok(made < piecesMax)
  assert.equal((await scrape).body.length, 2 * piecesMax)
})

test('for a scraper that does not read, pieces are not made', async (t) => {
  const begun = Promise.withResolvers<void>()
  const piecesMax = 500
  let made = 0
  function* metrics() {
    begun.resolve()
    while (made < piecesMax) {
      made++
      yield 'x'.repeat(65_536)
    }
  }
  const { ask, port } = await started(t, { sources: { metrics, ready: alwaysReady } })
  const socket = connect(port, '127.0.0.1')
  socket.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await begun.promise
  // Each probe takes the event loop round several times, which would do for every piece.
  for (let i = 0; i < 300; i++) await ask('/livez')
  assert.ok(made < piecesMax)
  socket.destroy()
})

test('after a body that was not read the connection ends', async (t) => {
  const { ask } = await started(t)
  const headers = { 'content-length': '1', connection: 'keep-alive' }
  const got = await ask('/livez', { body: 'x', headers })
  assert.equal(got.headers['connection'], 'close')
})

for (const [says, path, asking, status, code] of [
  ['another path', '/none', {}, 404, 'NOT_FOUND'],
  ['a trailing slash', '/livez/', {}, 404, 'NOT_FOUND'],
  ['an inherited name', '/__proto__', {}, 404, 'NOT_FOUND'],
  ['another method', '/livez', { method: 'DELETE' }, 405, 'METHOD_NOT_ALLOWED'],
  [
    'a name of a stranger',
    '/livez',
    { headers: { host: 'evil.test' } },
    421,
    'MISDIRECTED_REQUEST',
  ],
  ['a body', '/livez', { body: 'x', headers: { 'content-length': '1' } }, 413, 'CONTENT_TOO_LARGE'],
] as const) {
  test(`${says} is ${status}`, async (t) => {
    const { ask } = await started(t)
    const got = await ask(path, asking)
    assert.equal(got.status, status)
    assert.equal(codeOf(got), code)
  })
}

test('405 says what is allowed', async (t) => {
  const { ask } = await started(t)
  assert.equal((await ask('/livez', { method: 'POST' })).headers['allow'], 'GET, HEAD')
})

test('who prefers a problem gets one', async (t) => {
  const { ask } = await started(t)
  const got = await ask('/none', { headers: { accept: 'application/problem+json' } })
  assert.equal(got.headers['content-type'], 'application/problem+json')
  assert.equal((JSON.parse(got.body) as { requestId: string }).requestId, 'req-1')
})

test('whatever is not GET needs the token', async (t) => {
  let written = 0
  const write = () => {
    written++
    return { status: 200, type: 'text/plain', body: 'done' }
  }
  const { ask } = await started(t, {
    token: 's3cret',
    routes: [{ method: 'POST', path: '/write', about: 'writes', answer: write }],
  })
  const refused = await ask('/write', { method: 'POST' })
  assert.equal(refused.status, 401)
  assert.match(String(refused.headers['www-authenticate']), /^Bearer/)
  assert.equal(written, 0)
  const headers = { authorization: 'Bearer s3cret' }
  assert.equal((await ask('/write', { method: 'POST', headers })).body, 'done')
  assert.equal(written, 1)
})

test('a source that throws is 500 and reported, and the server goes on', async (t) => {
  const { ask, reported } = await started(t, {
    sources: {
      metrics: () => {
        throw new Error('no metrics')
      },
      ready: alwaysReady,
    },
  })
  const got = await ask('/metrics')
  assert.equal(got.status, 500)
  assert.equal(codeOf(got), 'INTERNAL_ERROR')
  assert.ok(!got.body.includes('no metrics'))
  assert.equal(reported.length, 1)
  assert.equal((await ask('/livez')).status, 200)
})

test('a scraper that leaves halfway ends the making of pieces', async (t) => {
  const ended = Promise.withResolvers<void>()
  function* metrics() {
    try {
      for (;;) yield `${'x'.repeat(65_536)}\n`
    } finally {
      ended.resolve()
    }
  }
  const { ask, port, reported } = await started(t, {
    sources: { metrics, ready: alwaysReady },
  })
  const socket = connect(port, '127.0.0.1')
  socket.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n')
  socket.once('data', () => socket.destroy())
  await ended.promise
  assert.deepEqual(reported, [])
  assert.equal((await ask('/livez')).status, 200)
})

test('bytes that are no HTTP are answered 400 and end nothing', async (t) => {
  const { ask, port } = await started(t)
  const socket = connect(port, '127.0.0.1')
  socket.end('\0\x01nonsense\r\n\r\n')
  assert.match(await text(socket), /^HTTP\/1\.1 400 /)
  assert.equal((await ask('/livez')).status, 200)
})

test('a port in use is a sentence, not an exception', async (t) => {
  const { port } = await started(t)
  const second = createAdmin({
    host: '127.0.0.1',
    port,
    sources: { metrics: () => [], ready: alwaysReady },
    requestId: () => '',
    report: () => assert.fail(),
  })
  const listening = await second.listen()
  assert.deepEqual(listening, {
    failed: `the admin server cannot listen on 127.0.0.1:${port}: the port is in use by another program`,
  })
  await second.close()
})

async function scraping(t: TestContext) {
  const clock = manualClock()
  const begun = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  async function* metrics() {
    yield 'a 1\n'
    begun.resolve()
    await gate.promise
    yield 'b 2\n'
  }
  const { admin, ask } = await started(t, { clock, sources: { metrics, ready: alwaysReady } })
  const scrape = ask('/metrics').then(
    ({ body }) => body,
    () => 'broken off',
  )
  await begun.promise
  return { admin, clock, gate, scrape }
}

test('closing lets a scrape end within two seconds', async (t) => {
  const { admin, clock, gate, scrape } = await scraping(t)
  const closing = admin.close()
  clock.advance(1_999)
  gate.resolve()
  assert.equal(await scrape, 'a 1\nb 2\n')
  clock.advance(1)
  await closing
})

test('closing breaks off a scrape that takes longer', async (t) => {
  const { admin, clock, scrape } = await scraping(t)
  const closing = admin.close()
  clock.advance(2_000)
  await closing
  assert.equal(await scrape, 'broken off')
})
