// The page on custom policies shows files and commands: they work as they are printed.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { commandLine } from '../src/cli/main.ts'
import { command, testWorld } from '../test/command.ts'
import { folderWith } from '../test/folder.ts'
import { blocksOf } from './run-page.ts'

const root = join(import.meta.dirname, '..')
const example = join(root, 'examples/custom-policy')
const blocks = blocksOf(readFileSync(join(import.meta.dirname, 'custom-policies.md'), 'utf8'))
const { 'concordat.config.ts': configuration, ...files } = Object.fromEntries(
  blocks.flatMap(({ info, text }) => {
    const name = /file=(\S+)/.exec(info)?.[1]
    return name === undefined ? [] : [[name, text]]
  }),
)
const commands = blocks
  .filter(({ info }) => info === 'sh')
  .map(({ text }) => text.trim().split('\n'))

/** `concordat check …` as its arguments. */
const argsOf = (line: string | undefined): string[] => line!.split(' ').slice(1)

test('its files are those of the example', () => {
  const names = globSync('**/*.{ts,yaml}', { cwd: example })
  assert.deepEqual(Object.keys(files).toSorted(), names.toSorted())
  for (const name of names) assert.equal(files[name], readFileSync(join(example, name), 'utf8'))
})

test('check and routes take them', async (t) => {
  const folder = folderWith(t, files)
  const [check, routes] = commands[0]!
  const checked = await command(argsOf(check), folder)
  assert.match(checked.out, /^ok: concordat.yaml, 2 operations, audience public$/m)
  const listed = await command(argsOf(routes), folder)
  assert.match(listed.out, /addOrder .*, maintenance$/m)
  assert.doesNotMatch(listed.out, /listOrders .*maintenance/)
  const untrusted = await command(['check'], folder)
  assert.equal(untrusted.code, 0)
  assert.match(untrusted.out, /warning policies\/maintenance.ts was not run/)
})

test('its tests pass', async (t) => {
  const folder = folderWith(t, files)
  const [, , ...args] = commands[1]![0]!.split(' ')
  const { NODE_TEST_CONTEXT: _own, ...env } = process.env
  // As if the package was installed there.
  const installed = ['--import', join(root, 'test/own-name.ts')]
  const { stdout } = await promisify(execFile)(process.execPath, [...installed, ...args], {
    cwd: folder,
    env,
  })
  assert.match(stdout, /pass 4\n/)
})

test('run serves them, and what is saved while it runs', async (t) => {
  const folder = folderWith(t, files)
  const service = createServer((_, response) => void response.end('[]'))
  service.listen(0, '127.0.0.1')
  await once(service, 'listening')
  t.after(() => service.close().closeAllConnections())
  const { port } = service.address() as AddressInfo
  const line = commands[2]![0]!.replace('3000', String(port))
  const one = testWorld(folder)
  // Quiet, and beside whatever serves on this machine.
  const quiet = files['concordat.yaml']!.replace('contract:', 'log: { access: off }\ncontract:')
  writeFileSync(join(folder, 'concordat.yaml'), quiet)
  const ports = ['--port', '0', '--admin-port', '0', '--workers', '1']
  const ended = commandLine([...argsOf(line), ...ports], one.world)
  const [, url] = await one.hears('err', /Orders\s+(http:\S+)/)
  const asked = async () =>
    (await fetch(`${url}/orders`, { headers: { Connection: 'close' } })).status
  assert.equal(await asked(), 200)
  // Without the lines that let anything pass.
  const always = files['policies/maintenance.ts']!.replaceAll(/^ +if \(.*return undefined$/gm, '')
  writeFileSync(join(folder, 'policies/maintenance.ts'), always)
  await one.hears('err', /reloaded/)
  assert.equal(await asked(), 503)
  one.stop()
  assert.equal(await ended, 0)
})

test('the configuration in TypeScript is taken in place of the other', async (t) => {
  const { 'concordat.yaml': _replaced, ...others } = files
  const folder = folderWith(t, { ...others, 'concordat.config.ts': configuration! })
  const { out, err } = await command(['check', '--trust'], folder)
  assert.match(out, /^ok: concordat.config.ts, 2 operations/m, out + err)
})
