// Whatever a client may do to a parameter, and what becomes of what nobody declared.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { defaultLimits } from '../base.ts'
import { linkParameters, type ParameterOptions, type ParameterParts } from './link-parameters.ts'
import type { ParameterPlan, Shape } from './operation.ts'
import { decode, options, plan, rgb, spyCheck, string, strings } from './parameters-for-tests.ts'

describe('what a client may try', () => {
  const cases: [
    says: string,
    over: Partial<ParameterPlan>,
    parts: Partial<ParameterParts>,
    want: unknown,
  ][] = [
    ['a scalar twice', {}, { query: 'color=a&color=b' }, ['color repeated']],
    [
      'a header scalar on two lines',
      { in: 'header', style: 'simple' },
      { headers: ['Color', 'a', 'color', 'b'] },
      ['color repeated'],
    ],
    [
      'a list on two header lines',
      { in: 'header', style: 'simple', shape: strings },
      { headers: ['COLOR', 'a', 'color', 'b,c'] },
      ['a', 'b', 'c'],
    ],
    [
      'a cookie twice',
      { in: 'cookie' },
      { headers: ['Cookie', 'color=a; color=b'] },
      ['color repeated'],
    ],
    [
      'cookies on two lines',
      { in: 'cookie' },
      { headers: ['cookie', 'x=1', 'Cookie', 'color=b'] },
      'b',
    ],
    ['a broken escape', {}, { query: 'color=%zz' }, ['color invalid_encoding']],
    ['a cut escape', {}, { query: 'color=%4' }, ['color invalid_encoding']],
    ['bytes that are not UTF-8', {}, { query: 'color=%ff' }, ['color invalid_encoding']],
    [
      'overlong UTF-8',
      { in: 'path', style: 'simple' },
      { pathValues: ['%c0%af'] },
      ['color invalid_encoding'],
    ],
    [
      'a required query parameter is missing',
      { required: true },
      { query: 'x=' },
      ['color required', 'x undeclared'],
    ],
    ['a required one, without a query', { required: true }, {}, ['color required']],
    [
      'a required header is missing',
      { in: 'header', style: 'simple', required: true },
      {},
      ['color required'],
    ],
    ['a required cookie is missing', { in: 'cookie', required: true }, {}, ['color required']],
    ['an undeclared name', {}, { query: 'colour=blue' }, ['colour undeclared']],
    ['an undeclared name twice is said once', {}, { query: 'x=1&x=2' }, ['x undeclared']],
    ['a name that breaks', {}, { query: '%zz=1' }, ['%zz undeclared']],
    [
      'a prototype by name',
      {},
      { query: '__proto__=1&constructor=2' },
      ['__proto__ undeclared', 'constructor undeclared'],
    ],
    ['a name as it should be, escaped', {}, { query: '%63olor=blue' }, 'blue'],
    ['an empty query', {}, { query: '' }, 'unseen'],
    ['empty pairs', {}, { query: '&&color=blue&' }, 'blue'],
    ['a name without equals', {}, { query: 'color' }, ''],
    [
      'an allowed empty value is not judged',
      { allowEmptyValue: true },
      { query: 'color=' },
      'unseen',
    ],
    [
      'JSON content',
      { contentType: 'application/json' },
      { query: 'color=%7B%22a%22:1%7D' },
      { a: 1 },
    ],
    [
      'broken JSON content',
      { contentType: 'application/json' },
      { query: 'color=%7B' },
      ['color invalid_json'],
    ],
    [
      'JSON content with a key twice',
      { contentType: 'application/json' },
      { query: 'color={"a":1,"a":2}' },
      ['color duplicate_key'],
    ],
    [
      'nested brackets',
      { style: 'deepObject', shape: { kind: 'object', properties: [['a', rgb]], rest: undefined } },
      { query: 'color[a][R]=1' },
      { a: { R: 1 } },
    ],
    [
      'a list in brackets',
      {
        style: 'deepObject',
        shape: { kind: 'object', properties: [['a', strings]], rest: undefined },
      },
      { query: 'color[a][]=1&color[a][]=2' },
      { a: ['1', '2'] },
    ],
    [
      'too many brackets',
      { style: 'deepObject', shape: rgb },
      { query: `color${'[a]'.repeat(9)}=1` },
      [`color${'[a]'.repeat(9)} undeclared`],
    ],
    [
      'an object both whole and in parts',
      { style: 'deepObject', shape: rgb },
      { query: 'color[R]=1&color=x' },
      ['color malformed'],
    ],
    [
      'commas that the client escaped',
      { explode: false, shape: strings },
      { query: 'color=a%2Cb,c' },
      ['a,b', 'c'],
    ],
  ]
  for (const [says, over, parts, want] of cases) {
    it(says, () => {
      const none = { pathValues: [], query: undefined, headers: [] }
      assert.deepEqual(decode(plan(over), { ...none, ...parts }), want)
    })
  }

  it('members named like prototypes stay members', () => {
    const shape: Shape = { kind: 'object', properties: [], rest: string }
    const { seen, check } = spyCheck()
    const run = linkParameters([plan({ style: 'deepObject', shape })], options(check))
    run({ pathValues: [], query: 'color[__proto__]=1&color[constructor]=2', headers: [] })
    assert.deepEqual(Object.keys(seen[0] as object), ['__proto__', 'constructor'])
    assert.equal(Object.getPrototypeOf(seen[0]), null)
  })

  it('more pairs than the bound are refused', () => {
    const limits = { ...defaultLimits, pairsMax: 3 }
    const run = linkParameters([plan({})], options(spyCheck().check, { limits }))
    const issues = (query: string) =>
      run({ pathValues: [], query, headers: [] }).details?.[0]?.issue
    assert.equal(issues('a&b&c&d'), 'too_many_pairs')
    assert.equal(issues('color=a&&&&&'), undefined)
  })

  it('details are no more than the bound', () => {
    const limits = { ...defaultLimits, detailsMax: 2 }
    const parameters = [plan({ required: true }), plan({ name: 'b', in: 'header', required: true })]
    const run = linkParameters(parameters, options(spyCheck().check, { limits }))
    assert.equal(run({ pathValues: [], query: 'x=1&y=2', headers: [] }).details?.length, 2)
  })

  it('no detail holds a value', () => {
    const { check } = spyCheck(() => false)
    const run = linkParameters([plan({})], options(check))
    const { details } = run({ pathValues: [], query: 'color=s3cret&x=s3cret', headers: [] })
    assert.doesNotMatch(JSON.stringify(details), /s3cret/)
  })
})

