// The words of gRPC: what its fields may say, and what they come to.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  grpcCodeOfHttp,
  grpcMessageText,
  grpcTimeoutMs,
  grpcTimeoutText,
  isGrpcType,
} from './grpc.ts'

const timeouts: readonly [says: string, given: string, wantMs: number | undefined][] = [
  ['hours', '1H', 3_600_000],
  ['minutes', '2M', 120_000],
  ['seconds', '3S', 3_000],
  ['milliseconds', '4m', 4],
  ['microseconds', '500u', 0.5],
  ['nanoseconds', '1000000n', 1],
  ['nothing left', '0n', 0],
  ['eight digits', '99999999S', 99_999_999_000],
  ['nine digits', '100000000S', undefined],
  ['no digit', 'S', undefined],
  ['no unit', '10', undefined],
  ['an unknown unit', '10s', undefined],
  ['a sign', '-1S', undefined],
  ['a fraction', '1.5S', undefined],
  ['a space', '1 S', undefined],
  ['a line behind it', '1S\n', undefined],
  ['digits of another script', '١S', undefined],
  ['nothing', '', undefined],
]

for (const [says, given, wantMs] of timeouts) {
  test(`a grpc-timeout of ${says} is ${wantMs === undefined ? 'none' : `${wantMs} ms`}`, () => {
    const ms = grpcTimeoutMs(given)
    if (wantMs === undefined) assert.equal(ms, undefined)
    else assert.ok(Math.abs(ms! - wantMs) < 1e-9, `${ms}`)
  })
}

const left: readonly [leftMs: number, want: string][] = [
  [-5, '0u'],
  [0, '0u'],
  [0.0004, '0u'],
  [1.5, '1500u'],
  [99_999.999, '99999999u'],
  [100_000, '100000m'],
  [86_400_000, '86400000m'],
  [100_000_000, '100000S'],
  [1e12, '16666666M'],
  [1e30, '99999999H'],
]

for (const [leftMs, want] of left) {
  test(`${leftMs} ms that are left are passed on as ${want}, and no longer`, () => {
    assert.equal(grpcTimeoutText(leftMs), want)
    assert.ok(grpcTimeoutMs(want)! <= Math.max(0, leftMs))
  })
}

const types: readonly [given: string | undefined, want: boolean][] = [
  ['application/grpc', true],
  ['application/grpc+proto', true],
  ['application/grpc+json', true],
  ['Application/GRPC', true],
  ['application/grpc;v=1', true],
  ['application/grpc ; v=1', true],
  ['application/grpc-web', false],
  ['application/grpc-web+proto', false],
  ['application/grpcx', false],
  ['application/json', false],
  ['', false],
  [undefined, false],
]

for (const [given, want] of types) {
  test(`'${given}' is ${want ? 'a' : 'no'} media type of gRPC`, () => {
    assert.equal(isGrpcType(given), want)
  })
}

test('a status message is written in visible ASCII, all else by its bytes', () => {
  const cases: readonly [given: string, want: string][] = [
    ['not found', 'not found'],
    ['100 %', '100 %25'],
    ['a\r\ngrpc-status: 0', 'a%0D%0Agrpc-status: 0'],
    ['größer', 'gr%C3%B6%C3%9Fer'],
    ['\ud800', '%EF%BF%BD'],
    ['\x7f', '%7F'],
  ]
  for (const [given, want] of cases) assert.equal(grpcMessageText(given), want)
})

test('replies that are no gRPC have the codes that gRPC gives them', () => {
  assert.equal(grpcCodeOfHttp(404), 'UNIMPLEMENTED')
  assert.equal(grpcCodeOfHttp(503), 'UNAVAILABLE')
  assert.equal(grpcCodeOfHttp(418), 'UNKNOWN')
  assert.equal(grpcCodeOfHttp(200), 'UNKNOWN')
})
