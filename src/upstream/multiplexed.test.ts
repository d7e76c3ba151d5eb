// The pool of an endpoint of HTTP/2 without a network: connections open, fail and end when the test
// says so, and take as many calls as it says.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  errorCode,
  goawayFrame,
  headersFrames,
  rstStreamFrame,
  setting,
  settingsFrame,
  status,
} from '../../test/frame-end.ts'
import { type Limits, type Occupancy, soleOccupancy } from '../base.ts'
import { type Line, openLines, soon, Waiter, whole } from './lines-for-tests.ts'
import { Multiplexed } from './multiplexed.ts'
import type { Transport } from './transport.ts'

/** How many calls a connection takes that a test says nothing else of. */
const callsMax = 2

const address = { host: 'a', port: 80 }

function openPool(
  limits: Partial<Limits> = {},
  occupancy?: Occupancy,
  http2: Transport['http2'] = 'known',
) {
  const opened = openLines(limits, occupancy)
  const { connect } = opened.tools
  const pool = new Multiplexed({ address, connect, prefaceFor: undefined }, http2!, opened.tools)
  const take = (fresh = false): Waiter => {
    const waiter = new Waiter()
    pool.take(waiter, fresh)
    return waiter
  }
  const takeMany = (count: number): Waiter[] => Array.from({ length: count }, () => take())
  const counts = () => [pool.activeConnections, pool.idleConnections, pool.waiting]
  return { ...opened, counts, pool, take, takeMany }
}

/** The endpoint takes the connection, and so many calls at once. */
function greet(line: Line, calls = callsMax): void {
  line.open()
  line.receive(settingsFrame([[setting.maxConcurrentStreams, calls]]))
}

/** The endpoint answers calls by their number, from 0. */
const answer = (line: Line, ...calls: number[]): void => {
  for (const call of calls) line.receive(headersFrames(1 + 2 * call, status(204), true))
}

const served = (waiters: readonly Waiter[]): number =>
  waiters.filter(({ connection }) => connection !== undefined).length

test('a connection takes as many calls as its endpoint, and who has no room gets another', () => {
  const { counts, lines, takeMany } = openPool()
  const waiters = takeMany(5)
  assert.equal(lines.length, 1, 'nobody knows yet how many it takes')
  greet(lines[0]!)
  assert.equal(served(waiters), 2)
  assert.equal(lines.length, 3, 'each of the next is expected to take as many')
  greet(lines[1]!)
  greet(lines[2]!)
  assert.deepEqual([served(waiters), counts()], [5, [5, 0, 0]])
  answer(lines[2]!, 0)
  assert.deepEqual(counts(), [4, 1, 0])
})

test('the first connection in line is filled first', () => {
  const { lines, pool, takeMany } = openPool()
  takeMany(3)
  greet(lines[0]!)
  greet(lines[1]!)
  answer(lines[0]!, 0, 1)
  takeMany(2)
  assert.deepEqual([lines.length, pool.idleConnections], [2, 0])
  answer(lines[0]!, 2, 3)
  assert.equal(pool.idleConnections, 1)
})

test('who waits is served in order, as calls end', () => {
  const { lines, takeMany } = openPool({ endpointConnectionsMax: 1 })
  const waiters = takeMany(4)
  greet(lines[0]!)
  assert.deepEqual([served(waiters), lines.length], [2, 1])
  answer(lines[0]!, 1)
  assert.ok(waiters[2]!.connection)
  answer(lines[0]!, 0)
  assert.ok(waiters[3]!.connection)
})

test('beyond the queue nobody waits', () => {
  const { lines, take, takeMany } = openPool({ endpointConnectionsMax: 1, endpointQueueMax: 1 })
  takeMany(2)
  greet(lines[0]!)
  take()
  assert.equal(take().refused, 'busy: the queue for connections is full')
})

test('a connection that cannot be opened fails all who waited for it', () => {
  const { counts, lines, takeMany } = openPool()
  const waiters = takeMany(3)
  lines[0]!.fail('ECONNREFUSED')
  for (const { refused } of waiters) {
    assert.equal(refused, 'unreachable: the connection ECONNREFUSED')
  }
  assert.deepEqual([counts(), lines.length], [[0, 0, 0], 1])
})

test('where this machine can open no more it is not the endpoint that is unreachable', () => {
  const { lines, take } = openPool()
  const waiter = take()
  lines[0]!.fail('EMFILE')
  assert.equal(waiter.refused, 'exhausted: the connection EMFILE')
})

test('a connection that does not open in time is a timeout of who waited for it alone', async () => {
  const { clock, lines, take } = openPool({ connectTimeoutMs: 2_000 })
  const early = take()
  clock.advance(1_500)
  const late = take()
  clock.advance(1_000)
  assert.equal(early.refused, 'timeout: no connection opened in time')
  await soon()
  assert.equal(late.refused, undefined)
  greet(lines.at(-1)!)
  assert.ok(late.connection)
})

test('who waits for busy connections is told that they were busy', () => {
  const { clock, lines, take, takeMany } = openPool({
    endpointConnectionsMax: 1,
    connectTimeoutMs: 2_000,
  })
  takeMany(2)
  greet(lines[0]!)
  const third = take()
  clock.advance(3_000)
  assert.equal(third.refused, 'busy: no connection became free in time')
})

