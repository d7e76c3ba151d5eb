import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildRouter, buildTable, openRouter, type RoutePlan } from '../route.ts'

const get = (template: string, operation: number): RoutePlan => ({
  method: 'GET',
  template,
  operation,
  allow: [],
})

const found = (router: ReturnType<typeof openRouter>, path: string): number => {
  const match = router.find('GET', path)
  return match.at === 'operation' ? match.operation : -1
}

test('a table is read wherever its words lie, and is written by no look-up', () => {
  const table = buildTable([get('/a/{x}.json', 0), get('/a/b', 1)])
  const memory = new Uint8Array(new SharedArrayBuffer(table.length + 12), 4)
  memory.set(table)
  const router = openRouter(memory.subarray(0, table.length))
  assert.equal(found(router, '/a/y.json'), 0)
  assert.equal(found(router, '/a/b'), 1)
  assert.equal(found(router, '/a/c'), -1)
  assert.deepEqual(memory.slice(0, table.length), table)
})

test('equal routes make equal tables', () => {
  const routes = Array.from({ length: 100 }, (_, at) => get(`/r${at}/{x}:v${at}`, at))
  assert.deepEqual(buildTable(routes), buildTable(structuredClone(routes)))
})

test('a hundred thousand literals side by side are each found, and nothing beside them', () => {
  const router = buildRouter(Array.from({ length: 100_000 }, (_, at) => get(`/r${at}`, at)))
  for (let at = 0; at < 100_000; at += 997) assert.equal(found(router, `/r${at}`), at)
  for (const path of ['/r100000', '/r', '/r00', '/r01', '/R1']) {
    assert.equal(found(router, path), -1, path)
  }
})

test('a route takes less than 150 bytes of a large table', () => {
  const routes = Array.from({ length: 5_000 }, (_, at) => [
    get(`/v1/resource${at}/{id}`, at),
    get(`/v1/resource${at}/{id}/items`, at),
  ]).flat()
  const bytes = buildTable(routes).length / routes.length
  assert.ok(bytes < 150, `${bytes} bytes`)
})

test('literals behind a very long value are compared too', () => {
  const router = buildRouter([get('/{a}/b/{c}-{d}', 0), get('/{a}/c', 1)])
  const long = 'v'.repeat(10_000)
  assert.equal(found(router, `/${long}/b/${long}-x`), 0)
  assert.equal(found(router, `/${long}/c`), 1)
  assert.equal(found(router, `/${long}/d`), -1)
  assert.equal(found(router, '/v/b/x-y'), 0)
  assert.equal(found(router, `/${long}/%63`), 1)
})

test('of very many static paths each is found, before and after they are too many to remember', () => {
  const router = buildRouter(Array.from({ length: 3_000 }, (_, at) => get(`/static/${at}`, at)))
  for (let round = 0; round < 2; round++) {
    for (let at = 0; at < 3_000; at++) assert.equal(found(router, `/static/${at}`), at)
  }
  assert.equal(router.find('HEAD', '/static/7').at, 'operation')
  assert.equal(router.find('PUT', '/static/7').at, 'refused')
})
