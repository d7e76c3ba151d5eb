// Which files a contract may reach, and what is said where it reaches for others.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { placeText, type SourceFile } from '../base.ts'
import { loadDocuments, type LoadOptions } from './documents.ts'

const folder = mkdtempSync(join(tmpdir(), 'concordat-load-'))
after(() => rmSync(folder, { recursive: true }))

/** Writes files under a fresh folder and gives their paths. */
function write(name: string, files: Record<string, string | Uint8Array>): (file: string) => string {
  const path = (file: string) => join(folder, name, file)
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(path(file)), { recursive: true })
    writeFileSync(path(file), content)
  }
  return path
}

const pathsOf = (files: readonly SourceFile[]): string[] => files.map(({ path }) => path)

/** Problems as `file:line:column message`, with paths from the folder of this test. */
async function problemsOf(file: string, options?: LoadOptions): Promise<string[]> {
  const { problems } = await loadDocuments(file, options)
  return problems.map(({ place, message }) =>
    `${placeText(place)} ${message}`.replaceAll(`${folder}/`, ''),
  )
}

it('follows references through files and circles, and loads nothing else', async () => {
  const path = write('circle', {
    'openapi.yaml': 'paths:\n  /a: {$ref: "paths/a.yaml#/a"}\n',
    'paths/a.yaml': 'a: {get: {$ref: ../schemas.json#/x}}\n',
    'schemas.json': '{"x": {"$ref": "openapi.yaml"}, "y": {"$ref": "#/x"}}',
    'stray.yaml': 'a: 1\n',
  })
  const { documents, problems, files } = await loadDocuments(path('openapi.yaml'))
  assert.deepEqual(problems, [])
  assert.deepEqual(pathsOf(files), ['openapi.yaml', 'paths/a.yaml', 'schemas.json'].map(path))
  assert.equal(documents.root, pathToFileURL(path('openapi.yaml')).href)
  const uri = pathToFileURL(path('paths/a.yaml')).href
  assert.deepEqual(documents.values.get(uri), { a: { get: { $ref: '../schemas.json#/x' } } })
  assert.deepEqual(documents.locate(uri, '/a/get'), {
    file: path('paths/a.yaml'),
    line: 1,
    column: 5,
  })
})

it('every file is named with what was in it, also the one that is not there', async () => {
  const path = write('contents', { 'a.yaml': '$ref: b.yaml\n', 'folder/c.yaml': 'a: 1\n' })
  const { files } = await loadDocuments(path('a.yaml'))
  assert.deepEqual(files, [
    { path: path('a.yaml'), content: hash('sha256', '$ref: b.yaml\n') },
    { path: path('b.yaml'), content: 'absent' },
  ])
  const below = await loadDocuments(path('a.yaml/none'))
  assert.deepEqual(below.files, [{ path: path('a.yaml/none'), content: 'absent' }])
  const notFile = await loadDocuments(path('folder'))
  assert.deepEqual(notFile.files, [{ path: path('folder'), content: 'unread' }])
  const large = await loadDocuments(path('a.yaml'), { bytesMax: 3 })
  assert.deepEqual(large.files, [{ path: path('a.yaml'), content: 'unread' }])
})

it('a name that needs escaping in a URI is found', async () => {
  const path = write('escaped', {
    'a.yaml': '$ref: "my%20%C3%A9.yaml"\n',
    'my é.yaml': 'a: 1\n',
  })
  assert.deepEqual(await problemsOf(path('a.yaml')), [])
})

it('what looks like a reference in data, or under a chosen name, is followed only where it is one', async () => {
  const path = write('data', {
    'a.yaml': [
      'example: {$ref: none.yaml}',
      'x-mine: {$ref: none.yaml}',
      'enum: [{$ref: none.yaml}]',
      'properties:',
      '  example: {$ref: b.yaml}',
      '  $ref: {type: string}',
    ].join('\n'),
    'b.yaml': 'type: string\n',
  })
  const { problems, files } = await loadDocuments(path('a.yaml'))
  assert.deepEqual(problems, [])
  assert.deepEqual(pathsOf(files), ['a.yaml', 'b.yaml'].map(path))
})

it('a reference to an `$id` of a loaded schema needs no file', async () => {
  const path = write('ids', {
    'a.yaml': '$defs:\n  a: {$id: "https://example.com/a"}\n  b: {$ref: "https://example.com/a"}\n',
  })
  assert.deepEqual(await problemsOf(path('a.yaml')), [])
})

it('a document is known by its `$self`, and its neighbours lie beside it', async () => {
  const self = 'openapi: 3.2.0\n$self: https://example.com/api/main\n'
  const references = ['main', 'https://example.com/api/main', './b.yaml', '/api/b.yaml'].map(
    (reference, i) => `x${i}: {$ref: "${reference}#/a"}\n`,
  )
  const path = write('self', { 'openapi.yaml': self + references.join(''), 'b.yaml': 'a: 1\n' })
  const { problems, files } = await loadDocuments(path('openapi.yaml'))
  assert.deepEqual(problems, [])
  assert.deepEqual(pathsOf(files), ['openapi.yaml', 'b.yaml'].map(path))
})

