// Every way in which the head of a request could be read twice, row by row: [says, bytes, want].
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Http1RequestHead, parseRequestHead } from './request-head.ts'

const bounds = { uriBytesMax: 8_192, headFieldsMax: 100 }

function parse(text: string) {
  const end = text.indexOf('\r\n\r\n')
  assert.ok(end >= 0, `the row holds a whole head: ${JSON.stringify(text)}`)
  return parseRequestHead(text, end + 2, bounds)
}

function accepted(text: string): Http1RequestHead {
  const head = parse(text)
  if ('broken' in head) assert.fail(`${JSON.stringify(text)} is refused: ${head.broken}`)
  return head
}

const get = (...lines: string[]) =>
  `GET /a HTTP/1.1\r\n${['Host: a', ...lines, '', ''].join('\r\n')}`
const post = (...lines: string[]) =>
  `POST /a HTTP/1.1\r\n${['Host: a', ...lines, '', ''].join('\r\n')}`

const old = (...lines: string[]) => `GET / HTTP/1.0\r\n${[...lines, '', ''].join('\r\n')}`

const bare = (...lines: string[]) => `GET /a HTTP/1.1\r\n${[...lines, '', ''].join('\r\n')}`
const line = (text: string) => `${text}\r\nHost: a\r\n\r\n`
const aimed = (text: string, host = 'a') => `${text} HTTP/1.1\r\nHost: ${host}\r\n\r\n`

type RefusedRow = [says: string, text: string, want: string]

function refused(rows: readonly RefusedRow[]): void {
  for (const [says, text, want] of rows) {
    const head = parse(text)
    assert.equal('broken' in head ? head.broken : 'accepted', want, says)
  }
}

const notPlain = 'Content-Length is not a plain number'
const besideTab = 'a tab stands beside Content-Length'
const twice = 'Content-Length stands twice'
const together = 'Content-Length and Transfer-Encoding stand together'
const notChunked = 'Transfer-Encoding is not exactly `chunked`'
const control = 'a field value holds a control character'

test('a length that is not one plain number is refused', () => {
  refused([
    ['empty', post('Content-Length:'), notPlain],
    ['blank', post('Content-Length:   '), notPlain],
    ['a tab before it', post('Content-Length:\t5'), besideTab],
    ['a tab behind it', post('Content-Length: 5\t'), besideTab],
    ['plus', post('Content-Length: +5'), notPlain],
    ['minus', post('Content-Length: -5'), notPlain],
    ['minus zero', post('Content-Length: -0'), notPlain],
    ['hexadecimal', post('Content-Length: 0x5'), notPlain],
    ['hexadecimal digits', post('Content-Length: 1a'), notPlain],
    ['underscore', post('Content-Length: 1_0'), notPlain],
    ['zero-padded', post('Content-Length: 05'), notPlain],
    ['two zeros', post('Content-Length: 00'), notPlain],
    ['fraction', post('Content-Length: 5.0'), notPlain],
    ['exponent', post('Content-Length: 1e3'), notPlain],
    ['quoted', post('Content-Length: "5"'), notPlain],
    ['inner space', post('Content-Length: 5 5'), notPlain],
    ['comma list of equals', post('Content-Length: 5, 5'), notPlain],
    ['comma list of others', post('Content-Length: 5,6'), notPlain],
    ['trailing comma', post('Content-Length: 5,'), notPlain],
    ['overflow of 64 bits', post('Content-Length: 18446744073709551621'), notPlain],
    ['beyond exact doubles', post('Content-Length: 9007199254740993'), notPlain],
    ['superscript digit', post('Content-Length: 5\xb2'), notPlain],
    ['twice, differing', post('Content-Length: 5', 'Content-Length: 6'), twice],
    ['twice, equal', post('Content-Length: 5', 'content-length: 5'), twice],
    ['twice, the first empty', post('Content-Length:', 'Content-Length: 5'), notPlain],
    ['twice, around others', post('Content-Length: 5', 'A: b', 'Content-Length: 5'), twice],
    ['on GET', get('Content-Length: x'), notPlain],
  ])
})

