// Shapes: what a text may become, by the schema of its parameter.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { head, read, readWell } from '../../test/contracts.ts'

describe('what a text may become is read off the schema', () => {
  const cases: [says: string, schema: string, want: unknown][] = [
    ['nothing said', '{}', { kind: 'scalar', types: ['string'] }],
    ['a type', '{type: integer}', { kind: 'scalar', types: ['integer'] }],
    [
      'several',
      '{type: [string, "null", number]}',
      { kind: 'scalar', types: ['number', 'null', 'string'] },
    ],
    ['values', '{enum: [1, a]}', { kind: 'scalar', types: ['integer', 'string'] }],
    [
      'all of them',
      '{allOf: [{type: [string, integer]}, {type: number}]}',
      { kind: 'scalar', types: ['integer'] },
    ],
    [
      'either',
      '{anyOf: [{type: boolean}, {type: integer}]}',
      { kind: 'scalar', types: ['boolean', 'integer'] },
    ],
    [
      'a reference and more',
      '{$ref: "#/components/schemas/N", minimum: 1}',
      { kind: 'scalar', types: ['integer'] },
    ],
    [
      'a list',
      '{type: array, items: {type: integer}}',
      { kind: 'array', items: { kind: 'scalar', types: ['integer'] } },
    ],
    [
      'a text or a list',
      '{oneOf: [{type: string}, {type: array}]}',
      {
        kind: 'mixed',
        shapes: [
          { kind: 'scalar', types: ['string'] },
          { kind: 'array', items: { kind: 'scalar', types: ['string'] } },
        ],
      },
    ],
    [
      'an object',
      '{type: object, properties: {a: {type: integer}}}',
      {
        kind: 'object',
        properties: [['a', { kind: 'scalar', types: ['integer'] }]],
        rest: undefined,
      },
    ],
    [
      'an open object',
      '{type: object, additionalProperties: {type: number}}',
      { kind: 'object', properties: [], rest: { kind: 'scalar', types: ['number'] } },
    ],
  ]
  for (const [says, schema, want] of cases) {
    it(says, () => {
      const { operations } = readWell(`
components: {schemas: {N: {type: integer}}}
paths: {/a: {get: {parameters: [{name: a, in: query, schema: ${schema}}]}}}
`)
      assert.deepEqual(operations[0]!.parameters[0]!.shape, want)
    })
  }

  it('also where schemas go round in circles', () => {
    const { operations } = read(`${head}
components: {schemas: {A: {allOf: [{$ref: "#/components/schemas/A"}], type: object, properties: {a: {$ref: "#/components/schemas/A"}}}}}
paths: {/a: {get: {parameters: [{name: a, in: query, schema: {$ref: "#/components/schemas/A"}}]}}}
`)
    assert.equal(operations[0]!.parameters[0]!.shape.kind, 'object')
  })

  it('`nullable` counts in 3.0, where siblings of `$ref` do not', () => {
    const text = `openapi: 3.0.3
info: {title: t, version: "1"}
components: {schemas: {N: {type: integer, nullable: true}}}
paths: {/a: {get: {parameters: [{name: a, in: query, schema: {$ref: "#/components/schemas/N", type: string}}]}}}
`
    const { operations, openapi } = read(text)
    assert.equal(openapi, '3.0')
    assert.deepEqual(operations[0]!.parameters[0]!.shape, {
      kind: 'scalar',
      types: ['integer', 'null'],
    })
  })
})