it('`$self` leads to no file outside the folder', async () => {
  const self = 'openapi: 3.2.0\n$self: https://example.com/api/main\n'
  const path = write('selves/inside', {
    'openapi.yaml': `${self}x: {$ref: "https://example.com/api/../../etc/passwd"}\n`,
    'up.yaml': `${self}x: {$ref: "../secret.yaml"}\n`,
    '../secret.yaml': 'a: 1\n',
  })
  for (const file of ['openapi.yaml', 'up.yaml']) {
    const { problems, files } = await loadDocuments(path(file))
    assert.equal(problems.length, 1)
    assert.deepEqual(pathsOf(files), [path(file)])
  }
})

describe('a reference that may not or cannot be followed says why, and where it stands', () => {
  const outside = write('outside', { 'secret.yaml': 'a: 1\n' })
  const cases: [says: string, reference: string, want: RegExp][] = [
    ['a missing file', 'none.yaml', /^refs-0\/a.yaml:2:7 refs-0\/none.yaml does not exist$/],
    ['a folder', 'sub', /sub is a folder$/],
    ['a parent folder', '../outside/secret.yaml', /outside the contract's folder/],
    ['a parent folder, escaped', '%2e%2e/outside/secret.yaml', /outside the contract's folder/],
    ['an escaped slash', '..%2foutside%2fsecret.yaml', /escapes a separator/],
    ['a whole path', '/etc/passwd', /outside the contract's folder/],
    ['a file URL', 'file:///etc/passwd', /outside the contract's folder/],
    ['a file URL with a host', 'file://host/etc/passwd', /names the host "host"/],
    ['the network', 'https://example.com/a.yaml', /nothing is fetched/],
    ['the network, without a scheme', '//example.com/a.yaml', /names the host|nothing is fetched/],
    ['a link to a file outside', 'link.yaml', /outside the contract's folder/],
    ['a link to a folder outside', 'linked/secret.yaml', /outside the contract's folder/],
    ['a circle of links', 'loop.yaml', /circle of symbolic links/],
    ['bytes that are no text', 'binary.yaml', /is not UTF-8 text/],
    ['a broken file', 'broken.json', /broken.json:1:6 not valid JSON/],
  ]
  for (const [i, [says, reference, want]] of cases.entries()) {
    it(says, async () => {
      const path = write(`refs-${i}`, {
        'a.yaml': `a:\n  b: {$ref: ${JSON.stringify(reference)}}\n`,
        'sub/x.yaml': 'a: 1\n',
        'binary.yaml': Uint8Array.of(0x61, 0xff),
        'broken.json': '{"a":',
      })
      symlinkSync(outside('secret.yaml'), path('link.yaml'))
      symlinkSync(outside('.'), path('linked'))
      symlinkSync(path('loop.yaml'), path('loop.yaml'))
      const problems = await problemsOf(path('a.yaml'))
      assert.equal(problems.length, 1)
      assert.match(problems[0]!, want)
    })
  }

  it('unless its folder is allowed', async () => {
    const path = write('allowed', { 'a.yaml': 'b: {$ref: ../outside/secret.yaml}\n' })
    assert.deepEqual(await problemsOf(path('a.yaml'), { allowRef: [outside('.')] }), [])
    assert.equal((await problemsOf(path('a.yaml'), { allowRef: [`${outside('.')}r`] })).length, 1)
  })

  it('unless the link stays inside', async () => {
    const path = write('inside', { 'a.yaml': '$ref: link.yaml\n', 'real/b.yaml': 'a: 1\n' })
    symlinkSync(path('real/b.yaml'), path('link.yaml'))
    assert.deepEqual(await problemsOf(path('a.yaml')), [])
  })
})

describe('the contract itself', () => {
  it('may be missing', async () => {
    const [problem] = await problemsOf(join(folder, 'none.yaml'))
    assert.equal(problem, 'none.yaml:1:1 none.yaml does not exist')
  })

  it('may be the source of one, which protoc or buf have to read first', async () => {
    const path = write('source', { 'chat.proto': 'syntax = "proto3";\n' })
    assert.match((await problemsOf(path('chat.proto')))[0]!, /made of: run 'protoc /)
  })

  it('may be a named pipe, which is no file', { skip: process.platform === 'win32' }, async () => {
    const path = write('pipe', {})('pipe.yaml')
    mkdirSync(dirname(path), { recursive: true })
    execFileSync('mkfifo', [path])
    assert.match((await problemsOf(path))[0]!, /not a regular file/)
  })

  it('may be too large', async () => {
    const path = write('large', { 'a.yaml': `a: ${'x'.repeat(1_000)}` })
    const [problem] = await problemsOf(path('a.yaml'), { bytesMax: 1_000 })
    assert.match(problem!, /makes the contract too large/)
  })

  it('may spread over too many files', async () => {
    const path = write('many', { 'a.yaml': '$ref: b.yaml', 'b.yaml': '$ref: c.yaml', 'c.yaml': '' })
    const [problem] = await problemsOf(path('a.yaml'), { filesMax: 2 })
    assert.equal(problem, 'many/b.yaml:1:1 the contract spreads over more than 2 files')
  })
})