describe('where a schema leaves a choice, the reading that it accepts counts', () => {
  const either: Shape = { kind: 'mixed', shapes: [string, strings] }
  const numberOrText: Shape = { kind: 'scalar', types: ['integer', 'string'] }
  const cases: [
    says: string,
    shape: Shape,
    explode: boolean,
    query: string,
    accepts: (value: unknown) => boolean,
  ][] = [
    ['a text or a list, as a text', either, true, 'color=a', (value) => value === 'a'],
    ['a text or a list, as a list of one', either, true, 'color=a', Array.isArray],
    ['a text or a list, as a list', either, true, 'color=a&color=b', Array.isArray],
    ['a number or a text, as a number', numberOrText, true, 'color=12', (value) => value === 12],
    ['a number or a text, as a text', numberOrText, true, 'color=12', (value) => value === '12'],
    [
      'a list whose commas are escaped',
      strings,
      false,
      'color=a%2Cb',
      (value) => Array.isArray(value) && value.length === 2,
    ],
  ]
  for (const [says, shape, explode, query, accepts] of cases) {
    it(says, () => {
      const { check } = spyCheck(accepts)
      const run = linkParameters([plan({ shape, explode })], options(check))
      assert.equal(run({ pathValues: [], query, headers: [] }).details, undefined)
    })
  }
})

describe('undeclared query parameters', () => {
  const cases: [
    how: ParameterOptions['undeclaredQuery'],
    query: string,
    sent: string,
    refused: boolean,
  ][] = [
    ['refuse', 'color=a&x=1', 'color=a&x=1', true],
    ['drop', 'x=1&color=a%20b&y', 'color=a%20b', false],
    ['drop', 'color=a&&key=k', 'color=a&&key=k', false],
    ['pass', 'color=a&x=1&key=k', 'color=a&x=1&key=k', false],
    ['refuse', 'key=k&color=a', 'key=k&color=a', false],
  ]
  for (const [undeclaredQuery, query, want, refused] of cases) {
    it(`${undeclaredQuery}: ${query}`, () => {
      const over = { undeclaredQuery, securityNames: ['key'] }
      const run = linkParameters([plan({})], options(spyCheck().check, over))
      const verdict = run({ pathValues: [], query, headers: [] })
      assert.equal(verdict.query, want)
      assert.equal(verdict.details !== undefined, refused)
    })
  }
})
