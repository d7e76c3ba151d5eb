// What a client may send to make a check cost more than it cost to send.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { seededRandom } from '../base.ts'
import { type Check, createSchemaCompiler, linkSchemas } from '../schema.ts'

function checkOf(schema: unknown): Check {
  const uri = 'test:schema'
  const compiler = createSchemaCompiler({ documents: new Map([[uri, schema]]) })
  const number = compiler.add({ uri, pointer: '' }, '2020-12')
  const { plan, problems } = compiler.finish()
  assert.deepEqual(problems, [])
  return linkSchemas(plan)(number)
}

function nested(depth: number, leaf: unknown = {}): unknown {
  let value = leaf
  for (let level = 0; level < depth; level++) value = { a: value }
  return value
}

function issues(check: Check, value: unknown, max = 20): string[] {
  assert.equal(check.valid(value), false)
  return check.errors(value, max).map((error) => `${error.pointer} ${error.issue}`)
}

suite('unique items', () => {
  const unique = checkOf({ uniqueItems: true })
  // Compared each with each, either would take 10^8 comparisons and more.
  const objects = Array.from({ length: 20_000 }, (_, at) => ({ id: at, name: 'x' }))
  test('20,000 objects are told apart', () => assert.ok(unique.valid(objects)))
  test('and their twin is found', () =>
    assert.deepEqual(issues(unique, [...objects, { name: 'x', id: 7 }]), [
      '/20000 duplicate_items',
    ]))

  const numbers = Array.from({ length: 50 }, (_, at) => at / 4)
  test('numbers are told apart', () => assert.ok(unique.valid(numbers)))
  test('among others too', () => assert.ok(unique.valid([...numbers, '1', '#1', null, {}])))
  test('and a twin is found', () =>
    assert.deepEqual(issues(unique, [...numbers, 3.25, 0]), ['/50 duplicate_items']))
  test('the first of several twins is told, numbers or not', () => {
    assert.deepEqual(issues(unique, [...numbers, 'a', 9, 9, 'a']), ['/51 duplicate_items'])
    assert.deepEqual(issues(unique, ['a', ...numbers, 'a', 9]), ['/51 duplicate_items'])
  })
  test('zero is zero among many', () => assert.equal(unique.valid([...numbers, -0]), false))

  const cases: [string, unknown[], boolean][] = [
    ['1 and true differ', [1, true], true],
    ['1 and "1" differ', [1, '1'], true],
    [
      'objects with keys in another order are equal',
      [
        { a: 1, b: [2] },
        { b: [2], a: 1 },
      ],
      false,
    ],
    ['a key is not taken for a value', [{ a: 'b:1' }, { 'a:b': 1 }], true],
    ['texts that look like lists differ from lists', [['a', 'b'], ['a,"1:b']], true],
    ['zero is zero', [0, -0], false],
  ]
  for (const [says, given, want] of cases) test(says, () => assert.equal(unique.valid(given), want))
})

suite('patterns', () => {
  // Each character leads our matcher to a state that it has not met: 4 µs each.
  const restless = checkOf({ type: 'string', pattern: '^(a|b)*a(a|b){15}c$' })
  const random = seededRandom(1)
  const text = (length: number) =>
    Array.from({ length }, () => (random() < 0.5 ? 'a' : 'b')).join('')
  test('a text that a pattern follows with ease may be long', () => {
    assert.deepEqual(issues(restless, 'a'.repeat(500_000)), [' pattern_mismatch'])
  })
  test('one that leads it astray may not', () => {
    assert.deepEqual(issues(restless, text(100)), [' pattern_mismatch'])
    assert.deepEqual(issues(restless, text(100_000)), [' too_costly'])
  })
  test('all texts of a check count together', () => {
    const all = checkOf({ items: { type: 'string', pattern: '^(a+)+$' } })
    const half = 'a'.repeat(700_000)
    assert.ok(all.valid([half]))
    assert.deepEqual(issues(all, [half, half]), [' too_costly'])
  })
})

