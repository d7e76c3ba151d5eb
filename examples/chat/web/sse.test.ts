// The reading of events, fed whole and then cut at every place: the same events come of it.
import assert from 'node:assert/strict'
import { test } from 'node:test'

interface SseModule {
  eventsIn(body: ReadableStream<Uint8Array>): AsyncGenerator<Record<string, unknown>>
}

// A module of the page: plain JavaScript, of which the compiler knows nothing.
const file: string = './sse.js'
const { eventsIn } = (await import(file)) as SseModule

const read = (...pieces: string[]) =>
  Array.fromAsync(
    eventsIn(ReadableStream.from(pieces.map((piece) => Buffer.from(piece, 'latin1')))),
  )

const latin1 = (text: string) => Buffer.from(text).toString('latin1')

// [says, text, events]
const cases: [string, string, object[]][] = [
  ['an event', 'id: 1\ndata: a\n\n', [{ id: '1', data: 'a' }]],
  ['data of several lines', 'data: a\ndata:b\ndata\n\n', [{ data: 'a\nb\n' }]],
  ['one space alone belongs to no value', 'data:  a\n\n', [{ data: ' a' }]],
  ['a name', 'event: gap\ndata: {}\n\n', [{ event: 'gap', data: '{}' }]],
  ['fields without data', 'retry: 20\nid: x\n\n', [{ retry: 20, id: 'x' }]],
  ['a comment', ': still here\n\n', [{}]],
  ['an unknown field', 'colour: red\ndata: a\n\n', [{ data: 'a' }]],
  ['a retry that is no number, an id with a NUL', 'retry: 1s\nid: a\0\n\n', [{}]],
  [
    'every end of a line',
    'data: a\r\n\r\ndata: b\r\rdata: c\n\n',
    [{ data: 'a' }, { data: 'b' }, { data: 'c' }],
  ],
  ['an event that is cut off', 'data: a\n\ndata: b\n', [{ data: 'a' }]],
  ['letters of several bytes', 'data: größer 😀\n\n', [{ data: 'größer 😀' }]],
]

for (const [says, text, events] of cases) {
  test(`${says}, wherever it is cut`, async () => {
    const bytes = latin1(text)
    assert.deepEqual(await read(bytes), events)
    for (let cut = 1; cut < bytes.length; cut++) {
      assert.deepEqual(await read(bytes.slice(0, cut), bytes.slice(cut)), events, `cut at ${cut}`)
    }
  })
}
