// `readOnly` and `writeOnly`: what a request, and a reply, need not hold and must not, whichever
// schema declares it and whichever requires it.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createSchemaCompiler } from './compile.ts'
import { linkSchemas } from './link.ts'
import type { Dialect, Direction } from './types.ts'

const uri = 'file:///c.json'

const id = { type: 'integer', readOnly: true }
const secret = { type: 'string', writeOnly: true }

const schemas = {
  Id: id,
  Base: { type: 'object', properties: { id, name: { type: 'string' } }, required: ['id', 'name'] },
  Loop: {
    type: 'object',
    properties: { id, next: { $ref: '#/components/schemas/Loop' } },
    required: ['id'],
  },
  Cat: { type: 'object', properties: { meow: {} }, required: ['id', 'meow'] },
  Dog: { type: 'object', properties: { bark: {} }, required: ['id', 'bark'] },
}

function issuesOf(
  schema: object,
  value: unknown,
  direction: Direction | undefined,
  {
    oneWay = 'refuse',
    dialect = 'openapi-3.1',
  }: { oneWay?: 'refuse' | 'pass'; dialect?: Dialect } = {},
): string[] {
  const openapi = { openapi: '3.1.0', components: { schemas }, schema }
  const compiler = createSchemaCompiler({ documents: new Map([[uri, openapi]]) })
  const number = compiler.add({ uri, pointer: '/schema' }, dialect, direction)
  const { plan, problems } = compiler.finish()
  assert.deepEqual(problems, [])
  const check = linkSchemas(JSON.parse(JSON.stringify(plan)))(number, oneWay)
  const errors = check.errors(value, 10)
  assert.equal(check.valid(value), errors.length === 0)
  return errors.map(({ pointer, issue }) => `${pointer} ${issue}`)
}

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` })
/** As text: what has a member `then` would pass for a promise. */
const when = (condition: object, schema: object): object =>
  JSON.parse(`{"if": ${JSON.stringify(condition)}, "then": ${JSON.stringify(schema)}}`)

const user = { type: 'object', properties: { id, secret }, required: ['id', 'secret'] }

type Case = [says: string, schema: object, value: unknown, inRequest: string[], inReply: string[]]

const cases: Case[] = [
  ['each way its own', user, { id: 1, secret: 'x' }, ['/id read_only'], ['/secret write_only']],
  ['what is for a request', user, { secret: 'x' }, [], ['/id required', '/secret write_only']],
  ['what is for a reply', user, { id: 1 }, ['/secret required', '/id read_only'], []],
  [
    'beside `additionalProperties: false`',
    { ...user, additionalProperties: false },
    { id: 'x', secret: 1 },
    ['/id read_only', '/secret invalid_type'],
    ['/secret write_only', '/id invalid_type'],
  ],
  [
    'beside patterns',
    { ...user, patternProperties: { '^i': { type: 'string' } } },
    { id: 1 },
    ['/secret required', '/id read_only', '/id invalid_type'],
    ['/id invalid_type'],
  ],
  [
    'by reference',
    { properties: { a: ref('Id') }, required: ['a'] },
    { a: 1 },
    ['/a read_only'],
    [],
  ],
  [
    'by reference with a flag beside it',
    { properties: { a: { $ref: '#/components/schemas/Dog', readOnly: true } }, required: ['a'] },
    {},
    [],
    ['/a required'],
  ],
  [
    'by `allOf`',
    { properties: { a: { allOf: [ref('Id'), {}] } }, required: ['a'] },
    {},
    [],
    ['/a required'],
  ],
  [
    'nested',
    { properties: { a: user } },
    { a: { id: 1, secret: 'x' } },
    ['/a/id read_only'],
    ['/a/secret write_only'],
  ],
  [
    'in lists',
    { items: user },
    [{ secret: 'x' }, { id: 1 }],
    ['/1/secret required', '/1/id read_only'],
    ['/0/id required', '/0/secret write_only'],
  ],
  [
    'required where it is included',
    { allOf: [ref('Base'), { required: ['id'] }] },
    { name: 'x' },
    [],
    ['/id required', '/id required'],
  ],
  [
    'required beside what it includes',
    { $ref: '#/components/schemas/Base', required: ['id'] },
    { name: 'x' },
    [],
    ['/id required', '/id required'],
  ],
  [
    'declared beside, required where it is included',
    { properties: { id }, allOf: [{ required: ['id', 'x'] }] },
    {},
    ['/x required'],
    ['/id required', '/x required'],
  ],
  [
    'declared and required in two that are included',
    { allOf: [{ properties: { id } }, { allOf: [{ required: ['id'] }] }] },
    {},
    [],
    ['/id required'],
  ],
  [
    'declared by the one, required by an alternative',
    { properties: { id }, oneOf: [ref('Cat'), ref('Dog')] },
    { meow: 1 },
    [],
    [' no_match'],
  ],
  [
    'declared by the one, required by an alternative of what is included',
    { properties: { id }, allOf: [{ anyOf: [ref('Cat')] }] },
    { meow: 1 },
    [],
    ['/id required'],
  ],
  [
    'asked for, not required',
    { properties: { id, a: {} }, oneOf: [{ required: ['id'] }, { required: ['a'] }] },
    { a: 1 },
    [],
    [],
  ],
  ['asked for by `not`', { not: { properties: { id }, required: ['id'] } }, {}, [], []],
  [
    'asked for by `if`',
    { properties: { id }, ...when({ required: ['id'] }, { required: ['x'] }) },
    {},
    [],
    [],
  ],
  [
    'required by `then`',
    { properties: { id, a: {} }, ...when({ required: ['a'] }, { required: ['id'] }) },
    { a: 1 },
    [],
    ['/id required'],
  ],
  [
    'needed by another',
    { properties: { id }, dependentRequired: { a: ['id'] } },
    { a: 1 },
    [],
    ['/id required'],
  ],
  [
    'in a circle',
    ref('Loop'),
    { next: { next: { id: 1 } } },
    ['/next/next/id read_only'],
    ['/id required', '/next/id required'],
  ],
  [
    'of the whole value nothing is meant',
    { type: 'object', readOnly: true, writeOnly: true },
    {},
    [],
    [],
  ],
  [
    'a flag that is false',
    { properties: { a: { readOnly: false } }, required: ['a'] },
    {},
    ['/a required'],
    ['/a required'],
  ],
  [
    'a property named like a flag',
    { properties: { readOnly: { type: 'boolean' } }, required: ['readOnly'] },
    { readOnly: true },
    [],
    [],
  ],
  [
    'a property named like nothing else',
    JSON.parse('{"properties":{"__proto__":{"readOnly":true}},"required":["__proto__"]}'),
    JSON.parse('{"__proto__":1}'),
    ['/__proto__ read_only'],
    [],
  ],
  [
    'covers for unevaluated ones',
    { ...user, unevaluatedProperties: false },
    { secret: 'x', a: 1 },
    ['/a unknown_property'],
    ['/id required', '/secret write_only'],
  ],
]

describe('properties that go one way', () => {
  for (const [says, schema, value, inRequest, inReply] of cases) {
    test(says, () => {
      assert.deepEqual(issuesOf(schema, value, 'request'), inRequest, 'request')
      assert.deepEqual(issuesOf(schema, value, 'reply'), inReply, 'reply')
    })
  }

  test('may pass, and are then held against their own schemas', () => {
    const oneWay = 'pass'
    assert.deepEqual(issuesOf(user, { id: 1, secret: 'x' }, 'request', { oneWay }), [])
    assert.deepEqual(issuesOf(user, { id: 'x' }, 'request', { oneWay }), [
      '/secret required',
      '/id invalid_type',
    ])
    assert.deepEqual(issuesOf(user, { secret: 1 }, 'reply', { oneWay }), [
      '/id required',
      '/secret invalid_type',
    ])
  })

  test('are the same in OpenAPI 3.0, where nothing counts beside `$ref`', () => {
    const dialect = 'openapi-3.0'
    assert.deepEqual(issuesOf(user, { id: 1 }, 'request', { dialect }), [
      '/secret required',
      '/id read_only',
    ])
    const beside = { properties: { a: { ...ref('Dog'), readOnly: true } }, required: ['a'] }
    assert.deepEqual(issuesOf(beside, {}, 'request', { dialect }), ['/a required'])
    const all = { properties: { a: { allOf: [ref('Dog')], readOnly: true } }, required: ['a'] }
    assert.deepEqual(issuesOf(all, {}, 'request', { dialect }), [])
  })

  test('mean nothing without a direction', () => {
    assert.deepEqual(issuesOf(user, { id: 1, secret: 'x' }, undefined), [])
    assert.deepEqual(issuesOf(user, {}, undefined), ['/id required', '/secret required'])
  })
})

test('schemas that include each other without end count one by one, and it is said', () => {
  const count = 1_500
  const chain = Array.from({ length: count }, (_, at) => ({
    properties: { [`p${at}`]: { readOnly: true } },
    required: [`p${at}`],
    allOf: at + 1 < count ? [ref(`s${at + 1}`)] : [true],
  }))
  const entries = chain.map((schema, at) => [`s${at}`, schema] as const)
  const documents = new Map([
    [uri, { openapi: '3.1.0', components: { schemas: Object.fromEntries(entries) } }],
  ])
  const compiler = createSchemaCompiler({ documents })
  const number = compiler.add({ uri, pointer: '/components/schemas/s0' }, 'openapi-3.1', 'request')
  const { plan, problems } = compiler.finish()
  assert.deepEqual(
    problems.map(({ severity, message }) => [severity, message.slice(0, 27)]),
    [['warning', 'schemas include each other ']],
  )
  const check = linkSchemas(plan)(number)
  assert.equal(check.valid({}), true)
  assert.equal(check.valid({ p0: 1 }), false)
})

test('what has no such property is one schema for both ways', () => {
  const tree = (depth: number): object =>
    depth === 0
      ? { type: 'string' }
      : { properties: { a: tree(depth - 1), b: { items: { type: 'null' } } } }
  const loop = { properties: { next: { $ref: '#/loop' } } }
  const documents = new Map([[uri, { openapi: '3.1.0', tree: tree(5), loop, user }]])
  const compiler = createSchemaCompiler({ documents })
  const add = (name: string, direction: Direction) =>
    compiler.add({ uri, pointer: `/${name}` }, 'openapi-3.1', direction)
  const names = ['tree', 'loop', 'user']
  const pairs = names.map((name) => [add(name, 'request'), add(name, 'reply')] as const)
  const { nodes } = compiler.finish().plan
  const end = (number: number): unknown => {
    const node = nodes[number]
    return typeof node === 'number' ? end(node) : number
  }
  assert.deepEqual(
    pairs.map(([one, other]) => end(one) === end(other)),
    [true, true, false],
  )
})
