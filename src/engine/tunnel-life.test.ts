// How long a WebSocket lives: pings, silence, bounds on messages, a gateway that stops, and sides
// that take nothing.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually, settled } from '../../test/raw-peer.ts'
import { frameOf, opcodes } from '../http.ts'
import type { LeaveReason, Runtime } from './runtime.ts'
import { fromClient, fromService, openSocket, unmasked } from './websocket-for-tests.ts'

const ping = fromService.ping('concordat')

const leave = ({ lasting }: Runtime, why: LeaveReason): void => {
  for (const one of lasting) one.leave(why)
}

test('each side is pinged in its silence, and its answer goes no further', async (t) => {
  const { client, pass, upstream } = await openSocket(t, { pingMs: 10_000 })
  await pass(10_500)
  await client.until(ping)
  assert.equal(unmasked(upstream.received), ping)
  client.send(fromClient.pong('concordat') + fromClient.pong('mine'))
  upstream.send(fromService.text('a'))
  await client.until(ping + fromService.text('a'))
  await eventually('the other pong goes on', () =>
    upstream.received.endsWith(fromClient.pong('mine')),
  )
  assert.equal(upstream.received.length, 2 + 4 + 9 + fromClient.pong('mine').length)
})

test('whoever speaks is not pinged', async (t) => {
  const { client, pass, upstream } = await openSocket(t, { pingMs: 10_000 })
  for (let i = 0; i < 4; i++) {
    await pass(6_000)
    client.send(fromClient.text('a'))
    upstream.send(fromService.text('b'))
    await settled()
  }
  assert.equal(client.received, fromService.text('b').repeat(4))
})

test('a client that answers no ping is cut off, and its endpoint with it', async (t) => {
  const { client, pass, record, upstream } = await openSocket(t, { pingMs: 10_000 })
  await pass(10_500)
  await client.until(ping)
  upstream.send(fromService.text('here'))
  await client.until(fromService.text('here'))
  await pass(10_500)
  await eventually('both are cut', () => client.closed && (upstream.ended || upstream.closed))
  const { fault, reason } = await record()
  assert.deepEqual({ fault, reason }, { fault: 'CLIENT_CLOSED', reason: 'it answered no ping' })
})

test('an endpoint that answers no ping leaves its client with a Close', async (t) => {
  const { client, pass, record } = await openSocket(t, { pingMs: 10_000 })
  await pass(10_500)
  await client.until(ping)
  client.send(fromClient.pong('concordat'))
  await settled()
  await pass(9_900)
  await client.until(fromService.close(1011, 'the service is gone'))
  client.send(fromClient.close(1011))
  assert.equal((await record()).fault, 'UPSTREAM_TIMEOUT')
})

test('where no message goes for long both sides are told to close', async (t) => {
  const { client, pass, record, upstream } = await openSocket(t, { idleTimeoutMs: 30_000 })
  await pass(20_000)
  client.send(fromClient.text('a'))
  await upstream.until(fromClient.text('a'))
  await pass(20_000)
  client.send(fromClient.ping('no message'))
  await settled()
  await pass(10_500)
  const close = fromService.close(1001, 'nothing was said for long')
  await client.until(close)
  await eventually(
    'the endpoint is told',
    () => unmasked(upstream.received.slice(-close.length - 4)) === close,
  )
  client.send(fromClient.close(1001))
  upstream.send(fromService.close(1001))
  await eventually('both are ended', () => client.ended && upstream.ended)
  upstream.finish()
  const { closed, fault } = await record()
  assert.deepEqual({ closed, fault }, { closed: { code: 1001, by: 'gateway' }, fault: undefined })
})

test('a gateway that stops says Close between two frames, and waits for its answer', async (t) => {
  const { client, record, runtime, upstream } = await openSocket(t)
  const frame = fromService.text('x'.repeat(100))
  upstream.send(frame.slice(0, 50))
  await client.until(frame.slice(0, 50))
  leave(runtime, 'stops')
  await eventually('the endpoint is told', () => upstream.received.length > 4)
  assert.equal(unmasked(upstream.received), fromService.close(1001, 'the gateway stops'))
  assert.equal(client.received, frame.slice(0, 50))
  upstream.send(frame.slice(50) + fromService.text('too late') + fromService.close(1001))
  await client.until(frame + fromService.close(1001, 'the gateway stops'))
  client.send(fromClient.text('late') + fromClient.close(1001))
  await eventually('both are ended', () => client.ended && upstream.ended)
  upstream.finish()
  assert.deepEqual((await record()).closed, { code: 1001, by: 'gateway' })
  assert.doesNotMatch(upstream.received, /late/)
})

test('who does not answer a Close is waited for briefly', async (t) => {
  const { client, pass, record, runtime, upstream } = await openSocket(t)
  leave(runtime, 'stops')
  await client.until(fromService.close(1001, 'the gateway stops'))
  await pass(2_500)
  await eventually('both are ended', () => client.ended && (upstream.ended || upstream.closed))
  assert.deepEqual((await record()).closed, { code: 1001, by: 'gateway' })
})