test('a plain length frames the body', () => {
  const rows: [says: string, text: string, want: number | string][] = [
    ['none', post(), 'none'],
    ['zero', post('Content-Length: 0'), 0],
    ['one', post('Content-Length: 1'), 1],
    ['blanks around', post('Content-Length:   5  '), 5],
    ['no blank', post('Content-Length:5'), 5],
    ['odd case of the name', post('cOnTeNt-LeNgTh: 5'), 5],
    ['large', post('Content-Length: 999999999999999'), 999_999_999_999_999],
    ['with GET', get('Content-Length: 3'), 3],
    ['HTTP/1.0', 'POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\n', 3],
    ['chunked', post('Transfer-Encoding: chunked'), 'streamed'],
    ['chunked in odd case', post('transfer-encoding: ChUnKeD'), 'streamed'],
    ['chunked between blanks', post('Transfer-Encoding: \tchunked \t'), 'streamed'],
  ]
  for (const [says, text, want] of rows) assert.equal(accepted(text).bodyLength, want, says)
})

test('two answers to how long a body is are refused', () => {
  const chunked = 'Transfer-Encoding: chunked'
  refused([
    ['CL.TE', post('Content-Length: 6', chunked), together],
    ['TE.CL', post(chunked, 'Content-Length: 6'), together],
    ['0.CL and chunked', post('Content-Length: 0', chunked), together],
    ['TE.TE', post(chunked, chunked), 'Transfer-Encoding stands twice'],
    [
      'TE.TE, odd case',
      post(chunked, 'transfer-encoding: CHUNKED'),
      'Transfer-Encoding stands twice',
    ],
    [
      'TE.TE, the second unknown',
      post(chunked, 'Transfer-Encoding: x'),
      'Transfer-Encoding stands twice',
    ],
    ['TE.TE, the first identity', post('Transfer-Encoding: identity', chunked), notChunked],
    [
      'TE with a length, the coding unknown',
      post('Content-Length: 6', 'Transfer-Encoding: x'),
      'the transfer coding is not supported',
    ],
    [
      'an underscore for the hyphen of the length',
      post('Content_Length: 6'),
      'a field name has an underscore for a hyphen',
    ],
    [
      'an underscore for the hyphen of the coding',
      post('Transfer_Encoding: chunked'),
      'a field name has an underscore for a hyphen',
    ],
  ])
})

test('a transfer coding that is not plainly `chunked` is refused', () => {
  const rows = [
    '',
    'xchunked',
    'chunkedx',
    'x chunked',
    'chunked x',
    '"chunked"',
    "'chunked'",
    'chunked;',
    'chunked;q=1',
    'chunked; a="b"',
    'chunked,',
    ',chunked',
    'chunked, chunked',
    'chunked,gzip',
    'gzip, chunked',
    'gzip,chunked',
    'chunked, identity',
    'identity, chunked',
    'identity',
    'chunked\xa0',
    '\xa0chunked',
    'chu nked',
    'chunked-but-not-really',
    '%63hunked',
  ]
  refused(rows.map((value) => [value, post(`Transfer-Encoding: ${value}`), notChunked]))
  refused([
    ['vertical tab', post('Transfer-Encoding: \x0bchunked'), control],
    ['form feed', post('Transfer-Encoding: chunked\x0c'), control],
    ['an unknown one', post('Transfer-Encoding: gzip'), 'the transfer coding is not supported'],
    [
      'in HTTP/1.0',
      'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n',
      'Transfer-Encoding stands in an HTTP/1.0 message',
    ],
    ['folded', post('Transfer-Encoding:', ' chunked'), notChunked],
    [
      'on a folded line',
      post('A: b', ' Transfer-Encoding: chunked'),
      'a line begins with white space (line folding)',
    ],
    [
      'space before the colon',
      post('Transfer-Encoding : chunked'),
      'white space stands before a colon',
    ],
    [
      'tab before the colon',
      post('Transfer-Encoding\t: chunked'),
      'white space stands before a colon',
    ],
  ])
})

