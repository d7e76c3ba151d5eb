// The policy as the gateway uses it: compiled for real contracts, linked, and run on exchanges.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as zod from 'zod'
import { fixturePath, fixturesAbsent } from '../../test/fixtures.ts'
import type { Documents } from '../base.ts'
import { type Contract, type FinishedContract, type Operation, readContract } from '../contract.ts'
import type { Exchange } from '../http.ts'
import { loadDocuments } from '../load.ts'
import { linkSchemas } from '../schema.ts'
import type { Audience, LinkedSteps } from './policy.ts'
import { siteWith, toolsWith } from './testing.ts'
import { validation, type ValidationConfig } from './validation.ts'

type Finished = Pick<Contract, 'operations'> & FinishedContract

async function contractOf(name: string): Promise<Finished> {
  const { documents, problems } = await loadDocuments(fixturePath('contracts', name))
  assert.deepEqual(problems, [])
  const contract = readContract(documents)
  return { ...contract, ...contract.finish() }
}

/** Through JSON, as the bundle carries it. */
function linked(
  contract: Pick<Finished, 'schemas'>,
  operation: Operation,
  config: ValidationConfig = {},
  audience: Audience = 'public',
): LinkedSteps {
  const compiled = validation.compile(config, { ...siteWith(operation), audience })
  const { plan, schemas } = JSON.parse(
    JSON.stringify({ plan: compiled, schemas: contract.schemas }),
  )
  assert.equal(validation.phase, 'several')
  return validation.link(plan, { ...toolsWith(), check: linkSchemas(schemas) })
}

function exchange(
  over: Partial<Exchange['request']>,
  body?: string,
  pathValues: string[] = [],
): Exchange {
  const request = {
    method: 'POST',
    target: '/',
    path: '/',
    query: undefined,
    host: 'localhost',
    version: '1.1' as const,
    headers: [],
    bodyLength: 'none' as const,
    ...over,
  }
  return {
    id: '0'.repeat(32),
    request,
    client: { address: '127.0.0.1', port: 1, viaTrustedHop: false },
    operationId: 'test',
    pathValues,
    startedMs: 0,
    query: request.query,
    path: request.path,
    upstreamHost: undefined,
    sentTo: undefined,
    setField: () => undefined,
    body: body === undefined ? undefined : new TextEncoder().encode(body),
  }
}

describe('real contracts', { skip: fixturesAbsent }, () => {
  const cases: [name: string, operations: number][] = [
    ['discord.json', 242],
    ['twilio-conversations.json', 103],
  ]
  for (const [name, operations] of cases) {
    it(`${name} loads without error and every operation of it links`, async () => {
      const contract = await contractOf(name)
      const errors = contract.problems.filter(({ severity }) => severity === 'error')
      assert.deepEqual(errors, [])
      assert.equal(contract.operations.length, operations)
      for (const operation of contract.operations) {
        const { check, content } = linked(contract, operation)
        assert.ok(check)
        assert.equal(content !== undefined, operation.body !== undefined)
        const parts = exchange({ query: 'nobody-declared-this=1', bodyLength: 2 })
        const verdict = await check(parts)
        assert.equal(verdict?.code, 'INVALID_INPUT', operation.id)
      }
    })
  }

  it('a form of Twilio is held against its schema', async () => {
    const contract = await contractOf('twilio-conversations.json')
    const operation = contract.operations.find(({ id }) => id === 'CreateConversation')!
    const { content } = linked(contract, operation)
    const headers = ['Content-Type', 'application/x-www-form-urlencoded']
    const good = exchange({ headers }, 'FriendlyName=Team&State=active&Timers.Closed=PT60000S')
    assert.equal(await content!(good), undefined)
    const verdict = await content!(exchange({ headers }, 'State=asleep'))
    assert.deepEqual(
      verdict?.details?.map(({ field, issue }) => [field, issue]),
      [['/State', 'not_in_enum']],
    )
  })
})

const operation: Operation = {
  id: 'test',
  method: 'POST',
  template: '/',
  basePaths: [''],
  parameters: [],
  body: {
    required: true,
    media: [
      { range: 'text/plain', reader: 'other', schema: undefined, fields: [], rest: undefined },
    ],
  },
  statuses: [],
  replyTypes: [],
  replies: () => [],
  schemaAt: () => undefined,
  security: [
    [{ scheme: 'k', type: 'apiKey', in: 'query', name: 'key', httpScheme: undefined, scopes: [] }],
  ],
  settings: [],
  deprecated: false,
  summary: undefined,
  place: { file: 'c.yaml', line: 1, column: 1 },
}

const none = { schemas: { nodes: [] } }

