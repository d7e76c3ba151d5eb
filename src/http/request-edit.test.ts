import assert from 'node:assert/strict'
import { test } from 'node:test'
import { editProblem, mergeRequestEdits } from './request-edit.ts'

test('of two edits that set the same field the last counts, and what is set is there', () => {
  const edits = [
    { drop: ['a'], set: ['X', '1', 'Y', '2'] },
    { drop: ['a', 'y'], set: ['x', '3'] },
  ]
  assert.deepEqual(mergeRequestEdits(edits), { drop: ['a', 'y'], set: ['x', '3', 'Y', '2'] })
})

test('fields that frame a message or that the gateway says cannot be edited', () => {
  const names = [
    'Content-Length',
    'TE',
    'Connection',
    'Host',
    'Via',
    'X-Forwarded-User',
    'Forwarded',
  ]
  for (const name of [...names, 'a b', '', 'a:']) assert.ok(editProblem(name) !== undefined, name)
  for (const name of ['X-Env', 'Authorization', 'Accept-Encoding', 'Cookie']) {
    assert.equal(editProblem(name), undefined)
  }
})
