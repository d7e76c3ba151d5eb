// Overlays as a build takes them: settings of a contract that stays as it was published, and what
// is said of them where they are written.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { folderWith } from '../../test/folder.ts'
import { placeText } from '../base.ts'
import { buildInThread, buildSnapshot } from '../control.ts'
import { openSnapshot, type OperationPlan } from '../snapshot.ts'
import type { Built, BuildOptions } from './build-types.ts'

const contract = `openapi: 3.1.0
info: { title: Things, version: '1' }
paths:
  /things:
    get:
      operationId: list
      responses: { '200': { description: ok } }
    post:
      operationId: make
      responses: { '201': { description: made } }
`

const overlay = (...actions: string[]) =>
  ['overlay: 1.1.0', "info: { title: Policies, version: '1' }", 'actions:', ...actions, ''].join(
    '\n',
  )

const onPost = (settings: string) => [
  '  - target: $.paths.*.post',
  `    update: { x-concordat: ${settings} }`,
]

async function built(
  t: TestContext,
  files: Readonly<Record<string, string>>,
  options: Partial<BuildOptions> = {},
): Promise<{ root: string; build: Built; said: string[] }> {
  const root = folderWith(t, {
    'api/openapi.yaml': contract,
    'concordat.yaml': 'contract: api/openapi.yaml\noverlays: [ops/policies.yaml]\n',
    ...files,
  })
  const to = ['http://127.0.0.1:3000']
  const build = await buildSnapshot({ configFile: join(root, 'concordat.yaml'), to, ...options })
  const said = build.problems.map(({ place, message }) =>
    `${placeText(place)} ${message}`.replaceAll(`${root}/`, ''),
  )
  return { root, build, said }
}

function operationsOf(build: Built): OperationPlan[] {
  const { operations } = openSnapshot(build.snapshot!)
  return Array.from({ length: operations.length }, (_, at) => operations.at(at)!)
}

const policiesOf = (build: Built, id: string): string[] =>
  operationsOf(build)
    .find((one) => one.id === id)!
    .policies.map(({ policy }) => policy)

test('settings from an overlay hold as those of the contract do', async (t) => {
  const text = overlay(...onPost('{ policies: { ip: { deny: [10.0.0.0/8] } } }'))
  const { root, build, said } = await built(t, { 'ops/policies.yaml': text })
  assert.deepEqual(said, [])
  assert.ok(policiesOf(build, 'make').includes('ip'))
  assert.ok(!policiesOf(build, 'list').includes('ip'))
  const content = hash('sha256', text)
  assert.deepEqual(
    build.files.find(({ path }) => path === join(root, 'ops/policies.yaml')),
    {
      path: join(root, 'ops/policies.yaml'),
      content,
    },
  )
})

test('those of the command line come after those of the configuration', async (t) => {
  const files = {
    'ops/policies.yaml': overlay('  - { target: $.info, update: { title: First } }'),
    'more.yaml': overlay('  - { target: $.info, update: { title: Second } }'),
  }
  const root = folderWith(t, files)
  const { build } = await built(t, files, { overlays: [join(root, 'more.yaml')] })
  assert.equal(openSnapshot(build.snapshot!).title, 'Second')
})

test('an overlay that is not there is a problem of whoever named it', async (t) => {
  const { root, build, said } = await built(t, {})
  assert.deepEqual(said, ['concordat.yaml:2:12 ops/policies.yaml does not exist'])
  const missed = { path: join(root, 'ops/policies.yaml'), content: 'absent' }
  assert.deepEqual(build.files[1], missed, 'to be watched until it is there')
})

const refused: readonly [says: string, settings: string, want: RegExp][] = [
  ['a slip', '{ policies: { limt: {} } }', /^ops\/policies.yaml:5:\d+ error unknown key 'limt'/],
  [
    'what is looser and does not say so',
    '{ policies: { limit: { mode: off } } }',
    /^ops\/policies.yaml:5:\d+ error 'limit' is looser here than outside/,
  ],
  [
    'what has no effect',
    '{ limits: { bodyBytesMax: 5 } }',
    /^ops\/policies.yaml:5:\d+ error 'limits.bodyBytesMax' has no effect here/,
  ],
  [
    'a file that is not there',
    '{ policies: { ip: { denyFiles: [none.txt] } } }',
    /^ops\/policies.yaml:5:\d+ error ops\/none.txt does not exist/,
  ],
  [
    'a file outside the folders of contract and overlay',
    '{ policies: { ip: { denyFiles: [../secret.txt] } } }',
    /^ops\/policies.yaml:5:\d+ error secret.txt lies outside the contract's folder/,
  ],
]

for (const [says, settings, want] of refused) {
  test(`${says} is refused at the line of the overlay`, async (t) => {
    const text = overlay(...onPost(settings))
    const { build, root } = await built(t, { 'ops/policies.yaml': text, 'secret.txt': '10.0.0.1' })
    const said = build.problems.map(({ place, severity, message }) =>
      `${placeText(place)} ${severity} ${message}`.replaceAll(`${root}/`, ''),
    )
    assert.equal(said.length, 1, said.join('\n'))
    assert.match(said[0]!, want)
  })
}

