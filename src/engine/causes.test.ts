import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Blame, type FaultCode, faults } from '../base.ts'
import type { Unconnected } from '../upstream.ts'
import type { CallFailure } from '../wire.ts'
import { mayRepeat, unconnected } from './causes.ts'
import type { RequestBody } from './request-body.ts'

test('whose fault it is that there was no connection, and when to come back', () => {
  type Row = [why: Unconnected, code: FaultCode, blame: Blame, retryAfterMs: number | undefined]
  const rows: Row[] = [
    ['unreachable', 'UPSTREAM_UNREACHABLE', 'upstream', undefined],
    ['insecure', 'UPSTREAM_TLS', 'upstream', undefined],
    ['busy', 'UPSTREAM_BUSY', 'gateway', undefined],
    ['timeout', 'UPSTREAM_TIMEOUT', 'upstream', undefined],
    ['exhausted', 'OVERLOADED', 'gateway', 1_000],
  ]
  for (const [why, code, blame, retryAfterMs] of rows) {
    const refusal = unconnected(why, 'because')
    assert.deepEqual([refusal.code, refusal.reason], [code, 'because'])
    assert.deepEqual([faults[code].blame, refusal.retryAfterMs], [blame, retryAfterMs])
  }
})

test('a request is repeated where nothing can have come of it, or it comes to the same', () => {
  const closed = { kind: 'closed', reason: '', replied: false } as const
  const unprocessed = { ...closed, unprocessed: true }
  type Row = [failure: CallFailure, method: string, held: boolean | undefined, want: boolean]
  const rows: Row[] = [
    [closed, 'GET', undefined, true],
    [closed, 'POST', undefined, false],
    [unprocessed, 'POST', undefined, true],
    [unprocessed, 'POST', true, true],
    [unprocessed, 'POST', false, false],
    [{ ...unprocessed, replied: true }, 'GET', undefined, false],
    [{ kind: 'timeout', reason: '' }, 'GET', undefined, false],
  ]
  for (const [failure, method, held, want] of rows) {
    const whole = held === true ? Buffer.alloc(1) : undefined
    const content = held === undefined ? undefined : ({ whole } as unknown as RequestBody)
    assert.equal(mayRepeat(failure, method, content), want, JSON.stringify([failure, method, held]))
  }
})
