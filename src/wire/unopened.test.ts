import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TlsFailure } from './tls-failure.ts'
import { failureText, type Unopened, whyUnopened } from './unopened.ts'

const failed = (code: string) => Object.assign(new Error(`connect ${code}`), { code })

const rows: readonly [given: Error, why: Unopened['why'], text: string][] = [
  [failed('ECONNREFUSED'), 'failed', 'ECONNREFUSED'],
  [failed('ENOENT'), 'failed', 'found no such socket (ENOENT)'],
  [failed('EACCES'), 'failed', 'is not permitted to this user (EACCES)'],
  [failed('EMFILE'), 'exhausted', 'EMFILE'],
  [new TlsFailure('failed in TLS: why'), 'insecure', 'failed in TLS: why'],
]

for (const [given, why, text] of rows) {
  test(`a connection that ${text}: ${why}`, () => {
    assert.deepEqual([whyUnopened(given), failureText(given)], [why, text])
  })
}

test('a connection that we gave up was late', () => assert.equal(whyUnopened(undefined), 'late'))
