// What a client sees of a whole gateway that no single room decides.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
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
