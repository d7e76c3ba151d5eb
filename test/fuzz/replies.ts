// Replies as services send them, and as broken or hostile ones do. A case is one to three requests
// behind each other, all sound, and what the upstream answers to each. Text is latin1.
import type { Dice } from './dice.ts'
import { mutated } from './mutate.ts'

export interface ReplyTurn {
  readonly method: string
  readonly reply: string
  /** How the upstream's connection ends behind the reply. */
  readonly ending: 'open' | 'finished' | 'reset'
}

export interface ReplyCase {
  readonly version: '1.0' | '1.1'
  readonly turns: readonly ReplyTurn[]
  readonly path: string
  readonly takesTrailers: boolean
}

export function replyCase(dice: Dice): ReplyCase {
  const count = dice.chance(0.7) ? 1 : dice.between(2, 3)
  return {
    version: dice.chance(0.08) ? '1.0' : '1.1',
    path: dice.pick(['/plain/x', '/edited/x', '/held/x']),
    takesTrailers: dice.chance(0.3),
    turns: Array.from({ length: count }, () => turn(dice)),
  }
}

function turn(dice: Dice): ReplyTurn {
  const method = dice.pick(['GET', 'GET', 'GET', 'HEAD', 'POST', 'DELETE'])
  const sound = dice.chance(0.5) ? soundReply(method, dice) : bentReply(method, dice)
  const reply = dice.chance(0.35) ? mutated(sound, dice) : sound
  const isUntilClose = !/content-length|transfer-encoding/i.test(sound)
  const ending = dice.chance(0.1)
    ? 'reset'
    : isUntilClose || dice.chance(0.15)
      ? 'finished'
      : 'open'
  return { method, reply, ending }
}

const reasons = ['OK', '', 'Not Found', 'a b\tc', 'caf\xe9', 'x'.repeat(200)]
const statuses = [200, 200, 200, 201, 202, 204, 206, 301, 302, 304, 400, 404, 418, 500, 502, 503]
const texts = [
  '',
  'hello',
  '{"a":1}',
  'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad',
  '0\r\n\r\n',
]

const fields = [
  'Content-Type: text/plain',
  'Date: Tue, 01 Jan 2030 00:00:00 GMT',
  'Server: x',
  'Set-Cookie: a=b',
  'Set-Cookie: c=d; Path=/',
  'Connection: keep-alive',
  'Connection: X-Foo',
  'X-Foo: 1',
  'Keep-Alive: timeout=5, max=10',
  'Keep-Alive: timeout=0',
  'ETag: "a"',
  'Vary: *',
  'X-Empty:',
  'X-High: \x80\xff',
  'Via: 1.1 x',
  'X-Request-Id: mine',
  'Trailer: X-Sum',
  'Upgrade: h2c',
  'Proxy-Authenticate: Basic',
  'Location: /plain/y',
]

function someFields(dice: Dice): string[] {
  return Array.from({ length: dice.between(0, 5) }, () => dice.pick(fields))
}

function bodyText(dice: Dice): string {
  return dice.chance(0.06) ? dice.text(dice.between(2_000, 60_000), 'ab\r\n') : dice.pick(texts)
}

function soundReply(method: string, dice: Dice): string {
  const status = dice.pick(statuses)
  const body = bodyText(dice)
  const isEmpty = method === 'HEAD' || status === 204 || status === 304
  const framing = status === 204 ? 3 : dice.between(0, isEmpty ? 1 : 2)
  const lines = someFields(dice)
  if (framing === 0) lines.push(`Content-Length: ${body.length}`)
  if (framing === 1) lines.push('Transfer-Encoding: chunked')
  const head = `${interims(dice)}HTTP/1.1 ${status} ${dice.pick(reasons)}\r\n`
  const content = framing === 1 ? chunks(body, dice) : body
  return `${head}${lines.map((line) => `${line}\r\n`).join('')}\r\n${isEmpty ? '' : content}`
}

const interims = (dice: Dice): string =>
  dice.chance(0.06)
    ? dice.pick([
        'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n',
        'HTTP/1.1 100 Continue\r\n\r\n',
        'HTTP/1.1 102 Processing\r\n\r\n'.repeat(3),
        'HTTP/1.1 103 \r\n\r\n'.repeat(20),
      ])
    : ''

function chunks(body: string, dice: Dice): string {
  let text = ''
  for (let at = 0; at < body.length;) {
    const piece = body.slice(at, at + dice.between(1, body.length))
    text += `${piece.length.toString(16)}\r\n${piece}\r\n`
    at += piece.length
  }
  return `${text}0\r\n${dice.chance(0.15) ? 'X-Sum: 1\r\n' : ''}\r\n`
}

