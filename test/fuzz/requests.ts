// Requests as clients send them, and as those send them who want two readers to disagree. Text is
// latin1; every case is one to four requests behind each other.
import type { Dice } from './dice.ts'
import { mutated } from './mutate.ts'

const tokenAlphabet = "abcdefghijklmnopqrstuvwxyzABCXYZ0189-_.~!#$%&'*+^`|"
const valueAlphabet = 'abc XYZ,;="\t()<>@/?%{}[]\x80\xe9\xff019'
const pathAlphabet = "abcxyz019-_~!$&'()*+,=:@"
const queryAlphabet = `${pathAlphabet};/?[]{}|^\`%\\`

/** A request that no other reader will mistake for a part of the one around it. */
const inner = 'GET /plain/smuggled HTTP/1.1\r\nHost: inner\r\nX-Inner: 1\r\n\r\n'

interface Framing {
  readonly lines: readonly string[]
  readonly body: string
}

export interface RequestCase {
  readonly bytes: string
  /** Where nothing was bent: what must reach the upstream. */
  readonly sound: readonly SoundRequest[] | undefined
}

export interface SoundRequest {
  readonly method: string
  readonly target: string
  readonly body: string
}

export function requestCase(dice: Dice): RequestCase {
  const count = dice.chance(0.6) ? 1 : dice.between(2, 4)
  const isSound = dice.chance(0.4)
  const parts = Array.from({ length: count }, () => {
    return isSound || dice.chance(0.5) ? soundRequest(dice) : bentRequest(dice)
  })
  const bytes = parts.map((part) => part.bytes).join(dice.chance(0.02) ? '\r\n' : '')
  if (!isSound) return { bytes: dice.chance(0.6) ? mutated(bytes, dice) : bytes, sound: undefined }
  return { bytes, sound: parts }
}

interface Built extends SoundRequest {
  readonly bytes: string
}

function soundRequest(dice: Dice): Built {
  const method = dice.pick(['GET', 'GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'])
  const target = soundTarget(dice)
  const isJson = target.startsWith('/held/') && dice.chance(0.7)
  const sent = isJson ? dice.pick(jsonBodies) : soundBody(dice)
  const body = dice.chance(0.6) ? sent : undefined
  const framing = body === undefined ? { lines: [], body: '' } : soundFraming(body, dice)
  const lines = [`Host: ${dice.pick(['api.test', 'API.test:8080', '127.0.0.1', '[::1]:80'])}`]
  lines.push(...soundFields(dice), ...framing.lines)
  lines.push(`Content-Type: ${isJson ? 'application/json' : 'image/png'}`)
  const head = `${method} ${target} HTTP/1.1\r\n${shuffled(lines, dice).join('\r\n')}\r\n\r\n`
  return { method, target, body: body ?? '', bytes: head + framing.body }
}

const soundTarget = (dice: Dice): string => {
  const path = dice.pick(['/plain/', '/plain/', '/edited/', '/held/'])
  const segment = () => dice.text(dice.between(1, 8), pathAlphabet)
  const first = dice.pick([
    segment(),
    segment(),
    `${segment()}%2F${segment()}`,
    '%C3%A9%25',
    '__proto__',
  ])
  const second = path === '/plain/' && dice.chance(0.3) ? `/${segment()}` : ''
  // One query in twenty is a long one.
  const length = dice.chance(0.05) ? dice.between(1_000, 7_000) : dice.between(0, 20)
  const query = dice.chance(0.4) ? `?${dice.text(length, queryAlphabet)}` : ''
  return path + first + second + query
}

const jsonBodies = ['{"a":1}', '[1, "\xc3\xa9"]', 'null', `"${'long '.repeat(400)}"`]

const soundBody = (dice: Dice): string =>
  dice.pick([
    '',
    '{"a":1}',
    inner,
    `${inner}${inner}`,
    '0\r\n\r\n',
    '\r\n',
    `5\r\nhello\r\n0\r\n\r\n${inner}`,
    dice.text(dice.between(1, 60), `${valueAlphabet}\r\n\0`),
    dice.chance(0.1) ? dice.text(dice.between(2_000, 40_000), 'ab\r\n') : 'x',
  ])

