import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { folderWith } from '../../test/folder.ts'
import { placeText } from '../base.ts'
import { openSnapshot } from '../snapshot.ts'
import { buildSnapshot } from './build.ts'
import type { Built } from './build-types.ts'
import { contract, errorsOf, onDocument, onPath, onPost } from './contract-for-tests.ts'
import { compileText, type CompiledText } from './testing.ts'

const to = ['http://127.0.0.1:3000']
const open = 'policies: { auth: upstream }\n'

const withIp = (config: string) => `policies:\n  auth: upstream\n  ip: ${config}\n`

/** Plans of the policy by operation, each with the ranges of its lists left out. */
function scopesOf({ plan }: CompiledText): Record<string, string[]> {
  const each = plan!.operations.map(({ id, policies }) => [
    id,
    policies.flatMap(({ policy, mode, plan: one }) =>
      policy === 'ip' ? `${(one as { scope: string }).scope} ${mode}` : [],
    ),
  ])
  return Object.fromEntries(each)
}

test('lists of every level count, and a level has only what it writes itself', () => {
  const text = onPath('x-concordat: { policies: { ip: { deny: [10.0.0.1] } } }')
  const compiled = compileText(text, withIp('{ allow: [10.0.0.0/8] }'), to)
  assert.deepEqual(compiled.said, [])
  assert.deepEqual(scopesOf(compiled), {
    listThings: ['api enforce', 'path /things enforce'],
    makeThing: ['api enforce', 'path /things enforce'],
    getThing: ['api enforce'],
  })
  const inner = compiled.plan!.operations[0]!.policies.find(({ plan }) => {
    return (plan as { scope?: string }).scope === 'path /things'
  })
  assert.deepEqual(inner!.plan, { scope: 'path /things', deny: [1] })
  assert.equal(compiled.plan!.blobs.length, 2)
})

test('outer lists are left out by name alone', () => {
  const denying = 'policies: { ip: { deny: [10.0.0.1] } }'
  const loose = onPost(`x-concordat: { loosen: [ip], ${denying} }`)
  const compiled = compileText(loose, withIp('{ allow: [10.0.0.0/8] }'), to)
  assert.deepEqual(scopesOf(compiled)['makeThing'], ['operation makeThing enforce'])
  const off = onPost('x-concordat: { policies: { ip: { mode: off } } }')
  assert.match(
    errorsOf(compileText(off, withIp('{ allow: [10.0.0.0/8] }'), to).said)[0]!,
    /'ip' is looser here than outside: it is off/,
  )
})

test('a list that many operations name is laid down once', () => {
  const text = contract.replaceAll(
    /^( +)operationId: .*$/gm,
    '$&\n$1x-concordat: { policies: { ip: { denyFiles: [bad.txt] } } }',
  )
  const { plan, said } = compileText(text, open, to, { 'bad.txt': '192.0.2.0/24\n' })
  assert.deepEqual(said, [])
  assert.equal(plan!.blobs.length, 1)
})

test('a mode alone takes the lists from outside, by the names that they have there', () => {
  const text = onPost('x-concordat: { loosen: [ip], policies: { ip: { mode: shadow } } }')
  const compiled = compileText(text, withIp('{ denyFiles: [bad.txt] }'), to, { 'bad.txt': '::1' })
  assert.deepEqual(compiled.said, [])
  assert.deepEqual(scopesOf(compiled)['makeThing'], ['operation makeThing shadow'])
})

test('what is said of the whole API holds for requests of no operation, what is said of a part does not', () => {
  const limit = 'limit: { requestsMax: 5 }'
  const text = onPath('x-concordat: { policies: { ip: { deny: [10.0.0.1] } } }')
  const { plan } = compileText(text, withIp(`{ allow: [10.0.0.0/8] }\n  ${limit}`), to)
  assert.deepEqual(
    plan!.admit.map(({ policy, plan: one }) => [policy, (one as { scope: string }).scope]),
    [
      ['ip', 'api'],
      ['limit', 'api'],
    ],
  )
  const document = onDocument('x-concordat: { policies: { ip: { deny: [10.0.0.1] } } }')
  const { plan: both } = compileText(document, withIp('{ allow: [10.0.0.0/8] }'), to)
  assert.equal(both!.admit.filter(({ policy }) => policy === 'ip').length, 2)
})

