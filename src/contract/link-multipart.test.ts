import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cuts, readContent, watcher } from './media-for-tests.ts'

const formData = 'multipart/form-data'
const withBoundary = `${formData}; boundary=B`

/** `name` or `name; filename=x`, then the type if any. */
const part = (name: string, content: string, type?: string) =>
  `--B\r\nContent-Disposition: form-data; name=${name}\r\n` +
  `${type === undefined ? '' : `Content-Type: ${type}\r\n`}\r\n${content}\r\n`

const body = (...parts: string[]) => `${parts.join('')}--B--\r\n`

const judged = (schema: object, encoding: object = {}, limits = {}, openapi = '3.1.0') =>
  watcher(readContent({ [formData]: { schema, encoding } }, openapi).link(limits), withBoundary)

const upload = {
  type: 'object',
  required: ['title', 'file'],
  properties: {
    title: { type: 'string', maxLength: 10 },
    count: { type: 'integer', minimum: 1 },
    tags: { type: 'array', items: { type: 'string' }, maxItems: 2 },
    ids: { type: 'array', items: { type: 'integer' } },
    meta: { type: 'object', required: ['a'], properties: { a: { type: 'integer' } } },
    pages: { type: 'array', items: { type: 'object', required: ['n'] } },
    file: { type: 'string', format: 'binary', maxLength: 20 },
    more: { type: 'array', items: { type: 'string', format: 'binary' }, maxItems: 2 },
    either: { type: ['integer', 'string'] },
    filter: { type: 'object', properties: { a: { type: 'integer' } } },
  },
  additionalProperties: false,
}

const title = part('title', 'hello')
const file = part('file; filename=a.bin', '\0\xff\r\n', 'application/octet-stream')

const rows: [says: string, body: string, want: string[] | undefined][] = [
  ['all that is required', body(title, file), undefined],
  ['in any order', body(file, title), undefined],
  ['a missing text', body(file), ['/title required']],
  ['a missing file', body(title), ['/file required']],
  ['a text that is too long', body(part('title', 'a'.repeat(11)), file), ['/title too_long']],
  ['a number', body(title, file, part('count', '3')), undefined],
  ['a text for a number', body(title, file, part('count', 'x')), ['/count invalid_type']],
  ['a number below its minimum', body(title, file, part('count', '0')), ['/count too_small']],
  ['a list of texts', body(title, file, part('tags', 'a'), part('tags', 'b')), undefined],
  ['a list of one', body(title, file, part('tags', 'a')), undefined],
  [
    'a list that is too long',
    body(title, file, part('tags', 'a'), part('tags', 'b'), part('tags', 'c')),
    ['/tags too_many_items'],
  ],
  [
    'a list of numbers',
    body(title, file, part('ids', '1'), part('ids', 'x')),
    ['/ids/1 invalid_type'],
  ],
  ['JSON', body(title, file, part('meta', '{"a":1}', 'application/json')), undefined],
  ['JSON without a type', body(title, file, part('meta', '{"a":1}')), undefined],
  ['JSON of another type', body(title, file, part('meta', '{}', 'text/xml')), ['/meta media_type']],
  [
    'JSON that breaks its schema',
    body(title, file, part('meta', '{"a":"x"}')),
    ['/meta/a invalid_type'],
  ],
  ['broken JSON', body(title, file, part('meta', '{')), ['/meta invalid_json']],
  [
    'JSON with a key twice',
    body(title, file, part('meta', '{"a":1,"a":1}')),
    ['/meta duplicate_key'],
  ],
  [
    'JSON in several parts',
    body(title, file, part('pages', '{"n":1}'), part('pages', '{}')),
    ['/pages/1/n required'],
  ],
  [
    'JSON of a list in one part',
    body(title, file, part('pages', '[{"n":1},{}]')),
    ['/pages/1/n required'],
  ],
  ['several files', body(title, file, part('more', 'x'), part('more', 'y')), undefined],
  [
    'too many files',
    body(title, file, part('more', 'x'), part('more', 'y'), part('more', 'z')),
    ['/more too_many_items'],
  ],
  ['a file that is too long', body(title, part('file', 'x'.repeat(21))), ['/file too_long']],
  [
    'a field that nobody declared',
    body(title, file, part('other', 'x')),
    ['/other unknown_property'],
  ],
  [
    'a field named __proto__',
    body(title, file, part('__proto__', 'x')),
    ['/__proto__ unknown_property'],
  ],
  ['a text twice', body(title, title, file), ['/title repeated']],
  ['a file twice', body(title, file, file), ['/file repeated']],
  ['a text of either type', body(title, file, part('either', '5')), undefined],
  ['a text that is not UTF-8', body(part('title', '\xff'), file), ['/title invalid_utf8']],
  [
    'a text in another charset',
    body(part('title', 'x', 'text/plain; charset=latin1'), file),
    ['/title media_type'],
  ],
  [
    'a text that says it is an image',
    body(part('title', 'x', 'image/png'), file),
    ['/title media_type'],
  ],
  [
    'parts within a part',
    body(title, part('file', 'x', 'multipart/mixed; boundary=C')),
    ['/file media_type'],
  ],
  [
    'an object in brackets is JSON alone',
    body(title, file, part('"filter[a]"', '1')),
    ['/filter[a] unknown_property'],
  ],
  ['a part without a name', body(title, file, part('""', 'x')), [' malformed_multipart']],
  ['no last boundary', title + file, [' malformed_multipart']],
  ['nothing', '', [' malformed_multipart']],
]

