import assert from 'node:assert/strict'
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { folderWith } from '../../test/folder.ts'
import { FolderDisk } from './disk.ts'
import { MemoryDisk } from './disk-for-tests.ts'

const makers = [
  ['a folder', (folder: string) => new FolderDisk(join(folder, 'state'))],
  ['memory', () => new MemoryDisk()],
] as const

for (const [name, make] of makers) {
  test(`${name}: a file is written, replaced, moved, listed and removed`, async (t) => {
    const disk = make(folderWith(t, {}))
    assert.equal(await disk.read('a/one'), undefined)
    assert.deepEqual(await disk.list('a'), [])
    await disk.write('a/one', '1')
    await disk.write('a/one', '2')
    await disk.write('a/b/two', '3')
    assert.equal(await disk.read('a/one'), '2')
    await disk.rename('a/one', 'a/three')
    assert.ok((await disk.list('a')).includes('three'))
    assert.ok(!(await disk.list('a')).includes('one'))
    await disk.remove('a/three')
    await disk.remove('a/three')
    assert.equal(await disk.read('a/three'), undefined)
    await assert.rejects(disk.rename('a/none', 'a/x'))
  })

  test(`${name}: of many who create one file at once it is one who does`, async (t) => {
    const disk = make(folderWith(t, {}))
    const texts = Array.from({ length: 20 }, (_, i) => `by ${i}`)
    const made = await Promise.all(texts.map((text) => disk.create('lock', text)))
    assert.equal(made.filter(Boolean).length, 1)
    assert.equal(await disk.read('lock'), texts[made.indexOf(true)])
    assert.deepEqual(await disk.list('.'), name === 'memory' ? [] : ['lock'])
  })
}

test('files and folders are for their owner alone, and nothing half done is left', async (t) => {
  const folder = folderWith(t, {})
  const disk = new FolderDisk(join(folder, 'state'))
  await disk.write('keys/one', 'secret')
  await disk.create('keys/two', 'secret')
  const modes = ['state', 'state/keys', 'state/keys/one', 'state/keys/two'].map((path) =>
    (statSync(join(folder, path)).mode & 0o777).toString(8),
  )
  assert.deepEqual(modes, ['700', '700', '600', '600'])
  assert.deepEqual(readdirSync(join(folder, 'state/keys')).sort(), ['one', 'two'])
})

test('what was being written when a process died is not taken for a file, and goes in time', async (t) => {
  const folder = folderWith(t, { 'old.tmp': 'half', 'young.tmp': 'half', 'other.json': '{}' })
  utimesSync(join(folder, 'old.tmp'), 0, 0)
  const disk = new FolderDisk(folder)
  assert.deepEqual(await disk.list('.'), ['other.json'])
  await disk.write('file', '1')
  assert.deepEqual(readdirSync(folder).sort(), ['file', 'other.json', 'young.tmp'])
})

test('a folder that others may write to is refused', async (t) => {
  const folder = folderWith(t, { 'state/one': '1' })
  chmodSync(join(folder, 'state'), 0o777)
  const disk = new FolderDisk(join(folder, 'state'))
  await assert.rejects(disk.write('two', '2'), /may be written to by others/)
  assert.ok(!existsSync(join(folder, 'state/two')))
})

const whole = (letter: string): string => letter.repeat(100_000)

test('readers see one whole file or another while it is replaced', async (t) => {
  const folder = folderWith(t, {})
  const disk = new FolderDisk(folder)
  await disk.write('file', whole('a'))
  const writes = (async () => {
    for (const letter of 'bcdefghij') await disk.write('file', whole(letter))
  })()
  for (let reads = 0; reads < 50; reads++) {
    const text = (await disk.read('file')) ?? ''
    assert.equal(text.length, 100_000)
    assert.ok(!/(.)(?!\1)./.test(text))
  }
  await writes
  assert.equal(readFileSync(join(folder, 'file'), 'utf8'), whole('j'))
})

test('a file that is longer than any of ours is not read', async (t) => {
  const folder = folderWith(t, {})
  writeFileSync(join(folder, 'long'), 'x'.repeat(2 ** 20 + 1))
  await assert.rejects(new FolderDisk(folder).read('long'), /longer than/)
})
