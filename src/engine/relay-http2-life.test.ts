// How calls on connections of HTTP/2 begin, wait, end and are made again, frame by frame.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  data,
  fieldsOf,
  head,
  whole,
  errorCode,
  frameFlag,
  frameHead,
  frameType,
  goawayFrame,
  pingFrame,
  rstStreamFrame,
  setting,
  settingsFrame,
  windowUpdateFrame,
} from '../../test/frame-end.ts'
import { eventually, settled } from '../../test/raw-peer.ts'
import { ask } from './relay-for-tests.ts'
import { asking, relayTo } from './relay-http2-for-tests.ts'
import { fromClient, fromService, tunnelSteps, upgrade } from './websocket-for-tests.ts'

test('nothing is asked of an endpoint before it has said that it speaks HTTP/2', async (t) => {
  const { next, sent } = await relayTo(t)
  const client = await sent(ask('GET /a'))
  const end = await next()
  await eventually('we have said our settings', () => end.of('settings').length > 0)
  await settled()
  assert.equal(end.of('headers').length, 0)
  end.greet()
  end.send(whole(await end.asked()))
  await client.until('ok')
})

test('an endpoint that speaks something else is told apart, and was not asked', async (t) => {
  const rows: [says: string, answer: string, reason: RegExp][] = [
    [
      'HTTP/1.1',
      'HTTP/1.1 400 Bad Request\r\n\r\n',
      /brought no HTTP\/2: it speaks HTTP\/1\.1, and/,
    ],
    ['another frame first', windowUpdateFrame(0, 1), /brought no HTTP\/2: the first frame/],
    ['an end at once', '', /closed before a word of HTTP\/2/],
  ]
  for (const [says, answer, reason] of rows) {
    const { next, record, sent } = await relayTo(t)
    const client = await sent(ask('POST /a', 'Content-Length: 0'))
    const end = await next()
    if (answer === '') end.peer.finish()
    else end.send(answer)
    assert.match(await client.until('}}'), /^HTTP\/1\.1 502 [^]*"UPSTREAM_UNREACHABLE"/, says)
    assert.match((await record()).reason!, reason, says)
  }
})

test('an endpoint that takes the connection and says nothing is given up in time', async (t) => {
  const { next, pass, record, sent } = await relayTo(t, { limits: { connectTimeoutMs: 1_000 } })
  const client = await sent(ask('GET /a'))
  const end = await next()
  await eventually('we have said our settings', () => end.of('settings').length > 0)
  await pass(1_500)
  assert.match(await client.until('}}'), /^HTTP\/1\.1 504 /)
  assert.equal((await record()).reason, 'no connection opened in time')
  await end.peer.gone()
})

test('what an endpoint refused to look at is asked again, whatever its method', async (t) => {
  for (const method of ['GET', 'POST']) {
    const { next, sent } = await relayTo(t)
    const client = await sent(ask(`${method} /a`))
    const end = await next()
    end.greet()
    const id = await end.asked()
    end.send(rstStreamFrame(id, errorCode.refusedStream))
    const another = await next()
    another.greet()
    another.send(whole(await another.asked()))
    await client.until('ok')
    // The first one still serves.
    const second = await sent(ask('GET /a'))
    end.send(whole(await end.asked(2)))
    await second.until('ok')
  }
})

test('of an endpoint that leaves, calls that it took end there, others are made again', async (t) => {
  const { client, end, id, next, sent } = await asking(t)
  const late = await sent(ask('POST /a'))
  await end.asked(2)
  end.send(goawayFrame(id, errorCode.noError))
  const another = await next()
  another.greet()
  another.send(whole(await another.asked()))
  await late.until('ok')
  const third = await sent(ask('GET /a'))
  another.send(whole(await another.asked(2)))
  await third.until('ok')
  end.send(whole(id))
  await client.until('ok')
  await end.peer.gone()
})

