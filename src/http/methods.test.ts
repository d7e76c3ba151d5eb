// Which methods may be sent twice.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isIdempotent } from './methods.ts'

test('safe methods, PUT and DELETE may be repeated; others, and other spellings, may not', () => {
  const may = ['GET', 'HEAD', 'OPTIONS', 'QUERY', 'SEARCH', 'PROPFIND', 'PUT', 'DELETE']
  const mayNot = ['POST', 'PATCH', 'CONNECT', 'LOCK', 'COPY', 'query', 'Get', '', '__proto__']
  assert.deepEqual(may.filter(isIdempotent), may)
  assert.deepEqual(mayNot.filter(isIdempotent), [])
})
