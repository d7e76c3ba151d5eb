// What clients of gRPC are told of each fault.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FaultCode, faults, refuse } from '../base.ts'
import { grpcCodeOf, grpcReply, grpcTrailers } from './grpc-status.ts'

test('each fault has a status that says something', () => {
  const unknown = (Object.keys(faults) as FaultCode[]).filter(
    (code) => grpcCodeOf(code) === 'UNKNOWN',
  )
  assert.deepEqual(unknown, ['UPSTREAM_ERROR'])
})

test('who may come again soon is told UNAVAILABLE or RESOURCE_EXHAUSTED, and when', () => {
  const fields = grpcTrailers(refuse('LIMIT_EXCEEDED', 'Slow down.', { retryAfterMs: 1_500.2 }))
  assert.deepEqual(fields.slice(0, 4), ['grpc-status', '8', 'grpc-message', 'Slow down.'])
  assert.deepEqual(fields.slice(-2), ['grpc-retry-pushback-ms', '1501'])
})

test('what a message holds can be no field of its own, and is bounded', () => {
  const message = `a\r\nset-cookie: x=1 ${'é'.repeat(10_000)}`
  const [, , , said] = grpcTrailers(refuse('INVALID_INPUT', message))
  assert.match(said!, /^a%0D%0Aset-cookie: x=1 (?:%C3%A9)+$/)
  assert.ok(said!.length < 4_000)
})

const typeOf = (contentType: string) => grpcReply(refuse('NOT_FOUND'), contentType).headers[1]

test('a reply has the media type of its request, where that is one of gRPC that is known', () => {
  assert.equal(typeOf('application/grpc+json'), 'application/grpc+json')
  assert.equal(typeOf('application/grpc;x=y'), 'application/grpc')
})

test('fields that a refusal has in HTTP are metadata', () => {
  const refusal = refuse('UNAUTHENTICATED', undefined, { headers: ['WWW-Authenticate', 'Bearer'] })
  const { status, headers, body } = grpcReply(refusal, 'application/grpc')
  assert.deepEqual([status, body], [200, ''])
  assert.deepEqual(headers.slice(-2), ['WWW-Authenticate', 'Bearer'])
})
