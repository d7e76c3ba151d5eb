import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Restarts } from './restarts.ts'

test('after a steady service the next worker begins at once', () => {
  const restarts = new Restarts()
  for (let i = 0; i < 20; i++) restarts.ended('exit', 60_000)
  assert.equal(restarts.delayMs, 0)
  assert.ok(restarts.isHopeful)
  assert.deepEqual(restarts.counts, { exit: 20, memory: 0, silent: 0 })
})

test('workers that end as soon as they begin come later and later, up to a second', () => {
  const restarts = new Restarts()
  const delays = Array.from({ length: 8 }, () => {
    restarts.ended('memory', 10)
    return restarts.delayMs
  })
  assert.deepEqual(delays, [0, 100, 200, 400, 800, 1_000, 1_000, 1_000])
})

test('six starts that fail in a row leave no hope; one that serves brings it back', () => {
  const restarts = new Restarts()
  for (let i = 0; i < 5; i++) restarts.failed()
  assert.ok(restarts.isHopeful)
  restarts.failed()
  assert.ok(!restarts.isHopeful)
  restarts.began()
  assert.ok(restarts.isHopeful)
})

test('however many workers ended, one start that fails is tried again', () => {
  const restarts = new Restarts()
  for (let i = 0; i < 20; i++) restarts.ended('exit', 10)
  restarts.failed()
  assert.ok(restarts.isHopeful)
})
