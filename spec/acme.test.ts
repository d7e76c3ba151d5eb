// The page on certificates by ACME: its configuration is accepted, and its tables are what is.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeAuthority, makeCertificate } from '../test/certificates.ts'
import { command } from '../test/command.ts'
import { folderWith } from '../test/folder.ts'
import { blocksOf } from './run-page.ts'

const page = readFileSync(join(import.meta.dirname, 'acme.md'), 'utf8')

const contract = `openapi: 3.1.0
info: { title: Notes, version: '1' }
paths: { /notes: { get: { responses: { '200': { description: All. } } } } }
`

test('the configuration of the page is accepted', async (t) => {
  const [config] = blocksOf(page)
  const folder = folderWith(t, { 'openapi.yaml': contract, 'concordat.yaml': config!.text })
  const { code, err } = await command(['check'], folder, { CONCORDAT_CACHE: 'off' })
  assert.equal(code, 0, err)
})

test('without the word on the terms it is refused, at its place', async (t) => {
  const [config] = blocksOf(page)
  const text = config!.text.replace('agreeToTerms: true', 'agreeToTerms: false')
  const folder = folderWith(t, { 'openapi.yaml': contract, 'concordat.yaml': text })
  const { code, out, err } = await command(['check'], folder, { CONCORDAT_CACHE: 'off' })
  assert.equal(code, 1)
  assert.match(out + err, /concordat\.yaml:9:\d+ error .*agreeToTerms' must be true/)
})

test('a listener with tls has certificates of files, of an authority, or both', async (t) => {
  const issuer = makeAuthority()
  const { cert, key } = makeCertificate({ names: ['own.example.com'], issuer })
  const [config] = blocksOf(page)
  const files = { 'own.pem': cert, 'own.key': key, 'openapi.yaml': contract }
  const certificates = '      certificates: [{ cert: own.pem, key: own.key }]\n'
  const both = config!.text.replace('    tls:\n', `    tls:\n${certificates}`)
  const none = config!.text.replace(/    tls:\n(?:      .*\n)+/, '    tls: {}\n')
  for (const [text, want] of [
    [both, 0],
    [none, 1],
  ] as const) {
    const folder = folderWith(t, { ...files, 'concordat.yaml': text })
    const { code, out, err } = await command(['check'], folder, { CONCORDAT_CACHE: 'off' })
    assert.equal(code, want, out + err)
    if (want === 1) assert.match(out + err, /'tls' needs 'certificates' or 'acme'/)
  }
})