test('a line that is no field is refused', () => {
  const noToken = 'a field name is not a token'
  refused([
    ['no colon', get('nonsense'), noToken],
    ['no colon, then a field', get('nonsense', 'A: b'), noToken],
    ['no name', get(': b'), 'a field has no name'],
    ['space first', get(' A: b'), 'a line begins with white space (line folding)'],
    ['tab first', get('\tA: b'), 'a line begins with white space (line folding)'],
    ['folding', get('A: b', ' c'), 'a line begins with white space (line folding)'],
    ['space in a name', get('A b: c'), 'white space stands before a colon'],
    ['NUL in a name', get('A\0: b'), noToken],
    ['byte over 127 in a name', get('A\xe9: b'), noToken],
    ['slash in a name', get('A/b: c'), noToken],
    ['bracket in a name', get('A[0]: b'), noToken],
    ['quote in a name', get('"A": b'), 'a field has no name'],
    ['DEL in a name', get('A\x7f: b'), noToken],
    ['bare CR in a name', get('A\rB: c'), noToken],
    ['bare LF in a name', get('A\nB: c'), noToken],
    ['NUL in a value', get('A: b\0c'), control],
    ['bare CR in a value', get('A: b\rC: d'), control],
    ['bare LF in a value', get('A: b\nC: d'), control],
    ['CR CR LF', get('A: b\r', 'C: d'), control],
    ['ESC in a value', get('A: \x1b[0m'), control],
    ['DEL in a value', get('A: \x7f'), control],
    [
      'bare LF after the request line',
      'GET / HTTP/1.1\nHost: a\r\n\r\n',
      'the request line is not `method target HTTP/1.1`',
    ],
    [
      'more fields than allowed',
      get(...Array.from({ length: 100 }, () => 'a: b')),
      'more header fields than allowed',
    ],
  ])
})

test('a value may hold tabs, spaces and bytes over 127, and loses the blanks around it', () => {
  const { headers } = accepted(get('A: \t b\tc \xe9 \t', 'B:', 'C: \t '))
  assert.deepEqual(headers, ['Host', 'a', 'A', 'b\tc \xe9', 'B', '', 'C', ''])
})

test('names as objects have them are only names', () => {
  const { headers } = accepted(get('__proto__: 1', 'constructor: 2', 'toString: 3'))
  assert.deepEqual(headers.slice(2), ['__proto__', '1', 'constructor', '2', 'toString', '3'])
})

test('a host is there once, and is a host and port', () => {
  const noHost = 'Host is not a host and port'
  refused([
    ['missing', bare('A: b'), 'Host is missing'],
    ['twice', bare('Host: a', 'Host: b'), 'Host stands twice'],
    ['twice and equal', bare('Host: a', 'Host: a'), 'Host stands twice'],
    ['twice, odd case', bare('Host: a', 'hOST: a'), 'Host stands twice'],
    [
      'twice, one with an underscore name',
      bare('Host: a', 'Ho_st: a', 'Host:'),
      'Host stands twice',
    ],
    ['twice in HTTP/1.0', 'GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n', 'Host stands twice'],
    ['empty', bare('Host:'), noHost],
    ['user information', bare('Host: me@a'), noHost],
    ['user and password', bare('Host: me:x@a'), noHost],
    ['path', bare('Host: a/b'), noHost],
    ['query', bare('Host: a?b'), noHost],
    ['fragment', bare('Host: a#b'), noHost],
    ['comma', bare('Host: a,b'), noHost],
    ['comma list', bare('Host: a, a'), noHost],
    ['space', bare('Host: a b'), noHost],
    ['scheme', bare('Host: http://a'), noHost],
    ['backslash', bare('Host: a\\b'), noHost],
    ['empty port', bare('Host: a:'), noHost],
    ['port of letters', bare('Host: a:b'), noHost],
    ['two ports', bare('Host: a:80:80'), noHost],
    ['port too large', bare('Host: a:65536'), noHost],
    ['negative port', bare('Host: a:-1'), noHost],
    ['port with junk', bare('Host: a:80 x'), noHost],
    ['only a port', bare('Host: :80'), noHost],
    ['IPv6 without brackets', bare('Host: ::1'), noHost],
    ['open bracket', bare('Host: [::1'), noHost],
    ['junk behind a bracket', bare('Host: [::1]x'), noHost],
    ['zone', bare('Host: [fe80::1%25eth0]'), noHost],
    ['leading dot', bare('Host: .a'), noHost],
    ['escape', bare('Host: %61'), noHost],
    ['byte over 127', bare('Host: \xe9'), noHost],
  ])
  for (const host of ['a', 'a.b', 'a.b.', 'a_b', 'A-1.b:8080', '127.0.0.1', '[::1]', '[::1]:80']) {
    assert.equal(accepted(bare(`Host: ${host}`)).host, host)
  }
  assert.equal(accepted('GET / HTTP/1.0\r\n\r\n').host, '')
})