function soundFraming(body: string, dice: Dice): Framing {
  if (dice.chance(0.5)) return { lines: [`Content-Length: ${body.length}`], body }
  const name = dice.pick(['Transfer-Encoding', 'transfer-encoding', 'TRANSFER-ENCODING'])
  const coding = dice.pick(['chunked', 'chunked', 'Chunked', 'CHUNKED'])
  const extension = () => (dice.chance(0.1) ? dice.pick([';a', ';a=b', ';a="b;c";d']) : '')
  const trailers = dice.chance(0.15) ? dice.pick(['X-Sum: 1\r\n', 'X-A:\r\nX-B: b c\r\n']) : ''
  return {
    lines: [`${name}: ${coding}`],
    body: `${chunks(body, dice, extension)}0${extension()}\r\n${trailers}\r\n`,
  }
}

function chunks(body: string, dice: Dice, extension: () => string): string {
  let text = ''
  for (let at = 0; at < body.length;) {
    const size = dice.chance(0.3) ? dice.between(1, 3) : dice.between(1, body.length)
    const data = body.slice(at, at + size)
    const hex = data.length.toString(16)
    text += `${dice.chance(0.2) ? `0${hex.toUpperCase()}` : hex}${extension()}\r\n${data}\r\n`
    at += size
    // A body of thousands of bytes need not come in thousands of chunks.
    if (at > 2_000 && at < body.length) return text + wholeChunk(body.slice(at))
  }
  return text
}

const wholeChunk = (data: string): string => `${data.length.toString(16)}\r\n${data}\r\n`

const commonFields = [
  'User-Agent: fuzz',
  'Accept: */*',
  'Accept-Encoding: gzip',
  'Connection: keep-alive',
  'Connection: keep-alive',
  'Keep-Alive: timeout=5',
  'Cookie: a=b; c=d',
  'X-Forwarded-For: 10.0.0.1',
  'Forwarded: for=10.0.0.1;proto=https',
  'X-Request-Id: 0123456789abcdef0123456789abcdef',
  'Via: 1.1 other',
  'TE: trailers',
  'Upgrade: h2c',
  'If-None-Match: "a"',
  'Trailer: X-Sum',
  'X-Empty:',
  'X-Spaced: \t a \t',
  'X_Under: 1',
  'Range: bytes=0-1',
  'Proxy-Connection: close',
]

function soundFields(dice: Dice): string[] {
  const fields = Array.from({ length: dice.between(0, 5) }, () => dice.pick(commonFields))
  if (dice.chance(0.3)) {
    const value = dice.text(dice.between(0, 30), valueAlphabet)
    fields.push(`X-${dice.text(dice.between(1, 6), tokenAlphabet)}: ${value}`)
  }
  if (dice.chance(0.03)) fields.push('Expect: 100-continue')
  if (dice.chance(0.03)) fields.push(`X-Long: ${dice.text(dice.between(1_000, 5_000), 'ab ')}`)
  return fields
}

function shuffled(lines: readonly string[], dice: Dice): string[] {
  const left = [...lines]
  return lines.map(() => left.splice(dice.between(0, left.length - 1), 1)[0]!)
}

// From here on: what a reader must not take in a way of its own.

function bentRequest(dice: Dice): Built {
  const isOdd = (share: number) => dice.chance(share)
  const method = isOdd(0.15) ? dice.pick(oddMethods) : dice.pick(['GET', 'POST', 'PUT', 'HEAD'])
  const target = isOdd(0.25) ? dice.pick(oddTargets) : soundTarget(dice)
  const version = isOdd(0.12) ? dice.pick(oddVersions) : 'HTTP/1.1'
  const framing = isOdd(0.7) ? bentFraming(dice) : soundFraming(soundBody(dice), dice)
  const host = isOdd(0.15) ? dice.pick(oddHosts) : ['Host: api.test']
  const lines = [...host, 'Content-Type: a/b', ...soundFields(dice), ...framing.lines]
  if (isOdd(0.25)) lines.push(dice.pick(oddLines))
  const end = dice.chance(0.05) ? dice.pick(['\n', '\r', '\n\r']) : '\r\n'
  const line = dice.chance(0.05)
    ? ` ${method}  ${target} ${version}`
    : `${method} ${target} ${version}`
  const ordered = dice.chance(0.5) ? shuffled(lines, dice) : lines
  return {
    method,
    target,
    body: framing.body,
    bytes: `${[line, ...ordered].join(end)}${end}${end}${framing.body}`,
  }
}

