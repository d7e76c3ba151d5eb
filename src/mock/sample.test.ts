import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fixtureNames, fixturePath, fixturesAbsent } from '../../test/fixtures.ts'
import { readContract } from '../contract.ts'
import { loadDocuments } from '../load.ts'
import type { Dialect } from '../schema.ts'
import { readReplies } from './read-replies.ts'
import { sample } from './sample.ts'
import { readSchemas, type Schemas } from './schemas.ts'

const uri = 'file:///s.json'

function compiled(schema: unknown, dialect: Dialect = 'openapi-3.1'): [Schemas, number] {
  const reader = readSchemas(new Map([[uri, { schema, ...defs }]]), dialect)
  const number = reader.add({ uri, pointer: '/schema' }, 'reply')
  return [reader.finish(), number]
}

const tree = {
  type: 'object',
  required: ['label', 'children'],
  properties: {
    label: { type: 'string' },
    children: { type: 'array', items: { $ref: '#/defs/tree' } },
  },
}
const link = {
  type: 'object',
  required: ['next'],
  properties: { next: { anyOf: [{ $ref: '#/defs/link' }, { type: 'null' }] } },
}
const cat = {
  type: 'object',
  required: ['kind', 'lives'],
  properties: { kind: { type: 'string' }, lives: { type: 'integer' } },
}
const dog = {
  type: 'object',
  required: ['kind', 'trick'],
  properties: { kind: { type: 'string' }, trick: { type: 'string' } },
}
const endless = { type: 'object', required: ['me'], properties: { me: { $ref: '#/defs/endless' } } }
const defs = { defs: { tree, link, cat, dog, endless } }

const made = (schema: unknown, seed = 1, examples = true): unknown => {
  const [schemas, number] = compiled(schema)
  const found = sample(schemas, number, { seed, examples })
  assert.ok('value' in found, JSON.stringify(found))
  assert.ok(schemas.check(number).valid(found.value), JSON.stringify(found.value))
  return found.value
}

const keep = (names: string[]) => ({
  type: 'object',
  properties: Object.fromEntries(names.map((name) => [name, { type: 'integer' }])),
})

/** As text: an object with a `then` is taken for a promise. */
const conditional: unknown = JSON.parse(`{
  "type": "object", "required": ["kind"], "properties": { "kind": { "enum": ["a", "b"] } },
  "if": { "properties": { "kind": { "const": "a" } } },
  "then": { "required": ["x"] }, "else": { "required": ["y"] }
}`)

const textFormats =
  'date-time date time duration email hostname ipv4 ipv6 uri uri-reference iri iri-reference'
    .concat(' uri-template uuid byte base64url json-pointer relative-json-pointer regex')
    .concat(' password binary of-their-own')
    .split(' ')

