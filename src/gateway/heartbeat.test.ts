import assert from 'node:assert/strict'
import { test } from 'node:test'
import { manualClock } from '../base.ts'
import { beat, beatEveryMs, beatMemory, watchBeat } from './heartbeat.ts'

test('a thread whose event loop stands still for a second and a half is silent, once', () => {
  const memory = beatMemory()
  const thread = manualClock()
  const main = manualClock()
  let silent = 0
  beat(memory, thread)
  watchBeat(memory, main, () => silent++)
  for (let i = 0; i < 40; i++) {
    thread.advance(beatEveryMs)
    main.advance(beatEveryMs)
  }
  assert.equal(silent, 0)
  main.advance(1_400)
  assert.equal(silent, 0)
  main.advance(200)
  assert.equal(silent, 1)
  main.advance(10_000)
  assert.equal(silent, 1)
})

test('a beat that comes late but comes is no silence', () => {
  const memory = beatMemory()
  const thread = manualClock()
  const main = manualClock()
  watchBeat(memory, main, () => assert.fail('it beats'))
  beat(memory, thread)
  for (let i = 0; i < 10; i++) {
    main.advance(1_250)
    thread.advance(beatEveryMs)
  }
})

test('a watch that was stopped hears nothing', () => {
  const main = manualClock()
  const stop = watchBeat(beatMemory(), main, () => assert.fail('it was stopped'))
  stop()
  main.advance(10_000)
})
