import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cuts, readContent, watcher } from './media-for-tests.ts'

const item = { type: 'object', required: ['name'], properties: { name: { type: 'string' } } }
const good = '{"name":"a"}'
const bad = '{"name":1}'
const rs = '\x1e'

type Want = readonly string[] | undefined

const judged = (type: string, media: object, limits = {}, openapi = '3.2.0') =>
  watcher(readContent({ [type]: media }, openapi).link(limits), type)

const everywhere = (judge: ReturnType<typeof judged>, body: string, want: Want) => {
  for (const pieces of cuts(body)) assert.deepEqual(judge(pieces), want, JSON.stringify(pieces))
}

const lines: [says: string, body: string, want: Want][] = [
  ['no item', '', undefined],
  ['one', `${good}\n`, undefined],
  ['without its last line break', `${good}\n${good}`, undefined],
  ['with CRLF and empty lines', `${good}\r\n\r\n\n${good}\r\n`, undefined],
  ['a broken third', `${good}\n${good}\n${bad}\n${good}\n`, ['/2/name invalid_type']],
  ['a broken last without a line break', `${good}\n${bad}`, ['/1/name invalid_type']],
  ['two in one line', `${good}${good}\n`, ['/0 invalid_json']],
  ['one over two lines', '{"name":\n"a"}\n', ['/0 invalid_json']],
  ['a key twice', '{"name":"a","name":"a"}\n', ['/0 duplicate_key']],
  ['bytes that are not UTF-8', '{"name":"\xff"}\n', ['/0 invalid_utf8']],
]

for (const [says, body, want] of lines) {
  test(`JSON Lines, ${says}: ${want?.join() ?? 'taken'}, wherever it is cut`, () => {
    everywhere(judged('application/x-ndjson', { itemSchema: item }), body, want)
  })
}

const sequences: [says: string, body: string, want: Want][] = [
  ['no item', '', undefined],
  ['two', `${rs}${good}\n${rs}${good}\n`, undefined],
  ['an item over several lines', `${rs}{\n"name":\n"a"\n}\n`, undefined],
  ['RS more than once', `${rs}${rs}${good}\n${rs}`, undefined],
  ['a broken second', `${rs}${good}\n${rs}${bad}\n${rs}${good}\n`, ['/1/name invalid_type']],
  ['a broken last', `${rs}${good}\n${rs}${bad}\n`, ['/1/name invalid_type']],
  ['text before the first', `${good}\n`, ['/0 malformed_sequence']],
  ['an item cut off', `${rs}${good}${rs}${good}\n`, ['/0 malformed_sequence']],
  ['a last one cut off', `${rs}${good}\n${rs}${good}`, ['/1 malformed_sequence']],
]

for (const [says, body, want] of sequences) {
  test(`a JSON sequence, ${says}: ${want?.join() ?? 'taken'}, wherever it is cut`, () => {
    everywhere(judged('application/json-seq', { itemSchema: item }), body, want)
  })
}

const event = {
  type: 'object',
  required: ['event'],
  properties: {
    event: { enum: ['message', 'end'] },
    retry: { type: 'integer', maximum: 1000 },
    data: { contentMediaType: 'application/json', contentSchema: item },
  },
}

const events: [says: string, body: string, want: Want][] = [
  ['none', '', undefined],
  ['one', `event: message\ndata: ${good}\n\n`, undefined],
  ['a comment', ': hello\n\n', undefined],
  ['fields without data', 'event: other\n\n', undefined],
  [
    'every kind of line break',
    `event: end\r\ndata: ${good}\r\r\nevent: end\rdata: ${good}\r\r`,
    undefined,
  ],
  ['data over two lines', 'event: end\ndata: {"name":\ndata: "a"}\n\n', undefined],
  ['a field of another name', `event: end\nother: x\ndata: ${good}\n\n`, undefined],
  ['a missing field', `data: ${good}\n\n`, ['/0/event required']],
  ['a name that is not listed', `event: no\ndata: ${good}\n\n`, ['/0/event not_in_enum']],
  [
    'a number that is too large',
    `event: end\nretry: 9999\ndata: ${good}\n\n`,
    ['/0/retry too_large'],
  ],
  ['data that is not JSON', 'event: end\ndata: x\n\n', ['/0/data invalid_json']],
  [
    'data that breaks its schema',
    `event: end\ndata: ${good}\n\nevent: end\ndata:${bad}\n\n`,
    ['/1/data/name invalid_type'],
  ],
  ['one that does not end', `event: end\ndata: ${bad}\n`, undefined],
  ['bytes that are not UTF-8', 'event: end\ndata: \xff\n\n', ['/0 invalid_utf8']],
]