test('a request line is method, space, target, space, version', () => {
  const noLine = 'the request line is not `method target HTTP/1.1`'
  const noMethod = 'the method is not a token'
  const noVersion = 'the version is neither HTTP/1.0 nor HTTP/1.1'
  refused([
    ['two spaces before the target', line('GET  / HTTP/1.1'), noLine],
    ['two spaces before the version', line('GET /  HTTP/1.1'), noLine],
    ['tab', line('GET\t/ HTTP/1.1'), 'the method is not followed by one space'],
    ['tab before the version', line('GET /\tHTTP/1.1'), noLine],
    ['space at the end', line('GET / HTTP/1.1 '), noLine],
    ['space at the start', line(' GET / HTTP/1.1'), noMethod],
    ['no method', line('/ HTTP/1.1'), noMethod],
    ['no target', line('GET HTTP/1.1'), noLine],
    ['empty target', line('GET  HTTP/1.1'), 'the request target is empty'],
    ['no version (HTTP/0.9)', line('GET /'), noLine],
    ['space in the target', line('GET /a b HTTP/1.1'), noLine],
    ['HTTP/1.2', line('GET / HTTP/1.2'), noVersion],
    ['HTTP/2.0', line('GET / HTTP/2.0'), noVersion],
    ['HTTP/0.9', line('GET / HTTP/0.9'), noVersion],
    ['HTTP/1', line('GET / HTTP/1'), noLine],
    ['HTTP/1.10', line('GET / HTTP/1.10'), noLine],
    ['HTTP/01.1', line('GET / HTTP/01.1'), noLine],
    ['http/1.1', line('GET / http/1.1'), noLine],
    ['HTTP/1,1', line('GET / HTTP/1,1'), noLine],
    ['another protocol', line('GET / ICY/1.1'), noLine],
    ['HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\n', noVersion],
    ['TLS hello', '\x16\x03\x01\x00\xee\r\n\r\n', noMethod],
    ['quote in the method', line('G"ET / HTTP/1.1'), 'the method is not followed by one space'],
    [
      'byte over 127 in the method',
      line('G\xc9T / HTTP/1.1'),
      'the method is not followed by one space',
    ],
    ['a method too long', line(`${'M'.repeat(33)} / HTTP/1.1`), noMethod],
    ['a method of 100 kB', line(`${'M'.repeat(100_000)} / HTTP/1.1`), noMethod],
    ['NUL in the target', line('GET /\0 HTTP/1.1'), noLine],
    ['control in the target', line('GET /\x1b HTTP/1.1'), noLine],
    ['DEL in the target', line('GET /\x7f HTTP/1.1'), noLine],
    ['byte over 127 in the target', line('GET /\xe9 HTTP/1.1'), noLine],
    ['fragment', line('GET /a#b HTTP/1.1'), noLine],
    ['angle bracket', line('GET /<a> HTTP/1.1'), noLine],
    ['quote', line('GET /"a" HTTP/1.1'), noLine],
    [
      'a target too long',
      line(`GET /${'a'.repeat(8_192)} HTTP/1.1`),
      'the request target is too long',
    ],
  ])
})

