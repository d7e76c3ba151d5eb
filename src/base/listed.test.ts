import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eachOf, keeping } from './listed.ts'

test('what belongs to a number is made once, until too much is kept', () => {
  const made: number[] = []
  const get = keeping((index) => ({ index, turn: made.push(index) }), 3)
  const first = get(0)
  assert.equal(get(0), first)
  get(1)
  get(2)
  assert.equal(get(0), first)
  get(3)
  assert.deepEqual(made, [0, 1, 2, 3])
  assert.deepEqual(get(0), { index: 0, turn: 5 })
  assert.equal(get(3), get(3))
})

test('each of a list is given in turn', () => {
  assert.deepEqual([...eachOf({ length: 3, at: (index) => index * 2 })], [0, 2, 4])
})