test('a connection that ends under a call is met as one of HTTP/1.1: once more if it may be', async (t) => {
  for (const [method, again] of [
    ['GET', true],
    ['POST', false],
  ] as const) {
    const { end, id, next, record, sent, client: first } = await asking(t)
    end.send(whole(id))
    await first.until('ok')
    const client = await sent(ask(`${method} /a`))
    await end.asked(2)
    end.peer.cut()
    if (again) {
      const another = await next()
      another.greet()
      another.send(whole(await another.asked()))
      await client.until('ok')
    } else {
      assert.match(await client.until('}}'), /"UPSTREAM_CLOSED"/)
      assert.equal((await record(2)).reason, 'connection ECONNRESET')
    }
  }
})

test('a reply that does not begin in time ends its call alone', async (t) => {
  const operation = { limits: { firstByteTimeoutMs: 1_000 } }
  const { client, end, id, pass, record, sent } = await asking(t, { operation })
  await pass(1_500)
  assert.match(await client.until('}}'), /^HTTP\/1\.1 504 /)
  assert.equal((await record()).reason, 'no reply began in time')
  assert.equal(await end.resetOf(id), errorCode.cancel)
  assert.equal(end.of('ping').length, 1, 'whether the connection lives is asked')
  const early = await sent(ask('POST /a'))
  await settled()
  assert.equal(end.of('headers').length, 1, 'nothing more is asked before it is known')
  end.send(frameHead(8, frameType.ping, frameFlag.ack, 0) + end.of('ping')[0]!.payload)
  end.send(whole(await end.asked(2)))
  await early.until('ok')
  await pass(10_000)
  const other = await sent(ask('GET /a'))
  end.send(whole(await end.asked(3)))
  await other.until('ok')
})

test('a connection on which a call waited in vain, and that shows no life, takes no other', async (t) => {
  const operation = { limits: { firstByteTimeoutMs: 1_000 } }
  const { client, end, next, pass, sent } = await asking(t, { operation })
  await pass(1_500)
  await client.until('}}')
  const other = await sent(ask('POST /a'))
  const another = await next()
  another.greet()
  another.send(whole(await another.asked()))
  await other.until('ok')
  assert.equal(end.of('headers').length, 1)
  await pass(6_000)
  await end.peer.gone()
})

test('a connection that gives no sign of life under a call ends', async (t) => {
  const { client, end, id, next, pass, sent } = await asking(t)
  end.send(whole(id))
  await client.until('ok')
  await pass(3_000)
  const other = await sent(ask('GET /a'))
  await end.asked(2)
  assert.equal(end.of('ping').length, 1, 'it has rested')
  await pass(6_000)
  await end.peer.gone()
  const another = await next()
  another.greet()
  another.send(whole(await another.asked()))
  await other.until('ok')
})

test('an idle connection says goodbye when its time is up', async (t) => {
  const { client, end, id, pass, upstreams } = await asking(t)
  end.send(whole(id))
  await client.until('ok')
  assert.equal(upstreams.states()[0]!.idleConnections, 1)
  await pass(31_000)
  await end.peer.gone()
  assert.equal(end.of('goaway').length, 1)
  assert.equal(upstreams.states()[0]!.idleConnections, 0)
})

test('an endpoint that takes no call for now is waited for, and not asked by more connections', async (t) => {
  const { endpoint, next, pass, record, sent } = await relayTo(t)
  const first = await sent(ask('GET /a'))
  const end = await next()
  end.greet([[setting.maxConcurrentStreams, 0]])
  const second = await sent(ask('GET /a'))
  await settled()
  assert.equal(endpoint.peers.length, 1)
  await pass(1_000)
  end.send(settingsFrame([[setting.maxConcurrentStreams, 1]]))
  end.send(whole(await end.asked()))
  await Promise.race([first.until('ok'), second.until('ok')])
  end.send(whole(await end.asked(2)))
  await record(2)
})

test('a body goes as far as both windows let it, and its end behind it', async (t) => {
  const { next, sent } = await relayTo(t)
  const body = 'x'.repeat(100_000)
  const client = await sent(`${ask('POST /a', `Content-Length: ${body.length}`)}${body}`)
  const end = await next()
  end.greet([[setting.initialWindowSize, 10]])
  const id = await end.asked()
  const came = () => end.of('data').reduce((sum, { payload }) => sum + payload.length, 0)
  await eventually('a window full came', () => came() === 10)
  end.send(windowUpdateFrame(id, 80_000))
  await eventually('the connection is full', () => came() === 65_535)
  end.send(settingsFrame([[setting.initialWindowSize, 100_000]]))
  end.send(windowUpdateFrame(0, 100_000))
  await eventually('all came', () => came() === body.length)
  await eventually('and its end', () => (end.of('data').at(-1)!.flags & frameFlag.endStream) !== 0)
  end.send(whole(id))
  await client.until('ok')
})

