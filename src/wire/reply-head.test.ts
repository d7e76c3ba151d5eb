// What an upstream may not say, row by row: a reply that two readers could take in two ways would
// poison the client behind us.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Http1ReplyHead, parseReplyHead } from './reply-head.ts'

function parse(text: string, method = 'GET') {
  const end = text.indexOf('\r\n\r\n')
  assert.ok(end >= 0, `the row holds a whole head: ${JSON.stringify(text)}`)
  return parseReplyHead(text, end + 2, method, 10)
}

function accepted(text: string, method = 'GET'): Http1ReplyHead {
  const head = parse(text, method)
  if ('broken' in head) assert.fail(`${JSON.stringify(text)} is refused: ${head.broken}`)
  return head
}

const line = (statusLine: string, ...lines: string[]) => [statusLine, ...lines, '', ''].join('\r\n')
const ok = (...lines: string[]) => line('HTTP/1.1 200 OK', ...lines)

function refused(rows: readonly [says: string, text: string, want: string][]): void {
  for (const [says, text, want] of rows) {
    const head = parse(text)
    assert.equal('broken' in head ? head.broken : 'accepted', want, says)
  }
}

test('a status line is a version, three digits and a reason', () => {
  const noLine = 'the status line is not HTTP/1.1'
  const noStatus = 'the status is not a number from 100 to 599'
  const long = 'the status has more than three digits'
  const control = 'the reason phrase holds a control character'
  refused([
    ['another version', line('HTTP/2.0 200 OK'), noLine],
    ['an old version', line('HTTP/0.9 200 OK'), noLine],
    ['no version', line('HTTP 200 OK'), noLine],
    ['another protocol', line('ICY 200 OK'), noLine],
    ['lower case', line('http/1.1 200 OK'), noLine],
    ['an empty line first', `\r\n${ok()}`.replace('\r\n\r\n', '\r\n\r\n'), noLine],
    ['space first', line(' HTTP/1.1 200 OK'), noLine],
    ['no status', line('HTTP/1.1 OK'), noStatus],
    ['two digits', line('HTTP/1.1 20 OK'), noStatus],
    ['two spaces', line('HTTP/1.1  200 OK'), noStatus],
    ['below 100', line('HTTP/1.1 099 X'), noStatus],
    ['above 599', line('HTTP/1.1 600 X'), noStatus],
    ['signed', line('HTTP/1.1 +20 OK'), noStatus],
    ['four digits', line('HTTP/1.1 2000 OK'), long],
    ['a tab behind it', line('HTTP/1.1 200\tOK'), long],
    ['NUL in the reason', line('HTTP/1.1 200 O\0K'), control],
    ['bare CR in the reason', line('HTTP/1.1 200 O\rK'), control],
    ['bare LF behind the reason', 'HTTP/1.1 200 OK\nA: b\r\n\r\n', control],
  ])
  const rows: [statusLine: string, want: string][] = [
    ['HTTP/1.1 200 OK', '200 OK'],
    ['HTTP/1.0 404 Not Found', '404 Not Found'],
    ['HTTP/1.1 200 ', '200 '],
    ['HTTP/1.1 200', '200 '],
    ['HTTP/1.1 200 tr\xe8s bien', '200 tr\xe8s bien'],
  ]
  for (const [text, want] of rows) assert.equal(accepted(line(text)).statusText, want, text)
})

test('a reply framed in two ways, or in none that is known, is refused', () => {
  const chunked = 'Transfer-Encoding: chunked'
  const together = 'Content-Length and Transfer-Encoding stand together'
  const twice = 'Content-Length stands twice'
  refused([
    ['both', ok('Content-Length: 3', chunked), together],
    ['both, the other way round', ok(chunked, 'Content-Length: 3'), together],
    ['two lengths', ok('Content-Length: 3', 'Content-Length: 4'), twice],
    ['two equal lengths', ok('Content-Length: 3', 'Content-Length: 3'), twice],
    ['a list of lengths', ok('Content-Length: 3, 3'), 'Content-Length is not a plain number'],
    ['a negative length', ok('Content-Length: -1'), 'Content-Length is not a plain number'],
    [
      'a coding inside chunked',
      ok('Transfer-Encoding: gzip, chunked'),
      'Transfer-Encoding is not exactly `chunked`',
    ],
    ['another coding', ok('Transfer-Encoding: gzip'), 'the transfer coding is not supported'],
    [
      'chunked in HTTP/1.0',
      line('HTTP/1.0 200 OK', chunked),
      'Transfer-Encoding stands in an HTTP/1.0 message',
    ],
    [
      'chunked with 204',
      line('HTTP/1.1 204 X', chunked),
      'Transfer-Encoding stands in a reply that has no body',
    ],
    [
      'chunked with 103',
      line('HTTP/1.1 103 X', chunked),
      'Transfer-Encoding stands in a reply that has no body',
    ],
    [
      'a length with 204',
      line('HTTP/1.1 204 X', 'Content-Length: 3'),
      'Content-Length stands in a 204 reply',
    ],
    [
      'a length with 103',
      line('HTTP/1.1 103 X', 'Content-Length: 3'),
      'Content-Length stands in an interim reply',
    ],
    ['a split value', ok('A: b\rSet-Cookie: x'), 'a field value holds a control character'],
    ['a split value with LF', ok('A: b\nSet-Cookie: x'), 'a field value holds a control character'],
    ['folding', ok('A: b', ' c'), 'a line begins with white space (line folding)'],
    ['space before a colon', ok('A : b'), 'white space stands before a colon'],
    [
      'too many fields',
      ok(...Array.from({ length: 11 }, () => 'a: b')),
      'more header fields than allowed',
    ],
    [
      'too many hop-by-hop fields',
      ok(...Array.from({ length: 11 }, () => 'Connection: b')),
      'more header fields than allowed',
    ],
  ])
})

