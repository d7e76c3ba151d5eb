// What goes upstream beside what came, and routes near a path that found none.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nearestTemplates } from './nearest-templates.ts'
import { sendingOf } from './sending.ts'

const lines = (...all: string[]): string => all.map((line) => `${line}\r\n`).join('')

test('fields that are set, replaced and removed are told, and no value of a configuration', () => {
  const came = lines('GET /a HTTP/1.1', 'Host: api.test', 'Accept: */*', 'X-Key: mine', 'TE: gzip')
  const sent = lines(
    'GET /base/a HTTP/1.1',
    'Host: 10.0.0.1',
    'Accept: */*',
    'X-Key: theirs',
    'Authorization: secret',
    'Via: 1.1 me',
  )
  assert.deepEqual(sendingOf(came, sent), {
    line: 'GET /base/a HTTP/1.1',
    host: '10.0.0.1',
    sets: [
      { name: 'X-Key', value: null },
      { name: 'Authorization', value: null },
      { name: 'Via', value: '1.1 me' },
    ],
    removes: ['TE'],
  })
})

const routes = ['/v1/notes', '/v1/notes/{id}', '/v1/users/{id}/notes', '/{any}'].map(
  (template) => ({
    id: template,
    method: 'GET',
    template,
  }),
)

const paths: [says: string, path: string, want: string[]][] = [
  ['a slip in a word', '/v1/nots', ['GET /v1/notes', 'GET /v1/notes/{id}']],
  ['a base path left out', '/notes', []],
  ['a segment too many', '/v1/notes/1/', ['GET /v1/notes/{id}']],
  ['nothing alike', '/x/y/z/w/v', []],
]

for (const [says, path, want] of paths) {
  test(`nearest routes to a path with ${says}`, () => {
    assert.deepEqual(nearestTemplates(path, routes).slice(0, want.length || 3), want)
  })
}
