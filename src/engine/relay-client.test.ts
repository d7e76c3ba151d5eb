// What clients may do on their connection, and what they get, byte for byte.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually, settled } from '../../test/raw-peer.ts'
import { ask, openRelay, reply } from './relay-for-tests.ts'

test('requests that are pipelined are answered in order', async (t) => {
  const { endpoint, sent } = await openRelay(t)
  const client = await sent(ask('GET /a?1') + ask('GET /nowhere') + ask('GET /a?2'))
  const upstream = await endpoint.next()
  await upstream.until(/GET \/a\?1 /)
  await settled()
  assert.doesNotMatch(upstream.received, /GET \/a\?2/, 'the next waits for its turn')
  upstream.send(reply('one'))
  await upstream.until(/GET \/a\?2 /)
  upstream.send(reply('two'))
  const text = await client.until('two')
  assert.match(text, /^HTTP\/1\.1 200 OK\r\n[^]*one[^]*HTTP\/1\.1 404[^]*HTTP\/1\.1 200 OK[^]*two$/)
  assert.equal(endpoint.peers.length, 1, 'the connection to the endpoint is kept')
})

test('a client that has sent its FIN still gets its reply, and then ours', async (t) => {
  const { endpoint, sent } = await openRelay(t)
  const client = await sent(ask('POST /a', 'Content-Length: 3') + 'abc')
  client.finish()
  const upstream = await endpoint.next()
  await upstream.until('abc')
  await settled()
  upstream.send(reply('done'))
  assert.match(await client.gone(), /done$/)
})

test('requests pipelined before the FIN are all answered', async (t) => {
  const { endpoint, sent } = await openRelay(t)
  endpoint.always(reply('x'))
  const client = await sent(ask('GET /a').repeat(5))
  client.finish()
  assert.equal((await client.gone()).match(/HTTP\/1\.1 200/g)?.length, 5)
})

test('a connection ends when the client, or HTTP/1.0, wants it so', async (t) => {
  const { endpoint, sent } = await openRelay(t)
  endpoint.always(reply('x'))
  const rows: [says: string, request: string, closes: boolean, want: RegExp][] = [
    ['HTTP/1.1', ask('GET /a'), false, /\r\n\r\nx$/],
    ['close', ask('GET /a', 'Connection: close'), true, /Connection: close\r\n\r\nx$/],
    ['HTTP/1.0', 'GET /a HTTP/1.0\r\n\r\n', true, /Connection: close\r\n\r\nx$/],
    [
      'HTTP/1.0 with keep-alive',
      'GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
      false,
      /Connection: keep-alive\r\n\r\nx$/,
    ],
    [
      'refused',
      ask('GET /nowhere', 'Connection: close'),
      true,
      /HTTP\/1\.1 404[^]*Connection: close/,
    ],
  ]
  for (const [says, request, closes, want] of rows) {
    const client = await sent(request)
    if (closes) await client.gone()
    assert.match(await client.until(want), want, says)
    await settled()
    assert.equal(client.ended, closes, says)
    client.finish()
  }
})

test('bytes behind a request that closes are never a request', async (t) => {
  const { endpoint, records, sent } = await openRelay(t)
  endpoint.always(reply('x'))
  const client = await sent(ask('GET /a', 'Connection: close') + ask('DELETE /a'))
  assert.equal((await client.gone()).match(/HTTP\/1\.1/g)?.length, 1)
  assert.deepEqual(
    records.map(({ method }) => method),
    ['GET'],
  )
})

test('after a request that is refused for its framing nothing more is read', async (t) => {
  const { records, sent } = await openRelay(t)
  const both = ask('POST /a', 'Content-Length: 6', 'Transfer-Encoding: chunked')
  const client = await sent(`${both}0\r\n\r\n${ask('DELETE /a')}`)
  assert.match(await client.gone(), /^HTTP\/1\.1 400 [^]*MALFORMED_REQUEST/)
  assert.deepEqual(
    records.map(({ fault }) => fault),
    ['MALFORMED_REQUEST'],
  )
})

