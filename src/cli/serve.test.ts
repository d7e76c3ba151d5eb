import assert from 'node:assert/strict'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { testWorld } from '../../test/command.ts'
import { folderWith } from '../../test/folder.ts'
import { commandLine } from './main.ts'

/** What is never heard must not hold the run. */
const bounded = { timeout: 60_000 }

const contractWith = (...paths: string[]): string =>
  `openapi: 3.1.0
info: { title: Notes, version: 1.0.0 }
paths:
${paths.map((path) => `  ${path}: { get: { responses: { '200': { description: ok } } } }\n`).join('')}`

const config = (more = '', host = '127.0.0.1'): string =>
  `contract: notes.yaml\nlog: { access: off }\nlisten: { host: ${host}, port: 0 }\n${more}`

async function serviceUrl(t: TestContext): Promise<string> {
  const server = createServer((_, response) => response.end('{}')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close().closeAllConnections())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Serves the folder until the test is over. */
async function serving(t: TestContext, ...args: string[]) {
  const folder = folderWith(t, {
    'notes.yaml': contractWith('/notes'),
    'concordat.yaml': config(),
  })
  const one = testWorld(folder)
  const to = await serviceUrl(t)
  const given = ['--to', to, '--admin-port', '0', '--workers', '0', ...args]
  const ended = commandLine(['run', ...given], one.world)
  const stop = () => {
    one.stop()
    return ended
  }
  t.after(stop)
  const said = args.includes('--json')
    ? await one.hears('out', /"url":"(.*?)","adminUrl":"(.*?)".*\n/)
    : await one.hears('err', /^Notes +(\S+)\nadmin +(\S+) [\s\S]*revision .*\n/m)
  const [, url, adminUrl] = said
  return {
    ...one,
    stop,
    write: (file: string, text: string) => writeFileSync(join(folder, file), text),
    remove: (file: string) => rmSync(join(folder, file)),
    status: async (path: string) => (await fetch(`${url}${path}`)).status,
    async readiness(): Promise<Record<string, unknown>> {
      const reply = await fetch(`${adminUrl}/readyz`)
      const { data } = (await reply.json()) as { data: { details: { configuration: object } } }
      return { status: reply.status, ...data.details.configuration }
    },
    metrics: async () => (await fetch(`${adminUrl}/metrics`)).text(),
  }
}

const overlay = (action: string): string =>
  `overlay: 1.0.0\ninfo: { title: O, version: '1' }\nactions:\n  - ${action}\n`

test(
  'a changed overlay is in force without a restart, or refused at its line',
  bounded,
  async (t) => {
    const { hears, write, status } = await serving(t)
    write('o.yaml', overlay('{ target: $.paths, update: { /more: { get: { responses: {} } } } }'))
    write('concordat.yaml', config('overlays: [o.yaml]\n'))
    await hears('err', /^reloaded: revision \w+ \(1 operation more\)/m)
    assert.equal(await status('/more'), 200)
    write('o.yaml', overlay('{ target: "$.paths[\'/none\']", remove: true }'))
    await hears('err', /^o\.yaml:4:7 error this selects nothing/m)
    assert.equal(await status('/more'), 200)
    write('o.yaml', overlay('{ target: $.paths, update: { /most: { get: { responses: {} } } } }'))
    await hears('err', /^reloaded: revision \w+ \(1 operation more, 1 less\)/m)
    assert.deepEqual([await status('/more'), await status('/most')], [404, 200])
  },
)

test('a changed contract is served without a restart, and said in one line', bounded, async (t) => {
  const { hears, write, status, readiness, metrics, said } = await serving(t)
  assert.equal(await status('/more'), 404)
  const before = await readiness()
  write('notes.yaml', contractWith('/notes', '/more', '/most'))
  const [, revision] = await hears(
    'err',
    /^reloaded: revision ([0-9a-f]{12}) \(2 operations more\) in \d+ ms\n/m,
  )
  assert.deepEqual([await status('/more'), await status('/notes')], [200, 200])
  const now = await readiness()
  assert.equal(now['state'], 'current')
  assert.notEqual(now['revision'], before['revision'])
  assert.equal(String(now['revision']).slice(0, 12), revision)
  write('notes.yaml', contractWith('/more', '/other'))
  await hears('err', /\(1 operation more, 2 less\) in/)
  assert.deepEqual([await status('/notes'), await status('/other')], [404, 200])
  assert.match(await metrics(), /^concordat_reloads_total\{outcome="applied"\} 2$/m)
  assert.doesNotMatch(said().err, /error/)
})

test(
  'a bad configuration leaves the old one running and says why, until it is mended',
  bounded,
  async (t) => {
    const { hears, write, status, readiness, metrics } = await serving(t)
    const before = await readiness()
    write('concordat.yaml', config('limits: { nonsense: 1 }\n'))
    await hears('err', /^concordat\.yaml:4:11 error .*nonsense.*\n/m)
    await hears('err', /^error: concordat\.yaml is refused: 1 error\n/m)
    await hears('err', /^the configuration of \d\d:\d\d:\d\d stays in force\n/m)
    assert.equal(await status('/notes'), 200)
    const refused = await readiness()
    assert.deepEqual(
      { ...refused, problem: '', since: '' },
      { ...before, state: 'refused', problem: '', problems: 1, since: '' },
    )
    assert.match(String(refused['problem']), /^concordat\.yaml:4:11 error .*nonsense/)
    const scraped = await metrics()
    assert.match(scraped, /^concordat_reloads_total\{outcome="refused"\} 1$/m)
    assert.match(scraped, /^concordat_configuration_current 0$/m)
    write('concordat.yaml', config('limits: { headFieldsMax: 50 }\n'))
    await hears('err', /^reloaded: .* \(the same operations\) in/m)
    assert.equal((await readiness())['state'], 'current')
    assert.match(await metrics(), /^concordat_configuration_current 1$/m)
  },
)

test(
  'a list of addresses is followed as the configuration is that names it',
  bounded,
  async (t) => {
    const { hears, write, status } = await serving(t)
    write('deny.txt', '# nobody yet\n')
    write('concordat.yaml', config('policies: { ip: { denyFiles: [deny.txt] } }\n'))
    await hears('err', /^reloaded: /m)
    assert.equal(await status('/notes'), 200)
    write('deny.txt', '127.0.0.0/8\n')
    await hears('err', /^reloaded: .* \(the same operations\)/m)
    assert.equal(await status('/notes'), 403)
    write('deny.txt', '127.0.0.0/8\nno address\n')
    await hears('err', /^deny\.txt:2:1 error .*\n/m)
    assert.equal(await status('/notes'), 403)
    write('deny.txt', '')
    await hears('err', /^reloaded: /m)
    assert.equal(await status('/notes'), 200)
  },
)

test('a contract that goes is refused, and found again when it comes back', bounded, async (t) => {
  const { hears, write, remove, status, readiness } = await serving(t)
  remove('notes.yaml')
  await hears('err', /concordat\.yaml:1:1 error .*notes\.yaml does not exist\n/)
  assert.equal(await status('/notes'), 200)
  write('notes.yaml', contractWith('/notes'))
  await hears('err', /^unchanged: revision [0-9a-f]{12} of \d\d:\d\d:\d\d stays in force\n/m)
  assert.equal((await readiness())['state'], 'current')
})

test('what needs a restart is said, and the rest is put in force', bounded, async (t) => {
  const { hears, write, readiness, metrics, status } = await serving(t)
  write('notes.yaml', contractWith('/notes', '/more'))
  write('concordat.yaml', config('admin: { allowedHosts: [ops.test] }\n'))
  await hears(
    'err',
    /^reloaded: .* \(1 operation more\).*\nwarning: needs a restart: admin\.allowed/m,
  )
  assert.equal(await status('/more'), 200)
  const { state, restart } = await readiness()
  const want = { state: 'restart', restart: ['admin.allowedHosts: [] → [ops.test]'] }
  assert.deepEqual({ state, restart }, want)
  assert.match(await metrics(), /^concordat_configuration_current 0$/m)
})

test('what the command line says wins over what is written later', bounded, async (t) => {
  const { hears, write, status } = await serving(t, '--host', '127.0.0.1')
  write('concordat.yaml', config('admin: { port: 2 }\nworkers: 1\n', '192.0.2.1'))
  await hears('err', /^unchanged: /m)
  assert.equal(await status('/notes'), 200)
})

test('another address is taken while running, and said', bounded, async (t) => {
  const { hears, write, readiness } = await serving(t, '--workers', '1')
  write('concordat.yaml', config('', 'localhost'))
  const [, url] = await hears('err', /^reloaded: .*\nserves at (http:\/\/localhost:\d+)\n/m)
  assert.equal((await fetch(`${url}/notes`)).status, 200)
  assert.equal((await readiness())['state'], 'current')
})

test('settings that cannot be put in force leave the old ones, and say why', bounded, async (t) => {
  const { hears, write, status, readiness } = await serving(t)
  write('concordat.yaml', config().replace('access: off', 'access: stdout'))
  await hears('err', /^error: concordat\.yaml cannot be put in force: .*restart\n/m)
  assert.equal(await status('/notes'), 200)
  assert.equal((await readiness())['state'], 'failed')
})

test('with --no-watch only SIGHUP puts what is written in force', bounded, async (t) => {
  const { hears, write, reload, status, said } = await serving(t, '--no-watch')
  reload()
  await hears('err', /^unchanged: /m)
  write('notes.yaml', contractWith('/notes', '/more'))
  assert.equal(await status('/more'), 404)
  reload()
  await hears('err', /^reloaded: /m)
  assert.equal(await status('/more'), 200)
  assert.equal(said().err.match(/^(?:reloaded|unchanged)/gm)?.length, 2)
})

test(
  'with --json each reload is one line for a program, and stderr is left alone',
  bounded,
  async (t) => {
    const { hears, write, said } = await serving(t, '--json')
    const line = async () => JSON.parse((await hears('out', /.*\n/))[0])
    write('notes.yaml', contractWith('/notes', '/more'))
    const { tookMs, revision, loadedAt, url, ...applied } = await line()
    assert.deepEqual(applied, {
      reload: 'applied',
      title: 'Notes',
      audience: 'public',
      operations: 2,
      more: 1,
      less: 0,
      problems: [],
    })
    assert.ok(tookMs >= 0)
    write('notes.yaml', 'openapi: [\n')
    const { problems, ...refused } = await line()
    assert.deepEqual(refused, {
      reload: 'refused',
      url,
      title: 'Notes',
      audience: 'public',
      operations: 2,
      revision,
      loadedAt,
    })
    assert.equal(problems[0].file, 'notes.yaml')
    assert.equal(said().err.replaceAll(/^compiling.*\n/gm, ''), '')
  },
)