test('the method and the status decide about the body', () => {
  const rows: [says: string, text: string, method: string, want: [unknown, boolean]][] = [
    ['a length', ok('Content-Length: 3'), 'GET', [3, false]],
    ['chunked', ok('Transfer-Encoding: chunked'), 'GET', ['streamed', false]],
    ['neither', ok(), 'GET', ['streamed', true]],
    ['neither, in HTTP/1.0', line('HTTP/1.0 200 OK'), 'GET', ['streamed', true]],
    ['HEAD with a length', ok('Content-Length: 3'), 'HEAD', ['none', false]],
    ['HEAD, chunked', ok('Transfer-Encoding: chunked'), 'HEAD', ['none', false]],
    ['HEAD with neither', ok(), 'HEAD', ['none', false]],
    ['204', line('HTTP/1.1 204 X'), 'GET', ['none', false]],
    ['204 with a zero length', line('HTTP/1.1 204 X', 'Content-Length: 0'), 'GET', ['none', false]],
    ['304 with a length', line('HTTP/1.1 304 X', 'Content-Length: 3'), 'GET', ['none', false]],
    ['103', line('HTTP/1.1 103 X'), 'GET', ['none', false]],
  ]
  for (const [says, text, method, want] of rows) {
    const { bodyLength, untilClose } = accepted(text, method)
    assert.deepEqual([bodyLength, untilClose], want, says)
  }
})

test('the length of a 204 is not forwarded, that of a 304 and of HEAD is', () => {
  const length = 'Content-Length: 0'
  const empty = accepted(line('HTTP/1.1 204 X', 'A: b', length))
  assert.equal(empty.forwardable, 'A: b\r\n')
  assert.deepEqual(empty.headers, ['A', 'b'])
  assert.equal(accepted(line('HTTP/1.1 304 X', length)).forwardable, `${length}\r\n`)
  assert.equal(accepted(ok(length), 'HEAD').forwardable, `${length}\r\n`)
})

test('hop-by-hop fields, and those that Connection names, are not forwarded', () => {
  const head = accepted(
    ok(
      'Connection: keep-alive, X-Hop',
      'X-Hop: 1',
      'Keep-Alive: timeout=5',
      'A: b',
      'Upgrade: h2c',
      'Proxy-Authenticate: Basic',
      'TE: x',
      'X-Request-Id: 1',
    ),
  )
  assert.equal(head.forwardable, 'A: b\r\n')
  assert.deepEqual(head.headers, ['A', 'b'])
  const problem = parse(ok('Connection: Set-Cookie', 'Set-Cookie: a'))
  assert.match('broken' in problem ? problem.broken : 'accepted', /^Connection names set-cookie/)
})

test('a connection stays as long as version, Connection, framing and Keep-Alive let it', () => {
  const length = 'Content-Length: 0'
  const rows: [says: string, text: string, want: [boolean, number | undefined]][] = [
    ['HTTP/1.1', ok(length), [true, undefined]],
    ['close', ok(length, 'Connection: Close'), [false, undefined]],
    ['until close', ok('Connection: keep-alive'), [false, undefined]],
    ['HTTP/1.0', line('HTTP/1.0 200 OK', length), [false, undefined]],
    [
      'HTTP/1.0 keep-alive',
      line('HTTP/1.0 200 OK', length, 'Connection: Keep-Alive'),
      [true, undefined],
    ],
    ['a timeout', ok(length, 'Keep-Alive: timeout=5, max=100'), [true, 5]],
    ['a timeout behind', ok(length, 'Keep-Alive: max=100,timeout=7'), [true, 7]],
    ['no timeout', ok(length, 'Keep-Alive: max=5'), [true, undefined]],
    ['a timeout that is none', ok(length, 'Keep-Alive: timeout=-5'), [true, undefined]],
  ]
  for (const [says, text, want] of rows) {
    const { keepAlive, keepAliveSeconds } = accepted(text)
    assert.deepEqual([keepAlive, keepAliveSeconds], want, says)
  }
})

test('fields that nobody wants one by one are not collected, and are forwarded all the same', () => {
  const text = ok('A: b', 'Connection: close', 'Content-Length: 3')
  const head = parseReplyHead(
    text,
    text.length - 2,
    'GET',
    10,
    undefined,
    undefined,
    undefined,
    false,
  )
  assert.ok(!('broken' in head))
  assert.deepEqual(head.headers, [])
  assert.equal(head.forwardable, 'A: b\r\nContent-Length: 3\r\n')
  assert.equal(head.bodyLength, 3)
})
