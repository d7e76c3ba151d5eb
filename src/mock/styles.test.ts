// Resources as other contracts write them: envelopes, ids, pages and bodies of many styles.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mockFrom, type TestMock } from '../../test/mock.ts'

interface Style {
  /** Schema of the list reply; `Thing` stands for an item. */
  readonly list: string
  /** Schema of the reply about one. */
  readonly one?: string
  readonly thing?: string
  readonly parameters?: string
  readonly id?: string
  readonly bodyType?: string
}

const usualThing =
  '{ type: object, required: [id, name], properties: { id: { type: string }, name: { type: string } } }'

function contractOf({ list, one = '{ $ref: "#/components/schemas/Thing" }', ...rest }: Style) {
  const {
    thing = usualThing,
    parameters = '[]',
    id = 'thingId',
    bodyType = 'application/json',
  } = rest
  return `openapi: 3.1.0
info: { title: Things, version: '1' }
paths:
  /things:
    get:
      parameters: ${parameters}
      responses: { '200': { description: All., content: { application/json: { schema: ${list} } } } }
    post:
      requestBody: { content: { ${bodyType}: { schema: { type: object } } } }
      responses: { '201': { description: One., content: { application/json: { schema: ${one} } } } }
  /things/{${id}}:
    parameters: [{ name: ${id}, in: path, required: true, schema: { type: string } }]
    get: { responses: { '200': { description: One., content: { application/json: { schema: ${one} } } } } }
    put: { responses: { '200': { description: One. }, '201': { description: New. } } }
    delete: { responses: { '204': { description: Gone. } } }
components: { schemas: { Thing: ${thing} } }
`
}

const thing = '{ $ref: "#/components/schemas/Thing" }'
const things = `{ type: array, items: ${thing} }`
const query = (...names: string[]): string =>
  `[${names.map((name) => `{ name: ${name}, in: query, schema: { type: string } }`).join(', ')}]`

function made(mock: TestMock, count: number): void {
  for (let at = 0; at < count; at++) mock.ask('POST', '/things', { name: `n${at}` })
}

const pages: [says: string, style: Style, target: string, want: RegExp][] = [
  [
    'a bare array',
    { list: things, parameters: query('limit') },
    '/things?limit=3',
    /^\[(?:\{[^}]*\},?){3}\]$/,
  ],
  [
    'a cursor that is null at the end',
    {
      list: `{ type: object, required: [items, nextCursor], properties: { items: ${things}, nextCursor: { type: [string, 'null'] } } }`,
      parameters: query('limit', 'cursor'),
    },
    '/things?limit=50',
    /"nextCursor":null/,
  ],
  [
    'a token that is left out at the end',
    {
      list: `{ type: object, properties: { items: ${things}, next_page_token: { type: string } } }`,
      parameters: query('page_size', 'page_token'),
    },
    '/things?page_size=50',
    /^\{"items":\[[^\]]*\]\}$/,
  ],
  [
    'numbered pages',
    {
      list: `{ type: object, required: [results, page, per_page, total], properties: { results: ${things}, page: { type: integer }, per_page: { type: integer }, total: { type: integer } } }`,
      parameters: query('page', 'per_page'),
    },
    '/things?page=2&per_page=2',
    /"page":2,"per_page":2,"total":6\}$/,
  ],
  [
    'an envelope in an envelope',
    {
      list: `{ type: object, required: [data], properties: { data: { type: object, required: [things, count], properties: { things: ${things}, count: { type: integer } } } } }`,
    },
    '/things',
    /^\{"data":\{"things":\[.*n3.*\],"count":6\}\}$/,
  ],
]

for (const [says, style, target, want] of pages) {
  test(`a list in pages: ${says}`, () => {
    const mock = mockFrom(contractOf(style))
    made(mock, 4)
    assert.match(mock.ask('GET', target).text, want)
  })
}

test('who asks for the second page gets what is behind the first', () => {
  const { list, parameters } = pages[3]![1]
  const mock = mockFrom(contractOf({ list, parameters: parameters! }))
  made(mock, 4)
  const names = (page: number) => {
    const { data } = mock.ask('GET', `/things?page=${page}&per_page=2`)
    return (data as { results: { name: string }[] }).results.map(({ name }) => name)
  }
  assert.deepEqual([names(2), names(3), names(4)], [['n0', 'n1'], ['n2', 'n3'], []])
})

