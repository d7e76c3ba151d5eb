import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import fc from 'fast-check'
import { command, testWorld } from '../../test/command.ts'
import { folderWith } from '../../test/folder.ts'
import { buildSnapshot } from '../control.ts'
import { type Answers, readResources } from './init-answers.ts'
import { draftConfig } from './init-config.ts'
import { draftContract } from './init-contract.ts'
import { writeDrafts } from './init-write.ts'
import { commandLine } from './main.ts'
import type { Prompts } from './prompts.ts'

const chatFile = join(import.meta.dirname, '../../examples/chat/openapi.yaml')

/** What a check of what was drafted has to say: nothing, not even a note. */
async function saidOf(t: TestContext, answers: Answers, contract?: string): Promise<string[]> {
  const text = answers.draft === undefined ? contract! : draftContract(answers.draft)
  const hasSecurity = text.includes('\nsecurity:')
  const config = draftConfig({ answers, contract: 'openapi.yaml', hasSecurity })
  const folder = folderWith(t, { 'openapi.yaml': text, 'concordat.yaml': config })
  const { problems } = await buildSnapshot({ configFile: join(folder, 'concordat.yaml'), to: [] })
  return problems.map(({ place, severity, message }) => `${place.line} ${severity} ${message}`)
}

const named = (text: string) => {
  const resources = readResources(text)
  assert.ok(typeof resources !== 'string', String(resources))
  return resources
}

const audiences = ['public', 'partner', 'internal'] as const
const credentials = ['key', 'bearer', 'both', 'none'] as const
const topics = [
  'items',
  'channels, channels/messages, users/messages',
  'people data/OrderItem',
  'a a/a',
]
const slowest = [10, 5_000, 120_000]

for (const audience of audiences) {
  for (const credential of credentials) {
    test(`whatever else is answered, check is silent: ${audience}, ${credential}`, async (t) => {
      for (const [at, requestsPerMinute] of [0, 1, 1_200].entries()) {
        for (const isShadow of [false, true]) {
          const resources = named(topics[(at + credentials.indexOf(credential)) % topics.length]!)
          const draft = { title: 'It: "x" #1', resources, credential }
          const upstream = 'http://[::1]:3000/base'
          const slowestMs = slowest[at]!
          const answers = { upstream, audience, requestsPerMinute, slowestMs, isShadow, draft }
          assert.deepEqual(await saidOf(t, answers), [])
        }
      }
    })
  }
  test(`check is silent about a contract that was there: ${audience}`, async (t) => {
    const usual = { upstream: 'http://127.0.0.1:3000', audience, slowestMs: 5_000 }
    for (const isShadow of [false, true]) {
      const answers = { ...usual, requestsPerMinute: 600, isShadow, draft: undefined }
      assert.deepEqual(await saidOf(t, answers, readFileSync(chatFile, 'utf8')), [])
    }
  })
}

test('of whatever names are given, a draft is sound or the names are refused', async (t) => {
  const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,12}$/)
  const path = fc.array(name, { minLength: 1, maxLength: 2 }).map((parts) => parts.join('/'))
  await fc.assert(
    fc.asyncProperty(fc.array(path, { minLength: 1, maxLength: 4 }), async (paths) => {
      const resources = readResources(paths.join(','))
      if (typeof resources === 'string') return
      const draft = { title: 'X', resources, credential: 'both' as const }
      const usual = { upstream: 'http://a', audience: 'public' as const, requestsPerMinute: 1 }
      assert.deepEqual(await saidOf(t, { ...usual, slowestMs: 10, isShadow: false, draft }), [])
    }),
    { numRuns: 25 },
  )
})

const names: [written: string, want: string | [string, string | undefined][]][] = [
  ['note', [['notes', undefined]]],
  ['OrderItems', [['order-items', undefined]]],
  [
    'category, box',
    [
      ['categories', undefined],
      ['boxes', undefined],
    ],
  ],
  [
    'channels/messages',
    [
      ['channels', undefined],
      ['messages', 'channels'],
    ],
  ],
  ['a/b/c', "'a/b/c' nests deeper than two: give the last its own address."],
  [
    'Users and groups',
    [
      ['users', undefined],
      ['groups', undefined],
    ],
  ],
  ['', 'Name at least one thing, such as notes.'],
  ['größe', "'größe' is no name: letters, digits and hyphens make one."],
  ['items item-pages', "'item-pages' and 'items' would both be called ItemPage."],
  ['errors', "'errors' and the form of errors would both be called Error."],
]

for (const [written, want] of names) {
  test(`'${written}' names ${typeof want === 'string' ? 'nothing' : want.length}`, () => {
    const read = readResources(written)
    const found = typeof read === 'string' ? read : read.map((one) => [one.name, one.parent])
    assert.deepEqual(found, want)
  })
}

