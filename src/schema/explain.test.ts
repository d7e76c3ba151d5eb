import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createSchemaCompiler, linkSchemas } from '../schema.ts'

function explained(schema: unknown, value: unknown): string[] {
  const uri = 'test:schema'
  const compiler = createSchemaCompiler({ documents: new Map([[uri, schema]]) })
  const number = compiler.add({ uri, pointer: '' }, 'openapi-3.1')
  const { plan } = compiler.finish()
  const errors = linkSchemas(plan)(number).errors(value, 10)
  return errors.map(({ pointer, issue, message }) => `${pointer} ${issue}: ${message}`)
}

const cat = { type: 'object', required: ['meow'], properties: { kind: { const: 'cat' }, meow: {} } }
const dog = { type: 'object', required: ['bark'], properties: { kind: { const: 'dog' }, bark: {} } }
const byName = {
  oneOf: [{ $ref: '#/$defs/Cat' }, { $ref: '#/$defs/Dog' }],
  discriminator: { propertyName: 'type', mapping: { woof: '#/$defs/Dog' } },
  $defs: {
    Cat: { type: 'object', required: ['meow'] },
    Dog: { type: 'object', required: ['bark'] },
  },
}

const cases: [string, unknown, unknown, string[]][] = [
  ['a type', { type: ['integer', 'null'] }, 'a', [' invalid_type: must be null or an integer']],
  [
    'only the type, where it is wrong',
    { type: 'string', enum: ['a'] },
    1,
    [' invalid_type: must be a string'],
  ],
  ['lengths', { minLength: 2 }, '😀', [' too_short: must have at least 2 characters']],
  ['a format', { format: 'email' }, 'x', [' invalid_format: must be a valid email address']],
  ['an encoding', { format: 'byte' }, 'x', [' invalid_format: must be valid base64']],
  ['a range', { format: 'int8' }, 300, [' invalid_format: must be an 8-bit integer']],
  ['a bound that is excluded', { exclusiveMinimum: 0 }, 0, [' too_small: must be above 0']],
  ['a step', { multipleOf: 0.01 }, 0.075, [' not_multiple: must be a multiple of 0.01']],
  [
    'properties, by pointer',
    { required: ['a/b'], properties: { c: { type: 'null' } }, additionalProperties: false },
    { c: 1, d: 1 },
    [
      '/a~1b required: must be there',
      '/c invalid_type: must be null',
      '/d unknown_property: must not be there: no property of this name is declared',
    ],
  ],
  [
    'numbers of properties',
    { maxProperties: 1 },
    { a: 1, b: 2 },
    [' too_many_properties: must have at most 1 property'],
  ],
  [
    'names',
    { propertyNames: { maxLength: 1 } },
    { ab: 1 },
    ['/ab invalid_property_name: must have a name that follows the rule for names'],
  ],
  ['items', { items: { type: 'null' } }, [null, 1], ['/1 invalid_type: must be null']],
  [
    'items beyond the last',
    { prefixItems: [{}], items: false },
    [1, 2],
    [' too_many_items: must have at most 1 item'],
  ],
  [
    'what contains lacks',
    { contains: { const: 1 } },
    [2],
    [' too_few_matches: must have at least 1 item of the wanted kind'],
  ],
  [
    'unevaluated properties',
    { allOf: [{ properties: { a: {} } }], unevaluatedProperties: false },
    { a: 1, b: 2 },
    ['/b unknown_property: must not be there: no property of this name is declared'],
  ],
  [
    'the branch that a constant names',
    { oneOf: [cat, dog] },
    { kind: 'dog' },
    ['/bark required: must be there'],
  ],
  [
    'the branch of the type',
    { anyOf: [cat, { type: 'string' }] },
    {},
    ['/meow required: must be there'],
  ],
  [
    'no branch of the type',
    { anyOf: [cat, { type: 'string' }] },
    1,
    [' invalid_type: must be a string or an object'],
  ],
  ['no clear branch', { oneOf: [cat, dog] }, {}, [' no_match: must match one of the alternatives']],
  [
    'several branches',
    { oneOf: [{}, {}] },
    1,
    [' several_match: must match one alternative, not several'],
  ],
  [
    'the branch that a discriminator maps',
    byName,
    { type: 'woof' },
    ['/bark required: must be there'],
  ],
  [
    'the branch that a discriminator implies',
    byName,
    { type: 'Cat' },
    ['/meow required: must be there'],
  ],
  [
    'a discriminator of nobody',
    byName,
    { type: 'x' },
    ['/type not_in_enum: must name one of the alternatives: woof, Cat, Dog'],
  ],
  [
    'a missing discriminator',
    byName,
    {},
    ['/type required: must be there: it tells the alternatives apart'],
  ],
  [
    'the branch of a condition',
    // oxlint-disable-next-line unicorn/no-thenable -- the keyword of JSON Schema
    { if: { type: 'string' }, then: { maxLength: 1 }, else: false },
    'ab',
    [' too_long: must have at most 1 character'],
  ],
]

suite('errors name', () => {
  for (const [says, schema, value, want] of cases) {
    test(says, () => assert.deepEqual(explained(schema, value), want))
  }
})
