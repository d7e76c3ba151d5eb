import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultLimits, type Documents } from '../base.ts'
import { readContract } from '../contract.ts'
import type { Exchange, HeaderList, ReplyHead } from '../http.ts'
import { linkSchemas } from '../schema.ts'
import { replyValidation } from './reply-validation.ts'
import { exchangeWith, siteWith, toolsWith } from './testing.ts'

const user = { type: 'object', required: ['id'], properties: { id: { type: 'integer' } } }

const responses = {
  200: {
    description: 'a user',
    headers: { 'X-Total': { required: true, schema: { type: 'integer' } } },
    content: { 'application/json': { schema: user }, 'image/png': {} },
  },
  201: { description: 'nothing' },
  202: { description: 'a text', content: { 'text/plain': { schema: { maxLength: 3 } } } },
  203: { description: 'items', content: { 'application/x-ndjson': { itemSchema: user } } },
  '4XX': { description: 'an error', content: { 'application/problem+json': { schema: user } } },
}

function linked(over: { headers?: boolean; inShadow?: boolean; replies?: object } = {}) {
  const root = 'file:///c.json'
  const paths = { '/': { get: { responses: over.replies ?? responses } } }
  const value = { openapi: '3.2.0', info: { title: 't', version: '1' }, paths }
  const documents: Documents = {
    root,
    values: new Map([[root, value]]),
    locate: (file, pointer) => ({ file: `${file}#${pointer}`, line: 1, column: 1 }),
  }
  const contract = readContract(documents)
  assert(replyValidation.phase === 'several' && replyValidation.everyReply === undefined)
  const config = over.headers === undefined ? {} : { headers: over.headers }
  const plan = replyValidation.compile(config, siteWith(contract.operations[0]!))
  if (plan === undefined) return undefined
  const check = linkSchemas(contract.finish().schemas)
  const limits = { ...defaultLimits, checkedReplyBytesMax: 100 }
  return replyValidation.link(plan, {
    ...toolsWith(),
    check,
    limits,
    inShadow: over.inShadow === true,
  })
}

const get = exchangeWith([])

const withMethod = (method: string): Exchange => ({ ...get, request: { ...get.request, method } })

/** Why the reply is refused, or undefined: its head, then its body in one piece. */
function judged(reply: ReplyHead, body = '', exchange = get, over = {}): string | undefined {
  const answer = linked(over)!.verify!(exchange, reply)
  if (answer === undefined) return undefined
  if ('refusal' in answer) return answer.refusal.reason
  const { check } = answer
  const bytes = Buffer.from(body)
  if (check.how === 'whole') return check.body(bytes)?.reason
  return (
    (bytes.length > 0 ? check.watch.piece(bytes) : undefined)?.reason ?? check.watch.end()?.reason
  )
}

const json = (...more: string[]): HeaderList => [
  'Content-Type',
  'application/json',
  'X-Total',
  '1',
  ...more,
]
const of = (type: string, ...more: string[]): HeaderList => ['Content-Type', type, ...more]

