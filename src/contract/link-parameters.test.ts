// The specification's table of styles, cell by cell, and whatever a client may do to a parameter.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { defaultLimits } from '../base.ts'
import type { Check } from '../schema.ts'
import { linkParameters, type ParameterOptions, type ParameterParts } from './link-parameters.ts'
import type { ParameterIn, ParameterPlan, Shape, Style } from './operation.ts'

const string: Shape = { kind: 'scalar', types: ['string'] }
const integer: Shape = { kind: 'scalar', types: ['integer'] }
const scalar = (...types: ('string' | 'integer' | 'number' | 'boolean' | 'null')[]): Shape => ({
  kind: 'scalar',
  types,
})
const strings: Shape = { kind: 'array', items: string }
const rgb: Shape = {
  kind: 'object',
  properties: ['R', 'G', 'B'].map((name) => [name, integer] as const),
  rest: undefined,
}

const plan = (over: Partial<ParameterPlan>): ParameterPlan => ({
  name: 'color',
  in: 'query',
  required: false,
  style: 'form',
  explode: true,
  allowReserved: false,
  allowEmptyValue: false,
  shape: string,
  schema: 0,
  contentType: undefined,
  ...over,
})

/** Accepts everything and remembers what it was given. */
function spyCheck(accepts: (value: unknown) => boolean = () => true) {
  const seen: unknown[] = []
  const check: Check = {
    valid(value) {
      seen.push(value)
      return accepts(value)
    },
    errors: () => [{ pointer: '', issue: 'invalid_type', message: 'must be something else' }],
  }
  return { seen, check: () => check }
}

function sent(place: ParameterIn, text: string): ParameterParts {
  const none = { pathValues: [], query: undefined, headers: [] }
  switch (place) {
    case 'path':
      return { ...none, pathValues: [text] }
    case 'query':
      return { ...none, query: text }
    case 'header':
      return { ...none, headers: ['Color', text] }
    case 'cookie':
      return { ...none, headers: ['Cookie', text] }
  }
}

const options = (check: ParameterOptions['check'], over: Partial<ParameterOptions> = {}) => ({
  check,
  undeclaredQuery: 'refuse' as const,
  securityNames: [],
  limits: defaultLimits,
  ...over,
})

function decode(parameter: ParameterPlan, parts: ParameterParts): unknown {
  const { seen, check } = spyCheck()
  const { details } = linkParameters([parameter], options(check))(parts)
  if (details !== undefined) return details.map(({ field, issue }) => `${field} ${issue}`)
  // Through JSON, for objects of ours have no prototype and deepEqual minds.
  return seen.length === 0 ? 'unseen' : JSON.parse(JSON.stringify(seen[0]))
}

const blue = ['blue', 'black', 'brown']
const mixed = { R: 100, G: 200, B: 150 }

type Cell = [
  style: Style,
  explode: boolean,
  place: ParameterIn,
  shape: Shape,
  text: string,
  want: unknown,
]

const table: Cell[] = [
  ['matrix', false, 'path', string, ';color', ''],
  ['matrix', false, 'path', string, ';color=blue', 'blue'],
  ['matrix', false, 'path', strings, ';color=blue,black,brown', blue],
  ['matrix', false, 'path', rgb, ';color=R,100,G,200,B,150', mixed],
  ['matrix', true, 'path', string, ';color', ''],
  ['matrix', true, 'path', string, ';color=blue', 'blue'],
  ['matrix', true, 'path', strings, ';color=blue;color=black;color=brown', blue],
  ['matrix', true, 'path', rgb, ';R=100;G=200;B=150', mixed],
  ['label', false, 'path', string, '.', ''],
  ['label', false, 'path', string, '.blue', 'blue'],
  ['label', false, 'path', strings, '.blue,black,brown', blue],
  ['label', false, 'path', rgb, '.R,100,G,200,B,150', mixed],
  ['label', false, 'path', rgb, '.R.100.G.200.B.150', mixed],
  ['label', true, 'path', string, '.', ''],
  ['label', true, 'path', string, '.blue', 'blue'],
  ['label', true, 'path', strings, '.blue.black.brown', blue],
  ['label', true, 'path', rgb, '.R=100.G=200.B=150', mixed],
  ['simple', false, 'path', string, 'blue', 'blue'],
  ['simple', false, 'path', strings, 'blue,black,brown', blue],
  ['simple', false, 'path', rgb, 'R,100,G,200,B,150', mixed],
  ['simple', true, 'path', string, 'blue', 'blue'],
  ['simple', true, 'path', strings, 'blue,black,brown', blue],
  ['simple', true, 'path', rgb, 'R=100,G=200,B=150', mixed],
  ['simple', false, 'header', string, '', ''],
  ['simple', false, 'header', string, 'blue', 'blue'],
  ['simple', false, 'header', strings, 'blue, black ,brown', blue],
  ['simple', false, 'header', rgb, 'R,100,G,200,B,150', mixed],
  ['simple', true, 'header', strings, 'blue,black,brown', blue],
  ['simple', true, 'header', rgb, 'R=100,G=200,B=150', mixed],
  ['form', false, 'query', string, 'color=', ''],
  ['form', false, 'query', string, 'color=blue', 'blue'],
  ['form', false, 'query', strings, 'color=blue,black,brown', blue],
  ['form', false, 'query', rgb, 'color=R,100,G,200,B,150', mixed],
  ['form', true, 'query', string, 'color=', ''],
  ['form', true, 'query', string, 'color=blue', 'blue'],
  ['form', true, 'query', strings, 'color=blue&color=black&color=brown', blue],
  ['form', true, 'query', strings, 'color=blue', ['blue']],
  ['form', true, 'query', rgb, 'R=100&G=200&B=150', mixed],
  ['form', false, 'cookie', string, 'color=', ''],
  ['form', false, 'cookie', string, 'color=blue', 'blue'],
  ['form', false, 'cookie', strings, 'color=blue,black,brown', blue],
  ['form', false, 'cookie', rgb, 'color=R,100,G,200,B,150', mixed],
  ['form', true, 'cookie', string, 'color=blue', 'blue'],
  ['form', true, 'cookie', strings, 'color=blue; color=black; color=brown', blue],
  ['form', true, 'cookie', rgb, 'R=100; G=200; B=150', mixed],
  ['spaceDelimited', false, 'query', strings, 'color=blue%20black%20brown', blue],
  ['spaceDelimited', false, 'query', strings, 'color=blue+black+brown', blue],
  ['spaceDelimited', false, 'query', rgb, 'color=R%20100%20G%20200%20B%20150', mixed],
  ['spaceDelimited', true, 'query', strings, 'color=blue&color=black&color=brown', blue],
  ['pipeDelimited', false, 'query', strings, 'color=blue|black|brown', blue],
  ['pipeDelimited', false, 'query', strings, 'color=blue%7Cblack%7Cbrown', blue],
  ['pipeDelimited', false, 'query', rgb, 'color=R|100|G|200|B|150', mixed],
  ['pipeDelimited', true, 'query', strings, 'color=blue&color=black&color=brown', blue],
  ['deepObject', true, 'query', rgb, 'color[R]=100&color[G]=200&color[B]=150', mixed],
  ['deepObject', true, 'query', rgb, 'color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150', mixed],
  ['deepObject', false, 'query', rgb, 'color[R]=100&color[G]=200&color[B]=150', mixed],
]

