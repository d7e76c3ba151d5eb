// Whose turn it is: one handshake a turn of the event loop, so many at once, and no place for ever.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HandshakeLine, type Waiting } from './handshake-line.ts'

class One implements Waiting {
  isWaiting = true
  state: 'waiting' | 'begun' | 'given up' = 'waiting'
  readonly #line: HandshakeLine

  constructor(line: HandshakeLine) {
    this.#line = line
  }

  begin(): void {
    this.isWaiting = false
    this.state = 'begun'
  }

  giveUp(): void {
    this.state = 'given up'
    this.#line.left(this)
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

function lineOf(count: number, max: number) {
  const clock = { nowMs: 0 }
  const line = new HandshakeLine(() => clock.nowMs)
  const all = Array.from({ length: count }, () => new One(line))
  for (const one of all) line.join(one, max)
  const begun = () => all.filter(({ state }) => state === 'begun').length
  return { clock, line, all, begun }
}

test('one begins in each turn, in the order in which they came', async () => {
  const { all, begun } = lineOf(5, 100)
  for (let turns = 1; turns <= 5; turns++) {
    await turn()
    assert.equal(begun(), turns)
    assert.equal(all[turns - 1]!.state, 'begun')
  }
})

test('no more than so many are under way, and each that ends makes room', async () => {
  const { line, all, begun } = lineOf(5, 2)
  for (let turns = 0; turns < 10; turns++) await turn()
  assert.equal(begun(), 2)
  line.left(all[0]!)
  for (let turns = 0; turns < 10; turns++) await turn()
  assert.equal(begun(), 3)
  assert.equal(line.underWay, 2)
})

test('who has been under way for long makes room, and who has just begun does not', async () => {
  const { clock, line, all, begun } = lineOf(4, 2)
  for (let turns = 0; turns < 10; turns++) await turn()
  clock.nowMs = 2_999
  line.look()
  for (let turns = 0; turns < 10; turns++) await turn()
  assert.equal(begun(), 2)
  clock.nowMs = 3_000
  line.look()
  for (let turns = 0; turns < 10; turns++) await turn()
  assert.deepEqual(
    all.map(({ state }) => state),
    ['given up', 'given up', 'begun', 'begun'],
  )
})

test('who went while waiting costs no turn, and who never began is no matter', async () => {
  const { line, all, begun } = lineOf(1_000, 1)
  for (const one of all.slice(0, 999)) one.isWaiting = false
  line.left(all[0]!)
  await turn()
  assert.equal(all[999]!.state, 'begun')
  assert.equal(begun(), 1)
})
