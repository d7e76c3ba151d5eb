import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultLimits } from '../../base.ts'
import { endHeaders, endStream, type Fields, get, headers, Peer, post } from './frames-for-tests.ts'

const without = (name: string): Fields => get.filter(([one]) => one !== name)
const withField = (name: string, value: string): Fields =>
  get.map(([one, before]) => [one, one === name ? value : before] as const)

test('a request reads as the same one of HTTP/1.1 does', () => {
  const peer = new Peer().begins()
  const fields: Fields = [
    [':path', '/a/b?c=d?e'],
    [':method', 'POST'],
    [':authority', 'Example.com:8080'],
    [':scheme', 'https'],
    ['content-type', 'text/plain'],
    ['cookie', 'a=1'],
    ['te', 'trailers'],
    ['x-forwarded-for', '1.2.3.4'],
    ['cookie', 'b=2'],
    ['content-length', '3'],
    ['x-a', 'b'],
  ]
  peer.says(headers(1, fields, endHeaders))
  const { head, forwardable, takesTrailers } = peer.heard[0]!.stream
  assert.deepEqual(
    { ...head, forwardable: '' },
    {
      method: 'POST',
      target: '/a/b?c=d?e',
      path: '/a/b',
      query: 'c=d?e',
      host: 'Example.com:8080',
      version: '2',
      headers: [
        'host',
        'Example.com:8080',
        'content-type',
        'text/plain',
        'te',
        'trailers',
        'x-forwarded-for',
        '1.2.3.4',
        'content-length',
        '3',
        'x-a',
        'b',
        'cookie',
        'a=1; b=2',
      ],
      bodyLength: 3,
      upgrade: undefined,
      forwardable: '',
      expectContinue: false,
      takesTrailers: true,
    },
  )
  const lines = 'content-type: text/plain\r\ncontent-length: 3\r\nx-a: b\r\ncookie: a=1; b=2\r\n'
  assert.equal(forwardable, lines)
  assert.ok(takesTrailers)
})

test('how long a body is, is said by its length or by its end', () => {
  const rows: [fields: Fields, flags: number, want: unknown][] = [
    [get, endStream | endHeaders, 'none'],
    [[...get, ['content-length', '0']], endStream | endHeaders, 0],
    [post, endHeaders, 'streamed'],
    [[...post, ['content-length', '7']], endHeaders, 7],
  ]
  for (const [fields, flags, want] of rows) {
    const peer = new Peer(() => {}).begins()
    peer.says(headers(1, fields, flags))
    assert.equal(peer.heard[0]!.stream.head.bodyLength, want)
  }
})

test('extended CONNECT asks for an upgrade, and CONNECT alone for a host', () => {
  const asked: Fields = [
    [':method', 'CONNECT'],
    [':protocol', 'WebSocket'],
    [':scheme', 'https'],
    [':path', '/ws'],
    [':authority', 'a'],
    ['sec-websocket-version', '13'],
  ]
  const peer = new Peer(() => {}).begins()
  peer.says(headers(1, asked, endHeaders))
  const { method, upgrade, bodyLength, path } = peer.heard[0]!.stream.head
  assert.deepEqual([method, upgrade, bodyLength, path], ['GET', 'websocket', 'none', '/ws'])
  peer.says(
    headers(
      3,
      [
        [':method', 'CONNECT'],
        [':authority', 'b:443'],
      ],
      endHeaders,
    ),
  )
  const connect = peer.heard[1]!.stream.head
  assert.deepEqual(
    [connect.method, connect.target, connect.upgrade],
    ['CONNECT', 'b:443', undefined],
  )
})

