import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createSchemaCompiler, type Dialect, type Direction, linkSchemas } from '../schema.ts'

const uri = 'file:///api.json'

function compiled(schema: unknown, dialect: Dialect, direction?: Direction, pointer = '') {
  const compiler = createSchemaCompiler({ documents: new Map([[uri, schema]]) })
  const number = compiler.add({ uri, pointer }, dialect, direction)
  const { plan, problems } = compiler.finish()
  return { check: linkSchemas(plan)(number), plan, problems }
}

const said = (schema: unknown, dialect: Dialect = 'openapi-3.1'): string[] =>
  compiled(schema, dialect).problems.map(
    ({ severity, pointer, message }) => `${severity} ${pointer}: ${message}`,
  )

suite('problems say what and where', () => {
  const cases: [string, unknown, Dialect, string[]][] = [
    [
      'a reference that leads nowhere',
      { properties: { a: { $ref: '#/b' } } },
      'openapi-3.1',
      ["error /properties/a/$ref: '$ref' leads nowhere: #/b"],
    ],
    [
      'a value of the wrong form',
      { maxLength: '3', items: 1 },
      'openapi-3.0',
      [
        "error /maxLength: 'maxLength' must be a whole number from 0",
        'error /items: a schema must be an object, true or false',
      ],
    ],
    [
      'an unknown keyword, once',
      { foo: 1, properties: { a: { foo: 2, 'x-b': 1 } } },
      'openapi-3.1',
      ["note /foo: 'foo' is no keyword of this dialect and checks nothing"],
    ],
    [
      'a keyword that is nearly one',
      { maxLenght: 3 },
      'openapi-3.1',
      [
        "note /maxLenght: 'maxLenght' is no keyword of this dialect and checks nothing (did you mean 'maxLength'?)",
      ],
    ],
    ['an unknown keyword of plain JSON Schema, never', { foo: 1 }, '2020-12', []],
    [
      'an unknown format, once',
      { properties: { a: { format: 'snowflake' }, b: { format: 'snowflake' } } },
      'openapi-3.1',
      ["note /properties/a/format: format 'snowflake' is not known here and checks nothing"],
    ],
    [
      'a metaschema of another time',
      { $schema: 'http://json-schema.org/draft-07/schema#' },
      'openapi-3.1',
      [
        'warning /$schema: the metaschema http://json-schema.org/draft-07/schema# is not known here: read as JSON Schema 2020-12',
      ],
    ],
    [
      'a pattern that is refused',
      { pattern: '(a)\\1' },
      'openapi-3.1',
      [
        'error /pattern: the pattern cannot be matched in linear time: it refers back to what a group matched',
      ],
    ],
    [
      'nullable without a type',
      { nullable: true, allOf: [{}] },
      'openapi-3.0',
      ["warning /nullable: 'nullable' has no effect without 'type' beside it"],
    ],
    [
      'a schema that only leads back to itself',
      { anyOf: [{ $ref: '#' }] },
      'openapi-3.1',
      ['error : the schema leads back to itself without end'],
    ],
    [
      'a pointer is escaped',
      { properties: { 'a/b': 1 } },
      '2020-12',
      ['error /properties/a~1b: a schema must be an object, true or false'],
    ],
  ]
  for (const [says, schema, dialect, want] of cases) {
    test(says, () => assert.deepEqual(said(schema, dialect), want))
  }
  test('an address without a schema', () => {
    const { problems } = compiled({}, 'openapi-3.1', undefined, '/nowhere')
    assert.deepEqual(problems, [
      { severity: 'error', uri, pointer: '/nowhere', message: 'there is no schema here' },
    ])
  })
})

