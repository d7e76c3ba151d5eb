// Replies that are held until they have been judged, on connections that do as they please.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { eventually, settled } from '../../test/raw-peer.ts'
import { type FaultCode, refuse } from '../base.ts'
import type { BodyWatch, VerifyStep } from '../http.ts'
import { ask, openRelay, type RelayOptions, reply } from './relay-for-tests.ts'
import type { LinkedVerify } from './reply-checks.ts'

const MB = 1_048_576

const good: VerifyStep = () => ({
  check: { how: 'whole', bytesMax: 8 * MB, body: () => undefined },
})

const held: LinkedVerify[] = [{ policy: 'checks', isShadow: false, step: good }]

/** A relay whose one endpoint has been asked, and the two ends. */
async function asked(t: TestContext, text: string, options: RelayOptions = {}) {
  const relay = await openRelay(t, { ...options, steps: { verify: held, ...options.steps } })
  const client = await relay.sent(text)
  const upstream = await relay.endpoint.next()
  await upstream.until('\r\n\r\n')
  return { relay, client, upstream }
}

test('a held reply counts as held until its client has taken it, and keeps no endpoint waiting', async (t) => {
  const { relay, client, upstream } = await asked(t, ask('GET /a'), { server: {} })
  const { occupancy } = relay.runtime
  client.keepBytesMax = 16 * MB
  client.socket.pause()
  const body = 'x'.repeat(8 * MB - 1)
  upstream.send(reply(body))
  await eventually('it is judged', () =>
    relay.upstreams.states().every(({ idleConnections }) => idleConnections === 1),
  )
  await settled()
  assert.equal(relay.records.length, 0)
  assert.ok(occupancy.total('heldBytes') >= body.length)
  client.socket.resume()
  await eventually('it came', () => client.received.endsWith(body))
  const { replyBytes, fault } = await relay.record()
  assert.deepEqual([replyBytes, fault], [body.length, undefined])
  assert.equal(occupancy.total('heldBytes'), 0)
})

test('a client that takes none of a held reply, or leaves, has it let go', async (t) => {
  for (const leaves of [true, false]) {
    const { relay, client, upstream } = await asked(t, ask('GET /a'))
    client.socket.pause()
    upstream.send(reply('x'.repeat(8 * MB - 1)))
    await eventually('it is judged', () =>
      relay.upstreams.states().every(({ idleConnections }) => idleConnections === 1),
    )
    if (leaves) client.cut()
    else await relay.pass(relay.plan.limits.bodyIdleTimeoutMs * 3)
    const { fault, status } = await relay.record()
    assert.deepEqual([status, fault], [200, 'CLIENT_CLOSED'])
    assert.equal(relay.runtime.occupancy.total('heldBytes'), 0)
    await relay.close()
  }
})

test('a held reply whose head breaks a finish step is a 500, whole, and the next one is served', async (t) => {
  let throws = true
  const finish = [
    () => {
      if (throws) throw new Error('boom')
    },
  ]
  const { client, upstream } = await asked(t, ask('GET /a'), { steps: { finish } })
  upstream.send(reply('inside'))
  assert.match(await client.until('}}'), /^HTTP\/1\.1 500 /)
  await settled()
  assert.doesNotMatch(client.received, /inside/)
  throws = false
  client.received = ''
  client.send(ask('GET /a'))
  await eventually('it is asked', () => upstream.received.split('GET').length === 3)
  upstream.send(reply('second'))
  assert.match(await client.until('second'), /^HTTP\/1\.1 200 /)
})

const orders: readonly [says: string, text: string, answer: string, want: RegExp][] = [
  [
    'to HEAD',
    ask('HEAD /a'),
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n',
    /Content-Length: 5\r\n[^]*\r\n\r\n$/,
  ],
  ['204', ask('GET /a'), 'HTTP/1.1 204 No Content\r\n\r\n', /^HTTP\/1\.1 204 [^]*\r\n\r\n$/],
  ['304', ask('GET /a'), 'HTTP/1.1 304 Not Modified\r\n\r\n', /^HTTP\/1\.1 304 [^]*\r\n\r\n$/],
  ['empty', ask('GET /a'), reply(''), /Content-Length: 0\r\n[^]*\r\n\r\n$/],
  [
    'empty in chunks',
    ask('GET /a'),
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    /chunked\r\n\r\n0\r\n\r\n$/,
  ],
  [
    'with trailers',
    ask('GET /a', 'TE: trailers'),
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n',
    /2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n$/,
  ],
  [
    'behind interim ones',
    ask('GET /a'),
    `HTTP/1.1 103 Early Hints\r\n\r\n${reply('ok')}`,
    /^HTTP\/1\.1 103 [^]*HTTP\/1\.1 200 [^]*\r\n\r\nok$/,
  ],
  [
    'to HTTP/1.0',
    'GET /a HTTP/1.0\r\nHost: a\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    /\r\n\r\nok$/,
  ],
]
for (const [says, text, answer, want] of orders) {
  test(`a held reply ${says} is the reply`, async (t) => {
    const { relay, client, upstream } = await asked(t, text)
    upstream.send(answer)
    await client.until(want)
    assert.equal((await relay.record()).fault, undefined)
  })
}

