// Connections that are told of a client: each is that client's alone, from its opening to its end.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Limits, soleOccupancy } from '../base.ts'
import type { ClientConnection } from '../wire.ts'
import { type ClientRoute, proxyHeader } from '../wire.ts'
import { openLines, soon, Waiter, whole } from './lines-for-tests.ts'
import { SingleUse } from './single-use.ts'

const prefaceFor = (route: ClientRoute) => proxyHeader('v1', route)

function openSingle(limits: Partial<Limits> = {}) {
  const occupancy = soleOccupancy(() => 0)
  const opened = openLines(limits, occupancy)
  const { connect } = opened.tools
  const address = { host: 'a', port: 80 }
  const pool = new SingleUse({ address, connect, prefaceFor }, opened.tools)
  const take = (port = 5): Waiter => {
    const waiter = new Waiter(port)
    pool.take(waiter)
    return waiter
  }
  const counts = () => [pool.activeConnections, pool.idleConnections, pool.waiting]
  const total = () => occupancy.total('endpointConnections')
  return { ...opened, counts, pool, take, total }
}

test('each taker has the connection that was opened for it, whichever opens first', () => {
  const { lines, take } = openSingle()
  const waiters = [take(1), take(2)]
  lines[1]!.open()
  assert.deepEqual(
    [waiters[0]!.connection, waiters[1]!.connection === undefined],
    [undefined, false],
  )
  lines[0]!.open()
  assert.ok(waiters[0]!.connection)
  const ports = lines.map(({ preface }) => String(preface).split(' ')[4])
  assert.deepEqual(ports, ['1', '2'])
})

test('a connection that has served is closed, and makes room for who waits', async () => {
  const { counts, lines, take, total } = openSingle({ endpointConnectionsMax: 1 })
  take()
  const second = take()
  assert.deepEqual([lines.length, counts()], [1, [0, 0, 2]])
  lines[0]!.open()
  lines[0]!.receive(whole)
  await soon()
  assert.ok(lines[0]!.gone)
  lines[1]!.open()
  assert.ok(second.connection)
  assert.deepEqual([counts(), total()], [[1, 0, 0], 1])
})

test('who left while its connection opened is told nothing, and leaves none', async () => {
  const { counts, lines, pool, take, total } = openSingle()
  const waiter = take()
  pool.cancel(waiter)
  await soon()
  assert.ok(lines[0]!.gone)
  assert.deepEqual([waiter.connection, waiter.refused], [undefined, undefined])
  assert.deepEqual([counts(), total()], [[0, 0, 0], 0])
})

test('a connection that its taker has no use for goes to nobody else', async () => {
  const { lines, pool, take } = openSingle({ endpointConnectionsMax: 1 })
  const first = take()
  first.connected = (connection) => pool.giveBack(connection as ClientConnection)
  const second = take()
  lines[0]!.open()
  await soon()
  assert.ok(lines[0]!.gone)
  lines[1]!.open()
  assert.ok(second.connection)
})

test('why none could be had is told to whom it was opened for', async () => {
  const { clock, lines, take } = openSingle({ connectTimeoutMs: 1_000 })
  const [refused, exhausted, late] = [take(), take(), take()]
  lines[1]!.fail('EMFILE')
  lines[0]!.fail('ECONNREFUSED')
  clock.advance(1_200)
  await soon()
  const told = [refused, exhausted, late].map((waiter) => waiter.refused)
  assert.deepEqual(told, [
    'unreachable: the connection ECONNREFUSED',
    'exhausted: the connection EMFILE',
    'timeout: no connection opened in time',
  ])
})

test('who waits for room is told when it waited too long, and beyond the queue nobody waits', () => {
  const limits = { endpointConnectionsMax: 1, endpointQueueMax: 1, connectTimeoutMs: 1_000 }
  const { clock, lines, pool, take } = openSingle(limits)
  take()
  lines[0]!.open()
  const second = take()
  assert.equal(take().refused, 'busy: the queue for connections is full')
  clock.advance(1_200)
  assert.equal(second.refused, 'busy: no connection became free in time')
  assert.equal(pool.line.sweepIndex, -1, 'nobody waits: it is not swept')
})

test('a retired one is over when its last connection is, and an older snapshot may still take', async () => {
  const { lines, pool, take } = openSingle()
  take()
  lines[0]!.open()
  let over = 0
  pool.retire(() => over++)
  assert.equal(over, 0)
  const late = take()
  lines[0]!.receive(whole)
  await soon()
  assert.equal(over, 0)
  lines[1]!.open()
  assert.ok(late.connection)
  lines[1]!.receive(whole)
  await soon()
  assert.equal(over, 1)
})
