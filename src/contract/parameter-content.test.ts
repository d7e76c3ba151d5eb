// Parameters with `content`, and the query that is one value: from the contract as written to what
// is said of a request.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { complaintsOf, read } from '../../test/contracts.ts'
import { defaultLimits } from '../base.ts'
import { linkSchemas } from '../schema.ts'
import { linkParameters, type ParameterParts } from './link-parameters.ts'

const contractOf = (parameters: object[], version = '3.2.0') =>
  JSON.stringify({
    openapi: version,
    info: { title: 't', version: '1' },
    paths: { '/{id}': { get: { parameters: [idParameter, ...parameters] } } },
  })

const idParameter = { name: 'id', in: 'path', required: true, schema: {} }

function checkOf(...parameters: object[]) {
  const contract = read(contractOf(parameters))
  assert.deepEqual(complaintsOf(contract), [])
  const [operation] = contract.operations
  const run = linkParameters(operation!.parameters, {
    check: linkSchemas(contract.finish().schemas),
    undeclaredQuery: 'refuse',
    securityNames: [],
    querystring: operation!.querystring,
    limits: defaultLimits,
  })
  return (parts: Partial<ParameterParts>) => {
    const { details } = run({ pathValues: ['1'], query: undefined, headers: [], ...parts })
    return (details ?? []).map((one) => `${one.in} ${one.field} ${one.issue}: ${one.message}`)
  }
}

const point = { type: 'object', required: ['x'], properties: { x: { type: 'integer' } } }
const within = (place: string, type: string, schema: unknown = point) => ({
  name: 'at',
  in: place,
  content: { [type]: { schema } },
})

type Case = [says: string, parameter: object, parts: Partial<ParameterParts>, want: string[]]

const notJson = 'at invalid_json: is not JSON (RFC 8259)'
const notInteger = 'at invalid_type: /x: must be an integer'

describe('a parameter with `content`', () => {
  const json = (place: string) => within(place, 'application/json; charset=utf-8')
  const cases: Case[] = [
    ['JSON in the query', json('query'), { query: 'at=%7B%22x%22:1%7D' }, []],
    ['wrong JSON in the query', json('query'), { query: 'at={"x":"1"}' }, [`query ${notInteger}`]],
    ['no JSON in the query', json('query'), { query: 'at=x' }, [`query ${notJson}`]],
    ['nothing in the query', json('query'), { query: 'at=' }, [`query ${notJson}`]],
    [
      'JSON twice in the query',
      json('query'),
      { query: 'at={"x":1}&at={"x":1}' },
      ['query at repeated: may be given only once'],
    ],
    [
      'a broken escape',
      json('query'),
      { query: 'at=%E' },
      ['query at invalid_encoding: has a broken percent-escape, or one that is not UTF-8'],
    ],
    [
      'JSON with a key twice',
      json('query'),
      { query: 'at={"x":1,"x":2}' },
      ['query at duplicate_key: has the same key twice in one object (at byte 7)'],
    ],
    ['JSON in a header', json('header'), { headers: ['At', ' {"x":1} '] }, []],
    [
      'no JSON in a header',
      json('header'),
      { headers: ['At', '{'] },
      [`header ${notJson} (at byte 1)`],
    ],
    [
      'JSON in a header of two lines',
      json('header'),
      { headers: ['At', '{"x":1}', 'at', '{"x":1}'] },
      ['header at repeated: may be given only once'],
    ],
    [
      'JSON in a cookie, escaped',
      json('cookie'),
      { headers: ['cookie', 'at=%7B%22x%22:1%7D'] },
      [],
    ],
    ['JSON in a cookie, bare', json('cookie'), { headers: ['cookie', 'at={"x":1}'] }, []],
    [
      'wrong JSON in a cookie',
      json('cookie'),
      { headers: ['cookie', 'at={}'] },
      ['cookie at required: /x: must be there'],
    ],
    [
      'a suffix is JSON too',
      within('query', 'application/geo+json'),
      { query: 'at={}' },
      ['query at required: /x: must be there'],
    ],
    [
      'text is held against the schema of a text',
      within('query', 'text/plain', { type: 'string', maxLength: 2 }),
      { query: 'at=a+bc' },
      ['query at too_long: must have at most 2 characters'],
    ],
    [
      'text may be a number',
      within('query', 'text/plain', { type: 'integer', maximum: 2 }),
      { query: 'at=3' },
      ['query at too_large: must be at most 2'],
    ],
    [
      'text with a comma is one text',
      within('header', 'text/plain', { type: 'string', enum: ['a,b'] }),
      { headers: ['at', 'a,b'] },
      [],
    ],
    [
      'a cookie of text that looks escaped and is not',
      within('cookie', 'text/plain', { type: 'string', enum: ['100%'] }),
      { headers: ['cookie', 'at=100%'] },
      [],
    ],
    [
      'without a schema anything passes',
      within('query', 'application/xml', true),
      { query: 'at=<' },
      [],
    ],
  ]
  for (const [says, parameter, parts, want] of cases) {
    it(says, () => assert.deepEqual(checkOf(parameter)(parts), want))
  }

  it('in the path is JSON as well', () => {
    const text = contractOf([]).replace(
      '"schema":{}',
      '"content":{"application/json":{"schema":{"type":"integer"}}}',
    )
    const contract = read(text)
    assert.deepEqual(complaintsOf(contract), [])
    const run = linkParameters(contract.operations[0]!.parameters, {
      check: linkSchemas(contract.finish().schemas),
      undeclaredQuery: 'refuse',
      securityNames: [],
      limits: defaultLimits,
    })
    const issues = (id: string) =>
      run({ pathValues: [id], query: undefined, headers: [] }).details?.map(({ issue }) => issue)
    assert.deepEqual(
      [issues('1'), issues('"1"'), issues('x')],
      [undefined, ['invalid_type'], ['invalid_json']],
    )
  })
})

