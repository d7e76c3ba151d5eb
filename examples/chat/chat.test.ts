// The service as its callers see it: every operation and every error, over HTTP.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, test } from 'node:test'
import { parse } from 'yaml'
import { type RawOperation, type RawSchema, readDocument } from '../../test/conformance/document.ts'
import { makeValidator } from '../../test/conformance/validator.ts'
import { demo } from './demo.ts'
import { createChat, type Chat, httpServer } from './server.ts'

const ada = { authorization: `Bearer ${demo.ada.token}` }
const cleo = { authorization: `Bearer ${demo.cleo.token}` }
const service = { 'x-api-key': demo.moderator.key }
const general = `/v1/channels/${demo.channelId}`
const hello = { content: 'Hello, world!', type: 'text' }

let chat: Chat
const server = httpServer(() => chat)
let origin = ''

before(async () => {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

after(() => {
  server.close()
  server.closeAllConnections()
})

let ids = 0
beforeEach(() => {
  chat?.close()
  ids = 0
  chat = createChat({
    database: ':memory:',
    world: {
      epochMs: () => Date.parse('2026-03-12T11:00:00.500Z'),
      newId: (prefix) => `${prefix}_${String(++ids).padStart(6, '0')}`,
    },
  })
})

type Headers = Record<string, string>

// What came is JSON of many shapes, and a test reads what it expects.
interface Answer {
  readonly status: number
  readonly headers: globalThis.Headers
  readonly body: {
    [field: string]: unknown
    data?: { [field: string]: unknown }[]
    meta?: { [field: string]: unknown }
    error?: { code: string; details?: { in: string; field: string; issue: string }[] }
  }
}

const answers: { method: string; path: string; answer: Answer }[] = []

async function call(method: string, path: string, headers: Headers, body?: unknown) {
  const response = await fetch(origin + path, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  const answer: Answer = {
    status: response.status,
    headers: response.headers,
    body: text === '' ? {} : JSON.parse(text),
  }
  answers.push({ method, path: path.replace(/\?.*/, ''), answer })
  return answer
}

test('a new channel has its creator as first member and answers its address', async () => {
  const memberIds = [demo.ben.userId]
  const made = await call('POST', '/v1/channels', ada, { name: 'release-3', memberIds })
  assert.equal(made.status, 201)
  assert.equal(made.headers.get('location'), '/v1/channels/ch_000001')
  assert.deepEqual(made.body, {
    channelId: 'ch_000001',
    name: 'release-3',
    topic: null,
    memberIds: [demo.ada.userId, demo.ben.userId],
    createdAt: '2026-03-12T11:00:00Z',
    updatedAt: '2026-03-12T11:00:00Z',
  })
  const read = await call('GET', '/v1/channels/ch_000001', ada)
  assert.deepEqual(read.body, made.body)
})

test('PUT replaces a channel whole and PATCH changes the given fields alone', async () => {
  const content = { name: 'hall', topic: null, memberIds: [demo.ben.userId, demo.ada.userId] }
  const replaced = await call('PUT', general, ada, content)
  assert.equal(replaced.status, 200)
  assert.deepEqual({ ...replaced.body, ...content }, replaced.body)

  const patch = { 'content-type': 'application/merge-patch+json', ...ada }
  const patched = await call('PATCH', general, patch, { topic: 'Everything' })
  assert.equal(patched.status, 200)
  assert.deepEqual({ ...replaced.body, topic: 'Everything' }, patched.body)
})

test('a sent message is answered with its address and listed last', async () => {
  const sent = await call('POST', `${general}/messages`, ada, hello)
  assert.equal(sent.status, 201)
  assert.equal(sent.headers.get('location'), '/v1/messages/msg_000001')
  assert.deepEqual(sent.body, {
    messageId: 'msg_000001',
    channelId: demo.channelId,
    senderId: demo.ada.userId,
    ...hello,
    createdAt: '2026-03-12T11:00:00Z',
  })
  const list = await call('GET', `${general}/messages`, ada)
  assert.deepEqual(list.body.data?.at(-1), sent.body)
})

test('cursors lead through all messages once, and later to what is new', async () => {
  for (const content of ['1', '2', '3', '4']) {
    await call('POST', `${general}/messages`, ada, { content, type: 'text' })
  }
  const contents: unknown[] = []
  const readOn = async (cursor: unknown) => {
    const rest = cursor === undefined ? '' : `&cursor=${String(cursor)}`
    const { body } = await call('GET', `${general}/messages?limit=2${rest}`, ada)
    contents.push(...(body.data ?? []).map((message) => message.content))
    return body.meta!
  }
  const first = await readOn(undefined)
  const second = await readOn(first.cursor)
  const third = await readOn(second.cursor)
  assert.deepEqual([first.hasMore, second.hasMore, third.hasMore], [true, true, false])
  const nothingNew = await readOn(third.cursor)
  assert.deepEqual(nothingNew, third)
  await call('POST', `${general}/messages`, ada, { content: '5', type: 'text' })
  await readOn(nothingNew.cursor)
  assert.deepEqual(contents, ['Hello, world!', '1', '2', '3', '4', '5'])
})

test('a deleted message is gone and no cursor skips what follows it', async () => {
  const list = await call('GET', `${general}/messages`, ada)
  const message = `/v1/messages/${demo.messageId}`
  const deleted = await call('DELETE', message, ada)
  assert.equal(deleted.status, 204)
  assert.equal((await call('DELETE', message, ada)).status, 404)
  await call('POST', `${general}/messages`, ada, hello)
  const cursor = String(list.body.meta?.cursor)
  const later = await call('GET', `${general}/messages?cursor=${cursor}`, ada)
  assert.equal(later.body.data?.length, 1)
})

test('a translation swaps the words it knows and names the others', async () => {
  const content = 'Hello Zanzibar, see you tomorrow!'
  await call('POST', `${general}/messages`, ada, { content, type: 'text' })
  const translate = '/v1/messages/msg_000001/translate'
  const reply = await call('POST', translate, ada, { targetLanguage: 'de' })
  assert.equal(reply.status, 200)
  assert.deepEqual(reply.body, {
    messageId: 'msg_000001',
    targetLanguage: 'de',
    content: 'Hallo Zanzibar, sehen du morgen!',
    untranslated: ['zanzibar'],
  })
})

test('users list their own channels and messages, services those of anybody', async () => {
  for (const caller of [ada, service]) {
    const channels = await call('GET', `/v1/users/${demo.ada.userId}/channels`, caller)
    assert.deepEqual(
      channels.body.data?.map((channel) => channel.channelId),
      [demo.channelId],
    )
    const messages = await call('GET', `/v1/users/${demo.ada.userId}/messages`, caller)
    assert.deepEqual(
      messages.body.data?.map((message) => message.messageId),
      [demo.messageId],
    )
  }
})

test('services list all channels by offset', async () => {
  await call('POST', '/v1/channels', ada, { name: 'second' })
  await call('POST', '/v1/channels', ada, { name: 'third' })
  const page = await call('GET', '/v1/channels?offset=1&limit=1', service)
  assert.deepEqual(
    page.body.data?.map((channel) => channel.name),
    ['second'],
  )
  assert.deepEqual(page.body.meta, { offset: 1, limit: 1, total: 3 })
})

test('HEAD answers as GET does, without the body', async () => {
  const head = await call('HEAD', general, ada)
  assert.equal(head.status, 200)
  assert.ok(Number(head.headers.get('content-length')) > 0)
})

const page = '/v1/users/usr_p4q5r6/messages'
const unknownMember = { name: 'a', memberIds: [demo.ben.userId, 'usr_nobody'] }
const longText = 'x'.repeat(4001)

// [says, method, path, body, details as `in field issue`]
const invalid: [string, string, string, unknown, string[]][] = [
  ['a body that is not JSON', 'POST', '/v1/channels', '{"name":', ['body  invalid_json']],
  ['a body that is no object', 'POST', '/v1/channels', [], ['body  invalid_type']],
  ['a missing field', 'POST', '/v1/channels', {}, ['body /name required']],
  ['a name with a capital', 'POST', '/v1/channels', { name: 'A' }, ['body /name invalid']],
  ['a field too many', 'PATCH', general, { colour: 1 }, ['body /colour unknown_field']],
  ['null for a name', 'PATCH', general, { name: null }, ['body /name invalid']],
  ['no members', 'PATCH', general, { memberIds: [] }, ['body /memberIds invalid']],
  ['a stranger', 'POST', '/v1/channels', unknownMember, ['body /memberIds/1 unknown_user']],
  [
    'a PUT that is not whole',
    'PUT',
    general,
    { name: 'a' },
    ['body /topic required', 'body /memberIds required'],
  ],
  [
    'a message too long, of no known type',
    'POST',
    `${general}/messages`,
    { content: longText, type: 'video' },
    ['body /content invalid', 'body /type invalid'],
  ],
  [
    'a language it does not know',
    'POST',
    `/v1/messages/${demo.messageId}/translate`,
    { targetLanguage: 'tlh' },
    ['body /targetLanguage invalid'],
  ],
  ['a limit of nothing', 'GET', `${page}?limit=0`, undefined, ['query limit invalid']],
  ['a limit above the bound', 'GET', `${page}?limit=101`, undefined, ['query limit invalid']],
  ['a cursor made up', 'GET', `${page}?cursor=aGVsbG8`, undefined, ['query cursor invalid']],
  [
    'everything at once',
    'GET',
    `${page}?cursor=x&limit=x`,
    undefined,
    ['query cursor invalid', 'query limit invalid'],
  ],
]

for (const [says, method, path, body, details] of invalid) {
  test(`400 names the field: ${says}`, async () => {
    const answer = await call(method, path, ada, body)
    assert.equal(answer.status, 400)
    assert.equal(answer.body.error?.code, 'INVALID_INPUT')
    const given = answer.body.error?.details?.map((one) => `${one.in} ${one.field} ${one.issue}`)
    assert.deepEqual(given, details)
  })
}

test('400: an offset that is no number', async () => {
  const answer = await call('GET', '/v1/channels?offset=-1', service)
  assert.equal(answer.status, 400)
  assert.equal(answer.body.error?.details?.[0]?.field, 'offset')
})

const stranger = { authorization: 'Bearer demo_token_of_nobody' }
const message = `/v1/messages/${demo.messageId}`

const refused: [string, number, string, string, Headers, unknown][] = [
  ['no credential', 401, 'GET', general, {}, undefined],
  ['an unknown token', 401, 'GET', general, stranger, undefined],
  ['an unknown service key', 401, 'GET', general, { 'x-api-key': 'sk_live_0' }, undefined],
  ['reading as no member', 403, 'GET', general, cleo, undefined],
  ['writing as no member', 403, 'POST', `${general}/messages`, cleo, hello],
  ['translating as no member', 403, 'POST', `${message}/translate`, cleo, hello],
  ['the messages of another user', 403, 'GET', page, cleo, undefined],
  ['all channels as a user', 403, 'GET', '/v1/channels', ada, undefined],
  ['creating as a service', 403, 'POST', '/v1/channels', service, { name: 'a' }],
  ['sending as a service', 403, 'POST', `${general}/messages`, service, hello],
  ['no such channel', 404, 'GET', '/v1/channels/ch_000000', ada, undefined],
  ['no such message', 404, 'DELETE', '/v1/messages/msg_000000', ada, undefined],
  ['no such user', 404, 'GET', '/v1/users/usr_000000/channels', service, undefined],
  ['no such path', 404, 'GET', '/v1/toString', ada, undefined],
  ['no such method', 405, 'DELETE', general, ada, undefined],
  ['a body too large', 413, 'POST', '/v1/channels', ada, ' '.repeat(65_537)],
]

for (const [says, status, method, path, headers, body] of refused) {
  test(`${status}: ${says}`, async () => {
    const answer = await call(method, path, headers, body)
    assert.equal(answer.status, status)
    assert.ok(answer.body.error)
    assert.equal(answer.headers.has('www-authenticate'), status === 401)
    assert.equal(answer.headers.get('allow'), status === 405 ? 'GET, PUT, PATCH' : null)
  })
}

test('403: a member may not delete what another has sent, a service may', async () => {
  const ben = { authorization: `Bearer ${demo.ben.token}` }
  assert.equal((await call('DELETE', message, ben)).status, 403)
  assert.equal((await call('DELETE', message, service)).status, 204)
})

test('409: a name is taken, but never by the channel itself', async () => {
  await call('POST', '/v1/channels', ada, { name: 'second' })
  assert.equal((await call('POST', '/v1/channels', ada, { name: 'general' })).status, 409)
  assert.equal((await call('PATCH', general, ada, { name: 'second' })).status, 409)
  assert.equal((await call('PATCH', general, ada, { name: 'general' })).status, 200)
})

test('the request id of a gateway is kept, and one that could forge a log line is not', async () => {
  const kept = await call('GET', general, { ...ada, 'x-request-id': 'abc-1' })
  assert.equal(kept.headers.get('x-request-id'), 'abc-1')
  const replaced = await call('GET', general, { ...ada, 'x-request-id': 'a b' })
  assert.match(replaced.headers.get('x-request-id') ?? '', /^[0-9a-f]{32}$/)
})

const root = parse(readFileSync(`${import.meta.dirname}/openapi.yaml`, 'utf8'))
const document = readDocument(root)

interface ResponseObject {
  readonly $ref?: string
  readonly content?: Readonly<Record<string, { readonly schema: RawSchema }>>
}

function responsesOf({ method, template }: RawOperation): Record<string, ResponseObject> {
  return root.paths[template.replace('/v1', '')][method.toLowerCase()].responses
}

test('every operation declares the errors that it can answer', () => {
  assert.equal(document.operations.length, 15)
  for (const operation of document.operations) {
    const isOne = operation.template.includes('{')
    const isOpen = operation.security.length === 0
    const errors = ['429', ...(isOpen ? [] : ['400', '401', '403']), ...(isOne ? ['404'] : [])]
    const missing = errors.filter((status) => !(status in responsesOf(operation)))
    assert.deepEqual(missing, [], operation.id)
  }
})

test('every answer above is one that the contract declares', () => {
  const valid = makeValidator(document)
  let checked = 0
  for (const { method, path, answer } of answers) {
    const operation = document.operations.find(
      (one) =>
        one.method === method &&
        new RegExp(`^${one.template.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path),
    )
    // What has no operation has no declared answer; too large a body is the service's own bound.
    if (operation === undefined || answer.status === 413) continue
    const says = `${method} ${path} ${answer.status}`
    const declared = responsesOf(operation)[answer.status]
    assert.ok(declared, says)
    const content = document.resolve(declared).content?.['application/json']
    if (content) assert.ok(valid(content.schema, answer.body), says)
    checked++
  }
  assert.ok(checked > 40)
})
