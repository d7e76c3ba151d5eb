import assert from 'node:assert/strict'
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { folderWith } from '../../test/folder.ts'
import { type Clock, manualClock, type SourceFile } from '../base.ts'
import { contentOf } from './file-state.ts'
import { watchFiles } from './watch.ts'

/** A clock whose timers are due as soon as they are set; rounds come when the test wants them. */
function eagerClock(): { clock: Clock; round: () => void } {
  // Files of this test are old then, and their stamps are believed.
  const manual = manualClock(0, Date.now() + 60_000)
  const after: Clock['after'] = (delayMs, run) => {
    const cancel = manual.after(delayMs, run)
    setImmediate(() => manual.advance(0))
    return cancel
  }
  const clock: Clock = { ...manual, after: (_, run) => after(0, run) }
  return { clock, round: () => manual.advance(5_000) }
}

const diskIsBusy = (): boolean =>
  process.getActiveResourcesInfo().some((name) => name === 'FSReqPromise' || name === 'CloseReq')

/** Waits until nothing is read any more, nor about to be. */
async function diskQuiet(): Promise<void> {
  for (let quietTurns = 0; quietTurns < 5; quietTurns++) {
    await turn()
    if (diskIsBusy()) quietTurns = 0
  }
}

async function lookBegun(): Promise<void> {
  while (!diskIsBusy()) await turn()
}

async function filesOf(paths: readonly string[]): Promise<SourceFile[]> {
  return Promise.all(paths.map(async (path) => ({ path, content: await contentOf(path) })))
}

async function watching(t: TestContext, paths: readonly string[]) {
  const { clock, round } = eagerClock()
  const changes = { count: 0, next: Promise.withResolvers<void>() }
  const watch = watchFiles({
    clock,
    changed() {
      changes.count++
      changes.next.resolve()
    },
  })
  t.after(() => watch.close())
  watch.follow(await filesOf(paths))
  await diskQuiet()
  return {
    watch,
    round,
    count: () => changes.count,
    async changed() {
      await changes.next.promise
      changes.next = Promise.withResolvers()
    },
  }
}

const files = { 'openapi.yaml': 'one\n', 'parts/a.json': '{}\n', 'other/b.json': '{}\n' }

const changes: [says: string, change: (folder: string) => void][] = [
  ['is written in place', (folder) => writeFileSync(join(folder, 'openapi.yaml'), 'two\n')],
  ['grows', (folder) => appendFileSync(join(folder, 'openapi.yaml'), 'x')],
  ['keeps its length', (folder) => writeFileSync(join(folder, 'openapi.yaml'), 'eno\n')],
  [
    'is replaced by another, as editors do it',
    (folder) => {
      writeFileSync(join(folder, '.openapi.yaml.swp'), 'two\n')
      renameSync(join(folder, '.openapi.yaml.swp'), join(folder, 'openapi.yaml'))
    },
  ],
  ['is gone', (folder) => rmSync(join(folder, 'openapi.yaml'))],
  ['is gone with its folder', (folder) => rmSync(join(folder, 'parts'), { recursive: true })],
  [
    'has another folder around it',
    (folder) => {
      mkdirSync(join(folder, 'new'))
      writeFileSync(join(folder, 'new', 'a.json'), '[]\n')
      renameSync(join(folder, 'parts'), join(folder, 'old'))
      renameSync(join(folder, 'new'), join(folder, 'parts'))
    },
  ],
  ['lies in another folder', (folder) => writeFileSync(join(folder, 'other', 'b.json'), '[]\n')],
]

const watchedIn = (folder: string): string[] => Object.keys(files).map((name) => join(folder, name))

for (const [says, change] of changes) {
  test(`it is a change when a file ${says}`, async (t) => {
    const folder = folderWith(t, files)
    const { changed, count } = await watching(t, watchedIn(folder))
    change(folder)
    await changed()
    await diskQuiet()
    assert.equal(count(), 1)
  })
}

test('a file that was missing is a change when it comes, also with the folders above it', async (t) => {
  const folder = folderWith(t, files)
  const missing = join(folder, 'not', 'yet', 'c.json')
  const { changed } = await watching(t, [join(folder, 'openapi.yaml'), missing])
  mkdirSync(join(folder, 'not', 'yet'), { recursive: true })
  writeFileSync(missing, '{}\n')
  await changed()
})

test('a file that went is watched still, and comes back', async (t) => {
  const folder = folderWith(t, files)
  const { changed } = await watching(t, watchedIn(folder))
  rmSync(join(folder, 'parts'), { recursive: true })
  await changed()
  mkdirSync(join(folder, 'parts'))
  writeFileSync(join(folder, 'parts', 'a.json'), '{}\n')
  await changed()
})

test('the folder that came in the place of another is watched, and the other is not', async (t) => {
  const folder = folderWith(t, { ...files, 'new/a.json': '[]\n' })
  const { changed, count } = await watching(t, watchedIn(folder))
  renameSync(join(folder, 'parts'), join(folder, 'old'))
  renameSync(join(folder, 'new'), join(folder, 'parts'))
  await changed()
  await diskQuiet()
  writeFileSync(join(folder, 'parts', 'a.json'), '[1]\n')
  await changed()
  writeFileSync(join(folder, 'old', 'a.json'), '[2]\n')
  await diskQuiet()
  assert.equal(count(), 2)
})

