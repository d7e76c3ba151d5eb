// What a client sees of a whole gateway that no single room decides.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net'
import { test, type TestContext } from 'node:test'
import { exchanged, fieldsIn, gatewayOf } from './gateway.ts'

const contract = `openapi: 3.1.0
info: { title: Notes, version: '1' }
paths:
  /notes:
    get: { operationId: listNotes, responses: { '200': { description: All. } } }
  /form:
    post:
      requestBody:
        required: true
        content:
          application/x-www-form-urlencoded: { schema: { type: object } }
          application/json: { schema: { type: object } }
      responses: { '200': { description: Done. } }
`

const config = `audience: public
hosts: [api.test]
`

async function service(t: TestContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close().closeAllConnections())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const ok: RequestListener = (_, response) => response.end('{}')

type OwnReply = readonly [says: string, head: string[], status: number]

const ownReplies: readonly OwnReply[] = [
  ['a path that is nobody', ['GET /elsewhere'], 404],
  ['a method that is not declared', ['DELETE /notes'], 405],
  ['OPTIONS', ['OPTIONS /notes'], 204],
  ['a host that is not served', ['GET /notes', 'Host: other.test'], 421],
  ['a head that is no request', ['GET /notes', 'Content-Length: 0, 1'], 400],
]

for (const [says, head, status] of ownReplies) {
  test(`security fields of the API are on the reply to ${says}`, async (t) => {
    const port = await gatewayOf(t, { contract, config, to: [await service(t, ok)] })
    const reply = await exchanged(port, head)
    assert.match(reply, new RegExp(`^HTTP/1.1 ${status} `))
    assert.ok(fieldsIn(reply).includes('X-Content-Type-Options: nosniff'), reply)
    assert.ok(fieldsIn(reply).includes('X-Frame-Options: DENY'), reply)
  })
}

const none = ['Content-Length: 0'] as const
const chunked = ['Transfer-Encoding: chunked'] as const
const form = 'Content-Type: application/x-www-form-urlencoded'
const json = 'Content-Type: application/json'

const wild = `openapi: 3.1.0
info: { title: Wild, version: '1' }
paths:
  /any:
    post:
      requestBody: { content: { '*/*': { schema: { type: object } } } }
      responses: { '200': { description: Done. } }
`

const wilds: [says: string, fields: string[], body: string, status: number][] = [
  ['a large one of another type', ['Content-Type: image/png'], 'x'.repeat(1024 * 1024 + 1), 200],
  ['a coded one of another type', ['Content-Type: text/csv', 'Content-Encoding: gzip'], 'x', 200],
  ['a coded one of JSON', [json, 'Content-Encoding: gzip'], 'x', 415],
  ['one of JSON that breaks the schema', [json], '[]', 400],
]

for (const [says, fields, body, status] of wilds) {
  test(`where any type may come: ${says} is answered ${status}`, async (t) => {
    const to = [
      await service(t, (request, response) => request.resume().on('end', () => response.end())),
    ]
    const port = await gatewayOf(t, { contract: wild, to })
    const length = `Content-Length: ${body.length}`
    const reply = await exchanged(port, ['POST /any', ...fields, length], body)
    assert.match(reply, new RegExp(`^HTTP/1.1 ${status} `))
  })
}

const empties: [says: string, fields: string[], body: string, status: number][] = [
  ['a form of length 0', [form, ...none], '', 200],
  ['a form of no chunks', [form, ...chunked], '0\r\n\r\n', 200],
  ['JSON of length 0', [json, ...none], '', 400],
  ['JSON of no chunks', [json, ...chunked], '0\r\n\r\n', 400],
  ['length 0 of no type', [...none], '', 400],
  ['no body', [form], '', 400],
]

for (const [says, fields, body, status] of empties) {
  test(`where a body is required: ${says} is answered ${status}`, async (t) => {
    const port = await gatewayOf(t, { contract, to: [await service(t, ok)] })
    const reply = await exchanged(port, ['POST /form', ...fields], body)
    assert.match(reply, new RegExp(`^HTTP/1.1 ${status} `))
    assert.equal(reply.includes('"issue":"required"'), status === 400, reply)
  })
}

/** A request id as ours are. */
const ownId = /^X-Request-Id: [0-9a-f]{32}$/

test('the request id is ours alone, whatever client and service say', async (t) => {
  const seen: string[] = []
  const echo: RequestListener = ({ rawHeaders }, response) => {
    const at = rawHeaders.indexOf('X-Request-Id')
    seen.push(
      `X-Request-Id: ${rawHeaders[at + 1]}`,
      String(rawHeaders.lastIndexOf('X-Request-Id') === at),
    )
    response.setHeader('x-request-id', [rawHeaders[at + 1]!, 'of-the-service']).end('{}')
  }
  const port = await gatewayOf(t, { contract, to: [await service(t, echo)] })
  const reply = await exchanged(port, ['GET /notes', 'X-Request-ID: of-the-client'])
  const ids = fieldsIn(reply).filter((field) => /^x-request-id:/i.test(field))
  assert.equal(ids.length, 1, reply)
  assert.match(ids[0]!, ownId)
  assert.deepEqual(seen, [ids[0], 'true'])
})

