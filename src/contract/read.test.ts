// Contracts as written: what is read out of them, and every complaint with the place it points at.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { complaintsOf, head, read, readWell } from '../../test/contracts.ts'

describe('a document becomes operations', () => {
  it('with everything that is said of one', () => {
    const { title, version, openapi, operations } = readWell(`
paths:
  /users/{id}:
    get:
      operationId: getUser
      summary: One user
      deprecated: true
      parameters:
        - {name: full, in: query, schema: {type: boolean}}
        - {name: id, in: path, required: true, schema: {type: integer}}
      responses:
        200: {description: ok, content: {Application/JSON; charset=utf-8: {}}}
        4XX: {description: no, content: {text/plain: {}}}
`)
    assert.deepEqual([title, version, openapi], ['Chat', '2', '3.1'])
    const [operation] = operations
    assert.equal(operation!.id, 'getUser')
    assert.equal(operation!.method, 'GET')
    assert.equal(operation!.template, '/users/{id}')
    assert.deepEqual(operation!.basePaths, [''])
    assert.deepEqual(operation!.statuses, ['200', '4XX'])
    assert.deepEqual(operation!.replyTypes, ['application/json'])
    assert.equal(operation!.deprecated, true)
    assert.equal(operation!.summary, 'One user')
    assert.deepEqual(operation!.place, { file: 'c.yaml', line: 6, column: 5 })
    assert.deepEqual(
      operation!.parameters.map((one) => [one.name, one.style, one.explode, one.required]),
      [
        ['id', 'simple', false, true],
        ['full', 'form', true, false],
      ],
    )
  })

  it('named by method and path where they have no id', () => {
    const { operations } = readWell('paths: {/a: {get: {}, post: {}}}')
    assert.deepEqual(
      operations.map(({ id }) => id),
      ['GET /a', 'POST /a'],
    )
  })

  it('with reply types of `default` where no success is declared', () => {
    const responses = '{default: {description: "", content: {text/csv: {}}}}'
    const { operations } = readWell(`paths: {/a: {get: {responses: ${responses}}}}`)
    assert.deepEqual(operations[0]!.replyTypes, ['text/csv'])
  })

  it('with parameters of the path, which those of the operation replace', () => {
    const { operations } = readWell(`
paths:
  /a/{x}-{y}:
    parameters:
      - {name: y, in: path, required: true, schema: {}}
      - {name: x, in: path, required: true, schema: {}}
      - {name: q, in: query, schema: {type: string}}
      - {name: Tag, in: header, schema: {type: string}}
    get:
      parameters:
        - {name: q, in: query, required: true, schema: {type: integer}}
        - {name: TAG, in: header, required: true, schema: {type: string}}
`)
    assert.deepEqual(
      operations[0]!.parameters.map((one) => [one.name, one.required]),
      [
        ['x', true],
        ['y', true],
        ['q', true],
        ['TAG', true],
      ],
    )
  })

  it('through references of every kind, across files', () => {
    const other = `
item:
  parameters: [{$ref: "c.yaml#/components/parameters/Q"}]
  post:
    requestBody: {$ref: "#/body"}
    responses: {200: {$ref: "c.yaml#/components/responses/Ok"}}
body: {content: {application/json: {schema: {$ref: "c.yaml#/components/schemas/S"}}}}
`
    const { operations } = readWell(
      `
paths: {/a: {$ref: "other.yaml#/item"}}
components:
  parameters: {Q: {$ref: "#/components/parameters/R"}, R: {name: q, in: query, schema: {}}}
  responses: {Ok: {description: ok, content: {text/html: {}}}}
  schemas: {S: {type: object, properties: {next: {$ref: "#/components/schemas/S"}}}}
`,
      { 'file:///other.yaml': other },
    )
    assert.equal(operations[0]!.parameters[0]!.name, 'q')
    assert.equal(operations[0]!.body!.media[0]!.reader, 'json')
    assert.deepEqual(operations[0]!.replyTypes, ['text/html'])
  })

  it('with settings of every level, outermost first', () => {
    const { operations, documentSettings } = readWell(`
x-concordat: {a: 1}
paths: {/a: {x-concordat: {b: 2}, get: {x-concordat: {c: 3}}, post: {}}}
`)
    const levels = operations[0]!.settings.map(({ level, value, pointer }) => [
      level,
      value,
      pointer,
    ])
    assert.deepEqual(levels, [
      ['document', { a: 1 }, '/x-concordat'],
      ['path', { b: 2 }, '/paths/~1a/x-concordat'],
      ['operation', { c: 3 }, '/paths/~1a/get/x-concordat'],
    ])
    assert.equal(operations[1]!.settings.length, 2)
    assert.equal(documentSettings.length, 1)
  })
})