test('init drafts a contract and a configuration, and says what to run', async (t) => {
  const folder = folderWith(t, {})
  const { code, out, err } = await command(['init', '--yes', '--resources', 'notes'], folder)
  assert.deepEqual([code, out], [0, ''])
  assert.match(
    err,
    /^written: openapi\.yaml\nwritten: concordat\.yaml\nnext:\n {2}concordat check\n/,
  )
  assert.deepEqual(readdirSync(folder).sort(), ['concordat.yaml', 'openapi.yaml'])
  const checked = await command(['check'], folder)
  assert.match(checked.out, /\nok: concordat\.yaml, 5 operations, audience public\n$/)
})

test('init --json says what it wrote', async (t) => {
  const { out } = await command(['init', '--yes', '--json', 'api.yaml'], folderWith(t, {}))
  const next = ['concordat check', 'concordat mock', 'concordat run']
  assert.deepEqual(JSON.parse(out), { written: ['api.yaml', 'concordat.yaml'], next })
})

test('what init drafts is mocked at once', async (t) => {
  const folder = folderWith(t, {})
  const drafted = ['init', '--yes', '--resources', 'channels/messages', '--audience', 'internal']
  await command([...drafted, '--credential', 'none'], folder)
  const file = join(folder, 'concordat.yaml')
  writeFileSync(file, `${readFileSync(file, 'utf8')}log: { access: off }\n`)
  const one = testWorld(folder)
  const ended = commandLine(['mock', '--port', '0', '--json'], one.world)
  t.after(() => one.stop())
  const [line] = await one.hears('out', /^\{.*\}$/m)
  const { url } = JSON.parse(line) as { url: string }
  const body = JSON.stringify({ name: 'Hi' })
  const headers = { 'content-type': 'application/json' }
  const at = `${url}/v1/channels/cha_a1b2c3/messages`
  const sent = await fetch(at, { method: 'POST', headers, body })
  assert.equal(sent.status, 201)
  const listed = (await (await fetch(at)).json()) as { data: { name: string }[] }
  assert.ok(listed.data.some(({ name }) => name === 'Hi'))
  one.stop()
  assert.equal(await ended, 0)
})

test('a contract that is there is left as it is', async (t) => {
  const chat = readFileSync(chatFile, 'utf8')
  const folder = folderWith(t, { 'openapi.yaml': chat })
  const { err } = await command(['init', '--yes', '--upstream', 'http://10.0.0.7:80'], folder)
  assert.match(err, /^written: concordat\.yaml\n/)
  assert.equal(readFileSync(join(folder, 'openapi.yaml'), 'utf8'), chat)
  const config = readFileSync(join(folder, 'concordat.yaml'), 'utf8')
  assert.match(config, /endpoints: \['http:\/\/10\.0\.0\.7:80'\]/)
})

const kept = 'audience: partner\n'

test('a configuration that is there is not replaced unless that is wanted', async (t) => {
  const folder = folderWith(t, { 'concordat.yaml': kept })
  const text = () => readFileSync(join(folder, 'concordat.yaml'), 'utf8')
  const refused = await command(['init', '--yes'], folder)
  assert.match(refused.err, /concordat\.yaml is there already: --force replaces it/)
  assert.deepEqual([refused.code, text()], [1, kept])
  assert.equal((await command(['init', '--yes', '--force'], folder)).code, 0)
  assert.match(text(), /audience: public/)
})

const refusals: [says: string, args: string[], code: number, want: RegExp][] = [
  ['an address that is none', ['--upstream', 'here'], 2, /--upstream: It is an address/],
  ['names that are none', ['--resources', '1/2/3'], 2, /--resources: '1' is no name/],
  ['a latency beyond bounds', ['--latency', '0'], 2, /--latency is from 10 to 120000 ms/],
  ['a contract of another form', ['api.json'], 2, /no file api\.json; a draft is YAML/],
  ['an audience that is none', ['--audience', 'all'], 2, /public, partner, internal/],
  [
    'a service that would be ourselves',
    ['--upstream', 'http://127.0.0.1:8080'],
    1,
    /concordat\.yaml:\d+:\d+ error .*8080/,
  ],
  ['a folder that is not there', ['no/where.yaml'], 1, /nothing was written: ENOENT/],
]

for (const [says, args, wanted, want] of refusals) {
  test(`init refuses ${says}, and writes nothing`, async (t) => {
    const folder = folderWith(t, {})
    const { code, err, out } = await command(['init', '--yes', ...args], folder)
    assert.match(err, want)
    assert.deepEqual([code, out, readdirSync(folder)], [wanted, '', []])
  })
}

test('a folder whose configuration is code gets no second one', async (t) => {
  const folder = folderWith(t, { 'concordat.config.ts': 'export default {}\n' })
  const { code, err } = await command(['init', '--yes', '--force'], folder)
  assert.match(err, /concordat\.config\.ts is the configuration of this folder already/)
  assert.deepEqual([code, readdirSync(folder)], [2, ['concordat.config.ts']])
})

