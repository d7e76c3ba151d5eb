// The page on upstreams: its commands make what its configurations name, and those are accepted.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeAuthority, makeCertificate } from '../test/certificates.ts'
import { testWorld } from '../test/command.ts'
import { folderWith } from '../test/folder.ts'
import { commandLine } from '../src/cli/main.ts'
import { readEndpoint } from '../src/control/endpoints.ts'
import { authorityOf } from '../src/upstream/transport.ts'
import { blocksOf } from './run-page.ts'

const page = readFileSync(join(import.meta.dirname, 'upstreams.md'), 'utf8')
const blocks = blocksOf(page)
const files = Object.fromEntries(
  blocks.flatMap(({ info, text }) => {
    const name = /^yaml file=(?<name>\S+)$/.exec(info)?.groups!['name']
    return name === undefined ? [] : [[name, text]]
  }),
)
const commands = blocks
  .filter(({ info }) => info === 'sh')
  .flatMap(({ text }) =>
    text
      .trim()
      .split('\n')
      .map((line) => line.split(' ')),
  )

const hasOpenssl = spawnSync('openssl', ['version']).error === undefined

/** What the commands would have made, where there is no openssl. */
function makeFiles(folder: string): void {
  const issuer = makeAuthority()
  const own = makeCertificate({ name: 'gateway', issuer })
  const made = { 'ca.pem': issuer.cert, 'gateway.pem': own.cert, 'gateway.key': own.key }
  for (const [name, text] of Object.entries(made)) writeFileSync(join(folder, name), text)
}

test('the commands of the page work as they are printed', async (t) => {
  const folder = folderWith(t, files)
  if (!hasOpenssl) makeFiles(folder)
  for (const [program, ...options] of commands) {
    if (program === 'concordat') {
      const { world, said } = testWorld(folder)
      assert.equal(await commandLine(options, world), 0, said().out + said().err)
    } else if (hasOpenssl) {
      execFileSync(program!, options, { cwd: folder, stdio: 'ignore' })
    }
  }
})

test('every configuration of the page is accepted', async (t) => {
  const folder = folderWith(t, files)
  makeFiles(folder)
  const configurations = Object.keys(files).filter((name) => name !== 'openapi.yaml')
  assert.equal(configurations.length, 5)
  for (const name of configurations) {
    const { world, said } = testWorld(folder)
    const code = await commandLine(['check', '--config', name], world)
    assert.equal(code, 0, said().out + said().err)
  }
})

test('every address of the page is read, and its Host is the one that is shown', () => {
  const rows = [
    ...page.matchAll(/^\| `(?<written>(?:https?|h2c|unix):\S+)` \|.*\| `(?<host>\S+)` \|$/gm),
  ]
  assert.equal(rows.length, 6)
  for (const { groups } of rows) {
    const endpoint = readEndpoint(groups!['written']!)
    assert.ok(typeof endpoint !== 'string', String(endpoint))
    assert.equal(authorityOf(endpoint), groups!['host'])
  }
})