const oddMethods = ['get', 'G\tET', 'GE T', '', 'TRACE', 'CONNECT', 'PRI', 'GET\0', 'M'.repeat(40)]
const oddVersions = [
  'HTTP/1.0',
  'HTTP/1.0',
  'HTTP/0.9',
  'HTTP/2.0',
  'HTTP/1.2',
  'http/1.1',
  '',
  'HTTP/1.1 x',
]
const oddTargets = [
  '*',
  '/',
  '//plain/x',
  '/plain//x',
  '/plain/x/',
  '/plain/../plain/x',
  '/plain/%2e%2e/x',
  '/plain/%',
  '/plain/%zz',
  '/plain/x?%zz&%',
  '/plain/%00',
  '/plain/x#frag',
  '/plain/a b',
  '/plain/\\x',
  '/plain/caf\xe9',
  '/plain/%c0%af',
  '/plain/x;v=1',
  'http://api.test/plain/x',
  'HTTP://api.test/plain/x?y',
  'http://api.test',
  'http://other.test/plain/x',
  'http://user@api.test/plain/x',
  'https://api.test/plain/x',
  'api.test:80',
  'plain/x',
  `/plain/${'x'.repeat(9_000)}`,
]
const oddHosts = [
  [],
  ['Host:'],
  ['Host: api.test', 'Host: api.test'],
  ['Host: api.test', 'Host: other.test'],
  ['Host: a@api.test'],
  ['Host: api.test/x'],
  ['Host: api.test:'],
  ['Host: api.test:99999'],
  ['Host: api.test, other.test'],
  ['Host : api.test'],
  ['host:api.test'],
  ['Host:\tapi.test\t'],
]
const oddLines = [
  'Connection: close',
  'Connection: Content-Length',
  'Connection: Transfer-Encoding',
  'Connection: X-Foo, close',
  'Connection: te, upgrade, x-empty',
  'Connection: ,,',
  'Connection: close\r\nConnection: keep-alive',
  'Expect: 100-continue',
  'Expect: 200-ok',
  'Expect: 100-continue, x',
  ' folded',
  'X-A: b\r\n folded',
  '\tX: y',
  'X Y: z',
  ': nameless',
  'colonless',
  'X\x00: y',
  'X-Nul: a\0b',
  'X-Cr: a\rTransfer-Encoding: chunked',
  'X-Lf: a\nTransfer-Encoding: chunked',
  'X-\xe9: y',
  'X[]: y',
  'Content_Length: 9',
  'Transfer_Encoding: chunked',
  'X_Forwarded_For: 1.1.1.1',
  'Authorization: a\r\nAuthorization: b',
  '__proto__: x',
  'constructor: x',
  'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA',
  'Content-Encoding: gzip',
]

function bentFraming(dice: Dice): Framing {
  const body = dice.pick(['hello', inner, `0\r\n\r\n${inner}`, '', soundBody(dice)])
  const length = body.length
  const trick = dice.between(0, 5)
  if (trick === 0) return { lines: [`Content-Length: ${oddLength(length, dice)}`], body }
  if (trick === 1) return { lines: [dice.pick(oddLengthLines(length))], body }
  if (trick === 2) return { lines: [dice.pick(oddCodings)], body: chunked(body, dice) }
  if (trick === 3) {
    const both = [`Content-Length: ${dice.pick([0, length, 4])}`, 'Transfer-Encoding: chunked']
    return { lines: shuffled(both, dice), body: chunked(body, dice) }
  }
  if (trick === 4) return { lines: ['Transfer-Encoding: chunked'], body: bentChunks(body, dice) }
  return { lines: [], body }
}

const chunked = (body: string, dice: Dice): string => `${chunks(body, dice, () => '')}0\r\n\r\n`

