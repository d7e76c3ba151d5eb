import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { testPolicy } from 'concordat/testing'
import maintenance from './maintenance.ts'

const config = { from: '23:50', to: '00:10' } as const
const write = { operation: { method: 'POST' } }

function at(time: string): void {
  mock.timers.reset()
  mock.timers.enable({ apis: ['Date'], now: new Date(`2026-03-12T${time}:00Z`) })
}

test('nothing is written from its first minute to its last, across midnight', async () => {
  const { request } = testPolicy(maintenance, { config, ...write })
  for (const [time, status] of Object.entries({
    '23:49': 201,
    '23:50': 503,
    '00:09': 503,
    '00:10': 201,
  })) {
    at(time)
    const { reply } = await request({ method: 'POST', reply: { status: 201 } })
    assert.equal(reply.status, status, time)
  }
})

test('clients are told when to come back', async () => {
  at('23:55')
  const { refusal, sent } = await testPolicy(maintenance, { config, ...write }).request()
  assert.equal(refusal?.retryAfterMs, 15 * 60_000)
  assert.equal(sent, undefined)
})

test('reads pass unless it says otherwise: then the policy is no part of them', () => {
  assert.equal(testPolicy(maintenance, { config }).plan, undefined)
  const closed = testPolicy(maintenance, { config: { ...config, reads: 'refuse' } })
  assert.deepEqual(closed.plan, { fromMinute: 1430, minutes: 20 })
})

test('what is no time is refused', () => {
  assert.throws(() => testPolicy(maintenance, { config: { from: '2am' } }), /such as 02:00/)
})
