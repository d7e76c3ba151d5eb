import assert from 'node:assert/strict'
import { test } from 'node:test'
import { operationLinesOf, scrapeOf } from './top-for-tests.ts'
import { topKey, type TopView } from './top-keys.ts'
import { sceneAfter, unseen } from './top-watch.ts'

const readiness = { ready: true, state: '', configuration: undefined, workers: undefined }
const lines = Array.from({ length: 10 }, (_, i) =>
  operationLinesOf({ method: 'GET', template: `/${i}`, statuses: { 200: [1] } }),
).flat()
const scene = [0, 1]
  .map((atMs) => ({ scrape: scrapeOf(atMs, lines), readiness }))
  .reduce(sceneAfter, unseen)
const page = 4

const afterKeys = (keys: string[], view: TopView = { sort: 'rate', from: 0, frozen: undefined }) =>
  keys.reduce<TopView | 'quit'>(
    (now, key) => (now === 'quit' ? now : topKey(key, now, scene, page)),
    view,
  )

const scrolls: [keys: string[], from: number][] = [
  [['j', 'j'], 2],
  [['\u001B[B', 'k'], 0],
  [['\u001B[A'], 0],
  [['\u001B[6~'], 4],
  [['\u001B[6~', '\u001B[6~'], 6],
  [['G'], 6],
  [['G', 'g'], 0],
  [['x', 'toString'], 0],
]

for (const [keys, from] of scrolls) {
  test(`${JSON.stringify(keys)} shows rows from ${from} on`, () => {
    const view = afterKeys(keys)
    assert.ok(view !== 'quit')
    assert.equal(view.from, from)
  })
}

test('s goes round the orders', () => {
  const sorts = [['s'], ['s', 's'], ['s', 's', 's']].map((keys) => {
    const view = afterKeys(keys)
    return view === 'quit' ? view : view.sort
  })
  assert.deepEqual(sorts, ['p99', 'errors', 'rate'])
})

test('p holds what is shown, and lets it go', () => {
  const paused = afterKeys(['p'])
  assert.ok(paused !== 'quit')
  assert.equal(paused.frozen, scene)
  const going = afterKeys(['p', 'p'])
  assert.ok(going !== 'quit')
  assert.equal(going.frozen, undefined)
})

test('q and Ctrl-C end it', () => {
  assert.deepEqual([afterKeys(['q']), afterKeys(['\u0003'])], ['quit', 'quit'])
})
