import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadDocuments } from '../load.ts'
import { readContract } from '../contract.ts'
import { fixtureNames, fixturePath, fixturesAbsent } from '../../test/fixtures.ts'
import { mockFrom, mockOf, type TestMock } from '../../test/mock.ts'
import { readReplies } from './read-replies.ts'

const chatFile = new URL('../../examples/chat/openapi.yaml', import.meta.url).pathname
const { documents: chatDocuments } = await loadDocuments(chatFile)
const chat = (settings = {}): TestMock => mockOf(chatDocuments, settings)

interface Channel {
  readonly channelId: string
  readonly name: string
  readonly topic: string | null
}

interface Page {
  readonly data: readonly Readonly<Record<string, unknown>>[]
  readonly meta: Readonly<Record<string, unknown>>
}

const created = (mock: TestMock, name = 'release-3'): Channel =>
  mock.ask('POST', '/v1/channels', { name }).data as Channel

const page = (mock: TestMock, target: string): Page => mock.ask('GET', target).data as Page

test('a channel that was created can be read, listed, changed and replaced', () => {
  const mock = chat()
  const reply = mock.ask('POST', '/v1/channels', { name: 'release-3' })
  const channel = reply.data as Channel
  assert.equal(reply.status, 201)
  assert.match(channel.channelId, /^ch_[a-z0-9]{6,32}$/)
  assert.equal(reply.headers['location'], `/v1/channels/${channel.channelId}`)
  assert.deepEqual([channel.name, channel.topic], ['release-3', null])
  const at = `/v1/channels/${channel.channelId}`
  assert.deepEqual(mock.ask('GET', at).data, channel)
  assert.ok(page(mock, '/v1/channels').data.some((one) => one['name'] === 'release-3'))
  assert.deepEqual(mock.ask('PATCH', at, { topic: 'Soon' }).data, { ...channel, topic: 'Soon' })
  assert.deepEqual(mock.ask('PATCH', at, { topic: null }).data, channel)
  const whole = { name: 'other', topic: null, memberIds: ['usr_k7m2n9'] }
  assert.deepEqual(mock.ask('PUT', at, whole).data, { ...channel, ...whole })
  assert.deepEqual(mock.ask('GET', at).data, { ...channel, ...whole })
})

test('what the examples of the contract show is there from the start', () => {
  const mock = chat()
  assert.equal((mock.ask('GET', '/v1/channels/ch_x9y8z7').data as Channel).name, 'general')
  const [message] = page(mock, '/v1/channels/ch_x9y8z7/messages').data
  assert.equal(message?.['messageId'], 'msg_a1b2c3')
})

test('messages belong to the channel that they were sent to, and to who sent them', () => {
  const mock = chat()
  const { channelId } = created(mock)
  mock.ask('POST', `/v1/channels/${channelId}/messages`, { content: 'Hi', type: 'text' })
  const listed = page(mock, `/v1/channels/${channelId}/messages`).data
  assert.deepEqual(
    listed.map((one) => [one['content'], one['channelId']]),
    [['Hi', channelId]],
  )
  const contents = (user: string) =>
    page(mock, `/v1/users/${user}/messages`).data.map((one) => one['content'])
  assert.deepEqual(contents('usr_p4q5r6'), ['Hello, world!', 'Hi'])
  assert.deepEqual(contents('usr_nobody1'), [])
})

test('a list is read in pages by cursor, whatever is deleted meanwhile', () => {
  const mock = chat()
  const at = `/v1/channels/${created(mock).channelId}/messages`
  for (const content of ['a', 'b', 'c']) mock.ask('POST', at, { content, type: 'text' })
  const first = page(mock, `${at}?limit=2`)
  assert.deepEqual(
    first.data.map((one) => one['content']),
    ['a', 'b'],
  )
  assert.equal(first.meta['hasMore'], true)
  mock.ask('DELETE', `/v1/messages/${String(first.data[1]?.['messageId'])}`)
  const next = `${at}?limit=2&cursor=${String(first.meta['cursor'])}`
  const second = page(mock, next)
  assert.deepEqual(
    second.data.map((one) => one['content']),
    ['c'],
  )
  assert.equal(second.meta['hasMore'], false)
})

test('a list is read in pages by offset, and says how many there are', () => {
  const mock = chat()
  for (const name of ['a', 'b', 'c']) created(mock, name)
  const { data, meta } = page(mock, '/v1/channels?offset=1&limit=2')
  assert.deepEqual(
    data.map((one) => one['name']),
    ['a', 'b'],
  )
  assert.deepEqual(meta, { offset: 1, limit: 2, total: 4 })
})

test('a parameter that is called like a field is a filter', () => {
  const mock = mockFrom(notes)
  mock.ask('POST', '/notes', { text: 'A', tag: 'home' })
  mock.ask('POST', '/notes', { text: 'B', tag: 'work' })
  const texts = (mock.ask('GET', '/notes?tag=work').data as { text: string }[]).map(
    (one) => one.text,
  )
  assert.deepEqual(texts, ['B'])
})

