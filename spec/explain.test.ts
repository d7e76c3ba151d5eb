// The pages on explain and on the shadow report show files and commands: they work as they are
// printed, and say what is shown.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { commandLine } from '../src/cli/main.ts'
import { command, testWorld } from '../test/command.ts'
import { folderWith } from '../test/folder.ts'
import { blocksOf } from './run-page.ts'

/** What is never heard must not hold the run. */
const bounded = { timeout: 60_000 }

interface Shown {
  /** As it is typed, without `concordat`. */
  readonly args: readonly string[]
  readonly out: string
}

function pageOf(name: string) {
  const blocks = blocksOf(readFileSync(join(import.meta.dirname, name), 'utf8'))
  const named = blocks.map(({ info, text }) => [/ file=(\S+)$/.exec(info)?.[1], text] as const)
  const files = named.filter((one): one is [string, string] => one[0] !== undefined)
  const shown = (kind: string) => blocks.filter(({ info }) => info === kind).map(shownIn)
  return { files: Object.fromEntries(files), tried: shown('console'), live: shown('console live') }
}

function shownIn({ text }: { readonly text: string }): Shown {
  const [line = '', ...out] = text.split('\n')
  assert.match(line, /^\$ concordat /)
  return { args: line.split(' ').slice(2), out: out.join('\n') }
}

/** Whether a text is as shown: `…` stands for anything, and columns may be as wide as they like. */
function assertShown(got: string, shown: string): void {
  const parts = shown.split('…').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  const wanted = parts.join('[^]*').replaceAll(/ {2,}/g, ' +')
  assert.match(got, new RegExp(`^${wanted}$`))
}

const explain = pageOf('explain.md')
const shadow = pageOf('shadow.md')

for (const { args, out } of explain.tried) {
  test(`concordat ${args.join(' ')}`, async (t) => {
    const folder = folderWith(t, explain.files)
    assertShown((await command([...args], folder)).out, out)
  })
}

/** Serves a page's files, in front of a service of the test's own. */
async function served(t: TestContext, files: Readonly<Record<string, string>>) {
  const service = createServer((_, response) => response.end('[]')).listen(0, '127.0.0.1')
  await once(service, 'listening')
  t.after(() => service.close().closeAllConnections())
  const { port } = service.address() as AddressInfo
  const folder = folderWith(t, files)
  const config = files['concordat.yaml']!.replace(':3000', `:${port}`)
  writeFileSync(join(folder, 'concordat.yaml'), `${config}log: { access: off }\n`)
  const one = testWorld(folder)
  const ports = ['--port', '0', '--admin-port', '0', '--workers', '1']
  const ended = commandLine(['run', '--json', ...ports], one.world)
  t.after(() => {
    one.stop()
    return ended
  })
  const [, url, admin] = await one.hears('out', /"url":"(.*?)","adminUrl":"(.*?)".*\n/)
  return {
    ask: (path: string) => fetch(`${url}${path}`),
    told: (args: readonly string[]) => command([...args, '--admin', admin!], folder),
  }
}

test('explain of a request that was served', bounded, async (t) => {
  const { ask, told } = await served(t, explain.files)
  const [{ args, out }] = explain.live as [Shown]
  const id = (await ask('/notes?limit=500')).headers.get('x-request-id')!
  const typed = args.map((word) => (word.endsWith('…') ? id : word))
  assertShown((await told(typed)).out, out)
})

test('the shadow report', bounded, async (t) => {
  const { ask, told } = await served(t, shadow.files)
  for (let i = 0; i < 5; i++) await ask('/notes')
  const [{ args, out }] = shadow.live as [Shown]
  assertShown((await told(args)).out, out)
})