test('a gateway that leads back to itself answers 508 in place of going round', async (t) => {
  // Another port, as a proxy or a name would be: no address tells that the two are one.
  let gatewayPort = 0
  let passed = 0
  const relay = createTcpServer((client) => {
    passed++
    const back = connect(gatewayPort, '127.0.0.1')
    client.pipe(back).pipe(client)
    for (const one of [client, back]) one.on('error', () => one.destroy())
  }).listen(0, '127.0.0.1')
  await once(relay, 'listening')
  t.after(() => relay.close())
  const to = `http://127.0.0.1:${(relay.address() as AddressInfo).port}`
  gatewayPort = await gatewayOf(t, { contract, config: 'audience: internal\n', to: [to] })
  const reply = await exchanged(gatewayPort, ['GET /notes'])
  assert.match(reply, /^HTTP\/1\.1 508 Loop Detected\r\n/)
  assert.match(reply, /"code":"LOOP_DETECTED"/)
  assert.equal(passed, 1)
})

test('what a trusted hop says goes on once, and what anybody else says of that kind does not', async (t) => {
  const said = 'X-Forwarded-User: root'
  const seen: (string | undefined)[] = []
  const to = await service(t, ({ headers }, response) => {
    seen.push(headers['x-forwarded-user'] as string | undefined)
    response.end('{}')
  })
  for (const trustedHops of ['[]', '[127.0.0.0/8]']) {
    const port = await gatewayOf(t, { contract, config: `trustedHops: ${trustedHops}`, to: [to] })
    await exchanged(port, ['GET /notes', said])
  }
  assert.deepEqual(seen, [undefined, 'root'])
})

const watched = `openapi: 3.1.0
info: { title: Notes, version: '1' }
x-concordat: { policies: { validation: { mode: MODE } }, limits: { bodyBytesMax: 1000 } }
paths:
  /notes:
    get: { responses: { '200': { description: All. } } }
    post:
      x-concordat: { limits: LIMITS }
      requestBody: { content: { application/json: { schema: { type: object, required: [a] } } } }
      responses: { '200': { description: Done., content: { application/json: {} } } }
`

const breaches: [says: string, head: string[], body: string][] = [
  ['a body that breaks its schema', ['POST /notes', json, 'Content-Length: 2'], '{}'],
  ['a body that is no JSON', ['POST /notes', json, 'Content-Length: 1'], '{'],
  ['a content coding', ['POST /notes', json, 'Content-Encoding: gzip', 'Content-Length: 2'], '{}'],
  ['a body too large to be checked', ['POST /notes', json, 'Content-Length: 12'], '{"a": 12345}'],
  [
    'the same in chunks',
    ['POST /notes', json, ...chunked],
    '6\r\n{"a": \r\n6\r\n12345}\r\n0\r\n\r\n',
  ],
  ['an undeclared type', ['POST /notes', 'Content-Type: a/b', 'Content-Length: 1'], 'x'],
  ['no type', ['POST /notes', 'Content-Length: 1'], 'x'],
  ['no acceptable reply', ['POST /notes', 'Accept: text/xml'], ''],
  ['a body that nobody declared', ['GET /notes', 'Content-Length: 1'], 'x'],
  ['an undeclared query', ['GET /notes?a=1'], ''],
]

for (const mode of ['shadow', 'off']) {
  test(`validation in mode ${mode} refuses nothing, whatever breaks the contract`, async (t) => {
    const limits = mode === 'off' ? '{}' : '{ checkedBodyBytesMax: 10 }'
    const text = watched.replace('MODE', `'${mode}'`).replace('LIMITS', limits)
    const to = [await service(t, ok)]
    const port = await gatewayOf(t, { contract: text, to })
    for (const [says, head, body] of breaches) {
      assert.match(await exchanged(port, head, body), /^HTTP\/1\.1 200 /, says)
    }
    const tooLarge = await exchanged(port, ['GET /notes', 'Content-Length: 1001'])
    assert.match(tooLarge, /^HTTP\/1\.1 413 /, 'a bound is no part of validation')
  })
}

test('every one of these is refused where validation enforces', async (t) => {
  const limits = '{ checkedBodyBytesMax: 10 }'
  const text = watched.replace('MODE', 'enforce').replace('LIMITS', limits)
  const port = await gatewayOf(t, { contract: text, to: [await service(t, ok)] })
  for (const [says, head, body] of breaches) {
    assert.match(await exchanged(port, head, body), /^HTTP\/1\.1 4/, says)
  }
})

const sentences: [says: string, head: string[], body: string, message: string][] = [
  ['a key twice', [json, 'Content-Length: 13'], '{"a":1,"a":2}', 'the body has the same key twice'],
  ['no JSON', [json, 'Content-Length: 1'], '{', 'the body is not JSON'],
  ['too many fields', [form, 'Content-Length: 3'], 'a&b', 'the body has more pairs than the bound'],
]

for (const [says, fields, body, message] of sentences) {
  test(`what is wrong reads as a sentence: ${says}`, async (t) => {
    const few = 'limits: { pairsMax: 1 }'
    const port = await gatewayOf(t, { contract, config: few, to: [await service(t, ok)] })
    const reply = await exchanged(port, ['POST /form', ...fields], body)
    assert.ok(reply.includes(`does not match the contract: ${message}`), reply)
  })
}
