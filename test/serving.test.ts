// The program as an operator meets it: it starts, serves, tells its metrics and stops on a signal
// with nothing lost of what it logged, whether the main thread serves or one beside it.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { folderWith } from './folder.ts'

const bin = join(import.meta.dirname, '..', 'bin', 'concordat')

const files = {
  'notes.yaml': `openapi: 3.1.0
info: { title: Notes, version: '1' }
paths:
  /notes: { get: { operationId: listNotes, responses: { '200': { description: All. } } } }
`,
  'concordat.yaml': 'contract: notes.yaml\nlog: { access: access.log }\n',
}

const stops: [workers: string, signal: NodeJS.Signals][] = [
  ['0', 'SIGTERM'],
  ['1', 'SIGTERM'],
  ['1', 'SIGINT'],
]

for (const [workers, signal] of stops) {
  test(`with --workers ${workers}: serves until ${signal}, and every exchange is logged`, async (t) => {
    const folder = folderWith(t, files)
    const service = createServer((_, response) => response.end('{}')).listen(0, '127.0.0.1')
    await once(service, 'listening')
    t.after(() => service.close().closeAllConnections())
    const to = `http://127.0.0.1:${(service.address() as AddressInfo).port}`

    const ports = ['--port', '0', '--admin-port', '0']
    const args = [bin, 'run', '--json', '--to', to, '--workers', workers, ...ports]
    const child = spawn(process.execPath, args, {
      cwd: folder,
      env: { PATH: process.env['PATH'], CONCORDAT_CACHE: 'off' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    t.after(() => child.kill('SIGKILL'))
    const [line] = await once(child.stdout, 'data')
    const { url, adminUrl } = JSON.parse(String(line))
    const asked = Array.from({ length: 20 }, () => fetch(`${url}/notes`))
    assert.deepEqual(
      new Set((await Promise.all(asked)).map(({ status }) => status)),
      new Set([200]),
    )
    assert.equal((await fetch(`${adminUrl}/readyz`)).status, 200)
    const metrics = await (await fetch(`${adminUrl}/metrics`)).text()
    assert.match(metrics, /http_route="\/notes".*\b20$/m)

    child.kill(signal)
    assert.deepEqual(await once(child, 'exit'), [0, null])
    const logged = readFileSync(join(folder, 'access.log'), 'utf8').trimEnd().split('\n')
    assert.equal(logged.length, 20)
    for (const one of logged) assert.equal(JSON.parse(one).status, 200)
  })
}