function bentReply(method: string, dice: Dice): string {
  const body = bodyText(dice)
  const line = dice.chance(0.3) ? dice.pick(oddLines) : 'HTTP/1.1 200 OK'
  const lines = [...someFields(dice), ...dice.pick(oddFramings)(body.length)]
  if (dice.chance(0.3)) lines.push(dice.pick(oddFields))
  const isChunked = lines.some((one) => /chunked/i.test(one))
  const content = isChunked ? dice.pick([chunks(body, dice), bentChunks(body)]) : body
  const surplus = dice.chance(0.15) ? dice.pick(surpluses) : ''
  const end = dice.chance(0.04) ? '\n' : '\r\n'
  const sent = method === 'HEAD' && dice.chance(0.7) ? '' : content
  return `${interims(dice)}${[line, ...lines].join(end)}${end}${end}${sent}${surplus}`
}

const oddLines = [
  'HTTP/1.1 200',
  'HTTP/1.1 200 ',
  'HTTP/1.0 200 OK',
  'HTTP/1.2 200 OK',
  'HTTP/2 200',
  'HTTP/1.1  200 OK',
  'HTTP/1.1 2000 OK',
  'HTTP/1.1 20 OK',
  'HTTP/1.1 099 x',
  'HTTP/1.1 600 x',
  'HTTP/1.1 101 Switching Protocols',
  'HTTP/1.1 200 O\0K',
  'HTTP/1.1 200 O\rK',
  'HTTP/1.1 +20 OK',
  'http/1.1 200 OK',
  'ICY 200 OK',
  ' HTTP/1.1 200 OK',
  'HTTP/1.1 204 No Content',
  'HTTP/1.1 304 Not Modified',
  'HTTP/1.1 205 Reset Content',
  'HTTP/1.1 199 x',
  '',
]

const oddFramings: readonly ((length: number) => string[])[] = [
  (length) => [`Content-Length: ${length}`],
  (length) => [`Content-Length: ${length + 1}`],
  (length) => [`Content-Length: ${Math.max(0, length - 1)}`],
  (length) => [`Content-Length: ${length}`, `Content-Length: ${length}`],
  (length) => [`Content-Length: ${length}`, 'Content-Length: 0'],
  (length) => [`Content-Length: +${length}`],
  (length) => [`Content-Length: 0${length}`],
  (length) => [`Content-Length: ${length}, ${length}`],
  (length) => [`Content-Length: ${length}`, 'Transfer-Encoding: chunked'],
  (length) => [`Content-Length : ${length}`],
  (length) => [`Content_Length: ${length}`],
  () => ['Content-Length: 18446744073709551617'],
  () => ['Content-Length:'],
  () => ['Transfer-Encoding: chunked'],
  () => ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'],
  () => ['Transfer-Encoding: gzip, chunked'],
  () => ['Transfer-Encoding: identity'],
  () => ['Transfer-Encoding: xchunked'],
  () => ['Transfer-Encoding:\tchunked'],
  () => ['Transfer-Encoding: chunked\x0b'],
  () => ['Transfer-Encoding : chunked'],
  () => ['X: y\rTransfer-Encoding: chunked'],
  () => [],
  () => ['Connection: close'],
]

const oddFields = [
  'Connection: close',
  'Connection: Content-Length',
  'Connection: Transfer-Encoding',
  'Connection: Set-Cookie',
  'X-Folded: a\r\n b',
  ' folded',
  'colonless',
  ': nameless',
  'X Y: z',
  'X-Nul: a\0b',
  'X-Cr: a\rb',
  'X-Lf: a\nSet-Cookie: evil=1',
  'X-\xe9: y',
  '__proto__: x',
  `X-Long: ${'l'.repeat(70_000)}`,
]

const bentChunks = (body: string): string => {
  const hex = body.length.toString(16)
  const forms = [
    `0x${hex}\r\n${body}\r\n0\r\n\r\n`,
    `${hex} \r\n${body}\r\n0\r\n\r\n`,
    `${hex}\n${body}\r\n0\r\n\r\n`,
    `${hex};a="\r\n"\r\n${body}\r\n0\r\n\r\n`,
    `${hex}\r\n${body}0\r\n\r\n`,
    `${hex}\r\n${body}\r\n0\r\n`,
    `${hex}\r\n${body}\r\n`,
    `${hex}\r\n${body}\r\n0\r\nContent-Length: 4\r\n\r\n`,
    `${hex}\r\n${body}\r\n0\r\nX-T: a\nb\r\n\r\n`,
    `ffffffffffffffff1\r\n${body}\r\n0\r\n\r\n`,
  ]
  return forms[body.length % forms.length]!
}

const surpluses = [
  '\r\n',
  'x',
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nextra',
  'HTTP/1.1 200 OK\r\n\r\n',
]
