// The handshake of each side: what is offered to the endpoint, what it may agree to, and what the
// client is told.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RequestHead } from '../http.ts'
import type { CallReplyHead } from '../wire.ts'
import { Handshake } from './handshake.ts'
import { accept, key } from './websocket-for-tests.ts'

const requestOf = (...headers: string[]): RequestHead => ({
  method: 'GET',
  target: '/a',
  path: '/a',
  query: undefined,
  host: 'a',
  version: headers.length > 0 ? '1.1' : '2',
  headers,
  bodyLength: 'none',
  upgrade: 'websocket',
})

const ofHttp1 = requestOf('Sec-WebSocket-Key', key)

const headOf = (...lines: string[]): string =>
  [
    'GET /a HTTP/1.1',
    'Host: a',
    `Sec-WebSocket-Key: ${key}`,
    'Sec-WebSocket-Version: 13',
    ...lines,
    '',
    '',
  ].join('\r\n')

const replyOf = (...lines: string[]): CallReplyHead =>
  ({
    headers: [],
    forwardable: [`sec-websocket-accept: ${accept}`, ...lines, ''].join('\r\n'),
  }) as unknown as CallReplyHead

const deflate = 'Sec-WebSocket-Extensions: permessage-deflate'

test('of extensions permessage-deflate is offered, and nothing where messages are looked into', () => {
  const offers: [says: string, lines: string[], want: string[]][] = [
    ['none', [], []],
    ['the one', [`${deflate}; client_max_window_bits`], [`${deflate}; client_max_window_bits`]],
    ['among others', ['Sec-WebSocket-Extensions: x, permessage-deflate ,y; a="b, c"'], [deflate]],
    ['two of it', [`${deflate}; a=1, permessage-deflate`], [`${deflate}; a=1`, deflate]],
    ['on two lines', ['sec-websocket-extensions: x', deflate], [deflate]],
    ['one that begins alike', ['Sec-WebSocket-Extensions: permessage-deflate2'], []],
    ['text without an end', ['Sec-WebSocket-Extensions: x; a="b, permessage-deflate'], [deflate]],
  ]
  for (const [says, lines, want] of offers) {
    assert.equal(new Handshake(ofHttp1, headOf(...lines), false).head, headOf(...want), says)
    assert.equal(new Handshake(ofHttp1, headOf(...lines), true).head, headOf(), says)
  }
})

test('an endpoint of HTTP/1.1 gets a key where the client of HTTP/2 sent none', () => {
  const without = headOf().replace(/Sec-WebSocket-(?:Key|Version).*\r\n/g, '')
  const { head } = new Handshake(requestOf(), without, false)
  assert.match(
    head,
    /^GET [^]*\r\nSec-WebSocket-Key: [A-Za-z0-9+/]{22}==\r\nSec-WebSocket-Version: 13\r\n\r\n$/,
  )
})

test('an endpoint agrees to what was offered, and to nothing else', () => {
  const offered = ['Sec-WebSocket-Protocol: chat, log', 'Sec-WebSocket-Protocol: v2', deflate]
  const cases: [says: string, lines: string[], want: true | RegExp][] = [
    ['nothing more', [], true],
    ['a subprotocol', ['Sec-WebSocket-Protocol: log'], true],
    ['one of the second line', ['Sec-WebSocket-Protocol: v2'], true],
    ['the extension', [`${deflate}; server_no_context_takeover`], true],
    ['another subprotocol', ['Sec-WebSocket-Protocol: Log'], /subprotocol/],
    ['two subprotocols', ['Sec-WebSocket-Protocol: log, chat'], /subprotocol/],
    ['another extension', ['Sec-WebSocket-Extensions: x'], /extension/],
    ['the extension twice', [deflate, deflate], /extension/],
    ['a second answer to the key', [`Sec-WebSocket-Accept: ${accept}`], /key/],
  ]
  for (const [says, lines, want] of cases) {
    const agreed = new Handshake(ofHttp1, headOf(...offered), false).judge(replyOf(...lines))
    if (want === true) assert.equal(typeof agreed, 'object', says)
    else assert.match(agreed as string, want, says)
  }
  const plain = new Handshake(ofHttp1, headOf(), false)
  assert.match(plain.judge(replyOf(deflate)) as string, /extension/)
  assert.match(plain.judge(replyOf('Sec-WebSocket-Protocol: log')) as string, /subprotocol/)
})

test('whether messages may be deflated is what both agreed upon', () => {
  const handshake = new Handshake(ofHttp1, headOf(deflate), false)
  assert.deepEqual(handshake.judge(replyOf(deflate)), { isDeflated: true })
  assert.deepEqual(handshake.judge(replyOf()), { isDeflated: false })
})

test('a client of HTTP/1.1 gets the answer to its own key, one of HTTP/2 none', () => {
  const reply = { ...replyOf('X-A: 1'), headers: ['X-A', '1', 'SEC-WebSocket-Accept', 'other'] }
  const http1 = new Handshake(ofHttp1, headOf(), false).reply(reply)
  assert.equal(http1.forwardable, `X-A: 1\r\nSec-WebSocket-Accept: ${accept}\r\n`)
  assert.deepEqual(http1.headers, ['X-A', '1', 'Sec-WebSocket-Accept', accept])
  const http2 = new Handshake(requestOf(), headOf(), false).reply(reply)
  assert.equal(http2.forwardable, 'X-A: 1\r\n')
  assert.deepEqual(http2.headers, ['X-A', '1'])
})
