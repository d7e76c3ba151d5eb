import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { pathToFileURL } from 'node:url'
import { folderWith } from '../../test/folder.ts'
import { eachOf, placeText } from '../base.ts'
import { openSnapshot } from '../snapshot.ts'
import { buildSnapshot } from './build.ts'
import { kitParts } from './bundle.ts'
import type { Built, BuildOptions } from './build-types.ts'

const contract = `openapi: 3.1.0
info: { title: Things, version: '1' }
paths:
  /things:
    get:
      operationId: listThings
      responses: { '200': { description: ok } }
`

const configuration = (policies = 'gate: { word: x }', names = 'policies/gate.ts') =>
  `contract: openapi.yaml\ncustomPolicies: [${names}]\npolicies: { ${policies} }\n`

const gate = `import { definePolicy, refuse } from 'concordat'
interface Unused { readonly a: number }
export default definePolicy({
  id: 'gate',
  about: 'Lets through who knows a word.',
  phase: 'admit',
  schema: (zod) => zod.strictObject({ word: zod.string().max(3), strict: zod.boolean().default(true) }),
  link: ({ word }) => ({ request }) => (request.query === word ? undefined : refuse('FORBIDDEN')),
})
`

interface Files {
  readonly contract?: string
  readonly config?: string
  readonly gate?: string
  readonly more?: Readonly<Record<string, string>>
}

function folderOf(t: TestContext, files: Files): string {
  return folderWith(t, {
    'openapi.yaml': files.contract ?? contract,
    'concordat.yaml': files.config ?? configuration(),
    'policies/gate.ts': files.gate ?? gate,
    ...files.more,
  })
}

const buildIn = (folder: string, more: Partial<BuildOptions> = {}): Promise<Built> =>
  buildSnapshot({
    configFile: join(folder, 'concordat.yaml'),
    to: [],
    upstreamNeeded: false,
    trust: true,
    ...more,
  })

/** `file:line:column severity message`, files as they lie in the folder. */
const said = ({ problems }: Built, folder: string): string[] =>
  problems.map(
    ({ place, severity, message }) =>
      `${placeText(place).replace(`${folder}/`, '')} ${severity} ${message}`,
  )

async function saidOf(t: TestContext, files: Files, more?: Partial<BuildOptions>) {
  const folder = folderOf(t, files)
  return said(await buildIn(folder, more), folder)
}

test('a custom policy is compiled like ours, and its code lies in the snapshot', async (t) => {
  const folder = folderOf(t, {})
  const built = await buildIn(folder)
  assert.deepEqual(said(built, folder), [])
  const { operations, code } = openSnapshot(built.snapshot!)
  const { policies } = operations.at(0)!
  // After ours, with defaults of its schema filled in.
  assert.deepEqual(policies.at(-1), {
    policy: 'gate',
    mode: 'enforce',
    plan: { word: 'x', strict: true },
  })
  assert.match(new TextDecoder().decode(code!.source), /Lets through who knows a word/)
  assert.deepEqual(
    built.files.map(({ path }) => path.replace(`${folder}/`, '')),
    ['concordat.yaml', 'policies/gate.ts', 'openapi.yaml'],
  )
})

test('levels of the contract write it, loosen it and shadow it like ours', async (t) => {
  const shadowed = contract.replace(
    'operationId: listThings',
    'operationId: listThings\n      x-concordat: { policies: { gate: { mode: shadow } } }',
  )
  assert.match((await saidOf(t, { contract: shadowed })).join(), /'gate' is looser here/)
  const loosened = shadowed.replace('{ policies', '{ loosen: [gate], policies')
  assert.deepEqual(await saidOf(t, { contract: loosened }), [])
})

test('a contract names no code: only the configuration does', async (t) => {
  const naming = contract.replace(
    'paths:',
    'x-concordat: { customPolicies: [policies/gate.ts] }\npaths:',
  )
  const [first] = await saidOf(t, { contract: naming })
  assert.match(first!, /^openapi.yaml:3:\d+ error unknown key 'customPolicies'/)
  const folder = folderOf(t, { contract: naming })
  const contractFile = join(folder, 'openapi.yaml')
  const alone = await buildIn(folder, { configFile: undefined, contractFile })
  assert.match(said(alone, folder).join(), /unknown key 'customPolicies'/)
  assert.equal(
    alone.files.some(({ path }) => path.endsWith('gate.ts')),
    false,
  )
})

test('nothing is run that is not trusted, and what was not checked is said', async (t) => {
  const evil = `globalThis.wasRun = true\n${gate}`
  const files = { gate: evil, config: configuration('gate: { anything: [1] }') }
  assert.deepEqual(await saidOf(t, files, { trust: false }), [
    "concordat.yaml:2:18 warning policies/gate.ts was not run, so what is written for 'gate' was not checked: --trust runs it",
  ])
  assert.equal('wasRun' in globalThis, false)
  const [problem] = await saidOf(t, named('gone.ts'), { trust: false })
  assert.match(problem!, /error \S+gone.ts does not exist$/)
})