const wrong: readonly [says: string, config: string, want: string][] = [
  ['nothing listed', '{}', "concordat.yaml:3:3 error 'policies.ip' has no effect here"],
  ['nothing denied', '{ deny: [] }', "concordat.yaml:3:9 error 'policies.ip.deny' has no effect"],
  [
    'a range with bits beyond its prefix',
    '{ deny: [10.0.0.1/8] }',
    "concordat.yaml:3:16 error 'policies.ip.deny.0' is not valid: '10.0.0.1/8' has bits set",
  ],
  [
    'a file that is not there',
    '{ denyFiles: [none.txt] }',
    'concordat.yaml:3:21 error none.txt does not exist',
  ],
  [
    'a file that is no list',
    '{ denyFiles: [odd.txt] }',
    'odd.txt:2:1 error this is no address range such as 10.0.0.0/8 or fd00::/8',
  ],
]

for (const [says, config, want] of wrong) {
  test(`check refuses ${says}`, () => {
    const { said, plan } = compileText(contract, withIp(config), to, { 'odd.txt': '::1\nodd\n' })
    assert.equal(plan, undefined)
    assert.ok(
      said.some((line) => line.replace(/^\/[^:]*\//, '').startsWith(want)),
      said.join('\n'),
    )
  })
}

const described = `openapi: 3.1.0
info: { title: T, version: '1' }
x-concordat: { policies: { ip: { denyFiles: [NAME] } } }
paths: { /a: { get: { responses: { '200': { description: d } } } } }
`

const saidOf = ({ problems }: Built) =>
  problems.map(({ place, message }) => placeText(place) + ' ' + message)

test('a file is named relative to the file that names it, and is among those of the build', async (t) => {
  const root = folderWith(t, {
    'ops/concordat.yaml':
      'contract: ../api/openapi.yaml\npolicies: { ip: { denyFiles: [../lists/bad.txt] } }\n',
    'api/openapi.yaml': described.replace('NAME', 'lists/worse.txt'),
    'lists/bad.txt': '\ufeff10.0.0.0/8\r\n',
    'api/lists/worse.txt': '::1\n',
  })
  const options = { configFile: join(root, 'ops/concordat.yaml'), to }
  const first = await buildSnapshot(options)
  assert.deepEqual(saidOf(first), [])
  const files = ['ops/concordat.yaml', 'api/openapi.yaml', 'lists/bad.txt', 'api/lists/worse.txt']
  assert.deepEqual(
    first.files.map(({ path }) => path),
    files.map((name) => join(root, name)),
  )
  writeFileSync(join(root, 'lists/bad.txt'), '11.0.0.0/8\n')
  const second = await buildSnapshot(options)
  const revisions = [first, second].map(({ snapshot }) => openSnapshot(snapshot!).revision)
  assert.notEqual(revisions[0], revisions[1])
  writeFileSync(join(root, 'lists/bad.txt'), '11.0.0.0/8\nodd\n')
  const third = await buildSnapshot(options)
  assert.equal(third.snapshot, undefined)
  assert.equal(saidOf(third).length, 1)
  assert.ok(saidOf(third)[0]!.startsWith(`${join(root, 'lists/bad.txt')}:2:1 this is no address`))
})

test('a contract names no file outside its folder, unless that is allowed', async (t) => {
  const root = folderWith(t, {
    'api/openapi.yaml': described.replace('NAME', '../secret.txt'),
    'secret.txt': 'password\n',
  })
  const options = { contractFile: join(root, 'api/openapi.yaml'), to }
  const built = await buildSnapshot(options)
  assert.match(saidOf(built).join('\n'), /:3:46 .*secret\.txt lies outside the contract's folder/)
  assert.ok(!built.files.some(({ path }) => path.endsWith('secret.txt')))
  const allowed = await buildSnapshot({ ...options, allowRef: [root] })
  assert.match(saidOf(allowed).join('\n'), /secret\.txt:1:1 this is no address range/)
})
