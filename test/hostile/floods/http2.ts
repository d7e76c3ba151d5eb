// Floods of HTTP/2 from clients: frames that cost us more than their sender, in every kind that has
// been given a name, and some that have none.
import {
  frameFlag,
  frameHead,
  frameType,
  goawayFrame,
  pingAck,
  pingFrame,
  preface,
  rstStreamFrame,
  setting,
  settingsAck,
  settingsFrame,
  windowUpdateFrame,
} from '../../../src/wire/http2/frames.ts'
import { encodeField } from '../../../src/wire/http2/hpack-encoder.ts'
import type { Arena } from './arena.ts'
import { Attacker } from './attacker.ts'
import type { Flood } from './flood.ts'
import { FrameEar } from './frame-ear.ts'

export const opening = preface + settingsFrame([])
export const ends = frameFlag.endStream | frameFlag.endHeaders
export const opens = frameFlag.endHeaders

export const fields = (...pairs: [string, string][]): string =>
  pairs.map(([name, value]) => encodeField(name, value)).join('')

export const asks = (method: string, path: string): string =>
  fields([':method', method], [':scheme', 'http'], [':authority', 'api.test'], [':path', path])

export const frame = (type: number, flags: number, id: number, payload = ''): string =>
  frameHead(payload.length, type, flags, id) + payload

export const headers = (id: number, block: string, flags: number = ends): string =>
  frame(frameType.headers, flags, id, block)

export const data = (id: number, payload: string, flags = 0): string =>
  frame(frameType.data, flags, id, payload)

export const many = (count: number, one: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => one(i)).join('')

/** The i-th stream of a client. */
export const stream = (i: number): number => 2 * i + 1

const get = asks('GET', '/large')
const post = asks('POST', '/held') + fields(['content-type', 'application/octet-stream'])
const unknown = asks('GET', '/unknown')

/** Opens HTTP/2, and does the rest as it is told. */
export async function http2Attack(
  { port, tlsPort }: Arena,
  act: (attacker: Attacker, ear: FrameEar) => Promise<void>,
  isSecure = false,
): Promise<string> {
  const attacker = new Attacker(isSecure ? { port: tlsPort, speaks: 'h2' } : { port })
  const ear = new FrameEar()
  attacker.heard = (piece) => {
    ear.hear(piece)
    attacker.isTold ||= ear.goaway !== undefined && ear.goaway !== 'noError'
  }
  await act(attacker, ear)
  return ear.told
}

/** `first` once, then `again` for as long as anybody listens. */
export const flood = (
  name: string,
  end: RegExp,
  first: string,
  again: (round: number) => string,
): Flood => ({
  name: `HTTP/2: ${name}`,
  ends: end,
  attack: (arena) =>
    http2Attack(arena, (attacker) => {
      attacker.say(opening + first)
      return attacker.flood(again)
    }),
})

/** Of so many streams in each round. */
const streams = 100
const each = (one: (id: number) => string) => (round: number) =>
  many(streams, (i) => one(stream(round * streams + i)))

const tooManyResets = /^enhanceYourCalm: too many streams were reset/
const tooManyFrames = /^enhanceYourCalm: too many frames that carry nothing/

const resets = [
  flood(
    'rapid reset',
    tooManyResets,
    '',
    each((id) => headers(id, get) + rstStreamFrame(id, 8)),
  ),
  flood(
    'rapid reset of requests that are half sent',
    tooManyResets,
    '',
    each((id) => headers(id, post, opens) + data(id, 'x') + rstStreamFrame(id, 8)),
  ),
  flood(
    'MadeYouReset: a window that overflows',
    tooManyResets,
    '',
    each((id) => headers(id, get) + windowUpdateFrame(id, 0x7fff_ffff)),
  ),
  flood(
    'MadeYouReset: a window that grows by nothing',
    tooManyResets,
    '',
    each((id) => headers(id, get) + windowUpdateFrame(id, 0)),
  ),
  flood(
    'MadeYouReset: HEADERS behind the end',
    tooManyResets,
    '',
    each((id) => headers(id, get) + headers(id, get)),
  ),
  flood(
    'MadeYouReset: DATA behind the end',
    tooManyResets,
    '',
    each((id) => headers(id, get) + data(id, 'x')),
  ),
  flood(
    'MadeYouReset: more DATA than Content-Length',
    tooManyResets,
    '',
    each((id) => headers(id, post + fields(['content-length', '1']), opens) + data(id, 'xx')),
  ),
  flood(
    'MadeYouReset: trailers without an end',
    tooManyResets,
    '',
    each((id) => headers(id, post, opens) + headers(id, fields(['a', 'b']), opens)),
  ),
  flood(
    'requests that are malformed',
    tooManyResets,
    '',
    each((id) => headers(id, get + fields(['connection', 'close']))),
  ),
  flood(
    'streams beyond the bound',
    tooManyResets,
    settingsAck,
    each((id) => headers(id, post, opens)),
  ),
]

