import assert from 'node:assert/strict'
import { test } from 'node:test'
import { manualClock, type Refusal } from '../base.ts'
import { limit } from './limit.ts'
import { exchangeWith, fieldLines, operationWith, siteWith, toolsWith } from './testing.ts'

const plan = limit.compile(
  { requestsMax: 60, windowMs: 60_000, burstMax: 2, addressesMax: 1_000 },
  siteWith(operationWith()),
)!

const from = (address: string, startedMs = 0) => ({
  ...exchangeWith([], undefined, address),
  startedMs,
})

function linked() {
  assert.equal(limit.phase, 'admit')
  const tools = toolsWith()
  return { clock: manualClock(), tools, step: limit.link(plan, tools) }
}

test('beyond the burst a client is told when to come back', () => {
  const { clock, step } = linked()
  assert.equal(step(from('192.0.2.1')), undefined)
  assert.equal(step(from('192.0.2.1')), undefined)
  clock.advance(250)
  const refusal = step(from('192.0.2.1', clock.nowMs())) as Refusal
  assert.equal(refusal.code, 'LIMIT_EXCEEDED')
  assert.equal(refusal.retryAfterMs, 750)
  assert.deepEqual(fieldLines(refusal.headers!), [
    'RateLimit-Policy: "address";q=60;w=60',
    'RateLimit: "address";r=0;t=1',
  ])
  assert.equal(step(from('192.0.2.2', clock.nowMs())), undefined)
  clock.advance(750)
  assert.equal(step(from('192.0.2.1', clock.nowMs())), undefined)
})

const spent = (numbers: { requestsMax: number; windowMs: number; burstMax: number }) => {
  const { tools, step } = linked()
  step(from('192.0.2.1'))
  step(from('192.0.2.1'))
  const next = limit.compile({ ...numbers, addressesMax: 1_000 }, siteWith(operationWith()))!
  assert.equal(limit.phase, 'admit')
  return limit.link(next, tools)(from('192.0.2.1'))
}

test('a new snapshot finds the buckets as they were', () => {
  const verdict = spent({ requestsMax: 60, windowMs: 60_000, burstMax: 2 }) as Refusal
  assert.equal(verdict.code, 'LIMIT_EXCEEDED')
})

test('nobody is kept out by what he owed under other numbers', () => {
  assert.equal(spent({ requestsMax: 6_000, windowMs: 60_000, burstMax: 2 }), undefined)
})

test('a thread that stood still refuses nobody for what others took meanwhile', () => {
  let nowMs = 0
  const tools = { ...toolsWith(), nowMs: () => nowMs }
  assert.equal(limit.phase, 'admit')
  const step = limit.link(plan, tools)
  const old = from('192.0.2.1')
  nowMs = 60_000
  assert.equal(step(from('192.0.2.1', nowMs)), undefined)
  assert.equal(step(old), undefined, 'the second of two at once')
  assert.equal((step(old) as Refusal).retryAfterMs, 1_000)
})

test('public and partner are limited, internal is not', () => {
  assert.equal(limit.defaultFor('public')?.requestsMax, 1_200)
  assert.equal(limit.defaultFor('partner')?.requestsMax, 12_000)
  assert.equal(limit.defaultFor('internal'), undefined)
})

test('as many addresses as are promised have a bucket of their own', () => {
  const { step } = linked()
  let refused = 0
  for (let i = 0; i < 1_000; i++) {
    const address = `10.${i % 7}.${i >> 8}.${i & 255}`
    for (let call = 0; call < 2; call++) if (step(from(address)) !== undefined) refused++
  }
  assert.ok(refused <= 10, `${refused} of 2,000 requests were refused`)
})
