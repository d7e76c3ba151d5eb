import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeCertificate } from '../../test/certificates.ts'
import { folderWith } from '../../test/folder.ts'
import { placeText } from '../base.ts'
import { buildInThread, buildSnapshot } from '../control.ts'
import { openSnapshot } from '../snapshot.ts'
import type { Built } from './build-types.ts'

const contract = `openapi: 3.1.0
info: { title: Things, version: '1' }
paths:
  /things: { get: { responses: { '200': { description: ok } } } }
`

const said = ({ problems }: Built) =>
  problems.map(({ place, message }) => `${placeText(place)} ${message}`)

const to = ['http://127.0.0.1:3000']

test('a configuration names its contract, relative to itself', async (t) => {
  const root = folderWith(t, {
    'deploy/concordat.yaml': 'contract: ../api/openapi.yaml\nlisten: { port: 0 }\n',
    'api/openapi.yaml': contract,
  })
  const built = await buildSnapshot({ configFile: join(root, 'deploy/concordat.yaml'), to })
  assert.deepEqual(said(built), [])
  assert.deepEqual(
    built.files.map(({ path }) => path),
    [join(root, 'deploy/concordat.yaml'), join(root, 'api/openapi.yaml')],
  )
  assert.equal(openSnapshot(built.snapshot!).title, 'Things')
})

test('a contract that cannot be read is a problem of whoever named it', async (t) => {
  const root = folderWith(t, { 'concordat.yaml': 'audience: public\ncontract: nope.yaml\n' })
  const configFile = join(root, 'concordat.yaml')
  const nope = join(root, 'nope.yaml')
  assert.deepEqual(said(await buildSnapshot({ configFile, to })), [
    `${configFile}:2:1 ${nope} does not exist`,
  ])
  assert.deepEqual(said(await buildSnapshot({ configFile, contractFile: nope, to })), [
    `${nope}:1:1 ${nope} does not exist`,
  ])
})

test('the command line wins over the configuration', async (t) => {
  const root = folderWith(t, {
    'concordat.yaml': 'contract: a.yaml\nlisten: { host: "::1", port: 1 }\nworkers: 1\n',
    'a.yaml': contract,
    'b.yaml': contract.replace('Things', 'Others'),
  })
  const built = await buildSnapshot({
    configFile: join(root, 'concordat.yaml'),
    contractFile: join(root, 'b.yaml'),
    to,
    port: 2,
    adminPort: 3,
    workers: 0,
  })
  assert.deepEqual(said(built), [])
  assert.equal(openSnapshot(built.snapshot!).title, 'Others')
  assert.deepEqual(built.deployment.listen, [{ host: '::1', port: 2, isSecure: false }])
  assert.equal(built.deployment.admin.port, 3)
  assert.equal(built.deployment.workers, 0)
})

const logs: readonly [written: string, want: (root: string) => string][] = [
  ['stdout', () => 'stdout'],
  ['off', () => 'off'],
  ['logs/access.log', (root) => join(root, 'deploy/logs/access.log')],
  ['/var/log/access.log', () => '/var/log/access.log'],
]

for (const [written, want] of logs) {
  test(`the access log ${written} is one place, whatever the folder of the process`, async (t) => {
    const root = folderWith(t, {
      'deploy/concordat.yaml': `contract: a.yaml\nlog: { access: ${written} }\n`,
      'deploy/a.yaml': contract,
    })
    const built = await buildSnapshot({ configFile: join(root, 'deploy/concordat.yaml'), to })
    assert.deepEqual(said(built), [])
    assert.equal(built.deployment.log.access, want(root))
  })
}

test('what only looks needs no upstream', async (t) => {
  const contractFile = join(folderWith(t, { 'a.yaml': contract }), 'a.yaml')
  assert.ok((await buildSnapshot({ contractFile, to: [], upstreamNeeded: false })).snapshot)
  assert.equal((await buildSnapshot({ contractFile, to: [] })).snapshot, undefined)
})

type Refused = readonly [says: string, files: Record<string, string>, want: RegExp]

const refused: readonly Refused[] = [
  ['a contract that is not there', { 'concordat.yaml': 'contract: a.yaml' }, /does not exist/],
  ['no contract', { 'concordat.yaml': 'audience: public' }, /yaml:1:1 no contract/],
  ['a configuration that is not there', {}, /does not exist/],
  ['a configuration that is no text', { 'concordat.yaml': 'a: \u0000' }, /concordat\.yaml/],
  ['a key twice', { 'concordat.yaml': 'audience: public\naudience: internal' }, /yaml:2:1 /],
  ['an alias bomb', { 'concordat.yaml': bomb() }, /concordat\.yaml/],
  ['a key by the name of a prototype', { 'concordat.yaml': '__proto__: { a: 1 }' }, /__proto__/],
  ['nesting without end', { 'concordat.yaml': '['.repeat(100_000) }, /concordat\.yaml/],
  ['a folder for a contract', { 'concordat.yaml': 'contract: .' }, /is a folder/],
]

