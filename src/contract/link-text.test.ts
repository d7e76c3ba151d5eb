import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cuts, readContent, watcher } from './media-for-tests.ts'

const type = 'text/plain'

const held: [says: string, schema: object, text: string, want: string[] | undefined][] = [
  ['a text within its length', { type: 'string', maxLength: 3 }, 'äöü', undefined],
  ['a text beyond its length', { type: 'string', maxLength: 2 }, 'äöü', [' too_long']],
  ['a number', { type: 'integer' }, '12', undefined],
  ['a text for a number', { type: 'integer' }, 'x', [' invalid_type']],
  ['a number for a text', { type: 'string', pattern: '^1' }, '12', undefined],
  ['either', { anyOf: [{ type: 'integer', minimum: 5 }, { const: '3' }] }, '3', undefined],
]

for (const [says, schema, text, want] of held) {
  test(`${says} is ${want?.join() ?? 'taken'}`, () => {
    const media = readContent({ [type]: { schema } }).link()(type)
    assert.equal(media?.how, 'held')
    const details = media.read(Buffer.from(text))
    assert.deepEqual(
      details?.map(({ field, issue }) => `${field} ${issue}`),
      want,
    )
  })
}

test('a held text must be UTF-8', () => {
  const media = readContent({ [type]: { schema: { type: 'string', minLength: 1 } } }).link()(type)
  assert.equal(media?.how, 'held')
  assert.equal(media.read(Buffer.from([0xff]))?.[0]?.issue, 'invalid_utf8')
})

test('a text of which nothing more is said streams by, and must be UTF-8', () => {
  const schema = { $ref: '#/components/schemas/Text' }
  const components = { schemas: { Text: { type: 'string', description: 'any' } } }
  const judge = watcher(readContent({ [type]: { schema } }, '3.1.0', components).link(), type)
  for (const pieces of cuts('a\xc3\xa4\xf0\x9f\x98\x80')) assert.equal(judge(pieces), undefined)
  for (const pieces of cuts('a\xc3')) assert.deepEqual(judge(pieces), [' invalid_utf8'])
  for (const pieces of cuts('\xffa')) assert.deepEqual(judge(pieces), [' invalid_utf8'])
})

const unread: [says: string, type: string, media: object][] = [
  ['bytes', 'text/csv', { schema: { type: 'string', format: 'binary' } }],
  ['objects', 'text/xml', { schema: { type: 'object' } }],
  ['what has no schema', 'text/plain', {}],
  ['a range', 'text/*', { schema: { type: 'string' } }],
  ['other multipart types', 'multipart/mixed', { schema: { type: 'object' } }],
]

for (const [says, declared, media] of unread) {
  test(`${says} of ${declared} go through unread`, () => {
    assert.equal(readContent({ [declared]: media }).media[0]!.reader, 'other')
  })
}

test('that a multipart type is not read is said at check', () => {
  const { problems } = readContent({ 'multipart/mixed': { schema: { type: 'object' } } })
  assert.deepEqual(problems, ['bodies of multipart/mixed go through unread'])
})