test('files are named relative to the overlay, also beside those of the contract', async (t) => {
  const own = contract.replace(
    'operationId: make\n',
    'operationId: make\n      x-concordat: { policies: { ip: { denyFiles: [own.txt] } } }\n',
  )
  const { root, build, said } = await built(t, {
    'api/openapi.yaml': own,
    'api/own.txt': '10.0.0.1\n',
    'ops/policies.yaml': overlay(...onPost('{ policies: { ip: { denyFiles: [more.txt] } } }')),
    'ops/more.txt': '10.0.0.2\n',
  })
  assert.deepEqual(said, [])
  assert.deepEqual(
    build.files.map(({ path }) => path).filter((path) => path.endsWith('.txt')),
    [join(root, 'api/own.txt'), join(root, 'ops/more.txt')],
  )
})

test('what an overlay loosens it may, where it says so', async (t) => {
  const { build, said } = await built(t, {
    'ops/policies.yaml': overlay(
      ...onPost('{ policies: { limit: { mode: off } }, loosen: [limit] }'),
    ),
  })
  assert.deepEqual(said, [])
  assert.ok(build.snapshot)
})

test('what the reader refuses is refused at the line of the overlay', async (t) => {
  const { said } = await built(t, {
    'ops/policies.yaml': overlay(
      '  - target: $.paths',
      '    update:',
      '      /others:',
      '        get: { operationId: list, responses: {} }',
      '      /{id}: { get: { operationId: one, responses: {} } }',
    ),
  })
  assert.match(said.join('\n'), /^ops\/policies.yaml:7:9 `operationId` list is taken already/m)
  assert.match(said.join('\n'), /^ops\/policies.yaml:8:\d+ .*id/m)
})

test('references in an overlay are the contract’s, and stay in its folder', async (t) => {
  const files = {
    'ops/policies.yaml': overlay(
      '  - target: $.paths',
      '    update: { /others: { $ref: parts/others.yaml } }',
    ),
    'api/parts/others.yaml': 'get: { operationId: others, responses: {} }\n',
  }
  const { build, said } = await built(t, files)
  assert.deepEqual(said, [])
  assert.equal(operationsOf(build).length, 3)
  const outside = files['ops/policies.yaml'].replace('parts/others.yaml', '../ops/policies.yaml')
  const { said: refusals } = await built(t, { 'ops/policies.yaml': outside })
  assert.match(refusals[0]!, /^ops\/policies.yaml:5:\d+ .*lies outside the contract's folder/)
})

const parts = {
  'api/openapi.yaml': `${contract}  /others: { $ref: parts/others.yaml }\n`,
  'api/parts/others.yaml': 'get: { operationId: others, responses: {} }\n',
}

test('`extends` chooses the document of several', async (t) => {
  const text = overlay('  - { target: $.get, update: { operationId: renamed } }').replace(
    'actions:',
    'extends: ../api/parts/others.yaml\nactions:',
  )
  const { build, said } = await built(t, { ...parts, 'ops/policies.yaml': text })
  assert.deepEqual(said, [])
  const ids = operationsOf(build).map(({ id }) => id)
  assert.deepEqual(ids, ['list', 'make', 'renamed'])
})

const meant: readonly [says: string, target: string, want: string[]][] = [
  ['the contract itself', '../api/openapi.yaml', []],
  ['its published copy', 'https://example.com/v1/openapi.yaml', []],
  ['the address that it gives itself', 'https://example.com/things', []],
  [
    'another address',
    'https://example.com/other.yaml',
    [
      'ops/policies.yaml:3:1 this is meant for https://example.com/other.yaml, and is applied to openapi.yaml',
    ],
  ],
  [
    'another file',
    '../api/other.yaml',
    [
      'ops/policies.yaml:3:1 `extends` leads to no document of this contract: nothing here is applied',
    ],
  ],
]

for (const [says, target, want] of meant) {
  test(`an overlay that is meant for ${says}`, async (t) => {
    const text = overlay('  - { target: $.info, update: { x-a: 1 } }')
    const { said } = await built(t, {
      'api/openapi.yaml': contract
        .replace('3.1.0', '3.2.0')
        .replace('info:', '$self: https://example.com/things\ninfo:'),
      'ops/policies.yaml': text.replace('actions:', `extends: ${target}\nactions:`),
    })
    assert.deepEqual(said, want)
  })
}

for (const text of ['', '5', 'a: [']) {
  test(`a contract that is none stays what is said: ${JSON.stringify(text)}`, async (t) => {
    const { said } = await built(t, {
      'api/openapi.yaml': text,
      'ops/policies.yaml': overlay('  - { target: $, update: 1 }'),
    })
    assert.equal(said.length, 1)
    assert.match(said[0]!, /^api\/openapi.yaml:1:/)
  })
}

test('what stands in another document is said to stand there', async (t) => {
  const text = overlay('  - { target: "$.paths[\'/others\'].get", update: { summary: a } }')
  const { said } = await built(t, { ...parts, 'ops/policies.yaml': text })
  assert.match(said[0]!, /"get" stands where `\$ref` leads; .*see `extends`/)
})

test('a build that is kept is made again when an overlay changes', async (t) => {
  const root = folderWith(t, {
    'openapi.yaml': contract,
    'o.yaml': overlay('  - { target: $.info, update: { title: One } }'),
  })
  const options: BuildOptions = {
    contractFile: join(root, 'openapi.yaml'),
    overlays: [join(root, 'o.yaml')],
    to: ['http://127.0.0.1:3000'],
  }
  const cache = join(root, 'cache')
  const titleOf = async () => openSnapshot((await buildInThread(options, cache)).snapshot!).title
  assert.equal(await titleOf(), 'One')
  writeFileSync(join(root, 'o.yaml'), overlay('  - { target: $.info, update: { title: Two } }'))
  assert.equal(await titleOf(), 'Two')
})