for (const [says, body, want] of events) {
  test(`events, ${says}: ${want?.join() ?? 'taken'}, wherever they are cut`, () => {
    everywhere(judged('text/event-stream', { itemSchema: event }), body, want)
  })
}

const json = (contentSchema: object) => ({ contentMediaType: 'application/json', contentSchema })
const kind = (name: string, data: object) => ({
  required: ['event'],
  properties: { event: { const: name }, data },
})
const other = { type: 'integer' }
const several: [says: string, schema: object][] = [
  ['alternatives', { oneOf: [kind('a', json(item)), kind('b', json(other)), kind('c', {})] }],
  [
    'alternatives beside what all have',
    {
      properties: { data: { type: 'string' } },
      anyOf: [kind('a', json(item)), { oneOf: [kind('b', json(other)), kind('c', {})] }],
    },
  ],
]

for (const [says, itemSchema] of several) {
  test(`the data of an event is what its own kind says: ${says}`, () => {
    const judge = judged('text/event-stream', { itemSchema })
    const one = (name: string, data: string) => judge([`event: ${name}\ndata: ${data}\n\n`])
    assert.deepEqual(one('a', good), undefined)
    assert.deepEqual(one('a', bad), ['/0/data/name invalid_type'])
    assert.deepEqual(one('b', '1'), undefined)
    assert.deepEqual(one('b', good), ['/0/data invalid_type'])
    assert.deepEqual(one('c', 'no JSON'), undefined)
    assert.notEqual(one('d', good), undefined)
  })
}

test('what is said of the data of all events holds beside alternatives', () => {
  const itemSchema = { properties: { data: json(item) }, oneOf: [kind('a', {}), kind('b', {})] }
  const judge = judged('text/event-stream', { itemSchema })
  assert.deepEqual(judge([`event: b\ndata: ${bad}\n\n`]), ['/0/data/name invalid_type'])
})

test('an item is bounded, and so is nothing else', () => {
  const judge = judged('application/jsonl', { itemSchema: item }, { itemBytesMax: 12 })
  assert.equal(judge(Array.from({ length: 100 }, () => `${good}\n`)), undefined)
  assert.deepEqual(judge([good, ' ']), ['/0 item_too_large'])
  assert.deepEqual(judge([`${good}\n`, '{"name":"aa"}\n']), ['/1 item_too_large'])
})

const schemas: [says: string, media: object, openapi: string, body: string, want: Want][] = [
  ['a schema of a line, before 3.2', { schema: item }, '3.1.0', bad, ['/0/name invalid_type']],
  ['a schema of a line, in 3.0', { schema: item }, '3.0.3', bad, ['/0/name invalid_type']],
  [
    'a schema of all lines',
    { schema: { type: 'array', items: item } },
    '3.1.0',
    bad,
    ['/0/name invalid_type'],
  ],
  ['both', { schema: { type: 'array' }, itemSchema: item }, '3.2.0', bad, ['/0/name invalid_type']],
  ['no schema', {}, '3.1.0', bad, undefined],
  ['no schema, and no JSON', {}, '3.1.0', 'x', ['/0 invalid_json']],
]

for (const [says, media, openapi, body, want] of schemas) {
  test(`${says} is ${want?.join() ?? 'taken'}`, () => {
    assert.deepEqual(judged('application/x-ndjson', media, {}, openapi)([body]), want)
  })
}

test('events go through unread where only `schema` is given, for nobody knows what it means', () => {
  const { media } = readContent({ 'text/event-stream': { schema: item } }, '3.1.0')
  assert.equal(media[0]!.reader, 'other')
})

test('a suffix tells a sequence, too', () => {
  const { media } = readContent({ 'application/geo+json-seq': { itemSchema: item } })
  assert.deepEqual([media[0]!.reader, media[0]!.items!.framing], ['items', 'sequence'])
})

test('a JSON array with `itemSchema` is held, and each item checked', () => {
  const find = readContent({ 'application/json': { itemSchema: item } }).link()
  const media = find('application/json')
  assert.equal(media?.how, 'held')
  const said = (text: string) =>
    media.read(Buffer.from(text))?.map(({ field, issue }) => `${field} ${issue}`)
  assert.equal(said(`[${good},${good}]`), undefined)
  assert.deepEqual(said(`[${good},${bad}]`), ['/1/name invalid_type'])
})
