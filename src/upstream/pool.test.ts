// The pool without a network: connections open, fail and end when the test says so.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Limits, limitsWith, type Occupancy, soleOccupancy } from '../base.ts'
import type { ClientConnection } from '../wire.ts'
import { openLines, soon, Waiter, whole } from './lines-for-tests.ts'
import { Pool } from './pool.ts'
import { Upstreams } from './upstreams.ts'

function openPool(limits: Partial<Limits> = {}, occupancy?: Occupancy) {
  const opened = openLines(limits, occupancy)
  const { connect } = opened.tools
  const address = { host: 'a', port: 80 }
  const pool = new Pool({ address, connect, prefaceFor: undefined }, opened.tools)
  const take = (fresh = false): Waiter => {
    const waiter = new Waiter()
    pool.take(waiter, fresh)
    return waiter
  }
  const counts = () => [pool.activeConnections, pool.idleConnections, pool.waiting]
  return { ...opened, counts, pool, take }
}

test('one connection is opened for each that waits, up to the bound', () => {
  const { counts, lines, take } = openPool({ endpointConnectionsMax: 2 })
  const waiters = [take(), take(), take()]
  assert.equal(lines.length, 2)
  lines[1]!.open()
  assert.ok(waiters[0]!.connection, 'who came first is served first')
  lines[0]!.open()
  assert.ok(waiters[1]!.connection)
  assert.deepEqual(counts(), [2, 0, 1])
  lines[0]!.receive(whole)
  assert.equal(waiters[2]!.connection, waiters[1]!.connection)
  lines[0]!.receive(whole)
  lines[1]!.receive(whole)
  assert.deepEqual(counts(), [0, 2, 0])
})

test('the newest idle connection is taken first', () => {
  const { lines, pool, take } = openPool()
  const waiters = [take(), take()]
  for (const line of lines) line.open()
  for (const line of lines) line.receive(whole)
  assert.equal(pool.takeIdle(), waiters[1]!.connection)
})

test('a connection that its taker no longer awaits stays for the next', () => {
  const { counts, lines, pool, take } = openPool()
  const left = take()
  pool.cancel(left)
  lines[0]!.open()
  assert.equal(left.connection, undefined)
  assert.deepEqual(counts(), [0, 1, 0])
  const next = take()
  assert.ok(next.connection?.waited, 'it may have gone stale meanwhile')
  assert.equal(lines.length, 1)
})

test('a connection that is destroyed while idle is not given out before its end is told', async () => {
  const { counts, lines, take } = openPool()
  const first = take()
  lines[0]!.open()
  lines[0]!.receive(whole)
  lines[0]!.receive('nobody asked')
  const second = take()
  assert.notEqual(second.connection, first.connection)
  assert.equal(lines.length, 2)
  await soon()
  lines[1]!.open()
  assert.ok(second.connection)
  assert.deepEqual(counts(), [1, 0, 0])
})

test('each connection that cannot be opened fails one that waits', () => {
  const { counts, lines, take } = openPool()
  const waiters = [take(), take()]
  lines[0]!.fail('ECONNREFUSED')
  assert.equal(waiters[0]!.refused, 'unreachable: the connection ECONNREFUSED')
  assert.equal(waiters[1]!.refused, undefined)
  lines[1]!.open()
  assert.ok(waiters[1]!.connection)
  assert.deepEqual(counts(), [1, 0, 0])
})

test('a connection that does not open in time is a timeout of who waited for it alone', async () => {
  const { clock, counts, lines, take } = openPool({ connectTimeoutMs: 2_000 })
  const early = take()
  clock.advance(1_500)
  const late = take()
  clock.advance(1_000)
  assert.equal(early.refused, 'timeout: no connection opened in time')
  await soon()
  assert.equal(late.refused, undefined)
  assert.deepEqual(counts(), [0, 0, 1])
  lines.at(-1)!.open()
  assert.ok(late.connection)
})

test('who waits for busy connections is told that they were busy', () => {
  const { clock, lines, take } = openPool({ endpointConnectionsMax: 1, connectTimeoutMs: 2_000 })
  take()
  lines[0]!.open()
  const second = take()
  clock.advance(3_000)
  assert.equal(second.refused, 'busy: no connection became free in time')
})

test('beyond the queue nobody waits', () => {
  const { lines, take } = openPool({ endpointConnectionsMax: 1, endpointQueueMax: 1 })
  take()
  lines[0]!.open()
  take()
  assert.equal(take().refused, 'busy: the queue for connections is full')
})

test('who wants a fresh connection gets none that has served, even from a full pool', async () => {
  const { counts, lines, take } = openPool({ endpointConnectionsMax: 2 })
  take()
  take()
  for (const line of lines) line.open()
  lines[0]!.receive(whole)
  const fresh = take(true)
  await soon()
  assert.ok(lines[0]!.gone, 'an idle one made room')
  lines[2]!.open()
  assert.equal(fresh.connection?.waited, false)

  const another = take(true)
  const anyone = take()
  lines[1]!.receive(whole)
  assert.ok(anyone.connection, 'who takes any is not held up')
  lines[1]!.receive(whole)
  await soon()
  lines[3]!.open()
  assert.equal(another.connection?.waited, false)
  assert.deepEqual(counts(), [2, 0, 0])
})

test('a connection that closes makes room for who waits', async () => {
  const { lines, take } = openPool({ endpointConnectionsMax: 1 })
  take()
  lines[0]!.open()
  const second = take()
  lines[0]!.fail('ECONNRESET')
  await soon()
  lines[1]!.open()
  assert.ok(second.connection)
})

