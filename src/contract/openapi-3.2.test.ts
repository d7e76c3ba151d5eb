// What came with OpenAPI 3.2: methods beyond the fixed eight, documents that name themselves, and
// fields that say nothing to a gateway but must not be taken for slips.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Contract } from '../contract.ts'
import { complaintsOf, read } from '../../test/contracts.ts'

const head = 'openapi: 3.2.0\ninfo: {title: Chat, version: "2"}\n'

function readWell(text: string, others?: Record<string, string>): Contract {
  const contract = read(head + text, others)
  assert.deepEqual(complaintsOf(contract), [])
  return contract
}

describe('methods of OpenAPI 3.2', () => {
  it('are QUERY, and those that the contract adds, as it spells them', () => {
    const { operations, openapi } = readWell(`
paths:
  /a:
    get: {}
    query: {operationId: ask, requestBody: {content: {application/json: {schema: {}}}}}
    additionalOperations:
      COPY: {operationId: copy}
      M-SEARCH: {}
      x-Own: {}
`)
    assert.equal(openapi, '3.2')
    assert.deepEqual(
      operations.map(({ method, id }) => [method, id]),
      [
        ['GET', 'GET /a'],
        ['QUERY', 'ask'],
        ['COPY', 'copy'],
        ['M-SEARCH', 'M-SEARCH /a'],
        ['x-Own', 'x-Own /a'],
      ],
    )
    assert.equal(operations[1]!.body!.media[0]!.range, 'application/json')
  })

  it('are taken from where `$ref` of the path leads', () => {
    const { operations } = readWell(`
paths: {/a: {$ref: '#/components/pathItems/copies'}}
components: {pathItems: {copies: {additionalOperations: {COPY: {}}}}}
`)
    assert.deepEqual(
      operations.map(({ id }) => id),
      ['COPY /a'],
    )
  })

  const refused: [method: string, says: string][] = [
    ['GET', '`GET` has a field of its own: write `get`'],
    ['query', '`query` has a field of its own: write `query`'],
    ['TRACE', '`TRACE` has a field of its own: write `trace`'],
    ['Post', '`Post` has a field of its own: write `post`'],
    ['CONNECT', 'CONNECT is never forwarded: it asks for a tunnel, not a resource'],
    ['PRI', 'PRI is how HTTP/2 begins, and no method'],
    ['A B', '`A B` is no method: it must be a token (RFC 9110)'],
    ['"A\\nB"', '`A\nB` is no method: it must be a token (RFC 9110)'],
    ['""', '`` is no method: it must be a token (RFC 9110)'],
    ['É', '`É` is no method: it must be a token (RFC 9110)'],
    ['A'.repeat(33), 'a method has at most 32 characters'],
  ]
  for (const [method, says] of refused) {
    it(`are not ${JSON.stringify(method.slice(0, 20))}`, () => {
      const contract = read(`${head}paths: {/a: {additionalOperations: {${method}: {}}}}`)
      assert.deepEqual(contract.operations, [])
      const [first, ...more] = contract.finish().problems
      assert.deepEqual([first?.severity, first?.message, more], ['error', says, []])
    })
  }

  it('must be a map of operations', () => {
    const contract = read(`${head}paths: {/a: {additionalOperations: [{}]}}`)
    assert.match(complaintsOf(contract).join('\n'), /`additionalOperations` must be an object/)
  })

  it('have no effect in an older document, which says so', () => {
    const paths = 'paths: {/a: {query: {}, additionalOperations: {COPY: {}}}}'
    const contract = read(`openapi: 3.1.0\ninfo: {title: t, version: "1"}\n${paths}`)
    assert.deepEqual(contract.operations, [])
    const says = 'came with OpenAPI 3.2: in a document of 3.1 it has no effect'
    assert.deepEqual(complaintsOf(contract), [
      `3:14 warning \`query\` ${says}`,
      `3:25 warning \`additionalOperations\` ${says}`,
    ])
  })
})

describe('fields of OpenAPI 3.2', () => {
  it('that say nothing to a gateway are no slips', () => {
    readWell(`
servers: [{url: /v1, name: main}]
tags: [{name: a, summary: A, parent: b, kind: nav}, {name: b}]
components:
  securitySchemes:
    device:
      type: oauth2
      deprecated: true
      oauth2MetadataUrl: https://example.com/.well-known/oauth
      flows: {deviceAuthorization: {deviceAuthorizationUrl: https://a/, tokenUrl: https://b/, scopes: {}}}
  mediaTypes:
    thing: {schema: {type: object, xml: {nodeType: element}}}
  schemas:
    Pet:
      $schema: https://spec.openapis.org/oas/3.2/dialect/2025-09-17
      oneOf: [{$ref: '#/components/schemas/Cat'}]
      discriminator: {propertyName: kind, defaultMapping: Cat}
    Cat: {type: object}
paths:
  /a:
    post:
      security: [{device: []}]
      requestBody: {content: {application/json: {$ref: '#/components/mediaTypes/thing'}}}
      responses:
        200:
          summary: made
          content:
            application/json:
              schema: {$ref: '#/components/schemas/Pet'}
              examples: {one: {dataValue: {}, serializedValue: '{}'}}
`)
  })
})

