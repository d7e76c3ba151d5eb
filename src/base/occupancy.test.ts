import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Occupancy, occupancyMemory, soleOccupancy } from './occupancy.ts'
import { seededRandom } from './random.ts'

const random = seededRandom(7)

test('each thread sees what all hold', () => {
  const memory = occupancyMemory(3, random)
  const threads = [0, 1, 2].map((thread) => new Occupancy({ memory, thread, threads: 2 }))
  for (const [at, occupancy] of threads.entries()) {
    occupancy.note('connections', at + 1)
    occupancy.note('heldBytes', 3e9)
    occupancy.noteAddress('::1', 2)
    occupancy.noteAddress('127.0.0.1', 1)
  }
  threads[0]!.note('connections', -1)
  threads[2]!.noteAddress('::1', -1)
  for (const occupancy of threads) {
    assert.equal(occupancy.total('connections'), 5)
    assert.equal(occupancy.total('heldBytes'), 9e9)
    assert.equal(occupancy.total('endpointConnections'), 0)
    assert.deepEqual([occupancy.ofAddress('::1'), occupancy.ofAddress('127.0.0.1')], [5, 3])
    assert.equal(occupancy.ofAddress('::2'), 0)
  }
})

test('what a dead thread held is given back by the one that takes its number', () => {
  const memory = occupancyMemory(2, random)
  const living = new Occupancy({ memory, thread: 0, threads: 2 })
  const dead = new Occupancy({ memory, thread: 1, threads: 2 })
  for (const one of [living, dead]) {
    one.note('connections', 1)
    one.noteAddress('::1', 1)
  }
  const next = new Occupancy({ memory, thread: 1, threads: 2 })
  assert.deepEqual([next.total('connections'), next.ofAddress('::1')], [1, 1])
})

test('a crowd of addresses makes no crowd of any', () => {
  const occupancy = soleOccupancy(random)
  const addresses = Array.from({ length: 20_000 }, (_, i) => `2001:db8::${i.toString(16)}`)
  for (const address of addresses) occupancy.noteAddress(address, 1)
  const most = Math.max(...addresses.map((address) => occupancy.ofAddress(address)))
  assert.ok(most <= 5, `one address was taken for ${most}`)
  for (const address of addresses) occupancy.noteAddress(address, -1)
  assert.ok(addresses.every((address) => occupancy.ofAddress(address) === 0))
})