test('an idle connection ends when its time is up, and is not given out in between', async () => {
  const { clock, counts, lines, take } = openPool({ endpointIdleTimeoutMs: 5_000 })
  take()
  lines[0]!.open()
  lines[0]!.receive(whole)
  clock.advance(5_100)
  await soon()
  assert.ok(lines[0]!.gone)
  assert.deepEqual(counts(), [0, 0, 0])
})

test('a retired pool closes what is idle now and what is busy when it is free', async () => {
  const { counts, lines, pool, take } = openPool()
  take()
  take()
  for (const line of lines) line.open()
  lines[0]!.receive(whole)
  let over = 0
  pool.retire(() => over++)
  await soon()
  assert.deepEqual([lines[0]!.gone, lines[1]!.gone], [true, false])
  lines[1]!.receive(whole)
  await soon()
  assert.ok(lines[1]!.gone)
  assert.equal(over, 1)
  assert.deepEqual(counts(), [0, 0, 0])
})

test('who throws when told that it waited in vain costs nobody else the time that is theirs', () => {
  const { bugs, clock, lines, pool, take } = openPool({ connectTimeoutMs: 1_000 })
  const thrower = new Waiter()
  thrower.unconnected = () => {
    throw new Error('bug')
  }
  pool.take(thrower)
  const other = take()
  clock.advance(1_300)
  assert.match(String(other.refused), /^timeout: /)
  assert.equal(bugs.length, 1)
  assert.equal(lines.length, 2)
})

test('a connection that is given back goes to the next, however many have no use for it', async () => {
  const { counts, lines, pool, take } = openPool({
    endpointConnectionsMax: 1,
    endpointQueueMax: 30_000,
  })
  for (let i = 0; i < 20_000; i++) {
    const waiter = new Waiter()
    waiter.connected = (connection) => pool.giveBack(connection as ClientConnection)
    pool.take(waiter)
  }
  const last = take()
  lines[0]!.open()
  await new Promise((resolve) => setImmediate(resolve))
  assert.ok(last.connection)
  lines[0]!.receive(whole)
  assert.deepEqual([counts(), lines.length], [[0, 1, 0], 1])
})

test('a pool is swept only while somebody waits there, retired or not', async () => {
  const { lines, pool, take } = openPool()
  const isSwept = () => pool.line.sweepIndex >= 0
  assert.ok(!isSwept())
  const first = new Waiter()
  pool.take(first)
  assert.ok(isSwept())
  pool.cancel(first)
  assert.ok(!isSwept())
  pool.retire(() => {})
  lines[0]!.open()
  await soon()
  const late = take()
  assert.ok(isSwept(), 'an older snapshot may still take')
  lines[1]!.open()
  assert.ok(late.connection)
  lines[1]!.receive(whole)
  await soon()
  assert.ok(lines[1]!.gone && !isSwept())
})

const plan = (port: number) => [
  { name: 'a', preserveHost: false, endpoints: [{ host: 'a', port, basePath: '' }] },
]

test('a swap keeps the pools of addresses that stay, under their new bounds, and forgets the others', async () => {
  const { lines, tools } = openPool()
  const upstreams = new Upstreams()
  const poolOf = (port: number, limits: Partial<Limits> = {}) =>
    upstreams.use(plan(port), { ...tools, limits: limitsWith(limits) })[0]!.endpoints[0]!.pool
  const kept = poolOf(1)
  assert.equal(poolOf(1, { endpointConnectionsMax: 1 }), kept)
  kept.take(new Waiter())
  kept.take(new Waiter())
  assert.equal(lines.length, 1, 'the new bound counts')
  poolOf(2)
  lines[0]!.open()
  lines[0]!.receive(whole)
  lines[0]!.receive(whole)
  await soon()
  assert.notEqual(poolOf(1), kept, 'it was forgotten')
})

test('upstreams that are linked and never taken change nothing', () => {
  const { tools } = openPool()
  const upstreams = new Upstreams()
  const [before] = upstreams.use(plan(1), tools)
  upstreams.link(plan(2), { ...tools, limits: limitsWith({ endpointConnectionsMax: 1 }) })
  assert.deepEqual(
    upstreams.states().map(({ port }) => port),
    [1],
  )
  const [after] = upstreams.use(plan(1), tools)
  assert.equal(after!.endpoints[0]!.pool, before!.endpoints[0]!.pool)
})

test('behind an endpoint that failed another one is tried, wherever the turn stands', () => {
  const endpoints = [1, 2].map((port) => ({ host: 'a', port, basePath: '' }))
  const plans = [{ name: 'a', preserveHost: false, endpoints }]
  const [upstream] = new Upstreams().use(plans, openPool().tools)
  const first = upstream!.next()
  const second = upstream!.next()
  assert.notEqual(first, second)
  assert.equal(upstream!.after(first), second)
  assert.equal(upstream!.after(second), first)
})

test('where this machine can open no more it is not the endpoint that is unreachable', () => {
  for (const code of ['EMFILE', 'ENFILE', 'ENOMEM']) {
    const { lines, take } = openPool()
    const waiter = take()
    lines[0]!.fail(code)
    assert.equal(waiter.refused, `exhausted: the connection ${code}`)
  }
})

test('connections count from their opening to their end', () => {
  const occupancy = soleOccupancy(() => 0)
  const { lines, take, pool } = openPool({}, occupancy)
  const total = () => occupancy.total('endpointConnections')
  take()
  take()
  assert.equal(total(), 2)
  lines[0]!.fail('ECONNREFUSED')
  lines[1]!.open()
  assert.equal(total(), 1)
  lines[1]!.receive(whole)
  assert.deepEqual([total(), pool.idleConnections], [1, 1])
  lines[1]!.fail()
  assert.equal(total(), 0)
})
