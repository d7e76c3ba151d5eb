import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refuse } from '../base.ts'
import { headerValue } from '../http.ts'
import { definePolicy } from '../policy.ts'
import { testPolicy } from './test-policy.ts'

const teapot = definePolicy({
  id: 'teapot',
  about: 'Refuses coffee.',
  phase: 'admit',
  schema: (zod) => zod.strictObject({ drink: zod.string().min(1).default('coffee') }),
  link: ({ drink }) => {
    const never = refuse('FORBIDDEN', `no ${drink}`, { headers: ['X-Drink', drink] })
    return ({ request }) => (headerValue(request.headers, 'accept') === drink ? never : undefined)
  },
})

test('a step that refuses gives its refusal and the reply that a client gets', async () => {
  const { request } = testPolicy(teapot, { config: { drink: 'tea' } })
  const { refusal, sent, reply } = await request({ headers: { Accept: 'tea' } })
  assert.equal(refusal?.message, 'no tea')
  assert.equal(sent, undefined)
  assert.equal(reply.status, 403)
  assert.equal(reply.headers.get('x-drink'), 'tea')
})

test('what is let through is sent, and the reply of the service comes back', async () => {
  const { request } = testPolicy(teapot)
  const reply = { status: 201, headers: { Location: '/1', 'Set-Cookie': ['a=1', 'b=2'] } }
  const outcome = await request({ method: 'POST', target: '/drinks?hot', body: { a: 1 }, reply })
  assert.equal(outcome.refusal, undefined)
  const { headers, ...sent } = outcome.sent!
  assert.deepEqual(sent, { method: 'POST', path: '/drinks', query: 'hot', host: undefined })
  assert.equal(headers.get('content-type'), 'application/json')
  assert.equal(outcome.reply.status, 201)
  assert.deepEqual(outcome.reply.headers.getSetCookie(), ['a=1', 'b=2'])
})

test('a configuration that is refused says why', () => {
  assert.throws(
    () => testPolicy(teapot, { config: { drink: '' } }),
    /'teapot' is refused:[^]*drink/,
  )
})

const everything = definePolicy<{ secret: string }, string>({
  id: 'everything',
  about: 'Takes part in every phase.',
  phase: 'several',
  schema: (zod) => zod.strictObject({ secret: zod.string() }),
  compile: ({ secret }, { operation, report, place }) => {
    if (secret.length < 3) report({ severity: 'error', message: 'too short', place: place! })
    return `${operation.id} ${secret}`
  },
  link: (plan) => ({
    content: ({ body }) => (body === undefined ? refuse('INVALID_INPUT', 'no body') : undefined),
    watch: () => ({
      piece: (piece) => (piece.includes('bad') ? refuse('INVALID_INPUT', 'bad body') : undefined),
      end: () => undefined,
    }),
    prepare(exchange) {
      exchange.path = `/v2${exchange.path}`
      exchange.setField('X-Plan', plan)
      exchange.setField('Cookie', undefined)
      return Promise.resolve(undefined)
    },
    request: { drop: ['x-debug'], set: ['X-Static', '1'] },
    mapped: { names: ['location'], map: (_, value) => value.replace('http:', 'https:') },
    verify: (_, { status }) =>
      status === 500
        ? { refusal: refuse('UPSTREAM_INVALID_REPLY') }
        : {
            check: {
              how: 'whole',
              bytesMax: 10,
              body: ({ length }) => (length > 5 ? refuse('UPSTREAM_INVALID_REPLY') : undefined),
            },
          },
    edit: { drop: ['server'], add: ['X-Edited', '1'] },
    finish: (reply, { id }) => void reply.headers.push('X-Id', id),
  }),
})

test('every phase has its say, in order', async () => {
  const { plan, request } = testPolicy(everything, {
    config: { secret: 'abc' },
    operation: { id: 'op' },
  })
  assert.equal(plan, 'op abc')
  const headers = { Cookie: 'a', 'X-Debug': '1' }
  const answer = { headers: { Server: 'x', Location: 'http://a/' }, body: 'short' }
  const { sent, reply } = await request({ target: '/a', headers, body: 'good', reply: answer })
  assert.equal(sent?.path, '/v2/a')
  assert.deepEqual(
    [...sent.headers],
    [
      ['x-plan', 'op abc'],
      ['x-static', '1'],
    ],
  )
  const shown = ['location', 'server', 'x-edited', 'x-id'].map((name) => reply.headers.get(name))
  assert.deepEqual(shown, ['https://a/', null, '1', '0'.repeat(32)])

  const refusalOf = async (...given: Parameters<typeof request>) =>
    (await request(...given)).refusal?.message
  assert.equal(await refusalOf({}), 'no body')
  assert.equal(await refusalOf({ body: 'bad' }), 'bad body')
  const broken = await request({ body: 'good', reply: { status: 500 } })
  assert.equal(broken.reply.status, 502)
  assert.notEqual(broken.sent, undefined)
  assert.equal((await request({ body: 'good', reply: { body: 'too long' } })).reply.status, 502)
})

test('what a policy reports when it compiles refuses its configuration', () => {
  assert.throws(() => testPolicy(everything, { config: { secret: 'a' } }), /too short/)
})

test('a policy remembers from one request to the next, by a clock that the test owns', async () => {
  let nowMs = 0
  const once = definePolicy({
    id: 'once',
    about: 'One request a second.',
    phase: 'admit',
    link: (_, tools) => {
      let lastMs = -Infinity
      return () => {
        if (tools.nowMs() - lastMs < 1000) return refuse('LIMIT_EXCEEDED')
        lastMs = tools.nowMs()
        return undefined
      }
    },
  })
  const { request } = testPolicy(once, { nowMs: () => nowMs })
  assert.equal((await request()).refusal, undefined)
  assert.equal((await request()).refusal?.code, 'LIMIT_EXCEEDED')
  nowMs = 1000
  assert.equal((await request()).refusal, undefined)
})
