// Requests that are tried and not sent: the data plane decides as ever, and nobody hears of it.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { bundleOf } from '../../test/gateway.ts'
import { type Rehearsed, rehearse } from './rehearsal.ts'

const contract = `openapi: 3.1.0
info: { title: Notes, version: '1' }
paths:
  /notes:
    get: { responses: { '200': { description: All. } } }
    post:
      requestBody:
        required: true
        content: { application/json: { schema: { type: object } } }
      responses: { '200': { description: Done. } }
  /blobs:
    put:
      requestBody: { content: { application/octet-stream: {} } }
      responses: { '200': { description: Done. } }
`

async function tried(head: string[], body = '', to = 'http://127.0.0.1:9', config?: string) {
  const bundle = bundleOf({ contract, to: [to], ...(config && { config }) })
  const length = body === '' ? [] : [`Content-Length: ${body.length}`]
  const lines = [`${head[0]} HTTP/1.1`, 'Host: api.test', ...head.slice(1), ...length]
  const text = lines.map((line) => `${line}\r\n`).join('')
  const rehearsed = await rehearse(bundle, {
    head: text,
    body: Buffer.from(body),
    peer: '192.0.2.7',
  })
  assert.ok(!('problem' in rehearsed))
  return rehearsed
}

const json = 'Content-Type: application/json'
const large = 'x'.repeat(300_000)

type Ending = 'sent' | number
const endingOf = ({ sent, status }: Rehearsed): Ending | undefined =>
  sent === undefined ? status : 'sent'

const cases: [says: string, head: string[], body: string, want: Ending][] = [
  ['what may pass is sent', ['GET /notes'], '', 'sent'],
  ['a body that is held', ['POST /notes', json], '{}', 'sent'],
  ['a body that is held and breaks the contract', ['POST /notes', json], '[]', 400],
  [
    'a large body that streams',
    ['PUT /blobs', 'Content-Type: application/octet-stream'],
    large,
    'sent',
  ],
  ['a path that is nobody', ['GET /elsewhere'], '', 404],
  ['OPTIONS', ['OPTIONS /notes'], '', 204],
  ['what is no request', ['GET /no tes'], '', 400],
]

for (const [says, head, body, want] of cases) {
  test(`a rehearsal: ${says}`, async () => {
    assert.equal(endingOf(await tried(head, body)), want)
  })
}

test('nothing is sent, and the client is whom the request is tried for', async (t) => {
  const service = createServer(() => assert.fail('somebody connected')).listen(0, '127.0.0.1')
  await once(service, 'listening')
  t.after(() => service.close())
  const { port } = service.address() as AddressInfo
  const { kept, sent } = await tried(
    ['GET /notes?a=b', 'A: b'],
    '',
    `http://127.0.0.1:${port}/base`,
    'audience: internal',
  )
  assert.match(sent!, /^GET \/base\/notes\?a=b HTTP\/1\.1\r\n/)
  assert.match(sent!, /^X-Forwarded-For: 192\.0\.2\.7\r$/m)
  assert.equal(kept!.clientAddress, '192.0.2.7')
  assert.equal(kept!.endpoint, `127.0.0.1:${port}`)
})

test('each rehearsal begins with fresh limits', async () => {
  const config = 'policies: { limit: { requestsMax: 1, windowMs: 1000, burstMax: 1 } }\n'
  for (let i = 0; i < 3; i++) {
    assert.equal(endingOf(await tried(['GET /notes'], '', undefined, config)), 'sent')
  }
})