test('a request that is pipelined behind a held reply is served behind it', async (t) => {
  const { relay, client, upstream } = await asked(t, ask('GET /a').repeat(2))
  upstream.send(reply('one'))
  await client.until('one')
  await eventually('it is asked', () => upstream.received.split('GET').length === 3)
  upstream.send(reply('two'))
  await client.until('two')
  assert.equal((await relay.record(2)).status, 200)
})

test('a held reply that comes before the body ended is sent, and ends both connections', async (t) => {
  const { relay, client, upstream } = await asked(t, ask('POST /a', 'Transfer-Encoding: chunked'))
  upstream.send(reply('early'))
  assert.match(await client.until('early'), /Connection: close/)
  await eventually('the upstream is left', () => upstream.closed || upstream.reset)
  assert.equal((await relay.record()).fault, undefined)
})

test('a kept connection that turns out stale is tried again, and the other reply is held', async (t) => {
  const { relay, client, upstream } = await asked(t, ask('GET /a'))
  upstream.send(reply('one'))
  await client.until('one')
  client.send(ask('GET /a'))
  await eventually('it is asked', () => upstream.received.split('GET').length === 3)
  upstream.cut()
  const other = await relay.endpoint.next()
  await other.until('\r\n\r\n')
  other.send(reply('two'))
  await client.until('two')
  assert.equal((await relay.record(2)).fault, undefined)
})

/** Refuses what says bad, and keeps a little of what comes behind it. */
function watch(code: FaultCode): BodyWatch {
  let heldBytes = 0
  return {
    piece(piece) {
      const refused = piece.toString().includes('bad')
      heldBytes = refused ? 0 : 7
      return refused ? refuse(code) : undefined
    },
    end: () => undefined,
    get heldBytes() {
      return heldBytes
    },
  }
}

test('a watch that refuses a request is asked no more, whenever the upstream answers', async (t) => {
  const head = ask('POST /a', 'Transfer-Encoding: chunked')
  const rows: readonly [says: string, early: string, want: RegExp | undefined][] = [
    ['not yet', '', /^HTTP\/1\.1 400 /],
    ['with a half', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nha', undefined],
    ['with a refusal', 'HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno', /^HTTP\/1\.1 403 /],
  ]
  for (const [says, early, want] of rows) {
    const watches = [{ policy: 'looks', watch: () => watch('INVALID_INPUT') }]
    const relay = await openRelay(t, { steps: { watches } })
    const client = await relay.sent(`${head}2\r\nok\r\n`)
    const upstream = await relay.endpoint.next()
    await upstream.until('2\r\nok\r\n')
    upstream.send(early)
    if (early !== '') await client.until(/\r\n\r\n../)
    client.send('3\r\nbad\r\n2\r\nok\r\n2\r\nok\r\n0\r\n\r\n')
    if (want === undefined) await eventually('it is cut', () => client.closed)
    else assert.match(await client.until(/\r\n\r\n../), want, says)
    const { fault } = await relay.record()
    assert.equal(fault, want?.test('HTTP/1.1 403 ') === true ? undefined : 'INVALID_INPUT', says)
    await eventually('nothing is held', () => relay.runtime.occupancy.total('heldBytes') === 0)
    assert.doesNotMatch(upstream.received, /bad/, says)
    await relay.close()
  }
})

test('a watched reply that is cut ends by a reset, so that nobody takes it for the whole', async (t) => {
  const verify: LinkedVerify[] = [
    {
      policy: 'looks',
      isShadow: false,
      step: () => ({ check: { how: 'watch', watch: watch('UPSTREAM_INVALID_REPLY') } }),
    },
  ]
  const head = 'HTTP/1.1 200 OK\r\n'
  for (const [request, answer] of [
    ['GET /a HTTP/1.0\r\nHost: a\r\n\r\n', `${head}\r\nok`],
    [ask('GET /a'), `${head}\r\nok`],
    [ask('GET /a'), `${head}Content-Length: 900\r\n\r\nok`],
  ] as const) {
    const { relay, client, upstream } = await asked(t, request, { steps: { verify } })
    upstream.send(answer)
    await client.until(/ok/)
    upstream.send('bad')
    await eventually('it is cut', () => client.closed)
    assert.deepEqual([client.reset, client.ended], [true, false])
    assert.doesNotMatch(client.received, /bad/)
    assert.equal((await relay.record()).fault, 'UPSTREAM_INVALID_REPLY')
    await relay.close()
  }
})

test('a watched reply flows as fast as its client takes it, and no byte behind a cut', async (t) => {
  const verify: LinkedVerify[] = [
    {
      policy: 'looks',
      isShadow: false,
      step: () => ({ check: { how: 'watch', watch: watch('UPSTREAM_INVALID_REPLY') } }),
    },
  ]
  const { relay, client, upstream } = await asked(t, ask('GET /a'), { steps: { verify } })
  client.socket.pause()
  upstream.send(`HTTP/1.1 200 OK\r\nContent-Length: ${40 * MB}\r\n\r\n${'x'.repeat(20 * MB)}`)
  await relay.pass(2_000)
  assert.ok(upstream.socket.writableLength > MB, 'the upstream waits')
  client.socket.resume()
  await eventually('it came', () => client.receivedBytes > 20 * MB)
  upstream.send(`${'y'.repeat(1_000)}bad`)
  await eventually('it is cut', () => client.closed)
  const { fault, replyBytes } = await relay.record()
  assert.equal(fault, 'UPSTREAM_INVALID_REPLY')
  assert.ok(replyBytes <= 20 * MB + 1_000)
})