test('a body that the endpoint does not take is given up in time', async (t) => {
  const operation = { limits: { replyIdleTimeoutMs: 2_000 } }
  const { next, pass, record, sent } = await relayTo(t, { operation })
  const client = await sent(`${ask('POST /a', 'Content-Length: 20')}${'x'.repeat(20)}`)
  const end = await next()
  end.greet([[setting.initialWindowSize, 10]])
  const id = await end.asked()
  await pass(5_000)
  assert.match(await client.until('}}'), /^HTTP\/1\.1 504 /)
  assert.equal((await record()).reason, 'the upstream took no more of the request')
  assert.equal(await end.resetOf(id), errorCode.cancel)
})

test('a reply before the request has ended goes to the client, and the rest is not sent', async (t) => {
  const { next, sent } = await relayTo(t)
  const client = await sent(`${ask('POST /a', 'Content-Length: 20')}half`)
  const end = await next()
  end.greet()
  const id = await end.asked()
  end.send(whole(id))
  await client.until('ok')
  assert.equal(await end.resetOf(id), errorCode.cancel)
})

test('an early refusal by reset without an error, behind a whole reply, is no failure', async (t) => {
  const { next, record, sent } = await relayTo(t)
  const client = await sent(`${ask('POST /a', 'Content-Length: 20')}half`)
  const end = await next()
  end.greet()
  const id = await end.asked()
  end.send(whole(id), rstStreamFrame(id, errorCode.noError))
  await client.until('ok')
  assert.equal((await record()).fault, undefined)
})

test('a reply that nobody wants is let come as far as it may, without a reset', async (t) => {
  const operation = { statuses: ['200'] }
  const { client, end, id, sent } = await asking(t, { operation, audience: 'public' })
  end.send(head(id, 500, 'content-length: 5'), data(id, 'error', true))
  assert.match(await client.until('}}'), /^HTTP\/1\.1 502 /)
  const other = await sent(ask('GET /a'))
  end.send(whole(await end.asked(2)))
  await other.until('ok')
  assert.equal(end.of('rstStream').length, 0)
})

test('an endless reply that nobody wants is cancelled', async (t) => {
  const operation = { statuses: ['200'] }
  const { client, end, id } = await asking(t, { operation, audience: 'public' })
  end.send(head(id, 500))
  assert.match(await client.until('}}'), /^HTTP\/1\.1 502 /)
  const isReset = () => end.of('rstStream').length > 0
  for (let i = 0; i < 6 && !isReset(); i++) {
    end.send(data(id, 'x'.repeat(16_384)))
    await settled()
  }
  assert.equal(await end.resetOf(id), errorCode.cancel)
})

test('what a call that waits has not taken is bounded by its window, and other calls go on', async (t) => {
  const { client, end, id, sent } = await asking(t)
  client.socket.pause()
  end.send(head(id, 200, `content-length: ${64_000_000}`))
  let sentBytes = 0
  const mayCome = () => {
    const updates = end.of('windowUpdate').filter((one) => one.id === id)
    const bytes = updates.map(({ payload }) => Buffer.from(payload, 'latin1').readUInt32BE(0))
    return 65_535 + bytes.reduce((sum, one) => sum + one, 0) - sentBytes
  }
  for (let idle = 0; idle < 3;) {
    const bytes = Math.min(16_384, mayCome())
    if (bytes > 0) end.send(data(id, 'x'.repeat(bytes)))
    sentBytes += bytes
    await settled()
    idle = bytes === 0 ? idle + 1 : 0
  }
  assert.ok(sentBytes < 16_000_000, 'the windows closed')
  for (let i = 0; i < 3; i++) {
    const other = await sent(ask('GET /a'))
    end.send(whole(await end.asked(2 + i)))
    await other.until('ok')
  }
  client.socket.destroy()
})

