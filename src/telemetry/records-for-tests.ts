// A plain record, for tests to vary.
import { type FaultCode, refuse } from '../base.ts'
import type { ExchangeRecord, ShadowNote } from './record.ts'

/** What policies in shadow left behind. */
export const shadowsOf = (
  policies: readonly string[],
  fault: FaultCode = 'LIMIT_EXCEEDED',
): ShadowNote[] => policies.map((policy, at) => ({ policy, at, refusal: refuse(fault) }))

export const recordWith = (changes: Partial<ExchangeRecord> = {}): ExchangeRecord => ({
  id: '5b1f0e5c7a9d4c3e8f2a6b7c8d9e0f1a',
  operation: 0,
  method: 'GET',
  httpVersion: '1.1',
  path: '/v1/channels/ch_1',
  host: 'api.example.com',
  clientAddress: '203.0.113.7',
  status: 200,
  fault: undefined,
  reason: undefined,
  refusedBy: undefined,
  refusedAt: undefined,
  refusal: undefined,
  shadows: [],
  durationMs: 4,
  upstreamMs: 3,
  requestBytes: 10,
  replyBytes: 158,
  endpoint: '127.0.0.1:3000',
  userAgent: 'curl/8.5.0',
  finishedEpochMs: Date.UTC(2026, 2, 12, 10, 30, 0, 7),
  ...changes,
})
