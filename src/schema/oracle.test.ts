// Random schemas and values, judged by ajv too. Left out: `$ref`, anchors and unevaluated parts,
// where ajv is known to err; the official suite covers them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { createSchemaCompiler, linkSchemas, schemaIssues } from '../schema.ts'

const seed = 20_261_120

const leaf = fc.constantFrom<unknown>(
  null,
  true,
  false,
  0,
  1,
  2.5,
  -3,
  0.07,
  '',
  'a',
  'ab',
  '😀',
  'abc',
)
const name = fc.constantFrom('a', 'b', 'c', 'ab', '__proto__', 'toString')

const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .array(fc.tuple(name, tie('value')), { maxLength: 4 })
      .map((pairs) => Object.fromEntries(pairs)),
  ),
}))

const small = fc.integer({ min: 0, max: 3 })
const type = fc.constantFrom('null', 'boolean', 'integer', 'number', 'string', 'array', 'object')

const { schema } = fc.letrec<{ schema: unknown; schemas: unknown[]; byName: unknown }>((tie) => ({
  schemas: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }),
  byName: fc
    .array(fc.tuple(name, tie('schema')), { maxLength: 3 })
    .map((pairs) => Object.fromEntries(pairs)),
  schema: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom<unknown>(true, true, false),
    fc.record(
      {
        type: fc.oneof(type, fc.uniqueArray(type, { minLength: 1, maxLength: 3 })),
        enum: fc.array(leaf, { minLength: 1, maxLength: 3 }),
        const: leaf,
        minimum: fc.integer({ min: -3, max: 3 }),
        exclusiveMaximum: fc.integer({ min: -3, max: 3 }),
        multipleOf: fc.constantFrom(1, 2, 0.5),
        minLength: small,
        maxLength: small,
        pattern: fc.constantFrom('^a', 'b$', '^(a|b)+$'),
      },
      { requiredKeys: [] },
    ),
    fc.record(
      {
        prefixItems: tie('schemas'),
        items: tie('schema'),
        minItems: small,
        maxItems: small,
        uniqueItems: fc.boolean(),
      },
      { requiredKeys: [] },
    ),
    // Apart from `prefixItems`, and never `true`: ajv finds either in an empty array.
    fc.record(
      {
        contains: fc.constantFrom({ type: 'string' }, { minimum: 1 }, { required: ['a'] }),
        minContains: small,
        maxContains: small,
      },
      { requiredKeys: ['contains'] },
    ),
    fc.record(
      {
        properties: tie('byName'),
        patternProperties: tie('schema').map((one) => ({ '^a': one })),
        additionalProperties: tie('schema'),
        required: fc.uniqueArray(name, { maxLength: 2 }),
        propertyNames: tie('schema'),
        minProperties: small,
        maxProperties: small,
        dependentRequired: fc.constantFrom({ a: ['b'] }),
        dependentSchemas: tie('schema').map((one) => ({ b: one })),
      },
      { requiredKeys: [] },
    ),
    fc.record(
      {
        allOf: tie('schemas'),
        anyOf: tie('schemas'),
        oneOf: tie('schemas'),
        not: tie('schema'),
        if: tie('schema'),
        // oxlint-disable-next-line unicorn/no-thenable -- the keyword of JSON Schema
        then: tie('schema'),
        else: tie('schema'),
      },
      { requiredKeys: [] },
    ),
  ),
}))

const uri = 'test:schema'

/** Undefined where the code that ajv writes does not run (8.20: `items0 is not defined`). */
function verdictOf(oracle: (given: unknown) => boolean, given: unknown): boolean | undefined {
  try {
    return oracle(given)
  } catch {
    return undefined
  }
}

test('verdicts are those of ajv, and every refusal is explained', () => {
  const ajv = new Ajv2020({
    strict: false,
    ownProperties: true,
    logger: false,
    validateSchema: false,
  })
  let judged = 0
  fc.assert(
    fc.property(schema, fc.array(value, { minLength: 1, maxLength: 8 }), (one, values) => {
      const compiler = createSchemaCompiler({ documents: new Map([[uri, one]]) })
      const number = compiler.add({ uri, pointer: '' }, '2020-12')
      const check = linkSchemas(compiler.finish().plan)(number)
      const oracle = ajv.compile(one as object)
      for (const given of values) {
        const errors = check.errors(given, 50)
        const wanted = verdictOf(oracle, given)
        if (wanted === undefined) continue
        judged++
        assert.equal(check.valid(given), wanted)
        assert.equal(check.valid(given), errors.length === 0)
        for (const { issue } of errors) assert.ok(Object.hasOwn(schemaIssues, issue), issue)
      }
    }),
    { numRuns: 600, seed },
  )
  assert.ok(judged > 2_000)
})

test('what is refused for unevaluated parts is explained too', () => {
  const whole = fc.record(
    {
      allOf: fc.array(schema, { minLength: 1, maxLength: 2 }),
      anyOf: fc.array(schema, { minLength: 1, maxLength: 2 }),
      properties: schema.map((one) => ({ a: one })),
      unevaluatedProperties: schema,
      unevaluatedItems: schema,
    },
    { requiredKeys: ['unevaluatedProperties', 'unevaluatedItems'] },
  )
  fc.assert(
    fc.property(whole, fc.array(value, { minLength: 1, maxLength: 8 }), (one, values) => {
      const compiler = createSchemaCompiler({ documents: new Map([[uri, one]]) })
      const number = compiler.add({ uri, pointer: '' }, '2020-12')
      const check = linkSchemas(compiler.finish().plan)(number)
      for (const given of values) {
        assert.equal(check.valid(given), check.errors(given, 50).length === 0)
      }
    }),
    { numRuns: 1_000, seed },
  )
})