test('a WebSocket is an extended CONNECT at an endpoint that takes those', async (t) => {
  const { next, record, sent } = await relayTo(t, { steps: tunnelSteps() })
  const client = await sent(upgrade())
  const end = await next()
  end.greet([[setting.enableConnectProtocol, 1]])
  const id = await end.asked()
  const asked = end.of('headers')[0]!
  assert.equal(asked.flags & frameFlag.endStream, 0)
  const names = [':protocol', ':scheme', ':authority', ':path', ':method', 'CONNECT', 'websocket']
  const block = fieldsOf(asked)
  for (const name of names) assert.ok(block.includes(name), name)
  assert.doesNotMatch(block, /sec-websocket-key/)
  end.send(head(id, 200))
  await client.until(/^HTTP\/1\.1 101 [^]*Sec-WebSocket-Accept: \S+\r\n[^]*\r\n\r\n$/i)
  const text = fromService.text('hello')
  end.send(data(id, text))
  await client.until(text)
  client.send(fromClient.text('back'))
  await eventually('it came', () => end.of('data').some(({ payload }) => payload.length > 4))
  end.send(data(id, fromService.close(1000)))
  await client.until(fromService.close(1000))
  client.send(fromClient.close(1000))
  await eventually('it is closed', () => end.of('data').length >= 2)
  end.send(data(id, '', true))
  assert.equal((await record()).fault, undefined)
})

test('a WebSocket to an endpoint that takes no extended CONNECT is refused, and its connection serves on', async (t) => {
  const { next, record, sent } = await relayTo(t, { steps: tunnelSteps() })
  const client = await sent(upgrade())
  const end = await next()
  end.greet()
  assert.match(await client.until('}}'), /^HTTP\/1\.1 502 [^]*"UPSTREAM_PROTOCOL"/)
  assert.match((await record()).reason!, /takes no upgrade over HTTP\/2/)
  const other = await sent(ask('GET /a'))
  end.send(whole(await end.asked()))
  await other.until('ok')
})

test('an endpoint that ends a WebSocket and takes none of what waits for it holds no call', async (t) => {
  const { next, record, sent, upstreams } = await relayTo(t, { steps: tunnelSteps() })
  const client = await sent(upgrade())
  const end = await next()
  end.greet([
    [setting.enableConnectProtocol, 1],
    [setting.initialWindowSize, 0],
  ])
  const id = await end.asked()
  end.send(head(id, 200))
  await client.until('\r\n\r\n')
  client.send(fromClient.text('nobody takes it'))
  await settled()
  end.send(data(id, '', true))
  assert.equal(await end.resetOf(id), errorCode.cancel)
  await client.until(fromService.close(1011, 'the service is gone'))
  client.send(fromClient.close(1011))
  assert.equal((await record()).fault, 'UPSTREAM_CLOSED')
  assert.equal(upstreams.states()[0]!.activeConnections, 0)
})

test('an endpoint that answers a WebSocket otherwise gives an ordinary reply', async (t) => {
  const { next, sent } = await relayTo(t, { steps: tunnelSteps() })
  const client = await sent(upgrade())
  const end = await next()
  end.greet([[setting.enableConnectProtocol, 1]])
  const id = await end.asked()
  end.send(head(id, 403, 'content-length: 2'), data(id, 'no', true))
  assert.match(await client.until('no'), /^HTTP\/1\.1 403 /)
})

test('an endpoint that answers each small piece with updates and a ping is no flood', async (t) => {
  const { end, id, sent, client: first } = await asking(t)
  end.send(whole(id))
  await first.until('ok')
  const pieces = 1_000
  const client = await sent(ask('POST /a', `Content-Length: ${pieces}`))
  const upload = await end.asked(2)
  for (let i = 0; i < pieces; i++) {
    client.send('x')
    await eventually('it came', () => end.of('data').length > i || end.peer.closed)
    end.send(windowUpdateFrame(upload, 1), windowUpdateFrame(0, 1), pingFrame('12345678'))
  }
  end.send(whole(upload))
  await client.until('ok')
})
