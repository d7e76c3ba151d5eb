// `concordat top` beside a gateway at work: what it shows is what was asked.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { folderWith } from './folder.ts'

const bin = join(import.meta.dirname, '..', 'bin', 'concordat')

const contract = `openapi: 3.1.0
info: { title: Notes, version: '1' }
paths:
  /notes/{id}:
    get:
      operationId: getNote
      x-concordat: { loosen: [limit], policies: { limit: { mode: off } } }
      parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
      responses: { '200': { description: One. } }
`

test('top shows operations, statuses and faults of the gateway that it is pointed at', async (t) => {
  const cwd = folderWith(t, { 'notes.yaml': contract })
  const service = createServer((_, response) => response.end('{}')).listen(0, '127.0.0.1')
  await once(service, 'listening')
  t.after(() => service.close().closeAllConnections())
  const start = (...args: string[]) => {
    const env = { PATH: process.env['PATH'], CONCORDAT_CACHE: 'off' }
    const child = spawn(process.execPath, [bin, ...args], {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    t.after(() => child.kill('SIGKILL'))
    return child
  }
  const to = `http://127.0.0.1:${(service.address() as AddressInfo).port}`
  const ports = ['--port', '0', '--admin-port', '0']
  const gateway = start('run', 'notes.yaml', '--to', to, '--json', '--workers', '1', ...ports)
  const [line] = await Promise.race(['data', 'end'].map((event) => once(gateway.stdout, event)))
  const { adminUrl, url } = JSON.parse(String(line))
  // From now on its standard output is the access log, which nobody reads here.
  gateway.stdout.resume()

  const top = start('top', '--admin', adminUrl, '--once', '--json', '--interval', '500')
  const asking = new AbortController()
  const said = top.stdout.setEncoding('utf8').toArray()
  const ended = once(top, 'exit').finally(() => asking.abort())
  while (!asking.signal.aborted)
    await Promise.all([fetch(`${url}/notes/1`), fetch(`${url}/notes/one`)])
  assert.deepEqual(await ended, [0, null])

  const { condition, traffic } = JSON.parse((await said).join(''))
  assert.deepEqual(condition, { at: 'ready' })
  const [operation] = traffic.operations
  assert.deepEqual([operation.method, operation.template], ['GET', '/notes/{id}'])
  assert.ok(operation.perSecond > 0 && operation.p99Seconds > 0)
  assert.ok(traffic.classes['2xx'] > 0 && traffic.classes['4xx'] > 0)
  assert.deepEqual(
    traffic.faults.map(({ code }: { code: string }) => code),
    ['INVALID_INPUT'],
  )
})
