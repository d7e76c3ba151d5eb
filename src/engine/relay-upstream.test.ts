// What endpoints may do to us: each break of the protocol, each way to vanish, each queue that fills.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually, settled } from '../../test/raw-peer.ts'
import { ask, openRelay, reply } from './relay-for-tests.ts'

const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'

test('a reply whose head breaks the rules is a 502, and its connection is never used again', async (t) => {
  const rows: [says: string, answer: string, reason: RegExp][] = [
    [
      'both lengths',
      'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      /stand together/,
    ],
    [
      'two lengths',
      'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd',
      /stands twice/,
    ],
    ['a split value', 'HTTP/1.1 200 OK\r\nA: b\nSet-Cookie: x\r\n\r\n', /control character/],
    ['junk', 'SSH-2.0-OpenSSH_9.2\r\n', /no HTTP/],
    ['HTTP/2', '\0\0\x12\x04\0\0\0\0\0', /speaks HTTP\/2/],
    ['a bare LF', 'HTTP/1.1 200 OK\n', /no HTTP/],
    ['101', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n', /101/],
    ['endless interim replies', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(17), /too many interim/],
    ['a header bomb', `HTTP/1.1 200 OK\r\nA: ${'x'.repeat(70_000)}`, /too large/],
    ['a bomb of fields', `HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(201)}\r\n`, /more header fields/],
  ]
  for (const [says, answer, reason] of rows) {
    const { endpoint, record, sent } = await openRelay(t)
    const client = await sent(ask('POST /a', 'Content-Length: 0'))
    const upstream = await endpoint.next()
    await upstream.until('\r\n\r\n')
    upstream.send(answer)
    assert.match(await client.until('}}'), /HTTP\/1\.1 502 [^]*UPSTREAM_PROTOCOL/, says)
    assert.match((await record()).reason ?? '', reason, says)
    await eventually('its connection is cut', () => upstream.reset || upstream.closed)
  }
})

test('a reply that breaks in its body is cut off at the client', async (t) => {
  const rows: [says: string, answer: string, finishes: boolean, fault: string][] = [
    ['a bad chunk', `${chunked}3\r\nabc\r\nx\r\n`, false, 'UPSTREAM_PROTOCOL'],
    ['a chunk that spills', `${chunked}3\r\nabcd\r\n`, false, 'UPSTREAM_PROTOCOL'],
    ['a chunked body that ends short', `${chunked}3\r\nabc\r\n`, true, 'UPSTREAM_CLOSED'],
    [
      'a body short of its length',
      'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc',
      true,
      'UPSTREAM_CLOSED',
    ],
    [
      'a framing trailer',
      `${chunked}3\r\nabc\r\n0\r\nContent-Length: 3\r\n\r\n`,
      false,
      'UPSTREAM_PROTOCOL',
    ],
  ]
  for (const [says, answer, finishes, fault] of rows) {
    const { endpoint, record, sent } = await openRelay(t)
    const client = await sent(ask('GET /a'))
    const upstream = await endpoint.next()
    await upstream.until('\r\n\r\n')
    // The head goes first, so that the client has it before the break.
    const headEnd = answer.indexOf('\r\n\r\n') + 4
    upstream.send(answer.slice(0, headEnd))
    await client.until(/200 OK[^]*\r\n\r\n/)
    upstream.send(answer.slice(headEnd))
    if (finishes) upstream.finish()
    await eventually('the client is cut off', () => client.closed)
    assert.ok(client.reset, `${says}: a FIN would look like the end`)
    assert.ok(!client.received.endsWith('0\r\n\r\n'), says)
    const { fault: told, status } = await record()
    assert.deepEqual([told, status], [fault, 200], says)
  }
})

test('an endpoint that resets is a 502 before the reply, and cuts the client off within it', async (t) => {
  const { endpoint, record, sent } = await openRelay(t)
  const first = await sent(ask('POST /a', 'Content-Length: 0'))
  const upstream = await endpoint.next()
  await upstream.until('\r\n\r\n')
  upstream.cut()
  assert.match(await first.until('}}'), /HTTP\/1\.1 502 [^]*UPSTREAM_CLOSED[^]*"retryable":false/)
  assert.match((await record()).reason ?? '', /ECONNRESET/)

  const second = await sent(ask('GET /a'))
  const other = await endpoint.next()
  await other.until('\r\n\r\n')
  other.send('HTTP/1.1 200 OK\r\n\r\nuntil close')
  await second.until(/close/)
  other.cut()
  await eventually('the client is cut off', () => second.reset)
  assert.equal((await record(2)).fault, 'UPSTREAM_CLOSED')
})

test('a body without framing ends with its connection', async (t) => {
  const { endpoint, sent } = await openRelay(t)
  const client = await sent(ask('GET /a'))
  const upstream = await endpoint.next()
  await upstream.until('\r\n\r\n')
  upstream.send('HTTP/1.1 200 OK\r\n\r\nabc')
  await client.until(/abc/)
  upstream.finish()
  assert.match(await client.until('0\r\n\r\n'), /chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n$/)
})

test('a 103 is passed on, a 100 is not', async (t) => {
  const { endpoint, sent } = await openRelay(t)
  const client = await sent(ask('GET /a'))
  const upstream = await endpoint.next()
  await upstream.until('\r\n\r\n')
  upstream.send(
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\nConnection: x\r\n\r\n',
  )
  upstream.send(reply('x'))
  const text = await client.until('x')
  assert.match(text, /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a>\r\n\r\nHTTP\/1\.1 200 OK/)

  const old = await sent('GET /a HTTP/1.0\r\n\r\n')
  await upstream.until(/GET[^]*GET[^]*\r\n\r\n$/)
  upstream.send(`HTTP/1.1 103 Early Hints\r\n\r\n${reply('y')}`)
  assert.match(await old.gone(), /^HTTP\/1\.1 200 OK/)
})

test('a connection is used again and again, the newest first', async (t) => {
  const { endpoint, sent } = await openRelay(t)
  const clients = [await sent(ask('GET /a?1')), await sent(ask('GET /a?2'))]
  const [one, two] = [await endpoint.next(), await endpoint.next()]
  for (const upstream of [one, two]) await upstream.until('\r\n\r\n')
  two.send(reply('x'))
  await eventually('one is answered', () => clients.some(({ received }) => received.endsWith('x')))
  one.send(reply('x'))
  await eventually('both are', () => clients.every(({ received }) => received.endsWith('x')))
  const third = await sent(ask('GET /a?3'))
  await one.until(/\?3 /)
  one.send(reply('z'))
  await third.until('z')
  assert.equal(endpoint.peers.length, 2)
})

test('bytes behind a reply, or on an idle connection, end it', async (t) => {
  const { endpoint, sent } = await openRelay(t)
  const client = await sent(ask('GET /a?1'))
  const first = await endpoint.next()
  await first.until('\r\n\r\n')
  first.send(`${reply('1')}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison`)
  assert.match(await client.until('1'), /1$/)
  await eventually('it is cut', () => first.closed || first.ended || first.reset)

  client.send(ask('GET /a?2'))
  const second = await endpoint.next()
  await second.until('\r\n\r\n')
  second.send(reply('2'))
  await client.until('2')
  second.send('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison')
  client.send(ask('GET /a?3'))
  const third = await endpoint.next()
  await third.until('\r\n\r\n')
  third.send(reply('3'))
  assert.doesNotMatch(await client.until('3'), /poison/)
})

test('bytes behind a reply never answer the request that waits for its connection', async (t) => {
  const { endpoint, sent } = await openRelay(t, { limits: { endpointConnectionsMax: 1 } })
  const clients = [await sent(ask('GET /a?1'))]
  const first = await endpoint.next()
  await first.until('\r\n\r\n')
  clients.push(await sent(ask('GET /a?2')))
  await settled()
  first.send(reply('1') + reply('poison'))
  await clients[0]!.until('1')
  const second = await endpoint.next()
  await second.until(/\?2 /)
  second.send(reply('2'))
  assert.doesNotMatch(await clients[1]!.until('2'), /poison/)
})

test('an endpoint that says close, or ends in HTTP/1.0, is connected to anew', async (t) => {
  for (const answer of [
    reply('x', 'Connection: close'),
    reply('x').replace('1.1', '1.0'),
    reply('x', 'Keep-Alive: timeout=0'),
  ]) {
    const { endpoint, sent } = await openRelay(t)
    const client = await sent(ask('GET /a') + ask('GET /a'))
    for (let i = 0; i < 2; i++) {
      const upstream = await endpoint.next()
      await upstream.until('\r\n\r\n')
      upstream.send(answer)
    }
    await eventually('both are answered', () => client.received.split('200 OK').length === 3)
  }
})

/** Serves one request on a connection that is then kept. */
async function keptConnection(t: Parameters<typeof openRelay>[0]) {
  const relay = await openRelay(t)
  const client = await relay.sent(ask('GET /a'))
  const upstream = await relay.endpoint.next()
  await upstream.until('\r\n\r\n')
  upstream.send(reply('x'))
  await client.until('x')
  upstream.received = ''
  return { ...relay, client, upstream }
}

test('a kept connection that dies under a request: what may be repeated is, once, on a fresh one', async (t) => {
  const { client, endpoint, record, upstream } = await keptConnection(t)
  client.send(ask('GET /a?again'))
  await upstream.until('\r\n\r\n')
  upstream.cut()
  const fresh = await endpoint.next()
  await fresh.until(/GET \/a\?again /)
  fresh.cut()
  assert.match(await client.until('}}'), /HTTP\/1\.1 502 [^]*UPSTREAM_CLOSED/)
  assert.equal((await record(2)).fault, 'UPSTREAM_CLOSED')
  await settled()
  assert.equal(endpoint.peers.length, 2, 'not a third time')
})

for (const method of ['PUT', 'QUERY']) {
  test(`a body that is held is repeated with its request: ${method}`, async (t) => {
    const { client, endpoint, upstream } = await keptConnection(t)
    const fields = ['Content-Type: application/json', 'Content-Length: 4']
    client.send(`${ask(`${method} /held`, ...fields)}null`)
    await upstream.until('null')
    upstream.cut()
    const fresh = await endpoint.next()
    await fresh.until('\r\n\r\nnull')
    fresh.send(reply('y'))
    await client.until('y')
  })
}

test('a kept connection that dies under a request: what may not be repeated is not', async (t) => {
  for (const request of [
    ask('POST /a', 'Content-Length: 0'),
    `${ask('PUT /a', 'Content-Length: 3')}abc`,
  ]) {
    const { client, endpoint, upstream } = await keptConnection(t)
    client.send(request)
    await upstream.until(request.slice(-3))
    upstream.cut()
    assert.match(await client.until('}}'), /HTTP\/1\.1 502 /)
    await settled()
    assert.equal(endpoint.peers.length, 1)
  }
})

test('a request is not repeated once a byte of its reply has come', async (t) => {
  const { client, endpoint, upstream } = await keptConnection(t)
  client.send(ask('GET /a'))
  await upstream.until('\r\n\r\n')
  upstream.send('H')
  await settled()
  upstream.cut()
  assert.match(await client.until('}}'), /HTTP\/1\.1 502 /)
  assert.equal(endpoint.peers.length, 1)
})

test('a kept connection that the endpoint closed is not used again', async (t) => {
  const { client, endpoint, upstream } = await keptConnection(t)
  upstream.finish()
  await settled()
  client.send(ask('POST /a', 'Content-Length: 0'))
  const fresh = await endpoint.next()
  await fresh.until('\r\n\r\n')
  fresh.send(reply('y'))
  await client.until('y')
})

test('an endpoint that lets nobody in is passed over; where all are such it is a 502', async (t) => {
  const { endpoints, record, sent } = await openRelay(t, { endpoints: 2 })
  await endpoints[0]!.refuse()
  const client = await sent(ask('POST /a', 'Content-Length: 0'))
  const upstream = await endpoints[1]!.next()
  await upstream.until('\r\n\r\n')
  upstream.send(reply('x', 'Connection: close'))
  await client.until('x')
  await endpoints[1]!.refuse()
  client.send(ask('POST /a', 'Content-Length: 0'))
  assert.match(await client.until('}}'), /HTTP\/1\.1 502 [^]*UPSTREAM_UNREACHABLE/)
  const { fault, reason } = await record(2)
  assert.equal(fault, 'UPSTREAM_UNREACHABLE')
  assert.match(reason ?? '', /ECONNREFUSED/)
})

test('where all connections are busy requests queue, and beyond the queue it is a 503', async (t) => {
  const { endpoint, records, sent } = await openRelay(t, {
    limits: { endpointConnectionsMax: 1, endpointQueueMax: 1 },
  })
  const first = await sent(ask('GET /a?1'))
  const upstream = await endpoint.next()
  await upstream.until(/\?1 /)
  const second = await sent(ask('GET /a?2'))
  await settled()
  const third = await sent(ask('GET /a?3'))
  assert.match(await third.until('}}'), /HTTP\/1\.1 503 [^]*UPSTREAM_BUSY/)
  upstream.send(reply('one'))
  await first.until('one')
  await upstream.until(/\?2 /)
  upstream.send(reply('two'))
  await second.until('two')
  assert.equal(endpoint.peers.length, 1)
  assert.deepEqual(
    records.map(({ status }) => status),
    [503, 200, 200],
  )
})

test('a client that leaves the queue takes nobody’s place', async (t) => {
  const { endpoint, record, sent } = await openRelay(t, { limits: { endpointConnectionsMax: 1 } })
  const first = await sent(ask('GET /a?1'))
  const upstream = await endpoint.next()
  await upstream.until(/\?1 /)
  const gone = await sent(ask('GET /a?2'))
  await settled()
  gone.cut()
  assert.equal((await record()).fault, 'CLIENT_CLOSED')
  const third = await sent(ask('GET /a?3'))
  upstream.send(reply('x'))
  await first.until('x')
  await upstream.until(/\?3 /)
  assert.doesNotMatch(upstream.received, /\?2 /)
  upstream.send(reply('y'))
  await third.until('y')
})

test('an undeclared 5xx tells a public client nothing, and its connection is kept', async (t) => {
  const { endpoint, sent } = await openRelay(t, {
    audience: 'public',
    operation: { statuses: ['200'] },
  })
  const client = await sent(ask('GET /a'))
  const upstream = await endpoint.next()
  for (const status of ['500 Oops', '503 Down', '504 Late']) {
    await upstream.until('\r\n\r\n')
    upstream.received = ''
    upstream.send(`HTTP/1.1 ${status}\r\nServer: secret\r\nContent-Length: 5\r\n\r\nstack`)
    assert.doesNotMatch(await client.until('}}'), /secret|stack/)
    client.received = ''
    client.send(ask('GET /a'))
  }
  await upstream.until('\r\n\r\n')
  upstream.send(reply('x'))
  await client.until('x')
  assert.equal(endpoint.peers.length, 1)
})

test('a large reply that nobody wants is not read to its end', async (t) => {
  const { endpoint, sent } = await openRelay(t, {
    audience: 'public',
    operation: { statuses: ['200'] },
  })
  const client = await sent(ask('GET /a'))
  const upstream = await endpoint.next()
  await upstream.until('\r\n\r\n')
  upstream.send(`HTTP/1.1 500 Oops\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(500_000)}`)
  assert.match(await client.until('}}'), /HTTP\/1\.1 502 /)
  await eventually('it is cut', () => upstream.closed || upstream.reset)
})

test('an undeclared 5xx before the request has ended costs its connection at once', async (t) => {
  const { endpoint, sent } = await openRelay(t, { audience: 'public', operation: { statuses: [] } })
  const client = await sent(`${ask('POST /a', 'Content-Length: 10')}abc`)
  const upstream = await endpoint.next()
  await upstream.until('abc')
  upstream.send('HTTP/1.1 500 Oops\r\nContent-Length: 5\r\n\r\n')
  assert.match(await client.until('}}'), /HTTP\/1\.1 502 [^]*UPSTREAM_ERROR/)
  await eventually('the endpoint waits for no rest', () => upstream.reset || upstream.closed)
})

test('a reply without a date gets one, and one that has it keeps its own', async (t) => {
  const rows: [fields: string[], want: RegExp][] = [
    [[], /Date: Thu, 01 Jan 1970 00:00:00 GMT\r\nX-Request-Id/],
    [['date: Fri, 02 Jan 1970 00:00:00 GMT'], /date: Fri, 02 [^]*GMT\r\nX-Request-Id/],
  ]
  for (const [fields, want] of rows) {
    const { endpoint, sent } = await openRelay(t)
    endpoint.always(reply('x', ...fields))
    const client = await sent(ask('GET /a'))
    const text = await client.until('x')
    assert.match(text, want)
    assert.equal(text.match(/^date:/gim)?.length, 1)
  }
})
