import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Blame, type FaultCode, faults } from '../base.ts'
import type { Unconnected } from '../upstream.ts'
import { unconnected } from './causes.ts'

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
