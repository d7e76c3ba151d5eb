// gRPC-Web in front of a service of gRPC: bodies in bytes and in text, trailers as the last frame.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { grpcMessage } from '../http.ts'
import { eventually } from '../../test/raw-peer.ts'
import { grpcWebStream } from './grpc-web-stream.ts'
import { ask, openRelay } from './relay-for-tests.ts'

const message = (text: string, flag = 0): string =>
  Buffer.from(grpcMessage(Buffer.from(text), flag)).toString('latin1')

const base64 = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('base64')

const chunk = (bytes: string): string => `${bytes.length.toString(16)}\r\n${bytes}\r\n`

const open = (t: TestContext) =>
  openRelay(t, { operation: { grpc: { pattern: 'unary' } }, decorate: grpcWebStream })

const askWeb = (type: string, body: string, ...lines: string[]): string =>
  `${ask('POST /a', `Content-Type: ${type}`, `Content-Length: ${body.length}`, ...lines)}${body}`

const reply = (...pieces: readonly string[]): string =>
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: application/grpc+proto\r\n\r\n' +
  `${pieces.map(chunk).join('')}0\r\ngrpc-status: 0\r\nGrpc-Message: fine\r\n\r\n`

/** The body of a reply in chunks, put together. */
function unchunked(received: string): string {
  let [, rest = ''] = received.split(/\r\n\r\n([^]*)/)
  let body = ''
  for (;;) {
    const end = rest.indexOf('\r\n')
    const length = Number.parseInt(rest.slice(0, end), 16)
    if (length === 0) return body
    body += rest.slice(end + 2, end + 2 + length)
    rest = rest.slice(end + 4 + length)
  }
}

const trailers = message('grpc-status: 0\r\ngrpc-message: fine\r\n', 0x80)

for (const [suffix, sent] of [
  ['', 'application/grpc'],
  ['+proto', 'application/grpc+proto'],
] as const) {
  test(`application/grpc-web${suffix} goes on as ${sent}`, async (t) => {
    const relay = await open(t)
    const fields = ['X-Grpc-Web: 1', 'X-User-Agent: grpc-web-javascript/0.1', 'Accept: */*']
    const type = `application/grpc-web${suffix}`
    const client = await relay.sent(askWeb(type, message('hi'), ...fields))
    const upstream = await relay.endpoint.next()
    const asked = await upstream.until('0\r\n\r\n')
    assert.match(asked, new RegExp(`\r\nContent-Type: ${sent.replace('+', '\\+')}\r\n`))
    assert.match(asked, /\r\nTE: trailers\r\n/)
    assert.match(asked, /\r\nX-User-Agent: grpc-web-javascript\/0.1\r\n/)
    assert.doesNotMatch(asked, /x-grpc-web|content-length|accept/i)
    assert.ok(asked.includes(`\r\n\r\n${chunk(message('hi'))}`))
    upstream.send(reply(message('one'), message('two')))
    const received = await client.until('\r\n0\r\n\r\n')
    assert.match(received, new RegExp(`\r\nContent-Type: ${type.replace('+', '\\+')}\r\n`))
    assert.equal(unchunked(received), message('one') + message('two') + trailers)
  })
}

test('a body in text is read at any cut, padded anywhere; the reply is text, whole at each piece', async (t) => {
  const text = base64(message('a')) + base64(message('bcd')) + base64(message('ef'))
  for (let size = 1; size < text.length; size += 3) {
    const relay = await open(t)
    const head = ask(
      'POST /a',
      'Content-Type: application/grpc-web-text',
      'Transfer-Encoding: chunked',
    )
    const client = await relay.sent(head)
    for (let at = 0; at < text.length; at += size) client.send(chunk(text.slice(at, at + size)))
    client.send('0\r\n\r\n')
    const upstream = await relay.endpoint.next()
    const want = message('a') + message('bcd') + message('ef')
    assert.equal(unchunked(await upstream.until('0\r\n\r\n')), want)
    upstream.send(reply(message('one'), message('two')))
    const received = await client.until('\r\n0\r\n\r\n')
    assert.match(received, /\r\nContent-Type: application\/grpc-web-text\r\n/)
    assert.equal(
      unchunked(received),
      base64(message('one')) + base64(message('two')) + base64(trailers),
    )
    await relay.close()
  }
})

const broken: readonly [says: string, text: string][] = [
  ['another alphabet', 'AAAAAAF-'],
  ['a line break', 'AAAA\r\nAAAA'],
  ['an end within a group', 'AAAAAAA'],
  ['padding alone', 'AAAA===='],
  ['padding within a group', 'AAAAA=AA'],
  ['bits that say nothing', 'AAAAAAB='],
  ['more of these bits', 'AAAAAAAAAB=='],
]

for (const [says, text] of broken) {
  test(`text with ${says} is refused`, async (t) => {
    const relay = await open(t)
    const client = await relay.sent(askWeb('application/grpc-web-text', text))
    assert.match(
      await client.until(/grpc-status: \d+\r\n/),
      /^HTTP\/1.1 200 OK\r\n[^]*grpc-status: 13/,
    )
    const { fault } = await relay.record()
    assert.equal(fault, 'MALFORMED_REQUEST')
  })
}

test('a client has no frame of trailers', async (t) => {
  const relay = await open(t)
  const client = await relay.sent(askWeb('application/grpc-web', message('x: y', 0x80)))
  await client.until(/grpc-status: 13\r\n/)
})

test('a refusal is a head alone, with the status in it', async (t) => {
  const relay = await open(t)
  relay.endpoint.close()
  const client = await relay.sent(askWeb('application/grpc-web+proto', message('hi')))
  const received = await client.until(/\r\n\r\n/)
  assert.match(received, /^HTTP\/1.1 200 OK\r\n/)
  assert.match(received, /\r\nContent-Type: application\/grpc-web\+proto\r\n/)
  assert.match(received, /\r\nContent-Length: 0\r\n/)
  assert.match(received, /\r\ngrpc-status: 14\r\n/)
})

test('what breaks off behind a whole message ends with a status, within one it is cut', async (t) => {
  for (const [sent, isWhole] of [
    [message('one'), true],
    [message('one').slice(0, -1), false],
  ] as const) {
    const relay = await open(t)
    const client = await relay.sent(askWeb('application/grpc-web', message('hi')))
    const upstream = await relay.endpoint.next()
    await upstream.until('0\r\n\r\n')
    upstream.send(reply(sent).slice(0, -'0\r\ngrpc-status: 0\r\nGrpc-Message: fine\r\n\r\n'.length))
    await client.until(sent + '\r\n')
    upstream.cut()
    await relay.record()
    if (isWhole) await client.until(/\x80[^]*grpc-status: 14\r\n[^]*\r\n0\r\n\r\n$/)
    else await eventually('the client is cut', () => client.closed)
    assert.equal(client.received.includes('grpc-status'), isWhole)
    await relay.close()
  }
})

test('a reply in HTTP alone goes to a client of gRPC-Web as a status', async (t) => {
  const relay = await open(t)
  const client = await relay.sent(askWeb('application/grpc-web', message('hi')))
  const upstream = await relay.endpoint.next()
  await upstream.until('0\r\n\r\n')
  upstream.send('HTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\nno')
  await client.until(/grpc-status: 14\r\n/)
})
