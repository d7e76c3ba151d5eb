// Which alternative a discriminator says was meant: by name, by mapping, by default; and that it
// says nothing about what is right.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createSchemaCompiler } from './compile.ts'
import { linkSchemas } from './link.ts'
import type { Dialect } from './types.ts'

const uri = 'file:///api/main.json'
const component = (name: string) => ({ $ref: `#/components/schemas/${name}` })
const kinds = [component('Cat'), component('Dog')]

const components = {
  Cat: { type: 'object', required: ['meow'] },
  Dog: { type: 'object', required: ['bark'] },
  Alias: component('Dog'),
  'a/b': { type: 'object', required: ['slash'] },
  Other: { type: 'object', required: ['other'] },
}

function compiled(schema: object, dialect: Dialect = 'openapi-3.1') {
  const documents = new Map<string, unknown>([
    [uri, { openapi: '3.2.0', schema, components: { schemas: components } }],
    ['file:///api/files/fish.yaml', { type: 'object', required: ['fin'] }],
  ])
  const compiler = createSchemaCompiler({ documents })
  const number = compiler.add({ uri, pointer: '/schema' }, dialect)
  const { plan, problems } = compiler.finish()
  const check = linkSchemas(JSON.parse(JSON.stringify(plan)))(number)
  return { check, said: problems.map((one) => `${one.severity} ${one.pointer} ${one.message}`) }
}

function explained(schema: object, value: unknown, dialect?: Dialect): string[] {
  const { check, said } = compiled(schema, dialect)
  assert.deepEqual(said, [])
  return check.errors(value, 10).map((one) => `${one.pointer} ${one.message}`)
}

const by = (mapping: object | undefined, alternatives: object[] = kinds, more: object = {}) => ({
  oneOf: alternatives,
  discriminator: { propertyName: 'kind', ...(mapping && { mapping }), ...more },
})

const isDog = ['/bark must be there']
const isCat = ['/meow must be there']
const noneOf = (names: string) => [`/kind must name one of the alternatives: ${names}`]
const missing = ['/kind must be there: it tells the alternatives apart']

suite('an alternative is meant', () => {
  const fish = { $ref: 'files/fish.yaml' }
  const cases: [says: string, schema: object, value: unknown, want: string[]][] = [
    ['by its name', by(undefined), { kind: 'Dog' }, isDog],
    ['by a mapping to a name', by({ d: 'Dog' }), { kind: 'd' }, isDog],
    ['by a mapping to a reference', by({ d: '#/components/schemas/Dog' }), { kind: 'd' }, isDog],
    [
      'by a mapping to a whole address',
      by({ d: `${uri}#/components/schemas/Dog` }),
      { kind: 'd' },
      isDog,
    ],
    ['by a mapping that takes the name of another', by({ Cat: 'Dog' }), { kind: 'Cat' }, isDog],
    ['by its name beside a mapping', by({ d: 'Dog' }), { kind: 'Cat' }, isCat],
    [
      'by a mapping to what stands for it',
      by({ d: 'Dog' }, [component('Alias')]),
      { kind: 'd' },
      isDog,
    ],
    [
      'by a name with a slash',
      by(undefined, [component('a~1b'), component('Cat')]),
      { kind: 'a/b' },
      ['/slash must be there'],
    ],
    [
      'by the name of its file',
      by(undefined, [fish, component('Cat')]),
      { kind: 'fish' },
      ['/fin must be there'],
    ],
    [
      'by a mapping to its file',
      by({ f: './files/fish.yaml' }, [fish, component('Cat')]),
      { kind: 'f' },
      ['/fin must be there'],
    ],
    ['by a number, which contracts write as text', by({ 1: 'Dog' }), { kind: 1 }, isDog],
    ['by a boolean', by({ true: 'Dog' }), { kind: true }, isDog],
    ['in `anyOf`', { ...by(undefined), anyOf: kinds, oneOf: undefined }, { kind: 'Dog' }, isDog],
    ['in a list', { items: by({ d: 'Dog' }) }, [{ kind: 'd' }], ['/0/bark must be there']],
    [
      'by default where the property is missing',
      by(undefined, kinds, { defaultMapping: 'Cat' }),
      {},
      isCat,
    ],
    [
      'by default where the property names none',
      by(undefined, kinds, { defaultMapping: 'Cat' }),
      { kind: 'x' },
      isCat,
    ],
    [
      'and then not by default',
      by(undefined, kinds, { defaultMapping: 'Cat' }),
      { kind: 'Dog' },
      isDog,
    ],
  ]
  for (const [says, schema, value, want] of cases) {
    test(says, () => assert.deepEqual(explained(JSON.parse(JSON.stringify(schema)), value), want))
  }
  test('in OpenAPI 3.0 as well', () => {
    assert.deepEqual(explained(by({ d: 'Dog' }), { kind: 'd' }, 'openapi-3.0'), isDog)
  })
})

