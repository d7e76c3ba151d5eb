// Replies as plans: what each status may carry, read only when somebody asks, and for the way back.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { complaintsOf, readWell, read, head } from '../../test/contracts.ts'
import { linkSchemas } from '../schema.ts'

const user = `
components:
  schemas:
    User:
      type: object
      required: [id, secret]
      properties: {id: {type: integer, readOnly: true}, secret: {type: string, writeOnly: true}}
  headers: {left: {required: true, schema: {type: integer}}}
  responses:
    User:
      description: one
      headers:
        X-Left: {$ref: '#/components/headers/left'}
        X-Tags: {schema: {type: array, items: {type: string}}}
        Content-Type: {schema: {type: string}}
      content:
        Application/JSON; charset=utf-8: {schema: {$ref: '#/components/schemas/User'}}
        image/png: {}
`

const paths = `
paths:
  /a:
    get: {responses: {200: {$ref: '#/components/responses/User'}, 4XX: {description: no}, x-y: 1}}
    put:
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/User'}}}}
      responses: {default: {$ref: '#/components/responses/User'}}
`

describe('replies', () => {
  it('have a plan for each status, with media types and header fields', () => {
    const { operations } = readWell(user + paths)
    const [get, put] = operations
    const [ok, no] = get!.replies()
    assert.deepEqual(
      [ok!.status, no!.status, put!.replies().map(({ status }) => status)],
      ['200', '4XX', ['default']],
    )
    assert.deepEqual(
      ok!.media.map(({ range, reader }) => [range, reader]),
      [
        ['application/json', 'json'],
        ['image/png', 'other'],
      ],
    )
    assert.deepEqual(
      ok!.headers.map((one) => [one.name, one.in, one.style, one.required, one.shape.kind]),
      [
        ['X-Left', 'header', 'simple', true, 'scalar'],
        ['X-Tags', 'header', 'simple', false, 'array'],
      ],
    )
    assert.deepEqual([no!.media, no!.headers], [[], []])
  })

  it('are read once for all that refer to them, and plain data', () => {
    const [get, put] = readWell(user + paths).operations
    assert.equal(get!.replies(), get!.replies())
    assert.equal(get!.replies()[0]!.media, put!.replies()[0]!.media)
    assert.deepEqual(JSON.parse(JSON.stringify(get!.replies()[0]!.headers[0]!.required)), true)
  })

  it('have schemas for the way back, and requests theirs', () => {
    const contract = readWell(user + paths)
    const put = contract.operations[1]!
    const back = put.replies()[0]!.media[0]!.schema!
    const forth = put.body!.media[0]!.schema!
    const check = linkSchemas(contract.finish().schemas)
    const issues = (schema: number, value: unknown) =>
      check(schema)
        .errors(value, 9)
        .map(({ pointer, issue }) => `${pointer} ${issue}`)
    assert.deepEqual(issues(back, { id: 1 }), [])
    assert.deepEqual(issues(back, { id: 1, secret: 'x' }), ['/secret write_only'])
    assert.deepEqual(issues(forth, { secret: 'x' }), [])
    assert.deepEqual(issues(forth, { id: 1, secret: 'x' }), ['/id read_only'])
  })

  it('cost nothing until somebody asks', () => {
    const broken =
      'paths: {/a: {get: {responses: {200: {description: "", content: {application/json: {schema: {type: 1}}}}}}}}'
    const contract = read(head + broken)
    assert.deepEqual(complaintsOf(contract), [])
    assert.equal(contract.finish().schemas.nodes.length, 0)
    assert.equal(contract.operations[0]!.replies().length, 1)
    assert.equal(contract.finish().schemas.nodes.length, 1)
    assert.match(complaintsOf(contract).join(), /'type' must be one of/)
  })

  it('leave the numbers of schemas as they were', () => {
    const contract = readWell(user + paths)
    const before = contract.finish().schemas.nodes
    const forth = contract.operations[1]!.body!.media[0]!.schema!
    contract.operations.forEach((one) => one.replies())
    const after = contract.finish().schemas.nodes
    assert.ok(after.length > before.length)
    assert.equal(
      linkSchemas({ nodes: before })(forth).valid({ secret: 'x' }),
      linkSchemas({ nodes: after })(forth).valid({ secret: 'x' }),
    )
  })

  const wrong: [says: string, reply: string, want: RegExp][] = [
    ['a field that is nearly one', '{descripton: ""}', /did you mean `description`/],
    [
      'a header without a schema',
      '{description: "", headers: {A: {}}}',
      /`A` needs a `schema` or `content`/,
    ],
    ['a header that is none', '{description: "", headers: {A: 1}}', /expected a Header object/],
    ['a reference to nothing', "{$ref: '#/nothing'}", /`\$ref` leads nowhere/],
    ['content that is a list', '{description: "", content: []}', /`content` must be an object/],
    [
      'a style that headers do not have',
      '{description: "", headers: {A: {style: form, schema: {}}}}',
      /must be one of simple/,
    ],
  ]
  for (const [says, reply, want] of wrong) {
    it(`say what is wrong: ${says}`, () => {
      const contract = read(`${head}paths: {/a: {get: {responses: {404: ${reply}}}}}`)
      contract.operations[0]!.replies()
      assert.match(complaintsOf(contract).join('\n'), want)
    })
  }
})

describe('what is no route', () => {
  it('is passed over: webhooks, callbacks, components alone', () => {
    const hook = '{post: {requestBody: {content: {application/json: {schema: {type: 1}}}}}}'
    const contract = readWell(`
webhooks: {made: ${hook}}
paths: {/a: {post: {callbacks: {done: {'{$request.body#/url}': ${hook}}}}}}
`)
    assert.deepEqual(
      contract.operations.map(({ id }) => id),
      ['POST /a'],
    )
    assert.deepEqual(readWell('components: {schemas: {A: {type: object}}}').operations, [])
    assert.deepEqual(readWell(`webhooks: {made: ${hook}}`).operations, [])
  })
})
