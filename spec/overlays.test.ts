// The page on overlays shows files and commands: they work as they are printed.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { testWorld } from '../test/command.ts'
import { folderWith } from '../test/folder.ts'
import { commandLine } from '../src/cli/main.ts'

const page = readFileSync(join(import.meta.dirname, 'overlays.md'), 'utf8')
const blocks = [...page.matchAll(/^```(?:yaml file=(?<file>\S+))?\n(?<text>[^`]+)```$/gm)]
const files = Object.fromEntries(
  blocks.flatMap(({ groups }) => (groups?.['file'] ? [[groups['file'], groups['text']!]] : [])),
)
const [commands, refusal] = blocks.filter(({ groups }) => !groups?.['file'])

test('the commands of the page accept its files', async (t) => {
  const folder = folderWith(t, files)
  for (const line of commands!.groups!['text']!.trim().split('\n')) {
    const { world, said } = testWorld(folder)
    const code = await commandLine(line.split(' ').slice(1), world)
    assert.equal(code, 0, said().out + said().err)
    assert.match(said().out, /ok: .*, 2 operations/)
  }
})

test('a slip is refused in the words of the page', async (t) => {
  const folder = folderWith(t, files)
  const name = 'policies.overlay.yaml'
  writeFileSync(join(folder, name), files[name]!.replace('$.paths.*', '$.path'))
  const { world, said } = testWorld(folder)
  assert.equal(await commandLine(['check'], world), 1)
  assert.ok(said().out.startsWith(refusal!.groups!['text']!), said().out)
})

test('an overlay that is not there is said at once', async (t) => {
  const { world, said } = testWorld(folderWith(t, files))
  assert.equal(await commandLine(['check', 'openapi.yaml', '--overlay', 'none.yaml'], world), 2)
  assert.match(said().err, /no file none\.yaml/)
})
