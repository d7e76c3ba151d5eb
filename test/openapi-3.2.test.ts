// A contract of OpenAPI 3.2 behind a whole gateway: methods beyond the usual ones, a query that is
// one value, cookies as they are, and what only the service sets.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { exchanged, gatewayOf } from './gateway.ts'

const contract = `openapi: 3.2.0
$self: https://example.com/api/notes
info: { title: Notes, version: '1' }
components:
  schemas:
    Note:
      type: object
      required: [id, text]
      properties: { id: { type: integer, readOnly: true }, text: { type: string } }
  mediaTypes:
    note: { schema: { $ref: 'https://example.com/api/notes#/components/schemas/Note' } }
paths:
  /notes:
    query:
      requestBody:
        required: true
        content: { application/json: { schema: { type: object, required: [text] } } }
    get:
      parameters:
        - name: filter
          in: querystring
          content: { application/json: { schema: { type: object, required: [text] } } }
        - { name: theme, in: cookie, style: cookie, schema: { enum: [a%20b] } }
    post: { requestBody: { content: { application/json: { $ref: '#/components/mediaTypes/note' } } } }
    put: { requestBody: { content: { application/json: { $ref: '#/components/mediaTypes/note' } } } }
    additionalOperations:
      COPY: { parameters: [{ name: Destination, in: header, required: true, schema: { type: string } }] }
`

/** Answers with what came to it. */
async function service(t: TestContext): Promise<string> {
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text
    })
    request.on('end', () => response.end(`${request.method} ${request.url} ${body}`))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close().closeAllConnections())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const json = (body: string) => ['Content-Type: application/json', `Content-Length: ${body.length}`]

type Case = [says: string, head: string[], body: string, status: number, holds: string]

const cases: Case[] = [
  ['QUERY with a body', ['QUERY /notes'], '{"text":"a"}', 200, 'QUERY /notes {"text":"a"}'],
  ['QUERY with a wrong body', ['QUERY /notes'], '{}', 400, '"field":"/text","issue":"required"'],
  ['a method of its own', ['COPY /notes', 'Destination: /b'], '', 200, 'COPY /notes '],
  ['the same without its field', ['COPY /notes'], '', 400, '"field":"Destination"'],
  [
    'the same in other letters',
    ['Copy /notes'],
    '',
    405,
    'Allow: GET, HEAD, QUERY, POST, PUT, OPTIONS, COPY',
  ],
  [
    'a query that is JSON',
    ['GET /notes?%7B%22text%22:1%7D'],
    '',
    200,
    'GET /notes?%7B%22text%22:1%7D',
  ],
  ['a query that is other JSON', ['GET /notes?{}'], '', 400, '"in":"query","field":"/text"'],
  ['a cookie as it is', ['GET /notes', 'Cookie: theme=a%20b'], '', 200, 'GET /notes'],
  [
    'a cookie that would be right if decoded',
    ['GET /notes', 'Cookie: theme=a b'],
    '',
    400,
    'theme',
  ],
  ['what the service sets, left to it', ['POST /notes'], '{"text":"a"}', 200, 'POST'],
  [
    'what the service sets, sent',
    ['POST /notes'],
    '{"id":1,"text":"a"}',
    400,
    '"issue":"read_only"',
  ],
  ['what the service set, sent back', ['PUT /notes'], '{"id":1,"text":"a"}', 200, 'PUT'],
]

for (const [says, head, body, status, holds] of cases) {
  test(`OpenAPI 3.2: ${says}`, async (t) => {
    const port = await gatewayOf(t, { contract, to: [await service(t)] })
    const reply = await exchanged(port, [...head, ...(body === '' ? [] : json(body))], body)
    assert.match(reply, new RegExp(`^HTTP/1.1 ${status} `))
    assert.ok(reply.includes(holds), reply)
  })
}
