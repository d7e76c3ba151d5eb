// Where bounds on bodies have no effect, a configuration that sets them is refused: these are the
// bounds, and what they need.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileText } from './testing.ts'

const types = {
  json: 'application/json: { schema: { type: object } }',
  multipart: 'multipart/form-data: { schema: { type: object } }',
  lines: 'application/x-ndjson: { schema: { type: object } }',
  text: 'text/plain: { schema: { type: string, maxLength: 9 } }',
  bytes: 'application/octet-stream: {}',
}

type Type = keyof typeof types

function contractOf(type: Type, limit: string, policies: string): string {
  return `openapi: 3.1.0
info: { title: t, version: '1' }
paths:
  /a:
    post:
      x-concordat: { limits: { ${limit}: 1000 }, policies: { ${policies} } }
      requestBody: { content: { ${types[type]} } }
      responses: { '200': { description: ok } }
`
}

const effective: readonly [limit: string, types: readonly Type[]][] = [
  ['checkedBodyBytesMax', ['json', 'multipart', 'text']],
  ['jsonValuesMax', ['json', 'multipart', 'lines', 'text']],
  ['partsMax', ['multipart']],
  ['partHeadBytesMax', ['multipart']],
  ['fieldBytesMax', ['multipart']],
  ['itemBytesMax', ['lines']],
  ['checkedReplyBytesMax', []],
]

const ineffective = (text: string) =>
  compileText(text).said.some((line) => line.includes('has no effect here'))

for (const [limit, wanted] of effective) {
  test(`${limit} has an effect on ${wanted.join(', ') || 'no request'} alone`, () => {
    for (const type of Object.keys(types) as Type[]) {
      assert.equal(ineffective(contractOf(type, limit, '')), !wanted.includes(type), type)
    }
  })
}

test('bounds on replies have an effect where replies are checked', () => {
  for (const limit of ['checkedReplyBytesMax', 'itemBytesMax', 'jsonValuesMax']) {
    const text = contractOf('bytes', limit, 'reply-validation: {}')
    assert.equal(ineffective(text), false, limit)
  }
})