const rows: [
  says: string,
  status: number,
  headers: HeaderList,
  body: string,
  want: string | undefined,
][] = [
  ['a declared reply', 200, json(), '{"id":1}', undefined],
  ['a body that breaks its schema', 200, json(), '{"id":"x"}', 'reply 200: body /id invalid_type'],
  ['a body that is not JSON', 200, json(), '<html>', 'reply 200: body invalid_json'],
  [
    'no body where JSON is declared',
    200,
    json('Content-Length', '0'),
    '',
    'reply 200: body invalid_json',
  ],
  [
    'a missing field',
    200,
    of('application/json'),
    '{"id":1}',
    'reply 200: header X-Total required',
  ],
  [
    'a broken field',
    200,
    ['Content-Type', 'application/json', 'X-Total', 'x'],
    '{"id":1}',
    'reply 200: header X-Total invalid_type',
  ],
  [
    'another media type',
    200,
    of('text/html', 'X-Total', '1'),
    '<html>',
    'reply 200: its media type is not declared',
  ],
  ['no media type', 200, ['X-Total', '1'], '{"id":1}', 'reply 200: its media type is not declared'],
  ['a media type that is not read', 200, of('image/png', 'X-Total', '1'), 'x', undefined],
  [
    'a content coding',
    200,
    json('Content-Encoding', 'gzip'),
    'x',
    'reply 200: it has a content coding',
  ],
  [
    'two media types, the first of which is not read',
    200,
    ['Content-Type', 'image/png', ...json()],
    '{"id":1}',
    'reply 200: it has several media types',
  ],
  [
    'a coding behind the one that is none',
    200,
    json('Content-Encoding', 'identity', 'Content-Encoding', 'gzip'),
    '{"id":1}',
    'reply 200: it has a content coding',
  ],
  ['the coding that is none', 200, json('Content-Encoding', 'identity'), '{"id":1}', undefined],
  [
    'another charset',
    200,
    of('application/json; charset=latin1', 'X-Total', '1'),
    '{}',
    'reply 200: its charset is not UTF-8',
  ],
  ['a status that is not declared', 206, json(), '', 'reply 206: this status is not declared'],
  ['a status of a declared class', 404, of('application/problem+json'), '{"id":1}', undefined],
  ['a broken one', 404, of('application/problem+json'), '{}', 'reply 404: body /id required'],
  ['a server error that is not declared', 500, of('text/html'), 'x', undefined],
  ['a 304', 304, [], '', undefined],
  ['no content where none is declared', 201, ['Content-Length', '0'], '', undefined],
  [
    'content where none is declared',
    201,
    of('text/plain'),
    'x',
    'reply 201: it has a body, and none is declared',
  ],
  ['a text', 202, of('text/plain'), 'abc', undefined],
  ['a text that is too long', 202, of('text/plain'), 'abcd', 'reply 202: body too_long'],
  ['items', 203, of('application/x-ndjson'), '{"id":1}\n{"id":2}', undefined],
  [
    'a broken item',
    203,
    of('application/x-ndjson'),
    '{"id":1}\n{"id":"x"}\n',
    'reply 203: body /1/id invalid_type',
  ],
]

for (const [says, status, headers, body, want] of rows) {
  test(`${says}: ${want ?? 'passes'}`, () => {
    assert.equal(judged({ status, headers }, body), want)
  })
}

test('a reply to HEAD has no body, and its fields are checked', () => {
  const head = withMethod('HEAD')
  assert.equal(judged({ status: 200, headers: json() }, '', head), undefined)
  const want = 'reply 200: header X-Total required'
  assert.equal(judged({ status: 200, headers: of('application/json') }, '', head), want)
})

test('fields are left alone where the configuration says so', () => {
  const reply = { status: 200, headers: of('application/json') }
  assert.equal(judged(reply, '{"id":1}', get, { headers: false }), undefined)
})

test('in shadow a coded reply is not judged, for it was the client who asked for the coding', () => {
  const reply = { status: 200, headers: json('Content-Encoding', 'gzip') }
  assert.equal(judged(reply, 'x', get, { inShadow: true }), undefined)
})

test('no coding is asked for where a body is checked', () => {
  assert.deepEqual(linked()!.request, { drop: ['accept-encoding', 'range', 'if-range'], set: [] })
  assert.equal(linked({ replies: { 204: { description: 'none' } } })!.request, undefined)
})

test('a broken last item is said with the last piece where the length is known', () => {
  const headers = of('application/x-ndjson', 'Content-Length', '10')
  const answer = linked()!.verify!(get, { status: 203, headers })
  assert(answer !== undefined && 'check' in answer && answer.check.how === 'watch')
  assert.equal(answer.check.watch.piece('{"id":'), undefined)
  assert.equal(answer.check.watch.piece('"x"}')?.reason, 'reply 203: body /0/id invalid_type')
})

test('a reason is bounded, and never holds a value', () => {
  const properties = Object.fromEntries(
    Array.from({ length: 9 }, (_, i) => [`p${i}`, { type: 'integer' }]),
  )
  const content = { 'application/json': { schema: { type: 'object', properties } } }
  const replies = { 200: { description: 'many', content } }
  const body = JSON.stringify(
    Object.fromEntries(Object.keys(properties).map((name) => [name, 'secret'])),
  )
  const reason = judged({ status: 200, headers: of('application/json') }, body, get, { replies })
  assert.match(reason!, /^reply 200: body \/p0 invalid_type, .*, and 4 more$/)
  assert.doesNotMatch(reason!, /secret/)
})

test('where no reply is declared there is nothing to check', () => {
  assert.equal(linked({ replies: {} }), undefined)
})
