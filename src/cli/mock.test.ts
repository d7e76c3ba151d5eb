import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { command, testWorld } from '../../test/command.ts'
import { folderWith } from '../../test/folder.ts'
import { commandLine } from './main.ts'

const contract = `openapi: 3.1.0
info: { title: Notes, version: 1.0.0 }
paths:
  /notes:
    x-concordat: { upstream: notes }
    get:
      operationId: listNotes
      responses: { '200': { description: All., content: { application/json: { schema: { type: array, items: { $ref: '#/components/schemas/Note' } } } } } }
    post:
      operationId: createNote
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Note' } } } }
      responses: { '201': { description: Kept., headers: { Location: { schema: { type: string } } }, content: { application/json: { schema: { $ref: '#/components/schemas/Note' } } } } }
  /notes/{noteId}:
    x-concordat: { upstream: notes }
    parameters: [{ name: noteId, in: path, required: true, schema: { type: string } }]
    get:
      operationId: getNote
      responses: { '200': { description: One., content: { application/json: { schema: { $ref: '#/components/schemas/Note' } } } } }
  /tags:
    x-concordat: { upstream: tags }
    get:
      operationId: listTags
      responses: { '200': { description: All., content: { application/json: { example: [home] } } } }
components:
  schemas:
    Note:
      type: object
      required: [noteId, text]
      properties: { noteId: { type: string, readOnly: true }, text: { type: string, minLength: 1 } }
`
// Two services, neither of which is there; quiet, for the log would go to the stdout of the test.
const config = `contract: notes.yaml
log: { access: off }
upstreams:
  notes: { endpoints: [http://192.0.2.1:1] }
  tags: { endpoints: [http://192.0.2.1:2] }
`
const files = { 'notes.yaml': contract, 'concordat.yaml': config }

interface Mocked {
  readonly url: string
  readonly mock: { readonly resources: string[] }
}

/** Mocks until `use` is done with what was announced. */
async function mocked(args: string[], folder: string, use: (at: Mocked) => Promise<void>) {
  const one = testWorld(folder)
  const ended = commandLine(['mock', ...args, '--port', '0', '--json'], one.world)
  const early = ended.then((code) => Promise.reject(new Error(`${code}: ${one.said().err}`)))
  const [line] = await Promise.race([one.hears('out', /^\{.*\}$/m), early])
  try {
    await use(JSON.parse(line) as Mocked)
  } finally {
    one.stop()
  }
  return { code: await ended, ...one.said() }
}

const json = { 'content-type': 'application/json' }

test('mock answers behind the whole gateway, for every service of the configuration', async (t) => {
  const done = await mocked([], folderWith(t, files), async ({ url, mock }) => {
    assert.deepEqual(mock.resources, ['notes'])
    const body = JSON.stringify({ text: 'Milk' })
    const created = await fetch(`${url}/notes`, { method: 'POST', headers: json, body })
    assert.equal(created.status, 201)
    const location = created.headers.get('location')
    assert.match(location ?? '', /^\/notes\//)
    const note = (await (await fetch(`${url}${location}`)).json()) as { text: string }
    assert.equal(note.text, 'Milk')
    assert.deepEqual(await (await fetch(`${url}/tags`)).json(), ['home'])
    const empty = await fetch(`${url}/notes`, { method: 'POST', headers: json, body: '{}' })
    assert.equal(empty.status, 400)
    assert.equal((await fetch(`${url}/elsewhere`)).status, 404)
    const head = await fetch(`${url}/tags`, { method: 'HEAD' })
    assert.deepEqual([head.status, await head.text()], [200, ''])
    const preferred = await fetch(`${url}/tags`, { headers: { prefer: 'code=418' } })
    assert.match(await preferred.text(), /listTags declares no 418, but 200/)
  })
  assert.equal(done.code, 0)
})

test('a service with other paths is mocked under those of the contract', async (t) => {
  const written = '{ upstream: tags, policies: { rewrite: { path: /internal/labels } } }'
  const rewritten = contract.replace('{ upstream: tags }', written)
  const folder = folderWith(t, { ...files, 'notes.yaml': rewritten })
  await mocked([], folder, async ({ url }) => {
    assert.deepEqual(await (await fetch(`${url}/tags`)).json(), ['home'])
  })
})

test('a configuration that is code is mocked too', async (t) => {
  const code = `export default { contract: 'notes.yaml', log: { access: 'off' },
    upstreams: { notes: { endpoints: ['http://a'] }, tags: { endpoints: ['http://b'] } } }\n`
  const folder = folderWith(t, { 'notes.yaml': contract, 'concordat.config.ts': code })
  await mocked([], folder, async ({ url }) => {
    assert.deepEqual(await (await fetch(`${url}/tags`)).json(), ['home'])
  })
})

test('a changed contract is answered as it says now', async (t) => {
  const folder = folderWith(t, files)
  const one = testWorld(folder)
  t.after(() => one.stop())
  const args = ['mock', '--port', '0', '--json', '--no-watch']
  const ended = commandLine(args, one.world)
  const [line] = await one.hears('out', /^\{.*\}$/m)
  const { url } = JSON.parse(line) as Mocked
  writeFileSync(join(folder, 'notes.yaml'), contract.replace('example: [home]', 'example: [work]'))
  one.reload()
  await one.hears('out', /"reload":"unchanged"/)
  assert.deepEqual(await (await fetch(`${url}/tags`)).json(), ['work'])
  one.stop()
  assert.equal(await ended, 0)
})

test('mock tells a person what it keeps and how it fails', async (t) => {
  const one = testWorld(folderWith(t, files))
  const args = ['mock', '--port', '0', '--seed', '7', '--faults', '0.1', '--latency', '1..2']
  const ended = commandLine(args, one.world)
  await one.hears('err', /^mock +seed 7, keeps notes, fails 10 in 100$/m)
  one.stop()
  assert.equal(await ended, 0)
})

const refusals: [says: string, args: string[], code: number, want: RegExp][] = [
  ['a latency of no form', ['--latency', 'slow'], 2, /--latency is milliseconds: 100, 50\.\.200/],
  ['a rate above one', ['--faults', '2'], 2, /a share from 0 to 1/],
  ['a seed that is no number', ['--seed', 'x'], 2, /whole number/],
  ['a contract that is not there', ['nowhere.yaml'], 2, /no file nowhere\.yaml/],
]

for (const [says, args, wanted, want] of refusals) {
  test(`mock refuses ${says}`, async (t) => {
    const { code, err, out } = await command(['mock', ...args], folderWith(t, files))
    assert.match(err, want)
    assert.deepEqual([code, out], [wanted, ''])
  })
}
