import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { folderWith } from '../../test/folder.ts'
import type { Built, BuildOptions } from './build-types.ts'
import { cachedBuild, cacheFolder, keepBuild } from './cache.ts'
import { deployment } from './testing.ts'

const text = 'openapi: 3.1.0\n'
const later = () => Date.now() + 60_000

function fresh(t: TestContext) {
  const root = folderWith(t, { 'openapi.yaml': text })
  const contract = join(root, 'openapi.yaml')
  const options: BuildOptions = { contractFile: contract, to: ['http://127.0.0.1:3000'] }
  const built: Built = {
    snapshot: new Uint8Array([1, 10, 0, 255]),
    deployment,
    problems: [{ severity: 'note', message: 'ü', place: { file: contract, line: 1, column: 1 } }],
    files: [{ path: contract, content: hash('sha256', text) }],
  }
  return { folder: join(root, 'deep', 'cache'), contract, options, built }
}

const entryOf = (folder: string) => join(folder, readdirSync(folder)[0]!)

test('an unchanged build comes back whole', async (t) => {
  const { folder, options, built } = fresh(t)
  await keepBuild(folder, options, built, later())
  const again = await cachedBuild(folder, options)
  assert.deepEqual(again, built)
  assert.ok(again?.snapshot?.buffer instanceof SharedArrayBuffer, 'for threads to hand around')
})

test('what is kept is for its user alone', { skip: process.platform === 'win32' }, async (t) => {
  const { folder, options, built } = fresh(t)
  await keepBuild(folder, options, built, later())
  assert.equal(statSync(folder).mode & 0o777, 0o700)
  assert.equal(statSync(entryOf(folder)).mode & 0o777, 0o600)
})

test('a build with a private key in it never touches the disk', async (t) => {
  const { folder, options, built } = fresh(t)
  await keepBuild(folder, options, { ...built, holdsKey: true }, later())
  assert.ok(!existsSync(folder))
})

test('other options are another build', async (t) => {
  const { folder, options, built } = fresh(t)
  await keepBuild(folder, options, built, later())
  assert.equal(await cachedBuild(folder, { ...options, to: ['http://127.0.0.1:3001'] }), undefined)
  assert.equal(await cachedBuild(folder, { ...options, port: 81 }), undefined)
})

test('a changed file is another build', async (t) => {
  const { folder, options, built, contract } = fresh(t)
  await keepBuild(folder, options, built, later())
  writeFileSync(contract, 'openapi: 3.1.1\n')
  assert.equal(await cachedBuild(folder, options), undefined)
})

test('a file that changed while it was built is not trusted', async (t) => {
  const { folder, options, built, contract } = fresh(t)
  writeFileSync(contract, 'openapi: 3.1.1\n')
  await keepBuild(folder, options, built, later())
  assert.equal(await cachedBuild(folder, options), undefined)
})

test('a build with errors is not kept', async (t) => {
  const { folder, options, built } = fresh(t)
  await keepBuild(folder, options, { ...built, snapshot: undefined }, later())
  assert.equal(await cachedBuild(folder, options), undefined)
})

const corruptions: readonly [says: string, corrupt: (bytes: Buffer) => Buffer][] = [
  ['empty', () => Buffer.alloc(0)],
  ['cut short', (bytes) => bytes.subarray(0, -1)],
  ['longer', (bytes) => Buffer.concat([bytes, Buffer.from('x')])],
  ['another byte', (bytes) => bytes.fill(7, bytes.length - 1)],
  ['no entry', () => Buffer.from('hello')],
]

for (const [says, corrupt] of corruptions) {
  test(`a broken entry is as good as none: ${says}`, async (t) => {
    const { folder, options, built } = fresh(t)
    await keepBuild(folder, options, built, later())
    const entry = entryOf(folder)
    writeFileSync(entry, corrupt(readFileSync(entry)))
    assert.equal(await cachedBuild(folder, options), undefined)
  })
}

test(
  'a folder that others may write to is not trusted',
  { skip: process.platform === 'win32' },
  async (t) => {
    const { folder, options, built } = fresh(t)
    await keepBuild(folder, options, built, later())
    chmodSync(folder, 0o777)
    assert.equal(await cachedBuild(folder, options), undefined)
  },
)

test('a link is not followed, wherever it leads', async (t) => {
  const { folder, options, built } = fresh(t)
  await keepBuild(folder, options, built, later())
  const link = `${folder}-link`
  symlinkSync(folder, link, 'junction')
  assert.equal(await cachedBuild(link, options), undefined)
  await keepBuild(link, { ...options, port: 1 }, built, later())
  assert.equal(readdirSync(folder).length, 1)
})

test('where nothing can be written nothing is said', async (t) => {
  const { contract, options, built } = fresh(t)
  const folder = join(contract, 'below-a-file')
  await keepBuild(folder, options, built, later())
  assert.equal(await cachedBuild(folder, options), undefined)
})

test('many writers at once leave one whole entry', async (t) => {
  const { folder, options, built } = fresh(t)
  const writers = Array.from({ length: 20 }, () => keepBuild(folder, options, built, later()))
  await Promise.all(writers)
  assert.equal(readdirSync(folder).length, 1)
  assert.deepEqual(await cachedBuild(folder, options), built)
})

test('old entries make room', async (t) => {
  const { folder, options, built } = fresh(t)
  for (let port = 1; port <= 40; port++) {
    await keepBuild(folder, { ...options, port }, built, later())
  }
  assert.equal(readdirSync(folder).length, 32)
  assert.deepEqual(await cachedBuild(folder, { ...options, port: 40 }), built)
})

const folders: readonly [says: string, env: Record<string, string>, want: string | undefined][] = [
  ['the desktop standard', { XDG_CACHE_HOME: '/x', HOME: '/h' }, join('/x', 'concordat')],
  ['the home folder', { HOME: '/h', XDG_CACHE_HOME: '' }, join('/h', '.cache', 'concordat')],
  ['nothing', {}, undefined],
  ['switched off', { HOME: '/h', CONCORDAT_CACHE: 'off' }, undefined],
]

for (const [says, env, want] of folders) {
  test(`where builds are kept: ${says}`, () => assert.equal(cacheFolder(env), want))
}
