// What policies remember stays as long as a snapshot may ask for it, and no longer.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PolicyPlan } from '../policy.ts'
import type { SnapshotPlan } from '../snapshot.ts'
import { States } from './states.ts'

const planOf = (scope: string): PolicyPlan => ({
  policy: 'limit',
  mode: 'enforce',
  plan: { scope, requestsMax: 1, windowMs: 1, burstMax: 1, addressesMax: 1_000 },
})
const nameOf = (scope: string) => `limit ${scope} 2048`

const snapshotOf = (...scopes: string[]) =>
  ({ operations: [{ policies: scopes.map(planOf) }], finish: [] }) as unknown as SnapshotPlan

const ask = (states: States, scope: string): object =>
  states.get(nameOf(scope), planOf(scope), () => ({}))

test('a name gives the same as long as each snapshot names it, whether or not one asks', () => {
  const states = new States()
  states.swap(snapshotOf('api', 'a'))
  const made = ask(states, 'a')
  for (let swaps = 0; swaps < 3; swaps++) states.swap(snapshotOf('api', 'a'))
  assert.equal(ask(states, 'a'), made)
  assert.notEqual(ask(states, 'api'), made)
})

test('what is named no longer stays for one snapshot, then goes', () => {
  const states = new States()
  states.swap(snapshotOf('a'))
  const made = ask(states, 'a')
  states.swap(snapshotOf('b'))
  assert.equal(ask(states, 'a'), made, 'an exchange of the old snapshot may ask')
  states.swap(snapshotOf('b'))
  assert.notEqual(ask(states, 'a'), made)
})

test('a policy asks for nothing that it does not name', () => {
  const states = new States()
  assert.throws(() => states.get('limit other 2048', planOf('a'), () => ({})), /names/)
})
