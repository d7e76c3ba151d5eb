// WebSockets over HTTP/1.1: when one opens, what goes through it, and who ends it how.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../../test/raw-peer.ts'
import { ask, openRelay } from './relay-for-tests.ts'
import {
  accept,
  fromClient,
  fromService,
  openSocket,
  taken,
  tunnelSteps,
  unmasked,
  upgrade,
} from './websocket-for-tests.ts'

const steps = tunnelSteps()

test('an operation without WebSockets refuses a handshake, and nothing is sent', async (t) => {
  const { endpoint, sent } = await openRelay(t)
  const client = await sent(upgrade())
  assert.match(await client.until('}}'), /^HTTP\/1\.1 400 [^]*UPGRADE_NOT_TAKEN/)
  assert.equal(endpoint.peers.length, 0)
})

test('an operation without WebSockets takes another upgrade for an ordinary request', async (t) => {
  const { endpoint, sent } = await openRelay(t)
  const client = await sent(ask('GET /a', 'Connection: Upgrade', 'Upgrade: h2c'))
  const upstream = await endpoint.next()
  assert.doesNotMatch(await upstream.until('\r\n\r\n'), /upgrade/i)
  upstream.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  assert.match(await client.until('ok'), /^HTTP\/1\.1 200/)
})

test('what both sides send behind an upgrade goes through, from its very first byte', async (t) => {
  const { endpoint, record, sent } = await openRelay(t, { steps })
  const early = fromClient.text('early')
  const client = await sent(`${upgrade()}${early}`)
  const upstream = await endpoint.next()
  const asked = await upstream.until('\r\n\r\n')
  assert.match(asked, /\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n/)
  const first = fromService.text('first')
  upstream.send(`${taken()}${first}`)
  assert.match(
    await client.until(first),
    /^HTTP\/1\.1 101 Switching Protocols\r\n[^]*Connection: Upgrade\r\nUpgrade: websocket\r\n/,
  )
  await upstream.until(early)
  client.send(fromClient.close(1000))
  await upstream.until(fromClient.close(1000))
  upstream.send(fromService.close(1000))
  await client.until(fromService.close(1000))
  await eventually('the client sees the end', () => client.ended)
  upstream.finish()
  const { closed, fault, status, requestBytes, replyBytes } = await record()
  assert.deepEqual(
    { closed, fault, status, requestBytes, replyBytes },
    {
      closed: { code: 1000, by: 'client' },
      fault: undefined,
      status: 101,
      requestBytes: early.length + 8,
      replyBytes: first.length + 4,
    },
  )
})

test('WebSockets take no room from requests: they are not among the connections that are shared', async (t) => {
  const { endpoint, sent } = await openRelay(t, { steps, limits: { endpointConnectionsMax: 1 } })
  for (let i = 0; i < 3; i++) {
    const client = await sent(upgrade())
    const upstream = await endpoint.next()
    await upstream.until('\r\n\r\n')
    upstream.send(taken())
    await client.until('\r\n\r\n')
  }
  const client = await sent(ask('GET /a'))
  const upstream = await endpoint.next()
  await upstream.until('\r\n\r\n')
  upstream.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  await client.until('ok')
})

test('another answer than the upgrade is an ordinary reply, and its connection is used again', async (t) => {
  const { endpoint, sent } = await openRelay(t, { steps })
  const client = await sent(upgrade())
  const upstream = await endpoint.next()
  await upstream.until('\r\n\r\n')
  upstream.send('HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno')
  await client.until('no')
  client.send(ask('GET /a'))
  await upstream.until(/GET \/a[^]*GET \/a[^]*\r\n\r\n/)
})

test('a connection that has served requests becomes a tunnel, however their replies were framed', async (t) => {
  const replies = [
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
  ]
  for (const reply of replies) {
    const { endpoint, sent } = await openRelay(t, { steps })
    const before = await sent(ask('GET /a'))
    const upstream = await endpoint.next()
    await upstream.until('\r\n\r\n')
    upstream.send(reply)
    await before.until(/ok/)
    const client = await sent(upgrade())
    await upstream.until(/Upgrade: websocket[^]*\r\n\r\n/)
    upstream.send(taken())
    await client.until('\r\n\r\n')
    for (const said of ['one', 'two']) {
      upstream.send(fromService.text(said))
      await client.until(fromService.text(said))
    }
    assert.equal(endpoint.peers.length, 1)
  }
})

