// Requests as people write them down.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type MessageParts, readMessage } from './message.ts'

const parts: MessageParts = { method: undefined, target: undefined, fields: [], host: 'api.test' }
const asked = { method: 'POST', target: '/a' }
const host = 'Host: api.test'

const cases: [
  says: string,
  text: string,
  given: Partial<MessageParts>,
  head: string[],
  body: string,
][] = [
  ['nothing but the command line', '', asked, ['POST /a HTTP/1.1', host], ''],
  ['fields alone', 'A: b\nC: d\n', asked, ['POST /a HTTP/1.1', host, 'A: b', 'C: d'], ''],
  ['a request line', 'GET /x HTTP/1.0\r\nHost: x\r\n\r\n', {}, ['GET /x HTTP/1.0', 'Host: x'], ''],
  [
    'the line ends of an editor, and a body as it is',
    'A: b\n\n{"a":\n\n1}\n',
    asked,
    ['POST /a HTTP/1.1', host, 'A: b', 'Content-Length: 10'],
    '{"a":\n\n1}\n',
  ],
  ['a body without fields', '\nx', asked, ['POST /a HTTP/1.1', host, 'Content-Length: 1'], 'x'],
  [
    'a length that leaves out the last line end',
    'Content-Length: 2\n\n{}\n',
    asked,
    ['POST /a HTTP/1.1', host, 'Content-Length: 2'],
    '{}',
  ],
  [
    'a body in chunks',
    'Transfer-Encoding: chunked\n\n{}',
    asked,
    ['POST /a HTTP/1.1', host, 'Transfer-Encoding: chunked'],
    '{}',
  ],
  [
    'fields of the command line, a host among them',
    '',
    { ...asked, fields: ['Host: other.test', 'A: b'] },
    ['POST /a HTTP/1.1', 'Host: other.test', 'A: b'],
    '',
  ],
  [
    'what is no length is left to the gateway',
    'Content-Length: two\n\n{}',
    asked,
    ['POST /a HTTP/1.1', host, 'Content-Length: two'],
    '{}',
  ],
]

for (const [says, text, given, head, body] of cases) {
  test(`a request with ${says}`, () => {
    const message = readMessage(Buffer.from(text), { ...parts, ...given })
    assert.ok(!('problem' in message))
    assert.deepEqual(message.head.split('\r\n'), [...head, ''])
    assert.equal(message.body.toString(), body)
  })
}

test('letters beyond ASCII are the bytes that they have in UTF-8', () => {
  const fields = ['A: é']
  const message = readMessage(Buffer.from('B: é\n'), { ...parts, ...asked, fields })
  assert.ok(!('problem' in message))
  const bytes = Buffer.from(message.head, 'latin1').toString('utf8')
  assert.match(bytes, /\r\nB: é\r\nA: é\r\n$/)
})