test('where a folder further up is exchanged a round finds it, and the new one is watched', async (t) => {
  const folder = folderWith(t, { 'a/b/c.yaml': 'one\n', 'new/b/c.yaml': 'two\n' })
  const path = join(folder, 'a', 'b', 'c.yaml')
  const { changed, round } = await watching(t, [path])
  renameSync(join(folder, 'a'), join(folder, 'old'))
  renameSync(join(folder, 'new'), join(folder, 'a'))
  round()
  await changed()
  await diskQuiet()
  writeFileSync(path, 'three\n')
  await changed()
})

test('who follows others while files are looked at is told of those alone', async (t) => {
  const folder = folderWith(t, files)
  const now = await filesOf(watchedIn(folder))
  const before = now.map(({ path }) => ({ path, content: 'something else' }))
  const { watch, changed, count } = await watching(t, [])
  watch.follow(before)
  await lookBegun()
  watch.follow(now)
  await diskQuiet()
  assert.equal(count(), 0)
  watch.follow(now)
  await lookBegun()
  watch.follow(before)
  await changed()
})

const untouched: [says: string, change: (folder: string) => void][] = [
  ['a file is touched', (folder) => utimesSync(join(folder, 'openapi.yaml'), 1, 1)],
  [
    'a file is replaced by its like',
    (folder) => {
      writeFileSync(join(folder, 'copy'), readFileSync(join(folder, 'openapi.yaml')))
      renameSync(join(folder, 'copy'), join(folder, 'openapi.yaml'))
    },
  ],
  ['a file nobody read is written', (folder) => writeFileSync(join(folder, 'access.log'), 'x\n')],
]

for (const [says, change] of untouched) {
  test(`it is no change when ${says}`, async (t) => {
    const folder = folderWith(t, files)
    const { changed, count, round } = await watching(t, watchedIn(folder))
    change(folder)
    round()
    await diskQuiet()
    assert.equal(count(), 0)
    writeFileSync(join(folder, 'other', 'b.json'), '[]\n')
    await changed()
    await diskQuiet()
    assert.equal(count(), 1)
  })
}

test('links on the way are followed: a mounted volume swaps one to change all files at once', async (t) => {
  const folder = folderWith(t, { '..1/a.yaml': 'one\n', '..2/a.yaml': 'two\n' })
  symlinkSync('..1', join(folder, '..data'), 'junction')
  symlinkSync(join('..data', 'a.yaml'), join(folder, 'a.yaml'))
  const { changed, count } = await watching(t, [join(folder, 'a.yaml')])
  symlinkSync('..2', join(folder, '..data_tmp'), 'junction')
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
  await changed()
  writeFileSync(join(folder, '..2', 'a.yaml'), 'three\n')
  await changed()
  writeFileSync(join(folder, '..1', 'a.yaml'), 'whatever\n')
  await diskQuiet()
  assert.equal(count(), 2)
})

test('a circle of links is no end of its own', async (t) => {
  const folder = folderWith(t, { 'openapi.yaml': 'one\n' })
  symlinkSync('b.yaml', join(folder, 'a.yaml'))
  symlinkSync('a.yaml', join(folder, 'b.yaml'))
  const { changed } = await watching(t, [join(folder, 'a.yaml')])
  rmSync(join(folder, 'b.yaml'))
  writeFileSync(join(folder, 'b.yaml'), 'two\n')
  await changed()
})

test('what changed between a build and its watch is a change', async (t) => {
  const folder = folderWith(t, files)
  const path = join(folder, 'openapi.yaml')
  const { watch, changed } = await watching(t, [])
  const read = await filesOf([path])
  writeFileSync(path, 'two\n')
  watch.follow(read)
  await changed()
})

test('a file that a build could not read is a change once it holds something else than now', async (t) => {
  const folder = folderWith(t, files)
  const path = join(folder, 'openapi.yaml')
  const { watch, changed, count } = await watching(t, [])
  watch.follow([{ path, content: 'unread' }])
  await diskQuiet()
  assert.equal(count(), 0)
  writeFileSync(path, 'two\n')
  await changed()
})

test('many changes in one moment are one', async (t) => {
  const folder = folderWith(t, files)
  const { clock, round } = eagerClock()
  const due: (() => void)[] = []
  let count = 0
  const late: Clock = { ...clock, after: (_, run) => (due.push(run), () => due.splice(0)) }
  const watch = watchFiles({ clock: late, changed: () => count++ })
  t.after(() => watch.close())
  watch.follow(await filesOf(watchedIn(folder)))
  for (let i = 0; i < 100; i++) {
    for (const path of watchedIn(folder)) writeFileSync(path, `${i}\n`)
  }
  due.pop()!()
  await diskQuiet()
  assert.equal(count, 1)
  round()
  await diskQuiet()
  assert.deepEqual({ count, due: due.length > 1 }, { count: 1, due: false })
})

test('where notices are missing a round finds what differs', async (t) => {
  const many = Array.from({ length: 257 }, (_, i) => `${i}/a.json`)
  const folder = folderWith(t, Object.fromEntries(many.map((name) => [name, '{}\n'])))
  const paths = many.map((name) => join(folder, name))
  const { round, changed, count } = await watching(t, paths)
  writeFileSync(paths.at(-1)!, '[]\n')
  await diskQuiet()
  assert.equal(count(), 0, 'more folders than are watched')
  round()
  await changed()
})

test('after its end a watch says nothing', async (t) => {
  const folder = folderWith(t, files)
  const { watch, round, count } = await watching(t, watchedIn(folder))
  watch.close()
  writeFileSync(join(folder, 'openapi.yaml'), 'two\n')
  round()
  await diskQuiet()
  assert.equal(count(), 0)
})
