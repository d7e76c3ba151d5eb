import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unreadable } from '../wire.ts'
import { isTooEarly } from './early-data.ts'

test('what changes something waits for the handshake, all else may come early', () => {
  const cases: [method: string, headers: string[], isEarly: boolean][] = [
    ['POST', ['Early-Data', '1'], true],
    ['DELETE', ['early-data', '1'], true],
    ['GET', ['Early-Data', '1'], false],
    ['POST', [], false],
    ['POST', ['Early-Data', '0'], false],
  ]
  for (const [method, headers, isEarly] of cases) {
    assert.equal(isTooEarly({ ...unreadable, method, headers }), isEarly, method)
  }
})
