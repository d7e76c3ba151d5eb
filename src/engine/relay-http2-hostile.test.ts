// What endpoints of HTTP/2 may do to us, frame by frame: what breaks one call ends that call, what
// breaks the connection ends all of it, and what endures neither is bounded.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  block,
  data,
  head,
  status,
  whole,
  errorCode,
  frameFlag,
  frameHead,
  frameType,
  headersFrames,
  pingFrame,
  rstStreamFrame,
  setting,
  settingsFrame,
  windowUpdateFrame,
  encodeField,
} from '../../test/frame-end.ts'
import { eventually } from '../../test/raw-peer.ts'
import { ask } from './relay-for-tests.ts'
import { asking } from './relay-http2-for-tests.ts'

const breaksCall: readonly [says: string, frames: (id: number) => string, reason: RegExp][] = [
  ['no status', (id) => headersFrames(id, block('a: b'), true), /status is not a number/],
  ['a status of two digits', (id) => headersFrames(id, status('20'), true), /not a number/],
  ['a signed status', (id) => headersFrames(id, status('+20'), true), /not a number/],
  ['a status of 600', (id) => headersFrames(id, status(600), true), /not a number/],
  ['101', (id) => headersFrames(id, status(101), false), /101 is not of HTTP\/2/],
  ['two statuses', (id) => headersFrames(id, status(200) + status(200), true), /stands twice/],
  [
    'a status behind fields',
    (id) => headersFrames(id, block('a: b') + status(200), true),
    /behind/,
  ],
  [
    'a pseudo-field of requests',
    (id) => headersFrames(id, status(200) + encodeField(':path', '/'), true),
    /of requests/,
  ],
  [
    'an unknown pseudo-field',
    (id) => headersFrames(id, status(200) + encodeField(':other', 'a'), true),
    /unknown/,
  ],
  [
    'a name in upper case',
    (id) => headersFrames(id, status(200) + encodeField('A', 'b'), true),
    /lower/,
  ],
  [
    'a line break within a value',
    (id) => headersFrames(id, status(200) + encodeField('a', 'b\r\nc: d'), true),
    /control character/,
  ],
  [
    'a field of connections',
    (id) => headersFrames(id, status(200) + encodeField('connection', 'close'), true),
    /HTTP\/1\.1/,
  ],
  [
    'chunks',
    (id) => headersFrames(id, status(200) + encodeField('transfer-encoding', 'chunked'), true),
    /HTTP\/1\.1/,
  ],
  ['two lengths', (id) => head(id, 200, 'content-length: 1', 'content-length: 1'), /stands twice/],
  [
    'a length of nothing',
    (id) => headersFrames(id, status(200) + block('content-length: 3'), true),
    /shorter/,
  ],
  ['an end with an interim reply', (id) => headersFrames(id, status(103), true), /interim/],
  ['endless interim replies', (id) => head(id, 103).repeat(17), /too many interim/],
  ['a body without a head', (id) => data(id, 'ok'), /no head/],
  ['an end without a head', (id) => data(id, '', true), /no head/],
  [
    'a bomb of fields',
    (id) => head(id, 200, ...Array<string>(201).fill('a: b')),
    /too large|more header/,
  ],
  ['a header bomb', (id) => head(id, 200, `a: ${'b'.repeat(70_000)}`), /too large/],
]

for (const [says, frames, reason] of breaksCall) {
  test(`a reply that is broken ends its call alone: ${says}`, async (t) => {
    const { client, end, id, record, sent, endpoint } = await asking(t)
    end.send(frames(id))
    assert.match(await client.until('}}'), /^HTTP\/1\.1 (?:103 [^]*)?502 [^]*"UPSTREAM_PROTOCOL"/)
    assert.match((await record()).reason!, reason)
    assert.equal(await end.resetOf(id), errorCode.protocolError)
    const other = await sent(ask('GET /a'))
    end.send(whole(await end.asked(2)))
    await other.until('ok')
    assert.equal(endpoint.peers.length, 1)
  })
}