for (const [says, bytes, want] of rows) {
  test(`${says}: ${want === undefined ? 'taken' : want.join()}, wherever the body is cut`, () => {
    const judge = judged(upload)
    for (const pieces of cuts(bytes)) assert.deepEqual(judge(pieces), want, JSON.stringify(pieces))
  })
}

test('no boundary, or a malformed one, is refused by the head', () => {
  const find = readContent({ [formData]: { schema: upload } }).link()
  for (const type of [formData, `${formData}; boundary=`, `${formData}; boundary="a b "`]) {
    assert.deepEqual(watcher(find, type)([]), [' malformed_multipart'])
  }
})

const bounds: [says: string, limits: object, body: string, want: string[] | undefined][] = [
  ['as many parts as the bound', { partsMax: 3 }, body(title, file, part('ids', '1')), undefined],
  ['one more', { partsMax: 2 }, body(title, file, part('ids', '1')), [' too_many_parts']],
  ['a text at its bound', { fieldBytesMax: 5 }, body(title, file), undefined],
  ['a text beyond it', { fieldBytesMax: 4 }, body(title, file), ['/title part_too_large']],
  [
    'texts together beyond theirs',
    { checkedBodyBytesMax: 7 },
    body(title, file, part('tags', 'abc')),
    ['/tags part_too_large'],
  ],
  [
    'a head beyond its bound',
    { partHeadBytesMax: 30 },
    body(title, file),
    [' malformed_multipart'],
  ],
  [
    'nested JSON beyond its bound',
    { jsonDepthMax: 1 },
    body(title, file, part('meta', '{"a":[]}')),
    ['/meta too_deep'],
  ],
]

for (const [says, limits, bytes, want] of bounds) {
  test(`${says} is ${want === undefined ? 'taken' : want.join()}`, () => {
    assert.deepEqual(judged(upload, {}, limits)([bytes]), want)
  })
}

test('what is wrong is said before the last boundary has passed', () => {
  const judge = judged(upload)
  assert.deepEqual(judge([`${file}--B-`, '-']), ['/title required'])
})

const one = (schema: object) => ({ type: 'object', properties: { a: schema } })