test('a request that breaks a rule is answered 400 and reset, and never served', () => {
  const badName = 'a field name is not a token in lower case'
  const badValue = 'a field value holds a control character, or blanks around it'
  const rows: [fields: Fields, problem: string][] = [
    [without(':method'), 'the method is missing'],
    [without(':scheme'), 'the scheme is neither http nor https'],
    [without(':path'), 'the path is missing'],
    [without(':authority'), 'the host is missing'],
    [[...get, [':path', '/b']], 'a pseudo-field stands twice'],
    [[...get, ['x', 'y'], [':protocol', 'z']], 'a pseudo-field stands behind others'],
    [[...get, [':status', '200']], 'a pseudo-field of replies stands in a request'],
    [[...get, [':new', 'x']], 'a pseudo-field is unknown'],
    [[...get, [':protocol', 'websocket']], 'only CONNECT asks for another protocol'],
    [withField(':method', 'GET /x'), 'the method is not a token'],
    [withField(':method', ''), 'the method is not a token'],
    [withField(':method', 'M'.repeat(33)), 'the method is not a token'],
    [withField(':method', 'GET\r\nA: b'), badValue],
    [withField(':scheme', 'ftp'), 'the scheme is neither http nor https'],
    [withField(':path', ''), 'the path is missing'],
    [withField(':path', 'a'), 'the path is none'],
    [withField(':path', '*'), 'the path is none'],
    [withField(':path', 'http://a/'), 'the path is none'],
    [withField(':path', '/ HTTP/1.1'), 'the path holds a character that has no place in it'],
    [withField(':path', '/a#b'), 'the path holds a character that has no place in it'],
    [withField(':path', '/é'), 'the path holds a character that has no place in it'],
    [withField(':path', '/\r\nHost: b'), badValue],
    [withField(':path', '/\0'), badValue],
    [withField(':authority', ''), 'the host is not a host and port'],
    [withField(':authority', 'u@a'), 'the host is not a host and port'],
    [withField(':authority', 'a b'), 'the host is not a host and port'],
    [withField(':authority', 'a:99999'), 'the host is not a host and port'],
    [withField(':authority', 'a\r\nX: y'), badValue],
    [[...get, ['host', 'b']], 'Host and :authority name different hosts'],
    [[...get, ['host', 'a'], ['host', 'a']], 'Host stands twice'],
    [[...get, ['X', 'y']], badName],
    [[...get, ['x ', 'y']], badName],
    [[...get, ['x:', 'y']], badName],
    [[...get, ['x\r\ny', 'z']], badName],
    [[...get, ['', 'z']], badName],
    [[...get, ['x', 'y\r\nTransfer-Encoding: chunked']], badValue],
    [[...get, ['x', 'y\nz']], badValue],
    [[...get, ['x', 'y\0']], badValue],
    [[...get, ['x', ' y']], badValue],
    [[...get, ['x', 'y\t']], badValue],
    [[...get, ['connection', 'x']], 'a field concerns connections of HTTP/1.1'],
    [[...get, ['transfer-encoding', 'chunked']], 'a field concerns connections of HTTP/1.1'],
    [[...get, ['upgrade', 'h2c']], 'a field concerns connections of HTTP/1.1'],
    [[...get, ['te', 'gzip']], 'TE is something other than `trailers`'],
    [[...get, ['content-length', '3']], 'Content-Length stands in a request that has no body'],
    [[...get, ['content-length', '0'], ['content-length', '0']], 'Content-Length stands twice'],
    [[...get, ['content-length', '+1']], 'Content-Length is not a plain number'],
    [[...get, ['content_length', '0']], 'a field name has an underscore for a hyphen'],
    [[[':method', 'CONNECT'], ...get.slice(1)], 'CONNECT has a scheme or a path'],
    [
      [
        [':method', 'CONNECT'],
        [':authority', 'a/b'],
      ],
      'the target of CONNECT is not a host and port',
    ],
    [
      [
        [':method', 'CONNECT'],
        [':protocol', 'x'],
        [':scheme', 'http'],
        [':path', '/'],
      ],
      'CONNECT is not whole',
    ],
  ]
  for (const [fields, problem] of rows) {
    const peer = new Peer().begins()
    const [said, ...rest] = peer.says(headers(1, fields)).hears()
    assert.deepEqual(
      [peer.malformed, said],
      [[problem], 'headers 1 400 end'],
      JSON.stringify(fields),
    )
    assert.deepEqual(rest, ['rstStream 1 protocolError'])
    assert.equal(peer.heard.length, 1, 'the one that is answered')
    assert.deepEqual(peer.says(headers(3)).hears(), ['headers 3 200 end'])
  }
})

test('what is well-formed but not taken has an answer of its own, and no reset', () => {
  const peer = new Peer().begins()
  const uri = `/${'a'.repeat(defaultLimits.uriBytesMax)}`
  peer.says(headers(1, withField(':path', uri)) + headers(3, [...get, ['expect', '200-ok']]))
  assert.deepEqual(peer.hears(), ['headers 1 400 end', 'headers 3 400 end'])
  assert.deepEqual(peer.malformed, [
    'the request target is too long',
    'Expect is not `100-continue`',
  ])
})

test('Host stands for :authority, and may repeat it', () => {
  const host = ['host', 'A'] as const
  for (const fields of [
    [...without(':authority'), host],
    [...get, host],
  ]) {
    const peer = new Peer().begins()
    peer.says(headers(1, fields))
    const { head, forwardable } = peer.heard[0]!.stream
    assert.equal(head.host.toLowerCase(), 'a')
    assert.deepEqual(head.headers, ['host', 'A'])
    assert.equal(forwardable, '')
  }
})