const ids: [says: string, style: Partial<Style>, want: RegExp][] = [
  [
    'uuids',
    { thing: usualThing.replace('id: { type: string }', 'id: { type: string, format: uuid }') },
    /^[\da-f]{8}-/,
  ],
  [
    'numbers',
    { thing: usualThing.replace('id: { type: string }', 'id: { type: integer }') },
    /^\d+$/,
  ],
  [
    'a name of its own',
    { id: 'thing_id', thing: usualThing.replaceAll('id', 'thingId') },
    /^[a-z\d]+$/,
  ],
  ['a sid', { id: 'Sid', thing: usualThing.replaceAll('id:', 'sid:').replace('[id', '[sid') }, /./],
]

for (const [says, style, want] of ids) {
  test(`ids are ${says}`, () => {
    const mock = mockFrom(contractOf({ list: things, ...style }))
    const created = mock.ask('POST', '/things', { name: 'n' })
    const id = String(Object.entries(created.data as object).find(([key]) => key !== 'name')![1])
    assert.match(id, want)
    assert.deepEqual(mock.ask('GET', `/things/${id}`).data, created.data)
    assert.equal(mock.ask('DELETE', `/things/${id}`).status, 204)
    assert.equal(mock.ask('GET', `/things/${id}`).status, 404)
  })
}

test('one in an envelope is found there', () => {
  const one = `{ type: object, required: [data], properties: { data: ${thing} } }`
  const mock = mockFrom(contractOf({ list: things, one }))
  const { data } = mock.ask('POST', '/things', { name: 'n' }).data as { data: { id: string } }
  assert.deepEqual(mock.ask('GET', `/things/${data.id}`).data, { data })
})

test('what a form sends is kept under the names of the reply', () => {
  const bodyType = 'application/x-www-form-urlencoded'
  const own = usualThing.replaceAll('name', 'friendly_name')
  const mock = mockFrom(contractOf({ list: things, thing: own, bodyType }))
  const headers = { 'content-type': bodyType }
  // The body of a test is JSON: as a form it is one name without a value.
  const reply = mock.ask('POST', '/things', undefined, headers)
  assert.equal(reply.status, 201)
  const named = mock.ask('POST', '/things', { FriendlyName: 'n' }).data
  assert.equal((named as { friendly_name: string }).friendly_name, 'n')
})

const nested = `openapi: 3.1.0
info: { title: Nested, version: '1' }
paths:
  /rooms/{roomId}/notes:
    parameters: [{ name: roomId, in: path, required: true, schema: { type: string } }]
    get: { responses: { '200': { description: All., content: { application/json: { schema: ${things} } } } } }
    post: { responses: { '201': { description: One., content: { application/json: { schema: ${thing} } } } } }
components:
  schemas:
    Thing:
      type: object
      required: [id, authorId]
      properties: { id: { type: string }, authorId: { type: string } }
      examples: [{ id: n1, authorId: usr_1 }]
`

test('what says nothing of where it belongs is everywhere, what was created somewhere is there', () => {
  const mock = mockFrom(nested)
  const { id } = mock.ask('POST', '/rooms/a/notes').data as { id: string }
  const listed = (room: string) =>
    (mock.ask('GET', `/rooms/${room}/notes`).data as { id: string }[]).map((one) => one.id)
  assert.deepEqual([listed('a'), listed('b')], [['n1', id], ['n1']])
})

test('PUT creates where the contract has 201 for it, and replaces from then on', () => {
  const mock = mockFrom(contractOf({ list: things }))
  assert.equal(mock.ask('PUT', '/things/mine', { name: 'a' }).status, 201)
  assert.equal(mock.ask('PUT', '/things/mine', { name: 'b' }).status, 200)
  assert.deepEqual(mock.ask('GET', '/things/mine').data, { id: 'mine', name: 'b' })
})

test('an id that the schema fixes cannot be had twice: the reply is made up, and nothing is lost', () => {
  const own = usualThing.replace('id: { type: string }', 'id: { const: only }')
  const mock = mockFrom(contractOf({ list: things, thing: own }))
  assert.equal(mock.ask('POST', '/things', { name: 'n' }).status, 201)
  assert.equal(mock.ask('GET', '/things/only').status, 200)
})