test('equal files give equal code, and another word in a file gives other code', async (t) => {
  const using = gate
    .replace('import', "import { word } from './words.ts'\nimport")
    .replace("'Lets through who knows a word.'", 'word')
  const more = { 'policies/words.ts': "export const word = 'one'\n" }
  const folder = folderOf(t, { gate: using, more })
  const hashOf = async () => openSnapshot((await buildIn(folder)).snapshot!).code?.hash
  const first = await hashOf()
  assert.match(first!, /^[0-9a-f]{64}$/)
  assert.equal(await hashOf(), first)
  writeFileSync(join(folder, 'policies/words.ts'), "export const word = 'two'\n")
  assert.notEqual(await hashOf(), first)
})

const withIn = (from: string, to: string) => ({ gate: gate.replace(from, to) })
const named = (names: string) => ({ config: configuration('limit: {}', names) })

const refusals: readonly [says: string, files: Files, line: RegExp][] = [
  [
    'a setting that its schema refuses',
    { config: configuration('gate: { word: toolong }') },
    /^concordat.yaml:3:21 error 'policies.gate.word' must have at most 3 characters$/,
  ],
  [
    'a key that it does not have',
    { config: configuration('gate: { wrd: x }') },
    /^concordat.yaml:3:21 error unknown key 'wrd' \(did you mean 'word'\?\)$/,
  ],
  [
    'an id that no file has',
    { config: configuration('gat: { word: x }') },
    /^concordat.yaml:3:13 error unknown key 'gat' \(did you mean 'gate'\?\)$/,
  ],
  [
    'a file of which nobody says anything',
    { config: configuration('limit: { requestsMax: 5, windowMs: 1000 }') },
    /^concordat.yaml:2:18 error 'gate' has no effect: nothing says it under 'policies'$/,
  ],
  [
    'a file that is not there',
    named('gone.ts'),
    /^concordat.yaml:2:18 error \S+gone.ts does not exist$/,
  ],
  [
    'a file of another kind',
    named('gate.py'),
    /^concordat.yaml:2:18 error a custom policy is a file that ends with/,
  ],
  ['a name that is no id', named('My_Gate.ts'), /^concordat.yaml:2:18 error 'My_Gate' is no id/],
  [
    'an id of ours',
    named('limit.ts'),
    /^concordat.yaml:2:18 error 'limit' is a policy of the gateway$/,
  ],
  [
    'two files of one name',
    named('policies/gate.ts, other/gate.js'),
    /^concordat.yaml:2:36 error 'gate' is there twice: policies\/gate.ts is called so too$/,
  ],
  [
    'an id other than its file',
    withIn("id: 'gate'", "id: 'door'"),
    /^policies\/gate.ts:1:1 error its id is 'door', but its file is called 'gate'/,
  ],
  [
    'no default export',
    withIn('export default', 'export const gate ='),
    /^policies\/gate.ts:1:1 error it exports no policy/,
  ],
  [
    'a key that no policy has',
    withIn('about:', 'abuot:'),
    /^policies\/gate.ts:1:1 error a policy has no 'abuot' \(did you mean 'about'\?\)$/,
  ],
  [
    'no link',
    withIn('link:', 'compile:'),
    /^policies\/gate.ts:1:1 error a policy must say its 'link'$/,
  ],
  ['a phase that is none', withIn("'admit'", "'begin'"), /error 'phase' must be one of admit/],
  [
    'a schema that is none',
    withIn('zod.strictObject(', '('),
    /^policies\/gate.ts:1:1 error 'schema' must give an object/,
  ],
  [
    'a throw as it is imported',
    withIn('interface', 'throw new TypeError("no")\ninterface'),
    /^policies\/gate.ts:2:7 error custom policies cannot be imported: TypeError: no$/,
  ],
  [
    'a wait at its top',
    withIn('interface', 'await new Promise(() => {})\ninterface'),
    /^concordat.yaml:2:18 error custom policies cannot be imported: Error: it waits at its top for what never comes$/,
  ],
  [
    'a throw in its schema',
    withIn('zod.strictObject', 'zod.nothing.strictObject'),
    /^policies\/gate.ts:7:\d+ error 'schema' of 'gate' threw: TypeError: /,
  ],
  [
    'a throw as it compiles',
    withIn('link:', 'compile: () => { throw new Error("bad") },\n  link:'),
    /^policies\/gate.ts:8:26 error 'compile' of 'gate' threw: Error: bad$/,
  ],
  [
    'a plan that is no data',
    withIn('link:', 'compile: () => ({ at: new Date() }),\n  link:'),
    /^concordat.yaml:3:13 error the plan of 'gate': 'at' is a Date, and only data can be passed on$/,
  ],
  [
    'a default that its own schema refuses',
    withIn('link:', "defaultFor: () => ({ word: 'toolong', strict: true }),\n  link:"),
    /^policies\/gate.ts:1:1 error 'word' must have at most 3 characters$/,
  ],
  [
    'what cannot be parsed',
    withIn('interface', 'inter face'),
    /^policies\/gate.ts:2:\d+ error Expected ";" but found/,
  ],
  [
    'an import that leads nowhere',
    withIn('interface', "import './gone.ts'\ninterface"),
    /^policies\/gate.ts:2:\d+ error Could not resolve "\.\/gone.ts"$/,
  ],
  [
    'a part of the package that policies have not',
    {
      gate: gate
        .replace('refuse }', 'refuse, createGateway }')
        .replace('zod.boolean', 'createGateway'),
    },
    /^policies\/gate.ts:1:\d+ error No matching export in .* for import "createGateway"$/,
  ],
]