test('a body in chunks goes through in chunks, extensions dropped, trailers kept', async (t) => {
  const { endpoint, sent } = await openRelay(t)
  const client = await sent(
    `${ask('POST /a', 'Transfer-Encoding: chunked', 'TE: trailers')}3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 1\r\n\r\n`,
  )
  const upstream = await endpoint.next()
  const request = await upstream.until('0\r\nX-Sum: 1\r\n\r\n')
  assert.match(request, /Transfer-Encoding: chunked\r\n/)
  assert.match(request, /TE: trailers\r\nConnection: TE\r\n/)
  assert.match(request, /\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n/)
  upstream.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-End\r\n\r\n')
  upstream.send('4;z\r\nwxyz\r\n0\r\nX-End: 2\r\nSet-Cookie: a=b\r\n\r\n')
  const text = await client.until('0\r\nX-End: 2\r\n\r\n')
  assert.match(text, /Transfer-Encoding: chunked\r\n\r\n4\r\nwxyz\r\n0\r\n/)
})

test('trailers are for who takes them', async (t) => {
  const { endpoint, sent } = await openRelay(t)
  const client = await sent(ask('GET /a'))
  const upstream = await endpoint.next()
  await upstream.until('\r\n\r\n')
  upstream.send(
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-End: 2\r\n\r\n',
  )
  assert.match(await client.until('0\r\n\r\n'), /1\r\na\r\n0\r\n\r\n$/)
})

test('an HTTP/1.0 client gets a body without a length up to the close', async (t) => {
  const { endpoint, sent } = await openRelay(t)
  const client = await sent('GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n')
  const upstream = await endpoint.next()
  await upstream.until('\r\n\r\n')
  upstream.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n')
  assert.match(await client.gone(), /Connection: close\r\n\r\nabc$/)
})

test('a client that waits for 100 gets it once its body is wanted', async (t) => {
  const { endpoint, sent } = await openRelay(t)
  const client = await sent(ask('POST /a', 'Expect: 100-continue', 'Content-Length: 3'))
  const upstream = await endpoint.next()
  assert.doesNotMatch(await upstream.until('\r\n\r\n'), /expect/i)
  await client.until('HTTP/1.1 100 Continue\r\n\r\n')
  client.send('abc')
  await upstream.until('abc')
  upstream.send('HTTP/1.1 100 Continue\r\n\r\n')
  upstream.send(reply('x'))
  assert.equal((await client.until('x')).match(/100 Continue/g)?.length, 1)
})

test('a request refused before its body came is refused without a 100, and closes', async (t) => {
  const { endpoint, records, sent } = await openRelay(t)
  const client = await sent(ask('POST /nowhere', 'Expect: 100-continue', 'Content-Length: 3'))
  const text = await client.gone()
  assert.match(text, /^HTTP\/1\.1 404 [^]*Connection: close/)
  client.send('abc')
  client.send(ask('DELETE /a'))
  await settled()
  assert.deepEqual([records.length, endpoint.peers.length], [1, 0])
})

test('HEAD, 204 and 304 have no body, whatever their lengths say, and the connection goes on', async (t) => {
  const { endpoint, sent } = await openRelay(t)
  const client = await sent(ask('HEAD /a') + ask('GET /a?2') + ask('GET /a?3') + ask('GET /a?4'))
  const upstream = await endpoint.next()
  await upstream.until(/HEAD \/a /)
  upstream.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n')
  await upstream.until(/\?2 /)
  upstream.send('HTTP/1.1 204 No Content\r\n\r\n')
  await upstream.until(/\?3 /)
  upstream.send('HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n')
  await upstream.until(/\?4 /)
  upstream.send(reply('last'))
  const heads = (await client.until('last')).split('\r\n\r\n')
  assert.equal(heads.length, 5)
  assert.match(heads[0]!, /^HTTP\/1\.1 200 OK\r\nContent-Length: 100/)
  assert.match(heads[1]!, /^HTTP\/1\.1 204/)
  assert.match(heads[2]!, /^HTTP\/1\.1 304 Not Modified\r\nContent-Length: 100/)
})

test('a small body that nobody read is read away, and the connection stays', async (t) => {
  const { endpoint, sent } = await openRelay(t)
  endpoint.always(reply('x'))
  const client = await sent(
    `${ask('POST /nowhere', 'Content-Length: 20000')}${'DELETE /a HTTP/1.1\r\n\r\n'.padEnd(20_000)}`,
  )
  client.send(ask('GET /a'))
  const text = await client.until('x')
  assert.match(text, /^HTTP\/1\.1 404 [^]*HTTP\/1\.1 200 OK[^]*x$/)
  assert.doesNotMatch(text, /Connection: close/)
})