const part = (payload: string, flags = 0) => frame(frameType.continuation, flags, 1, payload)
const section = headers(1, get, frameFlag.endStream)
const tooManyParts = /^enhanceYourCalm: a section in too many frames/

const continuations = [
  flood('CONTINUATION without end, empty', tooManyParts, section, () => many(100, () => part(''))),
  flood('CONTINUATION without end, of a byte', tooManyParts, section, () =>
    many(100, () => part('\x82')),
  ),
  flood('CONTINUATION without end, of 16 kB', tooManyParts, section, () =>
    part('\0\x01a\x01b'.repeat(3_000)),
  ),
  flood(
    'CONTINUATION with ends, each section of 33 frames',
    tooManyResets,
    '',
    each(
      (id) =>
        headers(id, get, frameFlag.endStream) +
        many(31, () => frame(frameType.continuation, 0, id)) +
        frame(frameType.continuation, frameFlag.endHeaders, id, fields(['a', '\0'])),
    ),
  ),
]

const open = headers(1, post, opens)
const settings = (count: number, window: (i: number) => number): string =>
  settingsFrame(Array.from({ length: count }, (_, i) => [setting.initialWindowSize, window(i)]))

const control = [
  flood('empty DATA', tooManyFrames, open, () => many(1_000, () => data(1, ''))),
  flood('DATA of padding alone', tooManyFrames, open, () =>
    many(100, () => data(1, `\xff${'\0'.repeat(255)}`, frameFlag.padded)),
  ),
  flood(
    'empty HEADERS',
    tooManyResets,
    '',
    each((id) => headers(id, '')),
  ),
  flood('SETTINGS', tooManyFrames, '', () => many(1_000, () => settingsFrame([]))),
  flood('SETTINGS of 16 kB', tooManyFrames, '', () =>
    settings(2_730, (i) => (i % 2 === 0 ? 0 : 1_000)),
  ),
  flood(
    'SETTINGS that move the windows of 100 streams',
    tooManyFrames,
    each((id) => headers(id, get))(0),
    (round) => many(100, (i) => settings(1, () => ((round + i) % 2) * 1_000)),
  ),
  flood('acknowledgements of SETTINGS', tooManyFrames, '', () => many(1_000, () => settingsAck)),
  flood('PING', tooManyFrames, '', () => many(1_000, () => pingFrame('12345678'))),
  flood('answers to PING', tooManyFrames, '', () => many(1_000, () => pingAck('12345678'))),
  flood('WINDOW_UPDATE of the connection', tooManyFrames, '', () =>
    many(1_000, () => windowUpdateFrame(0, 1)),
  ),
  flood('WINDOW_UPDATE of a stream', tooManyFrames, open, () =>
    many(1_000, () => windowUpdateFrame(1, 1)),
  ),
  flood('WINDOW_UPDATE of a stream that is over', tooManyFrames, headers(1, unknown), () =>
    many(1_000, () => windowUpdateFrame(1, 1)),
  ),
  flood('RST_STREAM of a stream that is over', tooManyFrames, headers(1, unknown), () =>
    many(1_000, () => rstStreamFrame(1, 8)),
  ),
  flood('PRIORITY', tooManyFrames, '', () =>
    many(1_000, (i) => frame(frameType.priority, 0, stream(i), '\0\0\0\0\x01')),
  ),
  flood('unknown frames', tooManyFrames, '', () => many(1_000, (i) => frame(200 + (i % 50), 0, 0))),
  flood('unknown frames of 16 kB', tooManyFrames, '', () =>
    frame(200, 0xff, 7, 'x'.repeat(16_384)),
  ),
  flood('GOAWAY', tooManyFrames, '', () => many(10, () => goawayFrame(0, 0, 'x'.repeat(1_000)))),
  flood(
    'DATA behind a reset of ours',
    tooManyFrames,
    headers(1, post, opens),
    () => windowUpdateFrame(1, 0) + many(1_000, () => data(1, '')),
  ),
]

const broken = [
  flood(
    'DATA behind a reset',
    /^(streamClosed|protocolError): DATA of a stream/,
    open + rstStreamFrame(1, 8),
    () => data(1, 'x'.repeat(1_000)),
  ),
  flood('DATA beyond every window', /^flowControlError|flowControlError/, open, () =>
    data(1, 'x'.repeat(16_384)),
  ),
  flood('a frame beyond its bound', /^frameSizeError/, open, () => data(1, 'x'.repeat(16_385))),
  flood(
    'the last id, then others',
    /^(streamClosed|protocolError)/,
    headers(0x7fff_ffff, get),
    each((id) => headers(id, get)),
  ),
  flood(
    'ids of a server',
    /^protocolError/,
    '',
    each((id) => headers(id + 1, get)),
  ),
  flood(
    'a push',
    /^protocolError: a push/,
    '',
    each(() => frame(frameType.pushPromise, frameFlag.endHeaders, 1, '\0\0\0\x02')),
  ),
  flood('garbage behind the preface', /^(frameSizeError|protocolError)/, '', () =>
    'GET / HTTP/1.1\r\n\r\n'.repeat(1_000),
  ),
  {
    name: 'HTTP/2: requests behind a GOAWAY of ours',
    ends: /^protocolError/,
    attack: (arena: Arena) =>
      http2Attack(arena, (attacker) => {
        attacker.say(opening + windowUpdateFrame(0, 0))
        return attacker.flood(each((id) => headers(id, get)))
      }),
  },
  flood(
    'requests behind a GOAWAY of its own',
    tooManyResets,
    goawayFrame(0, 0) + settingsAck,
    each((id) => headers(id, post, opens)),
  ),
]