test('what is wrong with a custom policy is said with its place', async (all) => {
  for (const [says, files, line] of refusals) {
    await all.test(says, async (t) => {
      const [first] = await saidOf(t, files)
      assert.match(first ?? 'nothing was said', line)
    })
  }
})

test('a file that was missed is watched', async (t) => {
  const folder = folderOf(t, withIn('interface', "import './gone.ts'\ninterface"))
  const { files } = await buildIn(folder)
  const gone = files.find(({ path }) => path === join(folder, 'policies/gone.ts'))
  assert.equal(gone?.content, 'absent')
})

const range = `import { definePolicy } from 'concordat'
export default definePolicy({
  id: 'gate',
  about: 'Has a range.',
  phase: 'admit',
  schema: (zod) =>
    zod.object({ a: zod.int(), b: zod.int().default(9) }).refine(({ a, b }) => a < b, 'a before b'),
  link: () => () => undefined,
})
`

const inner = (settings: string) =>
  `${contract}    post:
      operationId: makeThing
      x-concordat: { policies: { gate: ${settings} } }
      responses: { '201': { description: made } }
`

test('keys that are checked together may stand on different levels, and defaults come last', async (t) => {
  const build = async (outer: string, settings: string) => {
    const files = { gate: range, config: configuration(outer), contract: inner(settings) }
    const folder = folderOf(t, files)
    const built = await buildIn(folder)
    const operations = built.snapshot && [...eachOf(openSnapshot(built.snapshot).operations)]
    const plans = operations?.map(({ policies }) => policies.at(-1)?.plan)
    return { plans, said: said(built, folder) }
  }
  assert.deepEqual(await build('gate: { a: 3, b: 5 }', '{ a: 4 }'), {
    plans: [
      { a: 3, b: 5 },
      { a: 4, b: 5 },
    ],
    said: [],
  })
  const refused = await build('gate: { a: 3 }', '{ a: 10 }')
  assert.match(
    refused.said.join(),
    /^openapi.yaml:10:\d+ error 'policies.gate' is not valid: a before b$/,
  )
  const unknown = await build('gate: { a: 3, c: 1 }', '{ a: 4 }')
  assert.match(unknown.said.join(), /unknown key 'c'/)
})

test('packages of the older kind are inlined, and ask for what Node brings along', async (t) => {
  const more = {
    'node_modules/old/package.json': '{"name":"old","main":"main.js"}',
    'node_modules/old/main.js':
      "const { basename } = require('fs') && require('path')\nmodule.exports = { word: basename('/a/b') }\n",
  }
  const using = gate
    .replace('import', "import { word } from 'old'\nimport")
    .replace("about: 'Lets through who knows a word.'", 'about: `the word ${word}`')
  assert.deepEqual(await saidOf(t, { gate: using, more }), [])
})

test('import.meta of a file is its own', async (t) => {
  const using = gate
    .replace('import', "import { metas } from '../words/words.ts'\nimport")
    .replace("'Lets through who knows a word.'", "metas.join(' ')")
    .replace('link:', 'compile: () => [...metas, import.meta.dirname],\n  link:')
  const words = 'export const metas = [import.meta.url, import.meta.filename]\n'
  const folder = folderOf(t, { gate: using, more: { 'words/words.ts': words } })
  const built = await buildIn(folder)
  assert.deepEqual(said(built, folder), [])
  const file = join(folder, 'words/words.ts')
  const { plan } = openSnapshot(built.snapshot!).operations.at(0)!.policies.at(-1)!
  assert.deepEqual(plan, [pathToFileURL(file).href, file, join(folder, 'policies')])
})

test('builds side by side do not end each other', async (t) => {
  const folders = [1, 2, 3].map(() => folderOf(t, {}))
  const builds = await Promise.all(folders.map((folder) => buildIn(folder)))
  assert.deepEqual(
    builds.map(({ problems }) => problems),
    [[], [], []],
  )
})

test('what the bundler knows of the package is of the package', async (t) => {
  const names = kitParts.flatMap(([, ...own]) => own)
  const whole = (await import('../concordat.ts')) as Readonly<Record<string, unknown>>
  for (const name of names) assert.equal(typeof whole[name], 'function', name)
  const asking = gate
    .replace('refuse }', `refuse, ${names.filter((name) => !gate.includes(name)).join(', ')} }`)
    .replace(
      "'Lets through who knows a word.'",
      `[${names.join(', ')}].map(({ name }) => name).join()`,
    )
  const built = await buildIn(folderOf(t, { gate: asking }))
  assert.deepEqual(built.problems, [])
})
