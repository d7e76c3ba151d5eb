// Runs what the page on the mock shows: each command says what stands below it.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { commandLine } from '../src/cli/main.ts'
import { testWorld } from '../test/command.ts'
import { folderWith } from '../test/folder.ts'
import { blocksOf } from './run-page.ts'

const root = join(import.meta.dirname, '..')
const page = readFileSync(join(import.meta.dirname, 'mock.md'), 'utf8')

/** Commands with what they say. */
const shown = blocksOf(page)
  .filter(({ info }) => info === 'console')
  .flatMap(({ text }) => text.split(/^\$ /m).slice(1))
  .map((one): [command: string, said: string] => {
    const [line = '', ...said] = one.split('\n')
    return [line, said.join('\n').trim()]
  })

/** Ports, revisions and times are others each time. */
const settled = (text: string): string =>
  text
    .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:0')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'time')
    .replaceAll(/^revision .*$/gm, 'revision')

async function mocked(t: TestContext, command: string): Promise<{ url: string; said: string }> {
  const one = testWorld(root)
  // The log would go to the stdout of the test.
  const quiet = 'log: { access: off }\npolicies: { auth: upstream }\n'
  const config = join(folderWith(t, { 'quiet.yaml': quiet }), 'quiet.yaml')
  const args = [...command.split(' ').slice(1), '--port', '0', '--config', config]
  const ended = commandLine(args, one.world)
  t.after(async () => {
    one.stop()
    await ended
  })
  const [said] = await one.hears('err', /^Chat [^]*credential: .*$/m)
  return { url: /http:\S+/.exec(said)![0], said }
}

/** `curl` as far as the page goes. */
async function curled(command: string, url: string): Promise<string> {
  const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word!)
  const headers: [string, string][] = []
  let method = 'GET'
  let body: string | undefined
  let target = ''
  for (let at = 1; at < words.length; at++) {
    const word = words[at]!
    if (word === '-X') method = words[++at]!
    else if (word === '-d') body = words[++at]!
    else if (word === '-H') headers.push(words[++at]!.split(': ') as [string, string])
    else target = new URL(word).pathname
  }
  const init = { method, headers, ...(body === undefined ? {} : { body }) }
  return (await fetch(`${url}${target}`, init)).text()
}

test('what the page shows is what is said', async (t) => {
  const [[start, started], ...requests] = shown as [[string, string], ...[string, string][]]
  const { url, said } = await mocked(t, start)
  assert.equal(settled(said).replaceAll(/ +/g, ' '), settled(started).replaceAll(/ +/g, ' '))
  assert.ok(requests.length > 5)
  for (const [command, wanted] of requests) {
    assert.equal(settled(await curled(command, url)), settled(wanted), command)
  }
})