/** A literal that goes into the table, its name and value as they stand. */
const indexed = (name: string, value: string): string => `\x40${text(name)}${text(value)}`
const text = (value: string): string => integer(value.length) + value

function integer(value: number): string {
  if (value < 0x7f) return String.fromCharCode(value)
  let rest = value - 0x7f
  let bytes = '\x7f'
  for (; rest >= 0x80; rest >>>= 7) bytes += String.fromCharCode((rest & 0x7f) | 0x80)
  return bytes + String.fromCharCode(rest)
}

const huge = indexed('a', 'b'.repeat(4_000))
/** A value in the code of Huffman: `0` has five bits, all of them 0. */
const coded = (bytes: number): string => `\0\x01a${coding(bytes)}${'\0'.repeat(bytes)}`
const coding = (bytes: number): string => {
  const plain = integer(bytes)
  return String.fromCharCode(plain.charCodeAt(0) | 0x80) + plain.slice(1)
}

const bomb = /^enhanceYourCalm: a section far beyond its bounds/
const undecodable = /^compressionError/

const blocks = [
  flood(
    'HPACK bomb: an entry of 4 kB, 12,000 times in each request',
    bomb,
    headers(1, get + huge),
    (round) => many(10, (i) => headers(stream(1 + round * 10 + i), get + '\xbe'.repeat(12_000))),
  ),
  flood('header-count bomb: 16,000 fields of a byte in each request', bomb, '', (round) =>
    many(10, (i) => headers(stream(round * 10 + i), get + '\x90'.repeat(16_000))),
  ),
  flood(
    'HPACK bomb that is just too small to be taken for one, in each request',
    tooManyResets,
    headers(1, get + huge),
    (round) => many(10, (i) => headers(stream(1 + round * 10 + i), get + '\xbe'.repeat(31))),
  ),
  flood('header-count bomb that is just too small, in each request', tooManyResets, '', (round) =>
    many(10, (i) => headers(stream(round * 10 + i), get + '\x90'.repeat(800))),
  ),
  flood('cookies in 4,000 crumbs', bomb, '', (round) =>
    many(10, (i) => headers(stream(round * 10 + i), get + '\x60\x01a'.repeat(4_000))),
  ),
  flood('huge values in Huffman code', tooManyResets, '', (round) =>
    many(10, (i) => headers(stream(round * 10 + i), get + coded(16_000))),
  ),
  flood('a table that is filled anew with each request', tooManyResets, '', (round) =>
    many(10, (i) =>
      headers(stream(round * 10 + i), get + many(400, (j) => indexed(`k${i}`, `${round}${j}`))),
    ),
  ),
  flood('sizes of the table, 16,000 in a block', undecodable, '', () =>
    headers(1, '\x20'.repeat(16_000)),
  ),
  flood('a size of the table beyond its bound', undecodable, '', () => headers(1, '\x3f\xff\x7f')),
  flood('a number without end', undecodable, '', () => headers(1, '\xff'.repeat(16_000))),
  flood('an index of nothing', undecodable, '', () => headers(1, `${get}\xfe`)),
  flood('a text longer than its block', undecodable, '', () => headers(1, '\0\x01a\x7f\xff\x7f')),
  flood('Huffman code of the end', undecodable, '', () =>
    headers(1, '\0\x01a\x84\xff\xff\xff\xff'),
  ),
]

export const http2Floods: readonly Flood[] = [
  ...resets,
  ...continuations,
  ...control,
  ...broken,
  ...blocks,
  {
    name: 'HTTP/2 over TLS: rapid reset',
    ends: tooManyResets,
    attack: (arena) =>
      http2Attack(
        arena,
        (attacker) => {
          attacker.say(opening)
          return attacker.flood(each((id) => headers(id, get) + rstStreamFrame(id, 8)))
        },
        true,
      ),
  },
  {
    name: 'HTTP/2 over TLS: PING',
    ends: tooManyFrames,
    attack: (arena) =>
      http2Attack(
        arena,
        (attacker) => {
          attacker.say(opening)
          return attacker.flood(() => many(1_000, () => pingFrame('12345678')))
        },
        true,
      ),
  },
]
