import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultLimits } from '../base.ts'
import { decodeSnapshot, encodeSnapshot, snapshotNeeds } from './codec.ts'
import type { OperationPlan, SnapshotPlan } from './plan.ts'

const limits = {}
const none: string[] = []
const policy = { policy: 'limit', mode: 'enforce', plan: { requestsMax: 1 } } as const

const operation = (id: string): OperationPlan => ({
  id,
  method: 'GET',
  template: `/${id}`,
  upstream: 0,
  limits,
  body: 'refused',
  bodyTypes: none,
  heldTypes: none,
  replyTypes: ['application/json'],
  statuses: ['200'],
  policies: [policy],
})

const plan: SnapshotPlan = {
  format: 1,
  revision: '0'.repeat(64),
  title: 'Ünïcode \u2028',
  audience: 'public',
  errorForm: 'concordat',
  faultDocs: undefined,
  hosts: [],
  trustedHops: [],
  limits: defaultLimits,
  routes: [{ method: 'GET', template: '/a', operation: 0, allow: [] }],
  operations: [operation('a'), operation('b')],
  upstreams: [],
  schemas: { nodes: [] },
  finish: [],
  states: [{ name: 'limit api 16', bytesMax: 272 }],
}

test('a snapshot comes back as it was', () => {
  const { faultDocs, ...rest } = plan
  assert.equal(faultDocs, undefined)
  assert.deepEqual(decodeSnapshot(encodeSnapshot(plan)), rest)
})

test('what its policies remember is known without linking it', () => {
  assert.deepEqual(snapshotNeeds(encodeSnapshot(plan)), plan.states)
})

test('what operations shared, they share again', () => {
  const [a, b] = decodeSnapshot(encodeSnapshot(plan)).operations
  assert.equal(a!.policies[0], b!.policies[0])
  assert.equal(a!.limits, b!.limits)
})

test('an operation more costs what is its own', () => {
  const operations = Array.from({ length: 1000 }, (_, i) => operation(`o${i}`))
  const bytes = encodeSnapshot({ ...plan, operations }).length
  assert.ok(bytes / 1000 < 250, `${bytes / 1000} bytes an operation`)
})

test('a decoded snapshot cannot be changed by mistake', () => {
  const decoded = decodeSnapshot(encodeSnapshot(plan))
  assert.ok(Object.isFrozen(decoded))
  assert.ok(Object.isFrozen(decoded.operations))
  assert.ok(Object.isFrozen(decoded.operations[0]))
})

const broken: readonly [says: string, text: string][] = [
  ['nothing', ''],
  ['another format', '{"format":2,"parts":[],"operations":[]}'],
  ['no operations', '{"format":1,"parts":[]}'],
  ['a part that is not there', '{"format":1,"parts":[],"operations":[{"limits":3,"policies":[]}]}'],
]

for (const [says, text] of broken) {
  test(`not a snapshot: ${says}`, () => {
    assert.throws(() => decodeSnapshot(new TextEncoder().encode(text)))
  })
}
