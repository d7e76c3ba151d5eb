// Contracts are written by hand, by tools and by strangers: whatever one holds, reading it ends,
// throws nothing, and says where it is wrong; and what is read without an error links.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { defaultLimits, type Documents, type Random, seededRandom } from '../base.ts'
import { linkSchemas } from '../schema.ts'
import { linkBody } from './link-body.ts'
import { linkParameters } from './link-parameters.ts'
import type { Operation } from './operation.ts'
import { readContract } from './read.ts'

const root = 'file:///c.json'

const rich = {
  openapi: '3.2.0',
  $self: 'https://example.com/api/main',
  info: { title: 't', version: '1' },
  servers: [{ url: 'https://{host}/v1', variables: { host: { default: 'a', enum: ['a'] } } }],
  security: [{ key: [] }],
  tags: [{ name: 'a', parent: 'b', kind: 'nav' }],
  paths: {
    '/a/{id}': {
      parameters: [{ $ref: '#/components/parameters/id' }],
      get: {
        operationId: 'get',
        parameters: [
          {
            name: 'q',
            in: 'query',
            style: 'deepObject',
            schema: { $ref: '#/components/schemas/Pet' },
          },
          {
            name: 'c',
            in: 'cookie',
            style: 'cookie',
            schema: { type: 'array', items: { type: 'integer' } },
          },
          {
            name: 'j',
            in: 'header',
            content: { 'application/json': { schema: { type: 'object' } } },
          },
        ],
        responses: { 200: { $ref: '#/components/responses/ok' }, default: { description: '' } },
      },
      query: {
        parameters: [
          {
            name: 'w',
            in: 'querystring',
            content: {
              'application/x-www-form-urlencoded': {
                schema: { type: 'object', properties: { a: { type: 'integer' } } },
              },
            },
          },
        ],
        requestBody: { content: { 'application/json': { $ref: '#/components/mediaTypes/pet' } } },
      },
      additionalOperations: {
        COPY: { security: [{}], callbacks: { done: { '{$url}': { post: {} } } } },
      },
      post: {
        requestBody: {
          required: true,
          content: {
            'application/x-www-form-urlencoded': {
              schema: { allOf: [{ $ref: '#/components/schemas/Pet' }, { required: ['id'] }] },
              encoding: { tags: { style: 'pipeDelimited', explode: false } },
            },
            'multipart/form-data': {
              schema: { properties: { file: { type: 'string', format: 'binary' } } },
            },
            'application/jsonl': { itemSchema: { $ref: '#/components/schemas/Pet' } },
            'text/plain': { schema: { type: 'string', maxLength: 3 } },
          },
        },
      },
    },
  },
  webhooks: { made: { post: {} } },
  components: {
    parameters: {
      id: {
        name: 'id',
        in: 'path',
        required: true,
        style: 'label',
        schema: { type: 'integer', format: 'int64' },
      },
    },
    responses: {
      ok: {
        description: '',
        headers: { Left: { $ref: '#/components/headers/left' } },
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Pet' } } },
      },
    },
    headers: { left: { required: true, schema: { type: 'integer' } } },
    mediaTypes: {
      pet: { schema: { $ref: 'https://example.com/api/main#/components/schemas/Pet' } },
    },
    securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'X-Key' } },
    schemas: {
      Pet: {
        type: 'object',
        properties: {
          id: { type: 'integer', readOnly: true },
          tags: { type: 'array', items: { type: 'string' }, uniqueItems: true },
          owner: { $ref: '#/components/schemas/Owner' },
        },
        required: ['id', 'owner'],
        oneOf: [{ $ref: '#/components/schemas/Cat' }, { $ref: '#/components/schemas/Owner' }],
        discriminator: { propertyName: 'kind', mapping: { c: 'Cat' }, defaultMapping: 'Owner' },
        unevaluatedProperties: false,
      },
      Owner: {
        properties: {
          pets: { items: { $ref: '#/components/schemas/Pet' } },
          pin: { writeOnly: true },
        },
      },
      Cat: {
        $anchor: 'cat',
        properties: { kind: { const: 'c' }, lives: { format: 'int8', maximum: 9 } },
      },
    },
  },
}

const documentsOf = (value: unknown): Documents => ({
  root,
  values: new Map([[root, value]]),
  locate: (file, pointer) => ({ file: `${file}#${pointer}`, line: 1, column: 1 }),
})