test('who wants a fresh connection gets one that opens behind it', () => {
  const { lines, take } = openPool()
  const first = take()
  greet(lines[0]!)
  assert.equal(first.connection?.waited, false)
  const second = take()
  assert.equal(second.connection?.waited, true)
  answer(lines[0]!, 0, 1)
  const fresh = take(true)
  assert.deepEqual([fresh.connection, lines.length], [undefined, 2])
  greet(lines[1]!)
  assert.equal(fresh.connection?.waited, false)
})

test('from a full pool who wants a fresh connection gets any', () => {
  const { lines, take } = openPool({ endpointConnectionsMax: 1 })
  take()
  greet(lines[0]!)
  assert.ok(take(true).connection)
})

test('an endpoint that takes no calls for now is not asked for more connections', () => {
  const { lines, takeMany } = openPool()
  const waiters = takeMany(3)
  greet(lines[0]!, 0)
  takeMany(200)
  assert.deepEqual([served(waiters), lines.length], [0, 1])
  lines[0]!.receive(settingsFrame([[setting.maxConcurrentStreams, 2]]))
  assert.equal(served(waiters), 2)
})

test('a connection that its endpoint leaves takes no more calls, and closes behind the last', async () => {
  const { counts, lines, take, takeMany } = openPool()
  takeMany(2)
  greet(lines[0]!)
  lines[0]!.receive(goawayFrame(3, errorCode.noError))
  answer(lines[0]!, 0)
  take()
  assert.equal(lines.length, 2)
  greet(lines[1]!)
  answer(lines[0]!, 1)
  await soon()
  assert.ok(lines[0]!.gone)
  assert.deepEqual(counts(), [1, 0, 0])
})

test('calls that end early leave their room to others', () => {
  const { lines, takeMany } = openPool({ endpointConnectionsMax: 1 })
  const waiters = takeMany(4)
  greet(lines[0]!)
  waiters[0]!.connection!.abandon()
  assert.ok(waiters[2]!.connection)
  lines[0]!.receive(rstStreamFrame(3, errorCode.internalError))
  assert.ok(waiters[3]!.connection)
})

test('an idle connection ends when its time is up, and is not given out in between', async () => {
  const { clock, counts, lines, take } = openPool({ endpointIdleTimeoutMs: 5_000 })
  take()
  greet(lines[0]!)
  answer(lines[0]!, 0)
  clock.advance(5_100)
  await soon()
  assert.ok(lines[0]!.gone)
  assert.deepEqual(counts(), [0, 0, 0])
})

test('a retired pool closes what is idle now and what is busy when its calls have ended', async () => {
  const { counts, lines, pool, takeMany } = openPool()
  takeMany(3)
  greet(lines[0]!)
  greet(lines[1]!)
  answer(lines[1]!, 0)
  let over = 0
  pool.retire(() => over++)
  await soon()
  assert.deepEqual([lines[0]!.gone, lines[1]!.gone], [false, true])
  answer(lines[0]!, 0, 1)
  await soon()
  assert.ok(lines[0]!.gone)
  assert.deepEqual([over, counts()], [1, [0, 0, 0]])
})

test('calls that are given back go to the next, however many have no use for them', async () => {
  const { counts, lines, pool, take } = openPool({
    endpointConnectionsMax: 1,
    endpointQueueMax: 30_000,
  })
  for (let i = 0; i < 20_000; i++) {
    const waiter = new Waiter()
    waiter.connected = (call) => pool.giveBack(call)
    pool.take(waiter)
  }
  const last = take()
  greet(lines[0]!)
  await new Promise((resolve) => setImmediate(resolve))
  assert.ok(last.connection)
  answer(lines[0]!, 0)
  assert.deepEqual([counts(), lines.length], [[0, 1, 0], 1])
})

test('who throws when told that it waited in vain costs nobody else the time that is theirs', () => {
  const { bugs, clock, pool, take } = openPool({ connectTimeoutMs: 1_000 })
  const thrower = new Waiter()
  thrower.unconnected = () => {
    throw new Error('bug')
  }
  pool.take(thrower)
  const other = take()
  clock.advance(1_300)
  assert.match(String(other.refused), /^timeout: /)
  assert.equal(bugs.length, 1)
})

test('connections count from their opening to their end', () => {
  const occupancy = soleOccupancy(() => 0)
  const { lines, pool, takeMany } = openPool({}, occupancy)
  const total = () => occupancy.total('endpointConnections')
  takeMany(3)
  greet(lines[0]!)
  assert.equal(total(), 2)
  lines[1]!.fail('ECONNREFUSED')
  assert.equal(total(), 1)
  answer(lines[0]!, 0, 1)
  assert.deepEqual([total(), pool.idleConnections], [1, 1])
  lines[0]!.fail()
  assert.equal(total(), 0)
})

test('where the handshake chooses HTTP/1.1 each connection takes one call, and is used again', () => {
  const { counts, lines, takeMany } = openPool({}, undefined, 'negotiated')
  const waiters = takeMany(3)
  assert.equal(lines.length, 1)
  lines[0]!.open()
  assert.equal(lines.length, 3, 'each of the others needs one of its own')
  lines[1]!.open()
  lines[2]!.open()
  assert.deepEqual([served(waiters), counts()], [3, [3, 0, 0]])
  for (const line of lines) line.receive(whole)
  assert.deepEqual(counts(), [0, 3, 0])
  const [next] = takeMany(1)
  assert.ok(next!.connection?.waited)
  assert.equal(lines.length, 3)
})
