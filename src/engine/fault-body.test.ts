// A refusal becomes a body in either form, says truly whether to retry, and stays small.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Detail, type FaultCode, faults, refuse } from '../base.ts'
import { type FaultContext, faultReply, wantsProblem } from './fault-body.ts'

const context: FaultContext = {
  requestId: 'req-1',
  form: 'concordat',
  docs: undefined,
  safe: true,
}
const email: Detail = {
  in: 'body',
  field: '/email',
  issue: 'invalid_format',
  message: "must be an 'email' address",
}

test('our own form holds code, message, details, retryable, request id and docs', () => {
  const refusal = refuse('INVALID_INPUT', 'The email is wrong.', { details: [email] })
  const { status, body, headers } = faultReply(refusal, { ...context, docs: 'https://d.test/#' })
  assert.equal(status, 400)
  assert.deepEqual(headers, ['Content-Type', 'application/json', 'Cache-Control', 'no-store'])
  assert.deepEqual(JSON.parse(body), {
    error: {
      code: 'INVALID_INPUT',
      message: 'The email is wrong.',
      details: [email],
      retryable: false,
      requestId: 'req-1',
      docs: 'https://d.test/#INVALID_INPUT',
    },
  })
})

test('a problem with docs has them as type, and the message of the catalogue as title', () => {
  const refusal = refuse('INVALID_INPUT', 'The email is wrong.', { details: [email] })
  const reply = faultReply(refusal, { ...context, form: 'problem', docs: 'https://d.test/#' })
  assert.equal(reply.headers[1], 'application/problem+json')
  assert.deepEqual(JSON.parse(reply.body), {
    type: 'https://d.test/#INVALID_INPUT',
    title: faults.INVALID_INPUT.message,
    status: 400,
    code: 'INVALID_INPUT',
    detail: 'The email is wrong.',
    details: [email],
    retryable: false,
    requestId: 'req-1',
  })
})

test('a problem without docs is about:blank, titled by its status', () => {
  const problem = faultReply(refuse('NOT_FOUND'), { ...context, form: 'problem' })
  assert.deepEqual(JSON.parse(problem.body), {
    type: 'about:blank',
    title: 'Not Found',
    status: 404,
    code: 'NOT_FOUND',
    detail: faults.NOT_FOUND.message,
    retryable: false,
    requestId: 'req-1',
  })
})

test('every code has a body that parses in both forms, with its status and a title', () => {
  for (const code of Object.keys(faults) as FaultCode[]) {
    const own = JSON.parse(faultReply(refuse(code), context).body) as { error: { code: string } }
    const problem = JSON.parse(faultReply(refuse(code), { ...context, form: 'problem' }).body) as {
      status: number
      title: string
    }
    assert.equal(own.error.code, code)
    assert.equal(problem.status, faults[code].status)
    assert.match(problem.title, /^[A-Z][A-Za-z ]+$/, code)
  }
})

const retryable = (code: FaultCode, more: Partial<FaultContext> = {}) =>
  (
    JSON.parse(faultReply(refuse(code), { ...context, ...more }).body) as {
      error: { retryable: boolean }
    }
  ).error.retryable

for (const [says, code, more, want] of [
  ['a limit is', 'LIMIT_EXCEEDED', {}, true],
  ['a limit is, on a write too', 'LIMIT_EXCEEDED', { safe: false }, true],
  ['a slow request is, on a write too', 'REQUEST_TIMEOUT', { safe: false }, true],
  ['a broken upstream is', 'UPSTREAM_CLOSED', {}, true],
  ['a broken upstream is not on a write without a key', 'UPSTREAM_CLOSED', { safe: false }, false],
  ['a late upstream is not on a write without a key', 'UPSTREAM_TIMEOUT', { safe: false }, false],
  ['a bug of ours is not', 'INTERNAL_ERROR', {}, false],
  ['wrong input is not', 'INVALID_INPUT', {}, false],
  ['what the caller knows better counts', 'INVALID_INPUT', { retryable: true }, true],
] as const satisfies readonly (readonly [string, FaultCode, Partial<FaultContext>, boolean])[]) {
  test(`worth a retry: ${says}`, () => assert.equal(retryable(code, more), want))
}

test('fields of the refusal follow, and Retry-After is in whole seconds, rounded up', () => {
  const refusal = refuse('LIMIT_EXCEEDED', undefined, {
    retryAfterMs: 1_001,
    headers: ['RateLimit', '"a";r=0'],
  })
  const { headers } = faultReply(refusal, context)
  assert.deepEqual(headers.slice(4), ['Retry-After', '2', 'RateLimit', '"a";r=0'])
  const soon = faultReply(refuse('OVERLOADED', undefined, { retryAfterMs: 0 }), context)
  assert.deepEqual(soon.headers.slice(4), ['Retry-After', '1'])
})

test('what the reason says is for the record alone', () => {
  const refusal = refuse('UPSTREAM_CLOSED', undefined, { reason: 'ECONNRESET 10.0.0.7' })
  assert.ok(!faultReply(refusal, context).body.includes('10.0.0.7'))
})

test('text of a client cannot leave its string, nor come back at length', () => {
  const field = `/"},"x":"\n\u2028${'k'.repeat(100_000)}`
  const details = [{ ...email, field, message: 'm'.repeat(10_000) }]
  const refusal = refuse('INVALID_INPUT', `"${'m'.repeat(10_000)}`, { details })
  for (const form of ['concordat', 'problem'] as const) {
    const { body } = faultReply(refusal, { ...context, requestId: 'a"b', form })
    assert.ok(body.length < 2_000)
    assert.ok(body.includes('a\\"b'))
    JSON.parse(body)
  }
})

test('one refusal leaves nothing behind in the next', () => {
  faultReply(refuse('LIMIT_EXCEEDED', undefined, { retryAfterMs: 5 }), context).headers.push(
    'X',
    'y',
  )
  assert.equal(faultReply(refuse('LIMIT_EXCEEDED'), context).headers.length, 4)
})

for (const [accept, want] of [
  [undefined, false],
  ['*/*', false],
  ['application/json', false],
  ['application/problem+json', true],
  ['Application/Problem+JSON', true],
  ['application/json, application/problem+json', true],
  ['application/json, application/problem+json;q=0.9', false],
  ['application/json;q=0.5, application/problem+json;q=0.9', true],
  ['application/problem+json;q=0', false],
  ['application/problem+json;q=2', false],
  ['application/problem+json;q=x', false],
  ['application/problem+json;charset=utf-8;q=0.1, text/html', true],
  ['application/problem+jsonp', false],
  ['text/html,application/problem+json ; q=0.1,*/*;q=0.8', true],
] as const) {
  test(`Accept: ${accept} asks for ${want ? 'a problem' : 'our own form'}`, () => {
    assert.equal(wantsProblem(accept), want)
  })
}
