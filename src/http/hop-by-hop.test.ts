import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectionProblem, endToEnd, hasConnectionOption, hopByHop } from '../http.ts'

test('fields of one connection do not go on', () => {
  const rows: [says: string, headers: string[], kept: string[]][] = [
    ['none', ['Host', 'a', 'X', 'y'], ['Host', 'a', 'X', 'y']],
    [
      'the fixed ones, in any case',
      ['CONNECTION', 'close', 'keep-alive', 'x', 'TE', 'trailers', 'Transfer-Encoding', 'chunked'],
      [],
    ],
    ['of proxies', ['Proxy-Connection', 'x', 'Proxy-Authorization', 'x', 'Upgrade', 'h2c'], []],
    ['named ones', ['Connection', 'X-Hop, close', 'x-hop', '1', 'X-Hop-2', '2'], ['X-Hop-2', '2']],
    [
      'named on two lines',
      ['Connection', 'a', 'Connection', ', B ,', 'A', '1', 'b', '2', 'c', '3'],
      ['c', '3'],
    ],
    ['close is no field', ['Connection', 'close', 'Close', 'x'], ['Close', 'x']],
    ['Trailer goes on', ['Trailer', 'x'], ['Trailer', 'x']],
    [
      'repeated ones keep their order',
      ['A', '1', 'B', '2', 'A', '3'],
      ['A', '1', 'B', '2', 'A', '3'],
    ],
  ]
  for (const [says, headers, kept] of rows) assert.deepEqual(endToEnd(headers), kept, says)
})

test('names of any length are told apart', () => {
  const long = `x-${'n'.repeat(40)}`
  const names = hopByHop(['Connection', long])
  assert.equal(names.has(long.toUpperCase()), true)
  assert.equal(names.has(`${long}n`), false)
  assert.equal(names.has(''), false)
})

test('Connection may not take away what the upstream must see', () => {
  const rows: [value: string, want: RegExp | undefined][] = [
    ['close', undefined],
    ['keep-alive, Upgrade, HTTP2-Settings, TE', undefined],
    ['X-Hop', undefined],
    ['', undefined],
    [', ,', undefined],
    ['Authorization', /names authorization/],
    ['close, HOST', /names host/],
    ['content-length', /names content-length/],
    ['Content-Type', /names content-type/],
    ['Cookie', /names cookie/],
    ['X-Forwarded-For', /names x-forwarded-for/],
    ['X_Forwarded_For', /names x_forwarded_for/],
    ['Forwarded', /names forwarded/],
    ['Via', /names via/],
    ['X-API-Key', /names x-api-key/],
    ['Idempotency-Key', /names idempotency-key/],
    ['If-Match', /names if-match/],
    ['a b', /other than field names/],
    ['close;x', /other than field names/],
    ['"close"', /other than field names/],
  ]
  for (const [value, want] of rows) {
    const problem = connectionProblem(['X', 'y', 'Connection', value])
    if (want === undefined) assert.equal(problem, undefined, value)
    else assert.match(problem ?? 'sound', want, value)
  }
})

test('an option of Connection is found in any place and case', () => {
  const rows: [headers: string[], want: boolean][] = [
    [[], false],
    [['Connection', 'close'], true],
    [['connection', 'Keep-Alive, CLOSE'], true],
    [['Connection', 'x', 'Connection', 'close'], true],
    [['Connection', 'closed'], false],
    [['Close', 'close'], false],
  ]
  for (const [headers, want] of rows) {
    assert.equal(hasConnectionOption(headers, 'close'), want, headers.join())
  }
})