test('a target is in one of the four forms, and names the host that Host names', () => {
  const noForm = 'the target is in none of the forms of RFC 9112'
  const differ = 'the target and Host name different hosts'
  const noAuthority = 'the target of CONNECT is not a host and port'
  refused([
    ['* with GET', aimed('GET *'), 'the target `*` is for OPTIONS alone'],
    ['* and more', aimed('OPTIONS *a'), noForm],
    ['relative', aimed('GET a/b'), noForm],
    ['query alone', aimed('GET ?a'), noForm],
    ['authority form with GET', aimed('GET a:80'), noForm],
    ['another scheme', aimed('GET ftp://a/'), noForm],
    ['a scheme alone', aimed('GET http:'), noForm],
    ['one slash', aimed('GET http:/a'), noForm],
    ['an absolute form of another host', aimed('GET http://b/'), differ],
    ['an absolute form of another port', aimed('GET http://a:81/'), differ],
    ['an absolute form with user information', aimed('GET http://me@a/'), differ],
    ['an absolute form without a host', aimed('GET http:///'), differ],
    ['a backslash for the slash', aimed('GET http://a\\@b/'), differ],
    ['an absolute form without Host', 'GET http://a/ HTTP/1.0\r\n\r\n', differ],
    ['CONNECT with a path', aimed('CONNECT /'), noAuthority],
    ['CONNECT with an absolute form', aimed('CONNECT http://a/'), noAuthority],
  ])
  const rows: [says: string, text: string, want: [string, string, string | undefined]][] = [
    ['origin form', aimed('GET /a?b=c?d'), ['/a?b=c?d', '/a', 'b=c?d']],
    ['an empty query', aimed('GET /a?'), ['/a?', '/a', '']],
    ['two slashes', aimed('GET //b/'), ['//b/', '//b/', undefined]],
    [
      'what browsers leave unescaped',
      aimed('GET /{a}|^`\\'),
      ['/{a}|^`\\', '/{a}|^`\\', undefined],
    ],
    ['absolute form', aimed('GET http://a/b?c'), ['/b?c', '/b', 'c']],
    ['absolute form in odd case', aimed('GET HTTP://A/b'), ['/b', '/b', undefined]],
    ['absolute form without a path', aimed('GET http://a'), ['/', '/', undefined]],
    ['absolute form with a query alone', aimed('GET http://a?c'), ['/?c', '/', 'c']],
    ['absolute form with a port', aimed('GET http://a:80/', 'a:80'), ['/', '/', undefined]],
    ['asterisk', aimed('OPTIONS *'), ['*', '*', undefined]],
    ['asterisk as an absolute form', aimed('OPTIONS http://a'), ['*', '*', undefined]],
    ['authority', aimed('CONNECT a:80'), ['a:80', 'a:80', undefined]],
  ]
  for (const [says, text, want] of rows) {
    const { target, path, query } = accepted(text)
    assert.deepEqual([target, path, query], want, says)
  }
})

test('an expectation other than 100-continue is refused, and HTTP/1.0 expects nothing', () => {
  const unknown = 'Expect is not `100-continue`'
  refused([
    ['another', post('Expect: 200-ok'), unknown],
    ['two', post('Expect: 100-continue, x'), unknown],
    ['empty', post('Expect:'), unknown],
    ['parameter', post('Expect: 100-continue; a=b'), unknown],
    ['twice', post('Expect: 100-continue', 'Expect: 100-continue'), 'Expect stands twice'],
  ])
  assert.equal(accepted(post('Expect: 100-Continue')).expectContinue, true)
  assert.equal(accepted(post()).expectContinue, false)
  assert.equal(accepted('POST / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n').expectContinue, false)
})

test('hop-by-hop fields, and what only the gateway may say, are not forwarded', () => {
  const rows: [says: string, lines: string[]][] = [
    ['an upgrade', ['Connection: Upgrade', 'Upgrade: websocket']],
    [
      'h2c',
      ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'],
    ],
    ['an upgrade that Connection does not name', ['Upgrade: h2c']],
    ['HTTP2-Settings that Connection does not name', ['HTTP2-Settings: AAMAAABk']],
    ['keep-alive', ['Connection: keep-alive', 'Keep-Alive: timeout=5']],
    ['the proxy connection', ['Proxy-Connection: keep-alive']],
    ['credentials for a proxy', ['Proxy-Authorization: Basic x']],
    ['TE', ['TE: trailers', 'Connection: TE']],
    [
      'forged forwarding',
      ['X-Forwarded-For: 1.1.1.1', 'x-forwarded-HOST: b', 'Forwarded: for=1.1.1.1'],
    ],
    [
      'whatever else only a trusted hop may say',
      ['X-Forwarded-User: root', 'X-Forwarded-Client-Cert: a', `x-forwarded-${'x'.repeat(60)}: a`],
    ],
    ['a forged address', ['X-Real-IP: 1.1.1.1']],
    ['a forged request id', ['X-Request-Id: 1']],
    ['an expectation', ['Expect: 100-continue']],
  ]
  for (const [says, lines] of rows) {
    assert.equal(accepted(get('A: b', ...lines, 'C: d')).forwardable, 'A: b\r\nC: d\r\n', says)
    assert.equal(accepted(get(...lines)).forwardable, '', says)
  }
})

