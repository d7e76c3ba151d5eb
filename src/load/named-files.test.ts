import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { folderWith } from '../../test/folder.ts'
import { NamedFiles } from './named-files.ts'

const files = {
  'api/bad.txt': '192.0.2.1\n',
  'ops/office.txt': '\ufeff10.0.0.0/8\n',
  'api/odd': '',
}

test('what the configuration names may lie anywhere, what a contract names in its folder alone', (t) => {
  const root = folderWith(t, files)
  const outside = join(root, 'ops/office.txt')
  const named = new NamedFiles({ folders: [join(root, 'api')] })
  assert.deepEqual(named.read(outside, 'configuration'), { text: '10.0.0.0/8\n' })
  assert.match(problemOf(named.read(outside, 'contract')), /lies outside the contract's folder/)
  symlinkSync(outside, join(root, 'api/link.txt'))
  assert.match(problemOf(named.read(join(root, 'api/link.txt'), 'contract')), /lies outside/)
  assert.deepEqual(named.read(join(root, 'api/bad.txt'), 'contract'), { text: '192.0.2.1\n' })
  const allowed = new NamedFiles({ folders: [join(root, 'api'), join(root, 'ops')] })
  assert.deepEqual(allowed.read(outside, 'contract'), { text: '10.0.0.0/8\n' })
})

test('every file is read once, and named with what was in it', (t) => {
  const root = folderWith(t, files)
  const [bad, none] = [join(root, 'api/bad.txt'), join(root, 'none.txt')]
  const named = new NamedFiles({ folders: [] })
  const first = named.read(bad, 'configuration')
  writeFileSync(bad, '192.0.2.2\n')
  assert.equal(named.read(bad, 'configuration'), first)
  named.read(none, 'configuration')
  assert.deepEqual(named.files, [
    { path: bad, content: hash('sha256', '192.0.2.1\n') },
    { path: none, content: 'absent' },
  ])
})

const unreadable: [says: string, name: string, want: RegExp][] = [
  ['a folder', 'api', /is a folder$/],
  ['a file that is not there', 'none', /does not exist$/],
  ['a file below a file', 'api/bad.txt/none', /does not exist$/],
  ['a name that no file can have', 'api/\0', /cannot be read \(ERR_INVALID_ARG_VALUE\)$/],
  ['bytes that are no text', 'api/odd', /is not UTF-8 text$/],
]

for (const [says, name, want] of unreadable) {
  test(`cannot be read: ${says}`, (t) => {
    const root = folderWith(t, files)
    writeFileSync(join(root, 'api/odd'), new Uint8Array([0xff, 0xfe]))
    const named = new NamedFiles({ folders: [] })
    assert.match(problemOf(named.read(join(root, name), 'configuration')), want)
    assert.equal(named.files.length, 1)
  })
}

test('one file has a bound, and all together have one', (t) => {
  const root = folderWith(t, { a: '123456', b: '1234', c: '1234' })
  const named = new NamedFiles({ folders: [], fileBytesMax: 5, bytesMax: 7 })
  const read = (name: string) => named.read(join(root, name), 'configuration')
  assert.match(problemOf(read('a')), /too large: a file may have 5 bytes, and all together 7$/)
  assert.deepEqual(read('b'), { text: '1234' })
  assert.match(problemOf(read('c')), /too large/)
  assert.deepEqual(
    named.files.map(({ content }) => content),
    ['unread', hash('sha256', '1234'), 'unread'],
  )
})

function problemOf(read: ReturnType<NamedFiles['read']>): string {
  assert.ok('problem' in read)
  return read.problem
}