describe('undeclared query parameters', () => {
  const cases: [
    config: ValidationConfig,
    audience: Audience,
    code: string | undefined,
    query: string,
  ][] = [
    [{}, 'public', 'INVALID_INPUT', 'key=1&x=2'],
    [{}, 'partner', 'INVALID_INPUT', 'key=1&x=2'],
    [{}, 'internal', undefined, 'key=1&x=2'],
    [{ undeclaredQuery: 'pass' }, 'public', undefined, 'key=1&x=2'],
    [{ undeclaredQuery: 'drop' }, 'public', undefined, 'key=1'],
    [{ undeclaredQuery: 'refuse' }, 'internal', 'INVALID_INPUT', 'key=1&x=2'],
  ]
  for (const [config, audience, code, query] of cases) {
    it(`${audience} with ${JSON.stringify(config)}`, async () => {
      const { check } = linked(none, operation, config, audience)
      const one = exchange({ query: 'key=1&x=2', bodyLength: 1 })
      assert.equal((await check!(one))?.code, code)
      assert.equal(one.query, query)
    })
  }

  it('an inner level may not loosen unsaid', () => {
    const refuse = { undeclaredQuery: 'refuse' } as const
    const pass = { undeclaredQuery: 'pass' } as const
    assert.match(validation.looser!(refuse, pass)!, /pass in place of refuse/)
    assert.equal(validation.looser!(pass, refuse), undefined)
    assert.equal(validation.looser!(refuse, {}), undefined)
  })
})

describe('properties that only the service sets', () => {
  const given = readContract(
    documentsOf({
      type: 'object',
      properties: { id: { type: 'integer', readOnly: true } },
      required: ['id'],
    }),
  )
  const contract = { ...given, ...given.finish() }
  const cases: [config: ValidationConfig, audience: Audience, method: string, refused: boolean][] =
    [
      [{}, 'public', 'POST', true],
      [{}, 'public', 'PATCH', true],
      [{}, 'public', 'PUT', false],
      [{}, 'partner', 'POST', true],
      [{}, 'internal', 'POST', false],
      [{ readOnly: 'refuse' }, 'public', 'PUT', true],
      [{ readOnly: 'refuse' }, 'internal', 'PUT', true],
      [{ readOnly: 'pass-in-put' }, 'internal', 'POST', true],
      [{ readOnly: 'pass' }, 'public', 'POST', false],
    ]
  for (const [config, audience, method, refused] of cases) {
    const says = `${refused ? 'are refused' : 'pass'} in ${method}, ${audience}`
    it(`${says} with ${JSON.stringify(config)}`, async () => {
      const found = contract.operations.find((one) => one.method === method)!
      const { content } = linked(contract, found, config, audience)
      const headers = ['Content-Type', 'application/json']
      const send = async (body: string) => (await content!(exchange({ headers }, body)))?.details
      assert.equal(await send('{}'), undefined)
      const [detail] = (await send('{"id":1}')) ?? []
      assert.equal(detail?.issue, refused ? 'read_only' : undefined)
      // What passes is still held against its own schema.
      assert.equal((await send('{"id":"x"}'))?.length, 1)
    })
  }

  it('may not be let pass unsaid by an inner level', () => {
    const { looser } = validation
    const says = 'properties that are `readOnly`: pass in place of refuse'
    assert.equal(looser!({ readOnly: 'refuse' }, { readOnly: 'pass' }), says)
    assert.match(looser!({ readOnly: 'pass-in-put' }, { readOnly: 'pass' })!, /in place of pass-in/)
    assert.equal(looser!({ readOnly: 'pass' }, { readOnly: 'pass-in-put' }), undefined)
    const both = { undeclaredQuery: 'pass', readOnly: 'pass' } as const
    assert.match(looser!({}, both)!, /^undeclared query parameters: .*; properties that/)
  })
})

/** A contract whose every method takes a body of that schema. */
function documentsOf(schema: object): Documents {
  const each = { requestBody: { content: { 'application/json': { schema } } } }
  const paths = { '/a': { post: each, put: each, patch: each } }
  const value = { openapi: '3.1.0', info: { title: 't', version: '1' }, paths }
  const root = 'file:///c.json'
  const place = { file: 'c.json', line: 1, column: 1 }
  return { root, values: new Map([[root, value]]), locate: () => place }
}

describe('a required body', () => {
  it('is missed as soon as the head says that there is none', async () => {
    const { check } = linked(none, operation)
    for (const bodyLength of ['none', 0] as const) {
      const verdict = await check!(exchange({ bodyLength }))
      assert.deepEqual(verdict?.details, [
        { in: 'body', field: '', issue: 'required', message: 'is required' },
      ])
      assert.match(verdict!.message, /the body is required\.$/)
    }
  })

  it('is not when it may still come', async () => {
    const { check } = linked(none, operation)
    assert.equal(await check!(exchange({ bodyLength: 'streamed' })), undefined)
  })
})

it('settings are held against a schema', () => {
  const schema = validation.schema(zod.z)
  assert.ok(schema.safeParse({ undeclaredQuery: 'drop' }).success)
  assert.ok(!schema.safeParse({ undeclaredQuery: 'ignore' }).success)
  assert.ok(schema.safeParse({ readOnly: 'pass-in-put' }).success)
  assert.ok(!schema.safeParse({ readOnly: 'drop' }).success)
  assert.ok(!schema.safeParse({ undeclared: 'drop' }).success)
})
