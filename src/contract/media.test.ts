// Which bodies are read here, by their media type and what is declared.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readTypeTest } from './media.ts'

const form = 'application/x-www-form-urlencoded'

const rows: [says: string, ranges: string[], read: string[], type: string, want: boolean][] = [
  ['a type with a reader', ['application/json'], ['application/json'], 'application/json', true],
  [
    'a type without one',
    ['application/json', 'text/plain'],
    ['application/json'],
    'text/plain',
    false,
  ],
  ['JSON of a range', ['*/*'], ['*/*'], 'application/problem+json', true],
  ['what is not JSON of a range', ['*/*'], ['*/*'], 'image/png', false],
  ['a form of a range', ['application/*'], ['application/*'], form, false],
  ['a form by its own name', [form, '*/*'], [form, '*/*'], form, true],
  ['a type of its own beside a range', ['text/json', '*/*'], ['*/*'], 'text/json', false],
  ['a narrow range without a reader', ['*/*', 'text/*'], ['*/*'], 'text/json', false],
  ['a type that is not declared', ['application/json'], ['application/json'], 'text/json', false],
]

for (const [says, ranges, read, type, want] of rows) {
  test(`${says} is ${want ? 'read' : 'left to the service'}`, () => {
    assert.equal(readTypeTest(ranges, read)(type), want)
  })
}