describe('`servers` become base paths', () => {
  const cases: [servers: string, want: string[]][] = [
    ['[]', ['']],
    ['[{url: /}]', ['']],
    ['[{url: /v1/}]', ['/v1']],
    ['[{url: v1}]', ['/v1']],
    ['[{url: "https://a.example:8443/api/v10"}]', ['/api/v10']],
    ['[{url: "//a.example/api"}]', ['/api']],
    ['[{url: "https://a.example"}, {url: "https://b.example/"}, {url: /x}]', ['', '/x']],
    ['[{url: "{scheme}://{host}:8080/{base}", variables: {base: {default: v2}}}]', ['/v2']],
    ['[{url: "/{v}/x", variables: {v: {default: v2, enum: [v1, v2]}}}]', ['/v2/x', '/v1/x']],
  ]
  for (const [servers, want] of cases) {
    it(servers, () => {
      const { operations } = readWell(`servers: ${servers}\npaths: {/a: {get: {}}}`)
      assert.deepEqual(operations[0]!.basePaths, want)
    })
  }

  it('the innermost level counts', () => {
    const { operations } = readWell(`
servers: [{url: /document}]
paths:
  /a: {servers: [{url: /path}], get: {servers: [{url: /operation}]}, put: {}}
  /b: {get: {}}
`)
    const paths = operations.map(({ basePaths }) => basePaths[0])
    assert.deepEqual(paths, ['/operation', '/path', '/document'])
  })
})

describe('`security` becomes alternatives', () => {
  const schemes = `
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Key}
    token: {type: http, scheme: Bearer}
    oauth: {type: oauth2, flows: {}}
security: [{key: []}]
`
  const cases: [security: string | undefined, want: string[][]][] = [
    [undefined, [['key']]],
    ['[]', []],
    ['[{}, {token: []}]', [[], ['token']]],
    ['[{key: [], oauth: [read]}]', [['key', 'oauth']]],
  ]
  for (const [security, want] of cases) {
    it(security ?? 'of the document', () => {
      const own = security === undefined ? '' : `security: ${security}`
      const { operations } = readWell(`${schemes}paths: {/a: {get: {${own}}}}`)
      const names = operations[0]!.security.map((one) => one.map(({ scheme }) => scheme))
      assert.deepEqual(names, want)
    })
  }

  it('each use says where its credential travels', () => {
    const { operations, securitySchemes } = readWell(
      `${schemes}paths: {/a: {get: {security: [{token: []}]}}}`,
    )
    const [use] = operations[0]!.security[0]!
    assert.equal(use!.httpScheme, 'bearer')
    assert.deepEqual([...securitySchemes.keys()], ['key', 'token', 'oauth'])
    assert.equal(securitySchemes.get('key')!.name, 'X-Key')
  })
})

const get = (fields: string) => `${head}paths: {/a: {get: {${fields}}}}`
const parameter = (fields: string) => get(`parameters: [{${fields}}]`)

