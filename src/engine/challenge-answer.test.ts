import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RequestHead, Stream } from '../http.ts'
import { isChallengeAnswered } from './challenge-answer.ts'

const answers = new Map([['tOken_-1', 'tOken_-1.thumbprint']])

function asked(head: Partial<RequestHead>) {
  const sent: unknown[] = []
  const path = '/.well-known/acme-challenge/tOken_-1'
  const stream = {
    head: { method: 'GET', path, bodyLength: 'none', ...head },
    attach: () => sent.push('attached'),
    sendHead: (...parts: unknown[]) => sent.push(parts),
    sendPiece: (piece: unknown) => sent.push(piece),
    sendEnd: () => sent.push('ended'),
  } as unknown as Stream
  return { isAnswered: isChallengeAnswered(stream, answers, () => 'now'), sent }
}

test('a token that is asked for is answered with its key authorization, framed by its length', () => {
  const { isAnswered, sent } = asked({})
  assert.ok(isAnswered)
  assert.deepEqual(sent, [
    'attached',
    [
      '200 OK',
      'Content-Type: application/octet-stream\r\nCache-Control: no-store\r\nDate: now\r\nContent-Length: 19\r\n',
      19,
    ],
    'tOken_-1.thumbprint',
    'ended',
  ])
})

const others: [says: string, head: Partial<RequestHead>][] = [
  ['another method', { method: 'POST' }],
  ['a HEAD', { method: 'HEAD' }],
  ['a body', { bodyLength: 3 }],
  ['another token', { path: '/.well-known/acme-challenge/other' }],
  ['no token', { path: '/.well-known/acme-challenge/' }],
  ['the folder', { path: '/.well-known/acme-challenge' }],
  ['more behind the token', { path: '/.well-known/acme-challenge/tOken_-1/' }],
  ['another case', { path: '/.well-known/acme-challenge/token_-1' }],
  ['an escape', { path: '/.well-known/acme-challenge/tOken%5F-1' }],
  ['another folder', { path: '/x/.well-known/acme-challenge/tOken_-1' }],
]

for (const [says, head] of others) {
  test(`${says} goes its ordinary way`, () => {
    const { isAnswered, sent } = asked(head)
    assert.ok(!isAnswered)
    assert.deepEqual(sent, [])
  })
}