const oddLength = (length: number, dice: Dice): string =>
  dice.pick([
    `+${length}`,
    `-${length}`,
    `0x${length.toString(16)}`,
    `${length}_0`,
    `0${length}`,
    `${length}, ${length}`,
    `${length},`,
    `${length} ${length}`,
    `${length};a`,
    `${length}.0`,
    '1e1',
    '',
    'x',
    '18446744073709551616',
    '9007199254740993',
    `${length}\x0b`,
    `${length}\t`,
    `"${length}"`,
    `${Math.max(0, length - 1)}`,
    `${length + 1}`,
  ])

const oddLengthLines = (length: number): string[] => [
  `Content-Length: ${length}\r\nContent-Length: ${length}`,
  `Content-Length: ${length}\r\nContent-Length: 0`,
  `Content-Length : ${length}`,
  `Content-Length\t: ${length}`,
  `Content-Length:${length}\r\n `,
  `Content-Length:\r\n ${length}`,
  `content-length:${length}`,
  `Content-Length\0: ${length}`,
  `X: y\rContent-Length: ${length}`,
  `X: y\nContent-Length: ${length}`,
]

const oddCodings = [
  'Transfer-Encoding: xchunked',
  'Transfer-Encoding: chunked, identity',
  'Transfer-Encoding: identity, chunked',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: gzip',
  'Transfer-Encoding: identity',
  'Transfer-Encoding: chunked;q=1',
  'Transfer-Encoding: "chunked"',
  'Transfer-Encoding:\tchunked',
  'Transfer-Encoding: chunked\t',
  'Transfer-Encoding: chunked\x0b',
  'Transfer-Encoding: \x0bchunked',
  'Transfer-Encoding: chunked,',
  'Transfer-Encoding: ,chunked',
  'Transfer-Encoding: chunked, chunked',
  'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked',
  'Transfer-Encoding: x\r\nTransfer-Encoding: chunked',
  'Transfer-Encoding : chunked',
  'Transfer-Encoding:\r\n chunked',
  'Transfer-Encoding:',
  'X: y\rTransfer-Encoding: chunked',
  'tRANSFER-eNCODING:chunked',
  ' Transfer-Encoding: chunked',
  'Transfer-Encoding\0: chunked',
]

function bentChunks(body: string, dice: Dice): string {
  const sound = chunked(body === '' ? 'hello' : body, dice)
  const size = sound.indexOf('\r\n')
  const prefix = sound.slice(0, size)
  const rest = sound.slice(size)
  const last = sound.slice(0, -5)
  return dice.pick([
    `+${sound}`,
    `-${sound}`,
    `0x${sound}`,
    ` ${sound}`,
    `${prefix} ${rest}`,
    `${prefix}\t${rest}`,
    `${prefix}_${rest}`,
    `${prefix};${rest}`,
    `${prefix};=${rest}`,
    `${prefix};a\0${rest}`,
    `${prefix};a="\r\n"${rest}`,
    `${prefix};a=\nb${rest}`,
    `${prefix};${'a'.repeat(300)}${rest}`,
    `${prefix} ;a${rest}`,
    `00000000000${sound}`,
    `1${'0'.repeat(16)}${sound}`,
    `${prefix}\n${rest.slice(2)}`,
    `${prefix}\r${rest.slice(2)}`,
    `${prefix}\r\r\n${rest.slice(2)}`,
    `${last.slice(0, -2)}0\r\n\r\n`,
    `${last.slice(0, -2)}spill\r\n0\r\n\r\n`,
    `${last.slice(0, -2)}\n0\r\n\r\n`,
    `${last}00\r\n\r\n`,
    `${last}0;a\r\n\r\n`,
    `${last}0\r\n`,
    `${last}0\n\n`,
    `${last}0\r\n\n`,
    `${last}0\r\nX-T: 1\n\r\n`,
    `${last}0\r\nContent-Length: 5\r\n\r\n`,
    `${last}0\r\nTransfer-Encoding: chunked\r\n\r\n`,
    `${last}0\r\nHost: other\r\nX-Ok: 1\r\n\r\n`,
    `${last}0\r\nX T: 1\r\n\r\n`,
    `${last}0\r\n folded\r\n\r\n`,
    `${last}0\r\nX-T: ${'t'.repeat(5_000)}\r\n\r\n`,
    `${sound}${inner}`,
  ])
}