describe('what is wrong is said with its place', () => {
  const cases: [says: string, text: string, want: string][] = [
    ['no object', '[]', '1:1 error the contract must be an object'],
    ['nothing', '# later', '1:1 error the contract is empty'],
    [
      'an overlay',
      'overlay: 1.0.0',
      '1:1 error this is an overlay: name it with --overlay, behind a contract',
    ],
    ['no version', 'info: {}', '1:1 error this is no OpenAPI document: it has no `openapi` field'],
    [
      'Swagger 2',
      'swagger: "2.0"',
      '1:1 error Swagger 2.0 is not read: convert it to OpenAPI 3.0 or newer',
    ],
    [
      'OpenAPI 3.3',
      'openapi: 3.3.0',
      '1:1 error OpenAPI "3.3.0" is not read: write 3.0.x, 3.1.x or 3.2.x, as a string',
    ],
    [
      'a version that is a number',
      'openapi: 3.1',
      '1:1 error OpenAPI 3.1 is not read: write 3.0.x, 3.1.x or 3.2.x, as a string',
    ],
    [
      'nothing but a version',
      'openapi: 3.1.0',
      '1:1 error there are no `paths`, nor `components` or `webhooks`',
    ],
    [
      'a slip in a field',
      get('requestbody: {}'),
      '3:20 error `requestbody` is not a field of an Operation object: did you mean `requestBody`?',
    ],
    [
      'a field of another tool',
      get('produces: []'),
      '3:20 warning `produces` is not a field of an Operation object: it has no effect',
    ],
    [
      'a slip in a method',
      `${head}paths: {/a: {gte: {}}}`,
      '3:14 error `gte` is not a field of a Path Item object: did you mean `get`?',
    ],
    ['a path without a slash', `${head}paths: {a: {}}`, '3:9 error a path begins with a slash'],
    [
      'an id twice',
      `${head}paths: {/a: {get: {operationId: x}, put: {operationId: x}}}`,
      '3:37 error `operationId` x is taken already, at 3:14',
    ],
    [
      'a path parameter that nobody declares',
      `${head}paths: {"/{id}": {get: {}}}`,
      '3:19 error the path parameter `id` is not declared',
    ],
    [
      'a path parameter that the path has not',
      parameter('name: id, in: path, required: true, schema: {}'),
      '3:33 error the path has no `{id}`, which this parameter describes',
    ],
    [
      'a name twice in a path',
      `${head}paths: {"/{a}/{a}": {}}`,
      '3:9 error the path has `{a}` twice',
    ],
    [
      'a parameter twice',
      get('parameters: [{name: a, in: query, schema: {}}, {name: a, in: query, schema: {}}]'),
      '3:67 error query parameter `a` is listed twice',
    ],
    [
      'a parameter nowhere',
      parameter('name: a, in: body, schema: {}'),
      '3:43 error `in` must be one of path, query, header, cookie',
    ],
    [
      'a style that does not fit',
      parameter('name: a, in: query, style: simple, schema: {}'),
      '3:54 error `style` of a query parameter must be one of form, spaceDelimited, pipeDelimited, deepObject',
    ],
    [
      'deepObject without objects',
      parameter('name: a, in: query, style: deepObject, schema: {type: string}'),
      '3:54 error `deepObject` is for objects, and the schema allows none',
    ],
    [
      'spaces between nothing',
      parameter('name: a, in: query, style: spaceDelimited, schema: {type: integer}'),
      '3:54 error `spaceDelimited` is for lists and objects',
    ],
    [
      'neither schema nor content',
      parameter('name: a, in: query'),
      '3:33 error parameter `a` needs a `schema` or `content`',
    ],
    [
      'both',
      parameter('name: a, in: query, schema: {}, content: {}'),
      '3:66 error a parameter has `schema` or `content`, not both',
    ],
    [
      'two contents',
      parameter('name: a, in: query, content: {a/b: {}, c/d: {}}'),
      '3:54 error `content` of a parameter must have exactly one entry',
    ],
    [
      'a header that OpenAPI ignores',
      parameter('name: Accept, in: header, schema: {}'),
      '3:33 note header parameter `Accept` has no effect: OpenAPI ignores this name',
    ],
    [
      'a path parameter that is not required',
      `${head}paths: {"/{a}": {get: {parameters: [{name: a, in: path, schema: {}}]}}}`,
      '3:37 warning path parameter `a` must say `required: true`',
    ],
    [
      'a reference to nothing',
      get('requestBody: {$ref: "#/components/x"}'),
      '3:34 error `$ref` leads nowhere: "#/components/x"',
    ],
    [
      'a circle of references',
      `${head}components: {parameters: {A: {$ref: "#/components/parameters/A"}}}\npaths: {/a: {get: {parameters: [{$ref: "#/components/parameters/A"}]}}}`,
      '4:33 error `$ref` goes round in a circle',
    ],
    [
      'an unknown scheme',
      `${head}components: {securitySchemes: {apiKey: {type: http, scheme: basic}}}\nsecurity: [{apikey: []}]\npaths: {/a: {get: {}}}`,
      '4:13 error no security scheme is named `apikey`: did you mean `apiKey`?',
    ],
    [
      'a scheme that would break a header field',
      `${head}components: {securitySchemes: {a: {type: http, scheme: "a\\r\\nb"}}}`,
      '3:48 error `scheme` is no name of a scheme such as `bearer`',
    ],
    [
      'a scheme of no type',
      `${head}components: {securitySchemes: {a: {type: key}}}`,
      '3:36 error `type` must be one of apiKey, http, oauth2, openIdConnect, mutualTLS',
    ],
    [
      'a key without a name',
      `${head}components: {securitySchemes: {a: {type: apiKey, in: query}}}`,
      '3:32 error this security scheme needs `name`',
    ],
    [
      'a status that is none',
      get('responses: {20x: {}}'),
      '3:32 error `20x` is no status: write 200, 2XX or default',
    ],
    [
      'a media type that is none',
      get('requestBody: {content: {json: {}}}'),
      '3:44 error `json` is no media type',
    ],
    [
      'a media type twice',
      get('requestBody: {content: {a/b: {}, A/B; x=1: {}}}'),
      '3:53 error `a/b` is there already: parameters do not tell bodies apart',
    ],
    [
      'a flag that is a text',
      parameter('name: a, in: query, required: "yes", schema: {}'),
      '3:54 error `required` must be a boolean',
    ],
    [
      'a server variable that nobody declares',
      `${head}servers: [{url: "/{a}"}]\npaths: {/a: {get: {}}}`,
      '3:12 error the variable `a` is not declared',
    ],
    [
      'a server with a query',
      `${head}servers: [{url: "/a?b"}]\npaths: {/a: {get: {}}}`,
      '3:12 error a server `url` may have no query and no fragment',
    ],
    [
      'a server that climbs',
      `${head}servers: [{url: "/a/../b"}]\npaths: {/a: {get: {}}}`,
      '3:12 error a server `url` may have no dot segments',
    ],
  ]
  for (const [says, text, want] of cases) {
    it(says, () =>
      assert.ok(complaintsOf(read(text)).includes(want), complaintsOf(read(text)).join('\n')),
    )
  }

  it('names like those of prototypes find nothing', () => {
    const { operations } = readWell('paths: {/a: {get: {responses: {}}}, /constructor: {get: {}}}')
    assert.equal(operations.length, 2)
    const complaints = complaintsOf(
      read(`${head}security: [{constructor: []}]\npaths: {/a: {get: {}}}`),
    )
    assert.match(complaints[0]!, /no security scheme is named `constructor`/)
  })
})
