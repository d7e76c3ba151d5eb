import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faults } from '../base.ts'
import { reasonPhrase } from '../http.ts'

test('the status of every fault has a phrase', () => {
  for (const [code, { status }] of Object.entries(faults)) {
    assert.notEqual(reasonPhrase(status), '', code)
  }
})