describe('a query that is one value', () => {
  const whole = (type: string, schema: object = point, more: object = {}) => ({
    name: 'at',
    in: 'querystring',
    content: { [type]: { schema } },
    ...more,
  })
  const form = 'application/x-www-form-urlencoded'
  const list = {
    type: 'object',
    properties: { ids: { type: 'array', items: { type: 'integer' } } },
    additionalProperties: false,
  }
  const cases: Case[] = [
    ['JSON', whole('application/json'), { query: '%7B%22x%22%3A1%7D' }, []],
    [
      'wrong JSON',
      whole('application/json'),
      { query: '{"x":"1"}' },
      ['query /x invalid_type: must be an integer'],
    ],
    ['no JSON', whole('application/json'), { query: 'x=1' }, [`query ${notJson}`]],
    [
      'a broken escape',
      whole('application/json'),
      { query: '%' },
      ['query at invalid_encoding: has a broken percent-escape, or one that is not UTF-8'],
    ],
    ['a form', whole(form, list), { query: 'ids=1&ids=2' }, []],
    [
      'a form with a wrong field',
      whole(form, list),
      { query: 'ids=a' },
      ['query /ids/0 invalid_type: must be an integer'],
    ],
    [
      'a form with a field that nobody declared',
      whole(form, list),
      { query: 'ids=1&x=2' },
      ['query /x unknown_property: must not be there: no property of this name is declared'],
    ],
    ['nothing, where it may be missing', whole('application/json'), {}, []],
    [
      'nothing, where it may not',
      whole('application/json', point, { required: true }),
      {},
      ['query at required: is required'],
    ],
    [
      'what is not read passes',
      whole('application/jsonpath', { type: 'string' }),
      { query: '%24.a%5B1%5D' },
      [],
    ],
  ]
  for (const [says, parameter, parts, want] of cases) {
    it(says, () => assert.deepEqual(checkOf(parameter)(parts), want))
  }
})

describe('what is wrong with them is said at check', () => {
  const json = { content: { 'application/json': {} } }
  const cases: [says: string, parameters: object[], version: string, want: RegExp][] = [
    [
      'no content',
      [{ name: 'q', in: 'querystring' }],
      '3.2.0',
      /needs `content`: it is the whole query/,
    ],
    [
      'a schema',
      [{ name: 'q', in: 'querystring', schema: {}, ...json }],
      '3.2.0',
      /`schema` is not for `in: querystring`/,
    ],
    [
      'twice',
      [
        { name: 'q', in: 'querystring', ...json },
        { name: 'r', in: 'querystring', ...json },
      ],
      '3.2.0',
      /declared twice/,
    ],
    [
      'beside others',
      [
        { name: 'q', in: 'querystring', ...json },
        { name: 'r', in: 'query', schema: {} },
      ],
      '3.2.0',
      /`r` stands beside `in: querystring`/,
    ],
    [
      'in an older document',
      [{ name: 'q', in: 'querystring', ...json }],
      '3.1.0',
      /`in` must be one of path, query, header, cookie$/m,
    ],
    [
      'style: cookie in an older document',
      [{ name: 'q', in: 'cookie', style: 'cookie', schema: {} }],
      '3.1.0',
      /must be one of form$/m,
    ],
    [
      'style: cookie elsewhere',
      [{ name: 'q', in: 'query', style: 'cookie', schema: {} }],
      '3.2.0',
      /must be one of form, space/,
    ],
    [
      'a list with commas in a cookie',
      [{ name: 'q', in: 'cookie', style: 'cookie', explode: false, schema: { type: 'array' } }],
      '3.2.0',
      /a cookie holds no comma/,
    ],
    [
      'a range',
      [{ name: 'q', in: 'query', content: { 'text/*': {} } }],
      '3.2.0',
      /`text\/\*` may be anything/,
    ],
    [
      'no media type',
      [{ name: 'q', in: 'query', content: { json: {} } }],
      '3.2.0',
      /`json` is no media type/,
    ],
    [
      'two media types',
      [{ name: 'q', in: 'query', content: { 'text/a': {}, 'text/b': {} } }],
      '3.2.0',
      /exactly one entry/,
    ],
    [
      'a schema that says nothing',
      [within('query', 'application/xml')],
      '3.2.0',
      /warning `application\/xml` is not read in parameters/,
    ],
  ]
  for (const [says, parameters, version, want] of cases) {
    it(says, () =>
      assert.match(complaintsOf(read(contractOf(parameters, version))).join('\n'), want),
    )
  }
})