const missing: [method: string, target: string, body?: unknown][] = [
  ['GET', '/v1/channels/ch_nothere'],
  ['PATCH', '/v1/channels/ch_nothere', { topic: 'x' }],
  ['PUT', '/v1/channels/ch_nothere', { name: 'x', topic: null, memberIds: ['usr_k7m2n9'] }],
  ['GET', '/v1/channels/ch_nothere/messages'],
  ['POST', '/v1/channels/ch_nothere/messages', { content: 'x', type: 'text' }],
  ['DELETE', '/v1/messages/msg_nothere'],
  ['POST', '/v1/messages/msg_nothere/translate', { targetLanguage: 'de' }],
]

for (const [method, target, body] of missing) {
  test(`${method} ${target} is 404, in the form that the contract declares`, () => {
    const { status, data } = chat().ask(method, target, body)
    assert.equal(status, 404)
    assert.equal((data as { error: { code: string } }).error.code, 'NOT_FOUND')
  })
}

test('what was deleted is gone', () => {
  const mock = chat()
  assert.deepEqual(mock.ask('DELETE', '/v1/messages/msg_a1b2c3').status, 204)
  assert.deepEqual(mock.ask('DELETE', '/v1/messages/msg_a1b2c3').status, 404)
  assert.deepEqual(page(mock, '/v1/channels/ch_x9y8z7/messages').data, [])
})

test('an action is no resource: its reply speaks of what was asked for', () => {
  const reply = chat().ask('POST', '/v1/messages/msg_a1b2c3/translate', { targetLanguage: 'fr' })
  const { messageId, targetLanguage } = reply.data as Record<string, string>
  assert.deepEqual([reply.status, messageId, targetLanguage], [200, 'msg_a1b2c3', 'fr'])
})

test('stateless, whatever is asked for is there', () => {
  const mock = chat({ isStateful: false })
  const { status, data } = mock.ask('GET', '/v1/channels/ch_nothere')
  assert.deepEqual([status, (data as Channel).channelId], [200, 'ch_nothere'])
})

test('no more than a thousand of a kind are kept, the newest', () => {
  const mock = mockFrom(notes)
  for (let at = 0; at < 1_005; at++) mock.ask('POST', '/notes', { text: String(at) })
  const { data } = mock.ask('GET', '/notes?limit=5000')
  const kept = data as { text: string }[]
  assert.deepEqual([kept.length, kept[0]?.text, kept.at(-1)?.text], [1_000, '5', '1004'])
})

const notes = `openapi: 3.1.0
info: { title: Notes, version: '1' }
paths:
  /notes:
    get:
      parameters:
        - { name: limit, in: query, schema: { type: integer } }
        - { name: tag, in: query, schema: { type: string } }
      responses:
        '200':
          description: All.
          content:
            application/json:
              schema: { type: array, items: { $ref: '#/components/schemas/Note' } }
    post:
      requestBody:
        content: { application/json: { schema: { $ref: '#/components/schemas/Note' } } }
      responses:
        '201':
          description: Kept.
          content: { application/json: { schema: { $ref: '#/components/schemas/Note' } } }
  /notes/{id}:
    get:
      parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
      responses:
        '200':
          description: One.
          content: { application/json: { schema: { $ref: '#/components/schemas/Note' } } }
components:
  schemas:
    Note:
      type: object
      required: [id, text]
      properties:
        id: { type: integer, readOnly: true }
        text: { type: string }
        tag: { type: string }
`

test('ids that are numbers count up', () => {
  const mock = mockFrom(notes)
  const ids = ['a', 'b'].map(
    (text) => (mock.ask('POST', '/notes', { text }).data as { id: number }).id,
  )
  assert.equal(ids[1]! - ids[0]!, 1)
  assert.equal(mock.ask('GET', `/notes/${ids[0]}`).status, 200)
})

const kinds = `openapi: 3.2.0
info: { title: Kinds, version: '1' }
paths:
  /report:
    get:
      operationId: getReport
      responses:
        '200':
          description: As wanted.
          headers:
            X-Rows: { required: true, schema: { type: integer, minimum: 3, maximum: 3 } }
          content:
            application/json:
              schema: { type: object, required: [n], properties: { n: { type: integer } } }
              examples:
                small: { value: { n: 1 } }
                large: { value: { n: 1000 } }
                broken: { value: { n: many } }
            text/csv: { example: "n\\n1\\n" }
            application/xml: { schema: { type: object } }
        '4XX': { description: No., content: { text/plain: { schema: { const: no } } } }
        default: { description: Else. }
  /ticks:
    get:
      responses:
        '200':
          description: As they come.
          content:
            application/jsonl: { itemSchema: { const: { t: 1 } } }
            text/event-stream:
              itemSchema: { type: object, required: [data], properties: { data: { const: hi } } }
`