test('a large body that nobody read ends the connection, and the reply arrives all the same', async (t) => {
  const { records, sent } = await openRelay(t)
  const client = await sent(ask('POST /nowhere', 'Content-Length: 500000'))
  client.send('x'.repeat(500_000))
  client.send(ask('GET /a'))
  assert.match(await client.gone(), /^HTTP\/1\.1 404 [^]*Connection: close/)
  assert.equal(records.length, 1)
})

test('a body in chunks over its bound is cut off at the endpoint, and the client reads why', async (t) => {
  const { endpoint, record, sent } = await openRelay(t, {
    operation: { limits: { bodyBytesMax: 3_000_000 } },
  })
  const client = await sent(ask('POST /a', 'Transfer-Encoding: chunked'))
  const upstream = await endpoint.next()
  // Many in one read: what is refused in their midst must not break on those behind.
  const chunks = `3e8\r\n${'x'.repeat(1_000)}\r\n`.repeat(100)
  for (let i = 0; i < 31; i++) client.send(chunks)
  assert.match(await client.gone(), /^HTTP\/1\.1 413 [^]*Connection: close[^]*CONTENT_TOO_LARGE/)
  await eventually('the endpoint sees it cut', () => upstream.reset)
  assert.ok(!upstream.received.endsWith('0\r\n\r\n'), 'it is never completed')
  assert.equal((await record()).fault, 'CONTENT_TOO_LARGE')
})

test('a chunk that breaks the coding cuts the request off at the endpoint', async (t) => {
  const { endpoint, record, sent } = await openRelay(t)
  const client = await sent(`${ask('POST /a', 'Transfer-Encoding: chunked')}3\r\nabc\r\n`)
  const upstream = await endpoint.next()
  await upstream.until('3\r\nabc\r\n')
  client.send('3 \r\nabc\r\n0\r\n\r\nGET /a HTTP/1.1\r\n\r\n')
  assert.match(await client.gone(), /^HTTP\/1\.1 400 [^]*MALFORMED_REQUEST/)
  await eventually('the endpoint sees it cut', () => upstream.reset)
  assert.equal((await record()).fault, 'MALFORMED_REQUEST')
})

test('a reply that comes before the request ended is passed on, and both connections close', async (t) => {
  const { endpoint, record, sent } = await openRelay(t)
  const client = await sent(`${ask('POST /a', 'Content-Length: 1000000')}${'x'.repeat(1_000)}`)
  const upstream = await endpoint.next()
  await upstream.until(/x$/)
  upstream.send(reply('early'))
  assert.match(await client.gone(), /Connection: close\r\n\r\nearly$/)
  await eventually('the endpoint is left', () => upstream.closed || upstream.reset)
  assert.equal((await record()).status, 200)
})

test('a body goes on while its early reply comes, and both end', async (t) => {
  const { endpoint, sent } = await openRelay(t)
  const client = await sent(ask('POST /a', 'Transfer-Encoding: chunked'))
  const upstream = await endpoint.next()
  await upstream.until('\r\n\r\n')
  upstream.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n')
  await client.until('1\r\na\r\n')
  client.send('3\r\nabc\r\n0\r\n\r\n')
  await upstream.until('3\r\nabc\r\n0\r\n\r\n')
  upstream.send('1\r\nb\r\n0\r\n\r\n')
  assert.match(await client.until('1\r\nb\r\n0\r\n\r\n'), /Connection: close/)
})

test('an upgrade is not taken: the request is served without it', async (t) => {
  const { endpoint, sent } = await openRelay(t)
  const client = await sent(
    ask(
      'GET /a',
      'Connection: Upgrade, HTTP2-Settings',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABkAAQAAP__',
    ),
  )
  const upstream = await endpoint.next()
  assert.doesNotMatch(await upstream.until('\r\n\r\n'), /upgrade|http2/i)
  upstream.send(reply('plain'))
  await client.until('plain')
})