/** Nine levels of nine references each: four hundred million values from a few lines. */
function bomb(): string {
  return Array.from({ length: 9 }, (_, i) => bombLevel(i)).join('\n')
}

function bombLevel(i: number): string {
  return `a${i}: &a${i} [${Array(9).fill(i === 0 ? 'x' : `*a${i - 1}`)}]`
}

for (const [says, files, want] of refused) {
  test(`refused, not thrown: ${says}`, async (t) => {
    const configFile = join(folderWith(t, files), 'concordat.yaml')
    const built = await buildSnapshot({ configFile, to })
    assert.equal(built.snapshot, undefined)
    assert.match(said(built).join('\n'), want)
  })
}

test('a thread builds what this thread builds', async (t) => {
  const contractFile = join(folderWith(t, { 'a.yaml': contract }), 'a.yaml')
  const options = { contractFile, to }
  assert.deepEqual(await buildInThread(options, false), await buildSnapshot(options))
})

test('a build in a thread ends with its signal', async (t) => {
  const contractFile = join(folderWith(t, { 'a.yaml': contract }), 'a.yaml')
  const giveUp = new AbortController()
  const built = buildInThread({ contractFile, to }, false, giveUp.signal)
  giveUp.abort(new Error('too late'))
  await assert.rejects(built, /the compiler thread ended/)
  await assert.rejects(buildInThread({ contractFile, to }, false, giveUp.signal), /too late/)
})

test('a start from the cache loads neither YAML nor zod', async (t) => {
  const root = folderWith(t, { 'a.yaml': contract })
  const control = join(import.meta.dirname, '..', 'control.ts')
  const script = `
    import { registerHooks } from 'node:module'
    const packages = []
    registerHooks({
      resolve(name, context, next) {
        if (!/^[./]|^node:|^file:/.test(name)) packages.push(name)
        return next(name, context)
      },
    })
    const { buildInThread } = await import(${JSON.stringify(control)})
    const { keepBuild } = await import(${JSON.stringify(join(control, '../control/cache.ts'))})
    const options = { contractFile: ${JSON.stringify(join(root, 'a.yaml'))}, to: [] }
    const cache = ${JSON.stringify(join(root, 'cache'))}
    const files = [{ path: options.contractFile, content: ${JSON.stringify(hash('sha256', contract))} }]
    const built = { snapshot: new Uint8Array([7]), problems: [], files }
    await keepBuild(cache, options, built, Date.now() + 60_000)
    const { snapshot } = await buildInThread(options, cache)
    console.log(JSON.stringify({ snapshot: [...snapshot], packages }))
  `
  const args = ['--input-type=module', '--eval', script]
  const printed = execFileSync(process.execPath, args, { encoding: 'utf8' })
  assert.deepEqual(JSON.parse(printed), { snapshot: [7], packages: [] })
})

test('certificates and keys that upstreams name are watched, and a build with a key is kept nowhere', async (t) => {
  const { cert, key } = makeCertificate()
  const upstream = "{ endpoints: ['https://a'], tls: { cert: tls/a.pem, key: tls/a.key } }"
  const root = folderWith(t, {
    'concordat.yaml': `contract: openapi.yaml\nupstreams: { a: ${upstream} }\n`,
    'openapi.yaml': contract,
    'tls/a.pem': cert,
    'tls/a.key': key,
  })
  const options = { configFile: join(root, 'concordat.yaml'), to: [] }
  const built = await buildInThread(options, join(root, 'cache'))
  assert.deepEqual(said(built), [])
  const watched = built.files.map(({ path }) => path)
  assert.deepEqual(watched.slice(-2), [join(root, 'tls/a.pem'), join(root, 'tls/a.key')])
  assert.equal(built.holdsKey, true)
  const before = openSnapshot(built.snapshot!)
  writeFileSync(join(root, 'tls/a.pem'), makeCertificate().cert)
  assert.match(said(await buildInThread(options, join(root, 'cache'))).join(), /does not belong to/)
  const renewed = makeCertificate()
  writeFileSync(join(root, 'tls/a.pem'), renewed.cert)
  writeFileSync(join(root, 'tls/a.key'), renewed.key)
  const after = openSnapshot((await buildInThread(options, join(root, 'cache'))).snapshot!)
  assert.notEqual(after.revision, before.revision)
  assert.notEqual(after.upstreams[0]!.tls!.id, before.upstreams[0]!.tls!.id)
  assert.ok(!existsSync(join(root, 'cache')))
})