suite('depth', () => {
  const recursive = { type: 'object', properties: { a: { $ref: '#' } } }
  const list = checkOf({ uniqueItems: true })
  test('512 levels pass', () => assert.ok(checkOf(recursive).valid(nested(512))))
  test('even where each level takes several schemas', () => {
    const item = { type: 'object', properties: { a: { minProperties: 0, allOf: [{ $ref: '#' }] } } }
    const level = { allOf: [{ minProperties: 0, allOf: [item] }], unevaluatedProperties: false }
    const check = checkOf({ anyOf: [level, { type: 'array', items: { $ref: '#' } }] })
    assert.ok(check.valid(nested(511)))
    assert.ok(!check.valid(nested(511, 1)))
  })
  test('5,000 levels are refused, not a stack overflow', () =>
    assert.deepEqual(issues(checkOf(recursive), nested(5_000)), [' too_deep']))
  test('so are 5,000 levels that are to be compared', () =>
    assert.deepEqual(issues(list, [nested(5_000), nested(5_000)]), [' too_deep']))
  test('a schema 5,000 levels deep can be linked', () => {
    let schema: unknown = { type: 'string' }
    for (let level = 0; level < 1_000; level++) schema = { properties: { a: schema } }
    assert.ok(checkOf(schema).valid(nested(10)))
  })
})

const branch = (name: string) => ({
  type: 'object',
  required: [name],
  properties: { a: { $ref: '#' } },
})

suite('alternatives inside alternatives', () => {
  // Each level asks both branches: 2^500 questions for who does not remember the answers.
  const check = checkOf({ oneOf: [branch('x'), branch('y')] })
  test('are asked once for each value', () =>
    assert.deepEqual(issues(check, nested(500)), [' no_match']))
  test('still find what is right', () => {
    let value: unknown = { x: 1 }
    for (let level = 0; level < 400; level++) value = { y: 1, a: value }
    assert.ok(check.valid(value))
  })
  test('a check that takes too many steps says so', () => {
    const uri = 'test:schema'
    const compiler = createSchemaCompiler({ documents: new Map([[uri, { items: { $ref: '#' } }]]) })
    const number = compiler.add({ uri, pointer: '' }, '2020-12')
    const link = linkSchemas(compiler.finish().plan, { stepsMax: 100 })
    assert.deepEqual(issues(link(number), Array.from({ length: 101 }).fill(1)), [' too_costly'])
    assert.ok(link(number).valid(Array.from({ length: 100 }).fill(1)))
  })
})

suite('errors', () => {
  const required = Array.from({ length: 20 }, (_, at) => `field${at}`)
  const check = checkOf({ items: { required } })
  test('600,000 of them are told as far as the bound', () => {
    const body = Array.from({ length: 30_000 }, () => ({}))
    assert.equal(issues(check, body, 20).length, 20)
    assert.equal(issues(check, body, 1).length, 1)
  })
  test('name a long key by its beginning', () => {
    const [error] = checkOf({ additionalProperties: false }).errors({ ['k'.repeat(100_000)]: 1 }, 5)
    assert.equal(error?.pointer.length, 202)
  })
  test('never hold the value', () => {
    const secret = 'p4ssw0rd'
    const schema = {
      properties: {
        a: { maxLength: 1, pattern: '^x$', enum: ['b'], const: 'b', type: 'string' },
        b: { oneOf: [{ type: 'number' }, { maxLength: 2 }] },
        c: { items: false },
        d: { not: {} },
      },
    }
    const value = { a: secret, b: secret, c: [secret], d: secret }
    const errors = checkOf(schema).errors(value, 50)
    assert.ok(errors.length >= 6)
    assert.ok(!JSON.stringify(errors).includes(secret))
  })
})

const parse = (text: string): unknown => JSON.parse(text)

suite('names that every object inherits', () => {
  const schema = parse(`{
    "properties": {"__proto__": {"type": "string"}, "constructor": {"type": "integer"}},
    "required": ["__proto__", "toString"],
    "dependentRequired": {"valueOf": ["x"]},
    "additionalProperties": {"type": "boolean"}
  }`)
  const check = checkOf(schema)
  const cases: [string, string, string[]][] = [
    ['are there only when sent', '{}', ['/__proto__ required', '/toString required']],
    ['pass when right', '{"__proto__": "a", "toString": true, "constructor": 1}', []],
    ['fail when wrong', '{"__proto__": 1, "toString": true}', ['/__proto__ invalid_type']],
    ['are other properties too', '{"__proto__": "", "toString": 1}', ['/toString invalid_type']],
  ]
  for (const [says, given, want] of cases) {
    test(says, () => {
      const value = parse(given)
      assert.equal(check.valid(value), want.length === 0)
      assert.deepEqual(
        check.errors(value, 9).map((error) => `${error.pointer} ${error.issue}`),
        want,
      )
    })
  }
})