const cutsReply: readonly [says: string, frames: (id: number) => string, reason: RegExp][] = [
  ['longer than its length', (id) => data(id, 'more'), /length/],
  ['shorter than its length', (id) => data(id, 'o', true), /length/],
  ['fields in the midst', (id) => headersFrames(id, block('a: b'), false), /within/],
  ['a pseudo-field in trailers', (id) => headersFrames(id, status(200), true), /pseudo-field/],
  ['a length in trailers', (id) => headersFrames(id, block('content-length: 1'), true), /frames/],
  ['a reset', (id) => rstStreamFrame(id, errorCode.internalError), /internalError/],
  ['more than the window', (id) => data(id, 'x'.repeat(16_384)).repeat(5), /length|window/],
]

for (const [says, frames, reason] of cutsReply) {
  test(`a reply that breaks in its body is cut off at the client: ${says}`, async (t) => {
    const { client, end, id, record } = await asking(t)
    end.send(head(id, 200, 'content-length: 3'))
    await client.until(/200 OK[^]*\r\n\r\n/)
    end.send(frames(id))
    await eventually('the client is cut off', () => client.closed)
    assert.ok(client.reset, 'a FIN would look like the end')
    assert.match((await record()).reason!, reason)
  })
}

const breaksConnection: readonly [says: string, frames: (id: number) => string, reason: RegExp][] =
  [
    [
      'a push',
      (id) => frameHead(4, frameType.pushPromise, frameFlag.endHeaders, id) + '\0\0\0\x02',
      /push/,
    ],
    ['data of no stream', () => data(0, 'a'), /no stream/],
    ['a head of a stream that nobody opened', (id) => head(id + 2), /not opened/],
    ['a head of a stream of its own', () => head(2), /not opened/],
    ['a reset of a stream that nobody opened', (id) => rstStreamFrame(id + 2, 0), /not opened/],
    ['a window that grows by nothing', () => windowUpdateFrame(0, 0), /by nothing/],
    ['a window beyond its bound', () => windowUpdateFrame(0, 0x7fff_ffff), /beyond its bound/],
    ['a frame that is too long', (id) => frameHead(16_385, frameType.headers, 0, id), /larger/],
    [
      'a section that is none',
      (id) => headersFrames(id, '\xff\xff\xff\xff\xff\xff', true),
      /decoded/,
    ],
    [
      'a frame within a section',
      (id) => frameHead(1, frameType.headers, 0, id) + '\x88' + pingFrame('12345678'),
      /within/,
    ],
    ['half a ping', () => frameHead(4, frameType.ping, 0, 0) + '1234', /wrong size/],
    ['a push that is enabled', () => settingsFrame([[setting.enablePush, 1]]), /ENABLE_PUSH/],
    ['a flood of pings', () => pingFrame('12345678').repeat(1_200), /carry nothing/],
    ['a flood of settings', () => settingsFrame([]).repeat(1_200), /carry nothing/],
    [
      'a flood of frames that are unknown',
      () => frameHead(0, 200, 0, 0).repeat(1_200),
      /carry nothing/,
    ],
    [
      'a section without end',
      (id) =>
        frameHead(0, frameType.headers, 0, id) +
        frameHead(0, frameType.continuation, 0, id).repeat(50),
      /too many|section/,
    ],
  ]

for (const [says, frames, reason] of breaksConnection) {
  test(`what breaks the connection ends all calls on it: ${says}`, async (t) => {
    const { client, end, id, records, sent, record } = await asking(t)
    const other = await sent(ask('GET /a'))
    await end.asked(2)
    end.send(frames(id + 2))
    for (const one of [client, other]) assert.match(await one.until('}}'), /"UPSTREAM_PROTOCOL"/)
    await record(2)
    for (const one of records) assert.match(one.reason!, reason)
    await end.peer.gone()
    assert.equal(end.of('goaway').length, 1)
  })
}