test('a client that goes away takes its request with it, whatever the phase', async (t) => {
  const head = ask('POST /a', 'Content-Length: 10')
  const ways: [says: string, request: string, answer: string][] = [
    ['in the body', `${head}abc`, ''],
    ['while the reply is awaited', `${head}0123456789`, ''],
    ['in the reply', `${head}0123456789`, 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc'],
    [
      'in chunks of the reply',
      ask('GET /a'),
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab',
    ],
  ]
  for (const [says, request, answer] of ways) {
    const { endpoint, record, sent } = await openRelay(t)
    const client = await sent(request)
    const upstream = await endpoint.next()
    await upstream.until(request.slice(-3))
    upstream.send(answer)
    if (answer !== '') await client.until(/200 OK/)
    client.cut()
    const { fault, reason } = await record()
    assert.equal(fault, 'CLIENT_CLOSED', says)
    assert.match(reason ?? '', /ECONNRESET/, says)
    await eventually(
      'the endpoint is left',
      () => upstream.closed || upstream.ended || upstream.reset,
    )
  }
})

test('a client that goes away before its head is whole leaves nothing', async (t) => {
  const { records, sent, server } = await openRelay(t)
  for (const text of ['', 'G', 'GET /a HTTP/1.1\r\nHost: a\r\n']) {
    const cut = await sent(text)
    await settled()
    cut.cut()
    const finished = await sent(text)
    finished.finish()
    assert.equal(await finished.gone(), '')
  }
  await eventually('they are gone', () => server.connections === 0)
  assert.equal(records.length, 0)
})

test('a client that ends in the midst of its body is gone', async (t) => {
  const { endpoint, record, sent } = await openRelay(t)
  const client = await sent(`${ask('POST /a', 'Content-Length: 10')}abc`)
  const upstream = await endpoint.next()
  await upstream.until('abc')
  client.finish()
  assert.equal((await record()).fault, 'CLIENT_CLOSED')
  await eventually('the endpoint sees it cut', () => upstream.reset)
})

test('a client that takes no replies gets no more of them made', async (t) => {
  const { endpoint, sent, records } = await openRelay(t)
  endpoint.always(reply('x'.repeat(30_000)))
  const client = await sent(ask('GET /a').repeat(600))
  client.socket.pause()
  await settled()
  let before = -1
  while (records.length !== before) {
    before = records.length
    await settled()
  }
  assert.ok(records.length < 600, `${records.length} of 600 were served`)
  client.socket.resume()
  await eventually('the rest is served once it reads', () => records.length === 600)
})

test('each way in which a head is refused has its status, and ends the connection', async (t) => {
  const { sent } = await openRelay(t)
  const rows: [says: string, text: string, want: string][] = [
    ['no request line', 'nonsense\r\n\r\n', '400 MALFORMED_REQUEST'],
    ['a bare LF, at once', 'GET / HTTP/1.1\n', '400 MALFORMED_REQUEST'],
    ['a TLS hello, at once', '\x16\x03\x01\x02\0\x01', '400 MALFORMED_REQUEST'],
    ['a request that calls itself HTTP/2', 'GET /a HTTP/2.0\r\n\r\n', '505 VERSION_NOT_SUPPORTED'],
    ['HTTP/1.2', ask('GET /a').replace('1.1', '1.2'), '505 VERSION_NOT_SUPPORTED'],
    ['a method of 100 kB', 'M'.repeat(100_000), '431 HEADERS_TOO_LARGE'],
    ['a target of 9 kB', ask(`GET /${'a'.repeat(9_000)}`), '414 URI_TOO_LONG'],
    ['a target without end', `GET /${'a'.repeat(100_000)}`, '414 URI_TOO_LONG'],
    ['a head of 17 kB', ask('GET /a', `A: ${'a'.repeat(17_000)}`), '431 HEADERS_TOO_LARGE'],
    [
      'fields without end',
      `GET /a HTTP/1.1\r\n${'A: b\r\n'.repeat(5_000)}`,
      '431 HEADERS_TOO_LARGE',
    ],
    [
      '101 fields',
      ask('GET /a', ...Array.from({ length: 100 }, () => 'A: b')),
      '431 HEADERS_TOO_LARGE',
    ],
    ['another coding', ask('POST /a', 'Transfer-Encoding: gzip'), '501 NOT_IMPLEMENTED'],
    ['an expectation', ask('POST /a', 'Expect: 200-ok'), '417 EXPECTATION_FAILED'],
  ]
  for (const [says, text, want] of rows) {
    const client = await sent(text)
    const [, status, code] = /^HTTP\/1\.1 (\d+) [^]*"code":"(\w+)"/.exec(await client.gone()) ?? []
    assert.equal(`${status} ${code}`, want, says)
    assert.match(client.received, /Connection: close\r\n/, says)
    client.finish()
  }
})
