import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultLimits, eachOf } from '../base.ts'
import { openRouter } from '../route.ts'
import { encodeSnapshot, openSnapshot, sealSnapshot, snapshotNeeds } from './codec.ts'
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
  revision: '0'.repeat(64),
  title: 'Ünïcode \u2028',
  audience: 'public',
  errorForm: 'concordat',
  faultDocs: undefined,
  hosts: [],
  trustedHops: [],
  limits: defaultLimits,
  routes: [{ method: 'GET', template: '/a', operation: 0, allow: [] }],
  operations: [operation('a'), operation('b€')],
  upstreams: [],
  schemas: { nodes: [true, { types: 16, enum: ['ü', null] }, 1] },
  blobs: [new Uint8Array([1, 2, 255]), new Uint8Array(), new Uint8Array(16).fill(7)],
  admit: [],
  finish: [],
  states: [{ name: 'limit api 2048', bytesMax: 4096 }],
  code: { hash: 'abc', url: 'file:///policies.mjs', source: new Uint8Array([7, 8, 9]) },
}

const broughtBack = (bytes: Uint8Array) => {
  const { routes, operations, schemas, blobs, table, ...head } = openSnapshot(bytes)
  const { names, ...rest } = head
  assert.equal(openRouter(table).find('GET', '/a').at, 'operation')
  assert.deepEqual(
    [...eachOf(names)],
    plan.operations.map(({ id, method, template }) => ({ id, method, template })),
  )
  const lists = { routes: [...eachOf(routes)], operations: [...eachOf(operations)] }
  return {
    ...rest,
    ...lists,
    schemas: { nodes: [...eachOf(schemas.nodes)] },
    blobs: [...eachOf(blobs)],
  }
}

test('a snapshot comes back as it was', () => {
  const { faultDocs, ...rest } = plan
  assert.equal(faultDocs, undefined)
  assert.deepEqual(broughtBack(encodeSnapshot(plan)), rest)
})

test('it comes back wherever in memory its bytes lie', () => {
  const bytes = encodeSnapshot(plan)
  assert.ok(bytes.buffer instanceof SharedArrayBuffer)
  for (const blob of eachOf(openSnapshot(bytes).blobs)) {
    assert.equal(blob.buffer, bytes.buffer)
    assert.equal(blob.byteOffset % 8, 0)
  }
  const shifted = new Uint8Array(bytes.length + 3).subarray(3)
  shifted.set(bytes)
  assert.deepEqual(broughtBack(shifted), broughtBack(bytes))
})

test('what a snapshot remembers is known before it is linked', () => {
  assert.deepEqual(snapshotNeeds(encodeSnapshot(plan)), plan.states)
})

test('beyond the ends of a list there is nothing', () => {
  const { operations } = openSnapshot(encodeSnapshot(plan))
  for (const index of [-1, 2, Number.NaN]) assert.equal(operations.at(index), undefined)
})

test('what operations shared, they share again', () => {
  const { operations } = openSnapshot(encodeSnapshot(plan))
  const [a, b] = [operations.at(0)!, operations.at(1)!]
  assert.equal(a.policies[0], b.policies[0])
  assert.equal(a.limits, b.limits)
})

const sizeWith = (count: number): number =>
  encodeSnapshot({
    ...plan,
    operations: Array.from({ length: count }, (_, i) => operation(`o${i}`)),
  }).length

test('an operation more costs what is its own', () => {
  const bytes = (sizeWith(1100) - sizeWith(100)) / 1000
  assert.ok(bytes < 50, `${bytes} bytes an operation`)
})

test('a snapshot that was opened cannot be changed by mistake', () => {
  const opened = openSnapshot(encodeSnapshot(plan))
  assert.ok(Object.isFrozen(opened))
  assert.ok(Object.isFrozen(opened.operations.at(0)))
  assert.ok(Object.isFrozen(opened.operations.at(0)!.policies[0]))
})

test('a revision is written into bytes that lack it, and changes nothing else', () => {
  const bytes = encodeSnapshot({ ...plan, revision: '' })
  assert.equal(openSnapshot(bytes).revision, '')
  sealSnapshot(bytes, plan.revision)
  assert.deepEqual(bytes, encodeSnapshot(plan))
  assert.throws(() => sealSnapshot(bytes, '0'.repeat(65)), /short word/)
})

const whole = encodeSnapshot(plan)
const wordAt = (at: number): number => new DataView(whole.buffer).getUint32(at, true)
const damaged = (at: number, byte: number): Uint8Array => {
  const bytes = whole.slice()
  bytes[at] = byte
  return bytes
}

const broken: readonly [says: string, bytes: Uint8Array, why: RegExp][] = [
  ['nothing', new Uint8Array(), /no snapshot/],
  ['text', new TextEncoder().encode('{"format":1}'.repeat(100)), /no snapshot/],
  ['another mark', damaged(0, 0), /no snapshot/],
  ['another format', damaged(4, 1), /format 1/],
  ['a tail that is missing', whole.slice(0, whole.length - 40), /damaged/],
  ['a section that begins in the frame', damaged(72, 8), /damaged/],
  ['a head that is no JSON', damaged(wordAt(72), 0x7d), /damaged/],
  ['a head that is no UTF-8', damaged(wordAt(72) + 1, 0xff), /damaged/],
  ['a list that is too long', damaged(wordAt(88) + 3, 1), /damaged/],
  ['a list that ends elsewhere', damaged(wordAt(88) + 8, 1), /damaged/],
]

for (const [says, bytes, why] of broken) {
  test(`not a snapshot: ${says}`, () => {
    assert.throws(() => openSnapshot(bytes), why)
  })
}

test('a member that is damaged is told when it is asked for', () => {
  const bytes = damaged(wordAt(96) + 4 * 4, 0x7d)
  assert.throws(() => openSnapshot(bytes).operations.at(0), /damaged/)
})
