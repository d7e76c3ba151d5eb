// check and routes on small contracts: what they print, what they answer machines, how they end.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command } from '../../test/command.ts'
import { folderWith } from '../../test/folder.ts'

const contract = `openapi: 3.1.0
info: { title: Notes, version: 1.0.0 }
paths:
  /notes/{id}:
    get:
      operationId: getNote
      parameters:
        - { name: id, in: path, required: true, schema: { type: string } }
      responses: { '200': { description: One note. } }
    put:
      operationId: putNote
      x-concordat: { policies: { limit: { mode: shadow, requestsMax: 5 } } }
      parameters:
        - { name: id, in: path, required: true, schema: { type: string } }
      responses: { '204': { description: Kept. } }
`
const broken = contract.replace('requestsMax', 'requestMax')
const plain = contract.replace(/^.*x-concordat.*\n/m, '')
const config = 'contract: notes.yaml\naudience: internal\n'

test('check accepts a sound contract and says what the audience decides', async (t) => {
  const folder = folderWith(t, { 'notes.yaml': contract })
  const { code, out, err } = await command(['check', 'notes.yaml'], folder)
  assert.match(out, /audience public decides:\n(?: {2}.*\n)* {2}limit +enforce\n/)
  assert.match(out, /\nok: notes\.yaml, 2 operations, audience public\n$/)
  // On a busy machine even this is slow enough to be announced.
  assert.match(err, /^(?:compiling notes\.yaml …\n)?$/)
  assert.equal(code, 0)
})

test('check takes concordat.yaml of the folder where no contract is named', async (t) => {
  const folder = folderWith(t, { 'notes.yaml': plain, 'concordat.yaml': config })
  const { code, out } = await command(['check'], folder)
  assert.match(out, /\nok: concordat\.yaml, 2 operations, audience internal\n$/)
  assert.equal(code, 0)
})

test('check refuses with the place, the reason and the word that was meant', async (t) => {
  const folder = folderWith(t, { 'notes.yaml': broken })
  const { code, out } = await command(['check', 'notes.yaml'], folder)
  assert.match(out, /^notes\.yaml:12:\d+ error .*requestMax.*requestsMax/m)
  assert.match(out, /\nrefused: notes\.yaml, 1 error\n$/)
  assert.equal(code, 1)
})

test('check --json gives problems in parts', async (t) => {
  const folder = folderWith(t, { 'notes.yaml': broken })
  const { code, out } = await command(['check', 'notes.yaml', '--json'], folder)
  const { ok, problems } = JSON.parse(out)
  assert.deepEqual({ code, ok, count: problems.length }, { code: 1, ok: false, count: 1 })
  const { severity, file, line } = problems[0]
  assert.deepEqual({ severity, file, line }, { severity: 'error', file: 'notes.yaml', line: 12 })
})

test('colour is there when it is asked for', async (t) => {
  const folder = folderWith(t, { 'notes.yaml': broken })
  const { out } = await command(['check', 'notes.yaml'], folder, { FORCE_COLOR: '1' })
  assert.ok(out.includes('\u001B[31merror\u001B[39m'))
})

test('routes names method, path, operation and policies, with modes that are not enforced', async (t) => {
  const folder = folderWith(t, { 'notes.yaml': contract })
  const { code, out } = await command(['routes', 'notes.yaml'], folder)
  assert.match(out, /^GET +\/notes\/\{id\} +getNote +.*\blimit\b/m)
  assert.match(out, /^PUT +\/notes\/\{id\} +putNote +.*\blimit \(shadow\)/m)
  assert.equal(code, 0)
})

test('routes --json gives the same to machines', async (t) => {
  const folder = folderWith(t, { 'notes.yaml': contract })
  const { out } = await command(['routes', 'notes.yaml', '--json'], folder)
  const put = JSON.parse(out).find((one: { method: string }) => one.method === 'PUT')
  const { path, operationId, upstream } = put
  assert.deepEqual(
    { path, operationId, upstream },
    { path: '/notes/{id}', operationId: 'putNote', upstream: null },
  )
  assert.ok(put.policies.some((one: object) => 'mode' in one && one.mode === 'shadow'))
})

test('routes of a refused contract are not listed', async (t) => {
  const folder = folderWith(t, { 'notes.yaml': broken })
  const { code, out, err } = await command(['routes', 'notes.yaml'], folder)
  assert.deepEqual({ code, out }, { code: 1, out: '' })
  assert.match(err, /notes\.yaml:12:/)
})

test('exit code 2: run wants to know where the service is', async (t) => {
  const folder = folderWith(t, { 'notes.yaml': contract })
  const { code, err } = await command(['run', 'notes.yaml'], folder)
  assert.match(err, /--to http:\/\/127\.0\.0\.1:3000/)
  assert.equal(code, 2)
})