test('what a contract that is there decides already is not taken from the command line', async (t) => {
  const folder = folderWith(t, { 'openapi.yaml': readFileSync(chatFile, 'utf8') })
  const { code, err } = await command(['init', '--yes', '--title', 'X'], folder)
  assert.match(err, /--title has no effect: openapi\.yaml is there already/)
  assert.equal(code, 2)
})

test('a contract with errors has to be mended first', async (t) => {
  const folder = folderWith(t, {
    'openapi.yaml': 'openapi: 3.1.0\ninfo: {}\npaths: { here: {} }\n',
  })
  const { code, err } = await command(['init', '--yes'], folder)
  assert.match(err, /openapi\.yaml:3:\d+ error .*slash/)
  assert.match(err, /openapi\.yaml has to be mended first/)
  assert.deepEqual([code, readdirSync(folder)], [1, ['openapi.yaml']])
})

/** Answers in turn; undefined: Ctrl-C. */
function promptsOf(answers: readonly (string | boolean | undefined)[]) {
  const asked: string[] = []
  const next = async (message: string) => {
    asked.push(message)
    return answers[asked.length - 1]
  }
  const prompts = {
    text: ({ message }: { message: string }) => next(message),
    choose: ({ message }: { message: string }) => next(message),
    confirm: (message: string) => next(message),
  } as unknown as Prompts
  return { asked, prompts: async () => prompts }
}

async function asking(
  folder: string,
  answers: readonly (string | boolean | undefined)[],
  args: string[] = [],
) {
  const one = testWorld(folder)
  const { asked, prompts } = promptsOf(answers)
  const code = await commandLine(['init', ...args], { ...one.world, prompts })
  return { code, asked, ...one.said() }
}

const person = ['http://127.0.0.1:4000', 'partner', 'Notes', 'notes', 'bearer', '60', '1000']

test('a person is asked, and what he says is drafted', async (t) => {
  const folder = folderWith(t, {})
  const { code, asked } = await asking(folder, person)
  assert.deepEqual([code, asked.length], [0, person.length])
  const config = readFileSync(join(folder, 'concordat.yaml'), 'utf8')
  assert.match(config, /audience: partner/)
  assert.match(config, /limit: \{ requestsMax: 60, windowMs: 60000, burstMax: 15 \}/)
  assert.match(config, /firstByteTimeoutMs: 4000/)
  const contract = readFileSync(join(folder, 'openapi.yaml'), 'utf8')
  assert.match(contract, /title: "Notes"[^]*scheme: bearer/)
})

test('what the command line says is not asked', async (t) => {
  const args = ['--audience', 'internal', '--latency', '10', '--resources', 'notes']
  const { code, asked } = await asking(folderWith(t, {}), ['http://a', 'Notes', 'key', '0'], args)
  assert.deepEqual([code, asked.length], [0, 4])
})

test('about a contract that is there it is asked whether clients call it already', async (t) => {
  const folder = folderWith(t, { 'openapi.yaml': readFileSync(chatFile, 'utf8') })
  const { asked } = await asking(folder, ['http://a', 'public', '600', '1000', true])
  assert.match(asked.at(-1) ?? '', /count at first/)
  const config = readFileSync(join(folder, 'concordat.yaml'), 'utf8')
  assert.match(config, /burstMax: 150, mode: shadow/)
  assert.match(config, /validation: \{ mode: shadow \}/)
})

for (const at of person.keys()) {
  test(`who stops at question ${at + 1} finds nothing written`, async (t) => {
    const folder = folderWith(t, {})
    const { code, err } = await asking(folder, person.slice(0, at))
    assert.deepEqual([code, err, readdirSync(folder)], [1, 'nothing was written\n', []])
  })
}

test('who does not want a configuration replaced keeps it', async (t) => {
  const folder = folderWith(t, { 'concordat.yaml': kept })
  const { code, asked } = await asking(folder, [false])
  assert.deepEqual([code, asked.length, readdirSync(folder)], [1, 1, ['concordat.yaml']])
})

const draft = (folder: string, name: string, text: string) => {
  return { path: join(folder, name), text, mayReplace: false }
}

test('who stops right before the end finds nothing, nor does who was quicker lose anything', async (t) => {
  const folder = folderWith(t, {})
  const contractPath = join(folder, 'openapi.yaml')
  const contract = draft(folder, 'openapi.yaml', readFileSync(chatFile, 'utf8'))
  const config = draft(
    folder,
    'concordat.yaml',
    "upstreams: { a: { endpoints: ['http://a'] } }\npolicies: { auth: upstream }\n",
  )
  const drafts = { contract, config, contractPath, isStopped: () => true }
  assert.deepEqual(await writeDrafts(drafts), { at: 'stopped' })
  assert.deepEqual(readdirSync(folder), [])
  mkdirSync(config.path)
  const written = await writeDrafts({ ...drafts, isStopped: () => false })
  assert.deepEqual(written, { at: 'taken', path: config.path })
  assert.deepEqual(readdirSync(folder), ['concordat.yaml'])
})
