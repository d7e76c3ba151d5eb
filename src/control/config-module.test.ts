import assert from 'node:assert/strict'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { folderWith } from '../../test/folder.ts'
import { placeText } from '../base.ts'
import { openSnapshot } from '../snapshot.ts'
import { buildSnapshot } from './build.ts'
import type { Built } from './build-types.ts'
import { buildInThread } from './compiler-thread.ts'

const contract = `openapi: 3.1.0
info: { title: Things, version: '1' }
paths:
  /things: { get: { responses: { '200': { description: ok } } } }
`

const configuration = `import { defineConfig } from 'concordat'
import { hosts } from './hosts.ts'
const port: number = 8081
export default defineConfig({
  contract: 'openapi.yaml',
  hosts,
  listen: { host: '127.0.0.1', port },
  policies: {
    limit: { requestsMax: 10, windowMs: 1_000 },
  },
})
`

function folderOf(t: TestContext, text = configuration): string {
  return folderWith(t, {
    'openapi.yaml': contract,
    'concordat.config.ts': text,
    'hosts.ts': "export const hosts = ['api.test']\n",
  })
}

const optionsFor = (folder: string, trust = true) => ({
  configFile: join(folder, 'concordat.config.ts'),
  to: [],
  upstreamNeeded: false,
  trust,
})

const said = ({ problems }: Built, folder: string): string[] =>
  problems.map(
    ({ place, severity, message }) =>
      `${placeText(place).replace(`${folder}/`, '')} ${severity} ${message}`,
  )

test('a configuration may be a program, with what it imports', async (t) => {
  const folder = folderOf(t)
  const built = await buildSnapshot(optionsFor(folder))
  assert.deepEqual(said(built, folder), [])
  assert.deepEqual(openSnapshot(built.snapshot!).hosts, ['api.test'])
  assert.equal(built.deployment.listen[0]?.port, 8081)
  const files = built.files.map(({ path }) => path.replace(`${folder}/`, ''))
  assert.deepEqual(files, ['concordat.config.ts', 'hosts.ts', 'openapi.yaml'])
})

test('it is not run where it is not trusted', async (t) => {
  const folder = folderOf(t, `globalThis.wasRun = true\n${configuration}`)
  const built = await buildSnapshot(optionsFor(folder, false))
  assert.deepEqual(said(built, folder), [
    'concordat.config.ts:1:1 error it is a program, and was not run: --trust runs it',
  ])
  assert.equal('wasRun' in globalThis, false)
})

const refusals: readonly [says: string, from: string, to: string, line: RegExp][] = [
  [
    'a value by the keys that lead to it',
    'windowMs: 1_000',
    "windowMs: '1s'",
    /^concordat.config.ts:9:31 error 'policies.limit.windowMs' must be a number, not a string$/,
  ],
  [
    'a value that was made elsewhere by the nearest key',
    'port: number = 8081',
    'port: number = 99_999',
    /^concordat.config.ts:7:3 error 'listen.port' must be at most 65535$/,
  ],
  [
    'an unknown key',
    'listen:',
    'lisen:',
    /^concordat.config.ts:7:3 error unknown key 'lisen' \(did you mean 'listen'\?\)$/,
  ],
  [
    'what is no data',
    'requestsMax: 10',
    'requestsMax: () => 10',
    /^concordat.config.ts:9:14 error 'policies.limit.requestsMax' is a function, and only data/,
  ],
  [
    'a circle',
    'export default',
    'const circle: { of?: object } = {}\ncircle.of = circle\nexport default circle as never;',
    /^concordat.config.ts:1:1 error 'of(\.of)+' is deeper than 64, or a circle/,
  ],
  [
    'what is not exported',
    'export default',
    'export const config =',
    /^concordat.config.ts:1:1 error it exports no configuration/,
  ],
  [
    'what it throws',
    'const port',
    "if (hosts.length > 0) throw new RangeError('no')\nconst port",
    /^concordat.config.ts:3:29 error the configuration threw: RangeError: no$/,
  ],
  [
    'what it waits for in vain',
    'const port',
    'await new Promise(() => {})\nconst port',
    /^concordat.config.ts:1:1 error the configuration threw: Error: it waits at its top/,
  ],
  ['what cannot be parsed', 'const port', 'const', /^concordat.config.ts:3:\d+ error Expected/],
]

test('what is wrong in it is said with its place', async (all) => {
  for (const [says, from, to, line] of refusals) {
    await all.test(says, async (t) => {
      const folder = folderOf(t, configuration.replace(from, to))
      const [first] = said(await buildSnapshot(optionsFor(folder)), folder)
      assert.match(first ?? 'nothing was said', line)
    })
  }
})

test('what it says today is not kept for tomorrow, and its timers keep no thread alive', async (t) => {
  const timed = `setInterval(() => {}, 1_000)\n${configuration}`
  const text = timed.replace('8081', "Number(process.env['TEST_PORT'])")
  const folder = folderOf(t, text)
  const cache = join(folder, 'cache')
  for (const port of ['8083', '8084']) {
    process.env['TEST_PORT'] = port
    const built = await buildInThread(optionsFor(folder), cache)
    assert.deepEqual(said(built, folder), [])
    assert.equal(String(built.deployment.listen[0]?.port), port)
  }
  delete process.env['TEST_PORT']
  assert.throws(() => readdirSync(cache), /ENOENT/)
})

test('a changed import is seen by the next build in the same process', async (t) => {
  const folder = folderOf(t)
  await buildSnapshot(optionsFor(folder))
  writeFileSync(join(folder, 'hosts.ts'), "export const hosts = ['other.test']\n")
  const built = await buildSnapshot(optionsFor(folder))
  assert.deepEqual(openSnapshot(built.snapshot!).hosts, ['other.test'])
})