suite('OpenAPI 3.0', () => {
  const cases: [string, unknown, unknown, boolean][] = [
    ['nullable adds null', { type: 'string', nullable: true }, null, true],
    ['nullable: false does not', { type: 'string', nullable: false }, null, false],
    ['an enum must list null too', { type: 'string', nullable: true, enum: ['a'] }, null, false],
    ['exclusiveMinimum is a flag', { minimum: 1, exclusiveMinimum: true }, 1, false],
    ['which may be off', { minimum: 1, exclusiveMinimum: false }, 1, true],
    ['const is unknown', { const: 1 }, 2, true],
    ['siblings of $ref are ignored', { $ref: '#/x', maxLength: 1, x: {} }, 'abc', true],
    [
      '$id changes nothing',
      { $id: 'http://x/', allOf: [{ $ref: '#/y' }], y: { type: 'null' } },
      null,
      true,
    ],
    ['int32 is asserted', { type: 'integer', format: 'int32' }, 2 ** 31, false],
    ['int32 says nothing of texts', { type: 'string', format: 'int32' }, 'x', true],
    ['int64 speaks of texts too', { type: 'string', format: 'int64' }, 'x', false],
  ]
  for (const [says, schema, value, want] of cases) {
    test(says, () => assert.equal(compiled(schema, 'openapi-3.0').check.valid(value), want))
  }
})

suite('direction', () => {
  const schema = {
    type: 'object',
    required: ['id', 'secret', 'name', 'ref'],
    properties: {
      id: { readOnly: true },
      secret: { writeOnly: true },
      name: {},
      ref: { $ref: '#/$defs/created' },
    },
    $defs: { created: { readOnly: true } },
  }
  const required = (direction?: Direction): string[] =>
    compiled(schema, 'openapi-3.1', direction)
      .check.errors({}, 9)
      .map((error) => error.pointer)
  const cases: [string, Direction | undefined, string[]][] = [
    ['a request needs nothing that is readOnly', 'request', ['/secret', '/name']],
    ['a reply needs nothing that is writeOnly', 'reply', ['/id', '/name', '/ref']],
    ['without one all is needed', undefined, ['/id', '/secret', '/name', '/ref']],
  ]
  for (const [says, direction, want] of cases) {
    test(says, () => assert.deepEqual(required(direction), want))
  }
})

suite('the plan', () => {
  test('has one number for one address, dialect and direction', () => {
    const documents = new Map([[uri, { a: { not: { readOnly: true } }, b: {} }]])
    const compiler = createSchemaCompiler({ documents })
    const first = compiler.add({ uri, pointer: '/a' }, 'openapi-3.1')
    assert.equal(compiler.add({ uri, pointer: '/a' }, 'openapi-3.1'), first)
    assert.notEqual(compiler.add({ uri, pointer: '/b' }, 'openapi-3.1'), first)
    assert.notEqual(compiler.add({ uri, pointer: '/a' }, 'openapi-3.0'), first)
    const way = (pointer: string, direction?: Direction) =>
      compiler.add({ uri, pointer }, 'openapi-3.1', direction)
    assert.notEqual(way('/a', 'request'), first)
    assert.notEqual(way('/a', 'request'), way('/a', 'reply'))
    assert.equal(way('/b', 'request'), way('/b'))
  })
  test('says what is written twice once', () => {
    const one = { type: 'object', properties: { a: { type: 'string', maxLength: 3 } } }
    const { plan } = compiled({ properties: { a: one, b: structuredClone(one) } }, 'openapi-3.1')
    assert.equal(plan.nodes.filter((node) => typeof node === 'object').length, 3)
  })
  test('crosses documents and their base addresses', () => {
    const documents = new Map<string, unknown>([
      ['file:///api/main.json', { openapi: '3.1.0', a: { $ref: 'schemas/b.json#/$defs/c' } }],
      ['file:///api/schemas/b.json', { $defs: { c: { $ref: '../d.json' } } }],
      ['file:///api/d.json', { type: 'boolean' }],
    ])
    const compiler = createSchemaCompiler({ documents })
    const number = compiler.add({ uri: 'file:///api/main.json', pointer: '/a' }, 'openapi-3.1')
    const { plan, problems } = compiler.finish()
    assert.deepEqual(problems, [])
    assert.deepEqual([true, 1].map(linkSchemas(plan)(number).valid), [true, false])
  })
})
