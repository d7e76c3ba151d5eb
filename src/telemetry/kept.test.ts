// What a thread keeps of exchanges that did not go as asked.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refuse } from '../base.ts'
import { KeptExchanges } from './kept.ts'
import type { ExchangeRecord } from './record.ts'
import { recordWith, shadowsOf } from './records-for-tests.ts'

const channel = { id: 'getChannel', method: 'GET', template: '/v1/channels/{channelId}' }

function keeping(options: { redact?: string[]; keptMax?: number } = {}) {
  const kept = new KeptExchanges({ redact: [], ...options })
  return { kept, observe: kept.bind([channel], 'r1') }
}

const refusal = refuse('INVALID_INPUT', 'no', {
  reason: 'why',
  details: [{ in: 'query', field: 'x'.repeat(1_000), issue: 'undeclared', message: 'is not' }],
})
const refused: Partial<ExchangeRecord> = {
  fault: 'INVALID_INPUT',
  reason: 'why',
  refusal,
  refusedBy: 'validation',
  refusedAt: 2,
  status: 400,
}

const cases: [says: string, changes: Partial<ExchangeRecord>, isKept: boolean][] = [
  ['one that went well is not kept', {}, false],
  ['one that was refused is', refused, true],
  ['one whose client left is', { status: 0, fault: 'CLIENT_CLOSED' }, true],
  ['one that a policy in shadow would have refused is', { shadows: shadowsOf(['limit']) }, true],
]

for (const [says, changes, isKept] of cases) {
  test(says, () => {
    const { kept, observe } = keeping()
    observe(recordWith({ id: 'a', ...changes }))
    assert.equal(kept.find('a') !== undefined, isKept)
    assert.equal(kept.find('b'), undefined)
  })
}

test('what is kept says why, is plain data, and is bounded', () => {
  const { kept, observe } = keeping()
  const path = `/v1/channels/${'c'.repeat(10_000)}`
  observe(recordWith({ id: 'a', ...refused, path, reason: 'r'.repeat(10_000) }))
  const found = structuredClone(kept.find('a')!)
  assert.deepEqual([found.refusedBy, found.refusedAt, found.message], ['validation', 2, 'no'])
  assert.equal(found.revision, 'r1')
  assert.equal(found.details[0]!.issue, 'undeclared')
  assert.ok(JSON.stringify(found).length < 3_000)
})

test('the oldest make room, and the last with an id is found', () => {
  const { kept, observe } = keeping({ keptMax: 3 })
  for (const [i, id] of ['a', 'b', 'b', 'c', 'd'].entries()) {
    observe(recordWith({ id, ...refused, status: 400 + i }))
  }
  const found = ['a', 'b', 'c', 'd'].map((id) => kept.find(id)?.status)
  assert.deepEqual(found, [undefined, 402, 403, 404])
})

test('values of redacted path parameters are not kept', () => {
  const { kept, observe } = keeping({ redact: ['channelId'] })
  observe(recordWith({ id: 'a', ...refused }))
  observe(recordWith({ id: 'b', ...refused, operation: -1 }))
  assert.equal(kept.find('a')!.path, '/v1/channels/[redacted]')
  assert.equal(kept.find('b')!.path, '/v1/channels/[redacted]')
})
