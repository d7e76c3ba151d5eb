// The chunked coding, row by row; every row is also cut at every byte and must come out the same.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ChunkedBounds, ChunkedDecoder } from './chunked.ts'

const bounds: ChunkedBounds = {
  chunkLineBytesMax: 64,
  chunkExtensionBytesMax: 100,
  trailerBytesMax: 200,
}

interface Outcome {
  readonly body: string
  readonly trailers: readonly string[]
  /** What stands behind the body; undefined where it did not end. */
  readonly rest: string | undefined
}

/** Reads parts that lie one after the other in a buffer that is overwritten each time. */
function decode(parts: readonly string[]): Outcome | string {
  let body = ''
  const decoder = new ChunkedDecoder(bounds, (view, start, end) => {
    body += view.toString('latin1', start, end)
  })
  const shared = Buffer.alloc(4_096)
  for (const [i, part] of parts.entries()) {
    shared.fill('\n')
    const length = shared.write(part, 'latin1')
    const next = decoder.push(shared, 0, length)
    if (typeof next !== 'number') return next.broken
    if (decoder.done) {
      const rest = part.slice(next) + parts.slice(i + 1).join('')
      return { body, trailers: decoder.trailers, rest }
    }
  }
  return { body, trailers: decoder.trailers, rest: undefined }
}

function bothWays(says: string, text: string): Outcome | string {
  const whole = decode([text])
  for (let cut = 1; cut < text.length; cut++) {
    const parts = decode([text.slice(0, cut), text.slice(cut)])
    same(parts, whole, `${says}, cut at ${cut}`)
  }
  same(decode([...text]), whole, `${says}, byte by byte`)
  return whole
}

/** Which rule a broken body is told may depend on the cut, that it is broken may not. */
function same(one: Outcome | string, other: Outcome | string, says: string): void {
  if (typeof one === 'string' && typeof other === 'string') return
  assert.deepEqual(one, other, says)
}

const wants = (body: string, rest = '', trailers: string[] = []): Outcome => ({
  body,
  trailers,
  rest,
})

test('chunks come out as one body, to the byte', () => {
  const rows: [says: string, text: string, want: Outcome][] = [
    ['nothing', '0\r\n\r\n', wants('')],
    ['one chunk', '3\r\nabc\r\n0\r\n\r\n', wants('abc')],
    ['two chunks', '3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n', wants('abcde')],
    ['hexadecimal', 'A\r\n0123456789\r\n0\r\n\r\n', wants('0123456789')],
    ['lower case', 'a\r\n0123456789\r\n0\r\n\r\n', wants('0123456789')],
    ['zero-padded', '003\r\nabc\r\n000\r\n\r\n', wants('abc')],
    ['line ends in the data', '4\r\n\r\n\r\n\r\n0\r\n\r\n', wants('\r\n\r\n')],
    ['what follows', '1\r\na\r\n0\r\n\r\nGET /', wants('a', 'GET /')],
    ['an extension', '3;a=b\r\nabc\r\n0\r\n\r\n', wants('abc')],
    ['a bare extension', '3;a\r\nabc\r\n0;b\r\n\r\n', wants('abc')],
    ['a quoted extension', '3;a="b;\\"c"\r\nabc\r\n0\r\n\r\n', wants('abc')],
    ['several extensions', '3;a=1;b="2";c\r\nabc\r\n0\r\n\r\n', wants('abc')],
    ['a trailer', '1\r\na\r\n0\r\nX-Sum: 1\r\n\r\n', wants('a', '', ['X-Sum', '1'])],
    ['two trailers', '0\r\nA: 1\r\nB:\t2 \r\n\r\nrest', wants('', 'rest', ['A', '1', 'B', '2'])],
  ]
  for (const [says, text, want] of rows) assert.deepEqual(bothWays(says, text), want, says)
})

test('a body that is not whole has no end', () => {
  for (const text of [
    '',
    '3',
    '3\r\n',
    '3\r\nab',
    '3\r\nabc\r\n',
    '3\r\nabc\r\n0\r\n',
    '0\r\nA: b\r\n',
    '0\r\n\r',
  ]) {
    const outcome = bothWays(text, text)
    assert.equal(
      typeof outcome === 'string' ? outcome : outcome.rest,
      undefined,
      JSON.stringify(text),
    )
  }
})

