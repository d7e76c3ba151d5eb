// Who may call at all, and how often, as a client sees it: also where it asks for what is not there.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { buildSnapshot } from '../src/control.ts'
import { startGateway } from '../src/gateway.ts'
import { folderWith } from './folder.ts'
import { exchanged, gatewayOf } from './gateway.ts'

const contract = `openapi: 3.1.0
info: { title: Notes, version: '1' }
paths:
  /notes:
    get: { operationId: listNotes, responses: { '200': { description: All. } } }
    post:
      operationId: makeNote
      x-concordat: { policies: { ip: { deny: [192.0.2.7] } } }
      responses: { '201': { description: Made. } }
`

async function service(t: TestContext): Promise<string> {
  const server = createServer((_, response) => response.end('{}')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close().closeAllConnections())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const hosts = 'hosts: [api.test]\ntrustedHops: [127.0.0.0/8]\n'
const withConfig = async (t: TestContext, config: string) =>
  gatewayOf(t, { contract, config: `${hosts}${config}`, to: [await service(t)] })

const from = (address: string) => `X-Forwarded-For: ${address}`
const statusOf = (reply: string): number => Number(reply.slice(9, 12))

const ofNone: readonly [says: string, line: string, fields: string[], status: number][] = [
  ['a path that is nobody', 'GET /elsewhere', [], 404],
  ['a path that could be read in two ways', 'GET /notes/../notes', [], 400],
  ['a method that is not declared', 'DELETE /notes', [], 405],
  ['OPTIONS', 'OPTIONS /notes', [], 204],
  ['a host that is not served', 'GET /notes', ['Host: other.test'], 421],
]

const lists = `policies:
  ip: { allow: [192.0.2.0/24, '2001:db8::/32'], deny: [192.0.2.9] }
`

test('a client that is not let in is told so and nothing else', async (t) => {
  const port = await withConfig(t, lists)
  const ask = (address: string) => exchanged(port, ['GET /notes', from(address)])
  assert.equal(statusOf(await ask('192.0.2.1')), 200)
  assert.equal(statusOf(await ask('2001:db8::1')), 200)
  assert.equal(statusOf(await ask('::ffff:192.0.2.1')), 200)
  for (const address of ['192.0.2.9', '198.51.100.1', '::1']) {
    const reply = await ask(address)
    assert.equal(statusOf(reply), 403)
    const { error } = JSON.parse(reply.slice(reply.indexOf('\r\n\r\n')))
    assert.equal(error.code, 'ADDRESS_DENIED')
    assert.equal(error.message, 'This address may not call the API.')
    assert.doesNotMatch(reply, /192\.0\.2|list/)
  }
})

test('an operation adds a list of its own to that of the API', async (t) => {
  const port = await withConfig(t, lists)
  const ask = async (line: string, address: string) =>
    statusOf(await exchanged(port, [line, from(address)]))
  assert.equal(await ask('GET /notes', '192.0.2.7'), 200)
  assert.equal(await ask('POST /notes', '192.0.2.7'), 403)
  assert.equal(await ask('POST /notes', '192.0.2.8'), 200)
  assert.equal(await ask('POST /notes', '198.51.100.1'), 403)
})

test('in shadow everybody is let in', async (t) => {
  const port = await withConfig(t, 'policies: { ip: { deny: [192.0.2.9], mode: shadow } }\n')
  for (const line of ['GET /notes', 'GET /elsewhere']) {
    const reply = await exchanged(port, [line, from('192.0.2.9')])
    assert.equal(statusOf(reply), line === 'GET /notes' ? 200 : 404)
  }
})

for (const [says, line, fields, status] of ofNone) {
  test(`who may not call is not told of what is there either: ${says}`, async (t) => {
    const port = await withConfig(t, lists)
    const ask = async (address: string) =>
      statusOf(await exchanged(port, [line, from(address), ...fields]))
    assert.equal(await ask('192.0.2.1'), status)
    assert.equal(await ask('192.0.2.9'), 403)
  })

  test(`a flood is limited, whatever it asks for: ${says}`, async (t) => {
    const limit = '{ requestsMax: 1, windowMs: 86400000, burstMax: 2 }'
    const port = await withConfig(t, `policies: { limit: ${limit} }\n`)
    const ask = (address: string, request = line, more = fields) =>
      exchanged(port, [request, from(address), ...more])
    const replies = [await ask('192.0.2.1'), await ask('192.0.2.1'), await ask('192.0.2.1')]
    assert.deepEqual(replies.map(statusOf), [status, status, 429])
    assert.match(replies[2]!, /\r\nRetry-After: \d+\r\n/)
    // Found or not, it is one bucket.
    assert.equal(statusOf(await ask('192.0.2.1', 'GET /notes', [])), 429)
    assert.equal(statusOf(await ask('192.0.2.2')), status)
  })
}

const twice = ['GET /notes', 'Content-Length: 0, 1']
const direct = 'policies: { limit: { requestsMax: 1, windowMs: 86400000, burstMax: 1 } }\n'

test('bytes that are no request count for who sends them', async (t) => {
  const port = await gatewayOf(t, { contract, config: direct, to: [await service(t)] })
  assert.equal(statusOf(await exchanged(port, twice)), 400)
  assert.equal(statusOf(await exchanged(port, twice)), 429)
  assert.equal(statusOf(await exchanged(port, ['GET /notes'])), 429)
})

test('a trusted hop does not pay for bytes that came through it', async (t) => {
  const port = await withConfig(t, direct)
  for (let sent = 0; sent < 3; sent++) assert.equal(statusOf(await exchanged(port, twice)), 400)
  assert.equal(statusOf(await exchanged(port, ['GET /notes'])), 200)
})

for (const workers of [0, 2]) {
  test(`a changed list is in force with the next build, workers ${workers}`, async (t) => {
    const folder = folderWith(t, {
      'openapi.yaml': contract,
      'concordat.yaml': `contract: openapi.yaml\n${hosts}policies: { ip: { denyFiles: [bad.txt] } }\n`,
      'bad.txt': '192.0.2.1\n',
    })
    const options = { configFile: join(folder, 'concordat.yaml'), to: [await service(t)] }
    const settings = async () => ({
      bundle: (await buildSnapshot(options)).snapshot!,
      listen: [{ host: '127.0.0.1', port: 0 }],
      workers,
      log: { access: 'off', redact: [] },
    })
    const gateway = await startGateway(await settings())
    assert.ok(!('problem' in gateway))
    t.after(() => gateway.close())
    const statuses = async () => {
      const replies = ['192.0.2.1', '192.0.2.2'].map((address) =>
        exchanged(gateway.port, ['GET /notes', from(address)]),
      )
      return (await Promise.all(replies)).map(statusOf)
    }
    assert.deepEqual(await statuses(), [403, 200])
    writeFileSync(join(folder, 'bad.txt'), '# one is forgiven\n192.0.2.2\n')
    assert.equal(await gateway.apply(await settings()), undefined)
    assert.deepEqual(await statuses(), [200, 403])
  })
}