suite('one error says that none is meant', () => {
  const names = 'd, Cat, Dog'
  const many = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`k${i}`, 'Dog']))
  const cases: [says: string, schema: object, value: unknown, want: string[]][] = [
    ['where the property is missing', by(undefined), {}, missing],
    ['where it names none', by({ d: 'Dog' }), { kind: 'x' }, noneOf(names)],
    ['where it is of another type', by({ d: 'Dog' }), { kind: ['d'] }, noneOf(names)],
    ['where it is null', by({ null: 'Dog' }), { kind: null }, noneOf('null, Cat, Dog')],
    [
      'with some of many names',
      by(many),
      { kind: 'x' },
      noneOf('k0, k1, k2, k3, k4, k5, k6, k7, k8, k9, …'),
    ],
    ['whatever names objects have', by(undefined), { kind: '__proto__' }, noneOf('Cat, Dog')],
    ['of another type than all', by(undefined), 'x', [' must be an object']],
  ]
  for (const [says, schema, value, want] of cases) {
    test(says, () => assert.deepEqual(explained(schema, value), want))
  }
})

test('a discriminator changes no verdict', () => {
  const { check } = compiled(by({ d: 'Dog' }))
  const values = [
    { kind: 'd', meow: 1 },
    { kind: 'x', bark: 1 },
    { meow: 1, bark: 1, kind: 'd' },
    {},
  ]
  assert.deepEqual(
    values.map((value) => check.valid(value)),
    [true, true, false, false],
  )
  const both = check.errors({ meow: 1, bark: 1, kind: 'd' }, 9)
  assert.deepEqual(
    both.map(({ issue }) => issue),
    ['several_match'],
  )
})

suite('what says nothing is warned of', () => {
  const at = 'warning /schema/discriminator'
  const cases: [says: string, schema: object, want: string[]][] = [
    [
      'a text, as older contracts have it',
      { oneOf: kinds, discriminator: 'kind' },
      [`${at} 'discriminator' has no effect without a 'propertyName'`],
    ],
    [
      'no name of a property',
      { oneOf: kinds, discriminator: {} },
      [`${at} 'discriminator' has no effect without a 'propertyName'`],
    ],
    [
      'a mapping to nothing',
      by({ d: 'Dog', x: 'Nobody' }),
      [`${at} 'discriminator' maps 'x' to none of the alternatives`],
    ],
    [
      'a mapping to what is no alternative',
      by({ o: 'Other' }),
      [`${at} 'discriminator' maps 'o' to none of the alternatives`],
    ],
    [
      'a mapping to a number',
      by({ o: 1 }),
      [`${at} 'discriminator' maps 'o' to none of the alternatives`],
    ],
    ['a mapping that is none', by([]), [`${at} 'mapping' of 'discriminator' must be an object`]],
    [
      'a default that is no alternative',
      by(undefined, kinds, { defaultMapping: 'Other' }),
      [`${at} 'defaultMapping' of 'discriminator' is none of the alternatives`],
    ],
    ['nothing of a parent', { type: 'object', discriminator: { propertyName: 'kind' } }, []],
  ]
  for (const [says, schema, want] of cases) {
    test(says, () => assert.deepEqual(compiled(schema).said, want))
  }
})
