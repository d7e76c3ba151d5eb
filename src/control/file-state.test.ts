import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { hash } from 'node:crypto'
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  realpathSync,
  renameSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { folderWith } from '../../test/folder.ts'
import { contentOf, holdStill, stampOf, wayTo } from './file-state.ts'

const mebibyte = 1024 * 1024

const contents: [says: string, make: (path: string) => void, want: string][] = [
  ['of a file is its hash', (path) => writeFileSync(path, 'abc'), hash('sha256', 'abc')],
  ['of an empty file is a hash too', (path) => writeFileSync(path, ''), hash('sha256', '')],
  [
    'of a file of many pieces is that of all of them',
    (path) => writeFileSync(path, new Uint8Array(mebibyte + 1)),
    hash('sha256', new Uint8Array(mebibyte + 1)),
  ],
  ['of nothing is absent', () => {}, 'absent'],
  ['of a folder is not read', (path) => mkdirSync(path), 'unread'],
  [
    'of what is too long to load is not read',
    (path) => {
      writeFileSync(path, '')
      truncateSync(path, 64 * mebibyte + 1)
    },
    'unread',
  ],
  ['of a circle of links is not read', (path) => symlinkSync(path, path), 'unread'],
]

for (const [says, make, want] of contents) {
  test(`the content ${says}`, async (t) => {
    const path = join(folderWith(t, {}), 'a')
    make(path)
    assert.equal(await contentOf(path), want)
  })
}

test('below a file there is nothing', async (t) => {
  const folder = folderWith(t, { a: 'x' })
  assert.equal(await contentOf(join(folder, 'a', 'b')), 'absent')
})

test('a pipe holds nobody up', { skip: process.platform === 'win32' }, async (t) => {
  const path = join(folderWith(t, {}), 'pipe')
  execFileSync('mkfifo', [path])
  assert.equal(await contentOf(path), 'unread')
})

test('files hold still as long as each has what was read from it', async (t) => {
  const folder = folderWith(t, { a: 'x', b: 'y' })
  const files = [
    { path: join(folder, 'a'), content: hash('sha256', 'x') },
    { path: join(folder, 'b'), content: 'unread' },
    { path: join(folder, 'c'), content: 'absent' },
  ]
  assert.equal(await holdStill(files), true)
  writeFileSync(join(folder, 'b'), 'z')
  assert.equal(await holdStill(files), true)
  writeFileSync(join(folder, 'c'), '')
  assert.equal(await holdStill(files), false)
  assert.equal(await holdStill(files.slice(0, 2)), true)
  appendFileSync(join(folder, 'a'), 'x')
  assert.equal(await holdStill(files), false)
})

const later = () => Date.now() + 60_000

const touches: [says: string, touch: (path: string) => void][] = [
  ['written to', (path) => appendFileSync(path, 'x')],
  ['replaced', (path) => renameSync(`${path}2`, path)],
  ['set to another time', (path) => utimesSync(path, 1, 1)],
  ['closed to some', (path) => chmodSync(path, 0o600)],
]

for (const [says, touch] of touches) {
  test(`the stamp of a file differs when it is ${says}`, async (t) => {
    const folder = folderWith(t, { a: 'x', a2: 'x' })
    const path = join(folder, 'a')
    const before = await stampOf(path, later())
    assert.equal(await stampOf(path, later()), before)
    touch(path)
    assert.notEqual(await stampOf(path, later()), before)
  })
}

test('a file that was just written has no stamp yet: the next change may look the same', async (t) => {
  const path = join(folderWith(t, { a: 'x' }), 'a')
  assert.equal(await stampOf(path, Date.now()), undefined)
})

test('what is not there has a stamp of its own', async (t) => {
  const folder = folderWith(t, {})
  const before = await stampOf(join(folder, 'a'), later())
  assert.notEqual(before, undefined)
  writeFileSync(join(folder, 'a'), '')
  assert.notEqual(await stampOf(join(folder, 'a'), later()), before)
})

test('the way to a file names each link on it, and the file', async (t) => {
  const folder = realpathSync(folderWith(t, { 'real/1/a.yaml': '' }))
  symlinkSync(join('real', '1'), join(folder, 'data'), 'junction')
  symlinkSync(join(folder, 'data', 'a.yaml'), join(folder, 'link.yaml'))
  assert.deepEqual(await wayTo(join(folder, 'link.yaml'), new Map()), [
    { folder, name: 'link.yaml' },
    { folder, name: 'data' },
    { folder: join(folder, 'real', '1'), name: 'a.yaml' },
  ])
})

test('a way ends where something is missing, and in a circle after as many links as a system follows', async (t) => {
  const folder = realpathSync(folderWith(t, {}))
  const missing = await wayTo(join(folder, 'no', 'such', 'file'), new Map())
  assert.deepEqual(missing, [{ folder, name: 'no' }])
  symlinkSync('b', join(folder, 'a'))
  symlinkSync('a', join(folder, 'b'))
  assert.equal((await wayTo(join(folder, 'a'), new Map())).length, 41)
})