test('what is forwarded stands as it came', () => {
  const lines = 'a:1\r\nB:  2 \r\ncOOKIE: x\r\nB: 3\r\nContent-Length: 0\r\n'
  assert.equal(accepted(`GET / HTTP/1.1\r\nHost: a\r\n${lines}\r\n`).forwardable, lines)
  assert.equal(accepted(`GET / HTTP/1.1\r\n${lines}Host: a\r\n\r\n`).forwardable, lines)
})

test('a field that Connection names ends here, for policies too', () => {
  const head = accepted(get('Connection: close, X-Hop', 'X-Hop: 1', 'x-HOP: 2', 'X-End: 3'))
  assert.equal(head.forwardable, 'X-End: 3\r\n')
  assert.ok(!head.headers.includes('X-Hop') && !head.headers.includes('x-HOP'))
  assert.equal(head.keepAlive, false)
})

test('Connection cannot take away what the upstream must see', () => {
  const rows = [
    'Authorization',
    'cookie',
    'Content-Length',
    'Content-Type',
    'Host',
    'X-Forwarded-For',
    'X-API-Key',
    'x_api_key',
    'Idempotency-Key',
    'close, Authorization',
    'keep-alive,authorization',
  ]
  for (const value of rows) {
    const head = parse(get(`Connection: ${value}`))
    assert.match('broken' in head ? head.broken : 'accepted', /^Connection names/, value)
  }
  refused([
    ['no token', get('Connection: "close"'), 'Connection holds something other than field names'],
  ])
})

test('a sensitive name with an underscore for a hyphen is refused, others pass', () => {
  const names = [
    'Content_Length',
    'TRANSFER_ENCODING',
    'X_Forwarded_For',
    'X-Forwarded_Host',
    'x_real_ip',
    'X-Request_Id',
  ]
  refused(
    names.map((name) => [name, get(`${name}: 1`), 'a field name has an underscore for a hyphen']),
  )
  assert.equal(accepted(get('my_field: 1')).forwardable, 'my_field: 1\r\n')
})

test('a field that services read but once stands once', () => {
  refused([
    ['credentials', get('Authorization: a', 'authorization: b'), 'Authorization stands twice'],
    ['media type', post('Content-Type: a/b', 'Content-Type: c/d'), 'Content-Type stands twice'],
  ])
})

test('a connection stays open as its version and Connection say', () => {
  const rows: [says: string, text: string, want: boolean][] = [
    ['HTTP/1.1', get(), true],
    ['HTTP/1.1 close', get('Connection: close'), false],
    ['odd case', get('Connection: Close'), false],
    ['close in a list', get('Connection: x-a , close'), false],
    ['close on a second line', get('Connection: keep-alive', 'Connection: close'), false],
    ['HTTP/1.0', old(), false],
    ['HTTP/1.0 keep-alive', old('Connection: keep-alive'), true],
    ['HTTP/1.0 keep-alive, odd case', old('Connection: Keep-Alive'), true],
    ['HTTP/1.0 both', old('Connection: keep-alive, close'), false],
  ]
  for (const [says, text, want] of rows) assert.equal(accepted(text).keepAlive, want, says)
})

test('trailers are taken by who says so', () => {
  const rows: [value: string, want: boolean][] = [
    ['trailers', true],
    ['Trailers', true],
    ['gzip, trailers', true],
    ['deflate,trailers ,x', true],
    ['gzip', false],
    ['xtrailers', false],
    ['', false],
  ]
  for (const [value, want] of rows) {
    assert.equal(accepted(get(`TE: ${value}`)).takesTrailers, want, value)
  }
})

test('a head reads the same where its bytes lie in the middle of a buffer', () => {
  const text = post('Content-Length: 3', 'A: b')
  const around = Buffer.from(`junk: x\r\n${text}abc\r\nmore: y\r\n`, 'latin1')
  const base = 'junk: x\r\n'.length
  assert.deepEqual(parseRequestHead(text, text.length - 2, bounds, around, base), accepted(text))
})
