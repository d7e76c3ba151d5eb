import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { command, testWorld } from '../../test/command.ts'
import { folderWith } from '../../test/folder.ts'
import { commandLine } from './main.ts'

const contract = `openapi: 3.1.0
info: { title: Notes, version: 1.0.0 }
components: { securitySchemes: { key: { type: apiKey, in: header, name: X-Key } } }
paths:
  /notes:
    get: { operationId: listNotes, responses: { '200': { description: All. } } }
  /secrets:
    get:
      operationId: listSecrets
      security: [{ key: [] }]
      responses: { '200': { description: All. } }
`
// Quiet: what the gateway logs would go to the stdout of the test.
const config = `contract: notes.yaml
log: { access: off }
policies: { auth: upstream }
`
const files = {
  'notes.yaml': contract,
  'quiet.yaml': config,
  'exit.config.ts': 'process.exit(0)',
}

async function listening(t: TestContext): Promise<{ url: string; port: number; seen: string[] }> {
  const seen: string[] = []
  const server: Server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`)
    response.end('{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close().closeAllConnections())
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, port, seen }
}

const freePorts = ['--port', '0', '--admin-port', '0']

/** Runs until `use` is done with the addresses that were announced. */
async function served(
  args: string[],
  folder: string,
  use: (at: { url: string; adminUrl: string }) => Promise<void>,
) {
  const one = testWorld(folder)
  const announced = Promise.withResolvers<string>()
  const announce = { write: (text: string) => announced.resolve(text) }
  const ended = commandLine(['run', ...args, '--json'], { ...one.world, out: announce })
  const early = ended.then((code) => Promise.reject(new Error(`${code}: ${one.said().err}`)))
  const at = JSON.parse(await Promise.race([announced.promise, early]))
  try {
    await use(at)
  } finally {
    one.stop()
  }
  return { code: await ended, ...one.said(), at }
}

test('run serves a contract in front of a service until it is stopped', async (t) => {
  const service = await listening(t)
  const args = ['--config', 'quiet.yaml', '--to', service.url, ...freePorts]
  const { code, at } = await served(args, folderWith(t, files), async ({ url, adminUrl }) => {
    assert.equal((await fetch(`${url}/notes`)).status, 200)
    assert.equal((await fetch(`${url}/secrets`)).status, 401)
    assert.equal((await fetch(`${url}/elsewhere`)).status, 404)
    assert.equal((await fetch(`${adminUrl}/readyz`)).status, 200)
  })
  assert.deepEqual(service.seen, ['GET /notes'])
  const { title, operations, audience } = at
  assert.deepEqual(
    { title, operations, audience },
    { title: 'Notes', operations: 2, audience: 'public' },
  )
  assert.equal(code, 0)
  await assert.rejects(fetch(`${at.url}/notes`), 'the port is free again')
})

test('run without --json tells a person where it serves, and leaves stdout to the log', async (t) => {
  const service = await listening(t)
  const one = testWorld(folderWith(t, files))
  const spoken = Promise.withResolvers<void>()
  const err = {
    write(text: string) {
      one.world.err.write(text)
      if (text.includes('revision')) spoken.resolve()
    },
  }
  const named = ['--config', 'quiet.yaml', '--to', service.url, '--workers', '1']
  const args = ['run', ...named, ...freePorts]
  const ended = commandLine(args, { ...one.world, err })
  await spoken.promise
  one.stop()
  assert.equal(await ended, 0)
  assert.match(
    one.said().err,
    /^Notes +http:\/\/127\.0\.0\.1:\d+\nadmin +http:\/\/127\.0\.0\.1:\d+ /m,
  )
  assert.match(one.said().err, /^serves +2 operations, audience public, 1 worker$/m)
  assert.equal(one.said().out, '')
})

const ports: [option: string, args: (port: string) => string[]][] = [
  ['--port', (port) => ['--port', port, '--admin-port', '0']],
  ['--admin-port', (port) => ['--port', '0', '--admin-port', port]],
]

for (const [option, args] of ports) {
  test(`an occupied port ends run with its number and ${option}`, async (t) => {
    const other = await listening(t)
    const service = await listening(t)
    const folder = folderWith(t, files)
    const common = ['run', '--config', 'quiet.yaml', '--to', service.url]
    const { code, out, err } = await command([...common, ...args(String(other.port))], folder)
    assert.match(err, new RegExp(`127\\.0\\.0\\.1:${other.port}: the port is in use .*${option} `))
    assert.deepEqual({ code, out }, { code: 1, out: '' })
  })
}

const elsewhere = ['notes.yaml', '--to', 'http://127.0.0.1:1']

const refusals: [says: string, args: string[], want: RegExp][] = [
  ['a contract without a service behind it', ['notes.yaml'], /--to http:\/\/127\.0\.0\.1:3000/],
  ['a service of another kind', ['notes.yaml', '--to', 'ftp://x'], /--to error .*ftp/],
  ['a service without a scheme', ['notes.yaml', '--to', 'a:1'], /did you mean http:\/\/a:1\?/],
  [
    'a configuration for a contract',
    ['quiet.yaml', '--config', 'notes.yaml'],
    /error this is a contract/,
  ],
  ['an address that is not ours', [...elsewhere, '--host', '192.0.2.1'], /another with --host$/m],
  ['one port for both', [...elsewhere, '--admin-port', '8080'], /--admin-port error port 8080/],
  ['code that ends the process', ['--config', 'exit.config.ts'], /:1:9 error .* process\.exit$/m],
  ['a service that would be ourselves', ['notes.yaml', '--to', 'http://localhost:8080'], /8080/],
]

for (const [says, args, want] of refusals) {
  test(`run refuses ${says}`, async (t) => {
    const { code, out, err } = await command(['run', ...args], folderWith(t, files))
    assert.match(err, want)
    assert.notEqual(code, 0)
    assert.equal(out, '')
  })
}

test('notes say which credentials only the service judges', async (t) => {
  const service = await listening(t)
  const folder = folderWith(t, files)
  const args = ['notes.yaml', '--to', service.url, ...freePorts]
  const { at } = await served(args, folder, async () => {})
  const [note] = (at as unknown as { problems: { severity: string; message: string }[] }).problems
  assert.equal(note?.severity, 'note')
  assert.match(note?.message ?? '', /'key'.*auth: upstream/)
})

test('whoever stops it while it builds ends it, with nothing said and nothing served', async (t) => {
  const { world, said } = testWorld(folderWith(t, files))
  const args = ['run', '--config', 'quiet.yaml', '--to', 'http://127.0.0.1:1', ...freePorts]
  const code = await commandLine(args, { ...world, onStop: (stop) => stop('SIGTERM') })
  assert.deepEqual({ code, ...said() }, { code: 0, out: '', err: '' })
})
