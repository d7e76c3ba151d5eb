// Contracts of any size mean what is asked of them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anyRequests, hotRequests, scaleContract, scaleRequest } from './scale-contract.ts'

interface Paths {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

const operationsIn = (operations: number): string[] =>
  Object.entries((scaleContract(operations) as Paths).paths).flatMap(([template, methods]) =>
    Object.keys(methods)
      .filter((name) => name !== 'parameters')
      .map((method) => `${method.toUpperCase()} ${template}`),
  )

for (const operations of [10, 1000])
  test(`a contract of ${operations} operations has as many`, () => {
    assert.equal(operationsIn(operations).length, operations)
  })

test('each operation has a request of its own that fits its template', () => {
  const shapes = operationsIn(100).map(
    (one) => new RegExp(`^${one.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}[ ?]`),
  )
  const requests = Array.from({ length: 100 }, (_, operation) => scaleRequest(operation))
  for (const shape of shapes) assert.equal(requests.filter((one) => shape.test(one)).length, 1)
})

test('busy operations are spread over the whole table, or are all where it is small', () => {
  const areas = hotRequests(100_000, 64).map((one) => Number(/things(\d+)/.exec(one)?.[1]))
  assert.equal(areas.length, 64)
  assert.ok(Math.max(...areas) > 18_000)
  assert.equal(new Set(hotRequests(10, 64)).size, 10)
})

test('operations drawn at random are the same each time', () => {
  assert.deepEqual(anyRequests(1000, 50), anyRequests(1000, 50))
})
