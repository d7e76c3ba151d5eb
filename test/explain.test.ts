// explain and shadow beside a gateway at work: what they tell is what happened.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { commandLine } from '../src/cli/main.ts'
import { command, testWorld } from './command.ts'
import { folderWith } from './folder.ts'
import { exchanged } from './gateway.ts'

/** What is never heard must not hold the run. */
const bounded = { timeout: 60_000 }

const contract = `openapi: 3.1.0
info: { title: Notes, version: '1' }
paths:
  /notes/{id}:
    get:
      operationId: getNote
      parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
      responses: { '200': { description: One. } }
`
const configWith = (requestsMax: number): string => `contract: notes.yaml
log: { access: off }
trustedHops: [127.0.0.1]
policies:
  limit: { mode: shadow, requestsMax: ${requestsMax}, windowMs: 86400000, burstMax: 1 }
`

/** Serves until the test is over; requests come from clients that a trusted hop names. */
async function serving(t: TestContext, workers: number) {
  const service = createServer((_, response) => response.end('{}')).listen(0, '127.0.0.1')
  await once(service, 'listening')
  t.after(() => service.close().closeAllConnections())
  const to = `http://127.0.0.1:${(service.address() as AddressInfo).port}`
  const folder = folderWith(t, { 'notes.yaml': contract, 'concordat.yaml': configWith(1) })
  const one = testWorld(folder)
  const ports = ['--port', '0', '--admin-port', '0', '--workers', String(workers)]
  const ended = commandLine(['run', '--to', to, '--json', ...ports], one.world)
  t.after(() => {
    one.stop()
    return ended
  })
  const [, url, admin] = await one.hears('out', /"url":"(.*?)","adminUrl":"(.*?)".*\n/)
  const port = Number(new URL(url!).port)
  return {
    admin: admin!,
    /** Gives the id of the request. */
    async ask(path: string, client: string): Promise<string> {
      const reply = await exchanged(port, [`GET ${path}`, `X-Forwarded-For: ${client}`])
      return /^X-Request-Id: (\S+)/m.exec(reply)![1]!
    },
    told: (...args: string[]) => command([...args, '--admin', admin!], folder),
    async reload(requestsMax: number) {
      writeFileSync(join(folder, 'concordat.yaml'), configWith(requestsMax))
      one.reload()
      await one.hears('out', /"reload":"applied".*\n/)
    },
  }
}

for (const workers of [0, 2]) {
  test(`with ${workers} workers: a refusal is explained by its id`, bounded, async (t) => {
    const { ask, told } = await serving(t, workers)
    const id = await ask('/notes/x', '198.51.100.1')
    const { code, out } = await told('explain', id)
    assert.equal(code, 0)
    assert.match(out, new RegExp(`^request +${id} +\\d{4}-.*Z, \\d+\\.\\d ms$`, 'm'))
    assert.match(out, /^client +198\.51\.100\.1$/m)
    assert.match(out, /^ +limit +shadow +passed +concordat\.yaml:5:3 /m)
    assert.match(out, /^ +validation +enforce +refused +default of audience public /m)
    assert.match(out, /^refused 400 INVALID_INPUT by validation: /m)
    assert.match(out, /^ +path id +invalid_type +must be an integer$/m)
  })

  test(
    `with ${workers} workers: the report counts by client, and outlives a reload`,
    bounded,
    async (t) => {
      const { ask, told, reload } = await serving(t, workers)
      for (const client of ['198.51.100.1', '198.51.100.1', '198.51.100.2', '198.51.100.1']) {
        await ask('/notes/1', client)
      }
      const { out } = await told('shadow')
      assert.match(
        out,
        /^limit +GET \/notes\/\{id\} +198\.51\.100\.1 +2 +4 +\d\d:\d\d +LIMIT_EXCEEDED /m,
      )
      assert.doesNotMatch(out, /198\.51\.100\.2/)
      assert.match(
        out,
        /^enforcing 'limit' would have refused 2 of 4 requests from 1 client since \d\d:\d\d$/m,
      )
      await reload(2)
      // A limit of other numbers begins with full buckets.
      await ask('/notes/1', '198.51.100.1')
      const id = await ask('/notes/1', '198.51.100.1')
      const later = JSON.parse((await told('shadow', '--json')).out)
      const [limit] = later.policies
      assert.deepEqual([limit.requests, limit.wouldRefuse], [6, 3])
      assert.equal(limit.rows[0].requestId, id)
      const explained = await told('explain', id)
      assert.match(
        explained.out,
        /^ +limit +shadow +would refuse: LIMIT_EXCEEDED \(limit of api\) /m,
      )
      assert.match(explained.out, /^was sent to 127\.0\.0\.1:\d+, which was answered 200$/m)
    },
  )
}

test('what another configuration decided is told as far as it is known', bounded, async (t) => {
  const { ask, told, reload } = await serving(t, 0)
  const id = await ask('/notes/x', '198.51.100.1')
  await reload(3)
  const { out } = await told('explain', id)
  assert.match(out, /^operation +getNote +GET \/notes\/\{id\}$/m)
  assert.match(out, /^ +validation +enforce +refused$/m)
  assert.match(out, /^note another configuration is in force by now/m)
})

test('what went well is not kept, and that is said', bounded, async (t) => {
  const { ask, told } = await serving(t, 2)
  const id = await ask('/notes/1', '198.51.100.1')
  const { code, err } = await told('explain', id)
  assert.match(err, /^error: No exchange with this id is kept: .* went well are not kept\.$/m)
  assert.equal(code, 1)
  const none = await told('shadow', '--policy', 'ip')
  assert.match(none.out, /^no policy 'ip' has judged a request in shadow since \d\d:\d\d$/m)
})

test('the admin port answers both by its own rules', bounded, async (t) => {
  const { admin } = await serving(t, 0)
  for (const path of ['/shadow', '/explain?id=12345678']) {
    const host = new URL(admin).host
    const [, port] = host.split(':')
    const foreign = await exchanged(Number(port), [`GET ${path}`, 'Host: rebound.test'])
    assert.match(foreign, /^HTTP\/1\.1 421 /)
    assert.equal((await fetch(`${admin}${path}`, { method: 'POST' })).status, 405)
  }
  assert.equal((await fetch(`${admin}/explain`)).status, 400)
  const index = await (await fetch(admin)).text()
  for (const path of ['/shadow', '/explain']) assert.ok(index.includes(`href="${path}"`), path)
})
