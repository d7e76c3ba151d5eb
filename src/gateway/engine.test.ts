import assert from 'node:assert/strict'
import { test } from 'node:test'
import { manualClock, seededRandom } from '../base.ts'
import { Engine } from './engine.ts'

test('a log that takes no more lines does not hold up the end', async () => {
  const clock = manualClock()
  const engine = new Engine({
    clock,
    random: seededRandom(1),
    lines: { line() {}, dropped: () => 0, close: () => new Promise(() => {}) },
    redact: [],
    announce() {},
    bug: assert.ifError,
    warn() {},
  })
  const closed = engine.close(0)
  await new Promise((resolve) => setImmediate(resolve))
  clock.advance(1_000)
  await closed
})
