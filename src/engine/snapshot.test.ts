import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultLimits } from '../base.ts'
import { ownRegistry } from '../policy.ts'
import { encodeSnapshot, openSnapshot, type OperationPlan, type SnapshotPlan } from '../snapshot.ts'
import { Upstream } from '../upstream.ts'
import { linkSnapshot } from './snapshot.ts'
import { States } from './states.ts'

const operation = (number: number): OperationPlan => ({
  id: `o${number}`,
  method: 'GET',
  template: `/o${number}`,
  upstream: 0,
  limits: {},
  body: 'refused',
  heldTypes: [],
  bodyTypes: [],
  replyTypes: ['application/json'],
  statuses: ['200'],
  policies: [
    { policy: 'secure-headers', mode: 'enforce', plan: { fields: { A: 'b' }, hide: ['Server'] } },
  ],
})

function linked(operationCount: number) {
  const operations = Array.from({ length: operationCount }, (_, number) => operation(number))
  const plan: SnapshotPlan = {
    revision: '0',
    title: 'test',
    audience: 'internal',
    errorForm: 'concordat',
    faultDocs: undefined,
    hosts: [],
    trustedHops: [],
    limits: defaultLimits,
    routes: operations.map(({ method, template }, number) => ({
      method,
      template,
      operation: number,
      allow: [],
    })),
    operations,
    upstreams: [],
    schemas: { nodes: [] },
    blobs: [],
    admit: [],
    finish: [],
    states: [],
  }
  return linkSnapshot(openSnapshot(encodeSnapshot(plan)), {
    registry: ownRegistry,
    random: () => 0.5,
    nowMs: () => 0,
    states: new States({}),
    upstreams: [new Upstream('service', [])],
    bug: assert.ifError,
    observers: [],
  })
}

test('what operations have in common is linked once', () => {
  const { operation: at } = linked(2)
  const [one, other] = [at(0), at(1)]
  assert.equal(at(0), one)
  assert.deepEqual([one.plan.id, other.plan.id], ['o0', 'o1'])
  for (const key of ['limits', 'reading', 'edit', 'accepts', 'takesType', 'declares'] as const) {
    assert.equal(one[key], other[key], key)
  }
})

test('of very many operations those that were called long ago are let go, and linked again', () => {
  const count = 10_001
  const { operation: at, router } = linked(count)
  const first = at(0)
  for (let index = 1; index < count; index++) at(index)
  assert.equal(at(count - 1), at(count - 1))
  const again = at(0)
  assert.notEqual(again, first)
  assert.deepEqual(again.plan, first.plan)
  const match = router.find('GET', `/o${count - 1}`)
  assert.equal(match.at === 'operation' && match.operation, count - 1)
})