test('what is not the chunked coding to the letter is refused', () => {
  const size = 'a chunk size is not plain hexadecimal'
  const bareLf = 'a line of the chunked coding ends in a bare LF'
  const long = 'a chunk is longer than its size'
  const line = 'a chunk-size line is too long'
  const rows: [says: string, text: string, want: string][] = [
    ['no size', '\r\nabc\r\n0\r\n\r\n', size],
    ['a sign', '+3\r\nabc\r\n0\r\n\r\n', size],
    ['a minus', '-3\r\nabc\r\n0\r\n\r\n', size],
    ['0x', '0x3\r\nabc\r\n0\r\n\r\n', size],
    ['an underscore', '1_0\r\n0123456789abcdef\r\n0\r\n\r\n', size],
    ['a space before', ' 3\r\nabc\r\n0\r\n\r\n', size],
    ['a space behind', '3 \r\nabc\r\n0\r\n\r\n', size],
    ['a tab behind', '3\t\r\nabc\r\n0\r\n\r\n', size],
    ['a space before an extension', '3 ;a\r\nabc\r\n0\r\n\r\n', size],
    ['a letter', 'g\r\nabc\r\n0\r\n\r\n', size],
    ['junk behind', '3x\r\nabc\r\n0\r\n\r\n', size],
    ['a fraction', '3.0\r\nabc\r\n0\r\n\r\n', size],
    ['overflow of 64 bits', '10000000000000003\r\nabc\r\n', size],
    ['overflow of exact doubles', '20000000000001\r\nabc\r\n', size],
    ['a bare LF behind the size', '3\nabc\r\n0\r\n\r\n', bareLf],
    ['a bare CR in the size line', '3\rabc\r\n0\r\n\r\n', size],
    ['a bare LF behind the data', '3\r\nabc\n0\r\n\r\n', bareLf],
    ['nothing behind the data', '3\r\nabc0\r\n\r\n', long],
    ['spill', '3\r\nabcd\r\n0\r\n\r\n', long],
    ['a CR alone behind the data', '3\r\nabc\r0\r\n\r\n', long],
    ['an LF in the spill', '3\r\nabcd\n', bareLf],
    ['a bare LF at the end', '0\r\n\n', bareLf],
    ['a bare LF behind a trailer', '0\r\nA: b\n\r\n', bareLf],
    ['an empty extension', '3;\r\nabc\r\n0\r\n\r\n', size],
    ['an extension without a name', '3;=b\r\nabc\r\n0\r\n\r\n', size],
    ['an extension without a value', '3;a=\r\nabc\r\n0\r\n\r\n', size],
    ['an open quote', '3;a="b\r\nabc\r\n0\r\n\r\n', size],
    ['a control in an extension', '3;a="\0"\r\nabc\r\n0\r\n\r\n', size],
    ['a bare CR in a quoted extension', '3;a="\rX"\r\nabc\r\n0\r\n\r\n', size],
    ['a byte over 127 in an extension', '3;\xe9\r\nabc\r\n0\r\n\r\n', size],
    ['a huge extension', `3;${'a'.repeat(100)}\r\nabc\r\n0\r\n\r\n`, line],
    ['a size line without end', '0'.repeat(100), line],
    [
      'very many extensions',
      '1;abcdefghij\r\na\r\n'.repeat(20),
      'the chunk extensions are too large',
    ],
    ['a trailer without a colon', '0\r\nnonsense\r\n\r\n', 'a field name is not a token'],
    [
      'a folded trailer',
      '0\r\nA: b\r\n c\r\n\r\n',
      'a line begins with white space (line folding)',
    ],
    [
      'a bare CR in a trailer',
      '0\r\nA: b\rC: d\r\n\r\n',
      'a field value holds a control character',
    ],
    ['NUL in a trailer', '0\r\nA: \0\r\n\r\n', 'a field value holds a control character'],
    [
      'a length as a trailer',
      '0\r\nContent-Length: 3\r\n\r\n',
      'a trailer field frames the message',
    ],
    [
      'a coding as a trailer',
      '0\r\nTransfer-Encoding: chunked\r\n\r\n',
      'a trailer field frames the message',
    ],
    ['oversize trailers', `0\r\nA: ${'b'.repeat(250)}\r\n\r\n`, 'the trailer fields are too large'],
    ['very many trailers', `0\r\n${'A: b\r\n'.repeat(60)}\r\n`, 'the trailer fields are too large'],
    ['trailers without end', `0\r\n${'A'.repeat(250)}`, 'the trailer fields are too large'],
  ]
  for (const [says, text, want] of rows) assert.equal(bothWays(says, text), want, says)
})

test('what routes, frames, authenticates or controls does not come as a trailer', () => {
  const names = [
    'Host',
    'Authorization',
    'authorization',
    'Cookie',
    'Set-Cookie',
    'Content-Type',
    'Content-Encoding',
    'Connection',
    'X-Forwarded-For',
    'X-Real-IP',
    'X-Request-Id',
    'Forwarded',
    'X-API-Key',
    'Trailer',
    'TE',
    'Upgrade',
    'Expect',
    'If-Match',
    'Cache-Control',
    'Idempotency-Key',
    'Access-Control-Allow-Origin',
  ]
  for (const name of names) {
    const one = decode([`0\r\n${name}: 1\r\nX-Sum: 1\r\n\r\n`])
    assert.deepEqual(typeof one === 'string' ? one : one.trailers, ['X-Sum', '1'], name)
  }
})
