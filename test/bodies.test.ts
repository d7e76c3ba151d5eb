// Bodies that a whole gateway judges as they stream by, and replies that it holds against the
// contract: what reaches the service, what reaches the client, and what is kept for the operator.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { test, type TestContext } from 'node:test'
import { startGateway } from '../src/gateway.ts'
import { bundleOf, exchanged } from './gateway.ts'
import { eventually, Peer } from './raw-peer.ts'

const contract = `openapi: 3.2.0
info: { title: Files, version: '1' }
x-concordat: SETTINGS
components:
  schemas:
    Line: { type: object, required: [id], properties: { id: { type: integer } } }
paths:
  /upload:
    post:
      operationId: upload
      requestBody:
        required: true
        content:
          multipart/form-data:
            schema:
              type: object
              required: [title]
              properties:
                title: { type: string, maxLength: 10 }
                file: { type: string, format: binary }
              additionalProperties: false
      responses: { '204': { description: Taken. } }
  /lines:
    post:
      operationId: sendLines
      requestBody:
        content: { application/x-ndjson: { itemSchema: { $ref: '#/components/schemas/Line' } } }
      responses: { '204': { description: Taken. } }
    get:
      operationId: getLines
      responses:
        '200':
          description: All.
          content: { application/x-ndjson: { itemSchema: { $ref: '#/components/schemas/Line' } } }
  /line:
    get:
      operationId: getLine
      responses:
        '200':
          description: One.
          content: { application/json: { schema: { $ref: '#/components/schemas/Line' } } }
`

type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** What a service has seen of a request. */
interface Seen {
  bytes: number
  text: string
  ended: boolean
  closed: boolean
  fields: IncomingMessage['headers']
}