const satisfiable: [says: string, schema: unknown][] = [
  ...textFormats.map((format): [string, unknown] => [
    `format ${format}`,
    { type: 'string', format },
  ]),
  ...['int8', 'int32', 'int64', 'uint8', 'uint64', 'float', 'double'].map(
    (format): [string, unknown] => [`format ${format}`, { type: 'number', format }],
  ),
  ['nothing but true', true],
  ['an empty schema', {}],
  ['a text of a length', { type: 'string', minLength: 300, maxLength: 301 }],
  ['a text of one letter', { type: 'string', maxLength: 1 }],
  ['an empty text', { type: 'string', maxLength: 0 }],
  ['an id by pattern', { type: 'string', pattern: '^ch_[a-z0-9]{6,32}$' }],
  ['a pattern with a length', { type: 'string', pattern: '^[A-Za-z]+$', minLength: 40 }],
  ['a pattern somewhere in the text', { type: 'string', pattern: '\\d{3}', maxLength: 5 }],
  ['a pattern with choices', { type: 'string', pattern: '^(?:GET|PUT) /(?:a|b)*$' }],
  ['a pattern of a class negated', { type: 'string', pattern: '^[^a-z0-9]{4}$' }],
  ['a pattern with a condition', { type: 'string', pattern: '^(?=.*[0-9]).{4,8}$' }],
  ['a pattern of a property', { type: 'string', pattern: '^\\p{Lu}\\p{Ll}+$' }],
  ['a format with a length', { type: 'string', format: 'email', maxLength: 30 }],
  ['a whole number in a corner', { type: 'integer', minimum: 7, exclusiveMaximum: 8 }],
  ['a number between two', { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 0.001 }],
  ['a multiple', { type: 'number', multipleOf: 0.05, minimum: 3.01, maximum: 3.06 }],
  ['a whole multiple', { type: 'integer', multipleOf: 2.5, minimum: 11 }],
  ['below nothing', { type: 'integer', maximum: -1000 }],
  ['distinct items', { type: 'array', items: { enum: [1, 2, 3] }, uniqueItems: true, minItems: 3 }],
  [
    'distinct items with one example',
    { type: 'array', uniqueItems: true, minItems: 2, items: { type: 'string', examples: ['a'] } },
  ],
  ['no items', { type: 'array', items: false }],
  [
    'items by place',
    { type: 'array', prefixItems: [{ const: 1 }, { type: 'null' }], items: false },
  ],
  ['items that contain one', { type: 'array', contains: { const: 'x' }, minContains: 2 }],
  [
    'what has to come along',
    {
      type: 'object',
      required: ['a'],
      dependentRequired: { a: ['b'], b: ['c'] },
      properties: { b: { type: 'integer' } },
    },
  ],
  [
    'names by pattern',
    {
      type: 'object',
      patternProperties: { '^x-[a-z]+$': { type: 'integer' } },
      minProperties: 2,
      additionalProperties: false,
    },
  ],
  [
    'names that follow a schema',
    { type: 'object', propertyNames: { enum: ['left', 'right'] }, minProperties: 2 },
  ],
  ['a map', { type: 'object', additionalProperties: { type: 'boolean' }, minProperties: 1 }],
  ['no more than one property', { ...keep(['a', 'b']), maxProperties: 1 }],
  [
    'all of several',
    { allOf: [keep(['a']), { required: ['a', 'z'] }, { properties: { a: { minimum: 9 } } }] },
  ],
  ['one of several that overlap', { oneOf: [{ type: 'integer' }, { type: 'number', minimum: 5 }] }],
  [
    'one of two objects alike',
    {
      oneOf: [
        { ...keep(['a']), required: ['a'] },
        { ...keep(['b']), required: ['b'] },
      ],
    },
  ],
  [
    'any of several',
    { anyOf: [{ type: 'string', maxLength: 0, minLength: 1 }, { type: 'boolean' }] },
  ],
  ['not that', { type: 'integer', minimum: 1, maximum: 2, not: { const: 1 } }],
  ['if and then', conditional],
  [
    'a discriminator',
    {
      oneOf: [{ $ref: '#/defs/cat' }, { $ref: '#/defs/dog' }],
      discriminator: { propertyName: 'kind' },
    },
  ],
  ['a tree', { $ref: '#/defs/tree' }],
  ['a chain', { $ref: '#/defs/link' }],
  ['what is evaluated alone', { allOf: [keep(['a'])], unevaluatedProperties: false }],
  ['a nullable list', { type: ['array', 'null'], items: { type: 'string' } }],
]

for (const [says, schema] of satisfiable) {
  test(`a value is made up for ${says}, whatever the seed`, () => {
    for (let seed = 0; seed < 20; seed++) made(schema, seed, seed % 2 === 0)
  })
}

const unsatisfiable: [says: string, schema: unknown][] = [
  ['false', false],
  ['bounds that cross', { type: 'integer', minimum: 2, maximum: 1 }],
  ['types that exclude each other', { allOf: [{ type: 'string' }, { type: 'object' }] }],
  [
    'a required property that may not be there',
    { type: 'object', required: ['a'], properties: { a: false } },
  ],
  ['an object without end', { $ref: '#/defs/endless' }],
  ['a text of a hundred million letters', { type: 'string', pattern: '^(?:a{10000}){10000}$' }],
  [
    'more distinct items than there are',
    { type: 'array', minItems: 3, uniqueItems: true, items: { type: 'boolean' } },
  ],
]

for (const [says, schema] of unsatisfiable) {
  test(`of ${says} it is said that there is no value`, () => {
    const [schemas, number] = compiled(schema)
    assert.ok('problem' in sample(schemas, number, { seed: 1, examples: true }))
  })
}

