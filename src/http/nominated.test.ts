import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nominationProblem } from '../http.ts'

test('Connection may not take away what the upstream must see', () => {
  const rows: [value: string, want: RegExp | undefined][] = [
    ['x-hop', undefined],
    ['authorization', /names authorization/],
    ['host', /names host/],
    ['content-length', /names content-length/],
    ['content-type', /names content-type/],
    ['cookie', /names cookie/],
    ['x-forwarded-for', /names x-forwarded-for/],
    ['x_forwarded_for', /names x_forwarded_for/],
    ['forwarded', /names forwarded/],
    ['via', /names via/],
    ['x-api-key', /names x-api-key/],
    ['idempotency-key', /names idempotency-key/],
    ['if-match', /names if-match/],
    ['a b', /other than field names/],
    ['close;x', /other than field names/],
    ['"close"', /other than field names/],
  ]
  for (const [value, want] of rows) {
    const problem = nominationProblem(['x-other', value])
    if (want === undefined) assert.equal(problem, undefined, value)
    else assert.match(problem ?? 'sound', want, value)
  }
})
