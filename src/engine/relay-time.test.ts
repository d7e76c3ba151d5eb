// Every deadline of the table of limits, under a clock that the test moves: nobody sleeps.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually, settled } from '../../test/raw-peer.ts'
import { ask, openRelay, reply } from './relay-for-tests.ts'

test('a head that drips in is refused when its time is up', async (t) => {
  const { pass, record, sent } = await openRelay(t, { limits: { headTimeoutMs: 3_000 } })
  const client = await sent('GET /a HTTP/1.1\r\n')
  for (const piece of ['Host', ': ', 'a', '\r', '\n']) {
    await pass(500)
    client.send(piece)
  }
  await settled()
  assert.equal(client.received, '')
  await pass(1_000)
  assert.match(await client.gone(), /^HTTP\/1\.1 408 [^]*Connection: close[^]*REQUEST_TIMEOUT/)
  assert.equal((await record()).fault, 'REQUEST_TIMEOUT')
})

test('the time of a head begins with its first byte, not with the one before it', async (t) => {
  const { endpoint, pass, sent } = await openRelay(t, { limits: { headTimeoutMs: 3_000 } })
  endpoint.always(reply('x'))
  const client = await sent(ask('GET /a'))
  await client.until('x')
  await pass(5_000)
  client.send('GET /a HTTP/1.1\r\n')
  await pass(2_500)
  client.received = ''
  client.send('Host: a\r\n\r\n')
  await client.until('x')
})

test('an idle connection is closed without a word', async (t) => {
  const {
    endpoint,
    pass,
    records,
    sent,
    client: open,
  } = await openRelay(t, {
    limits: { idleTimeoutMs: 4_000 },
  })
  endpoint.always(reply('x'))
  const silent = await open()
  const used = await sent(ask('GET /a'))
  await used.until('x')
  await pass(3_500)
  assert.deepEqual([silent.ended, used.ended], [false, false])
  await pass(1_000)
  assert.equal(await silent.gone(), '')
  assert.match(await used.gone(), /x$/)
  assert.equal(records.length, 1)
})

test('a body that stands still, or drips, is refused', async (t) => {
  const limits = { bodyIdleTimeoutMs: 4_000, bodyBytesPerSecondMin: 100 }
  const rows: [says: string, perSecond: string][] = [
    ['still', ''],
    ['dripping', 'x'.repeat(50)],
  ]
  for (const [says, perSecond] of rows) {
    const { endpoint, pass, record, sent } = await openRelay(t, { limits })
    const client = await sent(`${ask('POST /a', 'Content-Length: 100000')}x`)
    const upstream = await endpoint.next()
    for (let second = 0; second < 20 && !client.ended; second++) {
      await pass(1_000)
      client.send(perSecond)
    }
    assert.match(await client.gone(), /^HTTP\/1\.1 408 /, says)
    assert.equal((await record()).fault, 'REQUEST_TIMEOUT', says)
    await eventually('the endpoint sees it cut', () => upstream.reset)
  }
})

test('a fast start buys a body no slow end', async (t) => {
  const { endpoint, pass, sent } = await openRelay(t, {
    limits: { bodyIdleTimeoutMs: 4_000, bodyBytesPerSecondMin: 100 },
  })
  const client = await sent(`${ask('POST /a', 'Content-Length: 9000000')}${'x'.repeat(1_000_000)}`)
  const upstream = await endpoint.next()
  await eventually('the start arrives', () => upstream.receivedBytes > 1_000_000)
  for (let second = 0; second < 30 && !client.ended; second++) {
    await pass(1_000)
    client.send('x')
  }
  assert.match(await client.gone(), /^HTTP\/1\.1 408 /)
})

test('a body that keeps pace may take its time', async (t) => {
  const { endpoint, pass, sent } = await openRelay(t, {
    limits: { bodyIdleTimeoutMs: 4_000, bodyBytesPerSecondMin: 100 },
  })
  const client = await sent(`${ask('POST /a', 'Content-Length: 6000')}`)
  const upstream = await endpoint.next()
  for (let second = 0; second < 30; second++) {
    client.send('x'.repeat(200))
    await pass(1_000)
  }
  await upstream.until('x'.repeat(6_000))
  upstream.send(reply('done'))
  await client.until('done')
})

test('the time for which an endpoint holds a body up is not the client’s', async (t) => {
  const { endpoint, pass, sent } = await openRelay(t, {
    limits: { bodyIdleTimeoutMs: 4_000, replyIdleTimeoutMs: 100_000 },
  })
  const size = 30_000_000
  const client = await sent(ask('POST /a', `Content-Length: ${size}`))
  const upstream = await endpoint.next()
  client.send('x')
  await pass(500)
  upstream.socket.pause()
  client.socket.write(Buffer.alloc(size - 2, 'x'))
  await pass(20_000)
  upstream.socket.resume()
  await eventually('it flows again', () => upstream.receivedBytes >= size - 1)
  // Now it is the client's turn, and its time begins anew.
  await pass(3_000)
  client.send('x')
  await eventually('it arrives', () => upstream.receivedBytes > size)
  upstream.send(reply('done'))
  await client.until('done')
})

