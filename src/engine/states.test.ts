// What policies remember stays as long as a snapshot may ask for it, and no longer.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StateNeed } from '../policy.ts'
import { SharedStates } from './shared-states.ts'
import { States } from './states.ts'

const need = (name: string, bytesMax = 64): StateNeed => ({ name, bytesMax })

/** Puts a snapshot in force that names these, and gives its memory. */
function swapped(shared: SharedStates, ...names: string[]) {
  const memories = shared.for(names.map((name) => need(name)))
  shared.took(memories)
  return memories
}

test('a name has the same memory as long as each snapshot names it', () => {
  const shared = new SharedStates()
  const { a, api } = swapped(shared, 'api', 'a')
  for (let swaps = 0; swaps < 3; swaps++) assert.equal(swapped(shared, 'a', 'api')['a'], a)
  assert.notEqual(a, api)
})

test('what is named no longer stays for one snapshot, then goes', () => {
  const shared = new SharedStates()
  const { a } = swapped(shared, 'a')
  swapped(shared, 'b')
  assert.equal(swapped(shared, 'a')['a'], a, 'one snapshot without it')
  swapped(shared, 'b')
  swapped(shared, 'b')
  assert.notEqual(swapped(shared, 'a')['a'], a, 'two without it')
})

test('snapshots that never came into force take nothing away, and leave nothing behind', () => {
  const shared = new SharedStates()
  const { a } = swapped(shared, 'a')
  const { b } = shared.for([need('b')])
  for (let i = 0; i < 3; i++) shared.for([need(`refused ${i}`)])
  assert.equal(swapped(shared, 'a')['a'], a)
  assert.notEqual(swapped(shared, 'b')['b'], b)
})

test('memory of another size is other memory', () => {
  const shared = new SharedStates()
  const { a } = swapped(shared, 'a')
  assert.notEqual(shared.for([need('a', 128)])['a'], a)
})

test('a snapshot makes one object for each name, over its memory', () => {
  const shared = new SharedStates()
  const states = new States(swapped(shared, 'a'))
  const made = states.get(need('a'), (memory) => ({ memory }))
  assert.equal(
    states.get(need('a'), () => assert.fail('made twice')),
    made,
  )
  assert.equal(made.memory, swapped(shared, 'a')['a'])
})

test('a policy asks for nothing that it does not name', () => {
  const states = new States({ a: new SharedArrayBuffer(64) })
  assert.throws(() => states.get(need('b'), () => 0), /names/)
  assert.throws(() => states.get(need('a', 65), () => 0), /names/)
})