describe("the specification's table of styles", () => {
  for (const [style, explode, place, shape, text, want] of table) {
    const name = `${style}${explode ? ' exploded' : ''} ${shape.kind} in ${place}: ${text}`
    it(name, () => {
      assert.deepEqual(decode(plan({ style, explode, in: place, shape }), sent(place, text)), want)
    })
  }
})

describe('a text that is not in its style is refused', () => {
  const cases: [says: string, over: Partial<ParameterPlan>, text: string][] = [
    ['matrix without its prefix', { in: 'path', style: 'matrix' }, 'blue'],
    ['matrix under another name', { in: 'path', style: 'matrix' }, ';colour=blue'],
    [
      'one item under another name',
      { in: 'path', style: 'matrix', shape: strings },
      ';color=a;x=b',
    ],
    ['label without its dot', { in: 'path', style: 'label' }, 'blue'],
    [
      'a name without a value',
      { in: 'path', style: 'simple', explode: false, shape: rgb },
      'R,1,G',
    ],
    ['members without equals', { in: 'path', style: 'simple', shape: rgb }, 'R,G'],
    ['a member twice', { in: 'path', style: 'simple', shape: rgb }, 'R=1,R=2'],
    ['deepObject as a scalar', { style: 'deepObject', shape: rgb }, 'color=R'],
  ]
  for (const [says, over, text] of cases) {
    it(says, () => {
      const parameter = plan(over)
      assert.deepEqual(decode(parameter, sent(parameter.in, text)), ['color malformed'])
    })
  }
})

describe('text becomes a value', () => {
  const cases: [says: string, shape: Shape, text: string, want: unknown][] = [
    ['an integer', integer, '42', 42],
    ['a negative one', integer, '-7', -7],
    ['the largest int64, nearly', integer, '9223372036854775807', 2 ** 63],
    ['no hexadecimal', integer, '0x10', '0x10'],
    ['no leading zero', integer, '007', '007'],
    ['no plus sign', integer, '%2B1', '+1'],
    ['no space', integer, '+1', ' 1'],
    ['no fraction for an integer', integer, '1.0', '1.0'],
    ['no text for an integer', integer, '', ''],
    ['a number', scalar('number'), '-1.5e3', -1500],
    ['no infinity', scalar('number'), '1e999', '1e999'],
    ['no NaN', scalar('number'), 'NaN', 'NaN'],
    ['true', scalar('boolean'), 'true', true],
    ['not True', scalar('boolean'), 'True', 'True'],
    ['not 1', scalar('boolean'), '1', '1'],
    ['null where texts are not allowed', scalar('integer', 'null'), '', null],
    ['no null where they are', scalar('null', 'string'), 'null', 'null'],
    ['a text stays text', string, '42', '42'],
    ['a plus is a space', string, 'a+b', 'a b'],
    ['an escaped plus is a plus', string, 'a%2Bb', 'a+b'],
    ['UTF-8', string, '%C3%A9', 'é'],
    ['an escaped comma', string, 'a%2Cb', 'a,b'],
  ]
  for (const [says, shape, text, want] of cases) {
    it(says, () => assert.deepEqual(decode(plan({ shape }), sent('query', `color=${text}`)), want))
  }
})

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
      ['color malformed'],
    ],
    [
      'JSON content with a key twice',
      { contentType: 'application/json' },
      { query: 'color={"a":1,"a":2}' },
      ['color malformed'],
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
