import assert from 'node:assert/strict'
import { test } from 'node:test'
import { manualClock } from '../base.ts'
import { dateSource, retryAfter } from '../http.ts'

test('the date is IMF-fixdate, and follows the clock by the second', () => {
  const clock = manualClock(0, 784_111_777_000)
  const date = dateSource(clock)
  assert.equal(date(), 'Sun, 06 Nov 1994 08:49:37 GMT')
  clock.advance(999)
  assert.equal(date(), 'Sun, 06 Nov 1994 08:49:37 GMT')
  clock.advance(1)
  assert.equal(date(), 'Sun, 06 Nov 1994 08:49:38 GMT')
  assert.equal(dateSource({ epochMs: () => 0 })(), 'Thu, 01 Jan 1970 00:00:00 GMT')
})

test('a wait is told in whole seconds, never too short', () => {
  const rows: [waitMs: number, want: string][] = [
    [0, '1'],
    [1, '1'],
    [1000, '1'],
    [1000.5, '2'],
    [-5, '1'],
  ]
  for (const [waitMs, want] of rows) assert.equal(retryAfter(waitMs), want)
})