test('a frame that never ends is cut', async (t) => {
  const { client, pass, record, runtime, upstream } = await openSocket(t)
  upstream.send(fromService.text('x'.repeat(100)).slice(0, 50))
  await client.until(fromService.text('x'.repeat(100)).slice(0, 50))
  leave(runtime, 'stops')
  await pass(2_500)
  await eventually('the client is cut', () => client.reset)
  assert.equal(client.receivedBytes > 0 && client.received.length, 50)
  await record()
})

test('a thread that others replace tells its clients to come again, not all at once', async (t) => {
  const { client, pass, runtime } = await openSocket(t)
  leave(runtime, 'renews')
  await pass(2_000)
  assert.equal(client.received, '')
  await pass(1_000)
  await client.until(fromService.close(1012, 'come again'))
})

const bad = (payload: Uint8Array) =>
  Buffer.from(payload).includes('bad') ? { kind: 'content' as const, reason: 'bad' } : undefined

test('what breaks a rule of messages is told to both sides', async (t) => {
  const cases: [says: string, rules: object, sent: string, code: number, fault: string][] = [
    ['size', { bytesMax: 5 }, fromClient.text('123456'), 1009, 'CONTENT_TOO_LARGE'],
    ['rate', { perSecondMax: 1 }, fromClient.text('1').repeat(2), 1008, 'LIMIT_EXCEEDED'],
    ['UTF-8', { areTextsChecked: true }, fromClient.text('\xff'), 1007, 'INVALID_INPUT'],
    ['schema', { bytesMax: 9, judge: bad }, fromClient.text('bad'), 1008, 'INVALID_INPUT'],
  ]
  for (const [says, rules, sent, code, fault] of cases) {
    const { client, record, upstream } = await openSocket(t, { client: rules })
    client.send(sent)
    await eventually(`${says}: the client is told`, () => client.received.length > 4)
    assert.equal(client.received.charCodeAt(2) * 256 + client.received.charCodeAt(3), code, says)
    // By its place: random masks have the bytes of anything.
    const told = () => unmasked(upstream.received.slice(-client.received.length - 4))
    await eventually(`${says}: the endpoint is told`, () => told() === client.received)
    upstream.send(fromService.close(code))
    upstream.finish()
    const found = await record()
    assert.equal(found.fault, fault, says)
    assert.equal(found.refusedBy, 'websocket', says)
  }
})

test('a service that breaks a rule is told so, and its client only that it failed', async (t) => {
  const { client, record, upstream } = await openSocket(t, { server: { bytesMax: 5 } })
  upstream.send(fromService.text('123456'))
  await client.until(fromService.close(1011, 'a message of more than 5 bytes'))
  await eventually('the service is told', () => upstream.received.length > 4)
  assert.equal(
    unmasked(upstream.received),
    fromService.close(1009, 'a message of more than 5 bytes'),
  )
  client.send(fromClient.close(1011))
  upstream.finish()
  assert.equal((await record()).fault, 'UPSTREAM_INVALID_REPLY')
})

test('in shadow a rule is only noted', async (t) => {
  const { client, record, upstream } = await openSocket(
    t,
    { client: { bytesMax: 5 } },
    { isShadow: true },
  )
  const long = fromClient.text('123456')
  client.send(long + fromClient.close(1000))
  await upstream.until(long + fromClient.close(1000))
  upstream.send(fromService.close(1000))
  upstream.finish()
  const { fault, shadows } = await record()
  assert.equal(fault, undefined)
  assert.deepEqual(
    shadows.map(({ policy, refusal }) => [policy, refusal.code]),
    [['websocket', 'CONTENT_TOO_LARGE']],
  )
})

test('a side that takes nothing holds up the other, and both go on when it does', async (t) => {
  const bytes = 64 * 1024 * 1024
  const frame = frameOf(opcodes.binary, new Uint8Array(bytes))
  const { client, runtime, upstream } = await openSocket(t)
  client.keepBytesMax = 100
  client.socket.pause()
  upstream.socket.write(frame)
  await settled()
  await eventually('the endpoint is held up', () => upstream.socket.writableLength > 0)
  const before = upstream.socket.writableLength
  await settled()
  assert.ok(upstream.socket.writableLength > bytes / 2, `${before} bytes wait at the endpoint`)
  assert.equal(runtime.lasting.size, 1)
  client.socket.resume()
  await eventually('all of it comes', () => client.receivedBytes >= frame.length)
})

test('a client that has said Close and goes holds up its endpoint no longer', async (t) => {
  const { client, record, upstream } = await openSocket(t)
  client.socket.pause()
  upstream.socket.write(frameOf(opcodes.binary, new Uint8Array(16 * 1024 * 1024)))
  await settled()
  await eventually('the endpoint is held up', () => upstream.socket.writableLength > 0)
  client.send(fromClient.close(1000))
  await upstream.until(fromClient.close(1000))
  client.cut()
  upstream.finish()
  assert.deepEqual((await record()).closed, { code: 1000, by: 'client' })
})
