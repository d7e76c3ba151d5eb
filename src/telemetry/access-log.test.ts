// A record becomes one line of JSON, whatever a client put into it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAccessLog } from './access-log.ts'
import type { ExchangeRecord, ObservedOperation } from './record.ts'
import { recordWith, shadowsOf } from './records-for-tests.ts'

const operations: readonly ObservedOperation[] = [
  { id: 'getChannel', method: 'GET', template: '/v1/channels/{id}' },
  { id: 'reset', method: 'POST', template: '/v1/reset/{token}' },
  { id: 'menu', method: 'GET', template: '/café/{token}' },
  { id: 'file', method: 'GET', template: '/v1/users/{user}/keys/{key}.json' },
]

function linesOf(records: readonly ExchangeRecord[], redact: readonly string[] = []): string[] {
  const lines: string[] = []
  const writer = {
    line: (text: string) => lines.push(text),
    dropped: () => 0,
    close: () => Promise.resolve(),
  }
  const observe = createAccessLog({ lines: writer, redact }).bind(operations)
  for (const record of records) observe(record)
  return lines
}

const logged = (changes: Partial<ExchangeRecord>, redact: readonly string[] = []) =>
  JSON.parse(linesOf([recordWith(changes)], redact)[0]!) as Record<string, unknown>

test('a line holds the record, and leaves out what there is not', () => {
  assert.deepEqual(logged({}), {
    time: '2026-03-12T10:30:00.007Z',
    id: '5b1f0e5c7a9d4c3e8f2a6b7c8d9e0f1a',
    method: 'GET',
    httpVersion: '1.1',
    host: 'api.example.com',
    path: '/v1/channels/ch_1',
    operation: 'getChannel',
    route: '/v1/channels/{id}',
    status: 200,
    client: '203.0.113.7',
    requestBytes: 10,
    replyBytes: 158,
    durationMs: 4,
    upstreamMs: 3,
    endpoint: '127.0.0.1:3000',
    userAgent: 'curl/8.5.0',
  })
})

test('a refusal adds its fault, its reason and the policies in shadow', () => {
  const line = logged({
    operation: -1,
    status: 404,
    fault: 'NOT_FOUND',
    reason: 'no such path',
    shadows: shadowsOf(['limit']),
    endpoint: undefined,
    userAgent: undefined,
  })
  assert.equal(line['fault'], 'NOT_FOUND')
  assert.equal(line['reason'], 'no such path')
  assert.deepEqual(line['shadows'], ['limit'])
  for (const absent of ['operation', 'route', 'endpoint', 'userAgent']) {
    assert.ok(!(absent in line), absent)
  }
})

test('of a WebSocket the line says how it ended', () => {
  const line = logged({ status: 101, closed: { code: 1001, by: 'gateway' } })
  assert.deepEqual([line['closeCode'], line['closedBy']], [1001, 'gateway'])
})

test('times are RFC 3339 with milliseconds, across seconds', () => {
  const start = Date.UTC(2026, 11, 31, 23, 59, 59, 0)
  const given = [0, 9, 99, 999.9, 1000, 1, 61_234]
  const times = linesOf(given.map((ms) => recordWith({ finishedEpochMs: start + ms }))).map(
    (line) => (JSON.parse(line) as { time: string }).time,
  )
  assert.deepEqual(
    times,
    given.map((ms) => new Date(start + ms).toISOString()),
  )
})

for (const [says, text] of [
  ['a line end', 'a\nb'],
  ['a carriage return and a quote', '\r"},{"status":200'],
  ['a backslash', '\\'],
  ['an escape sequence of a terminal', '\u001B[2J'],
  ['an eight-bit escape sequence', '\u009B2J'],
  ['a line separator of Unicode', '\u2028x\u2029'],
  ['a lone surrogate', '\uD800'],
  ['a NUL', '\0'],
  ['letters beyond ASCII', 'Zoë 😀'],
] as const) {
  test(`${says} cannot leave its field or its line`, () => {
    const [line] = linesOf([
      recordWith({ path: `/${text}`, userAgent: text, reason: text, method: text, host: text }),
    ])
    assert.equal(line!.indexOf('\n'), line!.length - 1)
    assert.doesNotMatch(line!.slice(0, -1), /[\p{Cc}\p{Cs}\u2028\u2029]/u)
    const read = JSON.parse(line!) as Record<string, unknown>
    assert.equal(read['userAgent'], text)
    assert.equal(read['path'], `/${text}`)
    assert.equal(read['status'], 200)
  })
}

test('fields that a client fills are bounded', () => {
  const long = 'x'.repeat(100_000)
  const [line] = linesOf([
    recordWith({ path: long, userAgent: long, reason: long, method: long, host: long }),
  ])
  assert.ok(line!.length < 4_000)
  assert.equal(logged({ userAgent: long })['userAgent'], `${'x'.repeat(256)}…`)
})

for (const [given, want] of [
  [0, 0],
  [0.000_4, 0],
  [0.05, 0.05],
  [1, 1],
  [1.234_567_8, 1.235],
  [999.999_9, 1000],
  [600_000.007, 600_000.007],
  [86_400_000.5, 86_400_000.5],
  [-1, -1],
  [Number.NaN, null],
  [Number.POSITIVE_INFINITY, null],
] as const) {
  test(`a duration of ${given} ms is logged as ${want}`, () => {
    assert.equal(logged({ durationMs: given })['durationMs'], want)
  })
}

for (const [says, changes, want] of [
  ['a named parameter', { operation: 1, path: '/v1/reset/s3cret' }, '/v1/reset/[redacted]'],
  [
    'one within a segment, the others staying',
    { operation: 3, path: '/v1/users/u1/keys/s3cret.json' },
    '/v1/users/u1/keys/[redacted]',
  ],
  [
    'a path with other segments than its template',
    { operation: 1, path: '/v1//reset/s3cret' },
    '/v1/reset/{token}',
  ],
  [
    'the path of a refused method',
    { operation: -1, path: '/v1/reset/s3cret' },
    '/v1/reset/[redacted]',
  ],
  ['the path one slash off', { operation: -1, path: '/v1/reset/s3cret/' }, '/v1/reset/[redacted]'],
  [
    'a literal spelled with an escape',
    { operation: -1, path: '/%761/re%73et/s3cret' },
    '/v1/reset/[redacted]',
  ],
  [
    'a separator spelled with an escape, or twice',
    { operation: -1, path: '/v1//reset%2Fs3cret' },
    '/v1/reset/[redacted]',
  ],
  ['letters beyond ASCII', { operation: -1, path: '/caf%C3%A9/s3cret' }, '/café/[redacted]'],
  ['an escape that is none', { operation: -1, path: '/v1/%zz' }, '/v1/%zz'],
  ['a path without it stays', { operation: 0, path: '/v1/channels/c' }, '/v1/channels/c'],
  ['an unknown path elsewhere stays', { operation: -1, path: '/v1/x' }, '/v1/x'],
] as const) {
  test(`redaction: ${says}`, () => {
    assert.equal(logged(changes, ['token', 'key'])['path'], want)
  })
}