test('examples come first where they are what the schema says', () => {
  assert.equal(made({ type: 'string', examples: ['general'] }), 'general')
  assert.equal(made({ type: 'string', default: 'en' }), 'en')
  assert.notEqual(made({ type: 'string', maxLength: 3, examples: ['general'] }), 'general')
  assert.deepEqual(made({ ...keep(['a']), example: { a: 4 } }), { a: 4 })
})

test('equal schemas do not share their examples', () => {
  const text = { type: 'string', maxLength: 40 }
  const value = made({
    type: 'object',
    properties: { first: { ...text, examples: ['mine'] }, second: text },
  }) as { second: string }
  assert.notEqual(value.second, 'mine')
})

test('a reply holds what is read only and nothing that is write only', () => {
  const properties = {
    id: { type: 'string', readOnly: true },
    password: { type: 'string', writeOnly: true },
  }
  const value = made({ type: 'object', properties, required: ['id', 'password'] })
  assert.ok(Object.hasOwn(value as object, 'id'))
  assert.ok(!Object.hasOwn(value as object, 'password'))
})

test('nullable of OpenAPI 3.0 is read as such, and null comes last', () => {
  const [schemas, number] = compiled({ type: 'string', nullable: true }, 'openapi-3.0')
  const found = sample(schemas, number, { seed: 3, examples: true })
  assert.ok('value' in found && typeof found.value === 'string')
})

test('the same seed makes the same value, another one another', () => {
  const schema = { type: 'object', properties: { id: { type: 'string', format: 'uuid' } } }
  assert.deepEqual(made(schema, 5), made(schema, 5))
  assert.notDeepEqual(made(schema, 5), made(schema, 6))
})

test('of any schema it makes a value that is valid, or says that it found none', () => {
  fc.assert(
    fc.property(anySchema, fc.nat(), (schema, seed) => {
      const [schemas, number] = compiled(schema)
      const found = sample(schemas, number, { seed, examples: true })
      return 'problem' in found || schemas.check(number).valid(found.value)
    }),
    { numRuns: 300 },
  )
})

const count = fc.integer({ min: 0, max: 6 })
const { schema: anySchema } = fc.letrec<{ schema: unknown }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 4 },
    fc.boolean(),
    fc.record({ type: fc.constant('string'), minLength: count, maxLength: count }),
    fc.record({ type: fc.constant('integer'), minimum: count, multipleOf: fc.constant(3) }),
    fc.record({ enum: fc.array(count, { minLength: 1, maxLength: 3 }) }),
    fc.record({ type: fc.constant('array'), items: tie('schema'), minItems: count }),
    fc.record({
      type: fc.constant('object'),
      properties: fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('schema')),
      required: fc.subarray(['a', 'b', 'c']),
      additionalProperties: tie('schema'),
    }),
    ...(['allOf', 'anyOf', 'oneOf'] as const).map((word) =>
      fc.record({ [word]: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }) }),
    ),
    fc.record({ not: tie('schema') }),
  ),
}))

const contracts = [
  new URL('../../examples/chat/openapi.yaml', import.meta.url).pathname,
  ...(fixturesAbsent === false
    ? fixtureNames('contracts').map((name) => fixturePath('contracts', name))
    : []),
]

for (const file of contracts) {
  test(`every reply of ${file.split('/').at(-1)} can be made up, and is valid`, async () => {
    const { documents } = await loadDocuments(file)
    const { operations, schemas } = readReplies(readContract(documents), documents)
    const media = operations.flatMap(({ replies }) => replies.flatMap((one) => one.media))
    const numbers = media.map(({ schema }) => schema).filter((one) => one !== undefined)
    assert.ok(numbers.length > 0)
    for (const [at, number] of numbers.entries()) {
      for (const examples of [true, false]) {
        const found = sample(schemas, number, { seed: at, examples })
        assert.ok('value' in found, JSON.stringify(found))
        assert.ok(schemas.check(number).valid(found.value))
      }
    }
  })
}

test('the contracts of others are there', { skip: fixturesAbsent }, () => {
  assert.ok(contracts.length > 1)
})