test('a client that does not take its reply is cut off, and nothing is held for it', async (t) => {
  const { endpoint, pass, record, sent, server } = await openRelay(t, {
    limits: { bodyIdleTimeoutMs: 4_000 },
  })
  const client = await sent(ask('GET /a'))
  client.socket.pause()
  const upstream = await endpoint.next()
  await upstream.until('\r\n\r\n')
  upstream.send('HTTP/1.1 200 OK\r\nContent-Length: 30000000\r\n\r\n')
  upstream.socket.write(Buffer.alloc(30_000_000, 'x'))
  await pass(10_000)
  const { fault, reason } = await record()
  assert.deepEqual([fault, reason], ['CLIENT_CLOSED', 'the client took its reply too slowly'])
  await eventually('both are left', () => server.connections === 0 && upstream.closed)
})

test('a client that does not take its last reply is cut off, though our FIN waits behind it', async (t) => {
  const { endpoint, pass, record, sent, server } = await openRelay(t, {
    limits: { bodyIdleTimeoutMs: 4_000 },
  })
  const client = await sent(ask('GET /a', 'Connection: close'))
  client.socket.pause()
  const upstream = await endpoint.next()
  await upstream.until('\r\n\r\n')
  // More than the kernel takes, less than would make us stop reading the endpoint.
  const size = 64_000
  upstream.send('HTTP/1.1 200 OK\r\n\r\n')
  for (let i = 0; i < 200; i++) {
    upstream.send('x'.repeat(size))
    await settled()
  }
  upstream.finish()
  await pass(20_000)
  await record()
  await eventually('it is left', () => server.connections === 0)
})

test('a client that takes no reply is cut off when nothing more is asked of it, too', async (t) => {
  const { endpoint, pass, records, sent, server } = await openRelay(t, {
    limits: { bodyIdleTimeoutMs: 4_000, idleTimeoutMs: 1_000_000 },
  })
  endpoint.always(reply('x'.repeat(50_000)))
  const client = await sent(ask('GET /a').repeat(600))
  client.socket.pause()
  await pass(10_000)
  assert.ok(records.length < 600)
  await eventually('it is left', () => server.connections === 0)
})

test('what lingers behind the last reply does so for two seconds at most', async (t) => {
  const { pass, sent, server } = await openRelay(t)
  const client = await sent(ask('POST /nowhere', 'Content-Length: 1000000'))
  await client.gone()
  for (let i = 0; i < 6; i++) {
    client.send('x')
    await pass(500)
  }
  await eventually('it is left', () => server.connections === 0)
})

test('an endpoint that is late is a 504, and the record says how', async (t) => {
  const head = 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n'
  const rows: [says: string, answer: string, reason: RegExp][] = [
    ['no reply', '', /no reply began in time/],
    ['a head that drips', 'H', /no reply began in time/],
  ]
  for (const [says, answer, reason] of rows) {
    const { endpoint, pass, record, sent } = await openRelay(t, {
      limits: { firstByteTimeoutMs: 3_000 },
    })
    const client = await sent(ask('GET /a'))
    const upstream = await endpoint.next()
    await upstream.until('\r\n\r\n')
    const drip = 'TTP/1.1 200 OK\r\n'
    upstream.send(answer)
    for (let i = 0; i < 4; i++) {
      await pass(1_000)
      if (answer !== '') upstream.send(drip[i]!)
    }
    assert.match(await client.until('}}'), /HTTP\/1\.1 504 [^]*UPSTREAM_TIMEOUT/, says)
    assert.match((await record()).reason ?? '', reason, says)
    await eventually('it is left', () => upstream.closed || upstream.ended || upstream.reset)
  }
  const { endpoint, pass, record, sent } = await openRelay(t, {
    limits: { replyIdleTimeoutMs: 3_000 },
  })
  const client = await sent(ask('GET /a'))
  const upstream = await endpoint.next()
  await upstream.until('\r\n\r\n')
  upstream.send(`${head}abc`)
  await client.until('abc')
  await pass(4_000)
  await eventually('the client is cut off', () => client.reset)
  const { fault, reason } = await record()
  assert.equal(fault, 'UPSTREAM_TIMEOUT')
  assert.match(reason ?? '', /stood still/)
})

test('an exchange as a whole has a deadline, however busy it is', async (t) => {
  const { endpoint, pass, record, sent } = await openRelay(t, {
    limits: { exchangeTimeoutMs: 5_000 },
  })
  const client = await sent(ask('GET /a'))
  const upstream = await endpoint.next()
  await upstream.until('\r\n\r\n')
  upstream.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
  for (let i = 0; i < 6; i++) {
    await pass(1_000)
    upstream.send('1\r\nx\r\n')
  }
  await eventually('the client is cut off', () => client.reset)
  assert.match((await record()).reason ?? '', /whole exchange/)
})