/** Reads all there is to read; gives what is an error. */
function errorsOf(value: unknown): string[] {
  const contract = readContract(documentsOf(value))
  for (const operation of contract.operations) operation.replies()
  const { schemas, problems } = contract.finish()
  const errors = problems.filter(({ severity }) => severity === 'error')
  const check = linkSchemas(JSON.parse(JSON.stringify(schemas)))
  if (errors.length === 0) for (const operation of contract.operations) link(operation, check)
  return errors.map(({ message }) => message)
}

function link(operation: Operation, check: ReturnType<typeof linkSchemas>) {
  const { parameters, querystring, body } = JSON.parse(JSON.stringify(operation)) as Operation
  const options = {
    check,
    undeclaredQuery: 'refuse',
    securityNames: [],
    limits: defaultLimits,
  } as const
  const run = linkParameters(parameters, { ...options, querystring })
  for (const query of [undefined, '', 'a=1&q[id]=2', '%', '{"a":1}']) {
    run({ pathValues: ['.1'], query, headers: ['j', '{', 'cookie', 'c=1; c=x'] })
  }
  const judge = body && linkBody(body, options)
  const bytes = new TextEncoder().encode('{"kind":"c","owner":{"pets":[{}]}}')
  for (const { range } of body?.media ?? []) judge!(range, bytes)
}

/** As a file would have it, to which `__proto__` is a name like others. */
const junk: readonly unknown[] = JSON.parse(`[
  null, true, false, 0, -1, 1e400, 0.1, "", "x", "\\u0000", "#", "#/", "#/%", "%ZZ", "http://[",
  "../..", "__proto__", "constructor", "3.2", "#/components/schemas/Pet", "#/paths", "get", "*/*",
  "{", "(", [], {}, [[]], [null], [1, 1], ["a", "a"], {"$ref": "#"}, {"$ref": 1}, {"x-y": 1},
  {"$ref": "#/components/schemas/Cat"}, {"__proto__": 1}, {"type": "array", "items": {}}
]`)

type Holder = Record<string, unknown> | unknown[]

/** Puts junk, or another part of the contract, in some place of it; or takes the place out. */
function mutated(random: Random): unknown {
  const copy = structuredClone(rich) as Holder
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!
  const holders = objectsIn(copy)
  for (let count = 1 + Math.floor(random() * 3); count > 0; count--) {
    const holder = pick(holders)
    const value = random() < 0.8 ? pick(junk) : structuredClone(pick(holders))
    const isLess = random() < 0.15
    if (Array.isArray(holder)) {
      holder.splice(Math.floor(random() * (holder.length + 1)), 1, ...(isLess ? [] : [value]))
      continue
    }
    const key = pick([...Object.keys(holder), 'x', String(pick(junk))])
    if (isLess) delete holder[key]
    else holder[key] = value
  }
  return copy
}

function objectsIn(value: unknown): Holder[] {
  if (typeof value !== 'object' || value === null) return []
  return [value as Holder, ...Object.values(value).flatMap(objectsIn)]
}

describe('whatever a contract holds', () => {
  it('this one is right', () => assert.deepEqual(errorsOf(rich), []))

  it('a thousand others, broken in some place, are read without a throw', () => {
    const random = seededRandom(20_261_120)
    let right = 0
    for (let i = 0; i < 1_000; i++) {
      const contract = mutated(random)
      try {
        if (errorsOf(contract).length === 0) right++
      } catch (error) {
        throw new Error(`contract ${i}: ${JSON.stringify(contract)}`, { cause: error })
      }
    }
    // Neither all nor none: both halves are tried.
    assert.ok(right > 100 && right < 900, `${right} are right`)
  })

  const circles: [says: string, schemas: object][] = [
    ['a reference to itself', { A: { $ref: '#/components/schemas/A' } }],
    [
      'two that are each other',
      {
        A: { allOf: [{ $ref: '#/components/schemas/B' }] },
        B: { allOf: [{ $ref: '#/components/schemas/A' }] },
      },
    ],
    [
      'a discriminator of itself',
      {
        A: {
          oneOf: [{ $ref: '#/components/schemas/A' }],
          discriminator: { propertyName: 'a', mapping: { b: 'A' } },
        },
      },
    ],
    [
      'a property that is read only by itself',
      {
        A: {
          properties: { a: { $ref: '#/components/schemas/A', readOnly: true } },
          required: ['a'],
        },
      },
    ],
  ]
  for (const [says, schemas] of circles) {
    it(`ends: ${says}`, () => {
      const content = { 'application/json': { schema: { $ref: '#/components/schemas/A' } } }
      const paths = {
        '/a': {
          post: { requestBody: { content }, responses: { 200: { description: '', content } } },
        },
      }
      errorsOf({ openapi: '3.1.0', info: rich.info, paths, components: { schemas } })
    })
  }
})