const encodings: [
  says: string,
  schema: object,
  encoding: object,
  body: string,
  want: string[] | undefined,
][] = [
  [
    'a declared type',
    { format: 'binary' },
    { contentType: 'image/png, image/*' },
    body(part('a', 'x', 'image/gif')),
    undefined,
  ],
  [
    'a type beside it',
    { format: 'binary' },
    { contentType: 'image/png' },
    body(part('a', 'x', 'text/html')),
    ['/a media_type'],
  ],
  [
    'no type where one is declared',
    { format: 'binary' },
    { contentType: 'image/png' },
    body(part('a', 'x')),
    ['/a media_type'],
  ],
  [
    'a declared list of parts',
    { format: 'binary' },
    { contentType: 'multipart/mixed' },
    body(part('a', 'x', 'multipart/mixed; boundary=C')),
    undefined,
  ],
  [
    'a text declared as an image',
    { type: 'string' },
    { contentType: 'image/png' },
    body(part('a', '\xff', 'image/png')),
    undefined,
  ],
  [
    'an object declared as XML',
    { type: 'object' },
    { contentType: 'application/xml' },
    body(part('a', '<a/>', 'application/xml')),
    undefined,
  ],
  [
    'a list with commas',
    { type: 'array', items: { type: 'integer' } },
    { style: 'form', explode: false },
    body(part('a', '1,2,x')),
    ['/a/2 invalid_type'],
  ],
  [
    'an object in brackets',
    { type: 'object', properties: { b: { type: 'integer' } } },
    { style: 'deepObject', explode: true },
    body(part('"a[b]"', 'x')),
    ['/a/b invalid_type'],
  ],
  [
    'a list in one part of JSON',
    { type: 'array', items: { type: 'integer' } },
    {},
    body(part('a', '[1,"x"]', 'application/json')),
    ['/a/1 invalid_type'],
  ],
  [
    'a list both as texts and as JSON',
    { type: 'array', items: { type: 'integer' } },
    {},
    body(part('a', 'x'), part('a', '[1]', 'application/json')),
    ['/a malformed'],
  ],
  [
    'bytes that are what they are',
    { type: 'string', contentEncoding: 'binary' },
    {},
    body(part('a', '\xff', 'image/png')),
    undefined,
  ],
  [
    'a list of lists',
    { type: 'array', items: { type: 'array', items: { type: 'integer' } } },
    {},
    body(part('a', '[1,"x"]'), part('a', '[2]')),
    ['/a/0/1 invalid_type'],
  ],
  [
    'base64',
    { type: 'string', contentEncoding: 'base64', maxLength: 3 },
    {},
    body(part('a', 'aaaa')),
    ['/a too_long'],
  ],
  [
    'a media type in the schema',
    { type: 'string', contentMediaType: 'image/png' },
    {},
    body(part('a', '\xff', 'image/png')),
    undefined,
  ],
  ['anything', {}, {}, body(part('a', '\xff')), undefined],
  [
    'a text of listed values',
    { enum: ['x', 'y'], format: 'binary' },
    {},
    body(part('a', 'z')),
    ['/a not_in_enum'],
  ],
  [
    'a file that is too short',
    { format: 'binary', minLength: 3 },
    {},
    body(part('a', 'xy')),
    ['/a too_short'],
  ],
  [
    'a file that is long enough',
    { format: 'binary', minLength: 3 },
    {},
    body(part('a', 'xyz')),
    undefined,
  ],
]

for (const [says, schema, encoding, bytes, want] of encodings) {
  test(`${says} is ${want === undefined ? 'taken' : want.join()}`, () => {
    assert.deepEqual(judged(one(schema), { a: encoding })([bytes]), want)
  })
}

const rests: [says: string, schema: object, body: string, want: string[] | undefined][] = [
  ['any text', {}, body(part('x', 'y')), undefined],
  ['any file', {}, body(part('x; filename=y', '\xff')), undefined],
  ['a text that is not UTF-8', {}, body(part('x', '\xff')), ['/x invalid_utf8']],
  [
    'numbers',
    { additionalProperties: { type: 'integer' } },
    body(part('x', 'y')),
    ['/x invalid_type'],
  ],
  [
    'files',
    { additionalProperties: { type: 'string', format: 'binary', maxLength: 1 } },
    body(part('x', '\xff\xff')),
    ['/x too_long'],
  ],
  ['JSON', { additionalProperties: { type: 'object' } }, body(part('x', '{"a":1}')), undefined],
  [
    'too many of them',
    { maxProperties: 1 },
    body(part('x', '1'), part('y', '2')),
    [' too_many_properties'],
  ],
  ['another charset', {}, body(part('_charset_', 'latin1')), ['/_charset_ media_type']],
]

for (const [says, schema, bytes, want] of rests) {
  test(`of undeclared fields, ${says}: ${want === undefined ? 'taken' : want.join()}`, () => {
    assert.deepEqual(judged({ type: 'object', ...schema })([bytes]), want)
  })
}

test('OpenAPI 3.0 reads no file out of an empty schema, and no style for parts', () => {
  const judge = judged(one({}), { a: { style: 'form', explode: false } }, {}, '3.0.3')
  assert.deepEqual(judge([body(part('a', '\xff'))]), ['/a invalid_utf8'])
})

test('stand-ins for files hide nothing else, however many they are', () => {
  const f = { type: 'array', items: { type: 'object' } }
  const schema = { type: 'object', properties: { f, n: { type: 'integer' } } }
  const judge = judged(schema, { f: { contentType: 'application/xml' } }, { partsMax: 5_000 })
  const files = Array.from({ length: 2_000 }, () => part('f', '<a/>', 'application/xml'))
  assert.deepEqual(judge([body(...files.slice(0, 10))]), undefined)
  assert.deepEqual(judge([body(...files.slice(0, 10), part('n', 'x'))]), ['/n invalid_type'])
  assert.deepEqual(judge([body(...files, part('n', 'x'))]), [' too_many_parts'])
})
