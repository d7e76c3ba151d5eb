import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RequestHead, Stream } from '../http.ts'
import { ownAnswer } from './own-answers.ts'

const challenge = '/.well-known/acme-challenge/tOken_-1'
const answers = new Map([['tOken_-1', 'tOken_-1.thumbprint']])

function asked(head: Partial<RequestHead>, httpsPort?: number) {
  const sent: unknown[] = []
  const stream = {
    head: { method: 'GET', path: challenge, target: challenge, host: 'api.test', ...head },
    peer: { isSecure: false },
    attach: () => sent.push('attached'),
    sendHead: (...parts: unknown[]) => sent.push(parts),
    sendPiece: (piece: unknown) => sent.push(piece),
    sendEnd: () => sent.push('ended'),
  } as unknown as Stream
  const answered = ownAnswer(stream, { answers, httpsPort, httpDate: () => 'now' })
  return { answered, sent }
}

test('a token is answered with its key authorization, whether or not others are sent to https', () => {
  for (const httpsPort of [undefined, 443]) {
    const { answered, sent } = asked({}, httpsPort)
    assert.equal(answered, true)
    const [attached, head, text, ended] = sent as [string, [string, string, number], string, string]
    assert.equal(attached, 'attached')
    assert.equal(head[0], '200 OK')
    assert.match(head[1], /^Content-Type: application\/octet-stream\r\n/)
    assert.match(head[1], /^Content-Length: 19\r$/m)
    assert.equal(head[2], 19)
    assert.equal(text, 'tOken_-1.thumbprint')
    assert.equal(ended, 'ended')
  }
})

const others: [says: string, head: Partial<RequestHead>][] = [
  ['another method', { method: 'POST' }],
  ['another token', { path: '/.well-known/acme-challenge/other' }],
  ['no token', { path: '/.well-known/acme-challenge/' }],
  ['the folder', { path: '/.well-known/acme-challenge' }],
  ['more behind the token', { path: `${challenge}/` }],
  ['another case', { path: challenge.toLowerCase() }],
  ['an escape', { path: '/.well-known/acme-challenge/tOken%5F-1' }],
  ['another folder', { path: `/x${challenge}` }],
]

for (const [says, head] of others) {
  test(`${says} goes its ordinary way`, () => {
    const { answered, sent } = asked(head)
    assert.equal(answered, false)
    assert.deepEqual(sent, [])
    assert.match(String((asked(head, 8443).sent as [string, [string]])[1][0]), /^308/)
  })
}