const preferred: [says: string, prefer: string, status: number, text: RegExp][] = [
  ['an example by name', 'example=large', 200, /^\{"n":1000\}$/],
  ['an example by a quoted name', 'example="large"; x=1', 200, /^\{"n":1000\}$/],
  [
    'an example that is not there',
    'example=huge',
    400,
    /getReport has no example 'huge', but small, large/,
  ],
  ['a status of a range', 'code=418', 418, /^no$/],
  ['a status that only the default covers', 'code=503', 503, /^$/],
  ['no status at all', 'code=often', 400, /not 'often'/],
  ['what a mock knows nothing of', 'respond-async, wait=10', 200, /^\{"n":1\}$/],
  ['several at once', 'wait=10, code=404', 404, /^no$/],
]

for (const [says, prefer, status, text] of preferred) {
  test(`Prefer asks for ${says}`, () => {
    const reply = mockFrom(kinds).ask('GET', '/report', undefined, { prefer })
    assert.equal(reply.status, status)
    assert.match(reply.text, text)
  })
}

const dynamicTexts = (mock: TestMock): string[] =>
  [1, 2, 3].map(() => mock.ask('GET', '/report', undefined, { prefer: 'dynamic=true' }).text)

test('dynamic replies are made up, each anew, and the same again with the same seed', () => {
  const texts = dynamicTexts(mockFrom(kinds))
  assert.ok(new Set(texts).size > 1)
  assert.deepEqual(dynamicTexts(mockFrom(kinds)), texts)
})

const accepted: [accept: string, type: string, text: RegExp][] = [
  ['*/*', 'application/json', /^\{"n":1\}$/],
  ['text/csv', 'text/csv; charset=utf-8', /^n\n1\n$/],
  ['text/*;q=0.5', 'text/csv; charset=utf-8', /^n\n1\n$/],
]

for (const [accept, type, text] of accepted) {
  test(`who accepts ${accept} is answered ${type}`, () => {
    const reply = mockFrom(kinds).ask('GET', '/report', undefined, { accept })
    assert.equal(reply.headers['content-type'], type)
    assert.match(reply.text, text)
  })
}

test('required header fields are there', () => {
  assert.equal(mockFrom(kinds).ask('GET', '/report').headers['x-rows'], '3')
})

test('what cannot be made up is said at the start, and in the reply', () => {
  const mock = mockFrom(kinds)
  assert.deepEqual(mock.problems, [
    "getReport 200: its example 'broken' is not what its schema says: /n must be an integer",
    'getReport 200: application/xml cannot be made up: it needs an example',
  ])
  const reply = mock.ask('GET', '/report', undefined, { accept: 'application/xml' })
  assert.equal(reply.status, 501)
  assert.match(reply.text, /cannot answer getReport 200: application\/xml needs an example/)
})

test('streams come item by item, in the framing of their type', () => {
  const mock = mockFrom(kinds)
  assert.equal(mock.ask('GET', '/ticks').text, '{"t":1}\n{"t":1}\n{"t":1}\n')
  const events = mock.ask('GET', '/ticks', undefined, { accept: 'text/event-stream' })
  assert.equal(events.text, 'data: hi\n\ndata: hi\n\ndata: hi\n\n')
})

const failing = (mock: TestMock) =>
  Array.from({ length: 200 }, () => mock.ask('GET', '/v1/channels'))

test('faults come at their rate, by declared statuses, resets and slow replies, and come again', () => {
  const replies = failing(chat({ faults: 0.5, seed: 7 }))
  const slow = replies.filter(({ delayMs }) => delayMs >= 3_000)
  const reset = replies.filter(({ isReset }) => isReset)
  const bad = replies.filter(({ status, isReset }) => status >= 400 && !isReset)
  const failed = slow.length + reset.length + bad.length
  assert.ok(failed > 70 && failed < 130, String(failed))
  assert.ok(slow.length > 0 && reset.length > 0)
  assert.deepEqual([...new Set(bad.map(({ status }) => status))].toSorted(), [400, 401, 403, 429])
  assert.deepEqual(failing(chat({ faults: 0.5, seed: 7 })), replies)
})

test('a path that the contract does not have is said to be unknown', () => {
  assert.equal(chat().ask('GET', '/v2/elsewhere').status, 501)
})

const files = fixturesAbsent === false ? fixtureNames('contracts') : []

for (const name of files) {
  test(`all that ${name} declares is answered as it declares`, async () => {
    const { documents } = await loadDocuments(fixturePath('contracts', name))
    const { operations, schemas } = readReplies(readContract(documents), documents)
    const mock = mockOf(documents)
    for (const { operation, replies } of operations) {
      const path = operation.template.replaceAll(/\{[^{}]+\}/g, '1')
      const reply = mock.ask(operation.method, `${operation.basePaths[0] ?? ''}${path}`)
      const declared = replies.find(({ status }) => status === String(reply.status))
      const number = declared?.media[0]?.schema
      if (number === undefined || reply.data === undefined) continue
      assert.ok(schemas.check(number).valid(reply.data), `${operation.id} ${reply.text}`)
    }
  })
}

test('an operation that only opens a WebSocket is 501: a mock speaks no other protocol', () => {
  const upgrade = `openapi: 3.1.0
info: { title: Socket, version: 1.0.0 }
paths:
  /socket:
    get: { responses: { '101': { description: open } } }
`
  assert.equal(mockFrom(upgrade).ask('GET', '/socket').status, 501)
})
