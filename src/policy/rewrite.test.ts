import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import type { Exchange } from '../http.ts'
import { rewrite, type RewriteConfig } from './rewrite.ts'
import { exchangeWith, operationWith, siteWith, toolsWith } from './testing.ts'

const operation = operationWith({
  template: '/users/{userId}/files/{name}.json',
  basePaths: ['/v1'],
})

function planOf(config: RewriteConfig, problems: string[] = []) {
  const place = { file: 'openapi.yaml', line: 1, column: 1 }
  return rewrite.compile(config, { ...siteWith(operation, problems), place } as never)
}

function sent(config: RewriteConfig, path: string, pathValues: string[]) {
  const plan = planOf(config)
  assert.ok(plan !== undefined)
  assert.ok(rewrite.phase === 'prepare')
  const exchange: Exchange = { ...exchangeWith([]), path, pathValues }
  const verdict = rewrite.link(plan, toolsWith())(exchange)
  assert.ok(!(verdict instanceof Promise))
  return { verdict, path: exchange.path, host: exchange.upstreamHost }
}

const path = '/v1/users/u%201/files/a;b.json'
const values = ['u%201', 'a;b']

const rows: readonly [says: string, config: RewriteConfig, want: string][] = [
  ['values come in any order, byte for byte', { path: '/f/{name}/of/{userId}' }, '/f/a;b/of/u%201'],
  ['a value may stand twice, or not at all', { path: '/{name}/{name}' }, '/a;b/a;b'],
  ['a path without values is sent as it is', { path: '/all/' }, '/all/'],
  ['the root is a path', { path: '/' }, '/'],
  ['a prefix goes', { prefix: { from: '/v1', to: '' } }, '/users/u%201/files/a;b.json'],
  [
    'a prefix becomes another',
    { prefix: { from: '/v1/users', to: '/p' } },
    '/p/u%201/files/a;b.json',
  ],
]
for (const [says, config, want] of rows) {
  test(says, () => assert.equal(sent(config, path, values).path, want))
}

test('the host is set without touching the path', () => {
  assert.deepEqual(sent({ host: 'files.test:8080' }, path, values), {
    verdict: undefined,
    path,
    host: 'files.test:8080',
  })
})

test('values that would make a segment of dots or none in their new place are refused', () => {
  for (const value of ['.', '..']) {
    assert.equal(sent({ path: '/{name}/x' }, path, ['u', value]).verdict?.code, 'INVALID_PATH')
    assert.equal(sent({ path: '/x/{name}' }, path, ['u', value]).verdict?.code, 'INVALID_PATH')
  }
  assert.equal(sent({ path: '/x/{name}/y' }, path, ['u', '']).verdict?.code, 'INVALID_PATH')
  assert.equal(sent({ path: '/x/.{name}' }, path, ['u', '.']).verdict?.code, 'INVALID_PATH')
  for (const value of ['..;x', '%2e', '.%2E', '%252e', '..%2fx', '..%5C', '..%3b']) {
    assert.equal(sent({ path: '/{name}' }, path, ['u', value]).verdict?.code, 'INVALID_PATH')
  }
  assert.equal(sent({ path: '/{name}' }, path, ['u', '...']).verdict, undefined)
})

test('a parameter that the path does not have is named', () => {
  const problems: string[] = []
  assert.equal(planOf({ path: '/x/{id}' }, problems), undefined)
  assert.deepEqual(problems, [
    "'{id}' is no parameter of the path /users/{userId}/files/{name}.json",
  ])
})

test('a prefix that the paths do not have does nothing, and so has no plan', () => {
  for (const from of ['/v2', '/v', '/v1/use']) {
    assert.equal(planOf({ prefix: { from, to: '/x' } }), undefined)
  }
})

const refused: readonly [says: string, config: unknown][] = [
  ['nothing to rewrite', {}],
  ['both a path and a prefix', { path: '/a', prefix: { from: '/b', to: '' } }],
  ['a path without a slash in front', { path: 'a' }],
  ['a query', { path: '/a?b=c' }],
  ['a fragment', { path: '/a#b' }],
  ['two slashes', { path: '/a//b' }],
  ['a segment of dots', { path: '/a/../b' }],
  ['an escape', { path: '/a%2fb' }],
  ['a brace that opens nothing', { path: '/a{b' }],
  ['a brace that closes nothing', { path: '/a}b' }],
  ['braces without a name', { path: '/a{}b' }],
  ['a space', { path: '/a b' }],
  ['a prefix with a slash behind', { prefix: { from: '/a/', to: '' } }],
  ['a prefix with a parameter', { prefix: { from: '/{a}', to: '' } }],
  ['an empty prefix', { prefix: { from: '', to: '/a' } }],
  ['a host with a path', { host: 'a.test/b' }],
  ['a host with a user', { host: 'a@b.test' }],
  ['a host with a line break', { host: 'a\r\nb' }],
]
for (const [says, config] of refused) {
  test(`refused: ${says}`, () => assert.equal(rewrite.schema(z).safeParse(config).success, false))
}
