// Custom policies in a gateway that serves: what they decide, what becomes of their bugs, and what a
// change of their code does to the workers.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { commandLine } from '../src/cli/main.ts'
import { command, testWorld } from './command.ts'
import { folderWith } from './folder.ts'

const contract = `openapi: 3.1.0
info: { title: Things, version: '1' }
x-concordat: { policies: { validation: { mode: off } } }
paths:
  /things:
    get:
      operationId: listThings
      responses: { '200': { description: ok } }
`

const configuration = `contract: openapi.yaml
log: { access: access.log }
limits: { exchangeTimeoutMs: 300 }
customPolicies: [counter.ts]
policies: { counter: { word: one } }
`

/** Counts in the module: who has imported it anew begins again. */
const counter = `import { definePolicy, refuse } from 'concordat'
let requests = 0
export default definePolicy({
  id: 'counter',
  about: 'Answers with a word and a number.',
  phase: 'admit',
  schema: (zod) => zod.strictObject({ word: zod.string() }),
  link:
    ({ word }) =>
    ({ request: { query } }) => {
      if (query === 'boom') throw new Error('boom')
      if (query === 'never') return new Promise(() => {})
      return query === 'pass' ? undefined : refuse('FORBIDDEN', \`\${word} \${++requests}\`)
    },
})
`

interface Running {
  readonly folder: string
  /** The status, and the message of a refusal. */
  ask(query: string): Promise<string>
  /** Puts these files in force. */
  change(files: Readonly<Record<string, string>>): Promise<void>
}

async function running(t: TestContext, workers: number): Promise<Running> {
  const service = createServer((_, response) => void response.end('ok'))
  service.listen(0, '127.0.0.1')
  await once(service, 'listening')
  t.after(() => service.close().closeAllConnections())
  const folder = folderWith(t, {
    'openapi.yaml': contract,
    'concordat.yaml': configuration,
    'counter.ts': counter,
  })
  const one = testWorld(folder)
  const { port } = service.address() as AddressInfo
  const ports = ['--port', '0', '--admin-port', '0', '--no-watch', '--workers', String(workers)]
  const ended = commandLine(['run', '--to', `http://127.0.0.1:${port}`, ...ports], one.world)
  t.after(async () => {
    one.stop()
    await ended
  })
  const [, url] = await one.hears('err', /Things\s+(http:\S+)/)
  return {
    folder,
    async ask(query) {
      const reply = await fetch(`${url}/things?${query}`, { headers: { Connection: 'close' } })
      const text = await reply.text()
      const { error } = text.startsWith('{') ? JSON.parse(text) : { error: undefined }
      return `${reply.status} ${error?.message ?? text}`
    },
    async change(files) {
      for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
      one.reload()
      await one.hears('err', /reloaded/)
    },
  }
}

test('a custom policy decides; its bugs and its silence are of one request alone', async (t) => {
  const { ask, folder } = await running(t, 1)
  assert.equal(await ask('pass'), '200 ok')
  assert.equal(await ask(''), '403 one 1')
  assert.equal(await ask('boom'), '500 The gateway failed.')
  assert.equal(await ask('never'), '500 The gateway failed.')
  assert.equal(await ask('pass'), '200 ok')
  const log = () => readFileSync(join(folder, 'access.log'), 'utf8')
  while (!log().includes('boom')) await new Promise(setImmediate)
  assert.match(log(), new RegExp(`boom\\\\n {4}at .*${join(folder, 'counter.ts')}:11:`))
})

test('another setting swaps data: what a policy remembers stays', async (t) => {
  const { ask, change } = await running(t, 1)
  assert.equal(await ask(''), '403 one 1')
  await change({ 'concordat.yaml': configuration.replace('word: one', 'word: two') })
  assert.equal(await ask(''), '403 two 2')
})

test('other code renews the workers: what the old one remembered is gone with it', async (t) => {
  const { ask, change } = await running(t, 1)
  assert.equal(await ask(''), '403 one 1')
  assert.equal(await ask(''), '403 one 2')
  await change({ 'counter.ts': counter.replace('${word}', 'new ${word}') })
  assert.equal(await ask(''), '403 new one 1')
})

test('in the main thread other code is imported beside the old', async (t) => {
  const { ask, change } = await running(t, 0)
  assert.equal(await ask(''), '403 one 1')
  await change({ 'counter.ts': counter.replace('${word}', 'new ${word}') })
  assert.equal(await ask(''), '403 new one 1')
  await change({ 'counter.ts': counter })
  assert.equal(await ask(''), '403 one 2')
})

test('what explains a request runs them where it is told to, and else says that it did not', async (t) => {
  const folder = folderWith(t, {
    'openapi.yaml': contract,
    'concordat.yaml': configuration,
    'counter.ts': counter,
  })
  const words = ['explain', 'GET', '/things', '--to', 'http://127.0.0.1:3000']
  const untried = await command(words, folder)
  assert.match(untried.out, /note 'counter' was not run, and says nothing here/)
  assert.match(untried.out, /would be sent to/)
  const tried = await command([...words, '--trust'], folder)
  assert.match(tried.out, /refused 403 FORBIDDEN by counter/)
  assert.doesNotMatch(tried.out, /was not run/)
})