test('a held body that took the whole time of its exchange is not sent any more', async (t) => {
  const limits = { exchangeTimeoutMs: 5_000, bodyIdleTimeoutMs: 100_000, bodyBytesPerSecondMin: 0 }
  const { endpoint, pass, record, sent } = await openRelay(t, { limits })
  const put = ask('PUT /held', 'Content-Type: application/json', 'Content-Length: 2')
  const client = await sent(`${put}{`)
  await pass(6_000)
  client.send('}')
  assert.match(await client.until('}}'), /HTTP\/1\.1 408 [^]*REQUEST_TIMEOUT/)
  assert.equal((await record()).fault, 'REQUEST_TIMEOUT')
  assert.equal(endpoint.peers.length, 0)
})

test('what waited for a connection the whole time of its exchange is not sent any more', async (t) => {
  const { clock, endpoint, pass, record, sent, upstreams } = await openRelay(t, {
    limits: { endpointConnectionsMax: 1, connectTimeoutMs: 60_000, exchangeTimeoutMs: 5_000 },
  })
  await sent(ask('GET /a?1'))
  await (await endpoint.next()).until(/\?1 /)
  await pass(1_000)
  const second = await sent(ask('GET /a?2'))
  await eventually('it waits', () => upstreams.states()[0]!.waiting === 1)
  // The first is cut off; before a connection opens again the second is late as well.
  clock.advance(6_000)
  assert.match(await second.until('}}'), /HTTP\/1\.1 504 [^]*UPSTREAM_TIMEOUT/)
  const { fault, reason } = await record(2)
  assert.equal(fault, 'UPSTREAM_TIMEOUT')
  assert.match(reason ?? '', /^no connection/)
  await settled()
  for (const { received } of endpoint.peers) assert.doesNotMatch(received, /\?2 /)
  assert.equal(upstreams.states()[0]!.idleConnections, 1, 'the connection waits for the next')
})

test('who waits in the queue longer than a connection may take is told so', async (t) => {
  const { endpoint, pass, record, sent } = await openRelay(t, {
    limits: { endpointConnectionsMax: 1, connectTimeoutMs: 2_000 },
  })
  const first = await sent(ask('GET /a?1'))
  const upstream = await endpoint.next()
  await upstream.until(/\?1 /)
  const second = await sent(ask('GET /a?2'))
  await pass(3_000)
  assert.match(await second.until('}}'), /HTTP\/1\.1 503 [^]*UPSTREAM_BUSY/)
  assert.match((await record()).reason ?? '', /no connection became free/)
  upstream.send(reply('x'))
  await first.until('x')
})

test('an idle connection to an endpoint is closed before the endpoint would', async (t) => {
  const { endpoint, pass, sent } = await openRelay(t)
  const client = await sent(ask('GET /a'))
  const upstream = await endpoint.next()
  await upstream.until('\r\n\r\n')
  upstream.send(reply('x', 'Keep-Alive: timeout=5'))
  await client.until('x')
  await pass(3_500)
  assert.equal(upstream.ended, false)
  await pass(1_000)
  await eventually('it is closed', () => upstream.ended)
})

test('a connection serves as many requests as it may, and its last reply says so', async (t) => {
  const { endpoint, records, sent } = await openRelay(t, {
    limits: { requestsPerConnectionMax: 2 },
  })
  endpoint.always(reply('x'))
  const client = await sent(ask('GET /a').repeat(3))
  const text = await client.gone()
  assert.equal(text.match(/HTTP\/1\.1 200/g)?.length, 2)
  assert.match(text, /Connection: close\r\n\r\nx$/)
  assert.equal(records.length, 2)
})

test('connections beyond the bounds are told to come later', async (t) => {
  for (const limits of [{ connectionsMax: 2 }, { connectionsPerAddressMax: 2 }]) {
    const { client: open, endpoint, sent, server } = await openRelay(t, { limits })
    endpoint.always(reply('x'))
    const two = [await open(), await open()]
    await eventually('both are in', () => server.connections === 2)
    const third = await open()
    assert.match(await third.gone(), /^HTTP\/1\.1 503 [^]*Retry-After: 1\r\n[^]*"OVERLOADED"/)
    assert.equal(server.refusedConnections, 1)
    two[0]!.finish()
    await eventually('one has left', () => server.connections === 1)
    const fourth = await sent(ask('GET /a'))
    await fourth.until('x')
  }
})

test('an endpoint that takes no more of a request is a 504, but not for the pauses of the client', async (t) => {
  const { endpoint, pass, record, sent } = await openRelay(t, {
    limits: { replyIdleTimeoutMs: 2_000, bodyIdleTimeoutMs: 10_000 },
  })
  const client = await sent(`${ask('POST /a', 'Content-Length: 30000001')}x`)
  const upstream = await endpoint.next()
  await upstream.until(/x$/)
  upstream.socket.pause()
  await pass(4_000)
  client.socket.write(Buffer.alloc(20_000_000, 'x'))
  await pass(1_500)
  assert.equal(client.received, '', 'it has not stood still for long yet')
  await pass(1_500)
  assert.match(await client.until('}}'), /HTTP\/1\.1 504 /)
  assert.match((await record()).reason ?? '', /took no more/)
})