test('an upgrade to what nobody asked for is a fault of the upstream', async (t) => {
  const answers: [says: string, answer: string][] = [
    ['another protocol', taken().replace('websocket', 'h2c')],
    ['no Connection', taken().replace('Connection: Upgrade\r\n', '')],
    ['no Upgrade', taken().replace('Upgrade: websocket\r\n', '')],
    ['no answer to the key', taken().replace(accept, '')],
    ['another answer to the key', taken().replace('s3', 's4')],
    ['two answers', taken(`Sec-WebSocket-Accept: ${accept}`)],
    ['a subprotocol', taken('Sec-WebSocket-Protocol: chat')],
    ['an extension', taken('Sec-WebSocket-Extensions: permessage-deflate')],
  ]
  for (const [says, answer] of answers) {
    const { endpoint, sent } = await openRelay(t, { steps })
    const client = await sent(upgrade())
    const upstream = await endpoint.next()
    await upstream.until('\r\n\r\n')
    upstream.send(answer)
    assert.match(await client.until('}}'), /^HTTP\/1\.1 502 [^]*UPSTREAM_PROTOCOL/, says)
  }
})

test('a client that goes away without a Close leaves the endpoint cut', async (t) => {
  const { client, record, upstream } = await openSocket(t)
  client.cut()
  await eventually('the endpoint sees it', () => upstream.closed || upstream.ended)
  assert.equal((await record()).fault, 'CLIENT_CLOSED')
})

test('an endpoint that goes away leaves its client with a Close', async (t) => {
  const frame = fromService.text('said')
  const left = fromService.close(1011, 'the service is gone')
  for (const sent of ['', frame, `${frame}${frame.slice(0, 1)}`]) {
    for (const how of ['finish', 'cut'] as const) {
      const { client, record, upstream } = await openSocket(t)
      upstream.send(sent)
      if (sent !== '') await client.until(frame)
      upstream[how]()
      await client.until(left)
      client.send(fromClient.close(1011))
      await eventually('the client sees the end', () => client.ended)
      const { closed, fault } = await record()
      assert.deepEqual(
        { closed, fault },
        { closed: { code: 1011, by: 'upstream' }, fault: 'UPSTREAM_CLOSED' },
      )
    }
  }
})

test('an endpoint that goes away within a frame leaves its client cut', async (t) => {
  const part = fromService.text('half of it').slice(0, 5)
  for (const how of ['finish', 'cut'] as const) {
    const { client, record, upstream } = await openSocket(t)
    upstream.send(part)
    await client.until(part)
    upstream[how]()
    await eventually('the client is cut', () => client.reset)
    assert.equal((await record()).fault, 'UPSTREAM_CLOSED')
    assert.equal(client.received, part)
  }
})

test('a half-closed client gets what the endpoint still has to say', async (t) => {
  const { client, upstream, record } = await openSocket(t)
  client.socket.end(fromClient.text('bye'), 'latin1')
  await upstream.until(fromClient.text('bye'))
  await eventually('the end goes on', () => upstream.ended)
  upstream.socket.end(fromService.text('farewell'), 'latin1')
  await client.until(fromService.text('farewell'))
  assert.deepEqual((await record()).closed, { code: 1006, by: 'client' })
})

test('a breach of the client closes both sides, and the record says what it was', async (t) => {
  const { client, record, upstream } = await openSocket(t)
  client.send(`${fromClient.text('good')}\x83\x80abcd`)
  await client.until(fromService.close(1002, 'an unknown kind of frame'))
  const good = fromClient.text('good')
  await eventually('the endpoint is told', () => upstream.received.length > good.length)
  assert.equal(upstream.received.slice(0, good.length), good)
  const told = unmasked(upstream.received.slice(good.length))
  assert.equal(told, fromService.close(1002, 'an unknown kind of frame'))
  upstream.send(fromService.close(1002))
  upstream.finish()
  const { closed, fault, reason } = await record()
  assert.deepEqual(
    { closed, fault, reason },
    {
      closed: { code: 1002, by: 'gateway' },
      fault: 'MALFORMED_REQUEST',
      reason: 'client: an unknown kind of frame',
    },
  )
})