/** A contract with references of every kind to itself or another. */
const use = (reference: string) => `
paths:
  /a:
    get:
      parameters: [{$ref: '${reference}#/components/parameters/limit'}]
      responses: {200: {$ref: '${reference}#/components/responses/ok'}}
    post: {requestBody: {content: {application/json: {schema: {$ref: '${reference}#/components/schemas/thing'}}}}}
components:
  parameters: {limit: {name: limit, in: query, schema: {$ref: '${reference}#/components/schemas/thing'}}}
  responses: {ok: {content: {application/json: {}}}}
  schemas: {thing: {type: integer}}
`
const securedBy = (name: string) => `
security: [{'${name}': []}]
components: {securitySchemes: {key: {type: apiKey, in: header, name: X-Key}, main.key: {type: mutualTLS}}}
paths: {/a: {get: {}, put: {}}}
`

describe('a security requirement', () => {
  const cases: [name: string, type: string][] = [
    ['key', 'apiKey'],
    ['main.key', 'mutualTLS'],
    ['#/components/securitySchemes/key', 'apiKey'],
    ['file:///c.yaml#/components/securitySchemes/key', 'apiKey'],
  ]
  for (const [name, type] of cases) {
    it(`may name a scheme ${name}`, () => {
      const { operations, securitySchemes } = readWell(securedBy(name))
      assert.deepEqual(
        operations.map(({ security }) => security.map(([one]) => [one?.scheme, one?.type])),
        [[[name, type]], [[name, type]]],
      )
      assert.ok(securitySchemes.has(name))
    })
  }

  for (const name of ['nobody', '#/nowhere', '#/info/title', '#/components', '%']) {
    it(`may not name ${name}`, () => {
      const said = complaintsOf(read(head + securedBy(name))).join('\n')
      assert.match(said, /error (?:no security scheme is named|this security scheme needs)/)
    })
  }

  it('names no address in an older document', () => {
    const text = securedBy('#/components/securitySchemes/key')
    const said = complaintsOf(read(`openapi: 3.1.0\ninfo: {title: t, version: "1"}\n${text}`))
    assert.match(said.join(), /no security scheme is named/)
  })
})

describe('a document that names itself with `$self`', () => {
  const cases: [says: string, self: string, reference: string, other: string | undefined][] = [
    ['is meant by its name', 'https://a.example/api/main', 'https://a.example/api/main', undefined],
    ['is meant by a name in relation to it', 'https://a.example/api/main', './main', undefined],
    ['is meant by its path alone', 'https://a.example/api/main', '/api/main', undefined],
    ['may name itself in relation to its place', 'other/main.yaml', 'main.yaml', undefined],
    [
      'has its neighbours beside it',
      'https://a.example/api/main',
      'other.yaml',
      'file:///other.yaml',
    ],
    [
      'has its neighbours beside it, by their whole names',
      'https://a.example/api/main',
      'https://a.example/api/other.yaml',
      'file:///other.yaml',
    ],
    ['is found where it lies', 'https://a.example/api/main', 'file:///c.yaml', undefined],
  ]
  for (const [says, self, reference, other] of cases) {
    it(says, () => {
      const text = `$self: ${self}\n${use(reference)}`
      const contract = readWell(text, other === undefined ? {} : { [other]: head + use('') })
      const [get, post] = contract.operations
      assert.deepEqual(get!.replyTypes, ['application/json'])
      assert.deepEqual(get!.parameters[0]!.shape, { kind: 'scalar', types: ['integer'] })
      const { nodes } = contract.finish().schemas
      const ofBody = nodes.at(post!.body!.media[0]!.schema!)
      assert.equal(typeof ofBody, 'number')
      assert.equal(nodes.at(get!.parameters[0]!.schema!), ofBody)
    })
  }

  it('is told apart from another of the same contract by either name', () => {
    const other = `${head}$self: https://a.example/api/things\n${use('')}`
    const text = `$self: https://a.example/api/main\n${use('https://a.example/api/things')}`
    readWell(text, { 'file:///somewhere.yaml': other })
  })

  it('has no other name in an older document', () => {
    const text = `openapi: 3.1.0\n$self: https://a.example/api/main\ninfo: {title: t, version: "1"}\n`
    const said = complaintsOf(read(text + use('https://a.example/api/main'))).join('\n')
    assert.match(said, /warning `\$self` came with OpenAPI 3\.2/)
    assert.match(said, /`\$ref` leads nowhere/)
  })
})