async function open(t: TestContext, answer?: Answer, settings = '{}') {
  const seen: Seen = { bytes: 0, text: '', ended: false, closed: false, fields: {} }
  const server = createServer((request, response) => {
    seen.fields = request.headers
    request.on('data', (piece: Buffer) => {
      seen.bytes += piece.length
      if (seen.text.length < 100_000) seen.text += piece.toString('latin1')
    })
    request.on('end', () => {
      seen.ended = true
      if (answer === undefined) response.writeHead(204).end()
      else answer(request, response)
    })
    request.on('error', () => undefined)
    request.on('close', () => (seen.closed = true))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close().closeAllConnections())
  const to = [`http://127.0.0.1:${(server.address() as AddressInfo).port}`]
  const gateway = await startGateway({
    bundle: bundleOf({ contract: contract.replace('SETTINGS', settings), to }),
    listen: [{ host: '127.0.0.1', port: 0 }],
    workers: 0,
    log: { access: 'off', redact: [] },
  })
  assert(!('problem' in gateway))
  t.after(() => gateway.close())
  return { gateway, port: gateway.port, seen }
}

const formData = 'Content-Type: multipart/form-data; boundary=B'
const ndjson = 'Content-Type: application/x-ndjson'
const chunked = 'Transfer-Encoding: chunked'

const part = (name: string, content: string) =>
  `--B\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${content}\r\n`

const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`

const statusOf = (reply: string) => Number(reply.slice(9, 12))

const idOf = (reply: string) => /X-Request-Id: (\w+)/i.exec(reply)![1]!

test('a file of 200 MB goes through, and nobody holds it', { timeout: 60_000 }, async (t) => {
  const { port, seen } = await open(t)
  const piece = Buffer.alloc(1_000_000, 'a\r\n--')
  const begin = part('title', 'hello') + part('file', '').slice(0, -2)
  const end = '\r\n--B--\r\n'
  const length = begin.length + 200 * piece.length + end.length
  const socket = connect(port, '127.0.0.1')
  let reply = ''
  socket.setEncoding('latin1').on('data', (text: string) => (reply += text))
  socket.write(
    `POST /upload HTTP/1.1\r\nHost: a\r\n${formData}\r\nContent-Length: ${length}\r\n\r\n`,
  )
  const before = process.memoryUsage().arrayBuffers
  let most = 0
  socket.write(begin)
  for (let sent = 0; sent < 200; sent++) {
    if (!socket.write(piece)) await once(socket, 'drain')
    most = Math.max(most, process.memoryUsage().arrayBuffers - before)
  }
  socket.write(end)
  await eventually('it is answered', () => reply.includes('\r\n\r\n'))
  socket.destroy()
  assert.equal(statusOf(reply), 204)
  assert.equal(seen.bytes, length)
  assert.ok(most < 120_000_000, `${most} bytes were held`)
})

test('a broken field cuts an upload before its last boundary', async (t) => {
  const { gateway, port, seen } = await open(t)
  const body = `${part('file', 'x'.repeat(50_000))}${part('title', 'a'.repeat(11))}--B--\r\n`
  const head = ['POST /upload', formData, `Content-Length: ${body.length}`]
  const reply = await exchanged(port, head, body)
  assert.equal(statusOf(reply), 400)
  assert.match(reply, /"field": ?"\/title","issue": ?"too_long"/)
  assert.doesNotMatch(seen.text, /--B--/)
  assert.equal(seen.ended, false)
  assert.equal((await gateway.recall(idOf(reply)))?.refusedBy, 'validation')
})

test('an upload that ends too soon never ends for the service', async (t) => {
  const { port, seen } = await open(t)
  const body = part('title', 'hello')
  for (const [fields, sent] of [
    [[`Content-Length: ${body.length}`], body],
    [[chunked], `${chunk(body)}0\r\n\r\n`],
  ] as const) {
    const reply = await exchanged(port, ['POST /upload', formData, ...fields], sent)
    assert.equal(statusOf(reply), 400)
    assert.match(reply, /malformed_multipart/)
    assert.equal(seen.ended, false)
  }
})

const heads: [says: string, fields: string[], status: number][] = [
  ['no boundary', ['Content-Type: multipart/form-data'], 400],
  ['a content coding', [formData, 'Content-Encoding: gzip'], 415],
  ['another type', ['Content-Type: multipart/mixed; boundary=B'], 415],
]

for (const [says, fields, status] of heads) {
  test(`an upload with ${says} is ${status}, and the service never sees it`, async (t) => {
    const { port, seen } = await open(t)
    const reply = await exchanged(port, ['POST /upload', ...fields, 'Content-Length: 5'], '--B--')
    assert.equal(statusOf(reply), status)
    assert.deepEqual(seen.fields, {})
  })
}

test('a broken line is not sent, those before it are', async (t) => {
  const { port, seen } = await open(t)
  const socket = connect(port, '127.0.0.1')
  let reply = ''
  socket.setEncoding('latin1').on('data', (text: string) => (reply += text))
  socket.write(`POST /lines HTTP/1.1\r\nHost: a\r\n${ndjson}\r\n${chunked}\r\n\r\n`)
  socket.write(chunk('{"id":1}\n'))
  await eventually('the first line arrives', () => seen.text.includes('\n'))
  socket.write(chunk('{"id":"x"}\n'))
  await eventually('it is answered', () => reply.includes('\r\n\r\n'))
  assert.equal(statusOf(reply), 400)
  assert.match(reply, /"field": ?"\/1\/id","issue": ?"invalid_type"/)
  await eventually('the service loses it', () => seen.closed)
  assert.equal(seen.text, '{"id":1}\n')
  assert.equal(seen.ended, false)
  socket.destroy()
})

test('in shadow everything goes through, and is counted', async (t) => {
  const settings = '{ policies: { validation: { mode: shadow } } }'
  const { gateway, port, seen } = await open(t, undefined, settings)
  const body = `${part('title', 'a'.repeat(11))}--B--\r\n`
  const head = ['POST /upload', formData, `Content-Length: ${body.length}`]
  assert.equal(statusOf(await exchanged(port, head, body)), 204)
  assert.equal(seen.text, body)
  const lines = '{"id":"x"}\n'
  const more = ['POST /lines', ndjson, `Content-Length: ${lines.length}`]
  assert.equal(statusOf(await exchanged(port, more, lines)), 204)
  const [report] = (await gateway.shadows()).policies
  assert.deepEqual([report?.policy, report?.requests, report?.refused], ['validation', 2, 2])
})

const checked = (mode: string) => `{ policies: { reply-validation: { mode: ${mode} } } }`

const answer =
  (type: string, body: string, fields: Record<string, string> = {}): Answer =>
  (_, response) =>
    response.writeHead(200, { 'Content-Type': type, ...fields }).end(body)

test('a broken reply is 502: the client learns no more, the record says what broke', async (t) => {
  const broken = answer('application/json', '{"id":"secret"}')
  const { gateway, port, seen } = await open(t, broken, checked('enforce'))
  const reply = await exchanged(port, ['GET /line', 'Accept-Encoding: gzip'])
  assert.equal(statusOf(reply), 502)
  assert.match(reply, /UPSTREAM_INVALID_REPLY/)
  assert.doesNotMatch(reply, /secret|invalid_type|\/id/)
  assert.equal(seen.fields['accept-encoding'], undefined)
  const kept = await gateway.recall(idOf(reply))
  assert.equal(kept?.refusedBy, 'reply-validation')
  assert.equal(kept?.reason, 'reply 200: body /id invalid_type')
})

test('a good reply passes as it came', async (t) => {
  const good = answer('application/json', '{ "id": 1 }')
  const { port } = await open(t, good, checked('enforce'))
  assert.match(await exchanged(port, ['GET /line']), /^HTTP\/1\.1 200 [^]*\r\n\{ "id": 1 \}\r\n/)
})

test('in shadow a broken reply passes, coded ones too, and is counted', async (t) => {
  const broken = answer('application/json', '{"id":"x"}')
  const { gateway, port, seen } = await open(t, broken, checked('shadow'))
  const reply = await exchanged(port, ['GET /line', 'Accept-Encoding: gzip'])
  assert.match(reply, /^HTTP\/1\.1 200 [^]*\r\n\{"id":"x"\}\r\n/)
  assert.equal(seen.fields['accept-encoding'], 'gzip')
  const [report] = (await gateway.shadows()).policies
  assert.deepEqual([report?.policy, report?.refused], ['reply-validation', 1])
})

test('a broken line of a reply is cut off, and what was good has arrived', async (t) => {
  let later: ServerResponse | undefined
  const lines: Answer = (_, response) => {
    later = response
    response.writeHead(200, { 'Content-Type': 'application/x-ndjson' }).write('{"id":1}\n')
  }
  const { gateway, port } = await open(t, lines, checked('enforce'))
  const peer = new Peer(connect(port, '127.0.0.1'))
  t.after(() => peer.socket.destroy())
  peer.send('GET /lines HTTP/1.1\r\nHost: a\r\n\r\n')
  await peer.until(/"id":1/)
  later!.end('{"id":"x"}\n')
  await eventually('the client loses it', () => peer.closed)
  assert.match(peer.received, /^HTTP\/1\.1 200 /)
  assert.doesNotMatch(peer.received, /"x"|\r\n0\r\n\r\n$/)
  const kept = await gateway.recall(idOf(peer.received))
  assert.equal(kept?.reason, 'reply 200: body /1/id invalid_type')
})
